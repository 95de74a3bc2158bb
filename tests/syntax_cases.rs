//! Each folder in `tests/cases/syntax` is a case. `expected.txt` has each finding in `deploy.bg`, as in the cases of the
//! checks. If there is no error, `formatted.bg` is the formatted file. `BLESS=1` writes both files again.

use std::fs;
use std::path::Path;

use deployc::diagnostics::{Diagnostic, Report};
use deployc::source::Sources;
use deployc::syntax;
use libtest_mimic::{Arguments, Failed, Trial};

#[path = "support/findings.rs"]
mod findings;

use findings::{compare, whole};

fn main() {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/syntax");
    let mut folders: Vec<_> = fs::read_dir(&root)
        .expect("the cases' folder is there")
        .map(|entry| entry.expect("the cases can be listed").path())
        .collect();
    folders.sort();
    let trials = folders
        .into_iter()
        .map(|folder| {
            let name = folder
                .file_name()
                .expect("a listed folder has a name")
                .to_string_lossy()
                .into_owned();
            Trial::test(name, move || case(&folder))
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn case(folder: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(folder.join("deploy.bg"))?;
    let (found, formatted) = read(&text);
    compare(&folder.join("expected.txt"), &found)?;
    fixes(&text)?;
    let path = folder.join("formatted.bg");
    match formatted {
        Some(formatted) => {
            compare(&path, &formatted)?;
            if read(&formatted).1.as_ref() != Some(&formatted) {
                return Err("formatting twice is not the same as once".into());
            }
            Ok(())
        }
        None if path.exists() => Err("a file with errors is not formatted".into()),
        None => Ok(()),
    }
}

/// Checks that each offered replacement removes its finding.
fn fixes(text: &str) -> Result<(), Failed> {
    let find = |text: &str| {
        let mut report = Report::new();
        let file = Sources::new().add("deploy.bg", text);
        syntax::parse(file, text, &mut report);
        report
    };
    let report = find(text);
    for finding in report.sorted() {
        let Some(fix) = &finding.fix else {
            continue;
        };
        let mut cured = text.to_owned();
        cured.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.text);
        let same = |other: &&Diagnostic| {
            let start = |one: &Diagnostic| one.label.as_ref().map(|label| label.span.start);
            other.message == finding.message && start(other) == start(finding)
        };
        if find(&cured).sorted().iter().any(same) {
            return Err(format!("{}: the fix cures nothing:\n{cured}", finding.message).into());
        }
    }
    Ok(())
}

/// Returns the findings and, if there is no error, the formatted text.
fn read(text: &str) -> (String, Option<String>) {
    let mut sources = Sources::new();
    let file = sources.add("deploy.bg", text);
    let mut report = Report::new();
    let tree = syntax::parse(file, text, &mut report);
    let formatted = (!report.has_errors()).then(|| syntax::format(&tree, text));
    (whole(&report, &sources), formatted)
}
