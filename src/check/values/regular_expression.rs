//! POSIX extended regular expressions: the common part of `grep -E`, awk and bash (POSIX.1-2017, XBD 9.4).

use crate::check::findings::Findings;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;

/// Returns whether the pattern is valid. Reports it if not.
pub fn check(pattern: &str, span: Span, findings: &Findings) -> bool {
    match fault(pattern) {
        None => true,
        Some((message, help)) => {
            findings.push(Diagnostic::new(Code::BAD_REGEX, span, message).help(help));
            false
        }
    }
}

/// Returns whether the pattern certainly does not match the whole text. The pattern must be valid for [`check`].
///
/// Returns `false` if the result depends on the host's locale (a character is not ASCII), or if the `regex` crate
/// cannot compile the pattern. In these cases only the host checks the text.
pub fn refuses(pattern: &str, text: &str) -> bool {
    if !pattern.is_ascii() || !text.is_ascii() {
        return false;
    }
    let whole = translated(pattern).and_then(|pattern| {
        regex::RegexBuilder::new(&format!("^(?:{pattern})$"))
            .dot_matches_new_line(true)
            .build()
            .ok()
    });
    whole.is_some_and(|whole| !whole.is_match(text))
}

/// Returns the pattern in the syntax of the `regex` crate. The two differ inside brackets: in the crate, `\` escapes,
/// `[` begins an inner set, and `&&`, `--` and `~~` are operators. Returns `None` for `[.x.]` and `[=x=]`.
fn translated(pattern: &str) -> Option<String> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut translated = String::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        match c {
            '\\' => {
                translated.push(c);
                translated.extend(chars.get(at + 1));
                at += 1;
            }
            '[' => {
                let end = bracket(&chars, at).ok()?;
                set(&chars[at + 1..end], &mut translated)?;
                at = end;
            }
            _ => translated.push(c),
        }
        at += 1;
    }
    Some(translated)
}

/// Translates the characters inside brackets.
fn set(mut inner: &[char], translated: &mut String) -> Option<()> {
    translated.push('[');
    if let Some(rest) = inner.strip_prefix(&['^']) {
        translated.push('^');
        inner = rest;
    }
    // Whether the last character can begin a range.
    let mut from = false;
    let mut at = 0;
    while let Some(&c) = inner.get(at) {
        let next = inner.get(at + 1);
        match (c, next) {
            ('[', Some('.' | '=')) => return None,
            ('[', Some(':')) => {
                let length = inner[at..].iter().position(|c| *c == ']')?;
                translated.extend(&inner[at..=at + length]);
                at += length;
                from = false;
            }
            ('-', Some(_)) if from => {
                translated.push('-');
                from = false;
            }
            _ => {
                if !c.is_ascii_alphanumeric() {
                    translated.push('\\');
                }
                translated.push(c);
                from = true;
            }
        }
        at += 1;
    }
    translated.push(']');
    Some(())
}

/// A fault, and its correction.
type Fault = (String, String);

/// Returns the first fault.
fn fault(pattern: &str) -> Option<Fault> {
    if pattern.is_empty() {
        return Some(said("the pattern is empty", "it would match anything"));
    }
    let mut reader = Reader {
        chars: pattern.chars().collect(),
        at: 0,
        depth: 0,
        empty: true,
        repeatable: false,
    };
    reader.read().err()
}

/// Reads a pattern from left to right.
struct Reader {
    chars: Vec<char>,
    at: usize,
    /// The number of open groups.
    depth: usize,
    /// Whether the current alternative is empty so far.
    empty: bool,
    /// Whether a repetition can follow.
    repeatable: bool,
}

impl Reader {
    fn read(&mut self) -> Result<(), Fault> {
        while let Some(&c) = self.chars.get(self.at) {
            match c {
                '(' if self.chars.get(self.at + 1) == Some(&'?') => {
                    return Err(group(&self.chars[self.at + 2..]));
                }
                '(' => {
                    self.depth += 1;
                    self.empty = true;
                    self.repeatable = false;
                }
                ')' if self.depth == 0 => {
                    return Err(said(
                        "a `)` without its `(`",
                        "write `\\)` for the character",
                    ));
                }
                ')' => {
                    self.not_empty()?;
                    self.depth -= 1;
                    self.character();
                }
                '|' => {
                    self.not_empty()?;
                    self.empty = true;
                    self.repeatable = false;
                }
                '*' | '+' | '?' => self.repetition(c)?,
                '^' | '$' => {
                    self.empty = false;
                    self.repeatable = false;
                }
                '\\' => {
                    let Some(&escaped) = self.chars.get(self.at + 1) else {
                        return Err(said(
                            "the pattern ends in `\\`",
                            "write `\\\\` for a backslash",
                        ));
                    };
                    escape(escaped).map_or(Ok(()), Err)?;
                    self.at += 1;
                    self.character();
                }
                '[' => {
                    self.at = bracket(&self.chars, self.at)?;
                    self.character();
                }
                '{' => self.at = interval(&self.chars, self.at, self.repeatable)?,
                _ => self.character(),
            }
            self.at += 1;
        }
        if self.depth > 0 {
            return Err(said(
                "a `(` without its `)`",
                "write `\\(` for the character",
            ));
        }
        self.not_empty()
    }

