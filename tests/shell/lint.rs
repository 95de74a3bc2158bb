//! Checks the runtime's modules: shfmt and ShellCheck find nothing, and nothing is newer than bash 4.2.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use deployc::emit::runtime_text;
use deployc::stdlib;

use crate::bash42;
use crate::script::modules;
use crate::tools::program;

fn files() -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(modules())
        .expect("the modules can be listed")
        .map(|entry| entry.expect("the modules can be listed").path())
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
        .expect("shfmt runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

/// The variables that the application's part of a script sets. If the runtime reads a variable that neither part sets,
/// ShellCheck reports it.
const APPLICATION: &str = "\
    runtime=0.0.0-0 source=deploy.bg app=shop root=/srv staging=/srv/staging colors=(blue green) services=(web) gates=('web up')\n\
    verifies=(page) verifies_that_warn=() input_names=() secret_names=() sudo=() lock_wait=0 drain_within=0 hook_deployment=''\n\
    tools=() switch_chain=(nginx) script_file=/srv/shop.sh runtime_file=''\n\
    declare -A port_of=() address_of=() run_of=() handover_of=() stop_within_of=() let_of=() deadline=()\n";

/// ShellCheck gets the whole runtime at once, because a module alone lacks the variables of the others.
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
    assert!(
        runtime_text().contains(told),
        "the runtime's directive has changed"
    );
    text += &runtime_text().replace(told, "SC2034,SC2317");
    // The runtime's own directives have no effect here, because they must come before the first command of a text. So
    // they are repeated as options: variables that only drivers and an application read (SC2034), an array in one
    // function that is a text in another one (SC2128, SC2178), functions that are called by name (SC2317, SC2329).
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
        .expect("shellcheck runs");
    child
        .stdin
        .take()
        .expect("the input is piped")
        .write_all(text.as_bytes())
        .expect("the input can be written");
    let output = child.wait_with_output().expect("the child ends");
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
        let text = fs::read_to_string(&file).expect("a module can be read");
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

/// What `at` sets for the command that it runs.
const SET_BY_AT: [&str; 11] = [
    "color",
    "release",
    "service",
    "slot",
    "port",
    "address",
    "other_color",
    "other_port",
    "handover",
    "stop_within",
    "offer",
];

/// Every shell text in which functions find a color: the modules, the drivers, and the scripts of the examples.
fn files_with_functions() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let examples = fs::read_dir(root.join("examples")).expect("the examples can be listed");
    let examples = examples.map(|entry| entry.expect("an example").path().join("deploy"));
    let folders = [root.join("stdlib/run"), root.join("stdlib/switch")].into_iter();
    let files_in = |folder: PathBuf| {
        let entries = fs::read_dir(&folder).expect("the folder can be listed");
        entries.map(|entry| entry.expect("the folder can be listed").path())
    };
    let is_shell = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".sh") && !name.starts_with("deployc-runtime-")
    };
    let others = folders.chain(examples).flat_map(files_in).filter(is_shell);
    files().into_iter().chain(others).collect()
}

/// If a function left a color behind, the next one could use it by mistake. So these variables are local wherever they
/// are set, or the function's comment has a sentence "Sets `port`…" because its caller gets it.
#[test]
fn nothing_sets_a_color_or_service_for_whoever_comes_later() {
    let mut wrong = Vec::new();
    let mut functions = 0;
    for file in files_with_functions() {
        let text = fs::read_to_string(&file).expect("a shell file");
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        for (function, comment, body) in functions_of(&text) {
            functions += 1;
            let locals: Vec<&str> = body
                .iter()
                .filter_map(|line| line.trim_start().strip_prefix("local "))
                .flat_map(str::split_whitespace)
                .map(|word| word.split('=').next().unwrap_or_default())
                .collect();
            for variable in SET_BY_AT {
                let sets = body.iter().any(|line| sets(line, variable));
                if sets && !tells(&comment, variable) && !locals.contains(&variable) {
                    wrong.push(format!("{name}: {function} sets {variable}"));
                }
            }
        }
        let outside = text.lines().filter(|line| !line.starts_with(' '));
        let outside = outside.filter(|line| SET_BY_AT.iter().any(|name| sets(line, name)));
        wrong.extend(outside.map(|line| format!("{name}: {line}")));
    }
    assert!(functions > 500, "{functions}");
    assert_eq!(wrong, Vec::<String>::new());
}

/// The functions of a module: name, the comment above, the lines of the body.
fn functions_of(text: &str) -> Vec<(&str, String, Vec<&str>)> {
    let mut functions = Vec::new();
    let mut comment = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some((name, rest)) = line.split_once("() {") {
            let body = match rest.strip_suffix('}') {
                Some(short) => vec![short],
                None => lines.by_ref().take_while(|line| *line != "}").collect(),
            };
            functions.push((name, std::mem::take(&mut comment), body));
        } else if line.starts_with('#') {
            comment += line;
            comment.push(' ');
        } else {
            comment.clear();
        }
    }
    functions
}

/// Whether a comment says that the function sets the variable.
fn tells(comment: &str, variable: &str) -> bool {
    let mut sentences = comment.split(['.', ':']).map(str::trim_start);
    sentences.any(|sentence| {
        sentence.starts_with("Sets ") && sentence.contains(&format!("`{variable}`"))
    })
}

/// Whether a line assigns the variable, or a loop does. `awk -v port=80` sets a variable of awk.
fn sets(line: &str, variable: &str) -> bool {
    let code = line.split(" # ").next().unwrap_or_default().trim_start();
    let words: Vec<_> = code.split([' ', ';', '(', '&', '|']).collect();
    let assigns = |(at, word): (usize, &&str)| {
        let value = word.strip_prefix(variable);
        value.is_some_and(|rest| rest.starts_with('=') || rest.starts_with("+="))
            && (at == 0 || words[at - 1] != "-v")
    };
    !code.starts_with('#')
        && (code.contains(&format!("for {variable} in")) || words.iter().enumerate().any(assigns))
}
