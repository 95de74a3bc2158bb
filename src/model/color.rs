//! The colors.

use super::{Name, Port};
use crate::source::Span;

/// One of the two colors.
#[derive(Clone, Debug)]
pub struct Color {
    /// Its name.
    pub name: Name,
    /// Port by service, in the order of [`App::services`]; services without a port are absent.
    pub ports: Vec<(Name, Port)>,
    /// The `let`s of this color, as text.
    pub lets: Vec<(String, String)>,
    /// Its place in the source.
    pub span: Span,
}

impl Color {
    /// The port of a service in this color.
    #[must_use]
    pub fn port(&self, service: &Name) -> Option<Port> {
        self.ports
            .iter()
            .find(|(name, _)| name == service)
            .map(|(_, port)| *port)
    }
}
