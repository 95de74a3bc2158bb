//! Sets of HTTP status codes.

use std::fmt;

/// A set of HTTP status codes: sorted ranges within 100 to 599 that do not touch or overlap. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusSet(Vec<(u16, u16)>);

impl StatusSet {
    /// The default of `expect status`: `2xx`.
    #[must_use]
    pub fn success() -> Self {
        Self(vec![(200, 299)])
    }

    /// Makes a set from ranges `first..=last`. `None` if there is no range, or if a range is reversed or outside of 100
    /// to 599.
    #[must_use]
    pub fn new(mut ranges: Vec<(u16, u16)>) -> Option<Self> {
        let valid = |&(first, last): &(u16, u16)| first >= 100 && last <= 599 && first <= last;
        if ranges.is_empty() || !ranges.iter().all(valid) {
            return None;
        }
        ranges.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::new();
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(previous) if first <= previous.1 + 1 => previous.1 = previous.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        Some(Self(merged))
    }

    /// The ranges `first..=last`.
    #[must_use]
    pub fn ranges(&self) -> &[(u16, u16)] {
        &self.0
    }

    /// Whether `status` is in the set.
    #[must_use]
    pub fn contains(&self, status: u16) -> bool {
        self.0
            .iter()
            .any(|&(first, last)| (first..=last).contains(&status))
    }
}

impl fmt::Display for StatusSet {
    /// The notation of the script, separated by blanks: `200`, `200..299`, `200..299 401`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (first, last)) in self.0.iter().enumerate() {
            let gap = if at == 0 { "" } else { " " };
            if first == last {
                write!(out, "{gap}{first}")?;
            } else {
                write!(out, "{gap}{first}..{last}")?;
            }
        }
        Ok(())
    }
}
