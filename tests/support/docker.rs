//! Containers whose pid 1 is a real systemd. A Docker engine is started if none runs.
//!
//! The image is made once from Debian's own packages (`debootstrap`, about a minute). The engine keeps it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::process::{Outcome, run};
use super::skip::{Skip, need_programs};
use super::wait;

/// The packages in the image. A change of this list needs another image name.
const PACKAGES: &str = "systemd,systemd-sysv,dbus,nginx-light,curl,procps,iproute2";
const IMAGE: &str = "deployc-systemd-host:bookworm-1";
/// The label of the containers of these tests. It distinguishes containers of a killed test run from a user's
/// containers.
const LABEL: &str = "deployc-e2e";
const IMAGE_DEADLINE: Duration = Duration::from_secs(600);
const DEADLINE: Duration = Duration::from_secs(60);

/// Gives each boot its own boot id, from the next boot on.
const NEW_BOOT_ID: &str = r"
cat >/etc/systemd/system/boot-id.service <<'UNIT'
[Unit]
DefaultDependencies=no
Before=sysinit.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'cat /proc/sys/kernel/random/uuid >/run/boot-id && mount --bind /run/boot-id /proc/sys/kernel/random/boot_id'
[Install]
WantedBy=sysinit.target
UNIT
systemctl enable --quiet boot-id.service
";

/// Runs the engine in the foreground of a shell. The shell ends the engine when the tests end, even if they are killed.
const ENGINE: &str = r#"
dockerd >"$1" 2>&1 </dev/null &
engine=$!
read -r _ || true
kill "$engine"
wait "$engine"
"#;

/// The engine, if these tests started it. The mutex also makes sure that only one test makes the image.
static ENGINE_STARTED: Mutex<Option<Child>> = Mutex::new(None);

/// A running container. It is removed when dropped.
pub struct Container {
    id: String,
    init: u32,
}

impl Container {
    /// Starts a container whose pid 1 is systemd, and waits until it has booted.
    pub fn start_systemd() -> Result<Self, Skip> {
        need_programs(&["docker", "dockerd", "debootstrap"])?;
        {
            let mut engine = engine();
            ensure_engine(&mut engine)?;
            ensure_image()?;
        }
        let mut words: Vec<String> = [
            "run",
            "--detach",
            "--label",
            LABEL,
            "--network",
            "none",
            "--cap-add",
            "SYS_ADMIN",
            "--cap-add",
            "NET_ADMIN",
            "--security-opt",
            "seccomp=unconfined",
            "--security-opt",
            "apparmor=unconfined",
            "--tmpfs",
            "/run:exec",
            "--tmpfs",
            "/run/lock",
            "--tmpfs",
            "/tmp:exec",
            "--volume",
            "/sys/fs/cgroup:/sys/fs/cgroup:rw",
            "--env",
            "container=docker",
        ]
        .map(String::from)
        .to_vec();
        words.extend(java_mounts());
        words.extend([IMAGE, "/sbin/init"].map(String::from));
        let id = docker(&words).ok().stdout.trim().to_owned();
        let mut container = Self { id, init: 0 };
        container.wait_for_boot();
        if let Some(java) = java() {
            container
                .exec(&["ln", "-sf", &java.to_string_lossy(), "/usr/bin/java"])
                .ok();
        }
        Ok(container)
    }

    /// Ends all processes in the container and boots it again. The boot id changes as on a machine, although the kernel
    /// keeps its own.
    pub fn restart(&mut self) {
        self.exec(&["bash", "-c", NEW_BOOT_ID]).ok();
        docker(&["restart", "--time", "5", &self.id]).ok();
        self.wait_for_boot();
    }

