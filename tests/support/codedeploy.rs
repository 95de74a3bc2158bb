//! A model of the CodeDeploy agent 1.8, for in-place deployments without a load balancer: what Install deletes and
//! copies, which hooks run, their environment, and what counts as a failure.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use super::appspec::{AppSpec, FileExists, Hook};
use super::host::Host;
use super::process::Running;

/// The agent's folder for bundles, by deployment group.
const ARCHIVES: &str = "/opt/codedeploy-agent/deployment-root";
/// The id of the default group.
const GROUP: &str = "7d6d";
/// The length of the output that the console shows, in characters from the end.
const TAIL: usize = 2048;
/// The agent would wait forever for a script that ignores TERM. A test does not.
const PATIENCE: Duration = Duration::from_secs(60);

/// The agent of one host, with one application.
pub struct Agent<'a> {
    host: &'a Host,
    application: &'a str,
    /// The id of the deployment group. Each group has its own bundles and its own list of installed files.
    group: &'a str,
    deployments: u32,
    /// What the last Install made: files and links, then folders.
    cleanup: Vec<String>,
    /// The archive of the last revision whose Install succeeded. Its `ApplicationStop` runs in the next deployment.
    installed: Option<String>,
}

/// Why an event failed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Code {
    /// The script is not in the bundle.
    ScriptMissing,
    /// The script reached its timeout.
    ScriptTimedOut,
    /// The script exited with a code other than 0.
    ScriptFailed,
    /// A process that the script started still holds the output open.
    OutputsLeftOpen,
    /// Install failed, or `appspec.yml` could not be read.
    Unknown,
}

/// One event of a deployment.
#[derive(Debug)]
pub struct Event {
    /// The name, for example `ApplicationStart`.
    pub name: String,
    /// The last 2048 characters of the output.
    pub tail: String,
    /// The duration.
    pub took: Duration,
    /// Why it failed. `None`: it succeeded.
    pub failed: Option<Code>,
}

/// A deployment that has ended.
#[derive(Debug)]
pub struct Deployment {
    /// The id, for example `d-000000001`.
    pub id: String,
    /// The events up to the first failed one.
    pub events: Vec<Event>,
}

impl Deployment {
    /// Fails the test unless every event succeeded.
    #[track_caller]
    pub fn ok(&self) -> &Self {
        let failed = self.events.iter().find(|event| event.failed.is_some());
        assert!(
            failed.is_none(),
            "deployment {} failed: {failed:#?}",
            self.id
        );
        self
    }

    /// Returns the failed event. Fails the test unless it is the event with that name.
    #[track_caller]
    pub fn failed_in(&self, name: &str) -> &Event {
        let last = self.events.last().expect("a deployment has events");
        assert!(
            last.name == name && last.failed.is_some(),
            "expected a failure in {name}: {self:#?}"
        );
        last
    }
}

impl<'a> Agent<'a> {
    /// Makes an agent without any deployment.
    pub fn new(host: &'a Host, application: &'a str) -> Self {
        Self::of_group(host, application, GROUP)
    }

    /// Makes an agent for another deployment group.
    pub fn of_group(host: &'a Host, application: &'a str, group: &'a str) -> Self {
        Self {
            host,
            application,
            group,
            deployments: 0,
            cleanup: Vec::new(),
            installed: None,
        }
    }

    /// Deploys a bundle, which is a folder of this machine.
    pub fn deploy(&mut self, bundle: &Path) -> Deployment {
        self.deployments += 1;
        let id = format!("d-{:09}", self.deployments);
        let archive = format!("{ARCHIVES}/{}/{id}/deployment-archive", self.group);
        let mut deployment = Deployment {
            id,
            events: Vec::new(),
        };
        // The result only stops the events early. `deployment` has the failure.
        let _ = self.run_events(bundle, &archive, &mut deployment);
        deployment
    }

    /// Runs the events in the agent's order. Stops at the first failed event.
    fn run_events(
        &mut self,
        bundle: &Path,
        archive: &str,
        deployment: &mut Deployment,
    ) -> Option<()> {
        if let Some(previous) = self.installed.clone() {
            self.hook_event("ApplicationStop", &previous, deployment)?;
        }
        self.host.copy_folder(bundle, archive);
        self.hook_event("BeforeInstall", archive, deployment)?;
        let installed = self.install(archive);
        deployment.events.push(Event {
            name: "Install".into(),
            tail: installed.as_ref().err().cloned().unwrap_or_default(),
            took: Duration::ZERO,
            failed: installed.as_ref().err().map(|_| Code::Unknown),
        });
        installed.ok()?;
        self.installed = Some(archive.to_owned());
        for event in ["AfterInstall", "ApplicationStart", "ValidateService"] {
            self.hook_event(event, archive, deployment)?;
        }
        Some(())
    }

    fn hook_event(&self, name: &str, archive: &str, deployment: &mut Deployment) -> Option<()> {
        let spec = match self.spec(archive) {
            Ok(spec) => spec,
            Err(reason) => {
                let failed = Some(Code::Unknown);
                deployment.events.push(Event {
                    name: name.into(),
                    tail: reason,
                    took: Duration::ZERO,
                    failed,
                });
                return None;
            }
        };
        for hook in spec.scripts(name) {
            let event = self.script(name, archive, hook, &deployment.id);
            let failed = event.failed.is_some();
            deployment.events.push(event);
            if failed {
                return None;
            }
        }
        Some(())
    }

