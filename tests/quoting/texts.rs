//! Random texts for the tests, with many texts that programs often misread.

use proptest::prelude::*;

pub use crate::odd::ODD;

/// Makes any Unicode text without NUL. Texts that programs often misread are more frequent than by chance.
pub fn any_text() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(ODD.to_vec()).prop_map(str::to_owned);
    let any = any::<String>().prop_map(|text| text.replace('\0', ""));
    prop::collection::vec(prop_oneof![odd, any], 1..5).prop_map(|parts| parts.concat())
}

/// Makes a text without these characters.
pub fn without(forbidden: &'static [char]) -> impl Strategy<Value = String> {
    any_text().prop_map(move |text| text.replace(forbidden, ""))
}
