//! A program in the order of its execution. Calls of other programs are followed, and each step has its `otherwise`.

use super::{Action, Line, Otherwise, Plan, ProgramName, Side};
use crate::source::Span;

/// A step in the order of execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The action.
    pub action: Action,
    /// The statement of the source that asked for the step. `None`: the script always has it.
    pub span: Option<Span>,
    /// What follows its failure.
    pub otherwise: Otherwise,
    /// The program that contains the step for a reader. A part that several programs share counts as the program that
    /// runs it.
    pub program: ProgramName,
}

/// The greatest depth of calls. Programs that call each other more deeply form a circle.
const DEPTH: u8 = 8;

impl Plan {
    /// Returns the steps of programs in a row, as one program. The first `otherwise` is `person`, as in the script's
    /// runner.
    #[must_use]
    pub fn steps(&self, programs: &[ProgramName]) -> Vec<Planned> {
        let mut reader = Reader {
            plan: self,
            otherwise: Otherwise::Person,
            program: ProgramName::Deploy,
            steps: Vec::new(),
        };
        for program in programs {
            reader.read(*program, (Side::Given, Otherwise::Given), DEPTH);
        }
        reader.steps
    }
}

struct Reader<'a> {
    plan: &'a Plan,
    otherwise: Otherwise,
    program: ProgramName,
    steps: Vec<Planned>,
}

impl Reader<'_> {
    fn read(&mut self, name: ProgramName, given: (Side, Otherwise), depth: u8) {
        if depth == 0 {
            return;
        }
        let plan = self.plan;
        let caller = self.program;
        if !ProgramName::PARTS.contains(&name) {
            self.program = name;
        }
        for line in &plan.program(name).lines {
            match line {
                Line::Otherwise(Otherwise::Given) => self.otherwise = given.1,
                Line::Otherwise(otherwise) => self.otherwise = *otherwise,
                Line::Step(step) => self.steps.push(Planned {
                    action: step.action.given(given.0),
                    span: step.span,
                    otherwise: self.otherwise,
                    program: self.program,
                }),
                Line::Run(program) => self.read(*program, given, depth - 1),
                Line::PointProxyAt(side, otherwise) => {
                    let given = (*side, *otherwise);
                    self.read(ProgramName::PointProxyAt, given, depth - 1);
                }
            }
        }
        self.program = caller;
    }
}
