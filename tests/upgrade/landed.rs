//! A host to which 0.1.0 has deployed, with two scripts: the one of 0.1.0, and today's.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::build::{repository, testapp};
use crate::support::host::{Host, PATH};
use crate::support::http;
use crate::support::nginx::{Nginx, site_with_upstream};
use crate::support::process::{Outcome, Running};
use crate::support::site::{FRAGMENT, SCRIPT, Site, compile};
use crate::support::skip::{Skip, need_programs};

/// The time limit of a whole deploy.
pub const DEADLINE: Duration = Duration::from_secs(120);
/// The time limit of short commands.
pub const SOON: Duration = Duration::from_secs(60);
/// The state folder of the script.
pub const STATE: &str = "/var/lib/deployc/hello";
const FOLDER: &str = "/srv/hello/deploy";

/// The folder with the files that 0.1.0 built for an application, and their source.
pub fn of_landed(app: &str) -> PathBuf {
    repository().join("tests/upgrade/0.1.0").join(app)
}

/// The version of the script on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// 0.1.0
    Landed,
    /// This compiler.
    Today,
}

/// The host, with nginx and one of the two applications.
pub struct Upgrade {
    /// The host and its nginx, for everything that has no function here.
    pub site: Site,
    app: &'static str,
}

impl Upgrade {
    /// A host on which 0.1.0 has deployed release `one` (green) and then `two` (blue).
    pub fn of(app: &'static str) -> Result<Self, Skip> {
        let upgrade = Self::empty(app)?;
        upgrade.stage("one").run("deploy").ok();
        upgrade.stage("two").run("deploy").ok();
        assert_eq!(upgrade.serves(), "blue two");
        upgrade.site.host.write("/srv/noted", "");
        Ok(upgrade)
    }

    /// The same host before the first deploy. The script of 0.1.0 is installed, and nginx routes to blue.
    pub fn empty(app: &'static str) -> Result<Self, Skip> {
        need_programs(&["nginx", "curl"])?;
        Ok(Self::on(Host::plain()?, app, |host| {
            host.run(&["nginx"]).ok();
        }))
    }

    /// The same on a host that runs systemd as pid 1.
    pub fn empty_on_systemd(app: &'static str) -> Result<Self, Skip> {
        Ok(Self::on(Host::systemd()?, app, |host| {
            host.run(&["systemctl", "restart", "nginx"]).ok();
        }))
    }

    fn on(host: Host, app: &'static str, start: impl FnOnce(&Host)) -> Self {
        host.copy(testapp(), "/opt/testapp");
        crate::hold::install(&host);
        Nginx::configure(&host, &site_with_upstream("127.0.0.1:80", "hello"));
        let blue = fs::read_to_string(of_landed(app).join("deploy/nginx/blue.conf"));
        host.write(FRAGMENT, blue.expect("the fragment is there"));
        start(&host);
        host.wait_for_port(80);
        let site = Site { host };
        Self { site, app }.put(By::Landed)
    }

    /// Replaces one of the two bundles by the other, as a checkout does.
    #[must_use]
    pub fn put(self, by: By) -> Self {
        self.replace(by);
        self
    }

    /// The same for a borrowed host.
    pub fn replace(&self, by: By) -> &Self {
        match by {
            By::Landed => {
                self.remove_bundle();
                let bundle = of_landed(self.app).join("deploy");
                self.site.host.copy_folder(&bundle, FOLDER);
            }
            By::Today => self.replace_by_today_with(&[]),
        }
        self
    }

    /// Installs today's script, built from a source with these replacements.
    ///
    /// # Panics
    /// If the source does not contain a text that is to be replaced.
    pub fn replace_by_today_with(&self, changes: &[(&str, &str)]) {
        let mut source = read(&of_landed(self.app).join("deploy.bg"));
        for (old, new) in changes {
            assert!(source.contains(old), "`{old}` is not in the source");
            source = source.replace(old, new);
        }
        self.remove_bundle();
        compile(&source, &self.site.host, FOLDER);
    }

    fn remove_bundle(&self) {
        self.site.host.run(&["rm", "-rf", FOLDER]).ok();
    }

    /// Stages the next release, with this name. Its mailer records when it begins and ends, and whether another one
    /// ran.
    pub fn stage(&self, name: &str) -> &Self {
        self.stage_with(name, "")
    }

    /// The same, with more options for the test application.
    pub fn stage_with(&self, name: &str, options: &str) -> &Self {
        self.site.stage_program(&format!(
            "{MAILER}\nexec /opt/testapp \"$@\" --sha {name} {options}"
        ));
        self
    }

    /// Runs a command of the installed script.
    pub fn run(&self, command: &str) -> Outcome {
        self.start(command).wait(DEADLINE)
    }

