//! Templates for formats that have no variables of their own. Each output language has its own environment, which
//! quotes every value automatically by the rules of that language.

use super::quoted::Quoted;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value,
};

/// The output language of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// nginx configuration: a word, in double quotes if necessary.
    Nginx,
    /// A Caddyfile: a token, in double quotes if necessary.
    Caddy,
    /// YAML: a scalar.
    Yaml,
    /// bash: a word.
    Shell,
    /// Anything else: only words that need no quoting anywhere.
    Plain,
}

impl Language {
    /// The language of a generated file, from its name.
    #[must_use]
    pub fn of_file(path: &str) -> Self {
        match path.rsplit_once('.').map(|(_, extension)| extension) {
            Some("sh") => Self::Shell,
            Some("yml" | "yaml") => Self::Yaml,
            _ => Self::Plain,
        }
    }

    /// `text` as one value of the language, or the reason why this is impossible.
    fn quote(self, text: &str) -> Result<String, String> {
        if text.contains('\0') {
            return Err("it contains a NUL".to_owned());
        }
        match self {
            Self::Nginx if text.contains('$') => {
                Err("nginx would treat its `$` as a variable".to_owned())
            }
            Self::Caddy if text.contains(['{', '}']) => {
                Err("Caddy would treat its braces as a placeholder".to_owned())
            }
            Self::Nginx | Self::Caddy | Self::Plain if is_plain(text) => Ok(text.to_owned()),
            Self::Nginx => Ok(format!(
                "\"{}\"",
                text.replace('\\', "\\\\").replace('"', "\\\"")
            )),
            Self::Caddy => Ok(format!("\"{}\"", text.replace('"', "\\\""))),
            Self::Plain => Err("it has characters that would need quoting".to_owned()),
            Self::Yaml if is_plain_scalar(text) => Ok(text.to_owned()),
            Self::Yaml => Ok(yaml_string(text)),
            Self::Shell => Quoted::text(text)
                .map(|word| word.to_string())
                .map_err(|_| "it contains a NUL".to_owned()),
        }
    }
}

/// Fills in a template. Error messages call it `name`.
///
/// # Errors
/// If the template is wrong, if it names an undefined value, or if a value cannot be written in the language.
pub fn render(language: Language, name: &str, text: &str, context: Value) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let mut syntax = SyntaxConfig::builder();
    syntax.keep_trailing_newline(true);
    environment.set_syntax(syntax.build()?);
    environment.set_debug(true);
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("quoted".into()));
    environment.set_formatter(move |out, state, value| write_value(language, out, state, value));
    environment.add_filter("bare", bare);
    environment.add_function("refuse", refuse);
    environment
        .template_from_named_str(name, text)?
        .render(context)
}

fn write_value(
    language: Language,
    out: &mut Output<'_>,
    _state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    let fail = |why: &str| Err(Error::new(ErrorKind::InvalidOperation, why.to_owned()));
    if value.is_safe() {
        return Ok(write!(out, "{value}")?);
    }
    match value.kind() {
        ValueKind::Number => Ok(write!(out, "{value}")?),
        ValueKind::Bool => Ok(write!(out, "{}", value.is_true())?),
        ValueKind::String => match language.quote(value.as_str().unwrap_or_default()) {
            Ok(quoted) => Ok(out.write_str(&quoted)?),
            Err(why) => fail(&format!("`{value}` cannot be written here: {why}")),
        },
        ValueKind::Undefined => fail("a value is missing"),
        kind => fail(&format!("a {kind} cannot be written as one word")),
    }
}

/// `{{ refuse("why") }}`, for settings that do not fit together. The reason becomes a finding.
fn refuse(why: String) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, why))
}

/// `{{ value|bare }}`, for the middle of a word. Accepts only values that need no quoting in any language.
fn bare(value: &Value) -> Result<Value, Error> {
    match value.as_str() {
        Some(text) if is_plain(text) => Ok(Value::from_safe_string(text.to_owned())),
        _ => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!(
                "`{value}` cannot be a part of a word: only letters, digits and `_-./:,+@%=` are allowed there"
            ),
        )),
    }
}

