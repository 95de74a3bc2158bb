//! The two colors: names, ports, and the `let`s that differ between them.

use crate::check::findings::Findings;
use crate::check::names::definitions::{self, Definitions, Meaning};
use crate::check::names::spelling;
use crate::check::names::statements::{Statements, twice};
use crate::check::values::scope::Scope;
use crate::check::values::types::Type;
use crate::check::values::value_place::ValuePlace;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Color, InputType, Name, Port, SettingValue, Variable};
use crate::source::Span;
use crate::suggestions::{listed, nearest};
use crate::syntax::tree;

/// Defines the `let`s of the colors. Each must be in both colors.
pub fn define_lets<'t>(
    statements: &Statements<'t>,
    level: &mut Definitions<'t>,
    findings: &Findings,
) {
    let colors: Vec<&'t tree::Color> = statements.colors.iter().map(|(color, _)| *color).collect();
    for (at, color) in colors.iter().enumerate() {
        let mut own: Vec<&tree::Name> = Vec::new();
        for constant in color.lets() {
            let name = &constant.name;
            if let Some(first) = own.iter().find(|known| known.text == name.text) {
                findings.push(definitions::duplicate(name, first.span));
                continue;
            }
            own.push(name);
            let first_has_it = colors[..at]
                .iter()
                .any(|other| other.lets().any(|known| known.name.text == name.text));
            if !first_has_it {
                level.define(name, Meaning::ColorLet, findings);
            }
            let missing: Vec<_> = colors
                .iter()
                .filter(|other| !other.lets().any(|known| known.name.text == name.text))
                .collect();
            if let [lacking] = missing.as_slice() {
                level.poison(&name.text);
                findings.push_absent(
                    Diagnostic::new(
                        Code::MISSING,
                        name.span,
                        format!(
                            "`{}` is defined only in `color {}`",
                            name.text, color.name.text
                        ),
                    )
                    .also(lacking.name.span, "it is missing here")
                    .help("a `let` of a color must be in both colors; write a value that is the same for both in `app`"),
                );
            }
        }
    }
}

/// Resolves both colors with all ports and `let`s.
pub fn resolve(
    scope: Scope<'_>,
    statements: &Statements<'_>,
    app_name: &tree::Name,
) -> Option<[Color; 2]> {
    let findings = scope.findings;
    if statements.colors.len() != 2 {
        let span = statements
            .colors
            .get(2)
            .map_or(app_name.span, |(_, span)| *span);
        let message = match statements.colors.len() {
            0 => "the app has no colors; it needs two".to_owned(),
            1 => "the app has one color; it needs two".to_owned(),
            many => format!("the app has {many} colors; it needs exactly two"),
        };
        let finding = Diagnostic::new(Code::TWO_COLORS, span, message).help(
            "one serves while the other is prepared: `color blue { port 8081 }` and `color green { port 8082 }`",
        );
        if statements.colors.len() > 2 {
            findings.push(finding);
        } else {
            findings.push_absent(finding);
        }
    }
    if let [(first, _), (second, _), ..] = statements.colors.as_slice()
        && first.name.text == second.name.text
    {
        findings.push(definitions::duplicate(&second.name, first.name.span));
    }
    let colors: Vec<Option<Color>> = statements
        .colors
        .iter()
        .map(|(color, span)| one(scope, color, *span))
        .collect();
    let colors: Vec<Color> = colors.into_iter().collect::<Option<_>>()?;
    let mut colors: [Color; 2] = colors.try_into().ok()?;
    for (color, (written, _)) in colors.iter_mut().zip(&statements.colors) {
        color.lets = lets_of(scope, written, color)?;
    }
    Some(colors)
}

fn one(scope: Scope<'_>, color: &tree::Color, span: Span) -> Option<Color> {
    let name = spelling::name(&color.name, "a color", scope.findings);
    let ports = color_ports(scope, color);
    Some(Color {
        name: name?,
        ports: ports?,
        lets: Vec::new(),
        span,
    })
}

