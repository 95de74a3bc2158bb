//! What the names of `let`s and `input`s mean, level by level.

use crate::check::findings::Findings;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Name, NameError};
use crate::source::Span;
use crate::syntax::tree::{self, Value};
use std::cell::Cell;
use std::collections::BTreeMap;

/// One level of definitions: the files', an app's, a service's.
#[derive(Debug, Default)]
pub struct Names<'t> {
    outer: Option<&'t Names<'t>>,
    own: BTreeMap<&'t str, Definition<'t>>,
}

/// A `let` or an `input`.
#[derive(Debug)]
pub struct Definition<'t> {
    pub span: Span,
    pub meaning: Meaning<'t>,
    pub used: Cell<bool>,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub enum Meaning<'t> {
    /// `let NAME = value`
    Let(&'t Value),
    /// A `let` that stands in the colors.
    ColorLet,
    /// An `input`.
    Input {
        /// Its value is never shown.
        secret: bool,
    },
    /// Something wrong that was said already.
    Poison,
}

impl<'t> Names<'t> {
    /// A level inside another.
    pub fn inside(outer: &'t Names<'t>) -> Self {
        Self {
            outer: Some(outer),
            own: BTreeMap::new(),
        }
    }

    /// What `name` means here or further out, and the level that says so: what stands in a `let`
    /// means what it meant there. It counts as used.
    pub fn find(&self, name: &str) -> Option<(&Names<'t>, &Definition<'t>)> {
        let mut level = self;
        loop {
            if let Some(definition) = level.own.get(name) {
                definition.used.set(true);
                return Some((level, definition));
            }
            level = level.outer?;
        }
    }

    /// Every name that can be seen from here.
    pub fn visible(&self) -> Vec<&'t str> {
        let mut names = self.outer.map(Names::visible).unwrap_or_default();
        names.extend(self.own.keys());
        names
    }

    /// Defines a name; said when it is taken or reserved.
    pub fn define(&mut self, name: &'t tree::Name, meaning: Meaning<'t>, findings: &Findings) {
        if let Some(first) = self.own.get(name.text.as_str()) {
            findings.push(duplicate(name, first.span));
            return;
        }
        let reserved = reserved(name, findings);
        self.own.insert(
            &name.text,
            Definition {
                span: name.span,
                meaning: if reserved { Meaning::Poison } else { meaning },
                used: Cell::new(reserved),
            },
        );
    }

    /// Takes a name for one that means something, which nothing is known of.
    pub fn suppose(&mut self, name: &'t tree::Name) {
        self.own.entry(&name.text).or_insert(Definition {
            span: name.span,
            meaning: Meaning::Poison,
            used: Cell::new(true),
        });
    }

    /// Makes a name mean nothing, after what is wrong with it was said.
    pub fn poison(&mut self, name: &str) {
        if let Some(definition) = self.own.get_mut(name) {
            definition.meaning = Meaning::Poison;
            definition.used.set(true);
        }
    }

    /// The `let`s of this level, in those files, that nothing has used so far.
    pub fn unused(&self, files: &dyn Fn(Span) -> bool) -> Vec<Unused<'t>> {
        self.own
            .iter()
            .filter(|(_, definition)| !definition.used.get() && files(definition.span))
            .filter_map(|(name, definition)| match definition.meaning {
                Meaning::Let(value) => Some((Some(value), name)),
                Meaning::ColorLet => Some((None, name)),
                // Inputs reach the programs and steps in their environment too, where nothing is seen to use them.
                Meaning::Input { .. } | Meaning::Poison => None,
            })
            .map(|(value, name)| Unused {
                name,
                span: self.own[name].span,
                value,
            })
            .collect()
    }
}

/// A `let` that nothing uses.
#[derive(Clone, Copy, Debug)]
pub struct Unused<'t> {
    name: &'t str,
    pub span: Span,
    /// `None` for one that stands in the colors.
    pub value: Option<&'t Value>,
}

