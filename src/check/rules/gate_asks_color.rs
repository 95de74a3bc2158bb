//! Gates must ask the new color itself.

use super::asked_host::{asked, color_ports, proxy_ports};
use crate::check::findings::Findings;
use crate::check::values::value::depends_on_color;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{App, Gate, Question, Subject, Variable};

/// Reports BG302 and BG702.
pub(super) fn check(app: &App, findings: &Findings) {
    for service in &app.services {
        for gate in &service.gates {
            check_gate(app, gate, findings);
        }
        let mut questions = service
            .gates
            .iter()
            .flat_map(|gate| &gate.questions)
            .peekable();
        let first = questions.peek().map(|question| question.span);
        if let Some(span) = first
            && questions.all(|question| matches!(question.subject, Subject::Tcp(_)))
        {
            findings.push(
                Diagnostic::new(
                    Code::TCP_ONLY,
                    span,
                    "a connection is accepted long before the program can answer",
                )
                .help("ask a question that only a ready program can answer: `get \"http://127.0.0.1:{port}/health\"`, or `exec`"),
            );
        }
    }
}

/// The program that a question goes to.
enum Whom {
    NewColor,
    /// The compiler cannot know the program.
    Somebody,
    OtherColor,
    /// A port that is the same for both colors.
    Port(u16),
}

fn whom(question: &Question) -> Whom {
    let Some(asked) = asked(question) else {
        return Whom::Somebody;
    };
    if asked
        .host
        .variables()
        .any(|variable| matches!(variable, Variable::OtherPort | Variable::OtherColor))
    {
        return Whom::OtherColor;
    }
    if depends_on_color(&asked.host) {
        return Whom::NewColor;
    }
    match asked.port {
        Some(port) if asked.host.as_literal().is_some() => Whom::Port(port),
        _ => Whom::Somebody,
    }
}

fn check_gate(app: &App, gate: &Gate, findings: &Findings) {
    let asks_color = gate
        .questions
        .iter()
        .any(|question| matches!(whom(question), Whom::NewColor));
    let proxy = proxy_ports(app);
    for question in &gate.questions {
        let color = |port: u16| {
            color_ports(app)
                .find(|(known, _)| known.get() == port)
                .map(|(_, color)| &color.name)
        };
        let message = match whom(question) {
            Whom::NewColor | Whom::Somebody => continue,
            Whom::OtherColor => "this asks the live color, not the new one".to_owned(),
            Whom::Port(port) => match color(port) {
                Some(color) => {
                    format!("this always asks `{color}`, also if the other color is the new one")
                }
                None if proxy.contains(&port) => format!(
                    "port {port} belongs to the proxy: the old color would answer for the new one"
                ),
                // Another program that must also run, such as a database.
                None if asks_color => continue,
                None => format!(
                    "port {port} belongs to neither color, so this does not ask the new one"
                ),
            },
        };
        findings.push(
            Diagnostic::new(Code::PROBE_ASKS_ELSEWHERE, question.span, message)
                .help("ask the new color itself: `http://127.0.0.1:{port}/…`"),
        );
    }
}
