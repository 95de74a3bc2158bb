//! The order of every command, as functions that consist of two words: `otherwise` and `step`.

use super::super::quoted::Quoted;
use super::{Code, Failed, Script};
use crate::plan::{Home, Line, Program, ProgramName, Step};
use crate::source::Span;

/// The comment before the ways back.
const WAYS: &str = "---- ways back: no signal interrupts them; after a second one the command ends with exit 5 ----";

impl Script<'_> {
    /// The programs that differ by application.
    pub(super) fn programs(&self, code: &mut Code) -> Result<(), Failed> {
        let example = self.places.at(self.app.switch.span);
        let line = example.trim_start_matches('@');
        let line = match line.rsplit_once(':') {
            Some((file, line)) => format!("line {line} of {file}"),
            None => format!("line {line} of {}", self.places.source()),
        };
        code.comment(&format!(
            "`old` is the color that serves when a command begins, `new` is the other one; {example} is {line}. If a step\n\
             fails, the other steps are skipped, and the last `otherwise` names what follows: a way back, or\n  \
             refuse   nothing was changed: exit 3             later    print a warning, exit 0; the next command continues\n  \
             warn     print a warning; the next step follows  person   a person must act: exit 5"
        ));
        let mut ways = false;
        for program in &self.plan.programs {
            if program.name.home() != Home::Script {
                continue;
            }
            if matches!(program.name, ProgramName::Way(_)) && !ways {
                ways = true;
                code.gap();
                code.comment(WAYS);
            }
            code.gap();
            write(program, code, &|span| {
                Ok::<_, Failed>(Quoted::text(&self.places.at(span))?.to_string())
            })?;
        }
        Ok(())
    }
}

/// A program as a function. `place` gives the text by which a step names its place in the source.
pub(super) fn write<E>(
    program: &Program,
    code: &mut Code,
    place: &impl Fn(Span) -> Result<String, E>,
) -> Result<(), E> {
    let about = program.name.about();
    let remark = (!about.is_empty()).then(|| about.to_owned());
    let head = format!("{}() {{", program.name.function());
    code.block(head, remark, "}", |code| {
        for line in &program.lines {
            let text = match line {
                Line::Otherwise(otherwise) => format!("otherwise {}", otherwise.word()),
                Line::Step(Step { action, span: None }) => format!("step {}", action.title()),
                Line::Step(Step {
                    action,
                    span: Some(span),
                }) => format!("step {} {}", action.title(), place(*span)?),
                Line::Run(name) => name.function(),
                Line::PointProxyAt(side, otherwise) => format!(
                    "{} {} {}",
                    ProgramName::PointProxyAt.function(),
                    side.word(),
                    otherwise.word()
                ),
            };
            code.line(text);
        }
        Ok(())
    })
}
