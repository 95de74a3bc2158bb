//! Compares the blocks that the messages know with the text of the grammar.

use super::samples::Source;
use crate::syntax::block::Block;
use crate::syntax::expected::keywords;
use crate::syntax::grammar::Rule;
use std::collections::{BTreeMap, BTreeSet};

const GRAMMAR: &str = include_str!("../../../grammar/deploy.pest");

/// The definition of each rule, as tokens.
type Rules = BTreeMap<String, Vec<String>>;

/// The strings with which a text of a rule begins, and whether the rule also matches an empty text.
type First = (BTreeSet<String>, bool);

/// The tokens of the grammar: names, strings in their quotes, and marks.
fn tokens() -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = GRAMMAR;
    while let Some(first) = rest.chars().next() {
        let end = |end: Option<usize>| end.unwrap_or(rest.len());
        let length = if rest.starts_with("//") {
            end(rest.find('\n'))
        } else if matches!(first, '"' | '\'') {
            let mut escaped = false;
            let mut closes = |next: char| {
                let closes = next == first && !escaped;
                escaped = next == '\\' && !escaped;
                closes
            };
            1 + end(rest[1..].find(&mut closes)) + 1
        } else if first.is_alphabetic() || first == '_' {
            end(rest.find(|next: char| !next.is_alphanumeric() && next != '_'))
        } else {
            first.len_utf8()
        };
        let token = &rest[..length];
        if !token.starts_with("//") && !first.is_whitespace() {
            tokens.push(token.to_owned());
        }
        rest = &rest[length..];
    }
    tokens
}

fn rules() -> Rules {
    let tokens = tokens();
    let mut rules = Rules::new();
    let mut at = 0;
    while let Some(equals) = tokens[at..].iter().position(|token| token == "=") {
        let equals = at + equals;
        let open = tokens[equals..].iter().position(|token| token == "{");
        let open = equals + open.expect("a rule has a body");
        let mut depth = 1;
        let mut close = open;
        while depth > 0 {
            close += 1;
            match tokens[close].as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
        }
        let body = tokens[open + 1..close].to_vec();
        rules.insert(tokens[equals - 1].clone(), body);
        at = close + 1;
    }
    rules
}

/// Reads the definition of a rule up to its first strings.
struct Reader<'r> {
    rules: &'r Rules,
    tokens: &'r [String],
    at: usize,
}

impl<'r> Reader<'r> {
    fn first_of(rules: &'r Rules, rule: &str) -> First {
        let tokens = &rules[rule];
        let mut reader = Self {
            rules,
            tokens,
            at: 0,
        };
        let first = reader.choice(true);
        assert_eq!(reader.at, tokens.len(), "{rule}");
        first
    }

    fn eat(&mut self, marks: &[&str]) -> Option<&'r str> {
        let token = self.tokens.get(self.at)?.as_str();
        let eaten = marks.contains(&token);
        self.at += usize::from(eaten);
        eaten.then_some(token)
    }

    /// Reads `a | b`. If `wanted` is false, finds only the end and looks into no rule, because a rule may contain
    /// itself there.
    fn choice(&mut self, wanted: bool) -> First {
        let (mut words, mut empty) = self.sequence(wanted);
        while self.eat(&["|"]).is_some() {
            let next = self.sequence(wanted);
            words.extend(next.0);
            empty |= next.1;
        }
        (words, empty)
    }

    fn sequence(&mut self, wanted: bool) -> First {
        let mut words = BTreeSet::new();
        let mut empty = true;
        loop {
            let next = self.term(wanted && empty);
            words.extend(next.0);
            empty &= next.1;
            if self.eat(&["~"]).is_none() {
                return (words, empty);
            }
        }
    }

    fn term(&mut self, wanted: bool) -> First {
        if self.eat(&["!", "&"]).is_some() {
            self.term(false);
            return (BTreeSet::new(), true);
        }
        let mut first = if self.eat(&["("]).is_some() {
            let inside = self.choice(wanted);
            self.eat(&[")"]).expect("the bracket is closed");
            inside
        } else {
            self.word(wanted)
        };
        while let Some(mark) = self.eat(&["?", "*", "+"]) {
            first.1 |= mark != "+";
        }
        first
    }

    fn word(&mut self, wanted: bool) -> First {
        let token = &self.tokens[self.at];
        self.at += 1;
        if wanted && self.rules.contains_key(token) {
            return Self::first_of(self.rules, token);
        }
        let word = token
            .strip_prefix('"')
            .and_then(|word| word.strip_suffix('"'));
        (
            word.filter(|_| wanted)
                .map(str::to_owned)
                .into_iter()
                .collect(),
            false,
        )
    }
}

