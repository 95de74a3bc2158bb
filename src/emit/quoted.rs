//! Words of shell code. Only this module decides how to quote. A text can get into a script only as a [`Quoted`].

use crate::model::{Piece, Template, Variable};
use std::borrow::Cow;
use std::fmt;

/// One word of bash. Any text becomes exactly one argument and arrives unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted(String);

/// The error for a text with a NUL, which a shell word cannot contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HasNul;

impl Quoted {
    /// A constant text. Bare if that is safe, otherwise in quotes.
    ///
    /// # Errors
    /// If the text contains a NUL.
    pub fn text(text: &str) -> Result<Self, HasNul> {
        if text.contains('\0') {
            return Err(HasNul);
        }
        if !text.is_empty() && text.chars().all(is_plain) {
            return Ok(Self(text.to_owned()));
        }
        if text.contains(is_unseen) {
            return Ok(Self(in_ansi_quotes(text)));
        }
        // Readers and ShellCheck take a `$` or a backquote in single quotes for a mistake.
        if text.contains(['$', '`']) {
            return Ok(Self(format!("\"{}\"", in_double_quotes(text))));
        }
        Ok(Self(
            shell_escape::unix::escape(Cow::Borrowed(text)).into_owned(),
        ))
    }

    /// The word as the script contains it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A text with variables. It is in double quotes if it contains a variable.
    ///
    /// # Errors
    /// If the text contains a NUL.
    pub fn template(template: &Template) -> Result<Self, HasNul> {
        Self::prefixed("", template)
    }

    /// `prefix` and a template as one word, such as `KEY=value`.
    ///
    /// # Errors
    /// If the text contains a NUL.
    pub fn prefixed(prefix: &str, template: &Template) -> Result<Self, HasNul> {
        if let Some(text) = template.as_literal() {
            return Self::text(&format!("{prefix}{text}"));
        }
        let mut word = String::from("\"");
        word.push_str(&checked(prefix)?);
        for piece in &template.pieces {
            match piece {
                Piece::Literal(text) => word.push_str(&checked(text)?),
                Piece::Variable(variable) => word.push_str(&expansion(variable)),
            }
        }
        word.push('"');
        Ok(Self(word))
    }
}

impl fmt::Display for Quoted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Characters without a special meaning for bash, at any place of an argument or a value.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-./:,+@%=".contains(c)
}

/// Control characters except line ends and tabs. They are invisible to a reader of the script. And bash (at least up to
/// 5.2) doubles U+0001 and U+007F in a double-quoted word in `name=(…)`.
fn is_unseen(c: char) -> bool {
    c.is_ascii_control() && !matches!(c, '\n' | '\t')
}

/// The inside of double quotes.
fn checked(text: &str) -> Result<String, HasNul> {
    if text.contains('\0') {
        return Err(HasNul);
    }
    Ok(in_double_quotes(text))
}

/// Escapes the four characters that have a special meaning in double quotes. Invisible characters are put into separate
/// `$'…'` quotes.
fn in_double_quotes(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for part in text.split_inclusive(is_unseen) {
        let end = part.strip_suffix(is_unseen).unwrap_or(part);
        for c in end.chars() {
            if matches!(c, '"' | '\\' | '$' | '`') {
                escaped.push('\\');
            }
            escaped.push(c);
        }
        if end.len() < part.len() {
            escaped.extend(["\"", &in_ansi_quotes(&part[end.len()..]), "\""]);
        }
    }
    escaped
}

