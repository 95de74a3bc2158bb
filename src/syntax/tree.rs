//! The tree of a `.bg` file as it was written: every word, comment and blank line that matters to
//! the formatter, and nothing that was worked out from them.
//!
//! Names are not resolved and values not typed here; that is `check/`.

use crate::source::Span;

/// A whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The statements of the top level, and the comments after the last.
    pub body: Body<Item>,
}

/// Statements in a row: a file's top level or what stands between `{` and `}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body<T> {
    /// The statements that could be read; those that could not are in the report.
    pub statements: Vec<Statement<T>>,
    /// A comment on the line of the opening bracket, before the first statement.
    pub head: Option<Comment>,
    /// Comments after the last statement.
    pub tail: Vec<Comment>,
    /// From the opening bracket to the closing one, or the whole file.
    pub span: Span,
}

impl<T> Body<T> {
    /// No statements.
    #[must_use]
    pub fn empty(span: Span) -> Self {
        Self {
            statements: Vec::new(),
            head: None,
            tail: Vec::new(),
            span,
        }
    }
}

/// One statement with what surrounds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement<T> {
    /// Comment lines before it (`#` and `##`), in order.
    pub lead: Vec<Comment>,
    /// The statement proper.
    pub node: T,
    /// A comment at the end of its (last) line.
    pub trail: Option<Comment>,
    /// Whether an empty line stands right before it (after its lead comments). Never for the first
    /// in a body.
    pub apart: bool,
    /// The statement proper, comments left out.
    pub span: Span,
}

impl<T> Statement<T> {
    /// The `##` lines right before the statement, without the marks; empty if there are none.
    #[must_use]
    pub fn docs(&self) -> String {
        let mut lines = Vec::new();
        let mut apart = self.apart;
        for comment in self.lead.iter().rev() {
            let Some(doc) = comment.doc().filter(|_| !apart) else {
                break;
            };
            lines.push(doc);
            apart = comment.apart;
        }
        lines.reverse();
        lines.join("\n")
    }
}

/// A comment, from its `#` to the end of the line (exclusive, trailing blanks removed).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The text with its `#`.
    pub text: String,
    /// Whether an empty line precedes it. Never for the first in a body.
    pub apart: bool,
    /// Where.
    pub span: Span,
}

impl Comment {
    /// The documentation in a `##` comment.
    #[must_use]
    pub fn doc(&self) -> Option<&str> {
        let rest = self.text.strip_prefix("##")?;
        Some(rest.strip_prefix(' ').unwrap_or(rest))
    }
}

/// A bare word: the name of a thing, a keyword of an enumeration, or a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The word.
    pub text: String,
    /// Where.
    pub span: Span,
}

// ---- Values ----------------------------------------------------------------------------------

/// A value as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `"…"`, `"""…"""`, `r"…"`, `r"""…"""`
    Text(Text),
    /// `8081`, `2.5`, `500ms`, `256MiB`, `25%`: digits as written, and the unit if there is one.
    Number(Number),
    /// `2xx`
    StatusClass(Name),
    /// `200..299`
    StatusRange(StatusRange),
    /// `true`, `unless-stopped`, `boot_time`
    Word(Name),
    /// `[a, b]`
    List(List),
    /// `{ KEY = value, "other key" = value }`
    Map(Map),
}

impl Value {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Text(text) => text.span,
            Self::Number(number) => number.span,
            Self::StatusClass(name) | Self::Word(name) => name.span,
            Self::StatusRange(range) => range.span,
            Self::List(list) => list.body.span,
            Self::Map(map) => map.body.span,
        }
    }
}

/// How a string was quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// `"…"`
    Plain,
    /// `"""…"""`. Over lines the text begins on the line after the opening quotes and ends with the
    /// line before the closing ones (whose newline is not part of it); the blanks before the
    /// closing quotes are taken from every line.
    Block,
    /// `r"…"`
    Raw,
    /// `r"""…"""`, cut and dedented likewise
    RawBlock,
}

