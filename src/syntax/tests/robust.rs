//! Hostile and huge texts give a clear finding in a bounded time, in the small stack of a test thread.

use std::time::{Duration, Instant};

use crate::diagnostics::{Code, Report};
use crate::source::FileId;
use crate::syntax::limits::MAX_FINDINGS;
use crate::syntax::{MAX_BYTES, check_bytes, parse};

/// An upper bound of the findings of a file: strings, brackets and statements have at most [`MAX_FINDINGS`] each, and
/// one more finding says that there are too many.
const MOST: usize = 3 * MAX_FINDINGS + 1;

/// The codes of the findings, without duplicates. Fails if parsing takes too long, or if there are too many findings.
fn codes(text: &str) -> Vec<String> {
    let begin = Instant::now();
    let mut report = Report::new();
    parse(FileId(0), text, &mut report);
    // A release build needs less than a second. The limit allows for an unoptimised build on a busy machine.
    assert!(begin.elapsed() < Duration::from_secs(60), "too slow");
    let mut codes: Vec<String> = report
        .sorted()
        .iter()
        .map(|one| one.code.to_string())
        .collect();
    assert!(codes.len() <= MOST, "{} findings", codes.len());
    codes.dedup();
    codes
}

#[test]
fn too_large_files_are_refused() {
    assert_eq!(codes(&"{".repeat(10 << 20)), ["BG005"]);
    assert_eq!(
        codes(&format!("let x = \"{}", "x".repeat(5 << 20))),
        ["BG005"]
    );
}

#[test]
fn too_deep_files_are_refused() {
    assert_eq!(
        codes(&format!("let x = {}", "[".repeat(100_000))),
        ["BG004"]
    );
    let nested = format!("let x = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(codes(&nested), ["BG004"]);
    assert_eq!(codes(&"{".repeat(MAX_BYTES)), ["BG004"]);
}

#[test]
fn the_deepest_files_are_read() {
    let deep = |depth: usize| format!("let x = {}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(codes(&deep(64)), [""; 0]);
    assert_eq!(codes(&deep(65)), ["BG004"]);
    let parts = format!(
        "app a {{\nrun b {{\n{}{}}}\n}}\n",
        "c {\n".repeat(62),
        "}\n".repeat(62)
    );
    assert_eq!(codes(&parts), [""; 0]);
    let bad = format!(
        "app a {{\nrun b {{\n{}{}}}\n}}\n",
        "c d e {\n".repeat(62),
        "}\n".repeat(62)
    );
    assert_eq!(codes(&bad), ["BG001"]);
}

#[test]
fn large_garbage_is_read_in_time() {
    // The benchmark `syntax` reads the same texts at full size, optimised.
    let size = 16 << 10;
    for piece in [
        "}",
        "]",
        "\"",
        "'",
        "@",
        "@\n",
        "\"\n",
        "'\n",
        "{}",
        "[]",
        "[]\n",
        "a b\n",
        "= ",
        "\\",
        "let x = [1 2]\n",
        "let x = \"{\n",
        "sudo ",
        "app a { ",
        "{ }\n",
        "r\"",
        "# \n",
        "\n",
        "가",
        ";",
        ",\n",
        "\"\"\" ",
        "\"\"\"\nshell ",
        "swich a { b\n} ",
        "let x = \"\\q {{x}} ${y}\"\n",
    ] {
        let text = piece.repeat(size / piece.len());
        codes(&text);
        codes(&format!("app a {{\n{text}\n}}\n"));
        codes(&format!("let x = [\n{text}\n]\n"));
        codes(&format!("let x = \"\"\"\n{text}\n\"\"\"\n"));
    }
}

#[test]
fn an_unclosed_string_of_the_largest_size_is_found() {
    let text = format!("let x = \"{}", "x".repeat(MAX_BYTES - 9));
    assert_eq!(codes(&text), ["BG006"]);
    let text = format!("let x = \"\"\"{}", "x\n".repeat((MAX_BYTES - 11) / 2));
    assert_eq!(codes(&text), ["BG006"]);
}

#[test]
fn files_without_statements_have_no_findings() {
    for text in ["", "\n", "\n\n  \n", "# only\n## comments", "\t"] {
        assert_eq!(codes(text), [""; 0], "{text:?}");
    }
}

#[test]
fn a_byte_order_mark_cr_and_nul_are_reported() {
    assert_eq!(codes("\u{FEFF}app a {\r\n}\r\n\0"), ["BG003"]);
}

#[test]
fn bytes_that_are_not_utf8_are_located() {
    assert_eq!(check_bytes("가\n".as_bytes()), Ok("가\n"));
    let error = check_bytes(b"a\nb\xFFc").expect_err("0xFF is never UTF-8");
    assert_eq!(error.code, Code::NOT_UTF8);
    assert_eq!(
        error.message,
        "the file is not UTF-8: byte 3 (on line 2) is 0xFF"
    );
    let utf16 = check_bytes(b"\xFF\xFEa\0").expect_err("UTF-16");
    assert!(utf16.help.is_some_and(|help| help.contains("UTF-16")));
}
