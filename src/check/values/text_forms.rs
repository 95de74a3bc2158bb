//! Forms of texts: URLs, addresses, paths, JSON paths, users.

use super::scope::Scope;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Piece, Port, Template, Variable};
use crate::source::Span;

/// The parts of a URL, as far as the compiler knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    pub scheme: Scheme,
    pub authority: Authority,
}

/// `http` or `https`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    /// Returns the port of a URL without a port.
    pub fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// The host and the port, as far as the compiler knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// The host. An IPv6 address has its brackets: `[::1]`. If the port is `Unknown`, this is the whole `host:port`.
    pub host: Template,
    pub port: AuthorityPort,
}

/// The port of an authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorityPort {
    /// There is no port.
    Absent,
    /// A number.
    Number(Port),
    /// The port contains a placeholder, or the whole `host:port` is made of placeholders.
    Unknown,
}

/// The first of the private characters that replace the variables of a template during parsing.
const FIRST_MARK: u32 = 0xF0000;

/// Returns a template as text. Each variable is one private character.
fn marked(template: &Template) -> (String, Vec<Variable>) {
    let mut text = String::new();
    let mut variables = Vec::new();
    for piece in &template.pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Variable(variable) => {
                let number = FIRST_MARK + u32::try_from(variables.len()).unwrap_or(0);
                text.push(char::from_u32(number).unwrap_or('\u{FFFFD}'));
                variables.push(variable.clone());
            }
        }
    }
    (text, variables)
}

fn is_mark(c: char) -> bool {
    u32::from(c) >= FIRST_MARK
}

fn unmarked(text: &str, variables: &[Variable]) -> Template {
    let mut template = Template::default();
    for c in text.chars() {
        let variable = u32::from(c)
            .checked_sub(FIRST_MARK)
            .and_then(|at| variables.get(at as usize));
        match variable {
            Some(variable) => template.push_variable(variable.clone()),
            None => template.push_literal(c.encode_utf8(&mut [0; 4])),
        }
    }
    template
}

