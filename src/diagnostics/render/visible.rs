//! Text of a source for a terminal. A control character in it could hide text, change colors or move the cursor.

use std::borrow::Cow;

/// The text with a mark in place of each control character, except tabs and line ends. Each mark has as many bytes as
/// the character, so that spans stay valid.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut kept = 0;
    for (at, character) in text.char_indices() {
        let after = at + character.len_utf8();
        let Some(mark) = mark(character, &text[after..]) else {
            continue;
        };
        shown.push_str(&text[kept..at]);
        shown.push(mark);
        kept = after;
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[kept..]);
    Cow::Owned(shown)
}

/// The mark for a character that must not reach a terminal. `rest` is the text after the character.
fn mark(character: char, rest: &str) -> Option<char> {
    match character {
        '\t' | '\n' => None,
        // The line end of Windows.
        '\r' if rest.starts_with('\n') => None,
        // Unicode characters that change the direction of the text. With them a text can look like another text.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some('\u{fffd}'),
        _ if character.is_ascii_control() => Some('?'),
        _ if character.is_control() => Some('¿'),
        _ => None,
    }
}
