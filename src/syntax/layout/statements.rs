//! The file, `app`, and the blocks in it.

use super::Layout;
use crate::syntax::tree::{
    Allow, AppItem, CleanupItem, ColorItem, Command, CommandOption, CommandRun, DriverUse, Expect,
    ExpectPart, Input, Item, Let, LockItem, Name, OnItem, Probe, ProbeItem, ServiceItem, Setting,
    Value, Verify,
};

impl Layout<'_> {
    pub(super) fn item(&mut self, item: &Item) {
        match item {
            Item::Use(path) => {
                self.put("use ");
                self.string(path);
            }
            Item::Let(constant) => self.constant(constant),
            Item::Probe(probe) => self.probe(probe),
            Item::App(app) => {
                self.verb("app", &app.name);
                self.block(&app.body, Self::app_item);
            }
            Item::Allow(allow) => self.allow(allow),
            Item::Driver(driver) => self.driver(driver),
        }
    }

    /// Writes a verb and a name.
    pub(super) fn verb(&mut self, verb: &str, name: &Name) {
        self.put(verb);
        self.put(" ");
        self.name(name);
    }

    /// Writes a verb and a word of the language.
    pub(super) fn word(&mut self, verb: &str, word: &str) {
        self.put(verb);
        self.put(" ");
        self.put(word);
    }

    /// Writes a verb and a value.
    pub(super) fn verb_value(&mut self, verb: &str, value: &Value) {
        self.put(verb);
        self.put(" ");
        self.value(value);
    }

    fn app_item(&mut self, item: &AppItem) {
        match item {
            AppItem::Root(path) => self.verb_value("root", path),
            AppItem::Sudo(_) => self.put("sudo"),
            AppItem::Input(input) => self.input(input),
            AppItem::Let(constant) => self.constant(constant),
            AppItem::Color(color) => {
                self.verb("color", &color.name);
                self.optional_block(color.body.as_ref(), Self::color_item);
            }
            AppItem::Address(address) => self.verb_value("address", address),
            AppItem::Artifact(path) => self.verb_value("artifact", path),
            AppItem::Run(driver) => self.driver_use("run", driver),
            AppItem::Service(service) => {
                self.verb("service", &service.name);
                self.optional_block(service.body.as_ref(), Self::service_item);
            }
            AppItem::Shared(driver) => self.driver_use("shared", driver),
            AppItem::Probe(probe) => self.probe(probe),
            AppItem::Switch(driver) => self.driver_use("switch", driver),
            AppItem::Verify(verify) => self.verify(verify),
            AppItem::Cleanup(body) => {
                self.put("cleanup");
                self.block(body, Self::cleanup_item);
            }
            AppItem::Steps(steps) => {
                self.put(steps.when.words());
                self.block(&steps.body, Self::command);
            }
            AppItem::On(on) => {
                self.word("on", on.outcome.word());
                self.block(&on.body, Self::on_item);
            }
            AppItem::Lock(body) => {
                self.put("lock");
                self.block(body, |layout, LockItem::Wait(limit)| {
                    layout.verb_value("wait", limit);
                });
            }
            AppItem::Build(body) => {
                self.put("build");
                self.block(body, Self::command);
            }
            AppItem::Ship(driver) => self.driver_use("ship", driver),
            AppItem::Hosts(hosts) => {
                self.verb_value("hosts", &hosts.hosts);
                self.optional_block(hosts.body.as_ref(), Self::setting);
            }
            AppItem::Target(driver) => self.driver_use("target", driver),
            AppItem::Allow(allow) => self.allow(allow),
        }
    }

    fn constant(&mut self, constant: &Let) {
        self.verb("let", &constant.name);
        self.put(" = ");
        self.value(&constant.value);
    }

    fn allow(&mut self, allow: &Allow) {
        self.verb("allow", &allow.code);
        self.put(" ");
        self.string(&allow.reason);
    }

    fn input(&mut self, input: &Input) {
        self.put("input ");
        for (at, name) in input.names.iter().enumerate() {
            if at > 0 {
                self.put(", ");
            }
            self.name(name);
        }
        self.put(": ");
        self.kind(&input.ty);
        if let Some(default) = &input.default {
            self.verb_value(" =", default);
        }
        if let Some(file) = &input.file {
            self.verb_value(" from file", file);
        }
    }

    fn color_item(&mut self, item: &ColorItem) {
        match item {
            ColorItem::Port { service, number } => {
                self.put("port ");
                if let Some(service) = service {
                    self.name(service);
                    self.put(" ");
                }
                self.value(number);
            }
            ColorItem::Let(constant) => self.constant(constant),
        }
    }

    fn driver_use(&mut self, verb: &str, driver: &DriverUse) {
        self.verb(verb, &driver.driver);
        self.optional_block(driver.body.as_ref(), Self::setting);
    }

    fn setting(&mut self, setting: &Setting) {
        match setting {
            Setting::Assign { name, value } => {
                self.name(name);
                self.put(" = ");
                self.value(value);
            }
            Setting::Part { name, label, body } => {
                self.name(name);
                if let Some(label) = label {
                    self.put(" ");
                    self.value(label);
                }
                self.block(body, Self::setting);
            }
        }
    }

    fn service_item(&mut self, item: &ServiceItem) {
        match item {
            ServiceItem::Run(driver) => self.driver_use("run", driver),
            ServiceItem::Probe(probe) => self.probe(probe),
            ServiceItem::Verify(verify) => self.verify(verify),
            ServiceItem::Address(address) => self.verb_value("address", address),
            ServiceItem::NoPort(_) => self.put("no port"),
            ServiceItem::Handover(kind) => self.word("handover", kind.word()),
            ServiceItem::StopWithin(limit) => self.verb_value("stop within", limit),
            ServiceItem::Let(constant) => self.constant(constant),
        }
    }

    fn probe(&mut self, probe: &Probe) {
        self.verb("probe", &probe.name);
        if let Some(from) = &probe.from {
            self.verb(" from", from);
        }
        self.optional_block(probe.body.as_ref(), Self::probe_item);
    }

    fn verify(&mut self, verify: &Verify) {
        match verify {
            Verify::None { reason, .. } => {
                self.put("verify none ");
                self.string(reason);
            }
            Verify::Check { name, from, body } => {
                self.put("verify");
                if let Some(name) = name {
                    self.put(" ");
                    self.name(name);
                }
                if let Some(from) = from {
                    self.verb(" from", from);
                }
                self.optional_block(body.as_ref(), Self::probe_item);
            }
        }
    }

    fn probe_item(&mut self, item: &ProbeItem) {
        match item {
            ProbeItem::Request { method, urls, .. } => self.verb_value(method.word(), urls),
            ProbeItem::Body(value) => self.verb_value("body", value),
            ProbeItem::Tcp(value) => self.verb_value("tcp", value),
            ProbeItem::Exec { inside, command } => {
                let verb = if inside.is_some() {
                    "exec inside"
                } else {
                    "exec"
                };
                self.verb_value(verb, command);
            }
            ProbeItem::Healthy(_) => self.put("healthy"),
            ProbeItem::Header { name, value } => {
                self.verb_value("header", name);
                self.verb_value("", value);
            }
            ProbeItem::Via(value) => self.verb_value("via", value),
            ProbeItem::Ca(value) => self.verb_value("ca", value),
            ProbeItem::Expect(expect) => self.expect(expect),
            ProbeItem::Every(value) => self.verb_value("every", value),
            ProbeItem::Within(value) => self.verb_value("within", value),
            ProbeItem::Attempts(value) => self.verb_value("attempts", value),
            ProbeItem::Timeout(value) => self.verb_value("timeout", value),
            ProbeItem::After(value) => self.verb_value("after", value),
            ProbeItem::Passes(value) => self.verb_value("passes", value),
            ProbeItem::Warn(_) => self.put("warn"),
        }
    }

    fn expect(&mut self, expect: &Expect) {
        match expect {
            Expect::Status(value) => self.verb_value("expect status", value),
            Expect::Color(_) => self.put("expect color"),
            Expect::Content {
                part,
                relation,
                value,
            } => {
                match part {
                    ExpectPart::Body(_) => self.put("expect body"),
                    ExpectPart::Header(name) => self.verb_value("expect header", name),
                    ExpectPart::Json(path) => self.verb_value("expect json", path),
                }
                self.word("", relation.word());
                self.verb_value("", value);
            }
        }
    }

    fn cleanup_item(&mut self, item: &CleanupItem) {
        match item {
            CleanupItem::Drain(value) => self.verb_value("drain", value),
            CleanupItem::StopWithin(value) => self.verb_value("stop within", value),
            CleanupItem::KeepWarm(_) => self.put("keep warm"),
        }
    }

    fn command(&mut self, command: &Command) {
        match &command.run {
            CommandRun::Exec(value) => self.verb_value("exec", value),
            CommandRun::Shell(text) => {
                self.put("shell ");
                self.string(text);
            }
        }
        self.optional_block(command.options.as_ref(), |layout, option| match option {
            CommandOption::In(value) => layout.verb_value("in", value),
            CommandOption::Within(value) => layout.verb_value("within", value),
            CommandOption::Once(_) => layout.put("once"),
            CommandOption::Warn(_) => layout.put("warn"),
        });
    }

    fn on_item(&mut self, item: &OnItem) {
        match item {
            OnItem::Command(command) => self.command(command),
            OnItem::Notify(driver) => self.driver_use("notify", driver),
        }
    }
}
