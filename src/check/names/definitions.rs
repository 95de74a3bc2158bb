//! The meanings of the names of `let`s and `input`s, level by level.

use super::spelling;
use crate::check::findings::Findings;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::tree::{self, Value};
use std::cell::Cell;
use std::collections::BTreeMap;

/// One level of definitions: of the files, of an app or of a service.
#[derive(Debug, Default)]
pub struct Definitions<'t> {
    outer: Option<&'t Definitions<'t>>,
    own: BTreeMap<&'t str, Definition<'t>>,
}

/// A `let` or an `input`.
#[derive(Debug)]
pub struct Definition<'t> {
    pub span: Span,
    pub meaning: Meaning<'t>,
    pub used: Cell<bool>,
}

/// The meaning of a name.
#[derive(Clone, Copy, Debug)]
pub enum Meaning<'t> {
    /// `let NAME = value`
    Let(&'t Value),
    /// A `let` in the colors.
    ColorLet,
    /// An `input`.
    Input {
        /// Whether the input is a secret. The script never shows its value.
        secret: bool,
    },
    /// A faulty definition that was reported. Its uses report nothing.
    Poison,
}

impl<'t> Definitions<'t> {
    /// Makes a level inside another level.
    pub fn inside(outer: &'t Definitions<'t>) -> Self {
        Self {
            outer: Some(outer),
            own: BTreeMap::new(),
        }
    }

    /// Finds the definition of `name` in this level or an outer one, and marks it as used. Returns it with its level,
    /// because the names inside a `let` belong to the level of that `let`.
    pub fn find(&self, name: &str) -> Option<(&Definitions<'t>, &Definition<'t>)> {
        let mut level = self;
        loop {
            if let Some(definition) = level.own.get(name) {
                definition.used.set(true);
                return Some((level, definition));
            }
            level = level.outer?;
        }
    }

    /// Returns all names that are visible in this level.
    pub fn visible(&self) -> Vec<&'t str> {
        let mut names = self.outer.map(Definitions::visible).unwrap_or_default();
        names.extend(self.own.keys());
        names
    }

    /// Defines a name. Reports an error if the name is already defined or reserved.
    pub fn define(&mut self, name: &'t tree::Name, meaning: Meaning<'t>, findings: &Findings) {
        if let Some(first) = self.own.get(name.text.as_str()) {
            findings.push(duplicate(name, first.span));
            return;
        }
        let reserved = spelling::reserved(name, findings);
        self.own.insert(
            &name.text,
            Definition {
                span: name.span,
                meaning: if reserved { Meaning::Poison } else { meaning },
                used: Cell::new(reserved),
            },
        );
    }

    /// Assumes that a name is defined, with an unknown value. Its uses report nothing.
    pub fn suppose(&mut self, name: &'t tree::Name) {
        self.own.entry(&name.text).or_insert(Definition {
            span: name.span,
            meaning: Meaning::Poison,
            used: Cell::new(true),
        });
    }

    /// Marks a name as faulty after its error was reported. Its uses report nothing.
    pub fn poison(&mut self, name: &str) {
        if let Some(definition) = self.own.get_mut(name) {
            definition.meaning = Meaning::Poison;
            definition.used.set(true);
        }
    }

    /// Returns the unused `let`s of this level whose places `files` accepts.
    pub fn unused(&self, files: &dyn Fn(Span) -> bool) -> Vec<Unused<'t>> {
        self.own
            .iter()
            .filter(|(_, definition)| !definition.used.get() && files(definition.span))
            .filter_map(|(name, definition)| match definition.meaning {
                Meaning::Let(value) => Some((Some(value), name)),
                Meaning::ColorLet => Some((None, name)),
                // Programs and steps also get the inputs in their environment. The compiler does not see those uses.
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

/// An unused `let`.
#[derive(Clone, Copy, Debug)]
pub struct Unused<'t> {
    name: &'t str,
    pub span: Span,
    /// `None` for a `let` in the colors.
    pub value: Option<&'t Value>,
}

/// Warns about unused `let`s.
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

/// Returns the finding about a name that is already defined.
pub fn duplicate(name: &tree::Name, first: Span) -> Diagnostic {
    Diagnostic::new(
        Code::DUPLICATE,
        name.span,
        format!("`{}` is defined twice", name.text),
    )
    .also(first, "first defined here")
    .help("rename or remove one of them")
}