fn color_ports(scope: Scope<'_>, color: &tree::Color) -> Option<Vec<(Name, Port)>> {
    let findings = scope.findings;
    let errors = findings.errors();
    let services = &scope.facts.services;
    let mut found: Vec<(Name, Port, Span)> = Vec::new();
    for (service, number, span) in color.ports() {
        let Some(service) = service_of(scope, service, span) else {
            continue;
        };
        let Some(SettingValue::Port(port)) = scope.value(&Type::Input(InputType::Port), number)
        else {
            continue;
        };
        if let Some((_, _, first)) = found.iter().find(|(known, _, _)| known == service) {
            twice(&format!("port {service}"), span, *first, findings);
            continue;
        }
        found.push((service.clone(), port, span));
    }
    let wrong = findings.errors() > errors;
    for facts in services.iter().filter(|facts| facts.has_port() && !wrong) {
        let said = color.ports().any(|(service, _, _)| {
            service.is_none_or(|service| service.text == facts.name.as_str())
        });
        if !said {
            let line = if facts.named {
                format!("port {} …", facts.name)
            } else {
                "port …".to_owned()
            };
            findings.push_absent(
                Diagnostic::new(
                    Code::MISSING,
                    color.name.span,
                    format!(
                        "`color {}` has no `{line}`, but the other color has one",
                        color.name.text
                    ),
                )
                .help(format!(
                    "write `{line}` in its block, with a different number than in the other color"
                )),
            );
        }
    }
    // The ports are in the order of the services. The order in the file does not matter.
    let ordered = services
        .iter()
        .filter_map(|facts| found.iter().find(|(name, _, _)| *name == facts.name))
        .map(|(name, port, _)| (name.clone(), *port))
        .collect();
    (findings.errors() == errors).then_some(ordered)
}

/// Returns the service of a `port` statement. Reports an error if there is no such service.
fn service_of<'s>(scope: Scope<'s>, word: Option<&tree::Name>, span: Span) -> Option<&'s Name> {
    let services = &scope.facts.services;
    let Some(word) = word else {
        let with_port: Vec<_> = services.iter().filter(|facts| facts.has_port()).collect();
        if let [only] = with_port.as_slice() {
            return Some(&only.name);
        }
        let names = with_port
            .iter()
            .map(|facts| format!("port {} …", facts.name));
        scope.findings.push(
            Diagnostic::new(
                Code::UNKNOWN_SERVICE,
                span,
                "this port names no service, but the app has several",
            )
            .help(format!("write {}", listed(names, "and"))),
        );
        return None;
    };
    let facts = scope.facts.service(&word.text);
    let Some(facts) = facts else {
        unknown_service(scope, word);
        return None;
    };
    if !facts.has_port() {
        scope.findings.push(
            Diagnostic::new(
                Code::UNKNOWN_SERVICE,
                word.span,
                format!("`{}` has no port: its block says `no port`", word.text),
            )
            .help("remove `no port` in the service, or this line"),
        );
        return None;
    }
    Some(&facts.name)
}

fn unknown_service(scope: Scope<'_>, word: &tree::Name) {
    let known: Vec<&str> = scope
        .facts
        .services
        .iter()
        .filter(|facts| facts.named)
        .map(|facts| facts.name.as_str())
        .collect();
    let finding = Diagnostic::new(
        Code::UNKNOWN_SERVICE,
        word.span,
        format!("there is no service `{}`", word.text),
    );
    scope
        .findings
        .push_absent(match nearest(&word.text, known.iter().copied()) {
            Some(near) => finding
                .label(format!("did you mean `{near}`?"))
                .fix(word.span, near),
            None if known.is_empty() => {
                finding.help("an app without `service` has one port in each color: `port 8081`")
            }
            None => finding.help(format!("services: {}", listed(&known, "and"))),
        });
}

/// Returns the `let`s of a color as text. They may use only values that are known for each color.
fn lets_of(
    scope: Scope<'_>,
    color: &tree::Color,
    resolved: &Color,
) -> Option<Vec<(String, String)>> {
    let scope = scope.at(ValuePlace::ColorLet);
    let known = |variable: &Variable| match variable {
        Variable::Color => Some(resolved.name.to_string()),
        Variable::Port => resolved.ports.first().map(|(_, port)| port.to_string()),
        Variable::PortOf(service) => resolved.port(service).map(|port| port.to_string()),
        Variable::Service => scope
            .facts
            .services
            .first()
            .map(|facts| facts.name.to_string()),
        _ => None,
    };
    let texts: Vec<Option<(String, String)>> = color
        .lets()
        .map(|constant| {
            let template = scope.value_as_text(&constant.value)?.resolve(known);
            let text = scope.literal(&template, constant.value.span())?;
            Some((constant.name.text.clone(), text))
        })
        .collect();
    texts.into_iter().collect()
}
