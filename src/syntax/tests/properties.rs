//! Properties that hold for every text: parsing never panics, and formatting loses nothing.

use proptest::prelude::*;

use super::samples::{self, Source};
use crate::diagnostics::Report;
use crate::source::FileId;
use crate::syntax::tree::File;
use crate::syntax::{format, parse};

fn read(text: &str) -> (File, Report) {
    let mut report = Report::new();
    let file = parse(FileId(0), text, &mut report);
    (file, report)
}

/// The tree without its spans.
fn bare(file: &File) -> String {
    let mut out = String::new();
    let shown = format!("{file:?}");
    let mut rest = shown.as_str();
    while let Some(at) = rest.find("Span {") {
        out.push_str(&rest[..at]);
        let end = rest[at..].find('}').expect("a span is closed");
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    out
}

/// The comments of a text: all comments on their own lines, and the comments that a generated file marks with `#!`.
fn comments(text: &str) -> Vec<String> {
    let comment = |line: &str| {
        let own = line.trim_start_matches([' ', '\t']).starts_with('#');
        let at = if own { line.find('#') } else { line.find("#!") }?;
        Some(line[at..].trim_end().to_owned())
    };
    let mut comments: Vec<String> = text.lines().filter_map(comment).collect();
    comments.sort();
    comments
}

/// The characters of a text, without those that formatting may change. A statement that the parser loses is missing in
/// both trees, so only the text shows the loss.
fn letters(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_whitespace() && *letter != ',')
        .collect()
}

/// All spans of findings and of the tree are inside the text and on character boundaries.
fn sound(text: &str) {
    let (file, report) = read(text);
    let shown = format!("{file:?} {report:?}");
    let mut rest = shown.as_str();
    while let Some(at) = rest.find("Span { file: FileId(0), start: ") {
        rest = &rest[at + 30..];
        let number = |text: &str| -> usize {
            let digits = text
                .find(|next: char| !next.is_ascii_digit())
                .unwrap_or(text.len());
            text[..digits].parse().expect("an offset")
        };
        // A text of the file may look like a span in the debug output. No number follows it then.
        if !rest.starts_with(|next: char| next.is_ascii_digit()) {
            continue;
        }
        let start = number(rest);
        let end = number(&rest[rest.find("end: ").expect("a span has an end") + 5..]);
        assert!(start <= end, "{start}..{end} in {text:?}");
        assert!(text.get(start..end).is_some(), "{start}..{end} in {text:?}");
    }
    if !report.has_errors() {
        lossless(text);
    }
}

/// Formatting keeps the tree and every comment, and formatting twice is the same as once.
fn lossless(text: &str) {
    let (file, report) = read(text);
    assert!(!report.has_errors(), "{report:?}\n{text}");
    let once = format(&file, text);
    let (again, report) = read(&once);
    assert!(!report.has_errors(), "{report:?}\n{text}\n---\n{once}");
    assert_eq!(bare(&file), bare(&again), "\n{text}\n---\n{once}");
    assert_eq!(format(&again, &once), once, "\n{text}\n---\n{once}");
    assert_eq!(comments(text), comments(&once), "\n{text}\n---\n{once}");
    assert_eq!(letters(text), letters(&once), "\n{text}\n---\n{once}");
    assert!(
        once.lines()
            .all(|line| line == line.trim_end() || text.contains("\"\"\""))
    );
}

#[test]
fn the_samples_are_lossless() {
    for text in samples::ALL {
        lossless(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn formatting_generated_files_loses_nothing(choices in prop::collection::vec(any::<u8>(), 0..600)) {
        lossless(&Source::new(&choices).file());
    }

    #[test]
    fn any_text_is_read(text in "(?s).{0,200}") {
        sound(&text);
    }

    #[test]
    fn any_text_of_the_languages_characters_is_read(
        text in r#"([{}\[\]"'#=:,;\\ \nr가]|"""|app a|probe p|get|run x|let|10 s|\.\.|\$\{){0,80}"#,
    ) {
        sound(&text);
    }

    #[test]
    fn a_mutated_sample_is_read(
        which in 0..samples::ALL.len(),
        at in any::<prop::sample::Index>(),
        removed in 0..20_usize,
        put in prop_oneof![
            Just(String::new()),
            r#"[{}\[\]"'#=:,;\\ \nr]{1,3}"#,
            "(?s).{1,6}",
            "[\\x00\r\u{FEFF}\u{1F600}]{1,3}",
        ],
    ) {
        let text = samples::ALL[which];
        let floor = |mut at: usize| {
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(at.index(text.len()));
        let end = floor((start + removed).min(text.len())).max(start);
        let mutated = format!("{}{put}{}", &text[..start], &text[end..]);
        sound(&mutated);
    }

    #[test]
    fn two_samples_cut_together_are_read(
        one in 0..samples::ALL.len(),
        other in 0..samples::ALL.len(),
        at in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
    ) {
        let lines = |which: usize| samples::ALL[which].lines().collect::<Vec<_>>();
        let (one, other) = (lines(one), lines(other));
        let mut text = one[..at.index(one.len())].join("\n");
        text.push('\n');
        text.push_str(&other[from.index(other.len())..].join("\n"));
        sound(&text);
    }
}
