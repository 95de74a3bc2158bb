//! Gates (`probe`) and checks through the proxy (`verify`).

use super::{Body, Name, Text, Value};
use crate::model::{Method, Relation};
use crate::source::Span;

/// `probe NAME [from OTHER] { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The name.
    pub name: Name,
    /// The name after `from`: `ready` or `spring.health`.
    pub from: Option<Name>,
    /// The body. `None` without a block.
    pub body: Option<Body<ProbeItem>>,
}

/// `verify …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verify {
    /// `verify none "reason"`
    None {
        /// The word `none`.
        word: Span,
        /// The reason.
        reason: Text,
    },
    /// `verify [NAME] [from OTHER] { … }`
    Check {
        /// The name.
        name: Option<Name>,
        /// The name after `from`.
        from: Option<Name>,
        /// The body.
        body: Option<Body<ProbeItem>>,
    },
}

/// A statement in a `probe` or `verify` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeItem {
    /// `get URL`, `head URL`, `post URL`: a string or a list of them
    Request {
        /// The method.
        method: Method,
        /// The place of the method's word.
        word: Span,
        /// The URL or URLs.
        urls: Value,
    },
    /// `body "…"`
    Body(Value),
    /// `tcp "host:port"`
    Tcp(Value),
    /// `exec [...]`, `exec inside [...]`
    Exec {
        /// The word `inside`, if it is given.
        inside: Option<Span>,
        /// The command.
        command: Value,
    },
    /// `healthy`
    Healthy(Span),
    /// `header "Name" "value"`
    Header {
        /// Its name.
        name: Value,
        /// Its value.
        value: Value,
    },
    /// `via "127.0.0.1:443"`
    Via(Value),
    /// `ca "/etc/ssl/shop-ca.pem"`
    Ca(Value),
    /// `expect …`
    Expect(Expect),
    /// `every D`
    Every(Value),
    /// `within D`
    Within(Value),
    /// `attempts N`
    Attempts(Value),
    /// `timeout D`
    Timeout(Value),
    /// `after D`
    After(Value),
    /// `passes N`
    Passes(Value),
    /// `warn`. It is allowed only in `verify`; `check/` reports it elsewhere.
    Warn(Span),
}

/// `expect …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// `expect status SET`
    Status(Value),
    /// `expect color`
    Color(Span),
    /// `expect body|header "X"|json "a.b[0]" contains|equals|matches "…"`
    Content {
        /// The part of the answer.
        part: ExpectPart,
        /// The relation between this part and the value.
        relation: Relation,
        /// The expected text.
        value: Value,
    },
}

/// The part of an answer that an `expect` compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectPart {
    /// `body`
    Body(Span),
    /// `header "X"`
    Header(Value),
    /// `json "a.b[0]"`
    Json(Value),
}
