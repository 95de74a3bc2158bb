//! What the cases of the parser and of the checks have in common: findings as text, and comparing with a file.

use std::fs;
use std::path::Path;

use deployc::diagnostics::{Report, render};
use deployc::source::{Sources, Span};
use libtest_mimic::Failed;

/// Returns the findings with all their parts: each in the short format, below it the words that it underlines, its other
/// places, its help and its fix.
pub fn whole(report: &Report, sources: &Sources) -> String {
    let short = render::short(report, sources);
    let findings = report.sorted();
    assert_eq!(short.lines().count(), findings.len());
    let mut text = String::new();
    for (line, finding) in short.lines().zip(findings) {
        text += &format!("{line}\n");
        let words = |span: Span| {
            let file = &sources.get(span.file).text;
            let words = &file[span.start as usize..span.end as usize];
            match words.split_once('\n') {
                Some((first, _)) => format!("`{first}` …"),
                None => format!("`{words}`"),
            }
        };
        if let Some(label) = &finding.label {
            let remark = [": ", &label.text].concat();
            let remark = if label.text.is_empty() { "" } else { &remark };
            text += &format!("    under {}{remark}\n", words(label.span));
        }
        for other in &finding.others {
            let (path, at) = (sources.path(other.span), sources.line_column(other.span));
            text += &format!("    {path}:{}:{}: {}\n", at.line, at.column, other.text);
        }
        if let Some(help) = &finding.help {
            text += &format!("    help: {}\n", help.replace('\n', "\n          "));
        }
        if let Some(fix) = &finding.fix {
            text += &format!(
                "    fix: {} becomes `{}`\n",
                words(fix.span),
                fix.text.replace('\n', "\\n")
            );
        }
    }
    text
}

/// Compares a text with a file. With `BLESS=1` it writes the file first.
pub fn compare(path: &Path, found: &str) -> Result<(), Failed> {
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, found)?;
    }
    let expected = fs::read_to_string(path)?;
    if found == expected {
        Ok(())
    } else {
        Err(format!("expected:\n{expected}\nfound:\n{found}").into())
    }
}
