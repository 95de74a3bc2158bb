//! Placeholders: the meaning of each, and whether it has a value at its place.

use super::scope::Scope;
use super::value_place::ValuePlace;
use crate::check::names::early_facts::{Reach, ServiceFacts};
use crate::check::names::spelling::PLACEHOLDERS;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{HostPath, Name, Piece, Template, Variable};
use crate::source::Span;
use crate::suggestions::{listed, nearest};
use crate::syntax::tree;

impl Scope<'_> {
    /// Returns the value of a placeholder.
    pub fn hole(self, hole: &tree::Name) -> Option<Template> {
        let literal =
            |path: &Option<HostPath>| path.as_ref().map(|path| Template::literal(path.as_str()));
        match hole.text.as_str() {
            "app" => return Some(Template::literal(&self.facts.app)),
            "root" | "staging" if self.place == ValuePlace::Root => {
                self.not_here(
                    hole.span,
                    &hole.text,
                    "the statement `root` defines this folder itself",
                );
                return None;
            }
            "root" => return literal(&self.facts.root),
            "staging" => return literal(&self.facts.staging),
            _ => {}
        }
        if let Some(variable) = builtin(&hole.text) {
            return self.admit(variable, hole.span).map(single);
        }
        if hole.text.contains('.') {
            return self.dotted(hole);
        }
        if let Some(text) = self.named(&hole.text, hole.span) {
            return text;
        }
        self.unknown(hole);
        None
    }

    /// Resolves a name with a dot: `{web.port}`, `{web.address}` or `{container.ip}`.
    fn dotted(self, hole: &tree::Name) -> Option<Template> {
        if let Some((service, part)) = hole.text.split_once('.')
            && let Some(facts) = self.facts.service(service)
        {
            let name = facts.name.clone();
            let variable = match part {
                "port" => Some(Variable::PortOf(name)),
                "address" => Some(Variable::AddressOf(name)),
                _ => None,
            };
            if let Some(variable) = variable {
                return self.admit(variable, hole.span).map(single);
            }
        }
        let drivers: Vec<&ServiceFacts> = match self.service {
            Some(service) => vec![service],
            None => self.facts.services.iter().collect(),
        };
        if drivers.iter().any(|service| service.offers.is_none()) {
            return None;
        }
        let offered: Vec<&str> = drivers
            .iter()
            .flat_map(|service| service.offers.iter().flatten())
            .map(String::as_str)
            .collect();
        if offered.contains(&hole.text.as_str()) {
            return self
                .admit(Variable::Offer(hole.text.clone()), hole.span)
                .map(single);
        }
        let mut finding = Diagnostic::new(
            Code::UNKNOWN_PLACEHOLDER,
            hole.span,
            format!("no driver offers `{{{}}}`", hole.text),
        );
        finding = match nearest(&hole.text, offered.iter().copied()) {
            Some(near) => finding
                .label(format!("did you mean `{{{near}}}`?"))
                .fix(hole.span, near),
            None if offered.is_empty() => finding.help(
                "a dotted placeholder is `{SERVICE.port}`, `{SERVICE.address}`, `{other.color}`, `{other.port}`, or a value that the `run` driver offers; this driver offers none",
            ),
            None => finding.help(format!("the `run` driver offers {}", listed(&offered, "and"))),
        };
        self.findings.push(finding);
        None
    }

    /// Checks all variables of a `let`'s template at the place where the `let` is used.
    pub fn admit_all(self, template: &Template, used_at: Span) -> Option<Template> {
        let mut admitted = Template::default();
        for piece in &template.pieces {
            match piece {
                Piece::Literal(text) => admitted.push_literal(text),
                Piece::Variable(variable) => {
                    admitted.push_variable(self.admit(variable.clone(), used_at)?);
                }
            }
        }
        Some(admitted)
    }

    /// Checks whether a variable has a value here. Returns the variable. Outside of a service, `{port}` becomes the
    /// port of the only service that has one.
    pub fn admit(self, variable: Variable, span: Span) -> Option<Variable> {
        if self.place == ValuePlace::Let {
            return Some(variable);
        }
        let written = written(&variable);
        if let Err(why) = self.place.admits(&variable) {
            self.not_here(span, &written, why);
            return None;
        }
        match variable {
            Variable::Port | Variable::OtherPort | Variable::Address | Variable::Service => {
                self.of_one_service(variable, span)
            }
            Variable::PortOf(ref service) => {
                let has_port = self
                    .facts
                    .service(service.as_str())
                    .is_some_and(ServiceFacts::has_port);
                if !has_port {
                    self.no_port(span, &written, service);
                    return None;
                }
                Some(variable)
            }
            Variable::AddressOf(ref service) => {
                let worker = self
                    .facts
                    .service(service.as_str())
                    .is_some_and(|facts| facts.reach == Reach::Worker);
                if worker {
                    self.findings.push(
                        Diagnostic::new(
                            Code::PLACEHOLDER_HERE,
                            span,
                            format!("`{{{written}}}` has no value: `{service}` has `no port`"),
                        )
                        .help("the proxy does not route to a worker, so a worker has no address"),
                    );
                    return None;
                }
                Some(variable)
            }
            Variable::Offer(ref offer) => {
                let offered = self.service.is_none_or(|service| {
                    service
                        .offers
                        .as_ref()
                        .is_none_or(|all| all.contains(offer))
                });
                if !offered {
                    self.not_here(span, &written, "this service's driver does not offer it");
                    return None;
                }
                Some(variable)
            }
            other => Some(other),
        }
    }

    /// Resolves `{port}` and similar variables for the current service, or for the only service of the app.
    fn of_one_service(self, variable: Variable, span: Span) -> Option<Variable> {
        let written = written(&variable);
        let needs_port = matches!(variable, Variable::Port | Variable::OtherPort);
        let service = match (self.service, self.facts.services.as_slice()) {
            (Some(service), _) => service,
            (None, [only]) => only,
            (None, several) => {
                let with_port: Vec<_> = several.iter().filter(|facts| facts.has_port()).collect();
                if let [only] = with_port.as_slice()
                    && variable == Variable::Port
                {
                    return Some(Variable::PortOf(only.name.clone()));
                }
                let ports = with_port
                    .iter()
                    .map(|facts| format!("{{{}.port}}", facts.name));
                let routed = several.iter().filter(|facts| facts.reach != Reach::Worker);
                let addresses = routed.map(|facts| format!("{{{}.address}}", facts.name));
                let finding = Diagnostic::new(
                    Code::PLACEHOLDER_HERE,
                    span,
                    format!("`{{{written}}}` could belong to several services"),
                );
                self.findings.push(if needs_port {
                    finding.help(format!("write {}", listed(ports, "or")))
                } else if variable == Variable::Address {
                    finding.help(format!("write {}", listed(addresses, "or")))
                } else {
                    finding.help(
                        "inside `service` it belongs to that service; here, write the name of a service instead",
                    )
                });
                return None;
            }
        };
        if needs_port && !service.has_port() {
            self.no_port(span, &written, &service.name);
            return None;
        }
        Some(variable)
    }

    fn no_port(self, span: Span, written: &str, service: &Name) {
        if self
            .facts
            .service(service.as_str())
            .is_some_and(|facts| facts.reach == Reach::Unsaid)
        {
            // This error was reported where the port is missing.
            return;
        }
        let named = self
            .facts
            .service(service.as_str())
            .is_some_and(|facts| facts.named);
        let message = if named {
            format!("`{{{written}}}` has no value: `{service}` has no port")
        } else {
            format!("`{{{written}}}` has no value: the colors have no port")
        };
        self.findings.push(
            Diagnostic::new(Code::PLACEHOLDER_HERE, span, message)
                .help("give each color its port: `color blue { port 8081 }`"),
        );
    }

    fn not_here(self, span: Span, written: &str, why: &str) {
        self.findings.push(
            Diagnostic::new(
                Code::PLACEHOLDER_HERE,
                span,
                format!("`{{{written}}}` has no value here"),
            )
            .help(why),
        );
    }

    fn unknown(self, hole: &tree::Name) {
        let mut known = self.names.visible();
        known.extend(PLACEHOLDERS);
        let finding = Diagnostic::new(
            Code::UNKNOWN_PLACEHOLDER,
            hole.span,
            format!(
                "there is no placeholder, `let` or `input` named `{}`",
                hole.text
            ),
        );
        match nearest(&hole.text, known) {
            Some(near) => self.findings.push(
                finding
                    .label(format!("did you mean `{{{near}}}`?"))
                    .fix(hole.span, near),
            ),
            None => self.findings.push_absent(
                finding.help("define it with `let` or `input`; to write a brace, double it: `{{`"),
            ),
        }
    }
}

