//! What the names of `let`s and `input`s mean, level by level.

use super::spelling;
use crate::check::findings::Findings;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::tree::{self, Value};
use std::cell::Cell;
use std::collections::BTreeMap;

/// One level of definitions: the files', an app's, a service's.
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

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub enum Meaning<'t> {
    /// `let NAME = value`
    Let(&'t Value),
    /// A `let` in the colors.
    ColorLet,
    /// An `input`.
    Input {
        /// Its value is never shown.
        secret: bool,
    },
    /// Something wrong that was said already.
    Poison,
}

impl<'t> Definitions<'t> {
    /// A level inside another.
    pub fn inside(outer: &'t Definitions<'t>) -> Self {
        Self {
            outer: Some(outer),
            own: BTreeMap::new(),
        }
    }

    /// What `name` means here or further out, and the level that says so: what stands in a `let`
    /// means what it meant there. It counts as used.
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

    /// Every name that can be seen from here.
    pub fn visible(&self) -> Vec<&'t str> {
        let mut names = self.outer.map(Definitions::visible).unwrap_or_default();
        names.extend(self.own.keys());
        names
    }

    /// Defines a name; said when it is taken or reserved.
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
    /// `None` for a `let` in the colors.
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
