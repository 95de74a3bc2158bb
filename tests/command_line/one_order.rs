//! Checks that `deployc plan` and the script's own `plan` print the same list: the same blocks, with the same steps in
//! the same order, each with the reaction to its failure and its line in the source. Other tests check that the walk
//! visits exactly these steps (`src/plan/walk`), and that a real run logs exactly these steps (`tests/conform`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::run::Folder;

/// A block: its heading, and a row for each step. A row has the words of the step, the reaction to its failure, and the
/// line in the source.
type Block = (String, Vec<(String, String, String)>);

#[test]
fn the_script_lists_what_deployc_plan_lists() {
    let mut apps = 0;
    for source in sources() {
        let folder = Folder::with(&[]);
        copy(
            source.parent().expect("a file has a folder"),
            &folder.path(""),
        );
        folder
            .run(&["build", "deploy.bg", "--out", "made", "--single"])
            .exits(0);
        let table = folder.run(&["plan", "deploy.bg"]).exits(0).out;
        for (app, wanted) in apps_of(&table) {
            let script = folder.path(&format!("made/{app}.sh"));
            let output = Command::new("bash").arg(&script).arg("plan").output();
            let output = output.expect("bash runs");
            let listed = String::from_utf8(output.stdout).expect("the output is UTF-8");
            let found = blocks_of_script(&listed);
            assert!(found.len() > 10, "{}: {listed}", source.display());
            // A row with `see there` names another block of the list.
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

/// Returns every `deploy.bg` of the build cases and of the examples.
fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests/cases/build", "examples"].map(|folder| fs::read_dir(root.join(folder)));
    let entries = folders
        .into_iter()
        .flat_map(|folder| folder.expect("the folder is there"));
    let sources = entries.map(|entry| {
        entry
            .expect("the folder can be listed")
            .path()
            .join("deploy.bg")
    });
    sources.filter(|source| source.exists()).collect()
}

/// Copies a folder with everything in it, because a source may name descriptions and templates.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be listed") {
        let path = entry.expect("the folder can be listed").path();
        let to = to.join(path.file_name().expect("a file has a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).expect("the file can be copied");
        }
    }
}

/// Returns the apps in the output of `deployc plan`, each with its blocks.
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
        // A row begins with the seconds, which the script's `plan` does not print.
        let rest = line
            .trim_start()
            .split_once(' ')
            .map_or("", |(_, rest)| rest);
        let (Some((_, rows)), [words, more @ ..]) = (blocks.last_mut(), &columns(rest)[..]) else {
            continue;
        };
        let row = match more {
            [] => row(words, "", ""),
            [place] if place == "see there" => row(words, "", place),
            [otherwise] => row(words, otherwise.trim_start_matches("else: "), ""),
            [otherwise, place] => row(words, otherwise.trim_start_matches("else: "), place),
            _ => panic!("{line}"),
        };
        rows.push(row);
    }
    for (_, blocks) in &mut apps {
        // Blocks without steps are sums over the blocks above. The script's `plan` describes in a sentence what comes
        // before and after every command: the lock, the recovery, and the search for the color that serves.
        let not_steps = [
            "callers",
            "before every command",
            "after every command that fails",
        ];
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

/// Returns the parts of a line between which there are two or more spaces.
fn columns(line: &str) -> Vec<String> {
    let parts = line.split("  ").map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}
