//! `deployc runtime`: prints the runtime's hash, or checks whether a file is the released runtime.

use super::cli::Runtime as Options;
use super::outcome::{Failure, Outcome};
use super::terminal::Terminal;
use crate::emit::{RUNTIME_BEGINS, RUNTIME_ENDS, VERSION, runtime_file, runtime_id, runtime_text};
use std::fs;

pub(super) fn run(options: &Options, terminal: &Terminal) -> Result<Outcome, Failure> {
    let Some(path) = &options.check else {
        terminal.out(&format!("{}  {}\n", runtime_id(), runtime_file()));
        return Ok(Outcome::Clean);
    };
    let bytes =
        fs::read(path).map_err(|error| Failure(format!("`{path}` cannot be read: {error}")))?;
    if bytes == runtime_text().as_bytes() {
        terminal.prose(&format!(
            "{path}: the released runtime of deployc {VERSION}\n"
        ));
        return Ok(Outcome::Clean);
    }
    let fault = fault(&String::from_utf8_lossy(&bytes));
    terminal.prose(&format!("{path}: {fault}\n"));
    Ok(Outcome::Findings)
}

/// Describes a file that is not the runtime of this version, and says what to do.
fn fault(text: &str) -> String {
    let again = "`deployc build` writes it again";
    let first = text.lines().next().unwrap_or_default();
    let version = first
        .strip_prefix(RUNTIME_BEGINS)
        .and_then(|rest| rest.split_once(':'));
    let Some((version, _)) = version else {
        return "not a runtime of deployc".to_owned();
    };
    if version != VERSION {
        return format!(
            "the runtime of deployc {version}, but this is deployc {VERSION}: check it with that version"
        );
    }
    if text.contains('\r') {
        return format!("changed: its lines end in CR LF; {again}");
    }
    if runtime_text().starts_with(text) || !text.trim_end().ends_with(RUNTIME_ENDS) {
        return format!("incomplete: its end is missing; {again}");
    }
    let mut lines = text.lines().zip(runtime_text().lines());
    let at = lines.position(|(one, other)| one != other);
    match at {
        Some(at) => format!("edited: line {} is the first that differs; {again}", at + 1),
        None => format!("edited at its end; {again}"),
    }
}
