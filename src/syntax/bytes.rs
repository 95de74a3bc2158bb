//! Requirements for a file before it is parsed: UTF-8, not too large, `\n` as the only line end.

use std::borrow::Cow;

use super::limits::offset;
use crate::diagnostics::{Code, Diagnostic, Report};
use crate::source::{FileId, Span};

/// The text of a file.
///
/// # Errors
/// BG002 if the bytes are not UTF-8, with the line and the first wrong byte.
pub fn check_bytes(bytes: &[u8]) -> Result<&str, Box<Diagnostic>> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let line = bytes[..at].split(|&byte| byte == b'\n').count();
        let finding = Diagnostic::whole(
            Code::NOT_UTF8,
            format!(
                "the file is not UTF-8: byte {at} (on line {line}) is 0x{:02X}",
                bytes[at]
            ),
        );
        if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
            Box::new(finding.help("it looks like UTF-16; save it as UTF-8"))
        } else {
            Box::new(
                finding.help(
                    "save it as UTF-8 in the editor, or convert it: `iconv -f LATIN1 -t UTF-8`",
                ),
            )
        }
    })
}

/// Reports a BOM, NUL or CR, each once, and replaces them with blanks.
pub(super) fn clean<'a>(file: FileId, text: &'a str, report: &mut Report) -> Cow<'a, str> {
    const BOM: char = '\u{FEFF}';
    let mut dirty = false;
    for (character, message, help) in [
        (
            BOM,
            "a byte order mark",
            "save the file as UTF-8 without a BOM",
        ),
        ('\0', "a NUL character", "remove it"),
        (
            '\r',
            "a carriage return",
            "lines end with `\\n` alone: set the editor to LF, or run `sed -i 's/\\r$//'` on the file",
        ),
    ] {
        let Some(at) = text.find(character) else {
            continue;
        };
        dirty = true;
        let more = text[at + character.len_utf8()..]
            .matches(character)
            .take(1_000)
            .count();
        let message = match more {
            0 => format!("the file contains {message}"),
            1_000 => format!("the file contains {message}, and more than a thousand more"),
            _ => format!("the file contains {message}, and {more} more"),
        };
        let span = Span {
            file,
            start: offset(at),
            end: offset(at + character.len_utf8()),
        };
        report.push(Diagnostic::new(Code::FORBIDDEN_CHARACTER, span, message).help(help));
    }
    if dirty {
        Cow::Owned(text.replace(BOM, "   ").replace(['\0', '\r'], " "))
    } else {
        Cow::Borrowed(text)
    }
}
