//! Values: types, texts with placeholders, and the names that are known at each place.

pub mod lets;
pub mod mark_used;
pub mod mistyped;
pub mod number;
pub mod placeholders;
pub mod regular_expression;
pub mod scope;
pub mod shell_words;
pub mod text;
pub mod text_forms;
pub mod type_table;
pub mod types;
pub mod value;
pub mod value_place;
pub mod written_type;
