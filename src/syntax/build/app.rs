//! The file, `app`, and the blocks in it except the gates.

use super::{Build, Pair, take};
use crate::model::{Handover, Outcome, When};
use crate::syntax::block::Block;
use crate::syntax::grammar::Rule;
use crate::syntax::tree::{
    Allow, App, AppItem, Body, CleanupItem, Color, ColorItem, Command, CommandOption, CommandRun,
    DriverUse, File, Hosts, Input, Item, Let, LockItem, On, OnItem, Service, ServiceItem, Setting,
    Steps, Value,
};

impl Build<'_> {
    /// The whole file.
    pub fn file(&mut self, pair: Pair) -> File {
        let span = self.span_of(&pair);
        let body = match pair.into_inner().next() {
            Some(body) => self.body(body, Block::Top, Self::item),
            None => Body::empty(span),
        };
        File { body }
    }

    /// Parses a block of the kind `block` only to report its mistakes. The result is dropped.
    pub fn rescue(&mut self, block: Block, pair: Pair) {
        match block {
            Block::Top => drop(self.body(pair, block, Self::item)),
            Block::App => drop(self.body(pair, block, Self::app_item)),
            Block::Settings => drop(self.settings(pair)),
            Block::Color => drop(self.body(pair, block, Self::color_item)),
            Block::Service => drop(self.body(pair, block, Self::service_item)),
            Block::Probe => drop(self.probe_body(pair)),
            Block::Cleanup => drop(self.body(pair, block, Self::cleanup_item)),
            Block::Lock => drop(self.body(pair, block, Self::lock_item)),
            Block::Commands => drop(self.commands(pair)),
            Block::Options => drop(self.body(pair, block, Self::option)),
            Block::On => drop(self.body(pair, block, Self::on_item)),
            Block::Driver => drop(self.driver_body(pair)),
            Block::List | Block::Map => drop(self.value(pair)),
        }
    }

    fn item(&mut self, pair: Pair) -> Option<Item> {
        Some(match pair.as_rule() {
            Rule::use_file => Item::Use(self.text(pair.into_inner().nth(1)?)?),
            Rule::constant => Item::Let(self.constant(pair)?),
            Rule::probe => Item::Probe(self.probe(pair)?),
            Rule::app => {
                let mut inner = pair.into_inner();
                Item::App(App {
                    name: self.name(&inner.nth(1)?),
                    body: self.body(inner.next()?, Block::App, Self::app_item),
                })
            }
            Rule::allow => Item::Allow(self.allow(pair)?),
            Rule::driver => Item::Driver(self.driver(pair)?),
            _ => return None,
        })
    }

    fn app_item(&mut self, pair: Pair) -> Option<AppItem> {
        let rule = pair.as_rule();
        Some(match rule {
            Rule::root => AppItem::Root(self.second(pair)?),
            Rule::sudo => AppItem::Sudo(self.span_of(&pair)),
            Rule::input => AppItem::Input(self.input(pair)?),
            Rule::constant => AppItem::Let(self.constant(pair)?),
            Rule::color => {
                let mut inner = pair.into_inner();
                AppItem::Color(Color {
                    name: self.name(&inner.nth(1)?),
                    body: inner
                        .next()
                        .map(|body| self.body(body, Block::Color, Self::color_item)),
                })
            }
            Rule::address => AppItem::Address(self.second(pair)?),
            Rule::artifact => AppItem::Artifact(self.second(pair)?),
            Rule::run => AppItem::Run(self.driver_use(pair)?),
            Rule::service => {
                let mut inner = pair.into_inner();
                AppItem::Service(Service {
                    name: self.name(&inner.nth(1)?),
                    body: inner
                        .next()
                        .map(|body| self.body(body, Block::Service, Self::service_item)),
                })
            }
            Rule::shared => AppItem::Shared(self.driver_use(pair)?),
            Rule::probe => AppItem::Probe(self.probe(pair)?),
            Rule::switch => AppItem::Switch(self.driver_use(pair)?),
            Rule::verify => AppItem::Verify(self.verify(pair)?),
            Rule::cleanup => {
                let body = pair.into_inner().nth(1)?;
                AppItem::Cleanup(self.body(body, Block::Cleanup, Self::cleanup_item))
            }
            Rule::steps => {
                let mut inner = pair.into_inner();
                AppItem::Steps(Steps {
                    when: When::of(inner.next()?.as_str(), inner.next()?.as_str())?,
                    body: self.commands(inner.next()?),
                })
            }
            Rule::on => {
                let mut inner = pair.into_inner();
                AppItem::On(On {
                    outcome: Outcome::of(inner.nth(1)?.as_str())?,
                    body: self.body(inner.next()?, Block::On, Self::on_item),
                })
            }
            Rule::lock => {
                let body = pair.into_inner().nth(1)?;
                AppItem::Lock(self.body(body, Block::Lock, Self::lock_item))
            }
            Rule::build => AppItem::Build(self.commands(pair.into_inner().nth(1)?)),
            Rule::ship => AppItem::Ship(self.driver_use(pair)?),
            Rule::hosts => {
                let mut inner = pair.into_inner();
                AppItem::Hosts(Hosts {
                    hosts: self.value(inner.nth(1)?)?,
                    body: inner.next().map(|body| self.settings(body)),
                })
            }
            Rule::target => AppItem::Target(self.driver_use(pair)?),
            Rule::allow => AppItem::Allow(self.allow(pair)?),
            _ => return None,
        })
    }

    /// The value after a verb.
    pub fn second(&mut self, pair: Pair) -> Option<Value> {
        self.value(pair.into_inner().nth(1)?)
    }

    fn constant(&mut self, pair: Pair) -> Option<Let> {
        let mut inner = pair.into_inner();
        Some(Let {
            name: self.name(&inner.nth(1)?),
            value: self.value(inner.nth(1)?)?,
        })
    }

    fn allow(&mut self, pair: Pair) -> Option<Allow> {
        let mut inner = pair.into_inner();
        Some(Allow {
            code: self.name(&inner.nth(1)?),
            reason: self.text(inner.next()?)?,
        })
    }

    fn input(&mut self, pair: Pair) -> Option<Input> {
        let mut inner = pair.into_inner();
        inner.next()?;
        let mut names = Vec::new();
        while let Some(name) = take(&mut inner, Rule::name) {
            names.push(self.name(&name));
        }
        Some(Input {
            names,
            ty: self.kind(inner.nth(1)?)?,
            default: take(&mut inner, Rule::default).and_then(|pair| self.second(pair)),
            file: inner
                .next()
                .and_then(|pair| self.value(pair.into_inner().nth(2)?)),
        })
    }

    fn color_item(&mut self, pair: Pair) -> Option<ColorItem> {
        if pair.as_rule() == Rule::constant {
            return self.constant(pair).map(ColorItem::Let);
        }
        let mut inner = pair.into_inner();
        inner.next()?;
        Some(ColorItem::Port {
            service: take(&mut inner, Rule::name).map(|pair| self.name(&pair)),
            number: self.value(inner.next()?)?,
        })
    }

    /// `run jar { … }` and similar statements.
    pub fn driver_use(&mut self, pair: Pair) -> Option<DriverUse> {
        let mut inner = pair.into_inner();
        Some(DriverUse {
            driver: self.name(&inner.nth(1)?),
            body: inner.next().map(|body| self.settings(body)),
        })
    }

    fn settings(&mut self, pair: Pair) -> Body<Setting> {
        self.body(pair, Block::Settings, Self::setting)
    }

    fn setting(&mut self, pair: Pair) -> Option<Setting> {
        let rule = pair.as_rule();
        let mut inner = pair.into_inner();
        let name = self.name(&inner.next()?);
        if rule == Rule::assign {
            let value = self.value(inner.nth(1)?)?;
            return Some(Setting::Assign { name, value });
        }
        let label = match take(&mut inner, Rule::label) {
            Some(label) => self.value(label),
            None => None,
        };
        let body = self.settings(inner.next()?);
        Some(Setting::Part { name, label, body })
    }

    fn service_item(&mut self, pair: Pair) -> Option<ServiceItem> {
        Some(match pair.as_rule() {
            Rule::run => ServiceItem::Run(self.driver_use(pair)?),
            Rule::probe => ServiceItem::Probe(self.probe(pair)?),
            Rule::verify => ServiceItem::Verify(self.verify(pair)?),
            Rule::address => ServiceItem::Address(self.second(pair)?),
            Rule::no_port => ServiceItem::NoPort(self.span_of(&pair)),
            Rule::handover => {
                ServiceItem::Handover(Handover::of(pair.into_inner().nth(1)?.as_str())?)
            }
            Rule::stop_within => ServiceItem::StopWithin(self.value(pair.into_inner().nth(2)?)?),
            Rule::constant => ServiceItem::Let(self.constant(pair)?),
            _ => return None,
        })
    }

    fn cleanup_item(&mut self, pair: Pair) -> Option<CleanupItem> {
        Some(match pair.as_rule() {
            Rule::drain => CleanupItem::Drain(self.second(pair)?),
            Rule::stop_within => CleanupItem::StopWithin(self.value(pair.into_inner().nth(2)?)?),
            Rule::keep_warm => CleanupItem::KeepWarm(self.span_of(&pair)),
            _ => return None,
        })
    }

    fn lock_item(&mut self, pair: Pair) -> Option<LockItem> {
        self.second(pair).map(LockItem::Wait)
    }

    fn commands(&mut self, pair: Pair) -> Body<Command> {
        self.body(pair, Block::Commands, Self::command)
    }

    fn command(&mut self, pair: Pair) -> Option<Command> {
        let mut inner = pair.into_inner();
        let run = inner.next()?;
        let run = match run.as_rule() {
            Rule::exec => CommandRun::Exec(self.second(run)?),
            _ => CommandRun::Shell(self.text(run.into_inner().nth(1)?)?),
        };
        Some(Command {
            run,
            options: inner
                .next()
                .map(|body| self.body(body, Block::Options, Self::option)),
        })
    }

    fn option(&mut self, pair: Pair) -> Option<CommandOption> {
        Some(match pair.as_rule() {
            Rule::in_folder => CommandOption::In(self.second(pair)?),
            Rule::within => CommandOption::Within(self.second(pair)?),
            Rule::once => CommandOption::Once(self.span_of(&pair)),
            Rule::warn => CommandOption::Warn(self.span_of(&pair)),
            _ => return None,
        })
    }

    fn on_item(&mut self, pair: Pair) -> Option<OnItem> {
        Some(match pair.as_rule() {
            Rule::command => OnItem::Command(self.command(pair)?),
            _ => OnItem::Notify(self.driver_use(pair)?),
        })
    }
}
