//! Each folder in `tests/cases/check` is a case. `expected.txt` has the findings in `deploy.bg` and in the files that
//! it names. Each finding is in the short format. Below it are the words that it underlines, its other places, its help
//! and its fix. If a case has a `human.txt` or a `found.json`, the findings are also compared in the format for people
//! or for programs. `BLESS=1` writes these files again.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use camino::{Utf8Path, Utf8PathBuf};
use deployc::check::{self, LoadError, Loader};
use deployc::diagnostics::render::{self, Look};
use deployc::diagnostics::{Diagnostic, Report};
use deployc::source::Sources;
use libtest_mimic::{Arguments, Failed, Trial};

#[path = "support/findings.rs"]
mod findings;

use findings::{compare, whole};

/// A case's folder. One of its files may have another text than on the disk.
struct Folder {
    path: PathBuf,
    changed: Option<(Utf8PathBuf, String)>,
}

impl Loader for Folder {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, LoadError> {
        if let Some((changed, text)) = &self.changed
            && changed == path
        {
            return Ok(text.clone().into_bytes());
        }
        let path = self.path.join(path);
        if path.is_dir() {
            return Err(LoadError::Folder);
        }
        fs::read(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => LoadError::Missing,
            _ => LoadError::Other(error.to_string()),
        })
    }
}

fn main() {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/check");
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
    let mut sources = Sources::new();
    let main = sources.add("deploy.bg", text);
    let mut report = Report::new();
    let loader = Folder {
        path: folder.into(),
        changed: None,
    };
    let apps = check::check(&mut sources, main, &loader, &mut report);
    if apps.is_none() != report.has_errors() {
        return Err("a check must give either apps or errors".into());
    }
    compare(&folder.join("expected.txt"), &whole(&report, &sources))?;
    let human = folder.join("human.txt");
    if human.exists() {
        let look = Look {
            color: false,
            width: 100,
        };
        compare(&human, &render::human(&report, &sources, look))?;
    }
    let json = folder.join("found.json");
    if json.exists() {
        compare(&json, &render::json(&report, &sources))?;
    }
    fixes(folder, &report, &sources)
}

/// Checks that each offered replacement removes its finding and adds no syntax error.
fn fixes(folder: &Path, report: &Report, sources: &Sources) -> Result<(), Failed> {
    for finding in report.sorted() {
        let Some(fix) = &finding.fix else {
            continue;
        };
        let path = sources.path(fix.span).to_owned();
        let mut cured = sources.get(fix.span.file).text.clone();
        cured.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.text);
        let mut main = fs::read_to_string(folder.join("deploy.bg"))?;
        if path == "deploy.bg" {
            main.clone_from(&cured);
        }
        let loader = Folder {
            path: folder.into(),
            changed: Some((path, cured.clone())),
        };
        let (mut sources, mut after) = (Sources::new(), Report::new());
        let main = sources.add("deploy.bg", main);
        check::check(&mut sources, main, &loader, &mut after);
        let start = |one: &Diagnostic| one.label.as_ref().map(|label| label.span.start);
        for found in after.sorted() {
            let same = found.message == finding.message && start(found) == start(finding);
            // One mistake in the syntax may hide the next one.
            let of_syntax = |one: &Diagnostic| one.code.to_string().starts_with("BG0");
            let breaks_syntax = of_syntax(found)
                && !of_syntax(finding)
                && !report
                    .sorted()
                    .iter()
                    .any(|before| before.message == found.message);
            if same || breaks_syntax {
                let why = format!(
                    "the fix of `{}` leaves `{}`",
                    finding.message, found.message
                );
                return Err(format!("{why}:\n{cured}").into());
            }
        }
    }
    Ok(())
}
