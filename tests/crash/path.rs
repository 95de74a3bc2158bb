//! Checks whether the log of a run is a walk of the programs: the recovery from an earlier run, then the command's own
//! steps, then the way back after a failure. The log of a killed run may end anywhere on such a walk.

use deployc::check::{LoadError, Loader};
use deployc::diagnostics::Report;
use deployc::model::App;
use deployc::plan::{Phase, Plan};
use deployc::source::Sources;

use crate::accept::{Acceptor, Before};
use crate::log::Logged;
use crate::source::Source;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was killed.
    Cut,
    /// It ended with this exit code.
    Code(i32),
}

/// What the test knows about the journal that a run began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// This journal, because no process was active any more.
    At(Before),
    /// This journal, but perhaps in another phase. The phase may have changed since it was read, because a child of the
    /// killed run may still work. So every phase is accepted.
    AnyPhase(Before),
}

/// The programs of an app.
pub struct Paths {
    app: App,
    plan: Plan,
}

struct Beside(Source);

impl Loader for Beside {
    fn read(&self, path: &camino::Utf8Path) -> Result<Vec<u8>, LoadError> {
        let mut files = self.0.files().iter();
        let named = files.find(|(name, _)| path.file_name() == Some(*name));
        let (_, text) = named.ok_or(LoadError::Missing)?;
        Ok(text.as_bytes().to_vec())
    }
}

impl Paths {
    /// Makes them from the compiler's own plan.
    pub fn new(source: Source) -> Self {
        let mut sources = Sources::new();
        let main = sources.add("deploy.bg", source.text().to_owned());
        let mut report = Report::new();
        let planned = deployc::plan_file(&mut sources, main, &Beside(source), &mut report);
        let (app, plan) = planned
            .and_then(|mut all| all.pop())
            .expect("deploy.bg is correct");
        Self { app, plan }
    }

    /// Checks whether a run took a path of the plan, and ended as that path does.
    ///
    /// # Errors
    /// The first event that does not match the plan, or the wrong exit code.
    pub fn check(&self, run: &Logged, found: Found, end: End) -> Result<(), String> {
        let walk = |before| {
            let acceptor = Acceptor {
                plan: &self.plan,
                apps: [&self.app, &self.app],
                command: run.command,
                killed: end == End::Cut,
                unbegun: &[1, 3, 4],
            };
            let walked = acceptor.walk(before, &run.events)?;
            match end {
                End::Code(code) if !walked.codes.contains(&code) => {
                    let codes = walked.codes;
                    Err(format!("exits {code}, the plan has {codes:?}"))
                }
                _ => Ok(()),
            }
        };
        let (Found::At(before) | Found::AnyPhase(before)) = found;
        let Err(why) = walk(before) else {
            return Ok(());
        };
        let others = Phase::ALL.map(|phase| Before { phase, ..before });
        if matches!(found, Found::AnyPhase(_))
            && others.into_iter().any(|other| walk(other).is_ok())
        {
            return Ok(());
        }
        let command = run.command.name();
        Err(format!(
            "{command} from {before:?}: {why}; it logged {:?}",
            run.events
        ))
    }
}
