//! Texts that readers of text stumble over.

use proptest::prelude::*;

pub use crate::odd::ODD;

/// Any Unicode text without NUL, with what readers care for more often than chance has it.
pub fn any_text() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(ODD.to_vec()).prop_map(str::to_owned);
    let any = any::<String>().prop_map(|text| text.replace('\0', ""));
    prop::collection::vec(prop_oneof![odd, any], 1..5).prop_map(|parts| parts.concat())
}

/// A text without some characters.
pub fn without(forbidden: &'static [char]) -> impl Strategy<Value = String> {
    any_text().prop_map(move |text| text.replace(forbidden, ""))
}
