//! Reads the sources and finds the paths in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A module's path from the crate's root.
pub type Module = Vec<String>;

/// A source file and its references to others.
#[derive(Default)]
pub struct Source {
    /// Its path below `src/`.
    pub file: String,
    /// The path that each name of its `use`s means.
    pub names: BTreeMap<String, Vec<String>>,
    /// The paths that it uses.
    pub paths: BTreeSet<Vec<String>>,
    /// Its child modules that exist only for tests.
    tests: BTreeSet<String>,
}

/// Returns all sources except those of tests, by their modules.
pub fn read() -> BTreeMap<Module, Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of src/ can be listed") {
            let path = entry.expect("the folder can be listed").path();
            let file = path
                .strip_prefix(&root)
                .expect("the path is below src/")
                .to_string_lossy()
                .into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if let Some(name) = file.strip_suffix(".rs") {
                let text = fs::read_to_string(&path).expect("a source can be read");
                let name = name.trim_end_matches("/mod");
                let module = name
                    .split('/')
                    .filter(|part| *part != "lib")
                    .map(str::to_owned)
                    .collect();
                sources.insert(module, source(file, &words(&text)));
            }
        }
    }
    let test = |sources: &BTreeMap<Module, Source>, module: &Module| {
        (1..=module.len()).any(|end| {
            sources
                .get(&module[..end - 1])
                .is_some_and(|parent| parent.tests.contains(&module[end - 1]))
        })
    };
    let tests: Vec<Module> = sources
        .keys()
        .filter(|module| test(&sources, module))
        .cloned()
        .collect();
    sources.retain(|module, _| !tests.contains(module));
    sources
}

fn source(file: String, words: &[String]) -> Source {
    let mut source = Source {
        file,
        ..Source::default()
    };
    let mut words_used = BTreeSet::new();
    let mut exported = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if words[at..].starts_with(&["#", "[", "cfg", "(", "test", ")", "]"].map(str::to_owned)) {
            at = item_end(words, at + 7);
            let item = &words[..at];
            if let [.., mod_word, name, end] = item
                && mod_word == "mod"
                && end == ";"
            {
                source.tests.insert(name.clone());
            }
        } else if words[at] == "use" {
            let public = at > 0 && matches!(words[at - 1].as_str(), "pub" | ")");
            let mut uses = Vec::new();
            at = tree(words, at + 1, &[], &mut uses);
            for (name, path) in uses {
                source.names.insert(name.clone(), path.clone());
                if public {
                    exported.push((name, path));
                } else {
                    source.paths.insert(path);
                }
            }
        } else if is_name(&words[at]) {
            let start = at;
            while at + 2 < words.len() && words[at + 1] == "::" && is_name(&words[at + 2]) {
                at += 2;
            }
            let path: Vec<String> = words[start..=at]
                .iter()
                .filter(|word| *word != "::")
                .cloned()
                .collect();
            if start == 0 || words[start - 1] != "mod" {
                words_used.insert(path[0].clone());
            }
            if path.len() > 1 {
                source.paths.insert(path);
            }
            at += 1;
        } else {
            at += 1;
        }
    }
    source.paths.extend(
        exported
            .into_iter()
            .filter(|(name, _)| words_used.contains(name))
            .map(|(_, path)| path),
    );
    source
}

/// Reads the names and paths after `use`, or inside of its braces. Returns the position of their end.
fn tree(
    words: &[String],
    mut at: usize,
    before: &[String],
    uses: &mut Vec<(String, Vec<String>)>,
) -> usize {
    let mut path = before.to_vec();
    loop {
        match words[at].as_str() {
            "::" => {}
            "{" => loop {
                at = tree(words, at + 1, &path, uses);
                if words[at] == "}" {
                    path.clear();
                    break;
                }
            },
            "as" => {
                uses.push((words[at + 1].clone(), std::mem::take(&mut path)));
                at += 1;
            }
            end @ ("," | "}" | ";") => {
                if path.last().is_some_and(|last| last == "self") {
                    path.pop();
                }
                if let Some(name) = path
                    .last()
                    .filter(|_| path != before || end == ";")
                    .cloned()
                {
                    uses.push((name, path));
                }
                return at;
            }
            word => path.push(word.to_owned()),
        }
        at += 1;
    }
}

/// Returns the position after an item's block, or after its `;`.
fn item_end(words: &[String], mut at: usize) -> usize {
    let mut open = 0;
    loop {
        match words[at].as_str() {
            "{" => open += 1,
            "}" => open -= 1,
            _ => {}
        }
        at += 1;
        if open == 0 && matches!(words[at - 1].as_str(), ";" | "}") {
            return at;
        }
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Returns the names, `::` and other signs of a source, without comments, strings, characters and lifetimes.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let name = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            string_end(rest)
        } else if first == '\'' {
            quote_end(rest)
        } else if name > 0 {
            let after = &rest[name..];
            let hashes = after.len() - after.trim_start_matches('#').len();
            if matches!(&rest[..name], "r" | "br") && after[hashes..].starts_with('"') {
                let end = format!("\"{}", "#".repeat(hashes));
                let inside = &after[hashes + 1..];
                name + hashes + 1 + inside.find(&end).unwrap_or(inside.len()) + end.len()
            } else {
                words.push(rest[..name].to_owned());
                name
            }
        } else if rest.starts_with("::") {
            words.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                words.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    words
}

/// Returns the length of the string at the beginning of a text.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Returns the length of the character or lifetime at the beginning of a text.
fn quote_end(text: &str) -> usize {
    let mut inside = text[1..].chars();
    let (first, second) = (inside.next(), inside.next());
    match (first, second) {
        // The search for the closing quote begins after the escaped character, which may be a quote itself.
        (Some('\\'), Some(escaped)) => {
            let from = 2 + escaped.len_utf8();
            text[from..]
                .find('\'')
                .map_or(text.len(), |end| from + end + 1)
        }
        (Some(one), Some('\'')) => 2 + one.len_utf8(),
        _ => {
            1 + text[1..]
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(text.len() - 1)
        }
    }
}
