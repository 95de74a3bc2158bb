//! Tests for the meaning of strings, comments and spans, independent of their layout.

use crate::diagnostics::Report;
use crate::source::FileId;
use crate::syntax::parse;
use crate::syntax::tree::{AppItem, CommandRun, File, Item, Part, Statement, Text, Value};

fn read(text: &str) -> File {
    let mut report = Report::new();
    let file = parse(FileId(0), text, &mut report);
    assert!(!report.has_errors(), "{report:?}");
    file
}

/// The string in `let x = …`, with placeholders in guillemets.
fn string(written: &str) -> String {
    let file = read(&format!("let x = {written}\n"));
    let Item::Let(constant) = &file.body.statements[0].node else {
        panic!("a let");
    };
    let Value::Text(text) = &constant.value else {
        panic!("a string");
    };
    shown(text)
}

fn shown(text: &Text) -> String {
    text.parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.clone(),
            Part::Hole(name) => format!("«{}»", name.text),
        })
        .collect()
}

/// The text of `shell …`, at its usual depth in a file.
fn shell(written: &str) -> String {
    let file = read(&format!(
        "app a {{\n  before start {{\n    shell {written}\n  }}\n}}\n"
    ));
    let Item::App(app) = &file.body.statements[0].node else {
        panic!("an app");
    };
    let AppItem::Steps(steps) = &app.body.statements[0].node else {
        panic!("steps");
    };
    let CommandRun::Shell(text) = &steps.body.statements[0].node.run else {
        panic!("shell");
    };
    text.literal().expect("nothing in it is a placeholder")
}

#[test]
fn strings_know_placeholders_and_escapes() {
    assert_eq!(string(r#""""#), "");
    assert_eq!(
        string(r#""a {port} b {web.port}{c}""#),
        "a «port» b «web.port»«c»"
    );
    assert_eq!(string(r#""{{}} {{a b}} {{{port}}}""#), "{} {a b} {«port»}");
    assert_eq!(string(r#""\n\t\"\\\u{AC00}\u{1F600}""#), "\n\t\"\\가😀");
    assert_eq!(string(r#""한 # no comment""#), "한 # no comment");
}

#[test]
fn raw_strings_stand_as_they_are() {
    assert_eq!(string(r#"r"\d{2,3} {port} \""#), r"\d{2,3} {port} \");
    assert_eq!(string("r\"\"\"a \"b\" {c} \\\"\"\""), "a \"b\" {c} \\");
}

#[test]
fn block_strings_are_dedented_by_their_closing_line() {
    assert_eq!(string("\"\"\"one\"\"\""), "one");
    assert_eq!(
        string("\"\"\"\n  a\n    b\n\n  c {port}\n  \"\"\""),
        "a\n  b\n\nc «port»"
    );
    assert_eq!(string("\"\"\"\n    a\n  \"\"\""), "  a");
    assert_eq!(string("\"\"\"\n  \"\"\""), "");
    assert_eq!(string("\"\"\"\n\n  \"\"\""), "");
    assert_eq!(string("\"\"\"\na\n\n\"\"\""), "a\n");
    assert_eq!(string("\"\"\"\n\ta\\n\n\t \tb\n\t\"\"\""), "a\n\n \tb");
    assert_eq!(string("r\"\"\"\n  {a}\\\n  \"\"\""), "{a}\\");
    assert_eq!(
        string("\"\"\"\n  {port}\n  {port}\n  \"\"\""),
        "«port»\n«port»"
    );
    assert_eq!(string("\"\"\"  \n  trailing  \n  \"\"\""), "trailing  ");
}

#[test]
fn nothing_is_replaced_in_shell() {
    assert_eq!(
        shell("\"\"\"\n      a {port} {{b}} ${c} \\n\n    \"\"\""),
        "  a {port} {{b}} ${c} \\n"
    );
    assert_eq!(shell("\"echo {a,b} $port\""), "echo {a,b} $port");
    assert_eq!(shell("r\"echo \\d\""), "echo \\d");
    assert_eq!(shell("\"\"\"echo \"hi\" \\\"\"\""), "echo \"hi\" \\");
}

#[test]
fn documentation_is_what_stands_right_above() {
    let file = read(
        "## not this\n\n## this\n## and this\nlet x = 1\n# a remark\nlet y = 2\n## far\n\nlet z = 3\n",
    );
    let docs: Vec<String> = file.body.statements.iter().map(Statement::docs).collect();
    assert_eq!(docs, ["this\nand this", "", ""]);
}

#[test]
fn comments_belong_to_what_they_stand_at() {
    let file =
        read("# lead\napp a { # head\n  # own\n  sudo # trail\n  # tail\n} # after\n# last\n");
    let statement = &file.body.statements[0];
    let Item::App(app) = &statement.node else {
        panic!("an app");
    };
    let text = |comment: Option<&crate::syntax::tree::Comment>| comment.map(|one| one.text.clone());
    assert_eq!(text(statement.lead.first()).as_deref(), Some("# lead"));
    assert_eq!(text(app.body.head.as_ref()).as_deref(), Some("# head"));
    assert_eq!(
        text(app.body.statements[0].lead.first()).as_deref(),
        Some("# own")
    );
    assert_eq!(
        text(app.body.statements[0].trail.as_ref()).as_deref(),
        Some("# trail")
    );
    assert_eq!(text(app.body.tail.first()).as_deref(), Some("# tail"));
    assert_eq!(text(statement.trail.as_ref()).as_deref(), Some("# after"));
    assert_eq!(text(file.body.tail.first()).as_deref(), Some("# last"));
}

#[test]
fn spans_count_bytes_of_the_written_text() {
    let text = "let 이름 = \"값 {포트}\"\n";
    let file = read(text);
    let Item::Let(constant) = &file.body.statements[0].node else {
        panic!("a let");
    };
    let under = |span: crate::source::Span| &text[span.start as usize..span.end as usize];
    assert_eq!(under(constant.name.span), "이름");
    assert_eq!(under(constant.value.span()), "\"값 {포트}\"");
    let Value::Text(value) = &constant.value else {
        panic!("a string");
    };
    let Part::Hole(hole) = &value.parts[1] else {
        panic!("a placeholder");
    };
    assert_eq!(under(hole.span), "포트");
}

#[test]
fn spans_stay_right_where_the_text_was_mended() {
    let text = "let x = [\"a\nlet y = \"b\napp a {\n  sudo\n";
    let mut report = Report::new();
    let file = parse(FileId(0), text, &mut report);
    assert!(report.has_errors());
    let spans: Vec<&str> = file
        .body
        .statements
        .iter()
        .map(|one| &text[one.span.start as usize..one.span.end as usize])
        .collect();
    assert_eq!(spans, ["let x = [\"a", "let y = \"b", "app a {\n  sudo"]);
}