    fn spec(&self, archive: &str) -> Result<AppSpec, String> {
        AppSpec::parse(&self.host.read(&format!("{archive}/appspec.yml")))
    }

    /// Deletes what the previous Install made, then plans, then copies. So after a collision the old files are gone.
    fn install(&mut self, archive: &str) -> Result<(), String> {
        let spec = self.spec(archive)?;
        for path in std::mem::take(&mut self.cleanup) {
            let path = self.host.path(&path);
            // A folder that contains other files stays.
            let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
        }
        let mut copies = Vec::new();
        for copy in &spec.files {
            let from = self
                .host
                .path(&format!("{archive}/{}", copy.source.trim_matches('/')));
            let mut destination = copy.destination.trim_end_matches('/').to_owned();
            if from.is_file() {
                destination = format!("{destination}/{}", file_name(&from));
            }
            plan(&from, &destination, &mut copies);
        }
        copies.retain(|(_, to)| spec.file_exists != FileExists::Retain || !self.host.exists(to));
        let taken = copies.iter().find(|(_, to)| self.host.exists(to));
        if let (Some((_, to)), FileExists::Disallow) = (taken, spec.file_exists) {
            return Err(format!("the file already exists: {to}"));
        }
        for (from, to) in copies {
            self.make_folders(&to);
            self.host.copy(&from, &to);
            self.cleanup.push(to);
        }
        // Files come before their folders.
        self.cleanup.sort_by(|left, right| right.cmp(left));
        Ok(())
    }

    /// Makes the folders above a path, and remembers the new ones.
    fn make_folders(&mut self, path: &str) {
        let folders = path.match_indices('/').skip(1).map(|(at, _)| &path[..at]);
        for folder in folders
            .filter(|folder| !self.host.exists(folder))
            .map(str::to_owned)
            .collect::<Vec<_>>()
        {
            fs::create_dir(self.host.path(&folder)).expect("the host's folders can be made");
            self.cleanup.push(folder);
        }
    }

    /// Runs one script as the agent does.
    fn script(&self, event: &str, archive: &str, hook: &Hook, id: &str) -> Event {
        let path = format!("{archive}/{}", hook.location);
        let mut result = Event {
            name: event.into(),
            tail: String::new(),
            took: Duration::ZERO,
            failed: None,
        };
        if !self.host.path(&path).is_file() {
            result.failed = Some(Code::ScriptMissing);
            return result;
        }
        make_executable(&self.host.path(&path));
        let mut running = Running::start(self.command(event, &path, hook, id));
        let limit = Duration::from_secs(hook.timeout);
        let mut timed_out = false;
        while !(running.has_ended() && running.output_closed()) {
            if !timed_out && running.elapsed() > limit {
                timed_out = true;
                result.failed = Some(if running.has_ended() {
                    Code::OutputsLeftOpen
                } else {
                    Code::ScriptTimedOut
                });
                running.signal(Signal::TERM);
            }
            // After TERM the agent waits for the script itself, but not for its output.
            if timed_out && running.has_ended() {
                break;
            }
            assert!(
                running.elapsed() < limit + PATIENCE,
                "{event}: the script ignores TERM"
            );
            thread::sleep(Duration::from_millis(5));
        }
        let outcome = running.into_outcome();
        result.took = outcome.took;
        let output = outcome.output();
        let skipped = output.chars().count().saturating_sub(TAIL);
        result.tail = output.chars().skip(skipped).collect();
        if result.failed.is_none() && outcome.code != 0 {
            result.failed = Some(Code::ScriptFailed);
        }
        result
    }

    /// Returns the command with the agent's environment: no `HOME`, the folder `/`, standard input closed.
    fn command(&self, event: &str, path: &str, hook: &Hook, id: &str) -> Command {
        let mut command = match &hook.runas {
            Some(user) => self.host.command(&["su", user, "-c", path]),
            None => self.host.command(&[path]),
        };
        command
            .env("LIFECYCLE_EVENT", event)
            .env("DEPLOYMENT_ID", id)
            .env("APPLICATION_NAME", self.application)
            .env("DEPLOYMENT_GROUP_NAME", "production")
            .env("DEPLOYMENT_GROUP_ID", self.group)
            .env("BUNDLE_BUCKET", "bundles")
            .env("BUNDLE_KEY", "bundle.zip")
            .env("BUNDLE_VERSION", "1")
            .env("BUNDLE_ETAG", "e7a6");
        command
    }
}

fn make_executable(path: &PathBuf) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode can be set");
}

/// Adds the copies of a file or folder. Each copy is one file.
fn plan(from: &Path, to: &str, copies: &mut Vec<(PathBuf, String)>) {
    if !from.is_dir() {
        copies.push((from.to_owned(), to.to_owned()));
        return;
    }
    for entry in fs::read_dir(from)
        .expect("a bundle can be listed")
        .flatten()
    {
        plan(
            &entry.path(),
            &format!("{to}/{}", file_name(&entry.path())),
            copies,
        );
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
