//! One `app`: everything that its script needs to know.

use super::{
    Cleanup, Color, Driver, DriverUse, Duration, HostPath, Input, Name, OutcomeStep, Service,
    StepRun, Steps, Template, Verification,
};
use crate::source::Span;
use crate::stdlib;

/// One `app`, with all information for its script.
#[derive(Clone, Debug)]
pub struct App {
    /// Its name. The script, the state folder and the units have the same name.
    pub name: Name,
    /// The place of `app NAME` in the source.
    pub span: Span,
    /// The app's folder on the host. An absolute path without placeholders.
    pub root: HostPath,
    /// The folder that receives the files of a deployment. An absolute path. `{root}/staging` unless a target sets
    /// another one.
    pub staging: HostPath,
    /// How the script gets the right to change the proxy.
    pub privilege: Privilege,
    /// Values given at deploy time, in the order of the file.
    pub inputs: Vec<Input>,
    /// The two colors, in the order of the file. A first deploy goes to the first color.
    pub colors: [Color; 2],
    /// The files that are copied into a new release.
    pub artifact: Option<Artifact>,
    /// The services of a color, at least one. A bare `run` becomes a service named [`defaults::SERVICE`].
    pub services: Vec<Service>,
    /// Resources that both colors use, in the order of the file. They exist or are made before a color starts, and are
    /// never stopped.
    pub shared: Vec<DriverUse>,
    /// How the proxy is pointed at a color.
    pub switch: DriverUse,
    /// The checks through the proxy after the switch.
    pub verify: Verification,
    /// How the previous color is drained and stopped.
    pub cleanup: Cleanup,
    /// The user's own steps, grouped by the moment when they run.
    pub steps: Steps,
    /// The steps that run when the outcome is known.
    pub outcomes: Vec<OutcomeStep>,
    /// How long a second deploy waits for the first. Zero: it does not wait.
    pub lock_wait: Duration,
    /// The callers for which files are generated.
    pub targets: Vec<DriverUse>,
}

impl App {
    /// All uses of drivers whose functions the script calls. Every field is named, so a new one that holds a driver
    /// cannot be forgotten.
    pub fn drivers(&self) -> impl Iterator<Item = &DriverUse> {
        let Self {
            services,
            shared,
            switch,
            steps,
            outcomes,
            // The script calls no functions of a target.
            targets: _,
            name: _,
            span: _,
            root: _,
            staging: _,
            privilege: _,
            inputs: _,
            colors: _,
            artifact: _,
            verify: _,
            cleanup: _,
            lock_wait: _,
        } = self;
        let Steps {
            before_start,
            before_switch,
            after_switch,
            after_verify,
            after_stop,
        } = steps;
        let steps = before_start
            .iter()
            .chain(before_switch)
            .chain(after_switch)
            .chain(after_verify)
            .chain(after_stop)
            .chain(outcomes.iter().map(|outcome| &outcome.step));
        let notified = steps.filter_map(|step| match &step.run {
            StepRun::Notify(used) => Some(used),
            StepRun::Exec(_) | StepRun::Shell(_) => None,
        });
        let runs = services.iter().map(|service| &service.run);
        runs.chain([switch]).chain(shared).chain(notified)
    }

    /// The user's own drivers whose functions the script calls. Each occurs once, and a base comes before the drivers
    /// that extend it.
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

    /// The other color.
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

/// The files that are copied into a new release.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// An absolute path on the host. Its last part may contain `*` and `?`. A folder ends in `/`.
    pub pattern: Template,
    /// Its place in the source.
    pub span: Span,
}
