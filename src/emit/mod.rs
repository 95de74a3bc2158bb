//! Plan → files: the script, the proxy's fragments, the targets' files, the manifest.

mod attributes;
mod bundle;
mod failed;
mod fragments;
pub mod manifest;
mod places;
pub mod quoted;
mod script;
mod targets;
pub mod template;

pub use attributes::{ATTRIBUTE_LINES, ATTRIBUTES, attributes};
pub use bundle::{Bundle, Form, Mode, OutputFile, Owner, VERSION};
pub use places::Places;
pub use script::{
    RUNTIME_BEGINS, RUNTIME_ENDS, order_module, runtime_file, runtime_id, runtime_modules,
    runtime_text,
};

use crate::diagnostics::Report;
use crate::model::{App, DriverFile};
use crate::plan::Plan;
use failed::Failed;

/// Makes the files of apps that were checked and planned.
///
/// # Errors
/// If a driver's template cannot be filled in, or if two apps need the same path.
pub fn emit(apps: &[(App, Plan)], places: &Places<'_>, form: Form) -> Result<Bundle, Report> {
    let mut bundle = Bundle::default();
    let mut report = Report::new();
    for (app, plan) in apps {
        // Several apps may have colors with the same name.
        let prefix = match apps {
            [_] => String::new(),
            _ => format!("{}-", app.name),
        };
        match emit_app(app, plan, places, form, &prefix) {
            Ok(files) => bundle.add(app, files, &mut report),
            Err(finding) => report.push(*finding),
        }
    }
    if report.has_errors() {
        return Err(report);
    }
    if form == Form::Files {
        bundle.files.push(OutputFile {
            path: places.out(&runtime_file()),
            text: runtime_text().to_owned(),
            mode: Mode::Plain,
            owner: Owner::Folder,
        });
    }
    Ok(bundle)
}

/// The files of all drivers of an app, their bases included. The output depends on them and on the sources.
pub fn driver_files(app: &App) -> impl Iterator<Item = &DriverFile> {
    app.drivers()
        .chain(&app.targets)
        .flat_map(|used| used.driver.chain())
        .flat_map(|driver| {
            let fragment = driver.fragment.as_ref().map(|(file, _)| file);
            let files = driver.files.iter().map(|(_, file)| file);
            driver.functions.iter().chain(fragment).chain(files)
        })
}

fn emit_app(
    app: &App,
    plan: &Plan,
    places: &Places<'_>,
    form: Form,
    prefix: &str,
) -> Result<Vec<OutputFile>, Failed> {
    let fragments = fragments::render(app, places)?;
    let mut files = vec![OutputFile {
        path: places.out(&format!("{}.sh", app.name)),
        text: script::render(app, plan, fragments.as_ref(), places, form)?,
        mode: Mode::Executable,
        owner: Owner::Source,
    }];
    let folder = &app.switch.driver.name;
    for (color, text) in app.colors.iter().zip(fragments.iter().flatten()) {
        files.push(OutputFile {
            path: places.out(&format!(
                "{folder}/{prefix}{}",
                fragments::file_name(app, &color.name)
            )),
            text: text.clone(),
            mode: Mode::Plain,
            owner: Owner::Source,
        });
    }
    files.extend(targets::render(app, plan, places)?);
    Ok(files)
}

#[cfg(test)]
mod tests;