    /// Starts a command of the installed script. It can wait at a point, see [`crate::hold`].
    pub fn start(&self, command: &str) -> Running {
        let words: Vec<_> = [SCRIPT]
            .into_iter()
            .chain(command.split_whitespace())
            .collect();
        let mut line = self.site.host.command(&words);
        line.env("PATH", format!("{}:{PATH}", crate::hold::FIRST));
        Running::start(line)
    }

    /// The answer that users get: color and release. Otherwise the status, or the error.
    pub fn serves(&self) -> String {
        let host = &self.site.host;
        match http::get(host, 80, "/json") {
            Ok(answer) if answer.status == 200 => {
                let part = |key: &str| {
                    let value = answer.body.split(&format!("\"{key}\":\"")).nth(1);
                    value.and_then(|text| text.split('"').next()).unwrap_or("?")
                };
                format!("{} {}", part("color"), part("sha"))
            }
            Ok(answer) => answer.status.to_string(),
            Err(failure) => format!("{failure:?}"),
        }
    }

    /// The running programs: color and release of each, sorted.
    pub fn running(&self) -> Vec<String> {
        let processes = self.site.host.processes("/opt/testapp --port");
        let mut running: Vec<_> = processes
            .iter()
            .filter_map(|line| {
                let words = line.split("--color ").nth(1)?;
                let words: Vec<_> = words.split_whitespace().collect();
                Some(format!("{} {}", words.first()?, words.get(2)?))
            })
            .collect();
        running.sort();
        running
    }

    /// The colors whose mailer runs, sorted. A child that has not called `exec` yet looks like a mailer, but this takes
    /// only a moment.
    pub fn mailers(&self) -> Vec<String> {
        let processes = self.site.host.processes("/hello work ");
        let programs = processes.iter().filter(|line| !line.contains("keeper"));
        let colors = programs.filter_map(|line| line.split_whitespace().last());
        let mut colors: Vec<_> = colors.map(str::to_owned).collect();
        colors.sort();
        colors
    }

    /// The records of mailers and steps since the last call.
    pub fn noted(&self) -> Vec<String> {
        let lines = self.site.host.read("/srv/noted");
        self.site.host.write("/srv/noted", "");
        lines.lines().map(str::to_owned).collect()
    }

    /// The name of the release that a pointer in the state leads to: `live`, `previous`.
    pub fn release(&self, pointer: &str) -> String {
        let path = format!("readlink -f {STATE}/{pointer}");
        let target = self.site.host.bash(&path).ok().stdout;
        let name = target.trim().rsplit('/').next();
        name.unwrap_or_default().to_owned()
    }

    /// The journal, as it is on the disk.
    pub fn journal(&self) -> String {
        self.site.host.read(&format!("{STATE}/journal"))
    }

    /// The phase in the journal; `idle` if there is none.
    pub fn phase(&self) -> String {
        let journal = self.journal();
        let phase = journal.lines().find_map(|line| line.strip_prefix("phase="));
        phase.unwrap_or("idle").to_owned()
    }

    /// Makes nginx answer 410 without the application's file, so that the application can be removed.
    pub fn serve_without_the_app(&self) {
        let gone = "server { listen 127.0.0.1:80; return 410; }\n";
        self.site
            .host
            .write("/etc/nginx/sites-enabled/default", gone);
    }

    /// Somebody edits the file that the script owns.
    pub fn edit_fragment(&self) {
        let text = self.site.host.read(FRAGMENT);
        self.site
            .host
            .write(FRAGMENT, format!("{text}\n# by hand\n"));
    }

    /// Fails the test unless users get this release, no other release runs, nothing is under way, and nginx is in
    /// order.
    #[track_caller]
    pub fn assert_rests_on(&self, release: &str) -> &Self {
        assert_eq!(self.serves(), release, "users get something else");
        assert_eq!(self.running(), [release], "something else runs");
        self.assert_at_rest()
    }

    /// Fails the test unless nothing is under way, and nginx is in order.
    #[track_caller]
    pub fn assert_at_rest(&self) -> &Self {
        assert_eq!(self.phase(), "idle");
        self.run("status").ok().says("under way: nothing");
        let nginx = self.site.nginx();
        nginx.assert_valid();
        nginx.assert_no_failed_bind();
        self
    }
}

/// A program that holds a lock while it runs, and ends slowly.
const MAILER: &str = r#"
if [[ $1 == work ]]; then
  exec 5>>/srv/turn
  flock -n 5 || echo "mailer of $2 is not alone" >>/srv/noted
  echo "mailer of $2 begins" >>/srv/noted
  trap 'sleep 0.5; echo "mailer of $2 ends" >>/srv/noted; exit' TERM
  while :; do sleep 0.05 5>&-; done
fi"#;

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|reason| panic!("{}: {reason}", path.display()))
}
