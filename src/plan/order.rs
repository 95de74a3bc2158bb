//! From the model to the programs: the order of a deployment, and of every swap. The other commands are in `commands/`,
//! the ways back in `ways.rs`.

use super::limits::{Function, has};
use super::program_builder::{Builder, Lines};
use super::{
    Action, Extent, Intent, Occasion, Otherwise, Outcome, Plan, Program, ProgramName, Side, Way,
};
use super::{commands, ways};
use crate::model::{App, OnFailure, Outcome as When, Previous, Step, StepFailure};

/// Returns the plan of `app`.
#[must_use]
pub fn plan(app: &App) -> Plan {
    let builder = Builder { app };
    let mut programs = vec![
        builder.deploy(),
        builder.prepare(),
        builder.reserve(),
        builder.take_up(),
        builder.switch(),
        builder.before_swap(),
        builder.point_proxy_at(),
        builder.cleanup(),
        builder.serve_release(),
        builder.failed(),
        ways::end_new(),
        builder.go_back(),
        builder.stay_on_new(),
    ];
    programs.extend(same_in_all());
    Plan { programs }
}

/// Returns the programs that are the same for all apps, because none of their lines names a service, a check or a step
/// of one app. They are in the runtime.
#[must_use]
pub fn same_in_all() -> Vec<Program> {
    let mut programs = commands::same_in_all();
    programs.extend(ways::same_in_all());
    programs
}

