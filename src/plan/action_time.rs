//! The calls of an action, and the time limit of each. The worst case of a step is the sum of the limits. The script's
//! `deadline` table has the same numbers, and a real run makes no other calls and none more often.

use super::limits::{self, Core, Function, has};
use super::{Action, Extent, Occasion, Side, proxy_lock};
use crate::model::{
    App, Budget, Duration, Handover, Name, Question, Service, Subject, Verification, Verify,
};

/// A call that an action may make, once for each entry in its list. `Tries`, `Drained` and [`Core::Sweep`] are lengths of
/// time instead: the calls that [`Call::repeats`] names are made again and again, as long as that time lasts. The entry of
/// such a call is the last one, which may begin when the time has just ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// A function of a service's driver.
    Run(Name, Function),
    /// A function of the proxy's driver.
    Switch(Function),
    /// A function of a shared resource's driver. The resources have numbers from 1.
    Shared(usize, Function),
    /// A step of the user.
    User(Occasion, usize),
    /// The script's own work.
    Core(Core),
    /// The wait for another app that holds the proxy's lock.
    ProxyLock,
    /// The attempts of a gate or a check, as many as fit into that time.
    Tries(Duration),
    /// The wait for open requests, at most for the app's drain time.
    Drained(Duration),
}

impl Call {
    /// Returns the time limit.
    #[must_use]
    pub fn limit(&self, app: &App) -> Duration {
        match self {
            Self::Run(name, function) => {
                let service = app.service(name);
                service.map_or(Duration::ZERO, |service| run_limit(service, *function))
            }
            Self::Switch(function) => limits::limit(&app.switch, *function),
            Self::Shared(number, function) => app
                .shared
                .get(number - 1)
                .map_or(Duration::ZERO, |used| limits::limit(used, *function)),
            Self::User(place, number) => user_limit(app, *place, *number),
            Self::Core(core) => core.limit(),
            Self::ProxyLock => proxy_lock_wait(app),
            Self::Tries(within) | Self::Drained(within) => *within,
        }
    }

    /// Returns whether a call with this key is made as often as it fits into this length of time.
    #[must_use]
    pub fn repeats(&self, key: &str) -> bool {
        let function = key.rsplit([' ', '.']).next().unwrap_or(key);
        match self {
            Self::Tries(_) => {
                ["question", "alive", "listens", "healthy", "enter"].contains(&function)
            }
            Self::Drained(_) => function == "draining",
            Self::Core(Core::Sweep) => function == "clear",
            _ => false,
        }
    }

    /// Returns the calls after a failed command: the message says what serves.
    #[must_use]
    pub fn of_verdict(app: &App) -> Vec<Self> {
        let mut calls = Calls::of_app(app);
        calls.reads_live();
        calls.every(Extent::Whole, &[Function::Alive]);
        calls.calls
    }

    /// Returns the key in the script's `deadline` table and in a trace of calls. A service's name has no dot. `None`:
    /// the call is in neither.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        Some(match self {
            Self::Run(service, function) => format!("{service} {}", function.name()),
            Self::Switch(function) => format!("switch.{}", function.name()),
            Self::Shared(number, function) => format!("shared.{number} {}", function.name()),
            Self::User(place, number) => format!("user {}.{number}", place.word()),
            Self::Core(core) => {
                let mut all = Core::ALL.iter();
                let (name, ..) = all.find(|(_, other, _)| other == core)?;
                (*name).to_owned()
            }
            Self::ProxyLock => "proxy_lock".to_owned(),
            Self::Tries(_) | Self::Drained(_) => return None,
        })
    }
}

/// Returns how long a command waits for another app that holds the proxy's lock: the longest time from that app's lock
/// to its unlock if its swap succeeds. The other app is on the same proxy, so its driver has the same limits.
///
/// An app whose swap fails keeps the lock on its way back, while it probes its old color. How long its gates take is not
/// known here. A command that waits for such an app may give up: before its own swap it has changed nothing for users,
/// and on its own way back it ends with exit 5.
fn proxy_lock_wait(app: &App) -> Duration {
    let actions = proxy_lock::actions(app).into_iter();
    let calls = actions.flat_map(|action| action.calls(app));
    // The proxy is locked when the wait for the lock has ended.
    let locked = calls.skip_while(|call| *call != Call::ProxyLock).skip(1);
    locked.map(|call| call.limit(app)).sum()
}

/// Returns the time limit of a function of a service's driver. A stop also has the app's `stop within`.
fn run_limit(service: &Service, function: Function) -> Duration {
    match function {
        Function::Stop => limits::stop(service),
        _ => limits::limit(&service.run, function),
    }
}

