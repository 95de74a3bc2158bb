//! The hosts and ports that questions go to, and the ports of the proxy.

use crate::check::values::text_forms::{self, Authority, AuthorityPort};
use crate::model::{App, Color, Port, Question, Subject, Template};
use std::collections::BTreeSet;

/// Returns the host and port that a question goes to. Returns `None` if the question has no host, or the host is not
/// known.
pub(super) fn asked(question: &Question) -> Option<Asked> {
    match &question.subject {
        Subject::Http { url, via, .. } => {
            let url = text_forms::url(url).ok()??;
            let (authority, default) = match via {
                Some(via) => (text_forms::address(via).ok()?, None),
                None => (url.authority, Some(url.scheme.port())),
            };
            Some(Asked::new(authority, default))
        }
        Subject::Tcp(address) => Some(Asked::new(text_forms::address(address).ok()?, None)),
        Subject::Exec(_) | Subject::ExecInside(_) | Subject::Healthy => None,
    }
}

/// The host and port of a question.
pub(super) struct Asked {
    /// The host. If the port is not constant, this is the whole `host:port`.
    pub(super) host: Template,
    /// The port, if it is constant.
    pub(super) port: Option<u16>,
}

impl Asked {
    fn new(authority: Authority, default: Option<u16>) -> Self {
        let port = match authority.port {
            AuthorityPort::Number(port) => Some(port.get()),
            AuthorityPort::Absent => default,
            AuthorityPort::Unknown => None,
        };
        Self {
            host: authority.host,
            port,
        }
    }
}

/// Returns the ports of both colors, each with its color.
pub(super) fn color_ports(app: &App) -> impl Iterator<Item = (Port, &Color)> {
    app.colors
        .iter()
        .flat_map(|color| color.ports.iter().map(move |(_, port)| (*port, color)))
}

/// Returns the ports of the proxy, as far as the file shows them: 80, 443 and the ports that `verify` asks.
pub(super) fn proxy_ports(app: &App) -> BTreeSet<u16> {
    let own: BTreeSet<u16> = color_ports(app).map(|(port, _)| port.get()).collect();
    let mut ports: BTreeSet<u16> = app
        .verify
        .checks()
        .iter()
        .flat_map(|verify| &verify.questions)
        .filter_map(|question| asked(question)?.port)
        .filter(|port| !own.contains(port))
        .collect();
    ports.extend([80, 443]);
    ports
}
