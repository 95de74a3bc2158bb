//! The harm that is done to a run, and the variables that pass it to `trap.sh` and `shim.sh`.

use std::fmt;

use crate::point::Point;

/// The file on the host in which `trap.sh` and `shim.sh` report that they did the harm.
pub const HIT: &str = "/opt/crash/hit";
/// The file in which they count.
pub const COUNTER: &str = "/opt/crash/counter";
/// The file in which they record the points for harm.
pub const RECORD: &str = "/opt/crash/record";

/// A signal: its target, and the processes whose commands are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// KILL to the script, before each of its own commands. Its children continue.
    Kill,
    /// KILL to the script and all its children, before each command of the children.
    KillAll,
    /// KILL to a child, before each of its commands, as by the out-of-memory killer.
    KillChild,
    /// TERM to the script.
    Term,
    /// TERM to the script and all its children, as from CodeDeploy's agent.
    TermAll,
    /// INT to the script and all its children, as from Ctrl-C.
    IntAll,
}

impl How {
    /// All values, the simplest first.
    pub const ALL: [Self; 6] = [
        Self::Kill,
        Self::KillAll,
        Self::KillChild,
        Self::Term,
        Self::TermAll,
        Self::IntAll,
    ];

    /// Returns the name for the table and for `--how`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::KillAll => "kill-all",
            Self::KillChild => "kill-child",
            Self::Term => "term",
            Self::TermAll => "term-all",
            Self::IntAll => "int-all",
        }
    }

    /// Returns whether the script itself continues and reports how it ended.
    pub fn script_survives(self) -> bool {
        !matches!(self, Self::Kill | Self::KillAll)
    }

    /// Returns whether the signal asks the script to stop.
    pub fn asks_to_stop(self) -> bool {
        matches!(self, Self::Term | Self::TermAll | Self::IntAll)
    }

    fn shells(self) -> &'static str {
        match self {
            Self::Kill | Self::Term | Self::TermAll | Self::IntAll => "main",
            Self::KillAll | Self::KillChild => "children",
        }
    }

    fn signal(self) -> &'static str {
        match self {
            Self::Kill | Self::KillAll | Self::KillChild => "KILL",
            Self::Term | Self::TermAll => "TERM",
            Self::IntAll => "INT",
        }
    }

    fn target(self) -> &'static str {
        match self {
            Self::Kill | Self::Term => "main",
            Self::KillAll | Self::TermAll | Self::IntAll => "group",
            Self::KillChild => "self",
        }
    }
}

/// How a program fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// It exits with 1 and prints nothing.
    Fails,
    /// It never ends.
    Hangs,
    /// It exits with 127, as if it did not exist.
    Missing,
}

impl Fault {
    /// All values.
    pub const ALL: [Self; 3] = [Self::Fails, Self::Hangs, Self::Missing];

    /// Returns the name for the table and for `--how`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fails => "fails",
            Self::Hangs => "hangs",
            Self::Missing => "missing",
        }
    }
}

/// The harm to one run.
#[derive(Clone, Debug)]
pub enum Harm {
    /// No harm.
    None,
    /// A signal before a command.
    Signal(How, Point),
    /// A call of a program fails. The calls have numbers from 1.
    Tool(String, usize, Fault),
    /// A program is missing on the host.
    Gone(String),
    /// No harm. Each point of this kind is recorded.
    RecordPoints(How),
    /// No harm. Each call of a program is recorded.
    RecordTools,
}

impl Harm {
    /// Returns the variables of the run.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let trap = |how: &How| {
            vec![
                ("BASH_ENV", "/opt/crash/trap.sh".to_owned()),
                ("CRASH_SHELLS", how.shells().to_owned()),
                ("CRASH_SIGNAL", how.signal().to_owned()),
                ("CRASH_TARGET", how.target().to_owned()),
                ("CRASH_HIT", HIT.to_owned()),
                ("CRASH_COUNTER", COUNTER.to_owned()),
            ]
        };
        match self {
            Self::None | Self::Gone(_) => Vec::new(),
            Self::Signal(how, point) => {
                let mut variables = trap(how);
                variables.push(("CRASH_PLACE", point.place.clone()));
                variables.push(("CRASH_POINT", point.turn.to_string()));
                variables
            }
            Self::RecordPoints(how) => {
                let mut variables = trap(how);
                variables.push(("CRASH_LOG", RECORD.to_owned()));
                variables
            }
            Self::Tool(tool, call, fault) => vec![
                ("SHIM_TOOL", tool.clone()),
                ("SHIM_CALL", call.to_string()),
                ("SHIM_FAULT", fault.name().to_owned()),
                ("SHIM_COUNT", COUNTER.to_owned()),
                ("SHIM_HIT", HIT.to_owned()),
            ],
            Self::RecordTools => vec![("SHIM_LOG", RECORD.to_owned())],
        }
    }

    /// Returns whether `shim.sh` must run in front of each program.
    pub fn needs_shims(&self) -> bool {
        matches!(self, Self::Tool(..) | Self::RecordTools)
    }

    /// Returns whether the script itself continues and reports how it ended.
    pub fn script_survives(&self) -> bool {
        match self {
            Self::Signal(how, _) => how.script_survives(),
            _ => true,
        }
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::None => write!(formatter, "untouched"),
            Self::Signal(how, point) => write!(
                formatter,
                "{} at {}#{}",
                how.name(),
                point.place,
                point.turn
            ),
            Self::Tool(tool, call, fault) => {
                write!(formatter, "call {call} of {tool} {}", fault.name())
            }
            Self::Gone(tool) => write!(formatter, "{tool} not installed"),
            Self::RecordPoints(_) | Self::RecordTools => write!(formatter, "recorded"),
        }
    }
}
