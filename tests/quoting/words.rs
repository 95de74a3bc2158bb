//! Checks that bash gets every text of a `deploy.bg` unchanged.

use deployc::diagnostics::Severity;
use deployc::model::Relation;
use proptest::prelude::*;

use crate::bash::calls;
use crate::source::{app, build, file, string, strings};
use crate::texts::{ODD, any_text, without};

/// A text for each kind of place.
#[derive(Clone, Debug)]
struct Texts {
    /// Texts for the places that accept any text, one for each place.
    any: Vec<String>,
    /// A path below the root. It has no line ends and no `..`.
    path: String,
    /// A part of a URL. It has no blanks, no control characters and no `#`.
    url: String,
    /// The text of a shell step, with at least one line that is not empty.
    shell: String,
    /// An alternative of `one_of`.
    other: String,
}

fn path(text: &str) -> String {
    format!("p{}", text.replace(['\n', '\r'], "").replace("..", "."))
}

fn url(text: &str) -> String {
    text.replace(
        |c: char| c.is_whitespace() || c.is_control() || c == '#',
        "",
    )
}

fn shell(text: &str) -> String {
    // A source cannot contain a CR, a BOM, or the end of the block string.
    let text = text.replace(['\r', '\u{feff}'], "").replace("\"\"\"", "");
    format!(": {text}\n:")
}

fn texts() -> impl Strategy<Value = Texts> {
    let any = prop::collection::vec(any_text(), 24);
    let (bare, one, two) = (without(&['\n', '\r']), any_text(), any_text());
    (any, bare, any_text(), one, two).prop_map(|(any, bare, linked, said, other)| Texts {
        any: fitting(any),
        path: path(&bare),
        url: url(&linked),
        shell: shell(&said),
        other,
    })
}

/// Returns a source with a text in every place that accepts one.
fn source(texts: &Texts) -> String {
    let Texts {
        any,
        path,
        url,
        shell,
        other,
    } = texts;
    let text = |at: usize| string(&any[at]);
    let inside = |at: usize| {
        let text = text(at);
        text[1..text.len() - 1].to_owned()
    };
    let path = string(path);
    let choices = strings(&[other.clone(), format!("{other}2")]);
    let other = string(other);
    let url = string(url);
    let url = &url[1..url.len() - 1];
    app(&format!(
        r#"
  root "/srv/{0}"
  let FIXED = {1}
  input PLAIN: string = {2}
  input ONE: one_of [{choices}] = {other}
  input FILED: string from file {path}
  color blue  {{
    port 8081
    let MINE = {3}
  }}
  color green {{
    port 8082
    let MINE = {4}
  }}
  artifact "{{staging}}/{0}*"
  run process {{
    command = ["./run", {5}, {6}, "{{FIXED}}", "{{MINE}}", "{7}{{PLAIN}}{8}{{color}}"]
    env = {{ A = {9}, B = "{{FIXED}}", C = "{10}{{PLAIN}}" }}
    directory = {path}
  }}
  probe asked {{
    post "http://127.0.0.1:{{port}}/?{url}"
    header "X-Odd" {11}
    header "X-Mixed" "{{PLAIN}}{12}"
    body {13}
    expect header "X-Odd" contains {14}
    expect json "a.b" equals {15}
    expect body contains "{16}{{FIXED}}"
  }}
  probe called {{ exec ["./check", {17}, {18}] }}
  probe inside {{ exec inside ["./check", {19}] }}
  before start {{
    exec ["./step", {20}, "{{FILED}}"] {{ in {path} }}
    shell r"""
      {shell_lines}
      """
  }}
  on always {{
    notify tell {{
      text = {21}
      texts = [{22}, "{{reason}}{23}"]
      map = {{ K = {1} }}
      inner {2} {{ text = {3} }}
    }}
  }}
"#,
        "a b'$c\\\\",
        text(0),
        text(1),
        text(2),
        text(3),
        text(4),
        text(5),
        inside(6),
        inside(7),
        text(8),
        inside(9),
        text(10),
        inside(11),
        text(12),
        text(13),
        text(14),
        inside(15),
        text(16),
        text(17),
        text(18),
        text(19),
        text(20),
        text(21),
        inside(22),
        shell_lines = shell.replace('\n', "\n      "),
    ))
}

/// The texts of headers have no line ends.
const IN_HEADERS: [usize; 3] = [10, 11, 13];

fn fitting(mut any: Vec<String>) -> Vec<String> {
    for at in IN_HEADERS {
        any[at] = any[at].replace(['\n', '\r'], "");
    }
    // An empty text after `contains` is an error, because every answer contains it.
    any[13].insert(0, 'h');
    any
}

