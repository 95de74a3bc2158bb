//! deployc compiles `deploy.bg` into a readable bash script that deploys blue/green.
//!
//! There is one pipeline: text → [`syntax`] → [`check`] → [`plan`](mod@plan) → [`emit`](mod@emit) → files.
//! Each phase has its own type, so only checked input can be emitted:
//!
//! ```text
//! text    &str                        what the user wrote
//! tree    syntax::tree::File          every word and comment, nothing resolved
//! model   model::App                  what the user meant, every value with its type
//! plan    plan::Plan                  the order: programs of steps, ways back, worst cases
//! files   emit::Bundle                the script, the fragments, files for the callers
//! ```
//!
//! All phases are pure. Only [`commands`] uses files, the clock and the environment.

pub mod check;
pub mod commands;
pub mod diagnostics;
pub mod emit;
#[cfg(test)]
mod fixture;
pub mod model;
pub mod plan;
pub mod source;
pub mod stdlib;
mod suggestions;
pub mod syntax;

use check::Loader;
use diagnostics::Report;
use emit::{Bundle, Form, Places};
use model::App;
use plan::Plan;
use source::{FileId, Sources};

/// Reads the file `main` of `sources` and the files that it `use`s, checks them, and plans the deployment of each of
/// its apps. Adds all findings to `report`. Returns `None` if one of them is an error.
pub fn plan_file(
    sources: &mut Sources,
    main: FileId,
    loader: &dyn Loader,
    report: &mut Report,
) -> Option<Vec<(App, Plan)>> {
    plan_for_review(sources, main, loader, report).filter(|_| !report.has_errors())
}

/// Does the same as [`plan_file`], but returns the plans also if an error is in a plan. For example, if a phase takes
/// longer than its caller allows, the plan shows best why. No files may be generated from such a plan.
pub fn plan_for_review(
    sources: &mut Sources,
    main: FileId,
    loader: &dyn Loader,
    report: &mut Report,
) -> Option<Vec<(App, Plan)>> {
    let apps = check::check(sources, main, loader, report)?;
    let mut planned = Vec::new();
    for app in apps {
        let plan = plan::plan(&app);
        plan::check_limits(&app, &plan, report);
        plan::check_laws(&app, &plan, report);
        planned.push((app, plan));
    }
    Some(planned)
}

/// Makes the files of planned apps. Returns `None` if this failed, for example in a template. The reason is then in
/// `report`.
pub fn emit_files(
    planned: &[(App, Plan)],
    places: &Places<'_>,
    form: Form,
    report: &mut Report,
) -> Option<Bundle> {
    emit::emit(planned, places, form)
        .map_err(|findings| report.extend(findings))
        .ok()
}