/// Why a text has a wrong form, and its correction.
type Fault = (String, &'static str);

/// Returns whether a text is a usable URL. Reports it if not.
pub fn check_url(scope: Scope<'_>, template: &Template, span: Span) -> bool {
    match url(template) {
        Ok(_) => true,
        Err((message, help)) => {
            scope
                .findings
                .push(Diagnostic::new(Code::BAD_URL, span, message).help(help));
            false
        }
    }
}

/// Splits a URL into its parts. Returns `None` if it begins with a placeholder, because its parts are then unknown.
pub fn url(template: &Template) -> Result<Option<Url>, Fault> {
    let (text, variables) = marked(template);
    if text.starts_with(is_mark) {
        return Ok(None);
    }
    let lower = text.to_ascii_lowercase();
    let (scheme, rest) = if let Some(rest) = lower.strip_prefix("http://") {
        (Scheme::Http, &text[text.len() - rest.len()..])
    } else if let Some(rest) = lower.strip_prefix("https://") {
        (Scheme::Https, &text[text.len() - rest.len()..])
    } else if let Some((scheme, _)) = text.split_once("://") {
        return Err((
            format!("`{scheme}` cannot be asked: expected `http` or `https`"),
            "for a plain connection use `tcp \"host:port\"`, for anything else `exec [...]`",
        ));
    } else {
        return Err((
            "a URL begins with `http://` or `https://`".into(),
            "write it whole: `http://127.0.0.1:{port}/health`",
        ));
    };
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(("a URL contains no blanks".into(), "write `%20` for a blank"));
    }
    if text.contains('#') {
        return Err((
            "the part after `#` is never sent to the server".into(),
            "leave it out, or write `%23` for the character",
        ));
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let authority = &rest[..end];
    if authority.contains('@') {
        return Err((
            "a user in a URL would be on a command line, which every user of the host can read"
                .into(),
            "send it as a header, from an `input` of type `secret`: `header \"Authorization\" \"…\"`",
        ));
    }
    match split(authority, &variables) {
        Ok(authority) => Ok(Some(Url { scheme, authority })),
        Err(why) => Err((why, "host and port look like `127.0.0.1:{port}`")),
    }
}

/// Returns whether a text is `host:port`, for `tcp`, `via` and `address`. Both parts are required. Reports it if not.
pub fn check_address(scope: Scope<'_>, template: &Template, span: Span) -> bool {
    match address(template) {
        Ok(_) => true,
        Err(why) => {
            scope.findings.push(
                Diagnostic::new(Code::BAD_ADDRESS, span, why)
                    .help("write it as `127.0.0.1:8080`, `web-{color}:8000` or `[::1]:8080`"),
            );
            false
        }
    }
}

/// Splits `host:port` into its parts.
pub fn address(template: &Template) -> Result<Authority, String> {
    let (text, variables) = marked(template);
    if text.contains("://") {
        return Err("found a URL, expected `host:port`".into());
    }
    if text.chars().any(|c| c.is_whitespace() || c == '/') {
        return Err("expected `host:port` and nothing else".into());
    }
    let authority = split(&text, &variables)?;
    if authority.port == AuthorityPort::Absent && !text.ends_with(is_mark) {
        return Err("the port is missing: expected `host:port`".into());
    }
    Ok(authority)
}

fn split(text: &str, variables: &[Variable]) -> Result<Authority, String> {
    if text.is_empty() {
        return Err("the host is missing".into());
    }
    let (host, port) = if text.starts_with('[') {
        let Some(end) = text.find(']') else {
            return Err("`[` without `]` in the host".into());
        };
        match &text[end + 1..] {
            "" => (text, None),
            rest => match rest.strip_prefix(':') {
                Some(port) => (&text[..=end], Some(port)),
                None => return Err("`:` and the port must follow `]`".into()),
            },
        }
    } else {
        match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    if host.is_empty() {
        return Err("the host is missing".into());
    }
    if !host.starts_with('[') {
        let allowed = |c: char| c.is_alphanumeric() || ".-_".contains(c) || is_mark(c);
        if host.contains(':') {
            return Err("write an IPv6 address in brackets: `[::1]:8080`".into());
        }
        if let Some(bad) = host.chars().find(|c| !allowed(*c)) {
            return Err(format!("a host must not contain `{bad}`"));
        }
    }
    let port = match port {
        None if host.contains(is_mark) && text.chars().all(is_mark) => AuthorityPort::Unknown,
        None => AuthorityPort::Absent,
        Some("") => return Err("the port is missing after `:`".into()),
        Some(port) if port.contains(is_mark) => {
            if !port.chars().all(|c| is_mark(c) || c.is_ascii_digit()) {
                return Err("the port is not a number".into());
            }
            AuthorityPort::Unknown
        }
        Some(port) => match port.parse().ok().and_then(Port::new) {
            Some(port) => AuthorityPort::Number(port),
            None => return Err(format!("`{port}` is not a port: ports are 1 to 65535")),
        },
    };
    let variables_in = match port {
        AuthorityPort::Unknown => text,
        _ => host,
    };
    Ok(Authority {
        host: unmarked(variables_in, variables),
        port,
    })
}

/// Returns a path on the host. A relative path is below the root. Reports an empty path, `..`, `~` and line ends.
pub fn path(scope: Scope<'_>, template: Template, span: Span) -> Option<Template> {
    let refuse = |message: &str, help: &str| {
        scope
            .findings
            .push(Diagnostic::new(Code::BAD_PATH, span, message).help(help));
        None
    };
    let Some(first) = template.pieces.first() else {
        return refuse("the path is empty", "name a file or folder");
    };
    let literals = template.pieces.iter().filter_map(|piece| match piece {
        Piece::Literal(text) => Some(text.as_str()),
        Piece::Variable(_) => None,
    });
    if literals
        .clone()
        .any(|text| text.split('/').any(|part| part == ".."))
    {
        return refuse(
            "a path on the host must not contain `..`",
            "write the path without `..`: the rules compare paths as they are written",
        );
    }
    if literals.clone().any(|text| text.contains(['\n', '\r'])) {
        return refuse("a path must not contain a line break", "leave it out");
    }
    let relative = match first {
        Piece::Literal(text) if text.starts_with('~') => {
            return refuse(
                "`~` has no meaning here: no shell expands it",
                "write the folder itself, for example `/home/ubuntu`",
            );
        }
        Piece::Literal(text) => !text.starts_with('/'),
        Piece::Variable(Variable::Slot | Variable::Input(_) | Variable::ColorLet(_)) => false,
        Piece::Variable(_) => true,
    };
    if !relative {
        return Some(template);
    }
    let root = scope.facts.root.as_ref()?;
    let mut absolute = Template::literal(root.join("").as_str());
    let mut rest = template;
    if let Some(Piece::Literal(text)) = rest.pieces.first_mut()
        && let Some(trimmed) = text.strip_prefix("./")
    {
        *text = trimmed.to_owned();
    }
    absolute.append(&rest);
    Some(absolute)
}

/// Returns whether a text can be the name of a user (useradd(8), with the dots and capital letters that some hosts
/// allow).
pub fn is_user(text: &str) -> bool {
    let mut chars = text.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && text.len() <= 32
        && chars.all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

/// Checks that a text is a path into JSON, such as `a.b[0]`. `Err` contains the reason why it is not.
pub fn json_path(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("it is empty".into());
    }
    for part in text.split('.') {
        let (key, mut indexes) = match part.find('[') {
            Some(at) => part.split_at(at),
            None => (part, ""),
        };
        if key.is_empty() && (indexes.is_empty() || !text.starts_with('[')) {
            return Err("a name is missing beside a `.`".into());
        }
        if let Some(bad) = key.chars().find(|c| "]\"'$*@ ".contains(*c)) {
            return Err(format!("`{bad}` has no meaning in it"));
        }
        while !indexes.is_empty() {
            let Some((index, rest)) = indexes
                .strip_prefix('[')
                .and_then(|rest| rest.split_once(']'))
            else {
                return Err("an index is a number in brackets: `[0]`".into());
            };
            if index.is_empty() || index.len() > 9 || !index.chars().all(|c| c.is_ascii_digit()) {
                return Err("an index is a number in brackets: `[0]`".into());
            }
            indexes = rest;
        }
    }
    Ok(())
}
