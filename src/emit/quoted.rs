//! Words of shell code. Quoting is decided here, once; text reaches a script only as a [`Quoted`].

use crate::model::{Piece, Template, Variable};
use std::borrow::Cow;
use std::fmt;

/// One word of bash: whatever text it was made of arrives as exactly one argument, unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted(String);

/// A text that no shell word can hold: there is a NUL in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HasNul;

impl Quoted {
    /// A constant: bare where that is safe, else in quotes.
    ///
    /// # Errors
    /// When there is a NUL in it.
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
        // A `$` or a backquote in single quotes looks like a mistake to readers and to ShellCheck.
        if text.contains(['$', '`']) {
            return Ok(Self(format!("\"{}\"", in_double_quotes(text))));
        }
        Ok(Self(
            shell_escape::unix::escape(Cow::Borrowed(text)).into_owned(),
        ))
    }

    /// The word, as it stands in the script.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Text with variables: in double quotes as soon as there is one.
    ///
    /// # Errors
    /// When there is a NUL in it.
    pub fn template(template: &Template) -> Result<Self, HasNul> {
        Self::prefixed("", template)
    }

    /// `prefix` and a template as one word, such as `KEY=value`.
    ///
    /// # Errors
    /// When there is a NUL in it.
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

/// Characters that mean nothing to bash wherever they stand in an argument or a value.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-./:,+@%=".contains(c)
}

/// Control characters, but for line ends and tabs. No reader of a script sees them, and bash, up to 5.2 at least, doubles
/// U+0001 and U+007F of a double-quoted word in `name=(…)`.
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

/// Escapes the four characters that mean something between double quotes in a script. What nobody would see leaves them
/// for quotes of its own.
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

/// `$'…'`: three octal digits end by themselves, whatever follows.
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

/// How the script names what a placeholder stands for.
fn expansion(variable: &Variable) -> String {
    match variable {
        Variable::Color => "${color}".to_owned(),
        Variable::Port => "${port}".to_owned(),
        Variable::PortOf(service) => format!("${{port_of[\"${{color}} {service}\"]}}"),
        Variable::Address => "${address}".to_owned(),
        Variable::Service => "${service}".to_owned(),
        Variable::Slot => "${slot}".to_owned(),
        Variable::OtherColor => "${other_color}".to_owned(),
        Variable::OtherPort => "${other_port}".to_owned(),
        Variable::ColorLet(name) => format!("${{let_of[\"${{color}} {name}\"]}}"),
        Variable::Input(name) => format!("${{input[{name}]}}"),
        // Whether the host can ask a question is looked at before anything has started.
        Variable::Offer(name) => format!("${{offer[{name}]-}}"),
        Variable::From => "${from}".to_owned(),
        Variable::To => "${to}".to_owned(),
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

    /// What bash takes the word for, with `color` set to `value`.
    fn in_bash(word: &Quoted, value: &str) -> String {
        // As an argument and as an element of an array: bash reads the two differently.
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

    /// Any Unicode text without NUL, with what shells care for more often than chance has it.
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
