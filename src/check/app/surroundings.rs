//! What an app finds around it.

use crate::check::drivers::descriptions::Descriptions;
use crate::check::findings::Findings;
use crate::check::names::definitions::Names;
use crate::check::probe::named::Probes;

/// What an app finds around it.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    pub names: &'a Names<'a>,
    pub probes: &'a Probes<'a>,
    pub drivers: &'a Descriptions,
    pub findings: &'a Findings,
}