    /// Records an expression that matches characters.
    fn character(&mut self) {
        self.empty = false;
        self.repeatable = true;
    }

    fn not_empty(&self) -> Result<(), Fault> {
        if self.empty {
            return Err(said(
                "an empty alternative or group",
                "write the text that should match there; for an optional text write `( … )?`",
            ));
        }
        Ok(())
    }

    fn repetition(&self, c: char) -> Result<(), Fault> {
        if !self.repeatable {
            return Err(said(
                &format!("there is nothing before `{c}` to repeat"),
                "write `\\` before it for the character itself",
            ));
        }
        // POSIX leaves a second repetition (`a+?`, `a**`) undefined. Only Perl's syntax has lazy repetition.
        if let Some(next @ ('*' | '+' | '?')) = self.chars.get(self.at + 1) {
            return Err(said(
                &format!("`{c}{next}`: there is no lazy or possessive repetition"),
                "POSIX patterns always take the longest match; write the class of characters that you need, for example `[^\"]*`",
            ));
        }
        Ok(())
    }
}

fn said(message: &str, help: &str) -> Fault {
    (message.to_owned(), help.to_owned())
}

fn escape(escaped: char) -> Option<Fault> {
    let class = match escaped {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[A-Za-z0-9_]",
        'W' => "[^A-Za-z0-9_]",
        's' => "[[:space:]]",
        'S' => "[^[:space:]]",
        'b' | 'B' | '<' | '>' => {
            return Some((
                format!("`\\{escaped}`: POSIX patterns have no word boundaries"),
                "write the characters that may come before or after it, for example `(^|[^a-z])`"
                    .into(),
            ));
        }
        'n' | 't' | 'r' => {
            return Some((
                format!("`\\{escaped}` is the letter `{escaped}` in a POSIX pattern, or nothing"),
                "write `[[:space:]]` for blanks and line ends".into(),
            ));
        }
        '1'..='9' => {
            return Some((
                format!("`\\{escaped}`: extended patterns have no back references"),
                "write the alternatives out".into(),
            ));
        }
        c if c.is_ascii_alphanumeric() => {
            return Some((
                format!("`\\{c}` has no meaning in a POSIX pattern"),
                format!("write `{c}` for the character"),
            ));
        }
        _ => return None,
    };
    Some((
        format!("`\\{escaped}` is Perl syntax, and POSIX patterns do not have it"),
        format!("write `{class}`"),
    ))
}

fn group(rest: &[char]) -> Fault {
    let what: String = rest.iter().take_while(|c| **c != ')').take(4).collect();
    let help = if what.starts_with(':') {
        "write `( … )`: groups are not captured anyway"
    } else if what.starts_with('i') {
        "write both cases, for example `[Uu][Pp]`"
    } else {
        "POSIX patterns have no lookaround and no flags; two `expect`s may replace one pattern"
    };
    (
        format!("`(?{what}` is Perl syntax, and POSIX patterns do not have it"),
        help.to_owned(),
    )
}

/// Returns the index of the `]` that ends the bracket expression at `start`.
fn bracket(chars: &[char], start: usize) -> Result<usize, Fault> {
    let open = || said("a `[` without its `]`", "write `\\[` for the character");
    let mut at = start + 1;
    if chars.get(at) == Some(&'^') {
        at += 1;
    }
    if chars.get(at) == Some(&']') {
        at += 1;
    }
    while let Some(&c) = chars.get(at) {
        match c {
            ']' => return Ok(at),
            '[' if matches!(chars.get(at + 1), Some(':' | '.' | '=')) => {
                let kind = chars[at + 1];
                let name_start = at + 2;
                let end = (name_start..chars.len())
                    .find(|&end| chars[end] == kind && chars.get(end + 1) == Some(&']'));
                let Some(end) = end else {
                    return Err(open());
                };
                let name: String = chars[name_start..end].iter().collect();
                if kind == ':' && !CLASSES.contains(&name.as_str()) {
                    return Err((
                        format!("there is no class `[:{name}:]`"),
                        format!("classes: {}", CLASSES.join(", ")),
                    ));
                }
                at = end + 1;
            }
            '\\' if chars.get(at + 1).is_some_and(|c| "dDwWsSnt]".contains(*c)) => {
                return Err((
                    format!(
                        "`\\{}` in brackets is two characters in a POSIX pattern",
                        chars[at + 1]
                    ),
                    "write classes as `[0-9[:space:]]`; write a `]` in a class first: `[]a]`"
                        .into(),
                ));
            }
            '-' if at > start + 1
                && chars.get(at + 1).is_some_and(|end| *end != ']')
                && chars[at - 1] > chars[at + 1]
                && chars[at - 1] != ']' =>
            {
                return Err((
                    format!(
                        "the range `{}-{}` is reversed",
                        chars[at - 1],
                        chars[at + 1]
                    ),
                    "write the smaller character first".into(),
                ));
            }
            _ => {}
        }
        at += 1;
    }
    Err(open())
}

