//! A function for each color: what belongs to it and to its services.

use super::super::fragments::address;
use super::super::quoted::Quoted;
use super::{Code, Failed, Script};
use crate::model::{Color, Port, Service};

impl Script<'_> {
    pub(super) fn colors(&self, code: &mut Code) -> Result<(), Failed> {
        code.gap();
        code.comment("What belongs to a color.");
        for color in &self.app.colors {
            let head = format!("{}() {{", Self::color_function(color));
            let place = self.places.at(color.span);
            code.block(head, Some(place), "}", |code| self.color(color, code))?;
        }
        Ok(())
    }

    fn color(&self, color: &Color, code: &mut Code) -> Result<(), Failed> {
        code.line(format!("other_color={}", self.app.other(color).name));
        for (name, text) in &color.lets {
            code.line(format!("let_{name}={}", Quoted::text(text)?));
        }
        if let [service] = self.app.services.as_slice() {
            code.line(self.addresses(color, service)?);
        } else {
            for (service, port) in &color.ports {
                code.line(format!("port_{}={port}", service.shell()));
            }
            code.block("case $service in", None, "esac", |code| {
                for service in &self.app.services {
                    let line = self.addresses(color, service)?;
                    code.line(format!("{}) {line} ;;", service.name));
                }
                Ok::<(), Failed>(())
            })?;
        }
        Ok(())
    }

    fn addresses(&self, color: &Color, service: &Service) -> Result<String, Failed> {
        let port = |port: Option<Port>| port.map_or("''".to_owned(), |port| port.to_string());
        let own = port(color.port(&service.name));
        let other = port(self.app.other(color).port(&service.name));
        let address = address(self.app, color, service)?.unwrap_or_default();
        let address = Quoted::text(&address)?;
        Ok(format!("port={own} other_port={other} address={address}"))
    }
}
