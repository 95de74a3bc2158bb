//! The grammar's rules in the words of the language, for messages like "expected …, found …".

use super::block::Block;
use super::grammar::Rule;
use crate::model::{Method, Relation};
use crate::suggestions;

/// The first token of a text: a word, a number, a string, or a character. Empty at the end of a line.
pub(super) fn token(text: &str) -> &str {
    let word = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
    let Some(first) = text.chars().next().filter(|&first| first != '\n') else {
        return "";
    };
    if first == '"' || text.starts_with("r\"") {
        let opening = text.find('"').unwrap_or_default() + 1;
        let end = text[opening..]
            .find(['"', '\n'])
            .map_or(text.len(), |end| opening + end);
        return text.get(..=end).unwrap_or(&text[..end]).trim_end();
    }
    if word(first) && first != '-' {
        let end = text.find(|next| !word(next)).unwrap_or(text.len());
        return &text[..end];
    }
    &text[..first.len_utf8()]
}

/// Whether a token is a word (not a number, not a mark).
pub(super) fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_') && !token.contains('"')
}

/// The description of a token in a message.
pub(super) fn called(token: &str) -> String {
    if token.contains('"') {
        return "a string".to_owned();
    }
    match token {
        "" | "\n" => "the end of the line".to_owned(),
        "`" => "a backtick".to_owned(),
        _ if token.chars().any(char::is_control) => {
            format!("the control character {}", token.escape_unicode())
        }
        _ => format!("`{}`", clip(token)),
    }
}

/// At most 40 characters of a text.
pub(super) fn clip(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The word that was probably meant. Too many words are near to one of two letters, such as `on`.
pub(super) fn nearest(
    word: &str,
    words: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    // No word of the language is near to a longer one, and a search for it would be slow.
    if word.len() > 40 {
        return None;
    }
    suggestions::nearest(word, words.filter(|known| known.len() > 2))
}

/// The statements of a place, for the help.
pub(super) fn statements(block: Block) -> String {
    let verbs = suggestions::listed(block.verbs(), "and");
    format!("statements {}: {verbs}", block.called())
}

/// Whether a rule describes a value.
pub(super) fn is_value(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::value
            | Rule::duration
            | Rule::count
            | Rule::status
            | Rule::path
            | Rule::url
            | Rule::string
            | Rule::command_line
            | Rule::list_of_hosts
            | Rule::number_of_port
            | Rule::text
            | Rule::shell_text
            | Rule::list
            | Rule::one_value
            | Rule::reference
            | Rule::list_of
    )
}

/// The keywords with which a rule begins.
pub(super) fn keywords(rule: Rule) -> &'static [&'static str] {
    match rule {
        Rule::before_what => &["start", "switch"],
        Rule::after_what => &["switch", "verify", "stop"],
        Rule::outcome => &["success", "failure", "always"],
        Rule::handover_kind => &["overlap", "exclusive"],
        Rule::method => &Method::WORDS,
        Rule::looked_at => &["body", "header", "json"],
        Rule::relation => &Relation::WORDS,
        Rule::driver_kind => &["run", "switch", "ship", "target", "notify", "shared"],
        Rule::expect_status | Rule::STATUS => &["status"],
        Rule::expect_color | Rule::COLOR => &["color"],
        Rule::from | Rule::from_file | Rule::FROM => &["from"],
        Rule::FILE => &["file"],
        Rule::WITHIN => &["within"],
        Rule::WARM => &["warm"],
        Rule::ONE => &["one"],
        Rule::PORT => &["port"],
        Rule::INSIDE => &["inside"],
        Rule::AS => &["as"],
        Rule::OF => &["of"],
        Rule::NONE | Rule::verify_none => &["none"],
        _ => &[],
    }
}

/// The description of a rule.
fn phrases(rule: Rule) -> &'static [&'static str] {
    match rule {
        Rule::value | Rule::one_value => &["a value"],
        Rule::duration => &["a duration like `10s`"],
        Rule::count => &["a number like `3`"],
        Rule::status => &["statuses like `200`, `2xx` or `[200, 401]`"],
        Rule::path => &["a path in quotes"],
        Rule::url => &["a URL in quotes or a list of them"],
        Rule::string | Rule::text => &["a string"],
        Rule::shell_text => &["the shell's text in `\"\"\"`"],
        Rule::command_line => &["a command like `[\"prog\", \"argument\"]`"],
        Rule::list_of_hosts => &["a list of hosts"],
        Rule::number_of_port => &["a port's number"],
        Rule::list => &["a list like `[a, b]`"],
        Rule::name | Rule::reference => &["a name"],
        Rule::code => &["a code like `BG704`"],
        Rule::driver_name => &["a driver's name"],
        Rule::label => &["a label"],
        Rule::kind => &["a type like `string` or `port`"],
        Rule::equals | Rule::default => &["`=`"],
        Rule::colon => &["`:`"],
        Rule::EOI => &["the end of the line"],
        // For a block pest reports the first rule that it tried: a newline, which must not be there.
        Rule::early_newline
        | Rule::app_body
        | Rule::settings
        | Rule::color_body
        | Rule::service_body
        | Rule::probe_body
        | Rule::cleanup_body
        | Rule::lock_body
        | Rule::commands
        | Rule::options
        | Rule::on_body
        | Rule::driver_body => &["`{`"],
        Rule::verify_check => &["a name", "`from`", "`{`"],
        _ => &[],
    }
}

/// The rules as "a, b or c", each once.
pub(super) fn list(rules: &[Rule]) -> String {
    let mut words: Vec<String> = Vec::new();
    for &rule in rules {
        let keywords = keywords(rule).iter().map(|word| format!("`{word}`"));
        for phrase in keywords.chain(phrases(rule).iter().map(ToString::to_string)) {
            if !words.contains(&phrase) {
                words.push(phrase);
            }
        }
    }
    // "the end of the line" comes last.
    words.sort_by_key(|word| word == "the end of the line");
    suggestions::joined(words, "or")
}
