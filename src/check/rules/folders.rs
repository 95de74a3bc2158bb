//! Folders and files that must be separate.

use super::source_place::{setting_span, targets};
use crate::check::findings::Findings;
use crate::check::names::statements::Statements;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{App, DriverUse, SettingValue};
use crate::source::Span;
use std::collections::BTreeMap;

/// The setting with the file that the proxy reads and the switch driver writes.
const FRAGMENT: &str = "file";

/// Reports BG504 and BG505.
pub(super) fn check(app: &App, statements: &Statements<'_>, findings: &Findings) {
    let kept = kept_folders(app);
    let wiped: Vec<(String, Span)> = targets(app, statements)
        .flat_map(|(target, written)| wiped_folders(target, written))
        .collect();
    for (folder, span) in &wiped {
        let hit = kept.iter().find(|(kept, _)| {
            is_within(kept, folder) || (*kept != app.root.as_str() && is_within(folder, kept))
        });
        if let Some((kept, what)) = hit {
            findings.push(
                Diagnostic::new(
                    Code::BELOW_WIPED,
                    *span,
                    format!("`{folder}` is emptied by every install, and {what} in `{kept}`"),
                )
                .help("name a folder that holds nothing else; the default is `{root}/staging`"),
            );
        }
    }
    let Some((fragment, span)) = fragment(app, statements) else {
        return;
    };
    let mut own = vec![app.root.to_string(), app.staging.to_string()];
    own.extend(wiped.into_iter().map(|(folder, _)| folder));
    if let Some(folder) = own.iter().find(|folder| is_within(&fragment, folder)) {
        findings.push(
            Diagnostic::new(
                Code::FRAGMENT_IN_ROOT,
                span,
                format!("the proxy's file is below `{folder}`, which belongs to the app"),
            )
            .help("every user who may write there could point the proxy anywhere; put the file beside the proxy's configuration, for example `/etc/nginx/conf.d/shop.conf`"),
        );
    }
}

/// Reports BG503 and BG506.
pub(super) fn between(apps: &[(&App, &Statements<'_>)], findings: &Findings) {
    let mut fragments: BTreeMap<String, (Span, &App)> = BTreeMap::new();
    let mut roots: BTreeMap<&str, (Span, &App)> = BTreeMap::new();
    for (app, statements) in apps {
        if let Some((file, span)) = fragment(app, statements) {
            if let Some((first, other)) = fragments.get(&file) {
                findings.push(
                    Diagnostic::new(
                        Code::FRAGMENT_SHARED,
                        span,
                        format!("`{file}` is already the file of `{}`", other.name),
                    )
                    .also(*first, "named here first")
                    .help("an app owns its whole file, so each deploy would undo the other app's switch; give each app its own file"),
                );
            } else {
                fragments.insert(file, (span, app));
            }
        }
        let span = statements.root.map_or(app.span, |(value, _)| value.span());
        if let Some((first, other)) = roots.get(app.root.as_str()) {
            if other.name == app.name {
                // The two apps have the same name, so they have the same root. The name is reported elsewhere.
                continue;
            }
            findings.push(
                Diagnostic::new(
                    Code::ROOT_SHARED,
                    span,
                    format!("`{}` is already the root of `{}`", app.root, other.name),
                )
                .also(*first, "given here first")
                .help("each app keeps its state and its releases in its root; give each app its own root"),
            );
        } else {
            roots.insert(app.root.as_str(), (span, app));
        }
    }
}

/// Returns the folders that an install must keep: the root, and the folders with the state and the releases.
fn kept_folders(app: &App) -> [(String, &'static str); 3] {
    let state = "the script's state and releases are";
    [
        (app.root.to_string(), "the app's files are"),
        (app.root.join(".deployc").to_string(), state),
        (format!("/var/lib/deployc/{}", app.name), state),
    ]
}

/// Returns the folders that a target's installer empties, with their places in the source.
fn wiped_folders(
    target: &DriverUse,
    written: &crate::syntax::tree::DriverUse,
) -> Vec<(String, Span)> {
    let mut folders = Vec::new();
    if let (Some(folder), Some(setting)) = (target.wiped_folder(), &target.driver.wipes) {
        folders.push((folder.to_string(), setting_span(written, setting)));
    }
    if let Some(SettingValue::Map(files)) = target.setting("files") {
        let span = setting_span(written, "files");
        folders.extend(files.iter().filter_map(|(_, value)| match value {
            SettingValue::Text(template) => Some((template.as_literal()?, span)),
            _ => None,
        }));
    }
    folders
}

/// Returns the file that the proxy reads, if it is the same for both colors.
fn fragment(app: &App, statements: &Statements<'_>) -> Option<(String, Span)> {
    let SettingValue::Text(template) = app.switch.setting(FRAGMENT)? else {
        return None;
    };
    let span = setting_span(statements.switch?.0, FRAGMENT);
    Some((template.as_literal()?, span))
}

/// Returns whether `path` is `folder` or is inside it.
fn is_within(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.trim_end_matches('/') == folder
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}