impl Builder<'_> {
    #[allow(
        clippy::unused_self,
        reason = "all programs of an app are made by methods of the builder"
    )]
    fn deploy(&self) -> Program {
        let mut lines = Lines::new();
        lines
            .run(ProgramName::Prepare)
            .run(ProgramName::Switch)
            .run(ProgramName::Cleanup);
        lines.named(ProgramName::Deploy)
    }

    /// The order: first the checks, which change nothing. The journal comes before the first effect. The user's steps
    /// and the drivers may fail, so they come before the idle color is cleared.
    fn prepare(&self) -> Program {
        let app = self.app;
        let mut lines = Lines::new();
        lines.otherwise(Otherwise::Refuse).step(Action::CheckHost);
        for service in &app.services {
            if has(&service.run, Function::Preflight) {
                lines.at(Action::PreflightRun(service.name.clone()), service.run.span);
            }
        }
        self.proxy(&mut lines, Action::PreflightProxy);
        self.proxy(&mut lines, Action::TestAsItIs);
        lines.step(Action::ChooseIdle);
        for check in self.checks() {
            lines.at(Action::TryVerify(check.name.clone()), check.span);
        }
        let artifact = app.artifact.as_ref().map(|artifact| artifact.span);
        lines
            .step(Action::ReadInputs)
            .step(Action::CheckQuestions)
            .at(Action::FindArtifact, artifact);
        for (number, shared) in app.shared.iter().enumerate() {
            lines.at(Action::EnsureShared(number + 1), shared.span);
        }
        lines
            .step(Action::NoStranger)
            .step(Action::Journal(Intent::Preparing))
            .way(Way::EndNew)
            .at(Action::MakeRelease, artifact);
        self.user(
            &mut lines,
            Occasion::BeforeStart,
            Otherwise::Way(Way::EndNew),
        );
        for service in &app.services {
            if has(&service.run, Function::Fetch) {
                lines.at(Action::Fetch(service.name.clone()), service.run.span);
            }
        }
        for service in &app.services {
            lines.at(Action::Stage(service.name.clone()), service.run.span);
        }
        lines
            .step(Action::SyncRelease)
            .step(Action::ClearIdle)
            .step(Action::PortsAreFree);
        for service in self.overlapping() {
            lines.at(Action::Start(service.name.clone()), service.run.span);
            if has(&service.run, Function::Offers) {
                lines.at(Action::ReadOffers(service.name.clone()), service.run.span);
            }
        }
        for service in self.overlapping() {
            for gate in &service.gates {
                let action = Action::Gate(service.name.clone(), gate.name.clone());
                lines.at(action, gate.span);
            }
        }
        lines.named(ProgramName::Prepare)
    }

    #[allow(
        clippy::unused_self,
        reason = "all programs of an app are made by methods of the builder"
    )]
    fn reserve(&self) -> Program {
        let mut lines = Lines::new();
        lines.way(Way::EndNew).step(Action::Reserve);
        lines.named(ProgramName::Reserve)
    }

    fn take_up(&self) -> Program {
        let mut lines = Lines::new();
        lines.otherwise(Otherwise::Refuse).step(Action::TakeUp);
        self.proxy(&mut lines, Action::TestAsItIs);
        lines.named(ProgramName::TakeUp)
    }

    fn switch(&self) -> Program {
        let mut lines = Lines::new();
        lines.way(Way::EndNew);
        self.proxy(&mut lines, Action::TestAsItIs);
        self.user(
            &mut lines,
            Occasion::BeforeSwitch,
            Otherwise::Way(Way::EndNew),
        );
        for service in self.overlapping() {
            for gate in &service.gates {
                let action = Action::GateAgain(service.name.clone(), gate.name.clone());
                lines.at(action, gate.span);
            }
        }
        lines
            .run(ProgramName::BeforeSwap)
            .point_proxy_at(Side::New, Otherwise::Way(Way::GoBack));
        self.user(
            &mut lines,
            Occasion::AfterSwitch,
            Otherwise::Way(Way::GoBack),
        );
        self.verify(&mut lines, Otherwise::Way(Way::GoBack));
        if let Some(first) = self.exclusive() {
            lines
                .step(Action::Journal(Intent::Handing))
                .at(Action::MoveExclusive(Side::New), first.span)
                .step(Action::Persist(Side::New, Extent::Exclusive));
        }
        lines.step(Action::Commit);
        self.done(&mut lines);
        lines.named(ProgramName::Switch)
    }

    /// Adds the steps after a commit. Their failures never go back.
    fn done(&self, lines: &mut Lines) {
        lines.otherwise(Otherwise::Warn);
        self.user(lines, Occasion::AfterVerify, Otherwise::Warn);
        lines.step(Action::Record(Outcome::Ok));
        self.user(lines, Occasion::OnSuccess, Otherwise::Warn);
        self.user(lines, Occasion::OnAlways, Otherwise::Warn);
    }

    fn before_swap(&self) -> Program {
        let mut lines = Lines::new();
        lines.way(Way::EndNew).step(Action::StillLive);
        self.proxy(&mut lines, Action::Dial(Side::New));
        lines
            .step(Action::Persist(Side::New, Extent::Overlap))
            .step(Action::KeepResuming)
            .step(Action::SaveWayBack);
        lines.named(ProgramName::BeforeSwap)
    }

    /// Every swap, forward and back. The lock comes before the journal, because the journal saves the proxy's
    /// generation, which `lock_proxy` finds. After an interruption, the drain and the way back need it. Law L7 checks this
    /// order. With another one, `do_lock_proxy` would have to write the journal a second time.
    pub(super) fn point_proxy_at(&self) -> Program {
        let mut lines = Lines::new();
        self.proxy(&mut lines, Action::LockProxy);
        self.proxy(&mut lines, Action::Write(Side::Given));
        lines
            .step(Action::Journal(Intent::Swapping))
            .otherwise(Otherwise::Given);
        for action in [
            Action::Swap(Side::Given),
            Action::Test,
            Action::Reload,
            Action::Confirm,
        ] {
            self.proxy(&mut lines, action);
        }
        lines.step(Action::UnlockProxy);
        lines.named(ProgramName::PointProxyAt)
    }

    fn cleanup(&self) -> Program {
        let span = self.app.cleanup.span;
        let extent = match self.app.cleanup.previous {
            Previous::Stopped => Extent::Whole,
            Previous::KeptWarm => Extent::Exclusive,
        };
        let mut lines = Lines::new();
        lines
            .otherwise(Otherwise::Later)
            .at(Action::Drain(Side::Old), span)
            .at(Action::Stop(Side::Old, extent), span)
            .otherwise(Otherwise::Warn)
            .step(Action::PersistOff(Side::Old));
        self.user(&mut lines, Occasion::AfterStop, Otherwise::Warn);
        lines.step(Action::CloseJournal).step(Action::Sweep);
        lines.named(ProgramName::Cleanup)
    }

    /// Starts, probes and switches to an existing release, whether this script or another one made it. The user's steps
    /// are the current ones.
    fn serve_release(&self) -> Program {
        let mut lines = Lines::new();
        lines
            .way(Way::EndNew)
            .step(Action::Ensures(Side::New))
            .step(Action::StartMissing(Side::New, Extent::Overlap))
            .step(Action::Gates(Side::New));
        self.proxy(&mut lines, Action::TestAsItIs);
        self.user(
            &mut lines,
            Occasion::BeforeSwitch,
            Otherwise::Way(Way::EndNew),
        );
        // The user's steps may have taken minutes.
        if !self.app.steps.before_switch.is_empty() {
            lines.step(Action::Gates(Side::New));
        }
        lines
            .run(ProgramName::BeforeSwap)
            .point_proxy_at(Side::New, Otherwise::Way(Way::GoBack));
        self.user(
            &mut lines,
            Occasion::AfterSwitch,
            Otherwise::Way(Way::GoBack),
        );
        let first = self.exclusive().map(|service| service.span);
        lines
            .step(Action::Verifies(Side::New))
            .step(Action::Journal(Intent::Handing))
            .at(Action::MoveExclusive(Side::New), first)
            .step(Action::Persist(Side::New, Extent::Exclusive))
            .step(Action::Commit);
        self.done(&mut lines);
        lines.run(ProgramName::Cleanup);
        lines.named(ProgramName::ServeRelease)
    }

    fn failed(&self) -> Program {
        let mut lines = Lines::new();
        lines
            .otherwise(Otherwise::Warn)
            .step(Action::Record(Outcome::Failed));
        self.user(&mut lines, Occasion::OnFailure, Otherwise::Warn);
        self.user(&mut lines, Occasion::OnAlways, Otherwise::Warn);
        lines.named(ProgramName::Failed)
    }

    // ---- Parts -------------------------------------------------------------------------------

    /// Adds all checks through the proxy. A check that only warns changes `otherwise` for itself only.
    pub(super) fn verify(&self, lines: &mut Lines, otherwise: Otherwise) {
        for check in self.checks() {
            let action = Action::Verify(check.name.clone());
            match check.on_failure {
                OnFailure::SwitchBack => {
                    lines.at(action, check.span);
                }
                OnFailure::Warn => {
                    lines
                        .otherwise(Otherwise::Warn)
                        .at(action, check.span)
                        .otherwise(otherwise);
                }
            }
        }
    }

    /// Adds the user's steps of a place. `otherwise` is what follows a failure there. A step that only warns changes it
    /// for itself only.
    fn user(&self, lines: &mut Lines, place: Occasion, otherwise: Otherwise) {
        let steps = &self.app.steps;
        let outcome = |when| {
            let outcomes = self.app.outcomes.iter();
            let outcomes = outcomes.filter(move |outcome| outcome.when == when);
            outcomes.map(|outcome| &outcome.step).collect()
        };
        let steps: Vec<&Step> = match place {
            Occasion::BeforeStart => steps.before_start.iter().collect(),
            Occasion::BeforeSwitch => steps.before_switch.iter().collect(),
            Occasion::AfterSwitch => steps.after_switch.iter().collect(),
            Occasion::AfterVerify => steps.after_verify.iter().collect(),
            Occasion::AfterStop => steps.after_stop.iter().collect(),
            Occasion::OnSuccess => outcome(When::Success),
            Occasion::OnFailure => outcome(When::Failure),
            Occasion::OnAlways => outcome(When::Always),
        };
        for (number, step) in steps.into_iter().enumerate() {
            let action = Action::User(place, number + 1);
            if step.on_failure == StepFailure::Warn && otherwise != Otherwise::Warn {
                lines
                    .otherwise(Otherwise::Warn)
                    .at(action, step.span)
                    .otherwise(otherwise);
            } else {
                lines.at(action, step.span);
            }
        }
    }
}
