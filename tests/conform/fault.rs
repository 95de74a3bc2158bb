//! What comes of one call of a run.

/// What happens at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// It fails, and has done nothing.
    Fail,
    /// It fails after it was done.
    FailLate,
    /// The script is killed before it is done.
    Kill,
    /// The script is killed after it was done.
    KillLate,
    /// The script is asked to stop.
    Term,
    /// It takes longer than its deadline.
    Hang,
    /// It says that it was done, and it was not.
    Lie,
    /// Meanwhile somebody else writes the proxy's file and loads it.
    Foreign,
}

impl How {
    /// All that may happen to a sound script on a sound host.
    pub const ALL: [Self; 6] = [
        Self::Fail,
        Self::FailLate,
        Self::Kill,
        Self::KillLate,
        Self::Term,
        Self::Hang,
    ];

    /// As the fakes and `--how` call it.
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

    /// Whether it says something of that call that no other one says: a question has no effect, and a tool ends by itself.
    pub fn suits(self, call: &str) -> bool {
        const QUESTIONS: [&str; 10] = [
            "alive", "routed", "listens", "draining", "snapshot", "mutex", "identity", "healthy",
            "question", "logs",
        ];
        let asks = QUESTIONS.iter().any(|question| call.ends_with(question));
        match self {
            Self::FailLate | Self::KillLate => !asks,
            Self::Hang => !call.starts_with("tool "),
            Self::Fail | Self::Kill | Self::Term | Self::Lie | Self::Foreign => true,
        }
    }
}

/// What happens at the n-th call of a run, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub how: How,
    /// When.
    pub call: usize,
}
