//! The programs of the commands that are not a deployment: one file for each command or group of similar commands. They
//! are the same for all apps, because none of their lines names a service, a check or a step of one app.

mod abort;
mod adopt;
mod remove;
mod resume;
mod rollback;

use super::Program;

/// Returns the programs, in the order in which the runtime has them.
pub(super) fn same_in_all() -> Vec<Program> {
    vec![
        rollback::rollback(),
        rollback::rollback_to(),
        rollback::restart(),
        abort::abort(),
        resume::resume(),
        adopt::adopt(),
        remove::remove(),
    ]
}
