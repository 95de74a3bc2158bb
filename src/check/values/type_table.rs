//! The types by their words: what `explain TYPE` shows.

/// A type by its word: what `explain TYPE` shows.
#[derive(Clone, Copy, Debug)]
pub struct TypeEntry {
    /// As it is written.
    pub word: &'static str,
    /// What it accepts and means.
    pub docs: &'static str,
    /// Values as they are written.
    pub examples: &'static [&'static str],
    /// Where it may stand.
    pub place: TypePlace,
}

/// Where a type may stand.
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
    },
    TypeEntry {
        word: "secret",
        docs: "A text that is never printed, never put on a command line, and kept in a file of mode 600.",
        examples: &["input SLACK_URL: secret from file \"deploy.env\""],
        place: TypePlace::Input,
    },
    TypeEntry {
        word: "path",
        docs: "A path on the host. A relative one is below `{root}`.",
        examples: &["\"/etc/nginx/conf.d/shop.conf\"", "\"config/app.yml\""],
        place: TypePlace::Both,
    },
    TypeEntry {
        word: "url",
        docs: "An address for `http` or `https`: scheme, host, and where it is not the usual one, the port.",
        examples: &["\"http://127.0.0.1:{port}/health\""],
        place: TypePlace::Both,
    },
    TypeEntry {
        word: "int",
        docs: "A whole number, zero or more.",
        examples: &["3"],
        place: TypePlace::Both,
    },
    TypeEntry {
        word: "port",
        docs: "A TCP port, 1 to 65535.",
        examples: &["8081"],
        place: TypePlace::Both,
    },
    TypeEntry {
        word: "duration",
        docs: "A length of time with its unit attached, at most a day: `ms`, `s`, `m` or `h`.",
        examples: &["500ms", "10s", "5m", "1h"],
        place: TypePlace::Both,
    },
    TypeEntry {
        word: "bool",
        docs: "`true` or `false`.",
        examples: &["true", "false"],
        place: TypePlace::Both,
    },
    TypeEntry {
        word: "size",
        docs: "An amount of memory or disk with its unit attached: `B`, `KiB`, `MiB` or `GiB` (powers of 1024).",
        examples: &["512MiB", "1GiB"],
        place: TypePlace::Setting,
    },
    TypeEntry {
        word: "percent",
        docs: "A share, 0% to 100%.",
        examples: &["25%"],
        place: TypePlace::Setting,
    },
    TypeEntry {
        word: "decimal",
        docs: "A number, with a point if need be.",
        examples: &["1.5", "2"],
        place: TypePlace::Setting,
    },
    TypeEntry {
        word: "status",
        docs: "A set of HTTP status codes: one, a class, a range, or a list of those.",
        examples: &["200", "2xx", "200..299", "[200, 401]"],
        place: TypePlace::Setting,
    },
    TypeEntry {
        word: "regex",
        docs: "A POSIX extended regular expression, as `grep -E` takes it. There is no `\\d` (write `[0-9]`) and no `(?i)`.",
        examples: &["r\"^v[0-9]+$\""],
        place: TypePlace::Setting,
    },
    TypeEntry {
        word: "user",
        docs: "A user's name on the host.",
        examples: &["\"ec2-user\""],
        place: TypePlace::Setting,
    },
    TypeEntry {
        word: "signal",
        docs: "A signal by its name.",
        examples: &["TERM", "QUIT"],
        place: TypePlace::Setting,
    },
    TypeEntry {
        word: "command",
        docs: "A program and its arguments, each a text of its own. No shell takes part: nothing is split, expanded or quoted.",
        examples: &["[\"systemctl\", \"reload\", \"nginx\"]"],
        place: TypePlace::Setting,
    },
    TypeEntry {
        word: "one_of",
        docs: "One of the words in the list.",
        examples: &["one_of [\"dev\", \"prod\"]"],
        place: TypePlace::Both,
    },
    TypeEntry {
        word: "matching",
        docs: "A text that the POSIX extended regular expression matches from its first to its last character.",
        examples: &["matching r\"[0-9a-f]{7,40}\""],
        place: TypePlace::Input,
    },
    TypeEntry {
        word: "list of",
        docs: "Values of one type in brackets, over one line or several.",
        examples: &["[\"-Xmx512m\", \"-Dcolor={color}\"]"],
        place: TypePlace::Setting,
    },
    TypeEntry {
        word: "map of",
        docs: "Keys and values of one type in braces, over one line or several.",
        examples: &["{ SPRING_PROFILES_ACTIVE = \"{color}\" }"],
        place: TypePlace::Setting,
    },
];
