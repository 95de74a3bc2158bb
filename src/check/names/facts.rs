//! What is known of an app before its values are looked at.

use crate::model::{HostPath, Name, Template, defaults};
use crate::source::Span;
use std::cell::RefCell;
use std::collections::HashMap;

/// What is known of an app before its values are looked at.
#[derive(Debug)]
pub struct Facts {
    pub app: String,
    /// `None`: wrong, and said so.
    pub root: Option<HostPath>,
    /// `None`: wrong, and said so.
    pub staging: Option<HostPath>,
    pub services: Vec<ServiceFacts>,
    /// Templates of `let`s, by where they are defined; each is looked at once.
    pub lets: RefCell<HashMap<Span, Progress>>,
}

impl Facts {
    /// What is known of the service of that name.
    pub fn service(&self, name: &str) -> Option<&ServiceFacts> {
        self.services
            .iter()
            .find(|service| service.name.as_str() == name)
    }

    /// What can be taken as known where there is no app: enough to see whether a text could be right.
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

/// How far the template of a `let` is.
#[derive(Clone, Debug)]
pub enum Progress {
    /// Being made: to meet it again is a cycle.
    Open,
    /// `None`: wrong, and said so.
    Done(Option<Template>),
}

/// What is known of a service before its values are looked at.
#[derive(Clone, Debug)]
pub struct ServiceFacts {
    pub name: Name,
    /// How it can be reached.
    pub reach: Reach,
    /// Whether the user wrote `service NAME`.
    pub named: bool,
    /// What its driver offers; `None` when the driver is unknown, so that anything may be meant.
    pub offers: Option<Vec<String>>,
}

/// How a service can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// By its port in the colors.
    Port,
    /// By an address alone.
    Address,
    /// It says `no port`.
    Worker,
    /// Nothing says how, which is a mistake of its own.
    Unsaid,
}

impl ServiceFacts {
    /// Whether it has a port in the colors.
    pub fn has_port(&self) -> bool {
        self.reach == Reach::Port
    }
}
