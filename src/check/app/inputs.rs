//! Inputs: types, defaults, files.

use crate::check::findings::Findings;
use crate::check::names::definitions::{Definitions, Meaning};
use crate::check::names::spelling;
use crate::check::names::statements::Statements;
use crate::check::values::scope::Scope;
use crate::check::values::type_table::TypePlace;
use crate::check::values::types::Type;
use crate::check::values::value_place::ValuePlace;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{HostPath, Input, InputType, SettingValue, VariableName};
use crate::source::Span;
use crate::syntax::tree::{self, Value};

/// Defines the names of the inputs.
pub fn define<'t>(statements: &Statements<'t>, level: &mut Definitions<'t>, findings: &Findings) {
    for (input, _) in &statements.inputs {
        let secret = match &input.ty {
            tree::Type::Named(ty) | tree::Type::Matching { of: Some(ty), .. } => {
                ty.text == "secret"
            }
            tree::Type::Matching { of: None, .. }
            | tree::Type::OneOf(_)
            | tree::Type::List(..)
            | tree::Type::Map(..) => false,
        };
        for name in &input.names {
            if spelling::variable_name(name, "an input", findings) {
                check_apart(name, findings);
                level.define(name, Meaning::Input { secret }, findings);
            }
        }
    }
}

/// Checks that an input has a capital letter in its name. The script's own variables are all lower-case. Otherwise the
/// script would take its own `state` for a missing input `state`.
fn check_apart(word: &tree::Name, findings: &Findings) {
    let apart = word.text.contains(|c: char| c.is_ascii_uppercase());
    // The name of a placeholder is reported elsewhere.
    if !apart && !spelling::PLACEHOLDERS.contains(&word.text.as_str()) {
        let likely = word.text.to_ascii_uppercase();
        findings.push(
            Diagnostic::new(
                Code::RESERVED_NAME,
                word.span,
                format!(
                    "lower-case variables are the script's own: `{}` could be one",
                    word.text
                ),
            )
            .label(format!("did you mean `{likely}`?"))
            .help("an input is a variable of the environment: its name has a capital letter")
            .fix(word.span, likely),
        );
    }
}

/// Returns the inputs with their types. Faulty inputs are reported and left out.
pub fn resolve(scope: Scope<'_>, statements: &Statements<'_>) -> Vec<Input> {
    statements
        .inputs
        .iter()
        .filter_map(|(input, span)| named_alike(scope.at(ValuePlace::Fixed), input, *span))
        .flatten()
        .collect()
}

/// Returns the inputs of one statement.
fn named_alike(scope: Scope<'_>, input: &tree::Input, span: Span) -> Option<Vec<Input>> {
    let ty = Type::of(&input.ty, TypePlace::Input, scope.findings);
    let file = input.file.as_ref().map(|value| {
        let template = scope.text_of(&Type::Input(InputType::Path), value)?;
        HostPath::new(scope.literal(&template, value.span())?)
    });
    let ty = ty?;
    if let (Type::Input(InputType::Secret(_)), Some(default)) = (&ty, &input.default) {
        scope.findings.push(
            Diagnostic::new(
                Code::SECRET_IN_SOURCE,
                default.span(),
                "a secret must not be in the file: it would be committed, and copied into the script",
            )
            .help("give it in the environment, or `from file PATH` on the host"),
        );
        return None;
    }
    let default = input
        .default
        .as_ref()
        .map(|value| default_text(scope, &ty, value));
    let Type::Input(ty) = ty else {
        return None;
    };
    let (default, file) = (flat(default)?, flat(file)?);
    let names = input.names.iter();
    let inputs = names.filter_map(|name| {
        Some(Input {
            name: VariableName::new(&name.text)?,
            ty: ty.clone(),
            default: default.clone(),
            file: file.clone(),
            span,
        })
    });
    Some(inputs.collect())
}

/// Returns `None` if the value is present but wrong, and `Some(None)` if it is absent.
#[expect(
    clippy::option_option,
    reason = "absent and wrong are told apart right here"
)]
fn flat<T>(found: Option<Option<T>>) -> Option<Option<T>> {
    match found {
        None => Some(None),
        Some(found) => found.map(Some),
    }
}

/// Returns the default as text, in the form that the environment would have.
fn default_text(scope: Scope<'_>, ty: &Type, value: &Value) -> Option<String> {
    let span = value.span();
    match scope.value(ty, value)? {
        SettingValue::Text(template) => scope.literal(&template, span),
        SettingValue::Int(number) => Some(number.to_string()),
        SettingValue::Port(port) => Some(port.to_string()),
        SettingValue::Bool(yes) => Some(yes.to_string()),
        SettingValue::Duration(duration) => Some(duration.to_string()),
        _ => None,
    }
}
