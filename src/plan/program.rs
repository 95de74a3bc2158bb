//! A program: `otherwise` lines, `step` lines, and calls of other programs.

use super::{Action, Side};
use crate::source::Span;

/// One line of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Says what follows a failure of the next steps. This is valid until the next such line, also if that line is in a
    /// called program.
    Otherwise(Otherwise),
    /// One step.
    Step(Step),
    /// Runs the lines of another program here.
    Run(ProgramName),
    /// Runs the lines of [`ProgramName::PointProxyAt`] here, for that color and that way back.
    PointProxyAt(Side, Otherwise),
}

/// One action, and the statement of the source that asked for it. If `span` is `None`, every script has the step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The action.
    pub action: Action,
    /// The place of the statement.
    pub span: Option<Span>,
}

/// What follows the failure of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Otherwise {
    /// The command refuses; it has changed nothing: exit 3.
    Refuse,
    /// The failure is reported, and the next step follows.
    Warn,
    /// The failure is reported, and the program ends well. The next command does the rest.
    Later,
    /// Only a person can decide: exit 5.
    Person,
    /// The run skips the remaining steps and takes this way back.
    Way(Way),
    /// The second parameter of the program (`$2`), which its caller gives.
    Given,
}

impl Otherwise {
    /// Returns the word in the script.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Warn => "warn",
            Self::Later => "later",
            Self::Person => "person",
            Self::Way(way) => way.word(),
            Self::Given => "\"$2\"",
        }
    }
}

/// A way back. No signal interrupts it. A run that has to take a second way back ends with exit 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// Users never saw the new color, or do not see it any more. The script stops it.
    EndNew,
    /// The old color becomes live again, if it passes its gates.
    GoBack,
    /// The old color is down. The new color stays live, if it passes its gates.
    StayOnNew,
    /// The proxy's file gets its text from before an adoption.
    UndoAdopt,
    /// An adoption or a removal failed. The color keeps running as it was.
    LetGo,
    /// The app stays. Its color becomes live again, if it passes its gates.
    PutBack,
}

impl Way {
    /// All ways back.
    pub const ALL: [Self; 6] = [
        Self::EndNew,
        Self::GoBack,
        Self::StayOnNew,
        Self::UndoAdopt,
        Self::LetGo,
        Self::PutBack,
    ];

    /// Returns the word of an `otherwise` line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::EndNew => "end_new",
            Self::GoBack => "go_back",
            Self::StayOnNew => "stay_on_new",
            Self::UndoAdopt => "undo_adopt",
            Self::LetGo => "let_go",
            Self::PutBack => "put_back",
        }
    }
}

/// The names of all programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "`about` describes each program")]
pub enum ProgramName {
    Deploy,
    Prepare,
    Reserve,
    TakeUp,
    Switch,
    BeforeSwap,
    PointProxyAt,
    Cleanup,
    Rollback,
    ServeRelease,
    Failed,
    Way(Way),
    Abort,
    Resume,
    Adopt,
    RollbackTo,
    Restart,
    Remove,
    RecoverEndNew,
    RecoverSwap,
    RecoverRollback,
    RecoverAdopted,
    RecoverKept,
    RecoverRemoved,
}

/// The file that contains a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// The application's script. It differs between applications.
    Script,
    /// The runtime. It is the same for all applications.
    Runtime,
}

impl ProgramName {
    /// Returns the function's name in the script. The names have dots. Names of the user, the runtime and the drivers
    /// have none.
    #[must_use]
    pub fn function(self) -> String {
        match self {
            Self::Deploy => "plan.deploy".to_owned(),
            Self::Prepare => "plan.prepare".to_owned(),
            Self::Reserve => "plan.reserve".to_owned(),
            Self::TakeUp => "plan.take_up".to_owned(),
            Self::Switch => "plan.switch".to_owned(),
            Self::BeforeSwap => "plan.before_swap".to_owned(),
            Self::PointProxyAt => "plan.point_proxy_at".to_owned(),
            Self::Cleanup => "plan.cleanup".to_owned(),
            Self::Rollback => "plan.rollback".to_owned(),
            Self::ServeRelease => "plan.serve_release".to_owned(),
            Self::Failed => "plan.failed".to_owned(),
            Self::Way(way) => format!("way.{}", way.word()),
            Self::Abort => "plan.abort".to_owned(),
            Self::Resume => "plan.resume".to_owned(),
            Self::Adopt => "plan.adopt".to_owned(),
            Self::RollbackTo => "plan.rollback_to".to_owned(),
            Self::Restart => "plan.restart".to_owned(),
            Self::Remove => "plan.remove".to_owned(),
            Self::RecoverEndNew => "recover.end_new".to_owned(),
            Self::RecoverSwap => "recover.swap".to_owned(),
            Self::RecoverRollback => "recover.rollback".to_owned(),
            Self::RecoverAdopted => "recover.adopted".to_owned(),
            Self::RecoverKept => "recover.kept".to_owned(),
            Self::RecoverRemoved => "recover.removed".to_owned(),
        }
    }

