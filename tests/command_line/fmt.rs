//! Tests of `deployc fmt`.

use super::run::Folder;
use std::fs;

const RAGGED: &str = "# mine\nlet  a=1\n";
const NEAT: &str = "# mine\nlet a = 1\n";

#[test]
fn files_are_laid_out_in_place_once() {
    let folder = Folder::with(&[("deploy.bg", RAGGED)]);
    let ran = folder.run(&["fmt"]).exits(0);
    assert_eq!(ran.err, "deploy.bg: reformatted\n");
    assert_eq!(folder.read("deploy.bg"), NEAT);
    let ran = folder.run(&["fmt"]).exits(0);
    assert_eq!(ran.err, "");
}

#[test]
fn check_and_diff_write_nothing() {
    let folder = Folder::with(&[("deploy.bg", RAGGED), ("neat.bg", NEAT)]);
    let ran = folder
        .run(&["fmt", "--check", "deploy.bg", "neat.bg"])
        .exits(1);
    assert_eq!(ran.err, "deploy.bg: would be reformatted\n");
    let ran = folder.run(&["fmt", "--diff"]).exits(1);
    assert!(ran.out.contains("\n-let  a=1\n+let a = 1\n"), "{}", ran.out);
    let head = "--- deploy.bg\n+++ deploy.bg (as formatted)\n";
    assert!(ran.out.starts_with(head), "{}", ran.out);
    assert_eq!(folder.read("deploy.bg"), RAGGED);
    folder
        .run(&["fmt", "--check", "--diff", "neat.bg"])
        .exits(0);
}

#[test]
fn standard_input_goes_to_standard_output_changed_or_not() {
    let folder = Folder::with(&[]);
    for text in [RAGGED, NEAT] {
        assert_eq!(folder.run_with(&["fmt", "-"], text, &[]).exits(0).out, NEAT);
    }
}

#[test]
fn a_file_that_cannot_be_parsed_stays_as_it_is() {
    let folder = Folder::with(&[("deploy.bg", "app {\n")]);
    let ran = folder.run(&["fmt"]).exits(1);
    assert!(ran.err.contains("BG0"), "{}", ran.err);
    assert_eq!(folder.read("deploy.bg"), "app {\n");
}

#[test]
fn a_link_stays_a_link_and_permissions_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::with(&[("real.bg", RAGGED)]);
    fs::set_permissions(folder.path("real.bg"), fs::Permissions::from_mode(0o600))
        .expect("a mode can be set");
    std::os::unix::fs::symlink("real.bg", folder.path("deploy.bg")).expect("a link can be made");
    folder.run(&["fmt"]).exits(0);
    assert!(folder.path("deploy.bg").is_symlink());
    assert_eq!(folder.read("real.bg"), NEAT);
    assert_eq!(folder.mode("real.bg"), 0o600);
}