const LINES: &str = r#"
root_said=$root
read_inputs
artifact_pattern
dump artifact "$artifact"
slot=/slot reason=why
input=([PLAIN]=$plain [ONE]=one [FILED]=$filed)
for name in blue green; do
  color=$name
  port=${port_of["$name app"]}
  settings.app
  dump command "${process_command[@]}"
  dump env "${process_env[@]}" "$process_directory"
  gate.app.asked
done
gate.app.called
gate.app.inside
user.before-start.1
user.before-start.2
run_notify() {
  dump notify "$1" "$tell_text" "${tell_texts[@]}" "${tell_map[@]}" "$tell_inner" "$tell_inner_text"
}
user.on-always.1
dump root "$root_said"
"#;

/// Returns the calls that `LINES` must make.
fn expected(texts: &Texts) -> Vec<Vec<String>> {
    let any = |at: usize| texts.any[at].clone();
    let call = |words: &[&str]| {
        words
            .iter()
            .map(|&word| word.to_owned())
            .collect::<Vec<_>>()
    };
    let root = "/srv/a b'$c\\";
    let path = format!("{root}/{}", texts.path);
    let (plain, filed) = ("it's $(plain)\n", "-n \"filed\" \\");
    let mut all = vec![
        call(&["read_input", "PLAIN", "string", "default", &any(1)]),
        call(&[
            "read_input",
            "ONE",
            "one_of",
            "default",
            &texts.other,
            "values",
            &texts.other,
            &format!("{}2", texts.other),
        ]),
        call(&["read_input", "FILED", "string", "file", &path]),
        call(&["artifact", &format!("{root}/staging/a b'$c\\*")]),
    ];
    for (color, port, mine) in [("blue", 8081, any(2)), ("green", 8082, any(3))] {
        all.extend([
            call(&[
                "command",
                "./run",
                &any(4),
                &any(5),
                &any(0),
                &mine,
                &format!("{}{plain}{}{color}", any(6), any(7)),
            ]),
            call(&[
                "env",
                &format!("A={}", any(8)),
                &format!("B={}", any(0)),
                &format!("C={}{plain}", any(9)),
                &path,
            ]),
            call(&[
                "ask",
                "post",
                &format!("http://127.0.0.1:{port}/?{}", texts.url),
            ]),
            call(&["ask_header", "X-Odd", &any(10)]),
            call(&["ask_header", "X-Mixed", &format!("{plain}{}", any(11))]),
            call(&["ask_body", &any(12)]),
            call(&["expect", "status", "200..299"]),
            call(&["expect", "header", "X-Odd", "contains", &any(13)]),
            call(&["expect", "json", "a.b", "equals", &any(14)]),
            call(&[
                "expect",
                "body",
                "contains",
                &format!("{}{}", any(15), any(0)),
            ]),
        ]);
    }
    all.extend([
        call(&["ask", "exec", "./check", &any(16), &any(17)]),
        call(&["ask", "inside", "./check", &any(18)]),
        call(&["run_exec", &path, "./step", &any(19), filed]),
        call(&["run_shell", root, &format!("{}\nx", texts.shell)]),
        call(&[
            "notify",
            "tell",
            &any(20),
            &any(21),
            &format!("why{}", any(22)),
            &format!("K={}", any(0)),
            &any(1),
            &any(2),
        ]),
        call(&["root", root]),
    ]);
    all
}

fn round_trip(texts: &Texts) {
    let source = source(texts);
    let bundle = build(&source).unwrap_or_else(|report| panic!("{report:#?}\n{source}"));
    let lines = format!("plain=$'it\\'s $(plain)\\n' filed='-n \"filed\" \\'\n{LINES}");
    let mut calls = calls(file(&bundle, "deploy/odd.sh"), &lines);
    calls.retain(|call| call[0] != "tries");
    for call in calls.iter_mut().filter(|call| call[0] == "read_input") {
        // This word is the line in the source.
        call.remove(1);
    }
    for (call, expected) in calls.iter().zip(expected(texts)) {
        assert_eq!(*call, expected, "\n{source}");
    }
    assert_eq!(calls.len(), expected(texts).len(), "\n{source}");
}

