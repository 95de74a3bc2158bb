//! The blocks of the language, as places for statements. Messages about misplaced or misspelled statements use them.

use super::grammar::Rule;

/// The block that contains a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// The top level of a file.
    Top,
    /// `app`
    App,
    /// A driver's block.
    Settings,
    /// `color`
    Color,
    /// `service`
    Service,
    /// `probe` and `verify`
    Probe,
    /// `cleanup`
    Cleanup,
    /// `lock`
    Lock,
    /// `before`, `after`, `build`
    Commands,
    /// The block of `exec` or `shell`
    Options,
    /// `on`
    On,
    /// `driver`
    Driver,
    /// A list's elements.
    List,
    /// A map's entries.
    Map,
}

impl Block {
    /// Every place with verbs of its own.
    pub const ALL: [Self; 11] = [
        Self::Top,
        Self::App,
        Self::Color,
        Self::Service,
        Self::Probe,
        Self::Cleanup,
        Self::Lock,
        Self::Commands,
        Self::Options,
        Self::On,
        Self::Driver,
    ];

    /// The description of the place in messages.
    pub fn called(self) -> &'static str {
        match self {
            Self::Top => "at the top level",
            Self::App => "in `app`",
            Self::Settings => "in a driver's block",
            Self::Color => "in `color`",
            Self::Service => "in `service`",
            Self::Probe => "in `probe` and `verify`",
            Self::Cleanup => "in `cleanup`",
            Self::Lock => "in `lock`",
            Self::Commands => "in `before`, `after` and `build`",
            Self::Options => "in the block of `exec` and `shell`",
            Self::On => "in `on`",
            Self::Driver => "in `driver`",
            Self::List => "in a list",
            Self::Map => "in a map",
        }
    }

    /// The verbs that begin its statements.
    pub fn verbs(self) -> &'static [&'static str] {
        match self {
            Self::Top => &["use", "let", "probe", "app", "allow", "driver"],
            Self::App => &[
                "root", "sudo", "input", "let", "color", "address", "artifact", "run", "service",
                "shared", "probe", "switch", "verify", "cleanup", "before", "after", "on", "lock",
                "build", "ship", "hosts", "target", "allow",
            ],
            Self::Color => &["port", "let"],
            Self::Service => &[
                "run",
                "probe",
                "verify",
                "address",
                "no port",
                "handover",
                "stop within",
                "let",
            ],
            Self::Probe => &[
                "get", "head", "post", "body", "tcp", "exec", "healthy", "header", "via", "ca",
                "expect", "every", "within", "attempts", "timeout", "after", "passes", "warn",
            ],
            Self::Cleanup => &["drain", "stop within", "keep warm"],
            Self::Lock => &["wait"],
            Self::Commands => &["exec", "shell"],
            Self::Options => &["in", "within", "once", "warn"],
            Self::On => &["exec", "shell", "notify"],
            Self::Driver => &[
                "functions",
                "extends",
                "setting",
                "part",
                "exactly one",
                "tools",
                "deadline",
                "offers",
                "cannot",
                "fragment",
                "file",
                "environment",
                "wipes",
                "limit",
            ],
            Self::Settings | Self::List | Self::Map => &[],
        }
    }

    /// The first words of its statements.
    pub fn first_words(self) -> impl Iterator<Item = &'static str> {
        self.verbs()
            .iter()
            .map(|verb| verb.split(' ').next().unwrap_or(verb))
    }

    /// Whether one of its statements begins with `word`.
    pub fn knows(self, word: &str) -> bool {
        self.first_words().any(|first| first == word)
    }

    /// The place inside the block of the statement that begins with `verb`.
    pub fn block_of(self, verb: &str) -> Option<Self> {
        Some(match (self, verb) {
            (Self::Top, "app") => Self::App,
            (Self::Top | Self::Driver, "driver" | "part") => Self::Driver,
            (Self::Top | Self::App | Self::Service, "probe" | "verify") => Self::Probe,
            (Self::App, "color") => Self::Color,
            (Self::App, "service") => Self::Service,
            (Self::App, "cleanup") => Self::Cleanup,
            (Self::App, "lock") => Self::Lock,
            (Self::App, "before" | "after" | "build") => Self::Commands,
            (Self::App, "on") => Self::On,
            (
                Self::App | Self::Service,
                "run" | "switch" | "shared" | "ship" | "hosts" | "target",
            )
            | (Self::On, "notify")
            | (Self::Settings, _) => Self::Settings,
            (Self::Commands | Self::On, "exec" | "shell") => Self::Options,
            _ => return None,
        })
    }

    /// The rule for one of its statements.
    pub fn one(self) -> Rule {
        match self {
            Self::Top => Rule::one_top,
            Self::App => Rule::one_app,
            Self::Settings => Rule::one_setting,
            Self::Color => Rule::one_color,
            Self::Service => Rule::one_service,
            Self::Probe => Rule::one_probe,
            Self::Cleanup => Rule::one_cleanup,
            Self::Lock => Rule::one_lock,
            Self::Commands => Rule::one_command,
            Self::Options => Rule::one_option,
            Self::On => Rule::one_on,
            Self::Driver => Rule::one_driver,
            Self::List => Rule::one_value,
            Self::Map => Rule::one_entry,
        }
    }

    /// The rule for its block, with the brackets.
    pub fn body(self) -> Rule {
        match self {
            Self::Top => Rule::top_body,
            Self::App => Rule::app_body,
            Self::Settings => Rule::settings,
            Self::Color => Rule::color_body,
            Self::Service => Rule::service_body,
            Self::Probe => Rule::probe_body,
            Self::Cleanup => Rule::cleanup_body,
            Self::Lock => Rule::lock_body,
            Self::Commands => Rule::commands,
            Self::Options => Rule::options,
            Self::On => Rule::on_body,
            Self::Driver => Rule::driver_body,
            Self::List => Rule::list,
            Self::Map => Rule::map,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::grammar::Grammar;
    use pest::Parser;
    use pest::error::InputLocation;

    /// The verbs here are verbs of the grammar: the parser reads each verb to its end.
    #[test]
    fn the_grammar_knows_every_verb() {
        for block in Block::ALL {
            for verb in block.verbs() {
                let probe = format!("{verb} @");
                let error = Grammar::parse(block.one(), &probe).expect_err("`@` begins nothing");
                let InputLocation::Pos(at) = error.location else {
                    panic!("a parse error has one place");
                };
                assert!(at >= verb.len(), "`{verb}` in {block:?} stops at {at}");
            }
        }
    }
}
