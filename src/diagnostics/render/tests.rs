//! Tests of the formats for people.

use super::{Look, human, json, short};
use crate::diagnostics::{Code, Diagnostic, Report};
use crate::source::{Sources, Span};

const LOOK: Look = Look {
    color: false,
    width: 100,
};

/// A file with a finding about each of its lines.
fn reported(path: &str, text: &str, codes: &[Code]) -> (Report, Sources) {
    let mut sources = Sources::new();
    let file = sources.add(path, text);
    let mut report = Report::new();
    let mut at = 0;
    for (line, code) in text.lines().zip(codes) {
        let span = |start, end| Span {
            file,
            start: u32::try_from(start).expect("the text is short"),
            end: u32::try_from(end).expect("the text is short"),
        };
        let finding = Diagnostic::new(*code, span(at, at + line.len()), format!("message {line}"))
            .label(format!("label {line}"))
            .also(span(at, at), format!("other {line}"))
            .help(format!("help {line}"));
        report.push(finding);
        at += line.len() + 1;
    }
    (report, sources)
}

#[test]
fn no_control_character_of_a_source_reaches_a_terminal() {
    let raw = "\u{1b}[31m \u{7f} \r. \u{85} \u{9b}1m \u{202e} \u{2066}";
    let marks = "?[31m ? ?. ¿ ¿1m \u{fffd} \u{fffd}";
    let (report, sources) = reported(&format!("a{raw}"), raw, &[Code::UNEXPECTED]);
    for text in [human(&report, &sources, LOOK), short(&report, &sources)] {
        let left = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{2066}".contains(c);
        assert!(!text.contains(left), "{text:?}");
        assert!(text.contains(&format!("message {marks}")), "{text}");
    }
    let text = human(&report, &sources, LOOK);
    for part in ["label ", "other ", "help ", "[a", "1 │ "] {
        assert!(text.contains(&format!("{part}{marks}")), "{part}: {text}");
    }
    // Programs get the text as it is. JSON escapes what it must.
    assert!(json(&report, &sources).contains("message \\u001b[31m"));
}

#[test]
fn tabs_and_line_ends_of_windows_are_shown_as_before() {
    let (report, sources) = reported("a", "x\ty\r\n", &[Code::UNEXPECTED]);
    let text = human(&report, &sources, LOOK);
    assert!(!text.contains('?'), "{text}");
}

#[test]
fn each_finding_says_its_severity_and_the_summary_names_the_worst() {
    let codes = [Code::KEEP_WARM, Code::UNUSED, Code::NO_GATE, Code::NO_DRAIN];
    let (report, sources) = reported("a", "w\nx\ny\nz\n", &codes);
    let text = human(&report, &sources, LOOK);
    for head in [
        "advice[BG704]\n",
        "warning[BG103]\n",
        "error[BG301]\n",
        "error[BG305]\n",
    ] {
        assert!(text.contains(head), "{text}");
    }
    let last = "2 errors, 1 warning, 1 piece of advice; `deployc explain BG301` says more\n";
    assert!(text.ends_with(last), "{text}");
}
