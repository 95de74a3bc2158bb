//! Words: suggestions for misspelled ones, lists of them in messages, and how often a text contains one.

/// Returns the candidate nearest to `word`, or `None` if no candidate is near enough.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let folded = word.to_lowercase();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let distance = strsim::osa_distance(&folded, &candidate.to_lowercase());
            let allowed = (word.chars().count().max(candidate.chars().count()) / 3).max(1);
            (distance <= allowed && distance < candidate.chars().count())
                .then_some((distance, candidate))
        })
        .min_by_key(|(distance, candidate)| (*distance, candidate.len()))
        .map(|(_, candidate)| candidate)
}

/// Returns the names as a list for a message: `` `a`, `b` and `c` ``.
pub fn listed<S: AsRef<str>>(names: impl IntoIterator<Item = S>, last: &str) -> String {
    let names = names.into_iter();
    joined(names.map(|name| format!("`{}`", name.as_ref())), last)
}

/// Returns the phrases as a list for a message: `a port, a name or nothing`.
pub fn joined(phrases: impl IntoIterator<Item = String>, last: &str) -> String {
    let mut phrases: Vec<String> = phrases.into_iter().collect();
    match phrases.pop() {
        None => String::new(),
        Some(only) if phrases.is_empty() => only,
        Some(end) => format!("{} {last} {end}", phrases.join(", ")),
    }
}

/// Counts how often a text contains a word, not as a part of a longer word. Besides ASCII letters, digits and `_`, the
/// characters in `more` are parts of a word.
#[must_use]
pub fn occurrences(text: &str, word: &str, more: &[char]) -> usize {
    let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || more.contains(&c);
    let alone = |(at, _): &(usize, &str)| {
        !text[..*at].ends_with(in_word) && !text[at + word.len()..].starts_with(in_word)
    };
    text.match_indices(word).filter(alone).count()
}

#[cfg(test)]
mod tests {
    use super::{listed, nearest};

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        assert_eq!(nearest("upstrem", ["set", "upstream"]), Some("upstream"));
        assert_eq!(nearest("ngnix", ["caddy", "nginx"]), Some("nginx"));
        assert_eq!(nearest("haproxy", ["caddy", "nginx"]), None);
        assert_eq!(nearest("x", ["y"]), None);
    }

    #[test]
    fn lists_read_like_sentences() {
        assert_eq!(listed(["a"], "or"), "`a`");
        assert_eq!(listed(["a", "b", "c"], "or"), "`a`, `b` or `c`");
    }
}
