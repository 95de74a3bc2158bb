//! The programs that the tests deploy, and the compiler that makes the scripts. Each is built once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use super::process::run;

/// Returns the root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the compiler.
pub fn deployc() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_deployc"))
}

/// Returns the test application, see `tests/support/app`, in the profile of the caller. It builds the application
/// itself, because `cargo test --test e2e` does not build examples.
pub fn testapp() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut command = Command::new(env!("CARGO"));
        command
            .args(["build", "--quiet", "--example", "testapp"])
            .current_dir(repository());
        if !cfg!(debug_assertions) {
            command.arg("--release");
        }
        run(command, Duration::from_secs(300)).ok();
        deployc().with_file_name("examples").join("testapp")
    })
}
