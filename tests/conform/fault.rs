//! The fault of one call of a run.

/// The kind of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// The call fails and has done nothing. Its exit code is 2, unless it is a question.
    Fail,
    /// The call fails after it has done its work. Its exit code is 10.
    FailLate,
    /// The script is killed before the call does its work.
    Kill,
    /// The script is killed after the call has done its work.
    KillLate,
    /// The script is asked to stop (TERM).
    Term,
    /// The call takes longer than its deadline.
    Hang,
    /// The call reports success and has done nothing.
    Lie,
    /// During the call somebody else writes the proxy's file and loads it.
    Foreign,
}

impl How {
    /// All faults that can happen to a correct script on a host that works.
    pub const ALL: [Self; 6] = [
        Self::Fail,
        Self::FailLate,
        Self::Kill,
        Self::KillLate,
        Self::Term,
        Self::Hang,
    ];

    /// The name that the fakes and `--how` use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::FailLate => "fail-late",
            Self::Kill => "kill",
            Self::KillLate => "kill-late",
            Self::Term => "term",
            Self::Hang => "hang",
            Self::Lie => "lie",
            Self::Foreign => "foreign",
        }
    }

    /// Whether this fault at this call tests something that no other fault tests. A call that only asks has no effect,
    /// so a fault after it is the same as a fault before it. A tool always ends by itself, so it cannot hang.
    pub fn suits(self, call: &str) -> bool {
        const QUESTIONS: [&str; 9] = [
            "alive", "routed", "listens", "draining", "snapshot", "mutex", "healthy", "question",
            "logs",
        ];
        let asks = QUESTIONS.iter().any(|question| call.ends_with(question));
        match self {
            Self::FailLate | Self::KillLate => !asks,
            Self::Hang => !call.starts_with("tool "),
            Self::Fail | Self::Kill | Self::Term | Self::Lie | Self::Foreign => true,
        }
    }
}

/// A fault at the n-th call of a run, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kind of the fault.
    pub how: How,
    /// The number of the call.
    pub call: usize,
}
