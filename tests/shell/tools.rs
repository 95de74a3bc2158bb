//! The tools that a script finds: those of this machine or those of `BusyBox`, with and without curl.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

/// The tools in `PATH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tools {
    Machine,
    MachineWithoutCurl,
    BusyBox,
    BusyBoxWithoutCurl,
}

impl Tools {
    pub const ALL: [Self; 4] = [
        Self::Machine,
        Self::MachineWithoutCurl,
        Self::BusyBox,
        Self::BusyBoxWithoutCurl,
    ];

    pub fn have_curl(self) -> bool {
        matches!(self, Self::Machine | Self::BusyBox)
    }

    /// Returns the value of `PATH`: one folder that contains only these tools.
    pub fn path(self) -> PathBuf {
        static FOLDERS: OnceLock<TempDir> = OnceLock::new();
        let folders = FOLDERS.get_or_init(|| {
            let folders = tempfile::tempdir().expect("a temporary folder can be made");
            for tools in Self::ALL {
                tools.fill(&folders.path().join(format!("{tools:?}")));
            }
            folders
        });
        folders.path().join(format!("{self:?}"))
    }

    fn fill(self, folder: &Path) {
        std::fs::create_dir(folder).expect("a folder can be made");
        let mut programs = vec!["bash"];
        if self.have_curl() {
            programs.push("curl");
        }
        if matches!(self, Self::Machine | Self::MachineWithoutCurl) {
            programs.extend([
                "awk", "cat", "cp", "env", "getent", "head", "id", "ls", "mkdir", "mv", "rm",
                "sleep", "stat", "tail", "touch", "tr", "true", "wc",
            ]);
        } else {
            let installed = Command::new(program("busybox"))
                .args(["--install", "-s"])
                .arg(folder)
                .status()
                .expect("busybox runs");
            assert!(installed.success(), "busybox cannot install its tools");
        }
        for name in programs {
            let link = folder.join(name);
            let _ = std::fs::remove_file(&link);
            symlink(program(name), link).expect("a link can be made");
        }
    }
}

/// Returns the path of a program on this machine.
pub fn program(name: &str) -> PathBuf {
    ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        .iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("these tests need {name}: tests/setup installs it"))
}
