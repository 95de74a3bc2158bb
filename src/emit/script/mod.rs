//! The script: the parts that differ between applications and the order of the commands. At its end it loads the
//! runtime.

mod code;
mod colors;
mod constants;
mod drivers;
mod programs;
mod question_lines;
mod recovery;
mod runtime;
mod runtime_order;
mod services;
mod steps;

pub use runtime::{BEGINS as RUNTIME_BEGINS, ENDS as RUNTIME_ENDS, text as runtime_text};
pub use runtime::{file_name as runtime_file, id as runtime_id, modules as runtime_modules};
pub use runtime_order::text as order_module;

use super::bundle::{Form, VERSION};
use super::failed::{Failed, template_failed};
use super::places::Places;
use super::template::{Language, render as fill};
use crate::model::App;
use crate::plan::Plan;
use code::Code;
use minijinja::{Value, context};

/// The input for every part of the script.
struct Script<'a> {
    app: &'a App,
    plan: &'a Plan,
    fragments: Option<&'a [String; 2]>,
    places: &'a Places<'a>,
}

/// The whole script of an app.
pub(super) fn render(
    app: &App,
    plan: &Plan,
    fragments: Option<&[String; 2]>,
    places: &Places<'_>,
    form: Form,
) -> Result<String, Failed> {
    let script = Script {
        app,
        plan,
        fragments,
        places,
    };
    let heading = format!("# ==== {}: what {} says ", app.name, places.source());
    let (what, beside) = match form {
        Form::Files => ("both", runtime::file_name()),
        Form::Single => ("it", "the part below".to_owned()),
    };
    let context = context! {
        app => app.name.as_str(),
        deployc => VERSION,
        source => safe(&places.source()),
        what => what,
        where => safe(&beside),
        kept => safe(&kept(app)),
        single => form == Form::Single,
        rule => safe(&"=".repeat(100_usize.saturating_sub(heading.chars().count()))),
        application => safe(&script.application()?),
        programs => safe(&script.order()?),
        runtime => safe(runtime::text()),
    };
    fill(
        Language::Shell,
        "frame.sh.j2",
        include_str!("frame.sh.j2"),
        context,
    )
    .map_err(|error| template_failed(&app.switch, app.span, &error))
}

/// A pattern of variable names. The script unsets the variables without a capital letter, except these: inputs with
/// such a name, and bash's own `_`.
fn kept(app: &App) -> String {
    let inputs = app.inputs.iter().map(|input| input.name.as_str());
    let small = inputs.filter(|name| !name.contains(|c: char| c.is_ascii_uppercase()));
    ["_"]
        .into_iter()
        .chain(small)
        .collect::<Vec<_>>()
        .join(" | ")
}

/// Shell code that was made here, or a file name in a comment. It is not quoted again.
fn safe(code: &str) -> Value {
    Value::from_safe_string(code.to_owned())
}

impl Script<'_> {
    /// The application's settings from the source.
    fn application(&self) -> Result<String, Failed> {
        let mut code = Code::default();
        self.constants(&mut code)?;
        self.tables(&mut code)?;
        self.settings(&mut code)?;
        self.deadlines(&mut code);
        self.inputs(&mut code)?;
        self.artifact(&mut code)?;
        self.gates(&mut code)?;
        self.fragment(&mut code)?;
        self.steps(&mut code)?;
        Ok(code.render())
    }

    /// The programs, and the functions of the user's own drivers.
    fn order(&self) -> Result<String, Failed> {
        let mut code = Code::default();
        self.programs(&mut code)?;
        self.drivers(&mut code);
        Ok(code.render())
    }
}
