//! The ways back: data like the way forward, with failures of their own.

use super::build::{Builder, core, hand_over, start};
use super::limits::{self, Core, Function};
use super::{Action, Failure, Intent, Side, Step, WayBack};
use crate::model::{Duration, Service};

impl Builder<'_> {
    /// Stops the new color.
    pub(super) fn stop_new(&self) -> WayBack {
        let started: Vec<&Service> = self.overlapping().collect();
        stop_started(&started)
    }

    /// From a swap, in force or not, by the run itself or by the next one after a crash: the previous
    /// color serves again, then exclusive services run in it again, then the new color is drained (its
    /// requests of meanwhile end whole, L7) and stopped. A drain that fails has used up its time. L1
    /// holds for it too: if the previous color does not pass, the new one stays if that passes, and
    /// if neither does, nothing is touched.
    ///
    /// `proof` is what the new color has to show if it stays: nothing helps where it has just failed to;
    /// the next run, after a crash, asks.
    pub(super) fn way_back(&self, handed: &[&Service], proof: &[Step]) -> WayBack {
        let stay = self.stay_on_new(proof);
        let mut steps: Vec<Step> =
            self.probes_again(Side::Previous, || Failure::GoBack(stay.clone()));
        steps.extend(self.point_to(Side::Previous));
        for service in handed.iter().rev() {
            // Two of what must run once are worse than none, so the next command tries again.
            let [stop, _] = stop_and_clear(service);
            steps.push(core(stop.action, stop.worst, Failure::Person));
            let action = Action::Start(service.name.clone(), Side::Previous);
            steps.push(core(action, start(service), Failure::Person));
        }
        let journal = Action::Journal(Intent::Return);
        steps.push(core(journal, Core::Journal.limit(), Failure::Warn));
        steps.push(self.drain(Side::New, Failure::Warn));
        let started: Vec<&Service> = self.overlapping().chain(handed.iter().copied()).collect();
        steps.extend_from_slice(stop_started(&started).steps());
        WayBack::new(steps)
    }

    /// The previous color is gone: the new one serves, whatever failed, and a person is asked unless it
    /// gives proof.
    fn stay_on_new(&self, proof: &[Step]) -> WayBack {
        let mut steps = self.probes_again(Side::New, || Failure::Person);
        steps.extend(self.point_to(Side::New));
        // What may run only once belongs to what serves.
        let alone = self.exclusive();
        steps.extend(alone.map(|service| hand_over(service, Failure::Person)));
        steps.push(core(Action::Commit, Core::Journal.limit(), Failure::Person));
        steps.extend_from_slice(proof);
        WayBack::new(steps)
    }

    /// The proxy's file is written anew for a color and put in force.
    fn point_to(&self, side: Side) -> Vec<Step> {
        let parts = self.before_swap(side).into_iter();
        parts
            .chain(self.in_force(side))
            .map(|(action, worst)| core(action, worst, Failure::Person))
            .collect()
    }

    /// All gates of a color's overlapping services.
    pub(super) fn probes_again(&self, side: Side, on_failure: impl Fn() -> Failure) -> Vec<Step> {
        let mut steps = Vec::new();
        for service in self.overlapping() {
            for (number, gate) in service.gates.iter().enumerate() {
                steps.push(Step {
                    action: Action::ProbeAgain(service.name.clone(), number, side),
                    span: Some(gate.span),
                    worst: gate.budget.within,
                    on_failure: on_failure(),
                });
            }
        }
        steps
    }

    /// What precedes the rename.
    pub(super) fn before_swap(&self, side: Side) -> [(Action, Duration); 3] {
        let mutex = self.switch_limit(Function::Mutex) + Core::ProxyMutex.limit();
        let journal = self.switch_limit(Function::Snapshot) + Core::Journal.limit();
        [
            (Action::LockProxy, mutex),
            (Action::Write(side), self.switch_limit(Function::Write)),
            (Action::Journal(Intent::Swap), journal),
        ]
    }

    /// The rename and what makes it true.
    pub(super) fn in_force(&self, side: Side) -> [(Action, Duration); 4] {
        [
            (Action::Swap(side), self.switch_limit(Function::Swap)),
            (Action::Test, self.switch_limit(Function::Test)),
            (Action::Reload, self.switch_limit(Function::Reload)),
            (Action::Confirm, self.switch_limit(Function::Confirm)),
        ]
    }
}

/// Stops what `prepare` has started, the last first.
pub(super) fn stop_started(started: &[&Service]) -> WayBack {
    let mut steps: Vec<Step> = Vec::new();
    for service in started.iter().rev() {
        steps.extend(stop_and_clear(service));
    }
    steps.push(core(Action::Record, Core::Journal.limit(), Failure::Warn));
    WayBack::new(steps)
}

fn stop_and_clear(service: &Service) -> [Step; 2] {
    let name = || service.name.clone();
    let clear = limits::limit(&service.run, Function::Clear);
    let logs = limits::limit(&service.run, Function::Logs);
    let stop = logs + limits::stop(service);
    [
        core(Action::Stop(name(), Side::New), stop, Failure::Later),
        core(Action::Clear(name(), Side::New), clear, Failure::Warn),
    ]
}
