//! Strings with placeholders, after the names were resolved.

use super::VariableName;

/// A string with resolved placeholders. A placeholder becomes text if the compiler knows its value. Otherwise it
/// becomes a [`Variable`], whose value only the script knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// Adjacent literals are merged; no literal is empty.
    pub pieces: Vec<Piece>,
}

/// A part of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Known text.
    Literal(String),
    /// A value that is known when the script runs, or that differs by color.
    Variable(Variable),
}

/// The meaning of a placeholder whose value differs by color or is known only to the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// `{color}`
    Color,
    /// `{port}`: of the current service
    Port,
    /// `{web.port}`: of the named service
    PortOf(super::Name),
    /// `{address}`: of the current service
    Address,
    /// `{web.address}`: of the named service
    AddressOf(super::Name),
    /// `{service}`
    Service,
    /// `{slot}`: the new release's folder
    Slot,
    /// `{other.color}`
    OtherColor,
    /// `{other.port}`
    OtherPort,
    /// A `let` in the colors
    ColorLet(String),
    /// An `input`
    Input(VariableName),
    /// A value that a driver offers, such as `container.ip`
    Offer(String),
    /// `{from}`: the color that served before; empty in a first deployment
    From,
    /// `{to}`
    To,
    /// `{command}`: the command of the script, such as `deploy`
    Command,
    /// `{outcome}`: `success` or `failure`
    Outcome,
    /// `{reason}`
    Reason,
    /// `{seconds}`
    Seconds,
}

impl Template {
    /// A template without variables.
    #[must_use]
    pub fn literal(text: impl Into<String>) -> Self {
        let mut template = Self::default();
        template.push_literal(&text.into());
        template
    }

    /// Appends text.
    pub fn push_literal(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Piece::Literal(last)) = self.pieces.last_mut() {
            last.push_str(text);
        } else {
            self.pieces.push(Piece::Literal(text.to_owned()));
        }
    }

    /// Appends a variable.
    pub fn push_variable(&mut self, variable: Variable) {
        self.pieces.push(Piece::Variable(variable));
    }

    /// Appends another template.
    pub fn append(&mut self, other: &Self) {
        for piece in &other.pieces {
            match piece {
                Piece::Literal(text) => self.push_literal(text),
                Piece::Variable(variable) => self.push_variable(variable.clone()),
            }
        }
    }

    /// The text, if it contains no variable.
    #[must_use]
    pub fn as_literal(&self) -> Option<String> {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => Some(text.as_str()),
                Piece::Variable(_) => None,
            })
            .collect()
    }

    /// All variables in it.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(variable) => Some(variable),
            Piece::Literal(_) => None,
        })
    }

    /// The template for one color (and service). Variables that `known` cannot resolve are kept.
    #[must_use]
    pub fn resolve(&self, known: impl Fn(&Variable) -> Option<String>) -> Self {
        let mut resolved = Self::default();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => resolved.push_literal(text),
                Piece::Variable(variable) => match known(variable) {
                    Some(text) => resolved.push_literal(&text),
                    None => resolved.push_variable(variable.clone()),
                },
            }
        }
        resolved
    }
}
