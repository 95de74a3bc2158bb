//! The facts about an app that are known before its values are resolved.

use crate::model::{HostPath, Name, Template, defaults};
use crate::source::Span;
use std::cell::RefCell;
use std::collections::HashMap;

/// The facts about an app that are known before its values are resolved.
#[derive(Debug)]
pub struct Facts {
    pub app: String,
    /// `None`: an error that was reported.
    pub root: Option<HostPath>,
    /// `None`: an error that was reported.
    pub staging: Option<HostPath>,
    pub services: Vec<ServiceFacts>,
    /// The templates of `let`s, by the place of the definition. Each is resolved once.
    pub lets: RefCell<HashMap<Span, Progress>>,
}

impl Facts {
    /// Returns the facts about the service with that name.
    pub fn service(&self, name: &str) -> Option<&ServiceFacts> {
        self.services
            .iter()
            .find(|service| service.name.as_str() == name)
    }

    /// Returns facts for a value outside of an app. They are enough to check whether its text can be correct.
    pub fn of_no_app() -> Self {
        let services = Name::new(defaults::SERVICE).ok().map(|name| ServiceFacts {
            name,
            reach: Reach::Port,
            named: false,
            offers: None,
        });
        let root = defaults::root(defaults::SERVICE);
        let staging = defaults::staging(&root);
        Self {
            app: defaults::SERVICE.to_owned(),
            root: Some(root),
            staging: Some(staging),
            services: services.into_iter().collect(),
            lets: RefCell::default(),
        }
    }
}

/// The progress of the template of a `let`.
#[derive(Clone, Debug)]
pub enum Progress {
    /// Its resolution has begun. If the same `let` is reached again, it is a cycle.
    Open,
    /// `None`: an error that was reported.
    Done(Option<Template>),
}

/// The facts about a service that are known before its values are resolved.
#[derive(Clone, Debug)]
pub struct ServiceFacts {
    pub name: Name,
    /// How the script reaches the service.
    pub reach: Reach,
    /// Whether the user wrote `service NAME`.
    pub named: bool,
    /// The placeholders that its driver offers. `None`: the driver is unknown, so any name may be a placeholder.
    pub offers: Option<Vec<String>>,
}

/// How the script reaches a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// By its port in the colors.
    Port,
    /// By an address, without a port.
    Address,
    /// The service has `no port`, so the script does not reach it.
    Worker,
    /// The file gives the service neither a port nor an address. This error is reported elsewhere.
    Unsaid,
}

impl ServiceFacts {
    /// Returns whether the service has a port in the colors.
    pub fn has_port(&self) -> bool {
        self.reach == Reach::Port
    }
}
