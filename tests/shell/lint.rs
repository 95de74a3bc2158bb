//! The modules as they stand: layout, ShellCheck, and nothing newer than bash 4.2.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use deployc::emit::runtime_text;
use deployc::stdlib;

use crate::bash42;
use crate::script::modules;
use crate::tools::program;

fn files() -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(modules())
        .expect("the modules")
        .map(|entry| entry.expect("a module").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sh"))
        .collect();
    files.sort();
    assert!(files.len() > 10, "{files:?}");
    files
}

#[test]
fn shfmt_finds_nothing() {
    let output = Command::new(program("shfmt"))
        .args(["-i", "2", "-ci", "-bn", "-d"])
        .args(files())
        .output()
        .expect("shfmt");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

/// What the application's part of a script sets; every variable that the runtime reads and neither sets itself is a finding.
const APPLICATION: &str = "\
    runtime=0.0.0-0 source=deploy.bg app=shop root=/srv staging=/srv/staging colors=(blue green) services=(web) gates=('web up')\n\
    verifies=(page) verifies_that_warn=() input_names=() secret_names=() sudo=() lock_wait=0 drain_within=0 hook_deployment=''\n\
    tools=() switch_chain=(nginx) script_file=/srv/shop.sh runtime_file=''\n\
    declare -A port_of=() address_of=() run_of=() handover_of=() stop_within_of=() let_of=() deadline=()\n";

/// Whole, as a script has it: alone, each module lacks the variables of the others.
#[test]
fn shellcheck_finds_nothing_in_the_runtime() {
    let mut text = APPLICATION.to_owned();
    for kind in ["run", "switch"] {
        let files = stdlib::files(kind).into_iter();
        for file in files.filter(|path| {
            std::path::Path::new(path)
                .extension()
                .is_some_and(|of| of == "bg")
        }) {
            let driver = file.rsplit('/').next().unwrap_or_default();
            let driver = driver.trim_end_matches(".bg");
            let description = stdlib::text(file).expect("it is in the binary");
            for line in description.lines() {
                let setting = line.trim_start().strip_prefix("setting ");
                if let Some((name, _)) = setting.and_then(|words| words.split_once(':')) {
                    text += &format!("{driver}_{name}=''\n");
                }
            }
        }
    }
    let told = "SC2034,SC2154,SC2317";
    assert!(runtime_text().contains(told), "its own directive");
    text += &runtime_text().replace(told, "SC2034,SC2317");
    // Its own directives, which stand before its first command and not before that of this text: what drivers and an application read
    // (SC2034), an array in one function that is a text in another (SC2128, SC2178), functions that are called by name (SC2317, SC2329).
    let mut child = Command::new(program("shellcheck"))
        .args([
            "-s",
            "bash",
            "-e",
            "SC2034,SC2128,SC2178,SC2317,SC2329",
            "-o",
            "avoid-nullary-conditions,quote-safe-variables,require-double-brackets",
            "-",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("shellcheck");
    child
        .stdin
        .take()
        .expect("its input")
        .write_all(text.as_bytes())
        .expect("its input");
    let output = child.wait_with_output().expect("its output");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
fn nothing_is_newer_than_bash_4_2_and_nothing_is_evaluated() {
    for file in files() {
        let name = file.display().to_string();
        let text = fs::read_to_string(&file).expect("a module");
        bash42::check(&name, &text);
        for line in text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
        {
            let words =
                line.split(|character: char| !character.is_alphanumeric() && character != '_');
            assert!(
                !words.into_iter().any(|word| word == "eval"),
                "{name}: {line}"
            );
        }
    }
}
