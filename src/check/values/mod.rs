//! Values: types, texts with placeholders, and what is known where a value stands.

pub mod lets;
pub mod mark;
pub mod mistyped;
pub mod number;
pub mod placeholders;
pub mod regular_expression;
pub mod scope;
pub mod shape;
pub mod text;
pub mod type_table;
pub mod types;
pub mod value;
pub mod value_place;
pub mod written_type;
