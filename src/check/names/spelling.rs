//! Checks which words can be names.

use crate::check::findings::Findings;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Name, NameError};
use crate::source::Span;
use crate::syntax::tree;

/// The names of placeholders. A `let` or `input` must not have one of them.
pub const PLACEHOLDERS: &[&str] = &[
    "app", "root", "staging", "color", "port", "address", "service", "slot", "from", "to",
    "command", "outcome", "reason", "seconds",
];

/// Variables that bash or the loader use themselves. An input with such a name would change how the script runs
/// (bash(1), "Shell Variables"; ld.so(8)).
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

/// Variables that bash keeps read-only (bash(1), "Shell Variables").
const READ_ONLY: &[&str] = &[
    "UID",
    "EUID",
    "PPID",
    "BASHOPTS",
    "SHELLOPTS",
    "BASH_VERSINFO",
];

/// Returns whether a name belongs to the language, the shell or the script, and reports it in that case.
pub fn reserved(name: &tree::Name, findings: &Findings) -> bool {
    let Some((why, help)) = why_reserved(&name.text) else {
        return false;
    };
    findings.push(Diagnostic::new(Code::RESERVED_NAME, name.span, why).help(help));
    true
}

/// Returns whether an input can have this name. It needs a capital letter, because the script's own variables have none.
pub fn may_be_an_input(name: &str) -> bool {
    why_reserved(name).is_none() && name.contains(|c: char| c.is_ascii_uppercase())
}

/// Returns what a reserved name belongs to, and what to do.
fn why_reserved(text: &str) -> Option<(String, String)> {
    let told = if PLACEHOLDERS.contains(&text) {
        (
            format!("`{text}` is a placeholder of the language"),
            format!("use another name, such as `my_{text}`"),
        )
    } else if SHELL.contains(&text) || text.starts_with("BASH") || text.starts_with("LD_") {
        (
            format!("`{text}` belongs to the shell that runs the script"),
            format!("use another name, such as `APP_{text}`"),
        )
    } else if matches!(text, "PORT" | "COLOR") || text.starts_with("DEPLOYC_") {
        (
            format!("the script itself gives programs the variable `{text}`"),
            format!("use another name, such as `APP_{text}`"),
        )
    } else {
        return None;
    };
    Some(told)
}

/// Returns the name of an app, color, service or probe. Reports a name that has the wrong form.
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
    .help("it becomes part of the names of files, units and containers: write a letter `a` to `z`, then letters, digits and `-`, at most 40 characters");
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

/// Returns whether a word can be the name of a `let` or an input, and reports it if not.
pub fn variable_name(word: &tree::Name, what: &str, findings: &Findings) -> bool {
    is_variable(&word.text) || {
        findings.push(no_variable(&word.text, word.span, what));
        false
    }
}

/// Returns whether a program can get a variable with this name in its environment, and reports it if not. For some
/// drivers bash exports the variable, for others systemd sets it. Both refuse a name that is not a variable's name. bash
/// also cannot change a read-only variable.
pub fn environment_name(name: &str, span: Span, findings: &Findings) -> bool {
    if !is_variable(name) {
        findings.push(no_variable(name, span, "an environment variable"));
        return false;
    }
    if READ_ONLY.contains(&name) {
        findings.push(
            Diagnostic::new(
                Code::RESERVED_NAME,
                span,
                format!("bash keeps `{name}` read-only, so it cannot export another value"),
            )
            .help(format!("use another name, such as `APP_{name}`")),
        );
        return false;
    }
    true
}

fn is_variable(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn no_variable(text: &str, span: Span, what: &str) -> Diagnostic {
    let likely = text.replace(['-', '.'], "_");
    let finding = Diagnostic::new(
        Code::BAD_NAME,
        span,
        format!("`{text}` cannot be the name of {what}"),
    )
    .help("it becomes a variable's name: a letter or `_`, then letters, digits and `_`");
    if is_variable(&likely) {
        finding
            .label(format!("did you mean `{likely}`?"))
            .fix(span, likely)
    } else {
        finding
    }
}
