//! A stand: a folder with one app, its world and the fakes. Commands run there one after the other, as a user without
//! root.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use deployc::plan;

use crate::fault::Fault;
use crate::shape::{Built, Shape};
use crate::state::State;
use crate::trace::{self, Event};
use crate::world::{self, World};

/// The user that runs the scripts if root runs the tests. A user without root keeps the state in the app's folder.
const NOBODY: u32 = 65534;
/// Longer than the sum of the fakes' deadlines. A run that takes so long hangs.
const PATIENCE: Duration = Duration::from_secs(40);
/// The value of the input `WORD`, for shapes that have one.
pub const SECRET: &str = "open sesame; $(id) *";
/// The tools that count as calls, beside drivers and the user's steps.
const TOOLS: [&str; 5] = ["sync", "mv", "cp", "ln", "rm"];

/// The result of a command.
pub struct Ran {
    /// Its exit code. None if the script was killed.
    pub code: Option<i32>,
    /// Its output.
    pub said: String,
    /// The deployment's log.
    pub log: String,
    /// The events of the log that are checked.
    pub events: Vec<Event>,
}

/// A folder with one app, its world and the fakes.
pub struct Stand {
    /// The shape that is tried.
    pub shape: Shape,
    folder: PathBuf,
    /// The resting states that were tried already, each with its result: if a state cannot be made, the reason.
    made: RefCell<BTreeMap<State, Result<(), String>>>,
}

impl Stand {
    /// Makes a stand in `folder`, which does not exist yet.
    pub fn new(shape: &'static str, folder: &Path) -> Self {
        let fakes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conform/fakes");
        fs::create_dir_all(folder.join("bin/tools")).expect("a folder can be made");
        let copy = |name: &str, to: String| {
            let to = folder.join("bin").join(to);
            fs::copy(fakes.join(name), &to).expect("a fake can be copied");
            fs::set_permissions(&to, fs::Permissions::from_mode(0o755)).expect("a mode can be set");
        };
        for name in ["fake.sh", "step", "through-proxy"] {
            copy(name, name.to_owned());
        }
        for tool in TOOLS {
            copy("tool", format!("tools/{tool}"));
        }
        let stand = Self {
            shape: Shape::new(shape, folder),
            folder: folder.to_owned(),
            made: RefCell::default(),
        };
        for (name, built) in [
            ("before", &stand.shape.before),
            ("after", &stand.shape.after),
        ] {
            for (path, text) in &built.files {
                let path = folder.join(name).join(path);
                fs::create_dir_all(path.parent().expect("a file has a folder"))
                    .expect("a folder can be made");
                fs::write(path, text).expect("a built file can be written");
            }
        }
        stand
    }

    /// Reads the current world.
    pub fn world(&self) -> World {
        World::read(&self.folder)
    }

    /// The color that a text of the proxy's file routes to.
    pub fn color_of(&self, text: &str) -> Option<String> {
        let mut fragments = Vec::new();
        for built in [&self.shape.after, &self.shape.before] {
            for color in &built.app.colors {
                let name = color.name.as_str();
                fragments.push((name, built.fragment(name)));
            }
        }
        world::color_of(text, &fragments)
    }

    /// The app whose script made a release.
    pub fn built_of(&self, release: &str) -> &Built {
        let path = self
            .folder
            .join("app/.deployc/releases")
            .join(release)
            .join("script");
        let script = fs::read_to_string(path).unwrap_or_default();
        let is_before = self.shape.before.files.get("shop.sh") == Some(&script);
        if is_before {
            &self.shape.before
        } else {
            &self.shape.after
        }
    }

    // ---- Resting states ------------------------------------------------------------------------

    /// Puts the world into this state. The state is made once and then copied.
    pub fn rest(&self, state: State) -> Result<(), String> {
        let made = self.made.borrow().get(&state).cloned();
        if let Some(made) = made {
            made?;
            self.restore(state.name());
            return Ok(());
        }
        self.clear();
        let made = state.make(self);
        if made.is_ok() {
            self.save(state.name());
        }
        self.made.borrow_mut().insert(state, made.clone());
        made
    }

