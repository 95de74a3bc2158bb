//! Names of apps, colors, services, probes and inputs, and ports.

use std::fmt;

/// A name that becomes part of unit, container, function and file names: `[a-z][a-z0-9-]{0,39}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// Why a text is not a [`Name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// It is empty.
    Empty,
    /// Longer than 40 characters.
    TooLong,
    /// It does not begin with `a` to `z`.
    BadStart(char),
    /// It contains a character other than `a` to `z`, digits and `-`.
    BadCharacter(char),
}

impl Name {
    /// The maximum number of characters in a name.
    pub const MAX: usize = 40;

    /// Checks a text.
    ///
    /// # Errors
    /// If the text is not a name. Reports the first problem.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let Some(first) = text.chars().next() else {
            return Err(NameError::Empty);
        };
        if !first.is_ascii_lowercase() {
            return Err(NameError::BadStart(first));
        }
        let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-';
        if let Some(bad) = text.chars().find(|c| !allowed(c)) {
            return Err(NameError::BadCharacter(bad));
        }
        if text.len() > Self::MAX {
            return Err(NameError::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a part of a shell function's or variable's name. `-` becomes `_`. No name contains `_`, so two names
    /// never become equal.
    #[must_use]
    pub fn shell(&self) -> String {
        self.0.replace('-', "_")
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The name of a `verify`. Two services may have a `verify` of the same name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifyName {
    /// The service whose block contains it. `None`: it is in `app`.
    pub service: Option<Name>,
    /// The name, or the generated name of a `verify` without a name.
    pub name: Name,
}

impl fmt::Display for VerifyName {
    /// `page`, or `web.page` in the service `web`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.service {
            Some(service) => write!(out, "{service}.{}", self.name),
            None => self.name.fmt(out),
        }
    }
}

/// The name of an input, which is a variable of the environment too: `[A-Za-z_][A-Za-z0-9_]*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariableName(String);

impl VariableName {
    /// Checks a text.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let goes_on = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        (begins && goes_on).then(|| Self(text.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VariableName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A TCP port, 1 to 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(std::num::NonZeroU16);

impl Port {
    /// Checks a number.
    #[must_use]
    pub fn new(number: u64) -> Option<Self> {
        u16::try_from(number)
            .ok()
            .and_then(std::num::NonZeroU16::new)
            .map(Self)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0.get()
    }
}

impl fmt::Display for Port {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}
