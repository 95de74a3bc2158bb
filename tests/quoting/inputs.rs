//! Checks inputs from the environment and from a file. They are kept with the release, loaded again and given to a
//! program.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::OnceLock;

use proptest::prelude::*;

use crate::bash::{bash, words};
use crate::source::{app, build_as, file};
use crate::texts::{ODD, any_text, without};
use deployc::emit::Form;

/// The number of inputs of each kind.
const EACH: usize = 20;

/// Returns the script of an app with these inputs. Those from the environment are also arguments of a step.
fn script() -> &'static str {
    static SCRIPT: OnceLock<String> = OnceLock::new();
    SCRIPT.get_or_init(|| {
        let mut more = String::new();
        let mut arguments = String::new();
        for at in 0..EACH {
            let _ = write!(
                more,
                "  input E{at}: string\n  input F{at}: secret from file \"{{root}}/values\"\n"
            );
            let _ = write!(arguments, ", \"<{{E{at}}}>\"");
        }
        let _ = write!(
            more,
            "  before start {{\n    exec [\"printf\", \"%s\\\\0\"{arguments}]\n    exec [\"env\", \"-0\"]\n  }}\n"
        );
        // The script must contain the runtime, because the test calls functions of the runtime too.
        let bundle = build_as(&app(&more), Form::Single);
        let bundle = bundle.unwrap_or_else(|report| panic!("{report:#?}\n{more}"));
        file(&bundle, "deploy/odd.sh").to_owned()
    })
}

/// Returns a line of a file of values. The text is written as it is. Only a text that looks quoted gets quotes.
fn line(name: &str, text: &str) -> String {
    let looks_quoted = |quote| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
    if looks_quoted('"') || looks_quoted('\'') {
        format!("{name}='{text}'\n")
    } else {
        format!("{name}={text}\n")
    }
}

fn round_trip(given: &[String], filed: &[String]) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let root = folder.path().display();
    let script = script().replace("/opt/odd", &root.to_string());
    let values: String = (0..EACH)
        .map(|at| line(&format!("F{at}"), &filed[at]))
        .collect();
    fs::write(folder.path().join("values"), values).expect("a file can be written");
    let expected: BTreeMap<String, &String> = (0..EACH)
        .flat_map(|at| {
            [
                (format!("E{at}"), &given[at]),
                (format!("F{at}"), &filed[at]),
            ]
        })
        .collect();

    let mut taking = bash(
        folder.path(),
        &script,
        "umask 022\ncandidate=$root/release\nmkdir \"$candidate\"\n{ take_inputs && save_inputs; } || printf '%s\\n' \"$reason\" >&2\n",
    );
    taking.envs((0..EACH).map(|at| (format!("E{at}"), &given[at])));
    assert!(words(taking).is_empty());
    let kept = folder.path().join("release/inputs");
    let mode = |path: &std::path::Path| {
        let metadata = fs::metadata(path).expect("the input was kept");
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode(&kept), 0o700);
    for (name, &text) in &expected {
        assert_eq!(mode(&kept.join(name)), 0o600);
        assert_eq!(
            fs::read(kept.join(name)).expect("the input was kept"),
            text.as_bytes()
        );
    }
    fs::remove_file(folder.path().join("values")).expect("the file was there");

    // A later command with another environment uses the kept values.
    let mut giving = bash(
        folder.path(),
        &script,
        "candidate=$root/release from=blue to=green outcome='' seconds=0\nload_inputs \"$candidate\"\n\
         (at new app user.before-start.1) && (at new app user.before-start.2)\n",
    );
    giving.envs((0..EACH).map(|at| (format!("E{at}"), "another")));
    let words = words(giving);
    for (word, text) in words.iter().zip(given) {
        assert_eq!(*word, format!("<{text}>"));
    }
    let environment: BTreeMap<&str, &str> = words[EACH..]
        .iter()
        .filter_map(|entry| entry.split_once('='))
        .collect();
    for (name, text) in expected {
        assert_eq!(
            environment.get(name.as_str()),
            Some(&text.as_str()),
            "{name}"
        );
    }
    let found = fs::read_dir(folder.path())
        .expect("the folder is there")
        .count();
    assert_eq!(found, 3, "a value was run");
}

/// Returns a value for the environment. It is not empty, because an empty variable counts as a missing one.
fn given(text: &str) -> String {
    if text.is_empty() {
        " ".into()
    } else {
        text.into()
    }
}

/// Returns a value for the file. It has no line end, because each line is a value. A CR at the end of a line belongs to
/// the line end.
fn filed(text: &str) -> String {
    text.replace('\n', "").trim_end_matches('\r').to_owned()
}

#[test]
fn odd_values_arrive_unchanged() {
    for shift in (0..ODD.len()).step_by(EACH) {
        let texts = (0..EACH).map(|at| ODD[(at + shift) % ODD.len()]);
        let given: Vec<_> = texts.clone().map(given).collect();
        let filed: Vec<_> = texts.map(filed).collect();
        round_trip(&given, &filed);
    }
}

#[test]
fn a_secret_that_does_not_match_is_refused_and_not_shown() {
    let more = "  input TOKEN, OTHER: secret matching r\"[a-z]{4}\"\n";
    let bundle = build_as(&app(more), Form::Single);
    let bundle = bundle.unwrap_or_else(|report| panic!("{report:#?}"));
    let script = file(&bundle, "deploy/odd.sh");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let reason = |token: &str| {
        let lines = "take_inputs\nprintf '%s\\0' \"$reason\"\n";
        let mut taking = bash(folder.path(), script, lines);
        taking.envs([("TOKEN", token), ("OTHER", "good")]);
        words(taking).concat()
    };
    assert_eq!(reason("good"), "");
    for wrong in ["Good", "goods", "x\ngood"] {
        let said = reason(wrong);
        assert!(
            said.starts_with("input TOKEN (")
                && said.ends_with(" is '***': expected something that matches [a-z]{4}"),
            "{said}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn any_value_arrives_unchanged(
        values in prop::collection::vec(any_text(), EACH),
        lines in prop::collection::vec(without(&['\n', '\r']), EACH),
    ) {
        let values: Vec<_> = values.iter().map(|text| given(text)).collect();
        round_trip(&values, &lines);
    }
}
