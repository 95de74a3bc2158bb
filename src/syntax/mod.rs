//! Text → tree. The only place that knows pest.
//!
//! ```text
//! bytes     UTF-8, no BOM, NUL or CR
//! quotes    finds strings, comments, brackets            } repair unclosed ones,
//! brackets  matches pairs                                } so that the grammar can parse the rest
//! grammar   pest, by grammar/deploy.pest
//! build     pairs → tree
//! bad_statement, near_statement
//!           messages for statements that could not be parsed
//! layout    tree → text, for `deployc fmt`
//! ```

mod bad_statement;
mod block;
mod brackets;
mod build;
mod bytes;
mod expected;
mod grammar;
mod layout;
mod limits;
mod near_statement;
mod quotes;
#[cfg(test)]
mod tests;
pub mod tree;

use pest::Parser;

pub use bytes::check_bytes;
pub use layout::format;
pub use limits::MAX_BYTES;

use crate::diagnostics::{Code, Diagnostic, Report};
use crate::source::{FileId, Span};
use build::Build;
use grammar::{Grammar, Rule};
use limits::{offset, too_many};
use tree::{Body, File};

/// Parses a file. The tree contains the parts that could be parsed, the report contains every mistake. If no error was
/// added to the report, the tree is the whole file.
pub fn parse(file: FileId, text: &str, report: &mut Report) -> File {
    let nothing = |end| File {
        body: Body::empty(Span {
            file,
            start: 0,
            end,
        }),
    };
    if text.len() > MAX_BYTES {
        report.push(
            Diagnostic::new(
                Code::TOO_LARGE,
                nothing(0).body.span,
                format!(
                    "the file has {} bytes, but at most {MAX_BYTES} are allowed",
                    text.len()
                ),
            )
            .help("is it the right file? If it is, split it, and import the parts with `use`"),
        );
        return nothing(0);
    }
    let whole = nothing(offset(text.len()));
    let text = bytes::clean(file, text, report);
    let Some(balanced) = brackets::balance(file, &text, report) else {
        return whole;
    };
    let mut build = Build {
        source: &balanced,
        base: 0,
        rescues: 0,
        found: 0,
        report,
    };
    let tree = match Grammar::parse(Rule::file, &balanced.text) {
        Ok(mut pairs) => pairs.next().map(|pair| build.file(pair)),
        Err(error) => {
            // The rules for mistakes should read the whole file. If they do not, report at least the place.
            let (pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _))) =
                error.location;
            let span = build.span(at, at);
            build.complain(Diagnostic::new(
                Code::UNEXPECTED,
                span,
                "the file cannot be read from here on",
            ));
            None
        }
    };
    if build.full() {
        report.push(too_many());
    }
    tree.unwrap_or(whole)
}
