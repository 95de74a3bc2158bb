//! deployc compiles `deploy.bg` into a readable bash script that deploys blue/green.
//!
//! One way through: text → [`syntax`] → [`check`] → [`plan`](mod@plan) → [`emit`](mod@emit) → files.
//! Each phase has its own type, so that nothing can be emitted that was not checked:
//!
//! ```text
//! text    &str                        what the user wrote
//! tree    syntax::tree::File          every word and comment, nothing worked out
//! model   model::App                  what the user meant, every value of its type
//! plan    plan::Plan                  the order: programs of steps, ways back, worst cases
//! files   emit::Bundle                the script, fragments, what callers want
//! ```
//!
//! All of it is pure: files, clock and environment are known to [`commands`] only.

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
pub mod syntax;

use check::Loader;
use diagnostics::Report;
use emit::{Bundle, Form, Places};
use model::App;
use plan::Plan;
use source::{FileId, Sources};

/// Reads the file `main` of `sources` and what it `use`s, checks it, and plans the deployment of each
/// of its apps. `None` when an error was found; everything found is in `report`.
pub fn plan_file(
    sources: &mut Sources,
    main: FileId,
    loader: &dyn Loader,
    report: &mut Report,
) -> Option<Vec<(App, Plan)>> {
    plan_for_review(sources, main, loader, report).filter(|_| !report.has_errors())
}

/// As [`plan_file`], but the plans are there also when what was found is in them: a phase that takes longer than its
/// caller allows is best seen in the plan. Nothing may be generated then.
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

/// Makes the files of planned apps. `None` when a template cannot be filled in.
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
