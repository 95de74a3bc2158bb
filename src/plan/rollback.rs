//! The commands that end or repeat a deployment: `abort`, `rollback`, `resume`.

use super::back::stop_started;
use super::build::{Builder, core, start};
use super::limits::{Core, Function};
use super::{Action, Failure, Intent, Phase, PhaseName, Side, Step};

impl Builder<'_> {
    /// A prepared color is stopped.
    pub(super) fn abort(&self) -> Phase {
        let mut steps = self.begin();
        steps.extend_from_slice(self.stop_new().steps());
        Phase {
            name: PhaseName::Abort,
            steps,
        }
    }

    /// The release that served before runs again, if it does not still run, and passes its gates; then
    /// the same swap, proof and commit as in `switch`. What ran before the rollback is not stopped when
    /// that fails: it goes on as it was.
    pub(super) fn rollback(&self) -> Phase {
        let mut steps = self.begin();
        let routed = self.switch_limit(Function::Routed);
        steps.push(core(Action::ReadRouted, routed, Failure::Refuse));
        let journal = Action::Journal(Intent::Prepare);
        steps.push(core(journal, Core::Journal.limit(), Failure::Refuse));
        let stop = stop_started(&self.overlapping().collect::<Vec<_>>());
        let stop = || Failure::Stop(stop.clone());
        for service in self.overlapping() {
            let action = Action::Start(service.name.clone(), Side::New);
            steps.push(core(action, start(service), stop()));
        }
        steps.extend(self.probes_again(Side::New, stop));
        let test = self.switch_limit(Function::Test);
        steps.push(self.proxy(Action::TestAsIs, test, stop()));
        steps.extend(self.swap());
        steps.extend(self.proof());
        Phase {
            name: PhaseName::Rollback,
            steps,
        }
    }

    /// The live color runs again and passes its gates.
    pub(super) fn resume(&self) -> Phase {
        let mut steps = self.begin();
        let routed = self.switch_limit(Function::Routed);
        steps.push(core(Action::ReadRouted, routed, Failure::Refuse));
        for service in self.overlapping().chain(self.exclusive()) {
            let action = Action::Start(service.name.clone(), Side::Previous);
            steps.push(core(action, start(service), Failure::Refuse));
        }
        steps.extend(self.probes_again(Side::Previous, || Failure::Refuse));
        Phase {
            name: PhaseName::Resume,
            steps,
        }
    }

    fn begin(&self) -> Vec<Step> {
        let recovery = self.recovery().worst();
        vec![
            core(Action::Lock, self.lock(), Failure::Refuse),
            core(Action::Recover, recovery, Failure::Person),
        ]
    }
}
