//! The probes that `from` can name.

use crate::check::findings::Findings;
use crate::check::names::definitions::duplicate;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::suggestions::nearest;
use crate::syntax::tree;
use std::cell::Cell;
use std::collections::BTreeMap;

/// The probes that `from` can name, level by level: of the files or of an app.
#[derive(Debug, Default)]
pub struct NamedProbes<'t> {
    outer: Option<&'t NamedProbes<'t>>,
    own: BTreeMap<String, Definition<'t>>,
}

#[derive(Debug)]
struct Definition<'t> {
    probe: &'t tree::Probe,
    used: Cell<bool>,
}

impl<'t> NamedProbes<'t> {
    /// Makes a level inside another level.
    pub fn inside(outer: &'t NamedProbes<'t>) -> Self {
        Self {
            outer: Some(outer),
            own: BTreeMap::new(),
        }
    }

    /// Defines a probe as `key` (`ready`, `spring.health`). Reports an error if `key` is already defined.
    pub fn define(&mut self, key: String, probe: &'t tree::Probe, findings: &Findings) {
        if let Some(first) = self.own.get(&key) {
            findings.push(duplicate(&probe.name, first.probe.name.span));
            return;
        }
        let used = Cell::new(false);
        self.own.insert(key, Definition { probe, used });
    }

    /// Returns the unused probes of this level whose places `files` accepts.
    pub fn unused(&self, files: &dyn Fn(Span) -> bool) -> Vec<&'t tree::Probe> {
        self.own
            .values()
            .filter(|definition| !definition.used.get() && files(definition.probe.name.span))
            .map(|definition| definition.probe)
            .collect()
    }

    /// Returns the probe that `from` names, with its level. It skips the probe at `asking`, so that
    /// `probe ready from ready` means the outer `ready`.
    pub fn find(
        &self,
        name: &str,
        asking: Option<Span>,
    ) -> Option<(&NamedProbes<'t>, &'t tree::Probe)> {
        let mut level = self;
        loop {
            if let Some(definition) = level.own.get(name)
                && Some(definition.probe.name.span) != asking
            {
                definition.used.set(true);
                return Some((level, definition.probe));
            }
            level = level.outer?;
        }
    }

    fn visible(&self) -> Vec<&str> {
        let mut names = self.outer.map(NamedProbes::visible).unwrap_or_default();
        names.extend(self.own.keys().map(String::as_str));
        names
    }
}

/// Warns about probes that no `from` names.
pub fn warn_unused(unused: &[&tree::Probe], findings: &Findings) {
    for probe in unused {
        let name = &probe.name;
        findings.push_absent(
            Diagnostic::new(
                Code::UNUSED,
                name.span,
                format!("the probe `{}` is never used", name.text),
            )
            .help(format!(
                "a probe outside of `app` is used only if a probe or verify names it: `from {}`",
                name.text
            )),
        );
    }
}

/// Reports that there is no such probe.
pub fn unknown_probe(word: &tree::Name, level: &NamedProbes<'_>, findings: &Findings) {
    let known = level.visible();
    let finding = Diagnostic::new(
        Code::UNKNOWN_PROBE,
        word.span,
        format!("there is no probe `{}`", word.text),
    );
    let preset = word.text.split_once('.').map(|(preset, _)| preset);
    findings.push_unknown(&word.text, match nearest(&word.text, known) {
        Some(near) => finding
            .label(format!("did you mean `{near}`?"))
            .fix(word.span, near.to_owned()),
        None => match preset.filter(|preset| crate::stdlib::presets().contains(preset)) {
            Some(preset) => finding.help(format!(
                "write `use \"std/{preset}\"` at the top of the file"
            )),
            None => finding.help(
                "define it with `probe NAME { … }` at the top level, or `use` the file that defines it",
            ),
        },
    });
}
