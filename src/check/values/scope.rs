//! The place of a value, and the names that are known there.

use super::value_place::ValuePlace;
use crate::check::findings::Findings;
use crate::check::names::definitions::Definitions;
use crate::check::names::early_facts::{Facts, ServiceFacts};

/// The place of a value: the meanings of names, and which of them have a value.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    pub findings: &'a Findings,
    pub names: &'a Definitions<'a>,
    pub facts: &'a Facts,
    pub place: ValuePlace,
    /// The current service.
    pub service: Option<&'a ServiceFacts>,
}

impl<'a> Scope<'a> {
    /// Makes the scope of a place in an app, outside of its services.
    pub fn new(
        findings: &'a Findings,
        names: &'a Definitions<'a>,
        facts: &'a Facts,
        place: ValuePlace,
    ) -> Self {
        Self {
            findings,
            names,
            facts,
            place,
            service: None,
        }
    }

    /// Returns the same names at another place.
    pub fn at(self, place: ValuePlace) -> Self {
        Self { place, ..self }
    }
}
