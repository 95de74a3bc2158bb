//! `deployc explain`: the page of a code, a driver, a probe, a type or the defaults.

use super::check;
use super::cli::{Explain as Options, Files};
use super::explain_pages::Definitions;
use super::outcome::{Failure, Outcome};
use super::read::{self, HostFiles};
use super::terminal::Terminal;
use crate::check::{TYPES, TypeEntry, TypePlace};
use crate::diagnostics::{Code, Report, Severity, page};
use crate::model::defaults;
use crate::source::Sources;
use crate::suggestions::nearest;
use camino::Utf8Path;
use std::fmt::Write as _;

pub(super) fn run(options: &Options, terminal: &Terminal) -> Result<Outcome, Failure> {
    let Some(topic) = &options.topic else {
        terminal.out(&list());
        return Ok(Outcome::Clean);
    };
    let mut outcome = Outcome::Clean;
    let mut sources = Sources::new();
    let own = match &options.file {
        Some(file) => {
            let (own, report) = of_file(file, &mut sources)?;
            check::show(&report, &sources, terminal);
            if report.has_errors() {
                outcome = Outcome::Findings;
            }
            own
        }
        None => Definitions::default(),
    };
    let library = Definitions::of_library(&mut sources);
    let pages: Vec<String> = code(topic)
        .into_iter()
        .chain(ty(topic))
        .chain(defaults_page(topic))
        .chain(own.pages(topic, &library, &sources))
        .collect();
    if pages.is_empty() {
        return Err(Failure(unknown(topic, &own, &library, options)));
    }
    terminal.out(&pages.join("\n"));
    Ok(outcome)
}

/// The definitions of a file and of all files that it uses, and the findings in them.
fn of_file(file: &Utf8Path, sources: &mut Sources) -> Result<(Definitions, Report), Failure> {
    let files = Files::of(file);
    let input = read::read(file, &files)?;
    let main = sources.add(input.path, input.text);
    let mut report = Report::new();
    let files = crate::check::read_files(sources, main, &HostFiles, &mut report);
    Ok((Definitions::of_files(files, file), report))
}

/// Everything that can be explained without a file, one line each.
fn list() -> String {
    let mut text = String::from("codes\n");
    for code in Code::ALL {
        // Writing to a String does not fail.
        let severity = code.severity().word();
        let _ = writeln!(
            text,
            "  {:<7} {severity:<8} {}",
            code.to_string(),
            code.title()
        );
    }
    Definitions::of_library(&mut Sources::new()).list(&mut text);
    text.push_str("\ntypes\n");
    for entry in TYPES {
        let _ = writeln!(text, "  {:<16} {}", entry.word, first_sentence(entry.docs));
    }
    text.push_str("\ndefaults: the values of settings that a file leaves out\n");
    text
}

fn first_sentence(docs: &str) -> &str {
    docs.split_inclusive(". ").next().unwrap_or(docs).trim_end()
}

fn unknown(topic: &str, own: &Definitions, library: &Definitions, options: &Options) -> String {
    // Codes are not suggested: a code with a similar number is about something else.
    let names = TYPES.iter().map(|entry| plain(entry).to_owned());
    let names = names.chain(own.names()).chain(library.names());
    let names: Vec<String> = names.chain(["defaults".to_owned()]).collect();
    let near = nearest(topic, names.iter().map(String::as_str));
    let near = near.map(|name| format!(": did you mean `{name}`?"));
    let next = near.unwrap_or_else(|| match &options.file {
        Some(_) => "; `deployc explain` lists the library".to_owned(),
        None => format!(
            "; `deployc explain` lists everything that can be explained, `deployc explain {topic} FILE` also searches a file of yours"
        ),
    });
    format!("there is no code, driver, probe or type `{topic}`{next}")
}

fn code(topic: &str) -> Option<String> {
    let wanted = topic.to_uppercase();
    let code = Code::ALL.iter().find(|code| code.to_string() == wanted)?;
    let (title, rest) = page(*code)?.split_once('\n')?;
    let severity = code.severity();
    let means = match severity {
        Severity::Error => "no files are generated",
        Severity::Warning | Severity::Advice => "the files are generated",
    };
    Some(format!("{title}\n\n({}: {means})\n{rest}", severity.word()))
}

/// The bare word of a type: `list` for `list of`.
fn plain(entry: &TypeEntry) -> &'static str {
    entry.word.strip_suffix(" of").unwrap_or(entry.word)
}

fn ty(topic: &str) -> Option<String> {
    let known = |entry: &&TypeEntry| entry.word == topic || plain(entry) == topic;
    let entry: &TypeEntry = TYPES.iter().find(known)?;
    let place = match entry.place {
        TypePlace::Both => "of an `input` and of a driver's setting",
        TypePlace::Input => "of an `input`",
        TypePlace::Setting => "of a driver's setting",
    };
    let mut text = format!(
        "# {}: a type {place}\n\n{}\n\nExamples:\n",
        entry.word, entry.docs
    );
    for example in entry.examples {
        let _ = writeln!(text, "    {example}");
    }
    Some(text)
}

/// The page of the defaults: the values of settings that a file leaves out.
fn defaults_page(topic: &str) -> Option<String> {
    if topic != "defaults" {
        return None;
    }
    let mut text = String::from("# defaults: the values of settings that a file leaves out\n\n");
    for (place, statement) in defaults::all() {
        let _ = writeln!(text, "  {statement:<28} in {place}");
    }
    Some(text)
}