    /// The calls of a command of the first script. The world is restored afterwards.
    pub fn rehearse(&self, command: &str) -> Vec<String> {
        self.save("rehearsed");
        let ran = self.run_before(&[command], None);
        self.restore("rehearsed");
        trace::calls(&ran.events)
    }

    /// Saves the world under a name.
    pub fn save(&self, name: &str) {
        let kept = self.folder.join("kept").join(name);
        let _ = fs::remove_dir_all(&kept);
        fs::create_dir_all(&kept).expect("a folder can be made");
        copy_all(&self.folder, &kept);
    }

    /// Restores the saved world.
    pub fn restore(&self, name: &str) {
        for part in ["app", "world"] {
            let _ = fs::remove_dir_all(self.folder.join(part));
        }
        copy_all(&self.folder.join("kept").join(name), &self.folder);
    }

    fn clear(&self) {
        for part in ["app", "world"] {
            let _ = fs::remove_dir_all(self.folder.join(part));
        }
        for part in ["app", "world", "world/runs", "world/boots"] {
            let path = self.folder.join(part);
            fs::create_dir(&path).expect("a folder can be made");
            if is_root() {
                chown(&path, Some(NOBODY), Some(NOBODY)).expect("root may change the owner");
            }
        }
    }

    // ---- Changes by hand ------------------------------------------------------------------------

    /// Writes the proxy's file and loads it.
    pub fn load(&self, text: &str) {
        for name in ["proxy.conf", "force"] {
            self.write(name, text);
        }
        self.write("generation", "1\n");
    }

    /// A text with every address of the first color, one line for each.
    ///
    /// # Errors
    /// If the proxy routes to no service.
    pub fn addresses(&self) -> Result<String, String> {
        let before = &self.shape.before;
        let fragment = before.fragment(before.app.colors[0].name.as_str());
        let routes = fragment
            .lines()
            .filter_map(|line| line.strip_prefix("route "));
        let lines: Vec<String> = routes
            .filter_map(|route| route.split_once(' '))
            .filter(|(_, address)| !address.is_empty())
            .map(|(service, address)| format!("route {service} {address}\n"))
            .collect();
        if lines.is_empty() {
            return Err("the proxy routes to no service of this app".to_owned());
        }
        Ok(format!("# by hand\n{}", lines.concat()))
    }

    /// Whether an address of the app answers although nothing runs. On a stand an address without a port always accepts
    /// connections. An address with a port does not, because nothing listens on the port.
    pub fn answers(&self) -> bool {
        let app = &self.shape.before.app;
        app.services
            .iter()
            .any(|service| service.address.is_some() && app.colors[0].port(&service.name).is_none())
    }

    /// Starts the services of the first color that the proxy routes to. The script neither stops nor watches a program
    /// that was started by hand, so such a service must not be exclusive.
    ///
    /// # Errors
    /// If the proxy routes to no service.
    pub fn start_by_hand(&self) -> Result<(), String> {
        let color = self.shape.before.app.colors[0].name.as_str();
        for line in self.addresses()?.lines() {
            if let ["route", service, address] = line.split(' ').collect::<Vec<_>>()[..] {
                self.write(
                    &format!("runs/{color}.{service}"),
                    &format!("- {address}\n"),
                );
            }
        }
        Ok(())
    }

