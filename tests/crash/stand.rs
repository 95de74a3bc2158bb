//! A host for many runs: nginx, the script, the program, and their state as seen from outside, without the script.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::harm::{COUNTER, HIT, Harm, RECORD};
use crate::source::Source;
use crate::support::build::testapp;
use crate::support::host::{Host, PATH};
use crate::support::http;
use crate::support::nginx::{Nginx, site_with_upstream};
use crate::support::process::Running;
use crate::support::site::compile_beside;
use crate::support::skip::{Skip, need_programs};
use crate::support::wait;

/// The file that the script owns.
const FRAGMENT: &str = "/etc/nginx/conf.d/hello.conf";
/// The script on the host.
const SCRIPT: &str = "/srv/hello/deploy/hello.sh";
/// The script's state between two runs.
pub const STATE: &str = "/var/lib/deployc/hello";
/// A fragment as a person might write it.
const BY_HAND: &str =
    "# since 2019, do not touch\nupstream hello { server 127.0.0.1:8081 max_fails=0; }\n";
/// How a person might start blue.
const START_BY_HAND: &str = "nohup setsid /opt/program --port 8081 --color blue --on-term at-once >/dev/null 2>&1 </dev/null &";
/// The file in which a worker reports that another worker runs.
const NOTED: &str = "/srv/noted";
/// The worker. It holds a lock while it runs, and reports another worker that holds the lock.
const WORKER: &str = r#"if [[ $1 == work ]]; then
  exec 5>>/srv/turn
  /opt/crash/flock -n 5 || echo "that of $2 is not alone" >>/srv/noted
  STAYS
fi
"#;
/// A variable of all processes that a run starts, except those that outlive the run.
const MARK: &str = "CRASH_RUN=1";
/// The wait for the output of a killed run. Its children may hold the output open.
const LEFT_BEHIND: Duration = Duration::from_millis(50);
/// The time in which the processes of a killed run must end by themselves.
const SETTLING: Duration = Duration::from_secs(25);

/// The behavior of the next release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// It works. After TERM it ends at once and cuts the requests in progress, so that each mistake of the script is
    /// visible.
    Good,
    /// It never becomes healthy.
    FailsProbe,
    /// It becomes healthy, but `verify` finds it broken.
    FailsVerify,
    /// Its worker ends at once.
    WorkerFails,
}

/// What runs the programs of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Init {
    /// No service manager: each program has its own session.
    Plain,
    /// systemd: each program is a transient unit.
    Systemd,
}

/// The host.
pub struct Stand {
    /// The host, for everything without a method here.
    pub host: Host,
    init: Init,
}

/// A run of the script, with or without harm.
pub struct Run {
    /// The exit code. `None`: it was still running at the deadline.
    pub code: Option<i32>,
    /// Its output.
    pub said: String,
    /// Its standard output.
    pub stdout: String,
    /// Where it was interrupted. `None`: it was not.
    pub hit: Option<String>,
}

/// A process on the host.
pub struct Process {
    pid: String,
    command: String,
    environment: String,
}