fn user_limit(app: &App, place: Occasion, number: usize) -> Duration {
    use crate::model::Outcome;
    let steps = match place {
        Occasion::BeforeStart => &app.steps.before_start,
        Occasion::BeforeSwitch => &app.steps.before_switch,
        Occasion::AfterSwitch => &app.steps.after_switch,
        Occasion::AfterVerify => &app.steps.after_verify,
        Occasion::AfterStop => &app.steps.after_stop,
        Occasion::OnSuccess | Occasion::OnFailure | Occasion::OnAlways => {
            let wanted = match place {
                Occasion::OnSuccess => Outcome::Success,
                Occasion::OnFailure => Outcome::Failure,
                _ => Outcome::Always,
            };
            let mut outcomes = app.outcomes.iter().filter(|one| one.when == wanted);
            let outcome = outcomes.nth(number - 1);
            return outcome.map_or(Duration::ZERO, |outcome| outcome.step.within);
        }
    };
    steps
        .get(number - 1)
        .map_or(Duration::ZERO, |step| step.within)
}

impl Action {
    /// Returns the calls that the action may make. A release may be older than `app` and have other services. It then
    /// has its own limits.
    #[must_use]
    pub fn calls(&self, app: &App) -> Vec<Call> {
        let mut calls = Calls::of_app(app);
        calls.of(self);
        calls.calls
    }

    /// Returns the longest time of the action.
    #[must_use]
    pub fn worst(&self, app: &App) -> Duration {
        let calls = self.calls(app);
        calls.iter().map(|call| call.limit(app)).sum()
    }
}

struct Calls<'a> {
    app: &'a App,
    calls: Vec<Call>,
}

impl<'a> Calls<'a> {
    fn of_app(app: &'a App) -> Self {
        Self {
            app,
            calls: Vec::new(),
        }
    }

