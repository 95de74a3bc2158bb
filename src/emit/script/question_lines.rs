//! Probes and verifies as declarations that the runtime turns into tries.

use super::super::quoted::Quoted;
use super::{Code, Failed, Script};
use crate::model::{Budget, Expectation, Part, Question, Subject, Template, Verification};

impl Script<'_> {
    pub(super) fn gates(&self, code: &mut Code) -> Result<(), Failed> {
        code.gap();
        code.comment("Gates: a color gets traffic only when it passes them.");
        for service in &self.app.services {
            for gate in &service.gates {
                let head = format!("gate.{}.{}() {{", service.name, gate.name);
                let place = self.places.at(gate.span);
                code.block(head, Some(place), "}", |code| {
                    body(&gate.budget, &gate.questions, code)
                })?;
            }
        }
        code.gap();
        match &self.app.verify {
            Verification::Checks(checks) => {
                code.comment("Verifies: checks through the proxy after a switch.");
                for check in checks {
                    let head = format!("verify.{}() {{", check.name);
                    let place = self.places.at(check.span);
                    code.block(head, Some(place), "}", |code| {
                        body(&check.budget, &check.questions, code)
                    })?;
                }
            }
            Verification::None { reason, span } => {
                let place = self.places.at(*span);
                let reason = reason.replace(char::is_control, " ");
                code.comment(&format!("No verify ({place}): {reason}"));
            }
        }
        Ok(())
    }
}

fn body(budget: &Budget, questions: &[Question], code: &mut Code) -> Result<(), Failed> {
    let attempts = budget
        .attempts
        .map(|attempts| format!(" attempts {attempts}"));
    code.line(format!(
        "tries every {} within {} timeout {} after {} passes {}{}",
        budget.every.as_millis(),
        budget.within.as_millis(),
        budget.timeout.as_millis(),
        budget.after.as_millis(),
        budget.passes,
        attempts.unwrap_or_default()
    ));
    for question in questions {
        ask(&question.subject, code)?;
        for expectation in &question.expectations {
            expect(expectation, code)?;
        }
    }
    Ok(())
}

fn ask(subject: &Subject, code: &mut Code) -> Result<(), Failed> {
    match subject {
        Subject::Http {
            method,
            url,
            headers,
            body,
            via,
            ca,
        } => {
            code.line(format!("ask {} {}", method.word(), Quoted::template(url)?));
            for (name, value) in headers {
                code.line(format!("ask_header {}", words([name, value])?));
            }
            if let Some(body) = body {
                code.line(format!("ask_body {}", Quoted::template(body)?));
            }
            if let Some(via) = via {
                code.line(format!("ask_via {}", Quoted::template(via)?));
            }
            if let Some(ca) = ca {
                code.line(format!("ask_ca {}", Quoted::template(ca)?));
            }
        }
        Subject::Tcp(address) => code.line(format!("ask tcp {}", Quoted::template(address)?)),
        Subject::Exec(command) => code.line(format!("ask exec {}", words(command)?)),
        Subject::ExecInside(command) => code.line(format!("ask inside {}", words(command)?)),
        Subject::Healthy => code.line("ask healthy"),
    }
    Ok(())
}

fn expect(expectation: &Expectation, code: &mut Code) -> Result<(), Failed> {
    match expectation {
        // Ranges such as `200..299 401` are words that need no quotes.
        Expectation::Status(set) => code.line(format!("expect status {set}")),
        Expectation::Color => code.line("expect color"),
        Expectation::Content {
            part,
            relation,
            value,
        } => {
            let part = match part {
                Part::Body => "body".to_owned(),
                Part::Header(name) => format!("header {}", Quoted::template(name)?),
                Part::Json(path) => format!("json {}", Quoted::text(path)?),
            };
            code.line(format!(
                "expect {part} {} {}",
                relation.word(),
                Quoted::template(value)?
            ));
        }
    }
    Ok(())
}

/// Several words with blanks between them.
pub(super) fn words<'a>(words: impl IntoIterator<Item = &'a Template>) -> Result<String, Failed> {
    let words: Vec<String> = words
        .into_iter()
        .map(|word| Ok(Quoted::template(word)?.to_string()))
        .collect::<Result<_, Failed>>()?;
    Ok(words.join(" "))
}