/// Each odd text in each place.
#[test]
fn odd_texts_arrive_unchanged() {
    for shift in 0..ODD.len() {
        let odd = |at: usize| ODD[(at + shift) % ODD.len()];
        round_trip(&Texts {
            any: fitting((0..24).map(|at| odd(at).to_owned()).collect()),
            path: path(odd(0)),
            url: url(odd(0)),
            shell: shell(odd(0)),
            other: odd(0).to_owned(),
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn any_text_arrives_unchanged(texts in texts()) {
        round_trip(&texts);
    }
}

/// Each relation reaches `expect` as one word of plain letters, before the text.
#[test]
fn every_relation_arrives_as_one_word() {
    let text = "it's \"x\" `id` y";
    for part in ["body", "header \"X-Odd\"", "json \"a.b\""] {
        for relation in Relation::ALL {
            let source = app(&format!(
                "  probe up {{\n    get \"http://127.0.0.1:{{port}}/\"\n    expect {part} {} {}\n  }}\n",
                relation.word(),
                string(text)
            ));
            let bundle = build(&source).unwrap_or_else(|report| panic!("{report:#?}\n{source}"));
            let calls = calls(
                file(&bundle, "deploy/odd.sh"),
                "color=blue port=8081\ngate.app.up\n",
            );
            let last = calls.last().map(Vec::as_slice).unwrap_or_default();
            let words = part.split(' ').map(|word| word.trim_matches('"'));
            let expected: Vec<&str> = ["expect"]
                .into_iter()
                .chain(words)
                .chain([relation.word(), text])
                .collect();
            assert_eq!(last, expected, "{source}");
            assert!(
                relation
                    .word()
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase())
            );
        }
    }
}

/// No argument, variable or path can contain a NUL, so the compiler refuses it in every place.
#[test]
fn a_nul_is_refused_in_every_place() {
    for place in [
        r#"let FIXED = "a\u{0}b"
  run process { command = ["{FIXED}"] }"#,
        r#"input PLAIN: string = "a\u{0}b"
  run process { command = ["{PLAIN}"] }"#,
        r#"input FILED: string from file "/a\u{0}b"
  run process { command = ["{FILED}"] }"#,
        r#"input ONE: one_of ["a\u{0}b"]
  run process { command = ["{ONE}"] }"#,
        r#"input LIKE: matching "a\u{0}b"
  run process { command = ["{LIKE}"] }"#,
        r#"root "/a\u{0}b""#,
        r#"artifact "a\u{0}b""#,
        r#"address "a\u{0}b:80""#,
        r#"run process { command = ["a\u{0}b"] }"#,
        r#"run process {
    command = ["a"]
    env = { A = "a\u{0}b" }
  }"#,
        r#"run process {
    command = ["a"]
    env = { "a\u{0}b" = "a" }
  }"#,
        r#"probe up { get "http://127.0.0.1:{port}/a\u{0}b" }"#,
        r#"probe up { tcp "127.0.0.1\u{0}:{port}" }"#,
        r#"probe up { exec ["a\u{0}b"] }"#,
        r#"probe up {
    post "http://127.0.0.1:{port}/"
    body "a\u{0}b"
  }"#,
        r#"probe up {
    get "http://127.0.0.1:{port}/"
    header "X-Odd" "a\u{0}b"
  }"#,
        r#"probe up {
    get "http://127.0.0.1:{port}/"
    header "X\u{0}" "a"
  }"#,
        r#"probe up {
    get "http://127.0.0.1:{port}/"
    expect body contains "a\u{0}b"
  }"#,
        r#"probe up {
    get "http://127.0.0.1:{port}/"
    expect body matches "a\u{0}b"
  }"#,
        r#"probe up {
    get "http://127.0.0.1:{port}/"
    expect json "a\u{0}b" equals "a"
  }"#,
        r#"before start { exec ["a\u{0}b"] }"#,
        "before start { shell r\"a\0b\" }",
        r#"on always { exec ["a\u{0}b"] }"#,
        r#"verify none "a\u{0}b""#,
        r#"target codedeploy { source = "a\u{0}b" }"#,
        r#"target codedeploy { scripts = { AfterInstall = "a\u{0}b" } }"#,
        r#"switch nginx {
    file = "/etc/nginx/conf.d/odd.conf"
    upstream = "a\u{0}b"
  }"#,
        r#"switch nginx {
    file = "/etc/nginx/conf.d/o\u{0}d.conf"
    upstream = "odd"
  }"#,
    ] {
        let source = app(&format!("  {place}\n"));
        let Err(report) = build(&source) else {
            panic!("a NUL was accepted: {source}");
        };
        let told = report.sorted().into_iter();
        let errors: Vec<_> = told
            .filter(|finding| finding.code.severity() == Severity::Error)
            .map(|finding| finding.message.as_str())
            .collect();
        assert_eq!(errors.len(), 1, "{errors:?}\n{source}");
        println!("{}", errors[0]);
    }
}
