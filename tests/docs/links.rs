//! Checks the links between pages.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{pages, repository};

/// Returns the targets of `[text](target)` in a page, outside of code blocks.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for piece in line.split("](").skip(1) {
            links.extend(piece.split_once(')').map(|(target, _)| target.to_owned()));
        }
    }
    links
}

/// Returns the anchors of a page's headings, made in the same way as on GitHub.
fn anchors(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| {
            line.trim_start_matches('#')
                .strip_prefix(' ')
                .filter(|_| line.starts_with('#'))
        })
        .map(|title| {
            title
                .to_lowercase()
                .chars()
                .filter_map(|character| match character {
                    ' ' => Some('-'),
                    '-' | '_' => Some(character),
                    other => other.is_alphanumeric().then_some(other),
                })
                .collect()
        })
        .collect()
}

#[test]
fn links_lead_somewhere() {
    let mut dead = Vec::new();
    for (name, text) in pages() {
        let folder = Path::new(&name)
            .parent()
            .map(PathBuf::from)
            .unwrap_or_default();
        for link in links(&text)
            .into_iter()
            .filter(|link| !link.contains("://"))
        {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() {
                PathBuf::from(&name)
            } else {
                folder.join(path)
            };
            let full = repository().join(&target);
            let there = full.exists()
                && (anchor.is_empty()
                    || fs::read_to_string(&full)
                        .is_ok_and(|page| anchors(&page).iter().any(|own| own == anchor)));
            if !there {
                dead.push(format!("{name}: {link}"));
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}