    /// Writes a file of the world.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.folder.join("world").join(name);
        fs::write(&path, text).expect("the world can be written");
        if is_root() {
            chown(&path, Some(NOBODY), Some(NOBODY)).expect("root may change the owner");
        }
    }

    // ---- Commands ------------------------------------------------------------------------------

    /// Runs a command of the script under test.
    pub fn run(&self, command: plan::Command, fault: Option<Fault>) -> Ran {
        let wanted = self.world().wanted();
        let words: &[&str] = match command {
            plan::Command::RollbackTo => &["rollback", &wanted],
            plan::Command::Remove => &["remove", "--stop-serving"],
            _ => &[command.name()],
        };
        self.run_script("after/shop.sh", words, fault)
    }

    /// Runs a command of the script that makes the resting states.
    pub fn run_before(&self, words: &[&str], fault: Option<Fault>) -> Ran {
        self.run_script("before/shop.sh", words, fault)
    }

    /// Installs another text as the script. It also makes the resting states from then on, unless they are made by the
    /// script of another description.
    pub fn install(&self, text: &str) {
        let is_changed = self.shape.before.single != self.shape.after.single;
        for part in if is_changed {
            &["after"][..]
        } else {
            &["before", "after"]
        } {
            fs::write(self.folder.join(part).join("shop.sh"), text)
                .expect("a script can be written");
        }
    }

    /// Forgets the resting states.
    pub fn forget(&self) {
        self.made.borrow_mut().clear();
    }

    fn run_script(&self, script: &str, words: &[&str], fault: Option<Fault>) -> Ran {
        let state = self.folder.join("app/.deployc");
        for part in [
            "app/.deployc/holder",
            "world/count",
            "world/fault",
            "world/removed-log",
        ] {
            let _ = fs::remove_file(self.folder.join(part));
        }
        for log in fs::read_dir(state.join("log"))
            .into_iter()
            .flatten()
            .flatten()
        {
            let _ = fs::remove_file(log.path());
        }
        if let Some(Fault { how, call }) = fault {
            self.write("fault", &format!("{} {call}\n", how.name()));
        }
        let said = self.folder.join("said");
        let file = File::create(&said).expect("a file can be made");
        let mut started = Command::new("bash");
        started
            .arg(self.folder.join(script))
            .args(words)
            .current_dir("/")
            .env_clear()
            .env(
                "PATH",
                format!("{}/bin/tools:/usr/bin:/bin", self.folder.display()),
            )
            .env("WORD", SECRET)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a descriptor can be copied"))
            .stderr(file);
        if is_root() {
            started.uid(NOBODY).gid(NOBODY);
        }
        let status = end(&mut started);
        if status.is_none_or(|status| status.code().is_none()) {
            let lock = state.join("lock");
            // The processes that the killed script started hold its lock until they end by themselves.
            let waited = Command::new("flock")
                .args(["-w", "30"])
                .arg(&lock)
                .arg("true")
                .status();
            // A killed `remove` may have removed the file.
            assert!(
                waited.is_ok_and(|status| status.success()) || !lock.exists(),
                "the lock is not free"
            );
        }
        // `remove` also removes the log.
        let removed = self.folder.join("world/removed-log");
        let mut log = fs::read_to_string(removed).unwrap_or_default();
        for entry in fs::read_dir(state.join("log"))
            .into_iter()
            .flatten()
            .flatten()
        {
            log.push_str(&fs::read_to_string(entry.path()).unwrap_or_default());
        }
        Ran {
            code: status.and_then(|status| status.code()),
            said: fs::read_to_string(said).unwrap_or_default(),
            events: trace::read(&log),
            log,
        }
    }
}

/// Runs the command and waits for its end. If this takes too long, kills it and returns `None`.
fn end(command: &mut Command) -> Option<ExitStatus> {
    let mut child = command.spawn().expect("bash is installed");
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if let Some(status) = child.try_wait().expect("the child is ours") {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("the child is ours");
    child.wait().expect("the child is ours");
    None
}

/// Copies the app and the world. Links stay links, and owners stay the same.
fn copy_all(from: &Path, to: &Path) {
    let copied = Command::new("cp")
        .arg("-a")
        .args(["app", "world"].map(|part| from.join(part)))
        .arg(to)
        .status();
    assert!(
        copied.is_ok_and(|status| status.success()),
        "the world cannot be copied"
    );
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
