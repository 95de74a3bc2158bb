//! Words that only a shell understands, in the list of a command. No shell reads the list.

use super::scope::Scope;
use crate::check::names::spelling::{self, PLACEHOLDERS};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Piece, SettingValue, Template};
use crate::source::Span;
use regex::Regex;
use std::sync::LazyLock;

const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh", "su", "runuser"];

/// Programs that take such words as their own: operators (`find … -exec … ;`, `expr`), or variables of their own
/// language. `ssh` passes them to a shell.
const OWN_WORDS: &[&str] = &[
    "find", "expr", "awk", "gawk", "mawk", "sed", "perl", "php", "ruby", "node", "jq", "envsubst",
    "ssh", "psql", "mysql", "mongo", "mongosh", "tmux",
];

/// The same, if they come first: these names are also usual arguments (`make test`).
const OWN_WORDS_IF_FIRST: &[&str] = &["test", "["];

const OPERATORS: &[&str] = &[
    "&&", "||", "|", ";", "&", ">", ">>", "<", "2>", "2>>", "&>", "2>&1",
];

impl Scope<'_> {
    /// Reports operators and variables of a shell in the words of a command. `places`: the place of each word.
    pub fn words_for_a_shell(self, words: &[SettingValue], places: &[Span]) {
        let words: Vec<&Template> = words
            .iter()
            .filter_map(|word| match word {
                SettingValue::Text(template) => Some(template),
                _ => None,
            })
            .collect();
        let plain: Vec<Option<String>> = words.iter().map(|word| word.as_literal()).collect();
        let mut all = plain.iter().map(Option::as_deref);
        let first = plain.first().and_then(Option::as_deref);
        if is_program(first, OWN_WORDS_IF_FIRST) || all.any(|word| is_program(word, OWN_WORDS)) {
            return;
        }
        let script = script_of_a_shell(&plain);
        let mut operators = false;
        for (at, (word, place)) in words.iter().zip(places).enumerate() {
            if script == Some(at) {
                continue;
            }
            let operator = plain[at].as_deref().filter(|word| OPERATORS.contains(word));
            if let Some(operator) = operator {
                // The first one shows the mistake.
                if !operators {
                    self.operator(operator, *place);
                }
                operators = true;
            } else if let Some((written, name)) = variable(word) {
                self.variable_of_a_shell(&written, &name, *place);
            }
        }
    }

    fn operator(self, operator: &str, place: Span) {
        self.findings.push(
            Diagnostic::new(
                Code::NO_SHELL,
                place,
                format!("`{operator}` is an argument here: no shell reads this list"),
            )
            .help("in a step, write `shell \"\"\"…\"\"\"`; elsewhere name the shell: `[\"sh\", \"-c\", \"…\"]`"),
        );
    }

    fn variable_of_a_shell(self, written: &str, name: &str, place: Span) {
        let placeholder = match name {
            "PORT" => Some("port"),
            "COLOR" | "DEPLOY_COLOR" => Some("color"),
            "other_color" => Some("other.color"),
            "other_port" => Some("other.port"),
            name => PLACEHOLDERS.iter().find(|known| **known == name).copied(),
        };
        let help = match placeholder {
            Some(placeholder) => format!("write `{{{placeholder}}}`"),
            None if self.names.find(name).is_some() => format!("write `{{{name}}}`"),
            None if spelling::may_be_an_input(name) => {
                format!("declare `input {name}: string`, and write `{{{name}}}`")
            }
            None => "name a shell, `[\"sh\", \"-c\", \"…\"]`, or declare an `input` and write its name in braces"
                .to_owned(),
        };
        self.findings.push(
            Diagnostic::new(
                Code::NO_SHELL,
                place,
                format!("`{written}` is plain text here: no shell reads this list"),
            )
            .help(help),
        );
    }
}

/// Returns whether a word is one of these programs, by name or by path.
fn is_program(word: Option<&str>, programs: &[&str]) -> bool {
    word.is_some_and(|word| {
        let name = word.rsplit('/').next().unwrap_or(word);
        programs.contains(&name)
    })
}

/// Returns which word is a script for a shell: the one after `-c`, also in `env sh -c …` or `sudo bash -ec …`.
fn script_of_a_shell(words: &[Option<String>]) -> Option<usize> {
    let word = |at: usize| words.get(at).and_then(|word| word.as_deref());
    let shell = (0..words.len()).find(|at| is_program(word(*at), SHELLS))?;
    let option = (shell + 1..words.len()).find(|at| {
        word(*at).is_some_and(|word| {
            word.starts_with('-') && !word.starts_with("--") && word.contains('c')
        })
    })?;
    Some(if word(option + 1) == Some("--") {
        option + 2
    } else {
        option + 1
    })
}

/// Returns the first `$NAME` or `${NAME}` in a word, and its name.
fn variable(word: &Template) -> Option<(String, String)> {
    static VARIABLE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)[^}]*\})")
            // The pattern is a constant, and the tests use it.
            .unwrap_or_else(|error| unreachable!("{error}"))
    });
    word.pieces.iter().find_map(|piece| {
        let Piece::Literal(text) = piece else {
            return None;
        };
        let found = VARIABLE.captures(text)?;
        let name = found.get(1).or_else(|| found.get(2))?;
        Some((found[0].to_owned(), name.as_str().to_owned()))
    })
}
