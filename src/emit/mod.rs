//! Plan → files: the script, the proxy's fragments, the targets' files, the manifest.

mod attributes;
mod fragments;
pub mod manifest;
mod places;
pub mod quoted;
mod script;
mod targets;
pub mod template;

pub use attributes::{ATTRIBUTE_LINES, ATTRIBUTES, attributes};
pub use places::Places;
pub use script::{
    RUNTIME_BEGINS, RUNTIME_ENDS, order_module, runtime_file, runtime_id, runtime_modules,
    runtime_text,
};

use crate::diagnostics::{Code, Diagnostic, Report};
use crate::model::{App, DriverFile, DriverUse};
use crate::plan::Plan;
use crate::source::Span;
use camino::Utf8PathBuf;
use quoted::HasNul;

/// The compiler's version, as generated files name it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The number of files of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The application's script, and the runtime beside it.
    Files,
    /// One file that contains the runtime.
    Single,
}

/// The owner of a generated file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// It belongs to the source from which it was made.
    Source,
    /// It belongs to all sources that are built into this folder, and is the same for each of them.
    Folder,
}

/// A generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Relative to the folder of the source.
    pub path: Utf8PathBuf,
    /// Its content.
    pub text: String,
    /// Its permissions.
    pub mode: Mode,
    /// Its owner.
    pub owner: Owner,
}

/// A generated file's permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// 644
    Plain,
    /// 755
    Executable,
}

/// All files that are generated from one source file, in the order in which people read them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// The files without the manifest, which is made from them.
    pub files: Vec<OutputFile>,
}

/// Why a file cannot be written: a finding about a driver's template or a value in it.
type Failed = Box<Diagnostic>;

impl From<HasNul> for Failed {
    fn from(_: HasNul) -> Self {
        Self::new(Diagnostic::whole(
            Code::FORBIDDEN_CHARACTER,
            "a text with a NUL in it cannot be given to a program",
        ))
    }
}

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

impl Bundle {
    fn add(&mut self, app: &App, files: Vec<OutputFile>, report: &mut Report) {
        for file in files {
            if self.files.iter().any(|other| other.path == file.path) {
                let message = format!(
                    "app `{}` makes `{}`, which another app of this file makes too",
                    app.name, file.path
                );
                let finding = Diagnostic::new(Code::ONE_PATH_TWICE, app.span, message);
                report.push(
                    finding.help("put one of the two apps into a file and folder of its own"),
                );
            } else {
                self.files.push(file);
            }
        }
    }
}

/// A finding about a template of `used`.
fn template_failed(used: &DriverUse, span: Span, error: &minijinja::Error) -> Failed {
    let line = error.line().map(|line| format!(", line {line}"));
    let message = format!(
        "the template `{}`{} of `{}` cannot be filled in: {}",
        error.name().unwrap_or_default(),
        line.unwrap_or_default(),
        used.driver.name,
        error
            .detail()
            .map_or_else(|| error.kind().to_string(), str::to_owned),
    );
    Box::new(Diagnostic::new(Code::TEMPLATE_FAILS, span, message).help(
        "give the setting another value, or mend the template beside the driver's description",
    ))
}

#[cfg(test)]
mod tests;
