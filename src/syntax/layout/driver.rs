//! Descriptions of drivers.

use super::Layout;
use crate::syntax::tree::{Driver, DriverItem};

impl Layout<'_> {
    pub(super) fn driver(&mut self, driver: &Driver) {
        self.word("driver", driver.kind.word());
        self.verb("", &driver.name);
        self.block(&driver.body, Self::driver_item);
    }

    fn driver_item(&mut self, item: &DriverItem) {
        match item {
            DriverItem::Functions(value) => self.verb_value("functions", value),
            DriverItem::Extends(name) => self.verb("extends", name),
            DriverItem::Setting { name, ty, default } => {
                self.verb("setting", name);
                self.put(": ");
                self.kind(ty);
                if let Some(default) = default {
                    self.verb_value(" =", default);
                }
            }
            DriverItem::Part { name, label, body } => {
                self.verb("part", name);
                if let Some(label) = label {
                    self.put(": ");
                    self.kind(label);
                }
                self.block(body, Self::driver_item);
            }
            DriverItem::ExactlyOne(list) => {
                self.put("exactly one ");
                self.list(list);
            }
            DriverItem::Tools(value) => self.verb_value("tools", value),
            DriverItem::Deadline { function, within } => {
                self.verb("deadline", function);
                self.verb_value("", within);
            }
            DriverItem::Offers(name) => self.verb("offers", name),
            DriverItem::Cannot(name) => self.verb("cannot", name),
            DriverItem::Fragment { template, quoting } => {
                self.put("fragment ");
                self.string(template);
                self.verb(" as", quoting);
            }
            DriverItem::File { path, template } => {
                self.put("file ");
                self.string(path);
                self.put(" from ");
                self.string(template);
            }
            DriverItem::Environment(value) => self.verb_value("environment", value),
            DriverItem::Wipes(name) => self.verb("wipes", name),
            DriverItem::Limit(value) => self.verb_value("limit", value),
        }
    }
}