/// A string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// How it was quoted.
    pub quoting: Quoting,
    /// Its literal stretches and placeholders in order; adjacent literals are merged.
    pub parts: Vec<Part>,
    /// With the quotes (and the `r`).
    pub span: Span,
}

impl Text {
    /// The string, if it has no placeholder.
    #[must_use]
    pub fn literal(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => Some(text.as_str()),
                Part::Hole(_) => None,
            })
            .collect()
    }
}

/// A stretch of a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Characters, escapes and doubled braces resolved.
    Literal(String),
    /// `{name}` or `{web.port}`; the name is all between the braces.
    Hole(Name),
}

/// A number with the unit that is attached to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// `10`, `2.5`: digits and at most one point.
    pub digits: String,
    /// `ms s m h B KiB MiB GiB %` or whatever was written; empty without one.
    pub unit: String,
    /// Where.
    pub span: Span,
}

/// `200..299`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRange {
    /// The first.
    pub from: Number,
    /// The last.
    pub to: Number,
    /// Where.
    pub span: Span,
}

/// `[a, b]`, over one line or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// The elements; `Statement` carries their comments.
    pub body: Body<Value>,
}

/// `{ KEY = value }`, over one line or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// The entries; `Statement` carries their comments.
    pub body: Body<Entry>,
}

impl List {
    /// The elements without their comments.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.body.statements.iter().map(|statement| &statement.node)
    }
}

/// `KEY = value` in a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key: a bare word or a string.
    pub key: Value,
    /// The value.
    pub value: Value,
}

// ---- Statements ------------------------------------------------------------------------------

/// What stands at the top level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// `use "std/spring"`
    Use(Text),
    /// `let NAME = value`
    Let(Let),
    /// `probe NAME [from OTHER] { … }`
    Probe(Probe),
    /// `app NAME { … }`
    App(App),
    /// `driver KIND NAME { … }`
    Driver(Driver),
}

/// `let NAME = value`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Let {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Value,
}

/// `app NAME { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// The name.
    pub name: Name,
    /// What it is made of.
    pub body: Body<AppItem>,
}

/// What stands in `app`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppItem {
    /// `root "/opt/shop"`
    Root(Value),
    /// `sudo`
    Sudo(Span),
    /// `input NAME: TYPE [= default] [from file PATH]`
    Input(Input),
    /// `let NAME = value`
    Let(Let),
    /// `color NAME { port N }`
    Color(Color),
    /// `address "web-{color}:8000"`
    Address(Value),
    /// `artifact "{staging}/*.jar"`
    Artifact(Value),
    /// `run DRIVER { … }`
    Run(DriverUse),
    /// `service NAME { … }`
    Service(Service),
    /// `shared DRIVER { … }`
    Shared(DriverUse),
    /// `probe NAME [from OTHER] { … }`
    Probe(Probe),
    /// `switch DRIVER { … }`
    Switch(DriverUse),
    /// `verify [NAME] [from OTHER] { … }` or `verify none "reason"`
    Verify(Verify),
    /// `cleanup { … }`
    Cleanup(Body<CleanupItem>),
    /// `before start { … }` and its like
    Steps(Steps),
    /// `on success { … }` and its like
    On(On),
    /// `lock { wait D }`
    Lock(Body<LockItem>),
    /// `build { … }`
    Build(Body<Command>),
    /// `ship DRIVER { … }`
    Ship(DriverUse),
    /// `hosts [ … ] { … }`
    Hosts(Hosts),
    /// `target DRIVER { … }`
    Target(DriverUse),
}

/// `input NAME: TYPE [= default] [from file PATH]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// After `=`.
    pub default: Option<Value>,
    /// After `from file`.
    pub file: Option<Value>,
}

/// A type, in an `input` or a driver's `setting`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `string`, `port`, …
    Named(Name),
    /// `one_of ["dev", "prod"]`, or with bare words
    OneOf(List),
    /// `matching r"…"`
    Matching(Text),
    /// `list of TYPE`
    List(Box<Type>, Span),
    /// `map of TYPE`
    Map(Box<Type>, Span),
}

