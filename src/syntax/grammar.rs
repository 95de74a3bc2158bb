//! The parser that pest generates from `grammar/deploy.pest`.

#![allow(
    missing_docs,
    clippy::pedantic,
    reason = "the code is generated; the grammar is its documentation"
)]

/// The generated parser. `Rule` is generated beside it.
#[derive(pest_derive::Parser)]
#[grammar = "grammar/deploy.pest"]
pub(super) struct Grammar;
