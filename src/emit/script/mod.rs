//! The script: what is particular to the application first, then the runtime, byte for byte.

mod code;
mod colors;
mod constants;
mod gates;
mod runtime;
mod services;
mod steps;

pub use runtime::modules as runtime_modules;

use super::manifest::sha256;
use super::template::{Language, render as fill};
use super::{Failed, Places, VERSION, template_failed};
use crate::model::{App, Color, Service};
use crate::plan::Plan;
use code::Code;
use minijinja::{Value, context};

/// What every part of the script is made from.
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
) -> Result<String, Failed> {
    let script = Script {
        app,
        plan,
        fragments,
        places,
    };
    let mut code = Code::default();
    script.constants(&mut code)?;
    script.colors(&mut code)?;
    script.services(&mut code)?;
    script.gates(&mut code)?;
    script.switch(&mut code)?;
    script.steps(&mut code)?;
    let runtime = runtime::text(app);
    let heading = format!("# ==== {}: what {} says ", app.name, places.source());
    let context = context! {
        app => app.name.as_str(),
        deployc => VERSION,
        source => safe(&places.source()),
        rule => safe(&"=".repeat(100_usize.saturating_sub(heading.chars().count()))),
        application => safe(&code.render()),
        hash => sha256(&runtime),
        runtime => safe(&runtime),
    };
    fill(
        Language::Shell,
        "frame.sh.j2",
        include_str!("frame.sh.j2"),
        context,
    )
    .map_err(|error| template_failed(&app.switch, app.span, &error))
}

/// Shell code that was made here, or a file name in a comment: not quoted again.
fn safe(code: &str) -> Value {
    Value::from_safe_string(code.to_owned())
}

impl Script<'_> {
    fn color_function(color: &Color) -> String {
        format!("color_{}", color.name.shell())
    }

    fn service_function(service: &Service) -> String {
        format!("service_{}", service.name.shell())
    }
}
