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
    /// `let`s that stand in the color, as text.
    pub lets: Vec<(String, String)>,
    /// Where it stands.
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
