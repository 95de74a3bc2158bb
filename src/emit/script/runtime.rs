//! The runtime: how each step is done. One file, the same bytes for every application of this version.

use super::super::bundle::VERSION;
use super::super::manifest::sha256;
use crate::stdlib;
use std::sync::LazyLock;

/// The modules of `stdlib/shell/` in the order in which the runtime has them: the command first, then the order and what runs it, the
/// actions in the order of a deployment, then what they are built on.
const MODULES: &[&str] = &[
    "main",
    "runner",
    "order",
    "actions_look",
    "actions_prepare",
    "actions_switch",
    "actions_end",
    "actions_adopt",
    "actions_copy",
    "actions_remove",
    "releases",
    "user",
    "status",
    "doctor",
    "probe",
    "question",
    "expect",
    "http",
    "http_curl",
    "http_bash",
    "json",
    "inputs",
    "state",
    "journal",
    "release",
    "slot",
    "lock",
    "live",
    "fragment",
    "generation",
    "place",
    "driver",
    "process",
    "net",
    "output",
    "clock",
];

/// The kinds of drivers that have functions; all of ours follow the modules.
const DRIVERS: [&str; 4] = ["run", "switch", "shared", "notify"];

static TEXT: LazyLock<String> = LazyLock::new(make);
static HASH: LazyLock<String> = LazyLock::new(|| sha256(text()));

/// The names of the modules, in the order in which the runtime has them.
#[must_use]
pub fn modules() -> &'static [&'static str] {
    MODULES
}

/// The whole file.
#[must_use]
pub fn text() -> &'static str {
    &TEXT
}

/// By what a script pins it: `VERSION-SHA256`.
#[must_use]
pub fn id() -> String {
    format!("{VERSION}-{}", *HASH)
}

/// Its name beside the scripts: `deployc-runtime-VERSION-HASH8.sh`.
#[must_use]
pub fn file_name() -> String {
    format!("deployc-runtime-{VERSION}-{}.sh", &HASH[..8])
}

/// The first words of its first line; the version follows.
pub const BEGINS: &str = "# deployc-runtime ";

/// The last line: without it the file is not whole.
pub const ENDS: &str = "# The end of deployc-runtime.";

fn make() -> String {
    let mut text = format!(
        "{BEGINS}{VERSION}: how each step of a deployment is done; the same file for every application.\n\
         #\n\
         # Do not edit. An application's script, APP.sh beside this file, says what is done and in which order. It names this file by its\n\
         # sha256 and reads nothing of it before that is checked; `deployc runtime --check FILE` tells whether it is what was released.\n\
         #\n\
         # shellcheck shell=bash\n\
         # What an application's script sets is read here, and what is set here is read there; functions are called by name.\n\
         # shellcheck disable=SC2034,SC2154,SC2317\n\
         # A local variable is an array in one function and a text in another.\n\
         # shellcheck disable=SC2128,SC2178\n"
    );
    for file in files() {
        text.push('\n');
        text.push_str(&file);
    }
    text.push('\n');
    text.push_str(ENDS);
    text.push('\n');
    text
}

/// What it consists of: each ends with one line break.
fn files() -> impl Iterator<Item = String> {
    let modules = MODULES
        .iter()
        .filter_map(|module| stdlib::text(&format!("shell/{module}.sh")));
    let drivers = DRIVERS.iter().flat_map(|kind| stdlib::shell_files(kind));
    modules.chain(drivers).map(without_directives)
}

/// A file without its first lines that only speak to ShellCheck (and to the kernel), one line break at its end.
pub(super) fn without_directives(text: &str) -> String {
    let mut rest = text;
    while rest.starts_with("#!") || rest.starts_with("# shellcheck") {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    format!("{}\n", rest.trim_start_matches('\n').trim_end())
}
