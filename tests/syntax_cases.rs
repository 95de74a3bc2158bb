//! Each folder in `tests/cases/syntax` is a case. `expected.txt` has a line `line:column: CODE message` for each
//! finding in `deploy.bg`. If there is no error, `formatted.bg` is the formatted file. `BLESS=1` writes both files
//! again.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use deployc::diagnostics::{Diagnostic, Report};
use deployc::source::Sources;
use deployc::syntax;
use libtest_mimic::{Arguments, Failed, Trial};

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

fn compare(path: &Path, found: &str) -> Result<(), Failed> {
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, found)?;
    }
    let expected = fs::read_to_string(path)?;
    if found == expected {
        Ok(())
    } else {
        Err(format!("expected:\n{expected}\nfound:\n{found}").into())
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
    let mut lines = String::new();
    for finding in report.sorted() {
        if let Some(label) = &finding.label {
            let at = sources.line_column(label.span);
            write!(lines, "{}:{}: ", at.line, at.column).expect("a string takes all");
        }
        writeln!(lines, "{} {}", finding.code, finding.message).expect("a string takes all");
        for label in finding.label.iter().chain(&finding.others) {
            // A renderer cuts the text at the ends of a label. This call panics if an end is inside of a character.
            let _ = sources.text(label.span);
        }
    }
    let formatted = (!report.has_errors()).then(|| syntax::format(&tree, text));
    (lines, formatted)
}
