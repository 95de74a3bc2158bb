//! Tables of values that differ by color and by service: its port, the proxy's address for it, its driver.

use super::super::fragments::address;
use super::super::quoted::Quoted;
use super::{Code, Failed, Script};
use crate::model::{Color, DriverUse, Handover};

impl Script<'_> {
    pub(super) fn tables(&self, code: &mut Code) -> Result<(), Failed> {
        code.gap();
        code.comment("Where each color listens, how the proxy reaches it, how each service runs.");
        code.table("declare -A port_of", &self.ports(), None);
        code.table("declare -A address_of", &self.addresses()?, None);
        code.table(
            "declare -A run_of",
            &self.by_service(|service| Quoted::text(&chain_words(&service.run)))?,
            None,
        );
        code.table(
            "declare -A handover_of",
            &self.by_service(|service| Quoted::text(handover(service.handover)))?,
            None,
        );
        code.table(
            "declare -A stop_within_of",
            &self
                .by_service(|service| Quoted::text(&service.stop_within.as_millis().to_string()))?,
            Some("ms".to_owned()),
        );
        if self.app.colors.iter().any(|color| !color.lets.is_empty()) {
            code.table("declare -A let_of", &self.lets()?, None);
        }
        Ok(())
    }

    fn ports(&self) -> Vec<Vec<String>> {
        let of = |color: &Color| {
            let services = self.app.services.iter();
            let ports =
                services.filter_map(|service| Some((&service.name, color.port(&service.name)?)));
            ports
                .map(|(service, port)| format!("{}={port}", key(&color.name, service)))
                .collect()
        };
        self.app.colors.iter().map(of).collect()
    }

    fn addresses(&self) -> Result<Vec<Vec<String>>, Failed> {
        let of = |color: &Color| {
            let mut entries = Vec::new();
            for service in &self.app.services {
                if let Some(address) = address(self.app, color, service)? {
                    let address = Quoted::text(&address)?;
                    entries.push(format!("{}={address}", key(&color.name, &service.name)));
                }
            }
            Ok(entries)
        };
        self.app.colors.iter().map(of).collect()
    }

    fn lets(&self) -> Result<Vec<Vec<String>>, Failed> {
        let of = |color: &Color| {
            let lets = color.lets.iter();
            lets.map(|(name, text)| {
                let text = Quoted::text(text)?;
                Ok(format!("{}={text}", key(&color.name, name)))
            })
            .collect()
        };
        self.app.colors.iter().map(of).collect()
    }

    fn by_service(
        &self,
        value: impl Fn(&crate::model::Service) -> Result<Quoted, super::super::quoted::HasNul>,
    ) -> Result<Vec<Vec<String>>, Failed> {
        let services = self.app.services.iter();
        let entries: Vec<String> = services
            .map(|service| Ok(format!("[\"{}\"]={}", service.name, value(service)?)))
            .collect::<Result<_, Failed>>()?;
        Ok(vec![entries])
    }
}

/// A key of two words. It is in quotes, because otherwise shfmt reads `-` as arithmetic.
fn key(color: impl std::fmt::Display, word: impl std::fmt::Display) -> String {
    format!("[\"{color} {word}\"]")
}

/// A driver and its bases, nearest first. The functions of a base replace missing ones.
pub(super) fn chain_words(used: &DriverUse) -> String {
    let chain = used.driver.chain();
    let names: Vec<String> = chain.map(|driver| driver.name.shell()).collect();
    names.join(" ")
}

/// The word that the runtime uses.
fn handover(handover: Handover) -> &'static str {
    match handover {
        Handover::Overlap => "overlap",
        Handover::Exclusive => "exclusive",
    }
}
