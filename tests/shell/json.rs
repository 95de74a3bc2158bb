//! Compares `json_get` with a real JSON library, with every awk of this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::script::modules;
use crate::tools::{Tools, program};

/// Returns the name of each awk of this machine, with a folder for `PATH` in which it is called `awk`.
fn awks() -> Vec<(String, tempfile::TempDir)> {
    let mut found = Vec::new();
    for name in ["mawk", "gawk", "original-awk", "busybox"] {
        let path = ["/usr/bin", "/bin"]
            .iter()
            .map(|folder| Path::new(folder).join(name))
            .find(|path| path.exists());
        let Some(path) = path else { continue };
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        std::os::unix::fs::symlink(path, folder.path().join("awk")).expect("a link can be made");
        found.push((name.to_owned(), folder));
    }
    assert!(
        found.len() >= 2,
        "mawk and busybox are needed: tests/setup installs them"
    );
    found
}

/// Returns the output and the exit code of `json_get` for each document and path.
fn get(awk: &Path, cases: &[(String, String)]) -> Vec<(String, i32)> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (number, (document, path)) in cases.iter().enumerate() {
        fs::write(folder.path().join(format!("{number}.json")), document)
            .expect("a file can be written");
        fs::write(folder.path().join(format!("{number}.path")), path)
            .expect("a file can be written");
    }
    let lines = "set -u; . \"$STDLIB/json.sh\"; cd \"$FOLDER\" || exit
        for ((at = 0; at < COUNT; at++)); do
          IFS= read -r -d '' path <$at.path
          json_get \"$path\" <$at.json >$at.out 2>&1
          echo $? >$at.code
        done";
    let status = Command::new(program("bash"))
        .args(["-c", lines])
        .env_clear()
        .env(
            "PATH",
            format!("{}:{}", awk.display(), Tools::Machine.path().display()),
        )
        .env("STDLIB", modules())
        .env("FOLDER", folder.path())
        .env("COUNT", cases.len().to_string())
        .status()
        .expect("bash runs");
    assert!(status.success());
    let read =
        |name: PathBuf| fs::read_to_string(folder.path().join(name)).expect("a result can be read");
    (0..cases.len())
        .map(|at| {
            let out = read(format!("{at}.out").into());
            let code = read(format!("{at}.code").into())
                .trim()
                .parse()
                .expect("an exit code is a number");
            (out.strip_suffix('\n').unwrap_or(&out).to_owned(), code)
        })
        .collect()
}

#[track_caller]
fn expect(cases: &[(&str, &str, Result<&str, i32>)]) {
    let asked: Vec<_> = cases
        .iter()
        .map(|(document, path, _)| ((*document).to_owned(), (*path).to_owned()))
        .collect();
    for (name, awk) in awks() {
        for (case, (out, code)) in cases.iter().zip(get(awk.path(), &asked)) {
            let expected = match case.2 {
                Ok(text) => (text.to_owned(), 0),
                Err(code) => (String::new(), code),
            };
            assert_eq!((out, code), expected, "{name}: {case:?}");
        }
    }
}

