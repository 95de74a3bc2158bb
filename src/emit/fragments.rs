//! The content of the proxy's file for each live color. It is rendered at compile time.

use super::failed::{Failed, template_failed};
use super::places::Places;
use super::template::{Language, render as fill};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{
    App, Color, GivenPart, Name, Quoting, Service, SettingValue, Template, Variable,
};
use minijinja::{Value, context};
use std::collections::BTreeMap;

/// The fragments of both colors, in the app's order. `None` for a driver without a template.
pub(super) fn render(app: &App, places: &Places<'_>) -> Result<Option<[String; 2]>, Failed> {
    let Some((template, quoting)) = app.switch.driver.fragment_template() else {
        return Ok(None);
    };
    let language = match quoting {
        Quoting::Nginx => Language::Nginx,
        Quoting::Caddy => Language::Caddy,
        Quoting::Plain => Language::Plain,
    };
    let name = template.path.file_name().unwrap_or("fragment");
    let one = |color: &Color| {
        let context = context! {
            app => app.name.as_str(),
            color => color.name.as_str(),
            services => services(app, color)?,
            settings => settings(app, color)?,
            source => places.source(),
        };
        fill(language, name, &template.text, context)
            .map_err(|error| template_failed(&app.switch, app.switch.span, &error))
    };
    Ok(Some([one(&app.colors[0])?, one(&app.colors[1])?]))
}

/// The name of the file with a color's fragment, for review and for the first installation.
pub(super) fn file_name(app: &App, color: &Name) -> String {
    // `upstream.conf.j2` makes `blue.conf`.
    let extension = app
        .switch
        .driver
        .fragment_template()
        .and_then(|(file, _)| Some(file.path.file_name()?.trim_end_matches(".j2")))
        .and_then(|name| Some(name.rsplit_once('.')?.1))
        .unwrap_or("conf");
    format!("{color}.{extension}")
}

/// The services that the proxy reaches.
fn services(app: &App, color: &Color) -> Result<Vec<Value>, Failed> {
    let mut services = Vec::new();
    for service in &app.services {
        if let Some(address) = address(app, color, service)? {
            services.push(context! {
                name => service.name.as_str(),
                address => address,
                port => color.port(&service.name).map(crate::model::Port::get),
            });
        }
    }
    Ok(services)
}

/// The address by which the proxy reaches a service in a color. `None` for a worker.
pub(super) fn address(
    app: &App,
    color: &Color,
    service: &Service,
) -> Result<Option<String>, Failed> {
    service
        .address
        .as_ref()
        .map(|address| constant(app, color, Some(service), address, service.span))
        .transpose()
}

/// The switch driver's settings and parts for one color.
fn settings(app: &App, color: &Color) -> Result<BTreeMap<String, Value>, Failed> {
    let mut settings = BTreeMap::new();
    for (_, name, value) in &app.switch.settings {
        settings.insert(name.clone(), setting(app, color, value)?);
    }
    for (name, label, inner) in app.switch.parts.iter().map(GivenPart::content) {
        let mut part = BTreeMap::new();
        part.insert("label".to_owned(), setting(app, color, label)?);
        for (name, value) in inner {
            part.insert(name.clone(), setting(app, color, value)?);
        }
        settings.insert(name.to_owned(), Value::from_iter(part));
    }
    for part in &app.switch.absent_parts {
        settings.insert(part.name.clone(), Value::from(()));
    }
    Ok(settings)
}

fn setting(app: &App, color: &Color, value: &SettingValue) -> Result<Value, Failed> {
    super::targets::value_with(value, &|text| {
        constant(app, color, None, text, app.switch.span)
    })
}

/// A text that must be known when the script is made.
fn constant(
    app: &App,
    color: &Color,
    service: Option<&Service>,
    text: &Template,
    span: crate::source::Span,
) -> Result<String, Failed> {
    let other = app.other(color);
    let port = |color: &Color, service: Option<&Name>| {
        let service = service.or_else(|| app.services.first().map(|service| &service.name))?;
        color.port(service).map(|port| port.to_string())
    };
    let own = service.map(|service| &service.name);
    let known = text.resolve(|variable| match variable {
        Variable::Color => Some(color.name.to_string()),
        Variable::OtherColor => Some(other.name.to_string()),
        Variable::Port => port(color, own),
        Variable::OtherPort => port(other, own),
        Variable::PortOf(service) => port(color, Some(service)),
        Variable::AddressOf(service) => {
            let service = app.service(service)?;
            address(app, color, service).ok().flatten()
        }
        Variable::Service => own.map(ToString::to_string),
        Variable::ColorLet(name) => color
            .lets
            .iter()
            .find(|(let_name, _)| let_name == name)
            .map(|(_, text)| text.clone()),
        _ => None,
    });
    known.as_literal().ok_or_else(|| {
        let message = "the content of the proxy's file must be known when the script is made, but this value is known only when the script runs";
        Box::new(
            Diagnostic::new(Code::TEMPLATE_FAILS, span, message)
                .help("use `{color}`, `{port}` and `let`s here, not inputs or the values that a driver offers"),
        )
    })
}
