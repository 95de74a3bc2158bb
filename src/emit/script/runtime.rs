//! The runtime: the code of each step. One file with the same bytes for every application of this version.

use super::super::bundle::VERSION;
use super::super::manifest::sha256;
use crate::stdlib;
use std::sync::LazyLock;

/// The modules of `stdlib/shell/`, in the order of the runtime: first the commands, then the runner and the programs,
/// then the actions in the order of a deployment, then the modules that these use.
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
    "color_sign",
    "http",
    "http_curl",
    "http_bash",
    "json",
    "inputs",
    "state",
    "journal",
    "release",
    "slot",
    "account",
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

/// The kinds of drivers that have functions. All drivers of the library follow the modules.
const DRIVERS: [&str; 4] = ["run", "switch", "shared", "notify"];

static TEXT: LazyLock<String> = LazyLock::new(make);
static HASH: LazyLock<String> = LazyLock::new(|| sha256(text()));

/// The names of the modules, in the order of the runtime.
#[must_use]
pub fn modules() -> &'static [&'static str] {
    MODULES
}

/// The whole file.
#[must_use]
pub fn text() -> &'static str {
    &TEXT
}

/// The id by which a script pins the runtime: `VERSION-SHA256`.
#[must_use]
pub fn id() -> String {
    format!("{VERSION}-{}", *HASH)
}

/// The name of its file beside the scripts: `deployc-runtime-VERSION-HASH8.sh`.
#[must_use]
pub fn file_name() -> String {
    format!("deployc-runtime-{VERSION}-{}.sh", &HASH[..8])
}

/// The first words of its first line. The version follows them.
pub const BEGINS: &str = "# deployc-runtime ";

/// Its last line. A file without this line is incomplete.
pub const ENDS: &str = "# The end of deployc-runtime.";

fn make() -> String {
    let mut text = format!(
        "{BEGINS}{VERSION}: the code of each step of a deployment; the same file for every application.\n\
         #\n\
         # Do not edit. An application's script, APP.sh beside this file, contains its settings and the order of its commands. APP.sh\n\
         # checks the sha256 of this file before it reads it. `deployc runtime --check FILE` tells whether FILE is a released runtime.\n\
         #\n\
         # shellcheck shell=bash\n\
         # Each of the two files uses variables that the other one sets. Functions are called by name.\n\
         # shellcheck disable=SC2034,SC2154,SC2317\n\
         # A local variable of one name can be an array in one function and a text in another.\n\
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

/// The files of the runtime. Each ends with one line break.
fn files() -> impl Iterator<Item = String> {
    let modules = MODULES
        .iter()
        .filter_map(|module| stdlib::text(&format!("shell/{module}.sh")));
    let drivers = DRIVERS.iter().flat_map(|kind| stdlib::shell_files(kind));
    modules.chain(drivers).map(without_directives)
}

/// A file without its first lines for ShellCheck and for the kernel (`#!`), and with one line break at its end.
pub(super) fn without_directives(text: &str) -> String {
    let mut rest = text;
    while rest.starts_with("#!") || rest.starts_with("# shellcheck") {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    format!("{}\n", rest.trim_start_matches('\n').trim_end())
}
