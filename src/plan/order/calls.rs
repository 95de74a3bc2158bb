//! What an action may call, and how long each of these calls may take: the worst case of a step is their sum, the script's `deadline`
//! table has the same numbers, and a real run may call nothing else.

use super::{Action, Extent, Place, Side};
use crate::model::{
    App, Budget, DriverUse, Duration, Handover, Name, Question, Service, Subject, Verification,
    Verify,
};
use crate::plan::limits::{self, Function, has};
use std::collections::BTreeMap;

/// A stretch of the script's own work that has a deadline: who keeps it is said with each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Core {
    /// Copying what belongs to a release, or making all of it reach the disk. The script ends the copy.
    Copy,
    /// One synced write into the state: journal, pointers, a fragment that is kept. The script ends it.
    Journal,
    /// What a killed script had started may still hold the app's mutex; it ends by its own deadline.
    Leftovers,
    /// Waiting for another app that holds the proxy's mutex, from its swap to its confirmation.
    ProxyLock,
    /// How long a prepared color is kept for its deployment. No wait: it is in no worst case.
    Reservation,
    /// Enabling the unit that brings the live color up after a boot. The script ends it.
    ResumeUnit,
    /// How long a program that may run only once must live to count as started.
    StaysAlive,
    /// Removing old releases; what is left is the next command's.
    Sweep,
}

impl Core {
    /// Every one: its name in the script's table, and how long it may take.
    pub const ALL: [(&'static str, Self, Duration); 8] = [
        ("copy", Self::Copy, Duration::from_secs(60)),
        ("journal", Self::Journal, Duration::from_secs(5)),
        ("leftovers", Self::Leftovers, Duration::from_secs(15)),
        // The longest that another app's swap, test, reload and confirm take with the default limits.
        ("proxy_lock", Self::ProxyLock, Duration::from_secs(60)),
        ("reservation", Self::Reservation, Duration::from_secs(3600)),
        ("resume_unit", Self::ResumeUnit, Duration::from_secs(15)),
        ("stays_alive", Self::StaysAlive, Duration::from_secs(2)),
        ("sweep", Self::Sweep, Duration::from_secs(60)),
    ];

    /// How long it may take.
    #[must_use]
    pub fn limit(self) -> Duration {
        Self::ALL
            .iter()
            .find(|(_, core, _)| *core == self)
            .map_or(Duration::ZERO, |(_, _, limit)| *limit)
    }
}

/// Something that an action may call, each at most once but for what is said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// A function of a service's driver.
    Run(Name, Function),
    /// A function of the proxy's driver.
    Switch(Function),
    /// A function of the driver of what both colors need, by its number from 1.
    Shared(usize, Function),
    /// A step of the user's.
    User(Place, usize),
    /// The script's own work.
    Core(Core),
    /// Tries of a gate or a check, as often as fit into that time.
    Tries(Duration),
    /// Waiting for what is still answered, as long as the app says.
    Drained(Duration),
}

impl Call {
    /// How long it may take.
    #[must_use]
    pub fn limit(&self, app: &App) -> Duration {
        match self {
            Self::Run(name, function) => {
                let services = &mut app.services.iter();
                let service = services.find(|service| service.name == *name);
                service.map_or(Duration::ZERO, |service| run_limit(service, *function))
            }
            Self::Switch(function) => limits::limit(&app.switch, *function),
            Self::Shared(number, function) => app
                .shared
                .get(number - 1)
                .map_or(Duration::ZERO, |used| limits::limit(used, *function)),
            Self::User(place, number) => user_limit(app, *place, *number),
            Self::Core(core) => core.limit(),
            Self::Tries(within) | Self::Drained(within) => *within,
        }
    }

    /// As the script's `deadline` table and a trace of calls name it: a service's name has no dot. `None`: it is in neither.
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
            Self::Tries(_) | Self::Drained(_) => return None,
        })
    }
}

/// How long a service's driver may take; a stop has what the app gives it on top.
fn run_limit(service: &Service, function: Function) -> Duration {
    match function {
        Function::Stop => limits::stop(service),
        _ => limits::limit(&service.run, function),
    }
}