    /// Returns a description for readers of the script.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Deploy => "",
            Self::Prepare => "the new color runs and passes its gates; users see nothing of it",
            Self::Reserve => "after `prepare` alone: the new color waits for its `switch`",
            Self::TakeUp => {
                "continues with the color that `prepare` started; after a refusal this color stays prepared"
            }
            Self::Switch => "from here on users see the new color",
            Self::BeforeSwap => {
                "the last checks, and preparations for a reboot and for the way back"
            }
            Self::PointProxyAt => {
                "COLOR OTHERWISE: one rename, one reload, and the confirmation that the new file is in force"
            }
            Self::Cleanup => "never goes back, because traffic is on a good color",
            Self::Rollback => {
                "goes back to the release that served before, with this release's own script and the same swap"
            }
            Self::ServeRelease => {
                "the end of rollback and restart: switches to a complete release, by its own script"
            }
            Self::Failed => "after every way back of deploy, prepare, switch, rollback and restart",
            Self::Way(Way::EndNew) | Self::RecoverEndNew => {
                "users never saw the new color, or no longer see it"
            }
            Self::Way(Way::GoBack) => "the old color serves again, if it passes its gates",
            Self::Way(Way::StayOnNew) => {
                "the old color is down: the new one stays if it passes its gates"
            }
            Self::Way(Way::UndoAdopt) => "the proxy's file gets its earlier content back",
            Self::Way(Way::LetGo) => {
                "an adoption or a removal failed: the color keeps running as it was"
            }
            Self::Way(Way::PutBack) => "the app stays, if its color passes its gates",
            Self::Abort => "a prepared color is stopped",
            Self::Resume => "after a boot: starts the live color again",
            Self::Adopt => {
                "takes over the proxy's file after an edit by hand, or a color that was started by hand"
            }
            Self::RollbackTo => {
                "`rollback RELEASE`: a copy of a release that was good, in the idle color"
            }
            Self::Restart => {
                "a copy of the live release in the idle color, with its inputs read again"
            }
            Self::Remove => {
                "the app is removed: the proxy does not route to it, nothing of it runs"
            }
            Self::RecoverSwap => {
                "the proxy may serve either color; programs that a reboot ended are started first"
            }
            Self::RecoverRollback => {
                "`rollback` after an interrupted switch: only completes the way back of that switch"
            }
            Self::RecoverAdopted => {
                "an adoption was killed after its commit: writes the pointers and the journal"
            }
            Self::RecoverKept => {
                "a removal was interrupted at its swap: the app stays; programs that a reboot ended are started first"
            }
            Self::RecoverRemoved => {
                "the proxy no longer routes to the app: its programs that still run are stopped"
            }
        }
    }

    /// Returns the file that contains the program.
    #[must_use]
    pub fn home(self) -> Home {
        match self {
            Self::Deploy
            | Self::Prepare
            | Self::Reserve
            | Self::TakeUp
            | Self::Switch
            | Self::BeforeSwap
            | Self::PointProxyAt
            | Self::Cleanup
            | Self::ServeRelease
            | Self::Failed
            | Self::Way(Way::EndNew | Way::GoBack | Way::StayOnNew) => Home::Script,
            Self::Way(Way::UndoAdopt | Way::LetGo | Way::PutBack)
            | Self::Rollback
            | Self::Abort
            | Self::Resume
            | Self::Adopt
            | Self::RollbackTo
            | Self::Restart
            | Self::Remove
            | Self::RecoverEndNew
            | Self::RecoverSwap
            | Self::RecoverRollback
            | Self::RecoverAdopted
            | Self::RecoverKept
            | Self::RecoverRemoved => Home::Runtime,
        }
    }
}

/// One program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The name.
    pub name: ProgramName,
    /// The lines, in order.
    pub lines: Vec<Line>,
}