#[test]
fn scalars_are_found_by_path() {
    let nested = r#"{"a":{"b":"x","c":[1,{"d":true},[null,-1.50e+10]]},"b":"no","":0}"#;
    expect(&[
        (nested, "a.b", Ok("x")),
        (nested, "a.c[0]", Ok("1")),
        (nested, "a.c[1].d", Ok("true")),
        (nested, "a.c[2][0]", Ok("null")),
        (nested, "a.c[2][1]", Ok("-1.50e+10")),
        (nested, "a.c[3]", Err(1)),
        (nested, "a.c[-1]", Err(1)),
        (nested, "a.c.0", Err(1)),
        (nested, "a.b.c", Err(1)),
        (nested, "c", Err(1)),
        (nested, "a", Err(3)),
        (nested, "a.c", Err(3)),
        (r#"[{"n":"first"},{"n":"second"}]"#, "[1].n", Ok("second")),
        (r#"{"[0]":1}"#, "[0]", Err(1)),
        (r#"{"a":1,"a":2}"#, "a", Ok("2")),
        (r#"{"\u0061b":1}"#, "ab", Ok("1")),
        ("\u{feff} { \"a\" :\r\n\t\"\" }\n", "a", Ok("")),
        ("true", "a", Err(1)),
    ]);
}

#[test]
fn strings_are_unescaped() {
    expect(&[
        (
            r#"{"a":"\"\\\/\b\f\n\r\t"}"#,
            "a",
            Ok("\"\\/\u{8}\u{c}\n\r\t"),
        ),
        (r#"{"a":"\\\"","b":"\\\\"}"#, "a", Ok("\\\"")),
        (r#"{"a":"\\\"","b":"\\\\"}"#, "b", Ok("\\\\")),
        (
            r#"{"a":"\u0041\u00e9\u20ac\uD83D\ude00!"}"#,
            "a",
            Ok("Aé€😀!"),
        ),
        (
            r#"{"a":"\ud83dx\ude00\u0000"}"#,
            "a",
            Ok("\u{fffd}x\u{fffd}\u{fffd}"),
        ),
        (
            "{\"a\":\"한글 $(id) `*` %s \u{7f}\"}",
            "a",
            Ok("한글 $(id) `*` %s \u{7f}"),
        ),
    ]);
}

#[test]
fn what_is_not_json_is_said() {
    for document in [
        "",
        " ",
        "blue",
        "<html>\"a\"</html>",
        "{",
        "{\"a\":1",
        "{\"a\":1}}",
        "{\"a\" 1}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\"}",
        "[1 2]",
        "[1,]",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":nul}",
        "{\"a\":\"x\" \"y\"}",
        "{\"a\":\"x",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"raw\nend\"}",
        "{a:1}",
        "{'a':1}",
        "[1}",
        "{\"a\":[}",
        "1 2",
        "\"x\"y",
    ] {
        expect(&[(document, "a", Err(2))]);
    }
}

/// Makes a JSON value. Many of its strings contain characters that need an escape.
fn documents() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(|text| Value::from(text.replace('\0', ""))),
        "[\"\\\\/\u{1}-\u{1f}é😀]{0,12}".prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z\"\\\\ é]{0,3}", inner, 0..4)
                .prop_map(|map| json!(map)),
        ]
    })
}

#[test]
fn any_value_is_what_a_json_library_says() {
    let mut runner = TestRunner::new(Config {
        cases: 3,
        failure_persistence: None,
        ..Config::default()
    });
    let many = prop::collection::vec((documents(), any::<bool>()), 40);
    runner
        .run(&many, |documents| {
            let cases: Vec<_> = documents
                .into_iter()
                .map(|(value, pretty)| {
                    let whole =
                        json!({"before": [value, "\\\""], "a": [0, {"b": value}], "c": value});
                    let text = if pretty {
                        serde_json::to_string_pretty(&whole)
                    } else {
                        serde_json::to_string(&whole)
                    };
                    (
                        (text.expect("a value can be written"), "a[1].b".to_owned()),
                        value,
                    )
                })
                .collect();
            let asked: Vec<_> = cases.iter().map(|(case, _)| case.clone()).collect();
            for (name, awk) in awks() {
                for ((case, value), (out, code)) in cases.iter().zip(get(awk.path(), &asked)) {
                    let expected = match value {
                        Value::Object(_) | Value::Array(_) => (String::new(), 3),
                        Value::String(text) => (text.clone(), 0),
                        other => (other.to_string(), 0),
                    };
                    prop_assert_eq!((out, code), expected, "{}: {}", name, case.0);
                }
            }
            Ok(())
        })
        .unwrap_or_else(|reason| panic!("{reason}"));
}

#[test]
fn a_large_text_is_read_in_one_go() {
    // Quadratic reading would take minutes for each of these.
    let numbers: Vec<_> = (0..60_000).collect();
    let texts: Vec<_> = (0..20_000).map(|number| format!("text {number}")).collect();
    let documents = [
        json!({"x": numbers, "z": "end"}),
        json!({"x": texts, "z": "end"}),
        json!({"x": "\"".repeat(100_000), "y": "\\".repeat(100_000), "z": "end"}),
        json!({"x": "y".repeat(1 << 20), "z": "end"}),
    ];
    let asked: Vec<_> = documents
        .iter()
        .map(|document| (document.to_string(), "z".to_owned()))
        .collect();
    for (name, awk) in awks() {
        for (at, result) in get(awk.path(), &asked).into_iter().enumerate() {
            assert_eq!(result, ("end".to_owned(), 0), "{name}: {at}");
        }
    }
}
