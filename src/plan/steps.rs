//! A program as it is executed: calls of other programs are followed, and each step knows what its failure asks for.

use super::{Action, Line, Otherwise, Plan, ProgramName, Side};
use crate::source::Span;

/// A step in the order in which it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What it does.
    pub action: Action,
    /// Which words of the source asked for it; `None` for the core's own.
    pub span: Option<Span>,
    /// What its failure asks for.
    pub otherwise: Otherwise,
    /// The program that a reader looks for it in: parts that several programs share count as theirs.
    pub program: ProgramName,
}

/// Programs that call each other deeper than this go round in a circle.
const DEPTH: u8 = 8;

impl Plan {
    /// The steps of programs in a row, as if they were one: it begins with `person`, as the script's runner does.
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
        if !matches!(name, ProgramName::BeforeSwap | ProgramName::PointProxyAt) {
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
