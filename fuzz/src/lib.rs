//! What is asked of the compiler with any text at all. `cargo fuzz` makes the texts; a panic is a finding.

use camino::Utf8Path;
use deployc::check::{LoadError, Loader};
use deployc::diagnostics::Report;
use deployc::diagnostics::render::{Look, human, json, short};
use deployc::emit::{Bundle, Form, Places};
use deployc::source::{FileId, Sources, Span};
use deployc::syntax;

/// Longer texts say nothing more and take their time.
const LONGEST: usize = 16 * 1024;

/// The parser: every place that it names lies in the text, on whole characters.
pub fn parse(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let (_, report) = read(text);
    let mut sources = Sources::new();
    sources.add("deploy.bg", text);
    in_the_text(&report, &sources);
}

/// The formatter: what it made is read without a finding, and made again is the same.
pub fn format(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let (file, report) = read(text);
    if report.has_errors() {
        return;
    }
    let once = syntax::format(&file, text);
    let (again, report) = read(&once);
    assert!(!report.has_errors(), "{report:?}\n{once}");
    assert_eq!(syntax::format(&again, &once), once);
}

/// The checker and the planner: a deployment, or an error; never neither. All findings can be shown.
pub fn check(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut sources = Sources::new();
    let main = sources.add("deploy.bg", text);
    let mut report = Report::new();
    let planned = deployc::plan_file(&mut sources, main, &Beside, &mut report);
    assert_eq!(planned.is_none(), report.has_errors());
    in_the_text(&report, &sources);
    for color in [false, true] {
        let shown = human(&report, &sources, Look { color, width: 100 });
        assert_eq!(shown.is_empty(), report.is_empty());
    }
    assert!(short(&report, &sources).lines().count() >= report.sorted().len());
    assert!(json(&report, &sources).ends_with('\n'));
}

/// All of it: the same files twice, and no character in them that no file of ours has.
pub fn bundle(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let (bundle, report) = build(text);
    let (again, _) = build(text);
    assert_eq!(bundle, again);
    assert_eq!(bundle.is_none(), report.has_errors());
    for file in bundle.iter().flat_map(|bundle| &bundle.files) {
        assert!(!file.text.contains('\0'), "{}", file.path);
        assert!(file.text.ends_with('\n'), "{}", file.path);
        assert!(file.path.is_relative(), "{}", file.path);
        assert!(!file.path.as_str().contains(".."), "{}", file.path);
    }
}

/// All files that are made of a text, when no error is in it.
pub fn build(text: &str) -> (Option<Bundle>, Report) {
    let mut sources = Sources::new();
    let main = sources.add("deploy.bg", text);
    let mut report = Report::new();
    let planned = deployc::plan_file(&mut sources, main, &Beside, &mut report);
    let bundle = planned.and_then(|planned| {
        let places = Places {
            sources: &sources,
            main,
            folder: Utf8Path::new("deploy"),
        };
        deployc::emit_files(&planned, &places, Form::Files, &mut report)
    });
    (bundle, report)
}

/// What stands beside the text: a driver of the user's own under every name.
struct Beside;

impl Loader for Beside {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, LoadError> {
        Ok(match path.extension() {
            Some("bg") => include_bytes!("../../tests/cases/build/notify/chat.bg").to_vec(),
            _ => include_bytes!("../../tests/cases/build/notify/chat.sh").to_vec(),
        })
    }
}

fn text(data: &[u8]) -> Option<&str> {
    // Other bytes are refused before anything of this is reached.
    (data.len() <= LONGEST)
        .then(|| std::str::from_utf8(data).ok())
        .flatten()
}

fn read(text: &str) -> (syntax::tree::File, Report) {
    let mut report = Report::new();
    let file = syntax::parse(FileId(0), text, &mut report);
    (file, report)
}

fn in_the_text(report: &Report, sources: &Sources) {
    let sound = |span: Span| {
        let text = &sources.get(span.file).text;
        assert!(
            text.get(span.start as usize..span.end as usize).is_some(),
            "{span:?}"
        );
    };
    for finding in report.sorted() {
        assert!(!finding.message.is_empty());
        finding.label.iter().for_each(|label| sound(label.span));
        finding.others.iter().for_each(|label| sound(label.span));
        finding.fix.iter().for_each(|fix| sound(fix.span));
    }
}
