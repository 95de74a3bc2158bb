//! What an app finds around it.

use crate::check::drivers::descriptions::Descriptions;
use crate::check::findings::Findings;
use crate::check::names::definitions::Definitions;
use crate::check::probe::named_probes::NamedProbes;

/// What an app finds around it.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    pub names: &'a Definitions<'a>,
    pub probes: &'a NamedProbes<'a>,
    pub drivers: &'a Descriptions,
    pub findings: &'a Findings,
}