fn is_plain(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-./:,+@%=".contains(c);
    !text.is_empty() && text.chars().all(allowed)
}

/// Whether every YAML reader, even an old one of Ruby, reads the bare text as this string.
fn is_plain_scalar(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(inner)
        && !words.contains(&text.to_ascii_lowercase().as_str())
}

/// A YAML string in double quotes. Everything but printable ASCII is escaped.
fn yaml_string(text: &str) -> String {
    let escaped = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        ' '..='~' => c.to_string(),
        '\0'..='\u{FFFF}' => format!("\\u{:04X}", u32::from(c)),
        _ => format!("\\U{:08X}", u32::from(c)),
    };
    let inside: String = text.chars().map(escaped).collect();
    format!("\"{inside}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::context;

    fn one(language: Language, value: &str) -> Result<String, String> {
        render(language, "test", "{{ value }}", context! { value })
            .map_err(|error| error.detail().unwrap_or_default().to_owned())
    }

    #[test]
    fn values_are_quoted_by_the_language() {
        for (language, value, written) in [
            (Language::Nginx, "127.0.0.1:80", "127.0.0.1:80"),
            (Language::Nginx, "a b;", "\"a b;\""),
            (Language::Nginx, r#"a\"b"#, r#""a\\\"b""#),
            (Language::Caddy, "a b", "\"a b\""),
            (Language::Yaml, "root", "root"),
            (Language::Yaml, "/", "/"),
            (Language::Yaml, "no", "\"no\""),
            (Language::Yaml, "On", "\"On\""),
            (Language::Yaml, "0755", "\"0755\""),
            (Language::Yaml, "2026-01-01", "\"2026-01-01\""),
            (Language::Yaml, "&anchor", "\"&anchor\""),
            (Language::Yaml, "a: b # \"c\"\n", "\"a: b # \\\"c\\\"\\n\""),
            (Language::Yaml, "한😀", "\"\\uD55C\\U0001F600\""),
            (Language::Shell, "it's", "'it'\\''s'"),
            (Language::Plain, "abc", "abc"),
        ] {
            assert_eq!(one(language, value).as_deref(), Ok(written), "{language:?}");
        }
    }

    #[test]
    fn what_a_language_cannot_say_is_refused() {
        for (language, value) in [
            (Language::Nginx, "$host"),
            (Language::Nginx, "a\0b"),
            (Language::Caddy, "{host}"),
            (Language::Plain, "a b"),
            (Language::Plain, ""),
        ] {
            assert!(one(language, value).is_err(), "{language:?} {value:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        for template in [
            "{{ nothing }}",
            "{{ value.nothing }}",
            "{{ list }}",
            "{{ none }}",
        ] {
            let context = context! { value => context! {}, list => vec![1], none => () };
            assert!(
                render(Language::Shell, "test", template, context).is_err(),
                "{template}"
            );
        }
    }

    #[test]
    fn numbers_and_truths_are_bare_and_bare_text_is_checked() {
        let context = context! { number => 70, truth => true, text => "a_b", odd => "a b" };
        let template = "{{ number }} {{ truth }} x{{ text|bare }}";
        let written = render(Language::Yaml, "test", template, context.clone());
        assert_eq!(written.ok().as_deref(), Some("70 true xa_b"));
        assert!(render(Language::Yaml, "test", "{{ odd|bare }}", context).is_err());
    }

    /// A placeholder inside quotes would be quoted twice.
    #[test]
    fn holes_stand_bare_in_our_templates() {
        let templates = crate::stdlib::templates();
        assert!(templates.len() >= 3, "{templates:?}");
        let texts = templates
            .iter()
            .filter_map(|path| crate::stdlib::text(path));
        for text in texts.chain([include_str!("script/frame.sh.j2")]) {
            for (at, _) in text.match_indices("\"{{") {
                let hole = &text[at..text.len().min(at + 40)];
                assert!(hole.contains("|bare }}\""), "{hole}");
            }
            assert!(!text.contains("|safe"), "{text}");
        }
    }
}
