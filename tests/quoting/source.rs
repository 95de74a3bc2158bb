//! Makes sources that contain the texts of a test, and compiles them.

use std::fmt::Write as _;

use camino::Utf8Path;
use deployc::check::{LoadError, Loader};
use deployc::diagnostics::Report;
use deployc::emit::{Bundle, Form, Places};
use deployc::source::Sources;

/// Returns a text as a string literal of `deploy.bg`.
pub fn string(text: &str) -> String {
    let mut written = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => written.extend(['\\', c]),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            '{' | '}' => written.extend([c, c]),
            '\u{feff}' => written.push_str("\\u{feff}"),
            _ if c.is_control() => {
                let _ = write!(written, "\\u{{{:x}}}", u32::from(c));
            }
            _ => written.push(c),
        }
    }
    written.push('"');
    written
}

/// Returns several texts as the elements of a list.
pub fn strings(texts: &[String]) -> String {
    let written: Vec<String> = texts.iter().map(|text| string(text)).collect();
    written.join(", ")
}

/// The description of a driver whose settings are texts. It is a file beside the source.
const TELL: &str = r#"
## Tells somebody.
driver notify tell {
  functions "tell.sh"
  setting text: string
  setting texts: list of string
  setting map: map of string
  part inner: string { setting text: string }
}
"#;

struct Beside;

impl Loader for Beside {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, LoadError> {
        match path.file_name() {
            Some("tell.bg") => Ok(TELL.into()),
            Some("tell.sh") => Ok("tell_notify() {\n  dump tell \"$tell_text\"\n}\n".into()),
            _ => Err(LoadError::Missing),
        }
    }
}

/// Compiles a source. Returns the generated files, or the findings.
pub fn build(source: &str) -> Result<Bundle, Report> {
    build_as(source, Form::Files)
}

/// Compiles a source into the given form.
pub fn build_as(source: &str, form: Form) -> Result<Bundle, Report> {
    let mut sources = Sources::new();
    let main = sources.add("deploy.bg", source);
    let mut report = Report::new();
    let planned = deployc::plan_file(&mut sources, main, &Beside, &mut report);
    let places = Places {
        sources: &sources,
        main,
        folder: Utf8Path::new("deploy"),
    };
    planned
        .and_then(|planned| deployc::emit_files(&planned, &places, form, &mut report))
        .ok_or(report)
}

/// Returns the text of a generated file.
pub fn file<'a>(bundle: &'a Bundle, path: &str) -> &'a str {
    let found = bundle.files.iter().find(|file| file.path == path);
    &found.unwrap_or_else(|| panic!("no {path}")).text
}

/// Returns a complete app with more statements in it. If `more` contains a statement that this app already has, such as
/// `run` or `switch`, it replaces that one.
pub fn app(more: &str) -> String {
    let mut source = String::from("use \"./tell.bg\"\napp odd {\n");
    for (word, lines) in [
        ("color blue", "  color blue { port 8081 }\n"),
        ("color green", "  color green { port 8082 }\n"),
        ("run ", "  run process { command = [\"./run\"] }\n"),
        (
            "probe ",
            "  probe up { get \"http://127.0.0.1:{port}/\" }\n",
        ),
        ("artifact", "  artifact \"{staging}/run\"\n"),
        (
            "switch ",
            "  switch nginx {\n    file = \"/etc/nginx/conf.d/odd.conf\"\n    upstream = \"odd\"\n  }\n",
        ),
        ("verify", "  verify { get \"http://127.0.0.1/\" }\n"),
    ] {
        if !more.lines().any(|line| line.trim_start().starts_with(word)) {
            source.push_str(lines);
        }
    }
    source + more + "}\n"
}
