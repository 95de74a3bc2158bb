//! Names in shell text: the names that the runtime and the library's drivers define and use. A user's driver must not
//! define them again.

use super::shell_files;
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Names of functions and variables.
#[derive(Debug, Default)]
pub struct ShellNames {
    /// The functions that the text defines.
    pub functions: BTreeSet<String>,
    /// The variables that the text sets or reads.
    pub variables: BTreeSet<String>,
}

/// The functions of every application's script whose names have no dot.
pub const SCRIPT_FUNCTIONS: [&str; 4] = [
    "artifact_pattern",
    "fragment",
    "load_runtime",
    "read_inputs",
];

/// The variables of every application's script that are not in the runtime.
pub const SCRIPT_VARIABLES: [&str; 2] = ["let_of", "runtime_fd"];

/// The folders with the files of the runtime.
const FOLDERS: [&str; 5] = ["shell", "run", "switch", "shared", "notify"];

/// Returns the names in the runtime and in the functions of the library's drivers.
#[must_use]
pub fn of_runtime() -> &'static ShellNames {
    static NAMES: LazyLock<ShellNames> = LazyLock::new(|| {
        let mut names = ShellNames::default();
        for text in FOLDERS.iter().flat_map(|folder| shell_files(folder)) {
            names
                .functions
                .extend(functions(text).into_iter().map(|(name, _)| name));
            names.variables.extend(variables(text));
        }
        names
    });
    &NAMES
}

fn pattern(pattern: &str) -> Regex {
    // The pattern is a constant, and the tests below compile it.
    Regex::new(pattern).unwrap_or_else(|error| unreachable!("{error}"))
}

/// Returns the functions that a shell text defines at the beginning of a line, each with its line number from 1. Lines
/// of a here-document do not count.
#[must_use]
pub fn functions(text: &str) -> Vec<(String, usize)> {
    static HEAD: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"^(?:function[ \t]+([^ \t(){}]+)|([A-Za-z_][A-Za-z0-9_.:-]*)[ \t]*\([ \t]*\))")
    });
    static HERE: LazyLock<Regex> =
        LazyLock::new(|| pattern(r#"(?:^|[^<])<<-?[ \t]*['"\\]?([A-Za-z_][A-Za-z0-9_]*)"#));
    let mut found = Vec::new();
    let mut ends: Option<String> = None;
    for (at, line) in text.lines().enumerate() {
        if let Some(end) = &ends {
            if line.trim_start_matches('\t') == end {
                ends = None;
            }
            continue;
        }
        if let Some(head) = HEAD.captures(line)
            && let Some(name) = head.get(1).or_else(|| head.get(2))
        {
            found.push((name.as_str().to_owned(), at + 1));
        }
        if !line.trim_start().starts_with('#') {
            ends = HERE.captures(line).map(|here| here[1].to_owned());
        }
    }
    found
}

/// Returns the variables of a shell text, as far as a search for words can find them. Extra words do no harm, because a
/// user's variable does not have such a name by chance.
#[must_use]
pub fn variables(text: &str) -> BTreeSet<String> {
    static ASKED: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\$\{?[#!]?([A-Za-z_][A-Za-z0-9_]*)"));
    static GIVEN: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?:^|[ \t;(&|{])([A-Za-z_][A-Za-z0-9_]*)(?:\[[^\]]*\])?(?:\+?=|\+\+|--)")
    });
    static NAMED: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?:^|[ \t;(&|{])(?:local|declare|readonly|export|read|mapfile|for|printf -v)((?:[ \t]+[-A-Za-z_][A-Za-z0-9_]*)+)",
        )
    });
    static CALCULATED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\(\((.*?)\)\)"));
    static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"[A-Za-z_][A-Za-z0-9_]*"));
    let mut names = BTreeSet::new();
    for line in text.lines() {
        for found in CALCULATED.captures_iter(line) {
            let words = WORD.find_iter(&found[1]);
            names.extend(words.map(|word| word.as_str().to_owned()));
        }
        for found in ASKED.captures_iter(line).chain(GIVEN.captures_iter(line)) {
            names.insert(found[1].to_owned());
        }
        for found in NAMED.captures_iter(line) {
            let words = found[1].split_whitespace();
            names.extend(
                words
                    .filter(|word| !word.starts_with('-'))
                    .map(str::to_owned),
            );
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::{functions, of_runtime, variables};

    #[test]
    fn functions_are_found_where_they_are_defined() {
        let text = "a_b() { :; }\nfunction c.d {\n  inner() { :; }\n}\ncat <<'END'\nno() {\nEND\n\
                    cat <<-X\n\tno() {\n\tX\n# not_this() {\nx=<<<here\nlast ()\n{\n:\n}\n";
        let found: Vec<_> = functions(text);
        let found: Vec<_> = found
            .iter()
            .map(|(name, at)| (name.as_str(), *at))
            .collect();
        assert_eq!(found, [("a_b", 1), ("c.d", 2), ("last", 13)]);
    }

    #[test]
    fn variables_are_found_however_they_come_to_a_value() {
        let text = "one=1 two+=(x)\nlocal three four=4\nread -r five six\nfor seven in a; do\n\
                    printf -v eight x\n((nine++ < fourteen))\nmapfile -t ten\necho ${eleven[0]} ${!twelve} $thirteen\n";
        let found = variables(text);
        for name in [
            "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
            "eleven", "twelve", "thirteen", "fourteen",
        ] {
            assert!(found.contains(name), "{name}: {found:?}");
        }
    }

    #[test]
    fn the_runtime_is_read() {
        let names = of_runtime();
        for function in ["main", "recovery", "nginx_routed", "process_start"] {
            assert!(names.functions.contains(function), "{function}");
        }
        for variable in ["app", "colors", "port_of", "nginx_file", "process_command"] {
            assert!(names.variables.contains(variable), "{variable}");
        }
    }

    /// Names with a dot belong to the script. A name of the user has no dot, so joined names cannot clash.
    #[test]
    fn what_is_not_generated_has_no_dot() {
        let dotted = of_runtime()
            .functions
            .iter()
            .filter(|name| name.contains('.'));
        let strange = dotted.filter(|name| {
            let (head, _) = name.split_once('.').unwrap_or_default();
            !["plan", "way", "recover", "command"].contains(&head)
        });
        assert_eq!(strange.collect::<Vec<_>>(), Vec::<&String>::new());
    }
}
