//! `allow CODE "reason"`: accepts a warning or an advice. An `allow` can be applied only when all findings are known.

use super::files::{LoadedFile, Origin};
use super::statements::given_twice;
use crate::diagnostics::{Code, Diagnostic, Report, Severity};
use crate::source::Span;
use crate::syntax::tree::{Allow, AppItem, Item};

/// An `allow` whose code exists and is not an error.
struct Allowed<'t> {
    allow: &'t Allow,
    code: Code,
    /// The place of its statement.
    span: Span,
    /// The file or the app whose findings it silences.
    within: Span,
    used: bool,
}

/// Removes the findings that an `allow` of the user's files names. Reports each `allow` that silences nothing, and each
/// that is not valid.
pub fn apply(files: &[LoadedFile], report: &mut Report) {
    let mut allowed = Vec::new();
    for file in files.iter().filter(|file| file.origin == Origin::User) {
        let body = &file.tree.body;
        for statement in &body.statements {
            match &statement.node {
                Item::Allow(allow) => read(allow, statement.span, body.span, &mut allowed, report),
                Item::App(app) => {
                    for inner in &app.body.statements {
                        if let AppItem::Allow(allow) = &inner.node {
                            read(allow, inner.span, statement.span, &mut allowed, report);
                        }
                    }
                }
                Item::Use(_) | Item::Let(_) | Item::Probe(_) | Item::Driver(_) => {}
            }
        }
    }
    report.retain(|finding| {
        let Some(label) = &finding.label else {
            return true;
        };
        let mut silenced = false;
        for allow in &mut allowed {
            if allow.code == finding.code && holds(allow.within, label.span) {
                allow.used = true;
                silenced = true;
            }
        }
        !silenced
    });
    // After an error some rules were not checked, so their findings are unknown.
    if report.has_errors() {
        return;
    }
    for allow in allowed.iter().filter(|allow| !allow.used) {
        report.push(
            Diagnostic::new(
                Code::UNUSED_ALLOW,
                allow.allow.code.span,
                format!("nothing here triggers `{}`", allow.code),
            )
            .help("remove it: it would hide the next finding of this kind"),
        );
    }
}

fn holds(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

/// Reads one `allow`. Reports it if its code is unknown or an error, if it has no reason, or if it is there twice.
fn read<'t>(
    allow: &'t Allow,
    span: Span,
    within: Span,
    allowed: &mut Vec<Allowed<'t>>,
    report: &mut Report,
) {
    let word = allow.code.text.as_str();
    let Some(code) = Code::ALL
        .iter()
        .copied()
        .find(|code| code.to_string() == word)
    else {
        report.push(unknown(allow));
        return;
    };
    if code.severity() == Severity::Error {
        report.push(
            Diagnostic::new(
                Code::BAD_ALLOW,
                allow.code.span,
                format!("`{code}` is an error, and an error cannot be allowed"),
            )
            .help(format!(
                "correct what it reports: `deployc explain {code}` shows how"
            )),
        );
        return;
    }
    if allow
        .reason
        .literal()
        .is_some_and(|reason| reason.trim().is_empty())
    {
        report.push(
            Diagnostic::new(
                Code::BAD_ALLOW,
                allow.reason.span,
                "`allow` without a reason",
            )
            .help("say why it is meant, so that a reviewer does not have to guess"),
        );
        return;
    }
    let same = |other: &&Allowed<'_>| other.code == code && other.within == within;
    if let Some(first) = allowed.iter().find(same) {
        report.push(given_twice(&format!("allow {code}"), span, first.span));
        return;
    }
    allowed.push(Allowed {
        allow,
        code,
        span,
        within,
        used: false,
    });
}

fn unknown(allow: &Allow) -> Diagnostic {
    let word = allow.code.text.as_str();
    let finding = Diagnostic::new(
        Code::BAD_ALLOW,
        allow.code.span,
        format!("there is no finding with the code `{word}`"),
    );
    let mut codes = Code::ALL.iter().map(ToString::to_string);
    // Only the case of the letters may differ: a code with another digit is another finding.
    match codes.find(|code| code.eq_ignore_ascii_case(word)) {
        Some(near) => finding
            .label(format!("did you mean `{near}`?"))
            .fix(allow.code.span, near),
        None => finding.help("write the code as the finding shows it, such as `BG704`"),
    }
}
