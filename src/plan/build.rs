//! The steps of each phase, and the way back from each.

use super::back::stop_started;
use super::limits::{self, Core, Function};
use super::{Action, Failure, Intent, Phase, PhaseName, Place, Plan, Side, Step};
use crate::model::{
    App, Duration, Gate, Handover, Name, OnFailure, Outcome, Previous, Service, Subject,
    Verification, Verify,
};

/// Makes the plan of one app.
pub(super) struct Builder<'a> {
    pub(super) app: &'a App,
}

impl<'a> Builder<'a> {
    pub(super) fn new(app: &'a App) -> Self {
        Self { app }
    }

    pub(super) fn plan(&self) -> Plan {
        Plan {
            prepare: self.prepare(),
            switch: self.switch(),
            cleanup: self.cleanup(),
            rollback: self.rollback(),
            abort: self.abort(),
            resume: self.resume(),
            recovery: self.recovery(),
            outcomes: self.outcomes(),
        }
    }

    // ---- Phases ------------------------------------------------------------------------------

    fn prepare(&self) -> Phase {
        let mut steps = vec![
            core(Action::Lock, self.lock(), Failure::Refuse),
            core(Action::Recover, self.recovery().worst(), Failure::Person),
            core(Action::Preflight, self.preflight(), Failure::Refuse),
            core(Action::ReadInputs, Core::Inputs.limit(), Failure::Refuse),
            core(
                Action::ReadRouted,
                self.switch_limit(Function::Routed),
                Failure::Refuse,
            ),
        ];
        for service in &self.app.services {
            steps.push(core(
                Action::ClearIdle(service.name.clone()),
                clear_idle(service),
                Failure::Stop(stop_started(&[])),
            ));
        }
        steps.push(core(
            Action::Journal(Intent::Prepare),
            Core::Journal.limit(),
            Failure::Stop(stop_started(&[])),
        ));
        steps.push(Step {
            action: Action::MakeRelease,
            span: self.app.artifact.as_ref().map(|artifact| artifact.span),
            worst: Core::Copy.limit(),
            on_failure: Failure::Stop(stop_started(&[])),
        });
        for service in &self.app.services {
            let worst = limits::limit(&service.run, Function::Stage);
            steps.push(Step {
                action: Action::Stage(service.name.clone()),
                span: Some(service.run.span),
                worst,
                on_failure: Failure::Stop(stop_started(&[])),
            });
        }
        steps.extend(self.user_steps(Place::BeforeStart, || Failure::Stop(stop_started(&[]))));
        let mut started: Vec<&Service> = Vec::new();
        for service in self.overlapping() {
            started.push(service);
            steps.push(Step {
                action: Action::Start(service.name.clone(), Side::New),
                span: Some(service.run.span),
                worst: start(service),
                on_failure: Failure::Stop(stop_started(&started)),
            });
        }
        let stop = stop_started(&started);
        for service in self.overlapping() {
            for (number, gate) in service.gates.iter().enumerate() {
                steps.push(Step {
                    action: Action::Probe(service.name.clone(), number, Side::New),
                    span: Some(gate.span),
                    worst: gate.budget.within,
                    on_failure: Failure::Stop(stop.clone()),
                });
            }
        }
        steps.push(core(
            Action::Reserve,
            Core::Journal.limit(),
            Failure::Stop(stop_started(&started)),
        ));
        Phase {
            name: PhaseName::Prepare,
            steps,
        }
    }

    fn switch(&self) -> Phase {
        let stop = self.stop_new();
        let way_back = self.way_back(&[], &[]);
        let stop_new = || Failure::Stop(stop.clone());
        let mut steps = vec![
            core(Action::Lock, self.lock(), Failure::Refuse),
            self.recover(),
            Step {
                action: Action::TestAsIs,
                span: Some(self.app.switch.span),
                worst: self.switch_limit(Function::Test),
                on_failure: stop_new(),
            },
        ];
        steps.extend(self.user_steps(Place::BeforeSwitch, stop_new));
        steps.extend(self.probes_again(Side::New, stop_new));
        steps.extend(self.swap());
        let go_back = || Failure::GoBack(way_back.clone());
        steps.extend(self.user_steps(Place::AfterSwitch, go_back));
        steps.extend(self.proof());
        steps.extend(self.user_steps(Place::AfterVerify, || Failure::Warn));
        Phase {
            name: PhaseName::Switch,
            steps,
        }
    }

