//! A test reports if its real part cannot run on this machine. Such a test never counts as passed, and CI skips
//! nothing.

use std::path::Path;

use rustix::process::geteuid;

/// Why the real part of a test cannot run on this machine.
#[derive(Debug)]
pub struct Skip(pub String);

/// Skips the test unless the user is root. Other users cannot make hosts.
pub fn need_root() -> Result<(), Skip> {
    if geteuid().is_root() {
        Ok(())
    } else {
        Err(Skip("needs root, for namespaces of its own".into()))
    }
}

/// Skips the test unless all of these programs are installed.
pub fn need_programs(programs: &[&str]) -> Result<(), Skip> {
    let folders = [
        "/usr/local/sbin",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/bin",
        "/sbin",
        "/bin",
    ];
    let missing: Vec<_> = programs
        .iter()
        .filter(|program| {
            !folders
                .iter()
                .any(|folder| Path::new(folder).join(program).exists())
        })
        .copied()
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Skip(format!(
        "needs {}; `tests/setup` installs it",
        missing.join(", ")
    )))
}
