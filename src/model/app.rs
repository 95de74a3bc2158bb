//! One `app`: everything that its script needs to know.

use super::{
    Cleanup, Color, Driver, DriverUse, Duration, HostPath, Input, Name, OutcomeStep, Service,
    StepRun, Steps, Template, Verification,
};
use crate::source::Span;
use crate::stdlib;

/// One `app`: everything that its script needs to know.
#[derive(Clone, Debug)]
pub struct App {
    /// Its name: the script's, the state folder's, the units'.
    pub name: Name,
    /// Where `app NAME` stands.
    pub span: Span,
    /// The app's folder on the host: absolute, no placeholder left.
    pub root: HostPath,
    /// Where the caller puts what is to be deployed: absolute. `{root}/staging` unless a target says otherwise.
    pub staging: HostPath,
    /// How the script may touch the proxy.
    pub privilege: Privilege,
    /// Values given at deploy time, in the order of the file.
    pub inputs: Vec<Input>,
    /// The two colors, in the order of the file: a first deploy goes to the first.
    pub colors: [Color; 2],
    /// What is copied into a new release.
    pub artifact: Option<Artifact>,
    /// What a color consists of; at least one. A bare `run` makes one named [`defaults::SERVICE`].
    pub services: Vec<Service>,
    /// What both colors need: there, or made, before a color starts; never stopped. In the order of the file.
    pub shared: Vec<DriverUse>,
    /// How the proxy is pointed at a color.
    pub switch: DriverUse,
    /// What is asked through the proxy after the switch.
    pub verify: Verification,
    /// What happens to the previous color.
    pub cleanup: Cleanup,
    /// The user's own steps, by their place.
    pub steps: Steps,
    /// What runs when the outcome is known.
    pub outcomes: Vec<OutcomeStep>,
    /// How long a second deploy waits for the first; zero: not at all.
    pub lock_wait: Duration,
    /// The callers that files are made for.
    pub targets: Vec<DriverUse>,
}

impl App {
    /// Every use of a driver whose functions the script calls.
    pub fn drivers(&self) -> impl Iterator<Item = &DriverUse> {
        let steps = &self.steps;
        let steps = steps
            .before_start
            .iter()
            .chain(&steps.before_switch)
            .chain(&steps.after_switch)
            .chain(&steps.after_verify)
            .chain(&steps.after_stop)
            .chain(self.outcomes.iter().map(|outcome| &outcome.step));
        let notified = steps.filter_map(|step| match &step.run {
            StepRun::Notify(used) => Some(used),
            StepRun::Exec(_) | StepRun::Shell(_) => None,
        });
        let services = self.services.iter().map(|service| &service.run);
        services
            .chain([&self.switch])
            .chain(&self.shared)
            .chain(notified)
    }

    /// The user's own drivers whose functions the script calls, each once, those that others extend first.
    #[must_use]
    pub fn own_drivers(&self) -> Vec<&Driver> {
        let mut drivers: Vec<&Driver> = Vec::new();
        for used in self.drivers() {
            let bases: Vec<&Driver> = used.driver.chain().collect();
            for driver in bases.into_iter().rev() {
                let same = |other: &&Driver| other.kind == driver.kind && other.name == driver.name;
                let ours = stdlib::driver_path(driver.kind, driver.name.as_str()).is_some();
                if !ours && !drivers.iter().any(same) {
                    drivers.push(driver);
                }
            }
        }
        drivers
    }

    /// The service of that name.
    #[must_use]
    pub fn service(&self, name: &Name) -> Option<&Service> {
        self.services.iter().find(|service| service.name == *name)
    }

    /// The color that is not `color`.
    #[must_use]
    pub fn other(&self, color: &Color) -> &Color {
        if self.colors[0].name == color.name {
            &self.colors[1]
        } else {
            &self.colors[0]
        }
    }
}

/// How the script writes, tests and reloads the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privilege {
    /// As the script's own user.
    Own,
    /// Through `sudo -n`.
    Sudo,
}

/// What is copied into a new release.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// A path on the host, absolute, `*` and `?` allowed in its last part; a folder ends in `/`.
    pub pattern: Template,
    /// Where it stands.
    pub span: Span,
}