/// `color NAME { port N }`; without a block `body` is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Color {
    /// The name.
    pub name: Name,
    /// What differs by color.
    pub body: Option<Body<ColorItem>>,
}

/// What stands in `color`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColorItem {
    /// `port 8081`, `port web 8081`
    Port {
        /// The service, where there are several.
        service: Option<Name>,
        /// The number.
        number: Value,
    },
    /// `let NAME = value`
    Let(Let),
}

/// `run jar { … }` and its like: a driver's name and settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverUse {
    /// The driver's name.
    pub driver: Name,
    /// Its settings; `None` without a block.
    pub body: Option<Body<Setting>>,
}

/// What stands in a driver's block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// `name = value`
    Assign {
        /// The setting.
        name: Name,
        /// Its value.
        value: Value,
    },
    /// `name ["label"] { … }`: a part with settings of its own
    Part {
        /// The part.
        name: Name,
        /// A word or string after the name.
        label: Option<Value>,
        /// Its settings.
        body: Body<Setting>,
    },
}

/// `service NAME { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The name.
    pub name: Name,
    /// What differs from the app's.
    pub body: Option<Body<ServiceItem>>,
}

/// What stands in `service`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceItem {
    /// `run DRIVER { … }`
    Run(DriverUse),
    /// `probe NAME { … }`
    Probe(Probe),
    /// `address "…"`
    Address(Value),
    /// `no port`
    NoPort(Span),
    /// `handover overlap|exclusive`
    Handover(Name),
    /// `stop within D`
    StopWithin(Value),
    /// `let NAME = value`
    Let(Let),
}

/// `probe NAME [from OTHER] { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The name.
    pub name: Name,
    /// After `from`: `ready` or `spring.health`.
    pub from: Option<Name>,
    /// The body; `None` without a block.
    pub body: Option<Body<ProbeItem>>,
}

/// `verify …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verify {
    /// `verify none "reason"`
    None {
        /// The word `none`.
        word: Span,
        /// Why not.
        reason: Text,
    },
    /// `verify [NAME] [from OTHER] { … }`
    Check {
        /// The name.
        name: Option<Name>,
        /// After `from`.
        from: Option<Name>,
        /// The body.
        body: Option<Body<ProbeItem>>,
    },
}

/// What stands in `probe` and `verify`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeItem {
    /// `get URL`, `head URL`, `post URL`: a string or a list of them
    Request {
        /// `get`, `head` or `post`
        method: Name,
        /// The URL or URLs.
        urls: Value,
    },
    /// `body "…"`
    Body(Value),
    /// `tcp "host:port"`
    Tcp(Value),
    /// `exec [...]`, `exec inside [...]`
    Exec {
        /// The word `inside`, if it stands there.
        inside: Option<Span>,
        /// The command.
        command: Value,
    },
    /// `healthy`
    Healthy(Span),
    /// `header "Name" "value"`
    Header {
        /// Its name.
        name: Value,
        /// Its value.
        value: Value,
    },
    /// `via "127.0.0.1:443"`
    Via(Value),
    /// `expect …`
    Expect(Expect),
    /// `every D`
    Every(Value),
    /// `within D`
    Within(Value),
    /// `attempts N`
    Attempts(Value),
    /// `timeout D`
    Timeout(Value),
    /// `after D`
    After(Value),
    /// `passes N`
    Passes(Value),
    /// `warn` (in `verify` only; `check/` says so elsewhere)
    Warn(Span),
}

/// `expect …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// `expect status SET`
    Status(Value),
    /// `expect color`
    Color(Span),
    /// `expect body|header "X"|json "a.b[0]" contains|equals|matches "…"`
    Content {
        /// What is looked at.
        part: ExpectPart,
        /// `contains`, `equals` or `matches`
        relation: Name,
        /// With what.
        value: Value,
    },
}

/// What an `expect` looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectPart {
    /// `body`
    Body(Span),
    /// `header "X"`
    Header(Value),
    /// `json "a.b[0]"`
    Json(Value),
}