    fn wait_for_boot(&mut self) {
        let pid = self.inspect("{{.State.Pid}}");
        self.init = pid.parse().expect("a container has a pid");
        let booted = wait::until(DEADLINE, || {
            let state = self.exec(&["systemctl", "is-system-running"]);
            state.stdout.trim() == "running"
        });
        let why = "systemctl --failed --no-legend --plain |
          while read -r unit _; do journalctl --no-pager -n 20 -u \"$unit\"; done";
        assert!(
            booted,
            "systemd did not boot in the container: {}",
            self.exec(&["bash", "-c", why]).output()
        );
    }

    /// Returns the process id of the container's pid 1 on this machine.
    pub fn init(&self) -> u32 {
        self.init
    }

    /// Runs a command in the container and in its control group.
    pub fn exec(&self, words: &[&str]) -> Outcome {
        let mut all = vec!["exec", self.id.as_str()];
        all.extend(words);
        docker(&all)
    }

    fn inspect(&self, format: &str) -> String {
        docker(&["inspect", "--format", format, &self.id])
            .ok()
            .stdout
            .trim()
            .to_owned()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        docker(&["rm", "--force", "--volumes", &self.id]);
    }
}

/// Ends the engine if these tests started it. Must be called last.
pub fn end_engine() {
    if let Some(mut child) = engine().take() {
        drop(child.stdin.take());
        let _ = child.wait();
    }
}

fn engine() -> MutexGuard<'static, Option<Child>> {
    ENGINE_STARTED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

fn ensure_engine(started: &mut Option<Child>) -> Result<(), Skip> {
    let answers = || docker(&["info"]).stdout.contains("Server Version");
    if answers() {
        return Ok(());
    }
    let log = std::env::temp_dir().join("deployc-e2e-dockerd.log");
    let child = Command::new("bash")
        .args(["-c", ENGINE, "dockerd"])
        .arg(&log)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("bash is installed");
    *started = Some(child);
    if wait::until(DEADLINE, answers) {
        return Ok(());
    }
    let said = fs::read_to_string(&log).unwrap_or_default();
    let last = said.lines().last().unwrap_or("nothing").to_owned();
    Err(Skip(format!(
        "the docker engine does not start; it said: {last}"
    )))
}

fn ensure_image() -> Result<(), Skip> {
    if docker(&["image", "inspect", IMAGE]).code == 0 {
        return Ok(());
    }
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let root = folder.path().join("root");
    let mut debootstrap = Command::new("debootstrap");
    debootstrap
        .args([
            "--variant=minbase",
            &format!("--include={PACKAGES}"),
            "bookworm",
        ])
        .arg(&root);
    let made = run(debootstrap, IMAGE_DEADLINE);
    if made.code != 0 {
        let last = made.stdout.lines().last().unwrap_or_default().to_owned();
        return Err(Skip(format!(
            "debootstrap cannot make a Debian here: {last}"
        )));
    }
    let mut import = Command::new("bash");
    import
        .args([
            "-c",
            "set -o pipefail; tar -C \"$1\" -c . | docker import - \"$2\"",
            "import",
        ])
        .arg(&root)
        .arg(IMAGE);
    run(import, IMAGE_DEADLINE).ok();
    Ok(())
}

/// Returns the path of the machine's Java, if it has one.
fn java() -> Option<PathBuf> {
    fs::canonicalize("/usr/bin/java").ok()
}

/// Returns the mounts that give the container the machine's Java. A JRE in the image would triple its size.
fn java_mounts() -> Vec<String> {
    if java().is_none() {
        return Vec::new();
    }
    let mut folders = vec![PathBuf::from("/usr/lib/jvm")];
    let settings = fs::read_dir("/etc")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    folders.extend(settings.filter(|path| name_starts_with(path, "java-")));
    folders
        .iter()
        .flat_map(|folder| {
            [
                "--volume".to_owned(),
                format!("{0}:{0}:ro", folder.display()),
            ]
        })
        .collect()
}

fn name_starts_with(path: &Path, start: &str) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with(start))
}

fn docker(words: &[impl AsRef<std::ffi::OsStr>]) -> Outcome {
    let mut command = Command::new("docker");
    command.args(words);
    run(command, DEADLINE)
}
