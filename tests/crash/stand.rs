//! A host for many runs: nginx, the script, the program, and what can be seen of them from outside without asking the script.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::harm::{COUNTER, HIT, Harm, RECORD};
use crate::support::build::testapp;
use crate::support::host::{Host, PATH};
use crate::support::http;
use crate::support::nginx::{Nginx, site_with_upstream};
use crate::support::process::Running;
use crate::support::site::compile;
use crate::support::skip::{Skip, need_programs};
use crate::support::wait;

/// What is deployed.
pub const SOURCE: &str = include_str!("deploy.bg");
/// The file that the script owns.
const FRAGMENT: &str = "/etc/nginx/conf.d/hello.conf";
/// The script on the host.
const SCRIPT: &str = "/srv/hello/deploy/hello.sh";
/// What it knows between two runs.
pub const STATE: &str = "/var/lib/deployc/hello";
/// Carried by all that a run starts, except what outlives it.
const MARK: &str = "CRASH_RUN=1";
/// For what a killed run had started to end by itself.
const SETTLING: Duration = Duration::from_secs(25);

/// What the next release is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// It works. Told to stop it ends at once and cuts what is in flight, so that nothing is forgiven.
    Good,
    /// It never becomes healthy.
    FailsProbe,
    /// It becomes healthy, and `verify` finds it broken.
    FailsVerify,
}

/// The host.
pub struct Stand {
    /// For everything that is not said below.
    pub host: Host,
}

/// A run of the script, harmed or not.
pub struct Run {
    /// The exit code; none if it was still at work at the deadline.
    pub code: Option<i32>,
    /// What it said.
    pub said: String,
    /// What it said on standard output.
    pub stdout: String,
    /// Where it was interrupted, if it came so far.
    pub hit: Option<String>,
}

/// A process on the host.
pub struct Process {
    pid: String,
    command: String,
    environment: String,
}