impl Stand {
    /// Makes a host with nginx and a first fragment, without a deployment.
    pub fn new(init: Init) -> Result<Self, Skip> {
        need_programs(&["nginx", "curl", "setsid"])?;
        let host = match init {
            Init::Plain => Host::plain()?,
            Init::Systemd => Host::systemd()?,
        };
        host.copy(testapp(), "/opt/program");
        host.write_program("/opt/crash/trap.sh", include_str!("trap.sh"));
        host.write_program("/opt/crash/shim.sh", include_str!("shim.sh"));
        if init == Init::Plain {
            // On such a host, programs in /usr can be removed, too.
            host.bash(
                "mkdir -p /mnt/usr/changes /mnt/usr/work
                 mount -t overlay overlay -o lowerdir=/usr,upperdir=/mnt/usr/changes,workdir=/mnt/usr/work /usr",
            )
            .ok();
        }
        // A shim for each program.
        host.bash(
            "mkdir -p /opt/shims
             for file in /usr/local/{s,}bin/* /usr/{s,}bin/*; do ln -sf ../crash/shim.sh /opt/shims/${file##*/}; done
             rm -f /opt/shims/{sh,dash,bash}
             cp /usr/bin/{env,setsid,flock,sleep} /opt/crash/",
        )
        .ok();
        for source in Source::ALL {
            compile_beside(source.files(), source.text(), &host, source.built());
        }
        Nginx::configure(&host, &site_with_upstream("127.0.0.1:80", "hello"));
        let stand = Self { host, init };
        stand.install(Source::Plain);
        stand.stage(Release::Good);
        stand.host.write(FRAGMENT, stand.built("blue"));
        stand.start_nginx();
        Ok(stand)
    }

    fn start_nginx(&self) {
        match self.init {
            Init::Plain => drop(Nginx::start(&self.host)),
            Init::Systemd => drop(self.host.run(&["systemctl", "restart", "nginx"]).ok()),
        }
    }

    /// Installs the app for the next deployments.
    pub fn install(&self, source: Source) {
        let replace = format!(
            "mkdir -p /srv/hello && rm -rf /srv/hello/deploy && cp -a {} /srv/hello/deploy",
            source.built()
        );
        self.host.bash(&replace).ok();
    }

    fn built(&self, color: &str) -> String {
        self.host
            .read(&format!("/srv/hello/deploy/nginx/{color}.conf"))
    }

    /// Restores the host from before the first deployment: no program runs, the state is empty, and there is a first
    /// fragment or none. Without a fragment the site must work alone.
    pub fn wipe(&self, fragment: bool) {
        self.forget();
        self.host
            .bash("pkill -KILL -x program; rm -rf /etc/nginx/conf.d/{*,.[a-z]*}")
            .ok();
        let site = if fragment {
            self.host.write(FRAGMENT, self.built("blue"));
            site_with_upstream("127.0.0.1:80", "hello")
        } else {
            // nginx looks a variable up at each request. So such a site is valid without the upstream.
            site_with_upstream("127.0.0.1:80", "$upstream")
                .replace("location", "set $upstream hello; location")
        };
        self.host.write("/etc/nginx/sites-enabled/default", site);
        Nginx::running(&self.host).reload();
    }

    /// Ends all programs that the script has started, and removes its state.
    fn forget(&self) {
        if self.init == Init::Systemd {
            self.stop_units();
            let remove = "systemctl disable --quiet deployc-hello.service
              rm -f /etc/systemd/system/deployc-hello.service; systemctl daemon-reload";
            self.host.bash(remove).ok();
        }
        let kill = "for e in /proc/[0-9]*/environ; do
            if grep -qs DEPLOYC_RUN= $e; then p=${e#/proc/}; kill -KILL ${p%/*}; fi
          done; rm -rf /var/lib/deployc; true";
        self.host.bash(kill).ok();
    }

    /// Makes the host look as a hand-written script has left it: blue runs, and a foreign fragment routes to it. Green
    /// was live until now. Users notice no change.
    ///
    /// # Errors
    /// If requests to green do not end.
    pub fn make_by_hand(&self) -> Result<(), String> {
        self.host.bash(START_BY_HAND).ok();
        self.host.wait_for_port(8081);
        self.host.write(FRAGMENT, BY_HAND);
        let nginx = Nginx::running(&self.host);
        nginx.reload();
        if !wait::until(SETTLING, || nginx.draining().is_empty()) {
            return Err("nginx still serves green".to_owned());
        }
        self.forget();
        Ok(())
    }

    /// Edits the fragment, as a person would.
    pub fn edit(&self) {
        let text = self.host.read(FRAGMENT);
        self.host.write(FRAGMENT, format!("{text}\n# by hand\n"));
    }

    /// Ends all programs except nginx. A plain host is rebooted. On a host with systemd only the units end, because
    /// after a reboot systemd would start the app by itself.
    pub fn go_down(&self) {
        match self.init {
            Init::Plain => {
                self.host.reboot_plain();
                self.start_nginx();
            }
            Init::Systemd => self.stop_units(),
        }
    }

    fn stop_units(&self) {
        let stop = "systemctl stop 'deployc-hello-*'; systemctl reset-failed";
        self.host.bash(stop).ok();
    }

    /// Returns the reports of the workers since the last call.
    pub fn noted(&self) -> Vec<String> {
        let lines = self.host.read(NOTED);
        let _ = fs::remove_file(self.host.path(NOTED));
        lines.lines().map(str::to_owned).collect()
    }

    /// Makes the next release.
    pub fn stage(&self, release: Release) {
        let options = match release {
            Release::Good | Release::WorkerFails => "",
            Release::FailsProbe => "--health never",
            Release::FailsVerify => "--broken /json",
        };
        let stays = match release {
            Release::WorkerFails => "exit 3",
            _ => "exec /opt/crash/sleep 1000000",
        };
        let worker = WORKER.replace("STAYS", stays);
        let program =
            format!("#!/bin/bash\n{worker}exec /opt/program \"$@\" --on-term at-once {options}\n");
        self.host.write_program("/srv/hello/staging/hello", program);
    }

    /// Runs a command of the script in a new session, for at most `limit`.
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
        // The children of a killed script may hold the output open. For a run without harm all of the output is read,
        // even on a busy machine.
        let patience = if ended && matches!(harm, Harm::None) {
            limit
        } else {
            LEFT_BEHIND
        };
        wait::until(patience, || running.output_closed());
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
        // A background caller may have INT ignored, and a shell cannot change that.
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

    /// Returns the names in /tmp, without those of systemd.
    pub fn temporary(&self) -> Vec<String> {
        let mut names = self.names("/tmp");
        names.retain(|name| !name.starts_with("systemd-private-") && !name.ends_with("-unix"));
        names
    }

    /// Ends the processes of a run that hangs.
    pub fn end_run(&self) {
        for process in self
            .processes()
            .iter()
            .filter(|process| process.is_of_a_run())
        {
            self.host.run(&["kill", "-KILL", &process.pid]);
        }
    }

    /// Waits until no process of a run is active. Returns those that still are.
    pub fn settle(&self) -> Vec<String> {
        let at_work = || -> Vec<String> {
            let mut all = self.processes();
            all.retain(Process::is_of_a_run);
            all.into_iter().map(|process| process.command).collect()
        };
        wait::until(SETTLING, || at_work().is_empty());
        at_work()
    }

    /// Returns all processes on the host, without zombies.
    pub fn processes(&self) -> Vec<Process> {
        let folder = self.host.path("/proc");
        let entries = fs::read_dir(folder).expect("/proc can be listed");
        entries
            .flatten()
            .filter_map(|entry| process(&entry.path()))
            .collect()
    }

    /// Returns the color that the file on the disk routes to, if the script wrote that file.
    pub fn on_disk(&self) -> Option<&'static str> {
        let text = self.host.read(FRAGMENT);
        ["blue", "green"]
            .into_iter()
            .find(|color| self.built(color) == text)
    }

    /// Returns the running programs, each with its release and service. Adopted programs are included.
    pub fn programs(&self) -> Vec<(String, String)> {
        let mut adopted = Vec::new();
        for release in self.names(&format!("{STATE}/releases")) {
            let identity = format!("{STATE}/releases/{release}/identity.app");
            let identity = self.host.read(&identity);
            if let ["pid", pid, ..] = identity.split(' ').collect::<Vec<_>>()[..] {
                adopted.push((pid.to_owned(), release));
            }
        }
        let processes = self.processes();
        let programs = processes.iter().filter_map(|process| {
            if process.is_by_hand() {
                let mut adopted = adopted.iter();
                let (_, release) = adopted.find(|(pid, _)| *pid == process.pid)?;
                return Some((release.clone(), "app".to_owned()));
            }
            let (release, service) = process.program_of()?;
            Some((release.to_owned(), service.to_owned()))
        });
        programs.collect()
    }

    /// Returns what users get: a color, a status, or the failure.
    pub fn serves(&self) -> String {
        match http::get(&self.host, 80, "/profile") {
            Ok(answer) if answer.status == 200 => answer.body,
            Ok(answer) => answer.status.to_string(),
            Err(failure) => format!("{failure:?}"),
        }
    }

    /// Returns the different answers to several requests.
    pub fn serves_all(&self) -> Vec<String> {
        let mut answers: Vec<String> = (0..6).map(|_| self.serves()).collect();
        answers.sort();
        answers.dedup();
        answers
    }

    /// Returns the names in a folder of the host, with dotfiles. A missing folder has no names.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.host.path(folder)).into_iter().flatten();
        let mut names: Vec<_> = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Returns the color in the metadata of a release. It is empty if the release has no folder.
    pub fn color_of(&self, release: &str) -> String {
        let meta = self.host.read(&format!("{STATE}/releases/{release}/meta"));
        let color = meta.lines().find_map(|line| line.strip_prefix("color="));
        color.unwrap_or_default().to_owned()
    }
}

impl Process {
    /// Returns the release and the service of this program.
    pub fn program_of(&self) -> Option<(&str, &str)> {
        let (_, rest) = self.environment.split_once("DEPLOYC_RUN=")?;
        let rest = rest.strip_prefix(STATE)?.strip_prefix("/releases/")?;
        let mut parts = rest.split('/');
        Some((parts.next()?, parts.next()?))
    }

    /// Returns whether the process is a program that the script did not start.
    pub fn is_by_hand(&self) -> bool {
        self.command.starts_with("/opt/program ") && !self.environment.contains("DEPLOYC_RUN=")
    }

    /// Returns the release whose log this process keeps.
    pub fn keeper_of(&self) -> Option<&str> {
        let (folder, _) = self.command.split_once("/keeper ")?;
        folder.rsplit('/').next()
    }

    /// Returns whether a run of the script started the process, and the process does not outlive the run.
    pub fn is_of_a_run(&self) -> bool {
        self.environment.contains(MARK)
    }

    /// Returns the command line.
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