const CLASSES: &[&str] = &[
    "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "xdigit",
];

/// Returns the index of the `}` that ends the interval at `start`.
fn interval(chars: &[char], start: usize, repeatable: bool) -> Result<usize, Fault> {
    let shape = || {
        said(
            "a `{` that does not begin `{2}`, `{2,}` or `{2,5}`",
            "write `\\{` for the character",
        )
    };
    let end = (start..chars.len())
        .find(|&at| chars[at] == '}')
        .ok_or_else(shape)?;
    if !repeatable {
        return Err(shape());
    }
    let text: String = chars[start + 1..end].iter().collect();
    let (from, to) = text.split_once(',').unwrap_or((&text, &text));
    // POSIX guarantees repetitions up to 255 (RE_DUP_MAX).
    let number = |text: &str| text.parse::<u16>().ok().filter(|number| *number <= 255);
    let from = number(from).ok_or_else(shape)?;
    if !to.is_empty() && number(to).ok_or_else(shape)? < from {
        return Err(said(
            "an interval that ends before it begins",
            "write the smaller number first",
        ));
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::{fault, refuses};

    #[test]
    fn a_text_that_is_not_matched_from_end_to_end_is_refused() {
        for (pattern, text) in [
            ("^a+$", "b"),
            ("a+", "aab"),
            ("a|bc", "abc"),
            ("[0-9a-f]{7,40}", "0123"),
            ("[[:digit:]_]+", "12-"),
            (r"[\.]+", "a"),
            ("[]a]", "b"),
            ("[a-]", "b"),
            ("[^[:space:]]", " "),
            ("[a&&b]+", "ab&c"),
            ("v[.]1", "v11"),
        ] {
            assert!(refuses(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_text_that_is_matched_or_may_be_is_not_refused() {
        for (pattern, text) in [
            ("^a+$", "aaa"),
            ("a|b+", "bb"),
            ("(^a|b$)", "b"),
            ("[[:digit:]_]+", "1_2"),
            (r"[\.]+", r".\."),
            ("[]a]+", "]a]"),
            ("[a-]+", "-a"),
            ("[+--]+", "+,-"),
            ("[a&&b~~c]+", "&~abc"),
            ("[[a]+", "[a"),
            ("a.b", "a\nb"),
            (r"\.\{x", ".{x"),
            ("[[.a.]]", "b"),
            ("[[=a=]]", "b"),
            ("é", "x"),
            ("x", "é"),
            ("((a{255}){255}){255}", "b"),
        ] {
            assert!(!refuses(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn what_grep_takes_is_taken() {
        for pattern in [
            "^v[0-9]+$",
            "UP|ok",
            "a{2,5}",
            "[[:digit:]]+",
            "[]a]",
            "(a|b)c?",
            r"\.",
            "[^\"]*",
            "^$",
            "^(true|false)$",
            r"a\{b",
            "[a-]",
            "[0-9a-f]{7,40}",
            "(^a|b$)",
            "(^|[^a-z])up($|[^a-z])",
        ] {
            assert_eq!(fault(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn perl_syntax_is_reported_as_such() {
        for (pattern, told) in [
            (r"\d+", r"`\d` is Perl syntax"),
            ("(?i)up", "`(?i` is Perl syntax"),
            ("(?:a)", "`(?:a` is Perl syntax"),
            ("a+?", "no lazy"),
            (r"\bup\b", "word boundaries"),
            (r"(a)\1", "back references"),
            ("(a", "without its `)`"),
            ("a)", "without its `(`"),
            ("[a", "without its `]`"),
            ("*a", "there is nothing before"),
            ("a|", "empty alternative"),
            ("a{x}", "does not begin"),
            ("[z-a]", "reversed"),
            ("[[:number:]]", "no class"),
            (r"[\d]", "two characters"),
        ] {
            let found = fault(pattern)
                .map(|(message, _)| message)
                .unwrap_or_default();
            assert!(found.contains(told), "{pattern}: {found}");
        }
    }
}