impl Stand {
    /// nginx with the first fragment by hand, nothing deployed.
    pub fn new() -> Result<Self, Skip> {
        need_programs(&["nginx", "curl", "setsid"])?;
        let host = Host::plain()?;
        host.copy(testapp(), "/opt/program");
        host.write_program("/opt/crash/trap.sh", include_str!("trap.sh"));
        host.write_program("/opt/crash/shim.sh", include_str!("shim.sh"));
        // Programs can be taken away from /usr as well, and every one of them can be stood before.
        host.bash(
            "mkdir -p /mnt/usr/changes /mnt/usr/work /opt/shims
             mount -t overlay overlay -o lowerdir=/usr,upperdir=/mnt/usr/changes,workdir=/mnt/usr/work /usr
             for file in /usr/local/{s,}bin/* /usr/{s,}bin/*; do ln -sf ../crash/shim.sh /opt/shims/${file##*/}; done
             rm -f /opt/shims/{sh,dash,bash}
             cp /usr/bin/env /usr/bin/setsid /opt/crash/",
        )
        .ok();
        compile(SOURCE, &host, "/srv/hello/deploy");
        Nginx::configure(&host, &site_with_upstream("127.0.0.1:80", "hello"));
        let stand = Self { host };
        stand.stage(Release::Good);
        stand.host.write(FRAGMENT, stand.built("blue"));
        Nginx::start(&stand.host);
        Ok(stand)
    }

    fn built(&self, color: &str) -> String {
        self.host
            .read(&format!("/srv/hello/deploy/nginx/{color}.conf"))
    }

    /// As it was before the first deployment: nothing runs, the state is empty, the first fragment was put there by hand, or none
    /// is there (then the site must do without).
    pub fn wipe(&self, fragment: bool) {
        let kill = "for e in /proc/[0-9]*/environ; do
            if grep -qs DEPLOYC_RUN= $e; then p=${e#/proc/}; kill -KILL ${p%/*}; fi
          done; rm -rf /var/lib/deployc /etc/nginx/conf.d/{*,.[a-z]*}; true";
        self.host.bash(kill).ok();
        let site = if fragment {
            self.host.write(FRAGMENT, self.built("blue"));
            site_with_upstream("127.0.0.1:80", "hello")
        } else {
            // A variable is looked up when somebody asks: such a site is valid without the upstream.
            site_with_upstream("127.0.0.1:80", "$upstream")
                .replace("location", "set $upstream hello; location")
        };
        self.host.write("/etc/nginx/sites-enabled/default", site);
        Nginx::running(&self.host).reload();
    }

    /// Makes the next release.
    pub fn stage(&self, release: Release) {
        let options = match release {
            Release::Good => "",
            Release::FailsProbe => "--health never",
            Release::FailsVerify => "--broken /json",
        };
        let program =
            format!("#!/bin/bash\nexec /opt/program \"$@\" --on-term at-once {options}\n");
        self.host.write_program("/srv/hello/staging/hello", program);
    }

    /// Runs a command of the script in a session of its own, as far as it comes within `limit`.
    pub fn run(&self, words: &[&str], harm: &Harm, limit: Duration) -> Run {
        for file in [HIT, COUNTER, RECORD] {
            let _ = fs::remove_file(self.host.path(file));
        }
        self.host
            .write(COUNTER, if harm.needs_shims() { "" } else { "0\n" });
        let taken = match harm {
            Harm::Gone(tool) => self.take_away(tool),
            _ => Vec::new(),
        };
        let mut running = Running::start(self.command(words, harm));
        let ended = wait::until(limit, || running.has_ended());
        for (away, place) in taken {
            fs::rename(away, place).expect("a program can be put back");
        }
        if !ended {
            self.end_run();
        }
        // Children that a killed script left behind may hold the output open.
        wait::until(Duration::from_millis(50), || running.output_closed());
        let outcome = running.into_outcome();
        let hit = self.host.read(HIT);
        Run {
            code: ended.then_some(outcome.code),
            said: outcome.output(),
            stdout: outcome.stdout,
            hit: (!hit.is_empty()).then(|| hit.trim_end().to_owned()),
        }
    }

    fn command(&self, words: &[&str], harm: &Harm) -> Command {
        // A caller in the background has INT ignored, which no shell can undo.
        let mut line = vec![
            "/opt/crash/env",
            "--default-signal=HUP,INT,QUIT,PIPE,TERM",
            "/opt/crash/setsid",
            "--wait",
            SCRIPT,
        ];
        line.extend(words);
        let mut command = self.host.command(&line);
        if harm.needs_shims() {
            command.env("PATH", format!("/opt/shims:{PATH}"));
        }
        command.env("CRASH_RUN", "1").envs(harm.variables());
        command
    }

    fn take_away(&self, tool: &str) -> Vec<(PathBuf, PathBuf)> {
        let mut taken = Vec::new();
        for folder in ["usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin"] {
            let place = self.host.path(&format!("{folder}/{tool}"));
            let away = self.host.path(&format!("{folder}/.away.{tool}"));
            if fs::rename(&place, &away).is_ok() {
                taken.push((away, place));
            }
        }
        taken
    }

    /// Ends what is left of a run that hangs.
    pub fn end_run(&self) {
        for process in self
            .processes()
            .iter()
            .filter(|process| process.is_of_a_run())
        {
            self.host.run(&["kill", "-KILL", &process.pid]);
        }
    }

    /// Waits until nothing of a run is at work any more; answers what still is.
    pub fn settle(&self) -> Vec<String> {
        let at_work = || -> Vec<String> {
            let mut all = self.processes();
            all.retain(Process::is_of_a_run);
            all.into_iter().map(|process| process.command).collect()
        };
        wait::until(SETTLING, || at_work().is_empty());
        at_work()
    }

    /// Every process on the host, zombies left out.
    pub fn processes(&self) -> Vec<Process> {
        let folder = self.host.path("/proc");
        let entries = fs::read_dir(folder).expect("/proc can be listed");
        entries
            .flatten()
            .filter_map(|entry| process(&entry.path()))
            .collect()
    }

    /// The color that the file on disk routes to.
    pub fn on_disk(&self) -> Option<&'static str> {
        let text = self.host.read(FRAGMENT);
        match (
            text.contains("127.0.0.1:8081"),
            text.contains("127.0.0.1:8082"),
        ) {
            (true, false) => Some("blue"),
            (false, true) => Some("green"),
            _ => None,
        }
    }

    /// What users get: a color, a status, or what went wrong.
    pub fn serves(&self) -> String {
        match http::get(&self.host, 80, "/profile") {
            Ok(answer) if answer.status == 200 => answer.body,
            Ok(answer) => answer.status.to_string(),
            Err(failure) => format!("{failure:?}"),
        }
    }

    /// What users get in a row of requests, each different answer once.
    pub fn serves_all(&self) -> Vec<String> {
        let mut answers: Vec<String> = (0..6).map(|_| self.serves()).collect();
        answers.sort();
        answers.dedup();
        answers
    }

    /// Names in a folder of the host, dotfiles included; none if it is not there.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.host.path(folder)).into_iter().flatten();
        let mut names: Vec<_> = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The color that a release says it is for; empty if its folder is gone.
    pub fn color_of(&self, release: &str) -> String {
        let meta = self.host.read(&format!("{STATE}/releases/{release}/meta"));
        let color = meta.lines().find_map(|line| line.strip_prefix("color="));
        color.unwrap_or_default().to_owned()
    }
}

impl Process {
    /// The release whose program this is.
    pub fn program_of(&self) -> Option<&str> {
        let (_, rest) = self.environment.split_once("DEPLOYC_RUN=")?;
        rest.strip_prefix(STATE)?
            .strip_prefix("/releases/")?
            .split('/')
            .next()
    }

    /// The release whose log this keeps.
    pub fn keeper_of(&self) -> Option<&str> {
        let (folder, _) = self.command.split_once("/keeper ")?;
        folder.rsplit('/').next()
    }

    /// Whether a run of the script started it, and it does not outlive the run.
    pub fn is_of_a_run(&self) -> bool {
        self.environment.contains(MARK)
    }

    /// The command line.
    pub fn command(&self) -> &str {
        &self.command
    }
}

fn process(folder: &std::path::Path) -> Option<Process> {
    let pid = folder.file_name()?.to_str()?.to_owned();
    pid.parse::<u32>().ok()?;
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    let state = stat.rsplit_once(") ")?.1;
    if state.starts_with(['Z', 'X']) {
        return None;
    }
    let text = |name: &str| {
        let bytes = fs::read(folder.join(name)).unwrap_or_default();
        let spaced: Vec<u8> = bytes
            .iter()
            .map(|&byte| if byte == 0 { b' ' } else { byte })
            .collect();
        std::ffi::OsStr::from_bytes(&spaced)
            .to_string_lossy()
            .into_owned()
    };
    Some(Process {
        pid,
        command: text("cmdline"),
        environment: text("environ"),
    })
}