    /// From the last look at what is live to the new color in force.
    pub(super) fn swap(&self) -> Vec<Step> {
        let stop = self.stop_new();
        let stop_new = || Failure::Stop(stop.clone());
        let routed = self.switch_limit(Function::Routed);
        let mut steps = vec![core(Action::ReadRouted, routed, stop_new())];
        for service in self.overlapping() {
            let worst = limits::limit(&service.run, Function::Persist);
            let action = Action::Persist(service.name.clone(), Side::New);
            steps.push(core(action, worst, stop_new()));
        }
        let resume = Core::ResumeUnit.limit();
        steps.push(core(Action::InstallResume, resume, stop_new()));
        for (action, worst) in self.before_swap(Side::New) {
            steps.push(self.proxy(action, worst, stop_new()));
        }
        let way_back = self.way_back(&[], &[]);
        for (action, worst) in self.in_force(Side::New) {
            steps.push(self.proxy(action, worst, Failure::GoBack(way_back.clone())));
        }
        steps
    }

    /// What is asked through the proxy, what may run only once, and the commit.
    pub(super) fn proof(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let way_back = self.way_back(&[], &[]);
        let go_back = || Failure::GoBack(way_back.clone());
        for (number, check) in self.checks().iter().enumerate() {
            steps.push(Step {
                action: Action::Verify(number),
                span: Some(check.span),
                worst: check.budget.within,
                on_failure: match check.on_failure {
                    OnFailure::SwitchBack => go_back(),
                    OnFailure::Warn => Failure::Warn,
                },
            });
        }
        let mut handed: Vec<&Service> = Vec::new();
        for service in self.exclusive() {
            handed.push(service);
            let back = Failure::GoBack(self.way_back(&handed, &[]));
            steps.push(hand_over(service, back));
        }
        let on_failure = Failure::GoBack(self.way_back(&handed, &[]));
        steps.push(core(Action::Commit, Core::Journal.limit(), on_failure));
        steps
    }

    fn cleanup(&self) -> Phase {
        let mut steps = vec![
            core(Action::Lock, self.lock(), Failure::Refuse),
            self.recover(),
        ];
        steps.extend(self.clean());
        Phase {
            name: PhaseName::Cleanup,
            steps,
        }
    }

    /// The recovery of a command that has nothing else to do where there is something to undo.
    pub(super) fn recover(&self) -> Step {
        let longest = self.recovery().longest().clone();
        core(
            Action::Recover,
            Core::Journal.limit(),
            Failure::GoBack(longest),
        )
    }

    /// What becomes of the previous color.
    pub(super) fn clean(&self) -> Vec<Step> {
        let cleanup = self.app.cleanup;
        let mut steps = vec![self.drain(Side::Previous, Failure::Later)];
        if cleanup.previous == Previous::Stopped {
            for service in self.overlapping() {
                let name = || service.name.clone();
                let mut push = |action, worst, span, on_failure| {
                    steps.push(Step {
                        action,
                        span,
                        worst,
                        on_failure,
                    });
                };
                let clear = limits::limit(&service.run, Function::Clear);
                let persist = limits::limit(&service.run, Function::Persist);
                push(
                    Action::Stop(name(), Side::Previous),
                    limits::stop(service),
                    cleanup.span,
                    Failure::Later,
                );
                let persisted = Action::Persist(name(), Side::Previous);
                push(persisted, persist, None, Failure::Warn);
                let cleared = Action::Clear(name(), Side::Previous);
                push(cleared, clear, None, Failure::Warn);
            }
        }
        steps.extend(self.user_steps(Place::AfterStop, || Failure::Warn));
        steps.push(core(Action::Record, Core::Journal.limit(), Failure::Warn));
        steps
    }

    /// Waits for what a color still answers.
    pub(super) fn drain(&self, side: Side, on_failure: Failure) -> Step {
        let cleanup = self.app.cleanup;
        Step {
            action: Action::Drain(side),
            span: cleanup.span,
            worst: cleanup.drain + self.switch_limit(Function::Draining),
            on_failure,
        }
    }

    fn outcomes(&self) -> Vec<Step> {
        let mut numbers = [0usize; 3];
        self.app
            .outcomes
            .iter()
            .map(|outcome| {
                let (place, number) = match outcome.when {
                    Outcome::Success => (Place::OnSuccess, &mut numbers[0]),
                    Outcome::Failure => (Place::OnFailure, &mut numbers[1]),
                    Outcome::Always => (Place::OnAlways, &mut numbers[2]),
                };
                *number += 1;
                Step {
                    action: Action::UserStep(place, *number),
                    span: Some(outcome.step.span),
                    worst: outcome.step.within,
                    on_failure: Failure::Warn,
                }
            })
            .collect()
    }