    #[allow(
        clippy::too_many_lines,
        reason = "one arm an action: a list, not a flow"
    )]
    fn of(&mut self, action: &Action) {
        match action {
            Action::CheckHost
            | Action::ReadInputs
            | Action::CheckQuestions
            | Action::PortsAreFree
            | Action::UnlockProxy
            | Action::Record(_) => {}
            // The program on a port may belong to a color that this script started.
            Action::NoStranger => {
                for _ in &self.app.colors[0].ports {
                    self.every(Extent::Whole, &[Function::Alive]);
                }
            }
            Action::PreflightRun(name) => self.run(name, Function::Preflight),
            Action::PreflightProxy => self.switch(Function::Preflight),
            Action::TestAsItIs | Action::Test => self.switch(Function::Test),
            Action::ChooseIdle | Action::FindLive => self.finds_live(),
            Action::FindRemovable => {
                self.finds_live();
                self.every(Extent::Whole, &[Function::Alive]);
            }
            // The step asks two questions about a release: whether an adopted one runs, and whether a part of it does;
            // or about two releases, the live one and that of the color.
            Action::ChooseEarlier | Action::FindAdoptable => {
                self.finds_live();
                self.every(Extent::Whole, &[Function::Alive, Function::Alive]);
                // For `adopt COLOR` both releases may be asked for their exclusive services.
                self.core(Core::Copy);
                self.core(Core::Copy);
            }
            Action::TakeUp | Action::StillLive => self.reads_live(),
            // The script of the release reports the ports that it would use.
            Action::ChooseKept | Action::ChooseLive => {
                self.finds_live();
                self.core(Core::Copy);
            }
            Action::TryVerify(name) => {
                for check in self.checks().iter().filter(|check| check.name == *name) {
                    let tries = check.budget.timeout.times(bounded(&check.questions));
                    self.calls.push(Call::Tries(tries));
                }
            }
            // A driver without `dial` has no call for all addresses: the script connects to each.
            Action::Dial(_) if has(&self.app.switch, Function::Dial) => {
                self.switch(Function::Dial);
            }
            Action::Dial(_) => {
                let services = self.app.services.iter();
                for _ in services.filter(|service| service.address.is_some()) {
                    self.switch(Function::Dial);
                }
            }
            Action::PutOffJournal | Action::Journal(_) | Action::Reserve => {
                self.core(Core::Journal);
            }
            // The step measures the artifact. It does not measure a folder that takes longer.
            Action::FindArtifact => self.core(Core::Journal),
            // The phase or the earlier journal, the pointers, and the file that is not needed any more.
            Action::Commit
            | Action::FinishAdopted
            | Action::CommitRemoved
            | Action::CloseJournal => {
                for _ in 0..3 {
                    self.core(Core::Journal);
                }
            }
            // The phase, the pointers, the earlier journal and its file. The folder of the adoption may be removed. With
            // `adopt COLOR` the other color is asked whether it runs, and this one is made to survive a boot.
            Action::CommitAdopted => {
                for _ in 0..4 {
                    self.core(Core::Journal);
                }
                self.core(Core::Copy);
                self.every(Extent::Whole, &[Function::Alive, Function::Persist]);
            }
            Action::EnsureShared(number) => {
                self.calls.push(Call::Shared(*number, Function::Ensure));
            }
            Action::Ensures(_) => {
                for number in 1..=self.app.shared.len() {
                    self.calls.push(Call::Shared(number, Function::Ensure));
                }
            }
            Action::MakeRelease | Action::CopyRelease => {
                self.core(Core::Copy);
                self.core(Core::Copy);
            }
            Action::MakeAdopted => {
                self.core(Core::Copy);
                self.switch(Function::Read);
                self.core(Core::Journal);
                self.core(Core::Journal);
                self.every(Extent::Whole, &[Function::Adopt]);
            }
            Action::User(place, number) => {
                self.calls.push(Call::User(*place, *number));
            }
            Action::Fetch(name) => self.run(name, Function::Fetch),
            Action::Stage(name) => self.run(name, Function::Stage),
            Action::InputsAgain | Action::SyncRelease => self.core(Core::Copy),
            // The idle color, and a color of an older deploy.bg with one of its ports. In a removal with no live color:
            // both colors.
            Action::ClearIdle => {
                self.stops_release();
                self.stops_release();
            }
            Action::Start(name) => {
                for function in [Function::Alive, Function::Start] {
                    self.run(name, function);
                }
            }
            Action::ReadOffers(name) => self.run(name, Function::Offers),
            Action::StartMissing(_, extent) => self.starts_missing(*extent),
            Action::Gate(service, gate) => self.gate(service, gate),
            // If the gate has just passed, the step asks first whether the service is alive.
            Action::GateAgain(service, gate) => {
                self.run(service, Function::Alive);
                self.gate(service, gate);
            }
            Action::Gates(_) => self.gates(Handover::Overlap),
            Action::Persist(_, extent) => self.every(*extent, &[Function::Persist]),
            Action::PersistOff(_) => self.every(Extent::Whole, &[Function::Persist]),
            Action::KeepResuming => {
                self.core(Core::Journal);
                self.core(Core::Copy);
                self.core(Core::ResumeUnit);
            }
            Action::MoveExclusive(side) => self.moves_exclusive(*side),
            Action::Drain(_) => {
                self.calls.push(Call::Drained(self.app.cleanup.drain));
                self.switch(Function::Draining);
            }
            Action::Stop(_, Extent::Whole) => {
                self.stops_release();
                self.asks_addresses();
                // A failed release is kept by a link.
                self.core(Core::Journal);
            }
            Action::Stop(_, extent) => self.every(*extent, &[Function::Stop]),
            // The removal of the last release may begin just before the limit ends.
            Action::Sweep => {
                self.core(Core::Sweep);
                self.every(Extent::Whole, &[Function::Clear]);
            }
            Action::RemoveState => {
                self.core(Core::Sweep);
                self.every(Extent::Whole, &[Function::Clear]);
                self.core(Core::ResumeUnit);
                self.core(Core::Copy);
            }
            Action::SaveWayBack => {
                self.core(Core::Journal);
                self.switch(Function::Routed);
                self.switch(Function::Read);
                self.core(Core::Journal);
            }
            Action::LockProxy => {
                self.switch(Function::Mutex);
                self.calls.push(Call::ProxyLock);
                self.switch(Function::Snapshot);
            }
            Action::Write(_) => self.switch(Function::Write),
            Action::Swap(_) => {
                self.switch(Function::Swap);
                self.switch(Function::Remove);
            }
            Action::Reload => self.switch(Function::Reload),
            Action::Confirm => self.switch(Function::Confirm),
            Action::Verify(name) => {
                for check in self.checks().iter().filter(|check| check.name == *name) {
                    self.verify(check);
                }
            }
            Action::Verifies(_) => {
                for check in self.checks() {
                    self.verify(check);
                }
            }
        }
    }

    fn run(&mut self, service: &Name, function: Function) {
        let Some(service) = self.app.service(service) else {
            return;
        };
        if has(&service.run, function) {
            self.calls.push(Call::Run(service.name.clone(), function));
        }
    }

    /// Reads which color the files route to. If no script of ours made it so, asks whether anybody is there.
    fn reads_live(&mut self) {
        self.switch(Function::Routed);
        self.asks_addresses();
    }

    /// Connects to each service that has an address and no port, because nobody can look up who listens there.
    fn asks_addresses(&mut self) {
        let app = self.app;
        for service in &app.services {
            if service.address.is_some() && app.colors[0].port(&service.name).is_none() {
                self.switch(Function::Dial);
            }
        }
    }

    /// Finds the color that the files route to, and compares it with the color that was confirmed last. It asks whether
    /// that color runs, and which file routes to it: the script of its release knows its own file.
    fn finds_live(&mut self) {
        self.reads_live();
        self.every(Extent::Whole, &[Function::Alive]);
        self.switch(Function::Routed);
        self.switch_if_able(Function::Holds);
    }

    /// Stops all services of a release, unless it is found to be live.
    fn stops_release(&mut self) {
        self.finds_live();
        self.every(Extent::Whole, &[Function::Stop]);
    }

    /// Starts the services that do not run.
    fn starts_missing(&mut self, extent: Extent) {
        let start = [Function::Alive, Function::Start, Function::Offers];
        self.every(extent, &start);
    }

    /// Stops the exclusive services of the other color and starts those of the color of this side. A way back first
    /// stops them there, too, and then starts all services that do not run.
    fn moves_exclusive(&mut self, side: Side) {
        if self.services(Extent::Exclusive).next().is_none() {
            return;
        }
        self.every(Extent::Exclusive, &[Function::Stop]);
        if side == Side::New {
            self.every(Extent::Exclusive, &[Function::Alive, Function::Start]);
        } else {
            self.every(Extent::Exclusive, &[Function::Stop]);
            self.starts_missing(Extent::Whole);
        }
        self.core(Core::StaysAlive);
        // The step asks all services of the color whether they run.
        self.every(Extent::Whole, &[Function::Alive]);
        self.gates(Handover::Exclusive);
    }

    fn switch(&mut self, function: Function) {
        self.calls.push(Call::Switch(function));
    }

    fn switch_if_able(&mut self, function: Function) {
        if has(&self.app.switch, function) {
            self.switch(function);
        }
    }

    fn core(&mut self, core: Core) {
        self.calls.push(Call::Core(core));
    }

    /// Adds these functions of each service.
    fn every(&mut self, extent: Extent, functions: &[Function]) {
        let services: Vec<&Service> = self.services(extent).collect();
        for service in services {
            for function in functions {
                self.run(&service.name, *function);
            }
        }
    }

    fn services(&self, extent: Extent) -> impl Iterator<Item = &'a Service> + use<'a> {
        let services = self.app.services.iter();
        services.filter(move |service| match extent {
            Extent::Whole => true,
            Extent::Overlap => service.handover == Handover::Overlap,
            Extent::Exclusive => service.handover == Handover::Exclusive,
        })
    }

    fn checks(&self) -> &'a [Verify] {
        match &self.app.verify {
            Verification::Checks(checks) => checks,
            Verification::None { .. } => &[],
        }
    }

    fn gate(&mut self, service: &Name, gate: &Name) {
        let services = self.app.services.iter();
        for service in services.filter(|other| other.name == *service) {
            for gate in service.gates.iter().filter(|other| other.name == *gate) {
                self.tries(service, &gate.budget);
            }
        }
    }

    /// Adds the attempts of a gate. They end with the time. The checks which program answered the last one, and whether
    /// the service is alive, may begin then. After that the log is shown.
    fn tries(&mut self, service: &Service, budget: &Budget) {
        self.calls.push(Call::Tries(budget.within));
        for function in [Function::Alive, Function::Listens, Function::Logs] {
            self.run(&service.name, function);
        }
    }

    fn gates(&mut self, handover: Handover) {
        let services = self.app.services.iter();
        for service in services.filter(|service| service.handover == handover) {
            for gate in &service.gates {
                self.tries(service, &gate.budget);
            }
        }
    }

    fn verify(&mut self, check: &Verify) {
        self.calls.push(Call::Tries(check.budget.within));
        self.every(Extent::Whole, &[Function::Alive, Function::Logs]);
    }
}

/// Returns the number of questions that have a time limit of their own.
fn bounded(questions: &[Question]) -> u64 {
    let asked = questions
        .iter()
        .filter(|question| !matches!(question.subject, Subject::Healthy));
    u64::try_from(asked.count()).unwrap_or(u64::MAX)
}