/// What stands in `cleanup`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CleanupItem {
    /// `drain D`
    Drain(Value),
    /// `stop within D`
    StopWithin(Value),
    /// `keep warm`
    KeepWarm(Span),
}

/// `before start { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    /// `before` or `after`
    pub when: Name,
    /// `start`, `switch`, `verify` or `stop`
    pub what: Name,
    /// The steps.
    pub body: Body<Command>,
}

/// `on success { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct On {
    /// `success`, `failure` or `always`
    pub outcome: Name,
    /// The steps.
    pub body: Body<OnItem>,
}

/// What stands in `on`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnItem {
    /// `exec …`, `shell …`
    Command(Command),
    /// `notify DRIVER { … }`
    Notify(DriverUse),
}

/// A step of the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// `exec` or `shell`, and what is run.
    pub run: CommandRun,
    /// `in DIR`, `within D`; `None` without a block.
    pub options: Option<Body<CommandOption>>,
}

/// What a step of the user's runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandRun {
    /// `exec ["prog", "arg"]`
    Exec(Value),
    /// `shell """…"""`: nothing in it is a placeholder
    Shell(Text),
}

/// What stands in the block of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandOption {
    /// `in "{slot}"`
    In(Value),
    /// `within 5m`
    Within(Value),
}

/// What stands in `lock`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockItem {
    /// `wait D`
    Wait(Value),
}

/// `hosts [ … ] { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    /// The hosts.
    pub hosts: Value,
    /// Settings of the fleet.
    pub body: Option<Body<Setting>>,
}

// ---- Descriptions of drivers -------------------------------------------------------------------

/// `driver KIND NAME { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Driver {
    /// `run`, `switch`, `ship`, `target`, `notify` or `shared`
    pub kind: Name,
    /// The name.
    pub name: Name,
    /// The description.
    pub body: Body<DriverItem>,
}

/// What stands in a driver's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DriverItem {
    /// `functions "nginx.sh"`: the file of its shell functions, beside the `.bg`
    Functions(Text),
    /// `extends process`: the settings and functions of another driver of the same kind
    Extends(Name),
    /// `setting NAME: TYPE [= default]`
    Setting {
        /// The name.
        name: Name,
        /// Its type.
        ty: Type,
        /// After `=`; without one the setting must be given.
        default: Option<Value>,
    },
    /// `part NAME[: TYPE] { setting … }`: a block inside the driver's block, with an optional label
    Part {
        /// The name.
        name: Name,
        /// The type of its label.
        label: Option<Type>,
        /// Its settings.
        body: Body<DriverItem>,
    },
    /// `exactly one [a, b]`: of these settings and parts one must be given
    ExactlyOne(List),
    /// `tools ["setsid", "awk"]`: programs that must be on the host
    Tools(Value),
    /// `deadline FUNCTION D`: how long a function of the contract may take
    Deadline {
        /// The function.
        function: Name,
        /// How long.
        within: Value,
    },
    /// `offers container.ip`: a placeholder that the driver fills in when the color runs
    Offers(Name),
    /// `cannot listens`: the driver cannot tell this (a function that it leaves out)
    Cannot(Name),
    /// `fragment "nginx.conf.j2" as nginx`: the template of what is written for a color, and how values in it are quoted
    Fragment {
        /// The template's file, beside the `.bg`.
        template: Text,
        /// `nginx`, `caddy` or `plain`
        quoting: Name,
    },
    /// `file "appspec.yml" from "appspec.yml.j2"`: a file that a target wants
    File {
        /// Where, relative to the source's folder (`deploy/…` for the output folder).
        path: Text,
        /// The template's file, beside the `.bg`.
        template: Text,
    },
    /// `environment [ … ]`: the variables that a target passes to hooks
    Environment(Value),
    /// `wipes SETTING`: the setting whose folder the target's installer empties
    Wipes(Name),
    /// `limit D`: the longest that a target lets one hook run
    Limit(Value),
}
