//! The definitions outside of an app that the app can use.

use crate::check::drivers::descriptions::Descriptions;
use crate::check::findings::Findings;
use crate::check::names::definitions::Definitions;
use crate::check::probe::named_probes::NamedProbes;

/// The definitions outside of an app that the app can use.
#[derive(Clone, Copy)]
pub struct OuterDefinitions<'a> {
    pub names: &'a Definitions<'a>,
    pub probes: &'a NamedProbes<'a>,
    pub drivers: &'a Descriptions,
    pub findings: &'a Findings,
}