/// Returns the variable of a placeholder that is built in.
fn builtin(word: &str) -> Option<Variable> {
    Some(match word {
        "color" => Variable::Color,
        "port" => Variable::Port,
        "address" => Variable::Address,
        "command" => Variable::Command,
        "service" => Variable::Service,
        "slot" => Variable::Slot,
        "from" => Variable::From,
        "to" => Variable::To,
        "outcome" => Variable::Outcome,
        "reason" => Variable::Reason,
        "seconds" => Variable::Seconds,
        "other.color" => Variable::OtherColor,
        "other.port" => Variable::OtherPort,
        _ => return None,
    })
}

/// Returns a variable as the language writes it, without the braces.
fn written(variable: &Variable) -> String {
    match variable {
        Variable::Color => "color".into(),
        Variable::Port => "port".into(),
        Variable::PortOf(service) => format!("{service}.port"),
        Variable::Address => "address".into(),
        Variable::AddressOf(service) => format!("{service}.address"),
        Variable::Command => "command".into(),
        Variable::Service => "service".into(),
        Variable::Slot => "slot".into(),
        Variable::OtherColor => "other.color".into(),
        Variable::OtherPort => "other.port".into(),
        Variable::ColorLet(name) | Variable::Offer(name) => name.clone(),
        Variable::Input(name) => name.to_string(),
        Variable::From => "from".into(),
        Variable::To => "to".into(),
        Variable::Outcome => "outcome".into(),
        Variable::Reason => "reason".into(),
        Variable::Seconds => "seconds".into(),
    }
}

/// Returns a template of one variable.
pub fn single(variable: Variable) -> Template {
    let mut template = Template::default();
    template.push_variable(variable);
    template
}