fn user_limit(app: &App, place: Place, number: usize) -> Duration {
    use crate::model::Outcome;
    let steps = match place {
        Place::BeforeStart => &app.steps.before_start,
        Place::BeforeSwitch => &app.steps.before_switch,
        Place::AfterSwitch => &app.steps.after_switch,
        Place::AfterVerify => &app.steps.after_verify,
        Place::AfterStop => &app.steps.after_stop,
        Place::OnSuccess | Place::OnFailure | Place::OnAlways => {
            let wanted = match place {
                Place::OnSuccess => Outcome::Success,
                Place::OnFailure => Outcome::Failure,
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
    /// What it may call. A release may be older than `app`, with other services; their limits are its own.
    #[must_use]
    pub fn calls(&self, app: &App) -> Vec<Call> {
        let mut calls = Calls {
            app,
            calls: Vec::new(),
        };
        calls.of(self);
        calls.calls
    }

    /// How long it takes at most.
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
    fn of(&mut self, action: &Action) {
        match action {
            Action::CheckHost
            | Action::ReadInputs
            | Action::CheckQuestions
            | Action::FindArtifact
            | Action::PortsAreFree
            | Action::TakeUp
            | Action::UnlockProxy
            | Action::Record(_) => {}
            // What listens there may be a color's that this script has started.
            Action::NoStranger => self.every(Extent::Whole, &[Function::Alive]),
            Action::PreflightRun(name) => self.run(name, Function::Preflight),
            Action::PreflightProxy => self.switch(Function::Preflight),
            Action::TestAsItIs | Action::Test => self.switch(Function::Test),
            Action::ChooseIdle
            | Action::FindLive
            | Action::ChooseEarlier
            | Action::FindAdoptable
            | Action::StillLive => {
                self.switch(Function::Routed);
                self.every(Extent::Whole, &[Function::Alive]);
            }
            Action::TryVerify(name) => {
                for check in self.checks().iter().filter(|check| check.name == *name) {
                    let tries = check.budget.timeout.times(bounded(&check.questions));
                    self.calls.push(Call::Tries(tries));
                }
            }
            Action::Dial(_) => self.switch(Function::Dial),
            Action::PutOffJournal | Action::Journal(_) | Action::Reserve => {
                self.core(Core::Journal);
            }
            Action::CloseJournal => self.core(Core::Journal),
            Action::Commit | Action::CommitAdopted | Action::FinishAdopted => {
                self.core(Core::Journal);
                self.core(Core::Journal);
            }
            Action::EnsureShared(number) => {
                self.calls.push(Call::Shared(*number, Function::Ensure));
            }
            Action::Ensures(_) => {
                for number in 1..=self.app.shared.len() {
                    self.calls.push(Call::Shared(number, Function::Ensure));
                }
            }
            Action::MakeRelease => {
                self.core(Core::Copy);
                self.core(Core::Copy);
            }
            Action::MakeAdopted => {
                self.core(Core::Copy);
                self.switch(Function::Read);
                self.core(Core::Journal);
                self.every(Extent::Whole, &[Function::Alive, Function::Adopt]);
            }
            Action::User(place, number) => {
                self.calls.push(Call::User(*place, *number));
            }
            Action::Fetch(name) => self.run(name, Function::Fetch),
            Action::Stage(name) => self.run(name, Function::Stage),
            Action::SyncRelease => self.core(Core::Copy),
            Action::ClearIdle => {
                self.switch(Function::Routed);
                self.every(Extent::Whole, &[Function::Alive, Function::Stop]);
            }
            Action::Start(name) => {
                for function in [Function::Alive, Function::Start, Function::Identity] {
                    self.run(name, function);
                }
            }
            Action::ReadOffers(name) => self.run(name, Function::Offers),
            Action::StartMissing(_, extent) => self.every(
                *extent,
                &[Function::Alive, Function::Start, Function::Identity],
            ),
            Action::Gate(service, gate) | Action::GateAgain(service, gate) => {
                let services = self.app.services.iter();
                for service in services.filter(|other| other.name == *service) {
                    for gate in service.gates.iter().filter(|other| other.name == *gate) {
                        self.tries(service, &gate.budget);
                    }
                }
            }
            Action::Gates(_) => self.gates(Handover::Overlap),
            Action::Persist(_, extent) => self.every(*extent, &[Function::Persist]),
            Action::PersistOff(_) => self.every(Extent::Whole, &[Function::Persist]),
            Action::KeepResuming => {
                self.core(Core::Copy);
                self.core(Core::ResumeUnit);
            }
            Action::MoveExclusive(side) => {
                let stop = [Function::Alive, Function::Stop];
                self.every(Extent::Exclusive, &stop);
                if *side != Side::New {
                    self.every(Extent::Exclusive, &stop);
                }
                let start = [Function::Start, Function::Identity];
                self.every(Extent::Exclusive, &start);
                // The whole color is asked whether it lives, and it must live that long.
                self.every(Extent::Whole, &[Function::Alive]);
                self.gates(Handover::Exclusive);
                if self.services(Extent::Exclusive).next().is_some() {
                    self.core(Core::StaysAlive);
                }
            }
            Action::Drain(_) => {
                self.calls.push(Call::Drained(self.app.cleanup.drain));
                self.switch(Function::Draining);
            }
            Action::Stop(_, extent) => {
                self.switch(Function::Routed);
                self.every(*extent, &[Function::Alive, Function::Stop]);
            }
            // The last release may be begun when its time is just over.
            Action::Sweep => {
                self.core(Core::Sweep);
                self.every(Extent::Whole, &[Function::Clear]);
                self.core(Core::Copy);
            }
            Action::SaveWayBack => {
                self.switch(Function::Routed);
                self.switch(Function::Read);
                self.core(Core::Journal);
            }
            Action::LockProxy => {
                self.switch(Function::Mutex);
                self.core(Core::ProxyLock);
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
        let services = &mut self.app.services.iter();
        let Some(service) = services.find(|other| other.name == *service) else {
            return;
        };
        if has(&service.run, function) {
            self.calls.push(Call::Run(service.name.clone(), function));
        }
    }

    fn switch(&mut self, function: Function) {
        self.calls.push(Call::Switch(function));
    }

    fn core(&mut self, core: Core) {
        self.calls.push(Call::Core(core));
    }

    /// These functions of each service.
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

    /// A gate's tries. The last of them, and who answered it, may be asked when their time is just over; then the log is shown.
    fn tries(&mut self, service: &Service, budget: &Budget) {
        self.calls.push(Call::Tries(budget.within));
        for function in [
            Function::Alive,
            Function::Listens,
            Function::Healthy,
            Function::Enter,
            Function::Logs,
        ] {
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

/// How many of the questions have a time of their own.
fn bounded(questions: &[Question]) -> u64 {
    let asked = questions
        .iter()
        .filter(|question| !matches!(question.subject, Subject::Healthy));
    u64::try_from(asked.count()).unwrap_or(u64::MAX)
}

/// The script's `deadline` table, in milliseconds as [`Duration`] has them: the core's own, each function of each service's driver and
/// of the proxy's, each step of the user's.
#[must_use]
pub fn deadlines(app: &App) -> BTreeMap<String, Duration> {
    let mut table: BTreeMap<String, Duration> = Core::ALL
        .iter()
        .map(|(name, _, limit)| ((*name).to_owned(), *limit))
        .collect();
    let mut add = |call: Call| {
        if let Some(key) = call.key() {
            table.insert(key, call.limit(app));
        }
    };
    let given = |used: &DriverUse, functions: &[Function]| -> Vec<Function> {
        let functions = functions.iter().copied();
        functions.filter(|function| has(used, *function)).collect()
    };
    for service in &app.services {
        for function in given(&service.run, &Function::RUN) {
            add(Call::Run(service.name.clone(), function));
        }
    }
    for function in Function::SWITCH {
        // Without one of the driver's own the script dials from the host.
        if function == Function::Dial || has(&app.switch, function) {
            add(Call::Switch(function));
        }
    }
    for number in 1..=app.shared.len() {
        add(Call::Shared(number, Function::Ensure));
    }
    for (place, count) in user_steps(app) {
        for number in 1..=count {
            add(Call::User(place, number));
        }
    }
    table
}

/// How many steps the user has in each place.
fn user_steps(app: &App) -> [(Place, usize); 8] {
    use crate::model::Outcome;
    let steps = &app.steps;
    let outcomes = |when| {
        let outcomes = app.outcomes.iter();
        outcomes.filter(|outcome| outcome.when == when).count()
    };
    [
        (Place::BeforeStart, steps.before_start.len()),
        (Place::BeforeSwitch, steps.before_switch.len()),
        (Place::AfterSwitch, steps.after_switch.len()),
        (Place::AfterVerify, steps.after_verify.len()),
        (Place::AfterStop, steps.after_stop.len()),
        (Place::OnSuccess, outcomes(Outcome::Success)),
        (Place::OnFailure, outcomes(Outcome::Failure)),
        (Place::OnAlways, outcomes(Outcome::Always)),
    ]
}
