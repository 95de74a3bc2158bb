//! One case a folder in `tests/cases/check`: `deploy.bg` and what is found in it and in the files
//! that it names, `expected.txt` in the short format. A case with `human.txt` is drawn for people
//! too, one with `found.json` for programs. `BLESS=1` writes the expectations anew.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use camino::Utf8Path;
use deployc::check::{self, LoadError, Loader};
use deployc::diagnostics::Report;
use deployc::diagnostics::render::{self, Look};
use deployc::source::Sources;
use libtest_mimic::{Arguments, Failed, Trial};

struct Folder(PathBuf);

impl Loader for Folder {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, LoadError> {
        let path = self.0.join(path);
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
        .map(|entry| entry.expect("it can be listed").path())
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
    let apps = check::check(&mut sources, main, &Folder(folder.into()), &mut report);
    if apps.is_none() != report.has_errors() {
        return Err("there are apps, or errors, never both and never neither".into());
    }
    compare(
        &folder.join("expected.txt"),
        &render::short(&report, &sources),
    )?;
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
    Ok(())
}

fn compare(path: &Path, found: &str) -> Result<(), Failed> {
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, found)?;
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    if found == expected {
        Ok(())
    } else {
        Err(format!("expected:\n{expected}\nfound:\n{found}").into())
    }
}
