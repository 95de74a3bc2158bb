//! Tests of the parser and the formatter that are not single cases: properties, hostile texts, meanings.

mod blocks;
mod meaning;
mod properties;
mod robust;
mod samples;