/// Warns about `let`s that nothing uses.
pub fn warn_unused(unused: &[Unused<'_>], findings: &Findings) {
    if findings.met_circle() {
        return;
    }
    for unused in unused {
        findings.push_absent(
            Diagnostic::new(
                Code::UNUSED,
                unused.span,
                format!("the `let` `{}` is never used", unused.name),
            )
            .help("remove it, or use it"),
        );
    }
}

/// Something of that name is there already.
pub fn duplicate(name: &tree::Name, first: Span) -> Diagnostic {
    Diagnostic::new(
        Code::DUPLICATE,
        name.span,
        format!("`{}` is defined twice", name.text),
    )
    .also(first, "first defined here")
    .help("rename or remove one of them")
}

/// The names of placeholders, which no `let` or `input` may take.
pub const PLACEHOLDERS: &[&str] = &[
    "app", "root", "staging", "color", "port", "address", "service", "slot", "from", "to",
    "outcome", "reason", "seconds",
];

/// Variables that bash or the loader read themselves: an input of that name would change how the
/// script runs (bash(1), "Shell Variables"; ld.so(8)).
const SHELL: &[&str] = &[
    "PATH",
    "IFS",
    "ENV",
    "PS4",
    "UID",
    "EUID",
    "PPID",
    "GROUPS",
    "RANDOM",
    "SRANDOM",
    "EPOCHSECONDS",
    "EPOCHREALTIME",
    "SECONDS",
    "LINENO",
    "OPTIND",
    "OPTARG",
    "OPTERR",
    "FUNCNAME",
    "FUNCNEST",
    "DIRSTACK",
    "PIPESTATUS",
    "SHELLOPTS",
    "HOSTNAME",
    "HOSTTYPE",
    "OSTYPE",
    "MACHTYPE",
    "SHLVL",
    "PWD",
    "OLDPWD",
    "REPLY",
    "MAPFILE",
    "COPROC",
    "HISTCMD",
    "POSIXLY_CORRECT",
    "GLOBIGNORE",
    "EXECIGNORE",
    "LC_ALL",
    "LANG",
    "TMOUT",
    "CDPATH",
];

fn reserved(name: &tree::Name, findings: &Findings) -> bool {
    let text = name.text.as_str();
    let (why, help) = if PLACEHOLDERS.contains(&text) {
        (
            format!("`{text}` is a placeholder of the language"),
            format!("another name, such as `my_{text}`, is free"),
        )
    } else if SHELL.contains(&text) || text.starts_with("BASH") || text.starts_with("LD_") {
        (
            format!("`{text}` belongs to the shell that runs the script"),
            format!("another name, such as `APP_{text}`, is free"),
        )
    } else if matches!(text, "PORT" | "COLOR") || text.starts_with("DEPLOYC_") {
        (
            format!("`{text}` is a variable that the script gives to programs itself"),
            format!("another name, such as `APP_{text}`, is free"),
        )
    } else {
        return false;
    };
    findings.push(Diagnostic::new(Code::RESERVED_NAME, name.span, why).help(help));
    true
}

/// The name of an app, color, service or probe; said when it has the wrong shape.
pub fn name(word: &tree::Name, what: &str, findings: &Findings) -> Option<Name> {
    let error = match Name::new(&word.text) {
        Ok(name) => return Some(name),
        Err(error) => error,
    };
    let offence = match error {
        NameError::Empty => "it is empty".to_owned(),
        NameError::TooLong => format!("it is longer than {} characters", Name::MAX),
        NameError::BadStart(c) => format!("it begins with `{c}`"),
        NameError::BadCharacter(c) => format!("it contains `{c}`"),
    };
    let mut finding = Diagnostic::new(
        Code::BAD_NAME,
        word.span,
        format!("`{}` cannot be the name of {what}: {offence}", word.text),
    )
    .help("it becomes part of file, unit and container names: a letter `a` to `z`, then letters, digits and `-`, 40 at most");
    let likely: String = word
        .text
        .to_lowercase()
        .chars()
        .map(|c| if c == '_' || c == '.' { '-' } else { c })
        .collect();
    if Name::new(&likely).is_ok() {
        finding = finding
            .label(format!("did you mean `{likely}`?"))
            .fix(word.span, likely);
    }
    findings.push(finding);
    None
}
