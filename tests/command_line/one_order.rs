//! `deployc plan` and the script's own `plan` are the same list: the same blocks, in them the same steps in the same order, with what the
//! failure of each asks for and the line that asked for it. That the walk visits just these, and a real run logs just these, is asserted
//! beside the walk and in `tests/conform`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::run::Folder;

/// A block: its heading, and a row for each step: its words, what its failure asks for, its place.
type Block = (String, Vec<(String, String, String)>);

#[test]
fn the_script_lists_what_deployc_plan_lists() {
    let mut apps = 0;
    for source in sources() {
        let folder = Folder::with(&[]);
        copy(source.parent().expect("a folder"), &folder.path(""));
        folder
            .run(&["build", "deploy.bg", "--out", "made", "--single"])
            .exits(0);
        let table = folder.run(&["plan", "deploy.bg"]).exits(0).out;
        for (app, wanted) in apps_of(&table) {
            let script = folder.path(&format!("made/{app}.sh"));
            let output = Command::new("bash").arg(&script).arg("plan").output();
            let output = output.expect("bash runs");
            let listed = String::from_utf8(output.stdout).expect("UTF-8");
            let found = blocks_of_script(&listed);
            assert!(found.len() > 10, "{}: {listed}", source.display());
            // Where a row only says `see there`, there is such a block.
            for (name, ..) in found
                .iter()
                .flat_map(|(_, rows)| rows)
                .filter(|row| row.2 == "see there")
            {
                let heading = name.trim_start_matches("plan.");
                assert!(
                    found.iter().any(|(block, _)| block == heading),
                    "{name}: {listed}"
                );
            }
            for (found, wanted) in found.iter().zip(&wanted) {
                assert_eq!(found, wanted, "{}", source.display());
            }
            assert_eq!(found.len(), wanted.len(), "{}", source.display());
            apps += 1;
        }
    }
    assert!(apps >= 9, "{apps} apps");
}

/// Every `deploy.bg` that the cases and the examples build.
fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests/cases/build", "examples"].map(|folder| fs::read_dir(root.join(folder)));
    let entries = folders
        .into_iter()
        .flat_map(|folder| folder.expect("the folder is there"));
    let sources = entries.map(|entry| entry.expect("it can be listed").path().join("deploy.bg"));
    sources.filter(|source| source.exists()).collect()
}

/// A folder's files, and those of the folders in it: descriptions and templates that a source names.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("it can be listed") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).expect("it can be copied");
        }
    }
}

/// The apps of `deployc plan`, each with its blocks.
fn apps_of(table: &str) -> Vec<(String, Vec<Block>)> {
    let mut apps: Vec<(String, Vec<Block>)> = Vec::new();
    for line in table.lines() {
        if let Some((app, _)) = line.split_once(": what a deployment does") {
            apps.push((app.to_owned(), Vec::new()));
            continue;
        }
        let Some((_, blocks)) = apps.last_mut() else {
            continue;
        };
        if !line.starts_with(' ') {
            let heading = line.split(": ").next().unwrap_or_default();
            blocks.push((heading.to_owned(), Vec::new()));
            continue;
        }
        // The seconds come first; they are the plan's alone.
        let rest = line
            .trim_start()
            .split_once(' ')
            .map_or("", |(_, rest)| rest);
        let (Some((_, rows)), [words, more @ ..]) = (blocks.last_mut(), &columns(rest)[..]) else {
            continue;
        };
        let row = match more {
            [place] if place == "see there" => row(words, "", place),
            [otherwise] => row(words, otherwise.trim_start_matches("else: "), ""),
            [otherwise, place] => row(words, otherwise.trim_start_matches("else: "), place),
            _ => panic!("{line}"),
        };
        rows.push(row);
    }
    for (_, blocks) in &mut apps {
        // Without steps are sums over the blocks above. The lock and the recovery are the runner's: the script has a sentence for them.
        let not_steps = ["callers", "before every command"];
        blocks.retain(|(heading, rows)| !rows.is_empty() && !not_steps.contains(&heading.as_str()));
    }
    apps
}

fn blocks_of_script(listed: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in listed.lines() {
        if let Some(heading) = line.strip_suffix(':').filter(|line| !line.starts_with(' ')) {
            blocks.push((heading.to_owned(), Vec::new()));
        } else if let (Some((_, rows)), true) = (blocks.last_mut(), line.starts_with(' ')) {
            rows.push(match &columns(line)[..] {
                [words, place] if place == "see there" => row(words, "", place),
                [words, otherwise] => row(words, otherwise, ""),
                [words, otherwise, place] => row(words, otherwise, place),
                _ => panic!("{line}"),
            });
        }
    }
    blocks
}

fn row(words: &str, otherwise: &str, place: &str) -> (String, String, String) {
    (words.to_owned(), otherwise.to_owned(), place.to_owned())
}

/// What two or more spaces part.
fn columns(line: &str) -> Vec<String> {
    let parts = line.split("  ").map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}
