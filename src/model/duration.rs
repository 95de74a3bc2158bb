//! Lengths of time.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

/// A length of time in whole milliseconds, written as `500ms`, `10s`, `5m` or `1h`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Duration {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// The longest duration that the language accepts: one day. A longer wait in a deploy is a mistake.
    pub const MAX: Self = Self(24 * 60 * 60 * 1000);

    /// Makes a duration from milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Makes a duration from seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds * 1000)
    }

    /// The duration in milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The duration in seconds, rounded up, because a limit for another program must not become shorter.
    #[must_use]
    pub const fn as_secs_ceil(self) -> u64 {
        self.0.div_ceil(1000)
    }

    /// `self` multiplied by `times`.
    #[must_use]
    pub const fn times(self, times: u64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl Add for Duration {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Duration {
    fn sum<I: Iterator<Item = Self>>(durations: I) -> Self {
        durations.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Duration {
    /// Writes the duration in the language's notation, with the largest unit that gives a whole number.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => write!(out, "0s"),
            millis if millis % 3_600_000 == 0 => write!(out, "{}h", millis / 3_600_000),
            millis if millis % 60_000 == 0 => write!(out, "{}m", millis / 60_000),
            millis if millis % 1000 == 0 => write!(out, "{}s", millis / 1000),
            millis => write!(out, "{millis}ms"),
        }
    }
}
