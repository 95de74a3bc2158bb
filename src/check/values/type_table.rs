//! The table of all types, for `explain TYPE`.

use super::types::Type;
use crate::model::InputType;
use crate::suggestions::listed;

/// The entry of one type, for `explain TYPE`.
#[derive(Debug)]
pub struct TypeEntry {
    /// The word in the language.
    pub word: &'static str,
    /// The accepted values and their meaning.
    pub docs: &'static str,
    /// Examples of values.
    pub examples: &'static [&'static str],
    /// Where the type may be used.
    pub place: TypePlace,
    /// The type, and its name in messages. `None`: the type has parts besides the word.
    pub plain: Option<(Type, &'static str)>,
}

/// Where a type may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypePlace {
    /// In `input` and in a driver's `setting`.
    Both,
    /// In `input` only.
    Input,
    /// In a driver's `setting` only.
    Setting,
}

/// All types.
pub const TYPES: &[TypeEntry] = &[
    TypeEntry {
        word: "string",
        docs: "Any text without NUL. Placeholders are replaced; `{{` and `}}` are braces.",
        examples: &["\"hello {color}\"", "r\"as it stands\""],
        place: TypePlace::Both,
        plain: Some((Type::Input(InputType::String), "a string")),
    },
    TypeEntry {
        word: "secret",
        docs: "A text that is never printed, never put on a command line, and kept in a file of mode 600. With `matching` the whole text must match a POSIX extended regular expression. If a value does not match, the message does not show it.",
        examples: &[
            "input SLACK_URL: secret from file \"deploy.env\"",
            "input TOKEN: secret matching r\"ghp_[A-Za-z0-9]{36}\"",
        ],
        place: TypePlace::Input,
        plain: Some((Type::Input(InputType::Secret(None)), "a secret")),
    },
    TypeEntry {
        word: "path",
        docs: "A path on the host. A relative one is below `{root}`.",
        examples: &["\"/etc/nginx/conf.d/shop.conf\"", "\"config/app.yml\""],
        place: TypePlace::Both,
        plain: Some((Type::Input(InputType::Path), "a path")),
    },
    TypeEntry {
        word: "url",
        docs: "An address for `http` or `https`: scheme, host, and the port, if it is not the default port.",
        examples: &["\"http://127.0.0.1:{port}/health\""],
        place: TypePlace::Both,
        plain: Some((Type::Input(InputType::Url), "a URL")),
    },
    TypeEntry {
        word: "int",
        docs: "A whole number, zero or more.",
        examples: &["3"],
        place: TypePlace::Both,
        plain: Some((Type::Input(InputType::Int), "a whole number")),
    },
    TypeEntry {
        word: "port",
        docs: "A TCP port, 1 to 65535.",
        examples: &["8081"],
        place: TypePlace::Both,
        plain: Some((Type::Input(InputType::Port), "a port")),
    },
    TypeEntry {
        word: "duration",
        docs: "A length of time with its unit attached, at most a day: `ms`, `s`, `m` or `h`.",
        examples: &["500ms", "10s", "5m", "1h"],
        place: TypePlace::Both,
        plain: Some((Type::Input(InputType::Duration), "a duration such as `10s`")),
    },
    TypeEntry {
        word: "bool",
        docs: "`true` or `false`.",
        examples: &["true", "false"],
        place: TypePlace::Both,
        plain: Some((Type::Input(InputType::Bool), "`true` or `false`")),
    },
    TypeEntry {
        word: "size",
        docs: "An amount of memory or disk with its unit attached: `B`, `KiB`, `MiB` or `GiB` (powers of 1024).",
        examples: &["512MiB", "1GiB"],
        place: TypePlace::Setting,
        plain: Some((Type::Size, "a size such as `256MiB`")),
    },
    TypeEntry {
        word: "percent",
        docs: "A percentage from 0% to 100%.",
        examples: &["25%"],
        place: TypePlace::Setting,
        plain: Some((Type::Percent, "a percentage such as `25%`")),
    },
    TypeEntry {
        word: "decimal",
        docs: "A number, with a decimal point if necessary.",
        examples: &["1.5", "2"],
        place: TypePlace::Setting,
        plain: Some((Type::Decimal, "a number")),
    },
    TypeEntry {
        word: "status",
        docs: "A set of HTTP status codes: one, a class, a range, or a list of those.",
        examples: &["200", "2xx", "200..299", "[200, 401]"],
        place: TypePlace::Setting,
        plain: Some((Type::Status, "a status such as `200` or `2xx`")),
    },
    TypeEntry {
        word: "regex",
        docs: "A POSIX extended regular expression, as in `grep -E`. There is no `\\d` (write `[0-9]`) and no `(?i)`.",
        examples: &["r\"^v[0-9]+$\""],
        place: TypePlace::Setting,
        plain: Some((Type::Regex, "a regular expression")),
    },
    TypeEntry {
        word: "user",
        docs: "A user's name on the host.",
        examples: &["\"ec2-user\""],
        place: TypePlace::Setting,
        plain: Some((Type::User, "a user's name")),
    },
    TypeEntry {
        word: "signal",
        docs: "A signal by its name.",
        examples: &["TERM", "QUIT"],
        place: TypePlace::Setting,
        plain: Some((Type::Signal, "a signal")),
    },
    TypeEntry {
        word: "command",
        docs: "A program and its arguments, each as a separate text. No shell is used: nothing is split, expanded or quoted.",
        examples: &["[\"systemctl\", \"reload\", \"nginx\"]"],
        place: TypePlace::Setting,
        plain: Some((Type::Command, "a command: a list of texts")),
    },
    TypeEntry {
        word: "variables",
        docs: "Variables that a program gets in its environment: a name and a string for each. A name is a letter or `_`, then letters, digits and `_`.",
        examples: &["{ SPRING_PROFILES_ACTIVE = \"{color}\" }"],
        place: TypePlace::Setting,
        plain: Some((Type::Variables, "a map of variables")),
    },
    TypeEntry {
        word: "one_of",
        docs: "One of the words in the list.",
        examples: &["one_of [\"dev\", \"prod\"]"],
        place: TypePlace::Both,
        plain: None,
    },
    TypeEntry {
        word: "matching",
        docs: "A text. The POSIX extended regular expression must match the whole text.",
        examples: &[
            "matching r\"[0-9a-f]{7,40}\"",
            "secret matching r\"[0-9a-f]{40}\"",
        ],
        place: TypePlace::Input,
        plain: None,
    },
    TypeEntry {
        word: "list of",
        docs: "Values of one type in brackets, over one line or several.",
        examples: &["[\"-Xmx512m\", \"-Dcolor={color}\"]"],
        place: TypePlace::Setting,
        plain: None,
    },
    TypeEntry {
        word: "map of",
        docs: "Keys and values of one type in braces, over one line or several.",
        examples: &["{ \"config/app.yml\" = \"/etc/shop\" }"],
        place: TypePlace::Setting,
        plain: None,
    },
];

impl Type {
    /// Returns the type's name in messages: `a duration`.
    #[must_use]
    pub fn described(&self) -> String {
        match self {
            Self::Input(InputType::OneOf(words)) => listed(words, "or"),
            Self::Input(InputType::Matching(pattern)) => format!("a text that matches `{pattern}`"),
            Self::List(_) => "a list".into(),
            Self::Map(_) => "a map".into(),
            plain => {
                let mut known = TYPES.iter().filter_map(|entry| entry.plain.as_ref());
                let found = known.find(|(ty, _)| ty == plain);
                found.map_or_else(String::new, |(_, described)| (*described).to_owned())
            }
        }
    }
}
