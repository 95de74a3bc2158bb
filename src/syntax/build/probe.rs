//! Gates: `probe` and `verify`.

use super::{Build, Pair, take};
use crate::model::{Method, Relation};
use crate::syntax::block::Block;
use crate::syntax::grammar::Rule;
use crate::syntax::tree::{Body, Expect, ExpectPart, Name, Probe, ProbeItem, Verify};

impl Build<'_> {
    /// `probe NAME [from OTHER] { … }`
    pub fn probe(&mut self, pair: Pair) -> Option<Probe> {
        let mut inner = pair.into_inner();
        Some(Probe {
            name: self.name(&inner.nth(1)?),
            from: take(&mut inner, Rule::from).and_then(|from| self.from(from)),
            body: inner.next().map(|body| self.probe_body(body)),
        })
    }

    fn from(&self, pair: Pair) -> Option<Name> {
        Some(self.name(&pair.into_inner().nth(1)?))
    }

    /// `verify …`
    pub fn verify(&mut self, pair: Pair) -> Option<Verify> {
        let form = pair.into_inner().nth(1)?;
        let rule = form.as_rule();
        let mut inner = form.into_inner();
        if rule == Rule::verify_none {
            return Some(Verify::None {
                word: self.span_of(&inner.next()?),
                reason: self.text(inner.next()?)?,
            });
        }
        Some(Verify::Check {
            name: take(&mut inner, Rule::name).map(|name| self.name(&name)),
            from: take(&mut inner, Rule::from).and_then(|from| self.from(from)),
            body: inner.next().map(|body| self.probe_body(body)),
        })
    }

    /// The block of `probe` and `verify`.
    pub fn probe_body(&mut self, pair: Pair) -> Body<ProbeItem> {
        self.body(pair, Block::Probe, Self::probe_item)
    }

    fn probe_item(&mut self, pair: Pair) -> Option<ProbeItem> {
        Some(match pair.as_rule() {
            Rule::request => {
                let mut inner = pair.into_inner();
                let word = inner.next()?;
                ProbeItem::Request {
                    method: Method::of(word.as_str())?,
                    word: self.span_of(&word),
                    urls: self.value(inner.next()?)?,
                }
            }
            Rule::body_sent => ProbeItem::Body(self.second(pair)?),
            Rule::tcp => ProbeItem::Tcp(self.second(pair)?),
            Rule::probe_exec => {
                let mut inner = pair.into_inner();
                inner.next()?;
                ProbeItem::Exec {
                    inside: take(&mut inner, Rule::INSIDE).map(|word| self.span_of(&word)),
                    command: self.value(inner.next()?)?,
                }
            }
            Rule::healthy => ProbeItem::Healthy(self.span_of(&pair)),
            Rule::header => {
                let mut inner = pair.into_inner();
                ProbeItem::Header {
                    name: self.value(inner.nth(1)?)?,
                    value: self.value(inner.next()?)?,
                }
            }
            Rule::via => ProbeItem::Via(self.second(pair)?),
            Rule::ca => ProbeItem::Ca(self.second(pair)?),
            Rule::expect => ProbeItem::Expect(self.expect(pair.into_inner().nth(1)?)?),
            Rule::every => ProbeItem::Every(self.second(pair)?),
            Rule::within => ProbeItem::Within(self.second(pair)?),
            Rule::attempts => ProbeItem::Attempts(self.second(pair)?),
            Rule::timeout => ProbeItem::Timeout(self.second(pair)?),
            Rule::wait_before => ProbeItem::After(self.second(pair)?),
            Rule::passes => ProbeItem::Passes(self.second(pair)?),
            Rule::warn => ProbeItem::Warn(self.span_of(&pair)),
            _ => return None,
        })
    }

    fn expect(&mut self, pair: Pair) -> Option<Expect> {
        Some(match pair.as_rule() {
            Rule::expect_status => Expect::Status(self.second(pair)?),
            Rule::expect_color => Expect::Color(self.span_of(&pair)),
            _ => {
                let mut inner = pair.into_inner();
                Expect::Content {
                    part: self.expect_part(inner.next()?)?,
                    relation: Relation::of(inner.next()?.as_str())?,
                    value: self.value(inner.next()?)?,
                }
            }
        })
    }

    fn expect_part(&mut self, pair: Pair) -> Option<ExpectPart> {
        let mut inner = pair.into_inner();
        let word = inner.next()?;
        Some(match word.as_rule() {
            Rule::BODY => ExpectPart::Body(self.span_of(&word)),
            Rule::HEADER => ExpectPart::Header(self.value(inner.next()?)?),
            Rule::JSON => ExpectPart::Json(self.value(inner.next()?)?),
            _ => return None,
        })
    }
}