/// The rules of the block's statements.
fn statements(rules: &Rules, block: Block) -> Vec<&str> {
    let item = &rules[&format!("{:?}", block.one())][0];
    if item == "command" {
        return vec![item];
    }
    let words = rules[item].iter().map(String::as_str);
    words
        .filter(|word| rules.contains_key(*word) && *word != "letter")
        .collect()
}

/// The blocks that a statement may have, without those of the statements inside.
fn blocks_of(rules: &Rules, rule: &str, seen: &mut BTreeSet<String>) -> BTreeSet<String> {
    let bodies = Block::ALL.into_iter().chain([Block::Settings]);
    let bodies: Vec<String> = bodies.map(|block| format!("{:?}", block.body())).collect();
    let mut found = BTreeSet::new();
    for word in rules.get(rule).into_iter().flatten() {
        if bodies.contains(word) {
            found.insert(word.clone());
        } else if seen.insert(word.clone()) {
            found.extend(blocks_of(rules, word, seen));
        }
    }
    found
}

/// Each statement of the grammar is a verb of its block, and each verb is a statement.
#[test]
fn every_statement_of_the_grammar_is_a_verb() {
    let rules = rules();
    for block in Block::ALL {
        let (words, _) = Reader::first_of(&rules, &format!("{:?}", block.one()));
        let known: BTreeSet<String> = block.first_words().map(str::to_owned).collect();
        assert_eq!(known, words, "{block:?}");
    }
}

/// A statement that has a block in the grammar leads into that block.
#[test]
fn every_block_of_the_grammar_is_known() {
    let rules = rules();
    for block in Block::ALL {
        for rule in statements(&rules, block) {
            let inside = blocks_of(&rules, rule, &mut BTreeSet::new());
            assert!(inside.len() <= 1, "{rule}: {inside:?}");
            for word in Reader::first_of(&rules, rule).0 {
                let known = block.block_of(&word);
                let known = known.map(|known| format!("{:?}", known.body()));
                assert_eq!(known, inside.first().cloned(), "`{word}` in {block:?}");
            }
        }
    }
}

/// Where the grammar has a choice of words, messages list the same words.
#[test]
fn every_choice_of_the_grammar_is_known() {
    let rules = rules();
    for rule in [
        Rule::before_what,
        Rule::after_what,
        Rule::outcome,
        Rule::handover_kind,
        Rule::method,
        Rule::looked_at,
        Rule::relation,
        Rule::driver_kind,
    ] {
        let (words, _) = Reader::first_of(&rules, &format!("{rule:?}"));
        let known = keywords(rule).iter().map(|word| (*word).to_owned());
        assert_eq!(known.collect::<BTreeSet<_>>(), words, "{rule:?}");
    }
}

/// The generator of files writes every statement. At most two bytes choose the kind of a statement.
#[test]
fn every_statement_is_generated() {
    for block in Block::ALL {
        let bytes = (0..64_u8).flat_map(|first| (0..8).map(move |second| [first, second]));
        let written: BTreeSet<String> = bytes
            .map(|bytes| Source::new(&bytes).statement(block))
            .filter_map(|text| Some(text.split_whitespace().next()?.to_owned()))
            .collect();
        for word in block.first_words() {
            assert!(
                written.contains(word),
                "no `{word}` in {block:?}: {written:?}"
            );
        }
    }
}