    // ---- Parts -------------------------------------------------------------------------------

    fn user_steps(&self, place: Place, on_failure: impl Fn() -> Failure) -> Vec<Step> {
        let steps = &self.app.steps;
        let steps = match place {
            Place::BeforeStart => &steps.before_start,
            Place::BeforeSwitch => &steps.before_switch,
            Place::AfterSwitch => &steps.after_switch,
            Place::AfterVerify => &steps.after_verify,
            Place::AfterStop => &steps.after_stop,
            Place::OnSuccess | Place::OnFailure | Place::OnAlways => return self.outcomes(),
        };
        steps
            .iter()
            .enumerate()
            .map(|(number, step)| Step {
                action: Action::UserStep(place, number + 1),
                span: Some(step.span),
                worst: step.within,
                on_failure: on_failure(),
            })
            .collect()
    }

    /// Services that run in both colors at once for a while.
    pub(super) fn overlapping(&self) -> impl Iterator<Item = &'a Service> + use<'a> {
        let services = &self.app.services;
        services
            .iter()
            .filter(|service| service.handover == Handover::Overlap)
    }

    /// Services that run in one color only.
    pub(super) fn exclusive(&self) -> impl Iterator<Item = &'a Service> + use<'a> {
        let services = &self.app.services;
        services
            .iter()
            .filter(|service| service.handover == Handover::Exclusive)
    }

    fn checks(&self) -> &'a [Verify] {
        match &self.app.verify {
            Verification::Checks(checks) => checks,
            Verification::None { .. } => &[],
        }
    }

    pub(super) fn lock(&self) -> Duration {
        self.app.lock_wait + Core::Lock.limit()
    }

    /// The host, the proxy, who is live, and one try of each `verify` of the live color.
    fn preflight(&self) -> Duration {
        let tries: Duration = self
            .checks()
            .iter()
            .map(|check| check.budget.timeout.times(asked(check)))
            .sum();
        let proxy = [Function::Preflight, Function::Test, Function::Routed];
        let proxy: Duration = proxy
            .map(|function| self.switch_limit(function))
            .into_iter()
            .sum();
        Core::Host.limit() + proxy + tries
    }

    /// A step that is the `switch` driver's.
    pub(super) fn proxy(&self, action: Action, worst: Duration, on_failure: Failure) -> Step {
        Step {
            action,
            span: Some(self.app.switch.span),
            worst,
            on_failure,
        }
    }

    pub(super) fn switch_limit(&self, function: Function) -> Duration {
        limits::limit(&self.app.switch, function)
    }
}

/// A step of the core's own.
pub(super) fn core(action: Action, worst: Duration, on_failure: Failure) -> Step {
    Step {
        action,
        span: None,
        worst,
        on_failure,
    }
}

fn clear_idle(service: &Service) -> Duration {
    let limit = |function| limits::limit(&service.run, function);
    limit(Function::Alive)
        + limit(Function::Listens)
        + limits::stop(service)
        + limit(Function::Clear)
}

pub(super) fn start(service: &Service) -> Duration {
    [Function::Start, Function::Alive, Function::Identity]
        .map(|function| limits::limit(&service.run, function))
        .into_iter()
        .sum()
}

fn probes(gates: &[Gate]) -> Duration {
    gates.iter().map(|gate| gate.budget.within).sum()
}

fn asked(check: &Verify) -> u64 {
    let questions = check.questions.iter();
    let bounded = questions.filter(|question| !matches!(question.subject, Subject::Healthy));
    u64::try_from(bounded.count()).unwrap_or(u64::MAX)
}

/// The service of that name.
///
/// # Panics
/// When the app has none: actions carry only names of the app that they were planned for.
pub(super) fn service<'a>(app: &'a App, name: &Name) -> &'a Service {
    app.services
        .iter()
        .find(|service| service.name == *name)
        .expect("actions name services of their own app")
}

/// A service that may run only once: the old one stops, then the new one starts.
pub(super) fn hand_over(service: &Service, on_failure: Failure) -> Step {
    Step {
        action: Action::HandOver(service.name.clone()),
        span: Some(service.span),
        worst: limits::stop(service) + start(service) + probes(&service.gates),
        on_failure,
    }
}
