//! Descriptions of drivers.

use super::{Build, Pair, take};
use crate::model::DriverKind;
use crate::syntax::block::Block;
use crate::syntax::grammar::Rule;
use crate::syntax::tree::{Body, Driver, DriverItem, Name};

impl Build<'_> {
    /// `driver KIND NAME { … }`
    pub fn driver(&mut self, pair: Pair) -> Option<Driver> {
        let mut inner = pair.into_inner();
        Some(Driver {
            kind: DriverKind::of(inner.nth(1)?.as_str())?,
            name: self.name(&inner.next()?),
            body: self.driver_body(inner.next()?),
        })
    }

    /// The block of `driver` and of a `part` in it.
    pub fn driver_body(&mut self, pair: Pair) -> Body<DriverItem> {
        self.body(pair, Block::Driver, Self::driver_item)
    }

    fn driver_item(&mut self, pair: Pair) -> Option<DriverItem> {
        let rule = pair.as_rule();
        Some(match rule {
            Rule::functions => DriverItem::Functions(self.second(pair)?),
            Rule::extends => DriverItem::Extends(self.second_name(pair)?),
            Rule::setting => {
                let mut inner = pair.into_inner();
                DriverItem::Setting {
                    name: self.name(&inner.nth(1)?),
                    ty: self.kind(inner.nth(1)?)?,
                    default: inner.next().and_then(|pair| self.second(pair)),
                }
            }
            Rule::described_part => {
                let mut inner = pair.into_inner();
                let name = self.name(&inner.nth(1)?);
                let label = match take(&mut inner, Rule::colon) {
                    Some(_) => Some(self.kind(inner.next()?)?),
                    None => None,
                };
                let body = self.driver_body(inner.next()?);
                DriverItem::Part { name, label, body }
            }
            Rule::exactly_one => DriverItem::ExactlyOne(self.list(pair.into_inner().nth(2)?)),
            Rule::tools => DriverItem::Tools(self.second(pair)?),
            Rule::deadline => {
                let mut inner = pair.into_inner();
                DriverItem::Deadline {
                    function: self.name(&inner.nth(1)?),
                    within: self.value(inner.next()?)?,
                }
            }
            Rule::offers => DriverItem::Offers(self.second_name(pair)?),
            Rule::cannot => DriverItem::Cannot(self.second_name(pair)?),
            Rule::fragment => {
                let mut inner = pair.into_inner();
                DriverItem::Fragment {
                    template: self.text(inner.nth(1)?)?,
                    quoting: self.name(&inner.nth(1)?),
                }
            }
            Rule::target_file => {
                let mut inner = pair.into_inner();
                DriverItem::File {
                    path: self.text(inner.nth(1)?)?,
                    template: self.text(inner.nth(1)?)?,
                }
            }
            Rule::environment => DriverItem::Environment(self.second(pair)?),
            Rule::wipes => DriverItem::Wipes(self.second_name(pair)?),
            Rule::limit => DriverItem::Limit(self.second(pair)?),
            _ => return None,
        })
    }

    fn second_name(&self, pair: Pair) -> Option<Name> {
        Some(self.name(&pair.into_inner().nth(1)?))
    }
}