/// `$'…'`. Escapes have exactly three octal digits, so a digit that follows is not read as a part of the escape.
fn in_ansi_quotes(text: &str) -> String {
    let mut quoted = String::from("$'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => quoted.extend(['\\', c]),
            '\r' => quoted.push_str("\\r"),
            c if is_unseen(c) => quoted.push_str(&format!("\\{:03o}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

/// The variable of the script for a placeholder.
fn expansion(variable: &Variable) -> String {
    match variable {
        Variable::Color => "${color}".to_owned(),
        Variable::Port => "${port}".to_owned(),
        Variable::PortOf(service) => format!("${{port_of[\"${{color}} {service}\"]}}"),
        Variable::Address => "${address}".to_owned(),
        Variable::AddressOf(service) => format!("${{address_of[\"${{color}} {service}\"]}}"),
        Variable::Service => "${service}".to_owned(),
        Variable::Slot => "${slot}".to_owned(),
        Variable::OtherColor => "${other_color}".to_owned(),
        Variable::OtherPort => "${other_port}".to_owned(),
        Variable::ColorLet(name) => format!("${{let_of[\"${{color}} {name}\"]}}"),
        Variable::Input(name) => format!("${{input[{name}]}}"),
        // It has no value yet when the script checks, before the start, whether the host can ask this question. So an
        // empty default is needed.
        Variable::Offer(name) => format!("${{offer[{name}]-}}"),
        Variable::From => "${from}".to_owned(),
        Variable::To => "${to}".to_owned(),
        Variable::Command => "${command}".to_owned(),
        Variable::Outcome => "${outcome}".to_owned(),
        Variable::Reason => "${reason}".to_owned(),
        Variable::Seconds => "${seconds}".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    /// The value of the word in bash, with `color` set to `value`.
    fn in_bash(word: &Quoted, value: &str) -> String {
        // Both as an argument and as an element of an array, because bash reads them differently.
        let script = format!(
            "set -u\narray=({word})\n[[ ${{array[0]}} == {word} ]] || exit\nprintf %s \"${{array[@]}}\"\n"
        );
        let mut bash = Command::new("bash")
            .args(["--noprofile", "--norc", "-s"])
            .env_clear()
            .env("color", value)
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("bash runs");
        let mut stdin = bash.stdin.take().expect("it is piped");
        stdin.write_all(script.as_bytes()).expect("bash reads");
        drop(stdin);
        let output = bash.wait_with_output().expect("bash ends");
        assert!(output.status.success(), "{script}");
        String::from_utf8(output.stdout).expect("the same bytes")
    }

    /// Any Unicode text without NUL. Characters with a meaning for shells are more frequent than by chance.
    fn texts() -> impl Strategy<Value = String> {
        let odd = prop::sample::select(vec![
            "'", "\"", "$", "`", "\\", "!", "\n", "\r", "\t", " ", "*", "?", "[", "~", "{a,b}",
            "$(id)", "${x}", "&&", ";", "#", "-n", "=", "(", ")", "<", ">", "|", "%", "\u{7f}",
            "\u{1}", "한", "😀",
        ]);
        let odd = odd.prop_map(str::to_owned);
        let any = any::<String>().prop_map(|text| text.replace('\0', ""));
        prop::collection::vec(prop_oneof![odd, any], 0..8).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn any_text_arrives_unchanged(text in texts()) {
            let word = Quoted::text(&text).expect("no NUL");
            prop_assert_eq!(in_bash(&word, ""), text);
        }

        #[test]
        fn any_text_around_a_variable_arrives_unchanged(
            prefix in texts(), before in texts(), value in texts(), after in texts(),
        ) {
            let mut template = Template::default();
            template.push_literal(&before);
            template.push_variable(Variable::Color);
            template.push_literal(&after);
            let word = Quoted::prefixed(&prefix, &template).expect("no NUL");
            prop_assert_eq!(in_bash(&word, &value), format!("{prefix}{before}{value}{after}"));
        }
    }

    #[test]
    fn a_nul_is_refused() {
        assert_eq!(Quoted::text("a\0b"), Err(HasNul));
        let mut template = Template::literal("a\0");
        assert_eq!(Quoted::template(&template), Err(HasNul));
        template.push_variable(Variable::Port);
        assert_eq!(Quoted::template(&template), Err(HasNul));
    }

    #[test]
    fn words_read_well() {
        for (text, word) in [
            ("/opt/app-1.2/x.jar", "/opt/app-1.2/x.jar"),
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$HOME", "\"\\$HOME\""),
            ("~", "'~'"),
            ("a\r\u{1b}1'", "$'a\\r\\0331\\''"),
        ] {
            assert_eq!(
                Quoted::text(text).map(|word| word.to_string()),
                Ok(word.to_owned())
            );
        }
    }
}
