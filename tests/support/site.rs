//! A host with one application, `hello`: blue on 8081, green on 8082, behind nginx on 80, with fast probes.
//!
//! Small tests start with it and change only parts of `deploy.bg` or the next release.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::build::{deployc, repository, testapp};
use super::host::Host;
use super::http;
use super::nginx::{Nginx, site_with_upstream};
use super::process::{Outcome, Running, run};
use super::skip::{Skip, need_programs};
use super::tree::Tree;

/// The script on the host.
pub const SCRIPT: &str = "/srv/hello/deploy/hello.sh";
/// The file that the script owns.
pub const FRAGMENT: &str = "/etc/nginx/conf.d/hello.conf";
/// The artifact of the next release.
const ARTIFACT: &str = "/srv/hello/staging/hello";
/// The deadline for a whole deploy.
const DEADLINE: Duration = Duration::from_secs(90);

/// The source of `hello`: blue on 8081, green on 8082, behind nginx on 80, with a fast probe.
pub const SOURCE: &str = include_str!("../e2e/hello.bg");

/// The `deploy.bg` of a site.
pub enum Source<'a> {
    /// The file `tests/e2e/NAME.bg`.
    File(&'a str),
    /// `hello.bg` with replaced parts, for texts that a test computes.
    Changed(Vec<(&'a str, &'a str)>),
}

impl<'a> From<&'a str> for Source<'a> {
    fn from(name: &'a str) -> Self {
        Self::File(name)
    }
}

impl<'a, const PARTS: usize> From<[(&'a str, &'a str); PARTS]> for Source<'a> {
    fn from(changes: [(&'a str, &'a str); PARTS]) -> Self {
        Self::Changed(changes.to_vec())
    }
}

impl Source<'_> {
    /// # Panics
    /// If there is no such file, or a replaced part is not in `hello.bg`.
    fn text(&self) -> String {
        match self {
            Self::File(name) => {
                let path = repository().join(format!("tests/e2e/{name}.bg"));
                fs::read_to_string(&path)
                    .unwrap_or_else(|reason| panic!("cannot read {}: {reason}", path.display()))
            }
            Self::Changed(changes) => changes.iter().fold(SOURCE.to_owned(), |text, (old, new)| {
                assert!(text.contains(old), "`{old}` is not in hello.bg");
                text.replace(old, new)
            }),
        }
    }
}

/// The host with nginx.
pub struct Site {
    /// The host, for everything without a method here.
    pub host: Host,
}

impl Site {
    /// Makes a site with `hello` as above, without a deployment. nginx routes to blue, as after a first installation.
    pub fn new() -> Result<Self, Skip> {
        Self::with("hello")
    }

    /// Makes a site that is deployed by another file, or by `hello.bg` with replaced parts.
    ///
    /// # Panics
    /// If there is no such file, a part is not in it, or it does not compile.
    pub fn with<'a>(source: impl Into<Source<'a>>) -> Result<Self, Skip> {
        need_programs(&["nginx", "curl"])?;
        Ok(Self::on(Host::plain()?, source, |host| {
            host.run(&["nginx"]).ok();
        }))
    }

    /// Makes the same site on a host whose pid 1 is systemd.
    pub fn on_systemd() -> Result<Self, Skip> {
        Ok(Self::on(Host::systemd()?, "hello", |host| {
            host.run(&["systemctl", "restart", "nginx"]).ok();
        }))
    }

    fn on<'a>(host: Host, source: impl Into<Source<'a>>, start: impl FnOnce(&Host)) -> Self {
        host.copy(testapp(), "/opt/testapp");
        let site = Self { host };
        site.install(source);
        site.stage("");
        Nginx::configure(&site.host, &site_with_upstream("127.0.0.1:80", "hello"));
        let blue = site.host.read("/srv/hello/deploy/nginx/blue.conf");
        site.host.write(FRAGMENT, blue);
        start(&site.host);
        site.host.wait_for_port(80);
        site
    }

    /// Compiles a source and copies the result to the host. It replaces the earlier files.
    pub fn install<'a>(&self, source: impl Into<Source<'a>>) {
        self.install_beside(&[], source);
    }

    /// Does the same with further files beside the source. Each file is a name and a text.
    pub fn install_beside<'a>(&self, files: &[(&str, &str)], source: impl Into<Source<'a>>) {
        let text = source.into().text();
        compile_beside(files, &text, &self.host, "/srv/hello/deploy");
    }

    /// Installs the script as one file, as `deployc build --stdout` prints it for `bash -s`.
    pub fn install_single(&self) {
        let temporary = tempfile::tempdir().expect("a temporary folder can be made");
        fs::write(temporary.path().join("deploy.bg"), SOURCE).expect("a file can be written");
        let mut command = Command::new(deployc());
        command
            .args(["build", "--stdout", "deploy.bg"])
            .current_dir(temporary.path());
        let single = run(command, DEADLINE).ok().stdout;
        self.host.write_program(SCRIPT, single);
    }

    /// Makes the next release: the test application with further options, for example `--health never`.
    pub fn stage(&self, options: &str) -> &Self {
        self.stage_program(&format!("exec /opt/testapp \"$@\" {options}"))
    }

    /// Makes the next release: a shell script.
    pub fn stage_program(&self, shell: &str) -> &Self {
        self.host
            .write_program(ARTIFACT, format!("#!/bin/bash\n{shell}\n"));
        self
    }

    /// Runs the script.
    pub fn run(&self, command: &str) -> Outcome {
        self.start(command).wait(DEADLINE)
    }

    /// Runs the script with variables in its environment.
    pub fn run_with(&self, command: &str, variables: &[(&str, &str)]) -> Outcome {
        let mut line = self.host.command(&[SCRIPT, command]);
        line.envs(variables.iter().copied());
        run(line, DEADLINE)
    }

    /// Starts the script.
    pub fn start(&self, command: &str) -> Running {
        let words: Vec<_> = [SCRIPT]
            .into_iter()
            .chain(command.split_whitespace())
            .collect();
        self.host.start(&words)
    }

    /// Runs `deploy`.
    pub fn deploy(&self) -> Outcome {
        self.run("deploy")
    }

    /// Returns the running nginx.
    pub fn nginx(&self) -> Nginx<'_> {
        Nginx::running(&self.host)
    }

    /// Returns the color that users get. After an error it returns the status or the failure.
    pub fn serves(&self) -> String {
        match http::get(&self.host, 80, "/profile") {
            Ok(answer) if answer.status == 200 => answer.body,
            Ok(answer) => answer.status.to_string(),
            Err(failure) => format!("{failure:?}"),
        }
    }

    /// Returns the colors with a running process, sorted.
    pub fn running(&self) -> Vec<String> {
        let processes = self.host.processes("/opt/testapp --port");
        let mut colors: Vec<_> = processes
            .iter()
            .filter_map(|line| {
                line.split("--color ")
                    .nth(1)?
                    .split_whitespace()
                    .next()
                    .map(str::to_owned)
            })
            .collect();
        colors.sort();
        colors
    }

    /// Fails the test unless exactly this color runs, users get it, and the proxy's files are valid.
    #[track_caller]
    pub fn assert_serves_only(&self, color: &str) -> &Self {
        assert_eq!(self.serves(), color, "users get another color");
        assert_eq!(self.running(), [color], "other colors run");
        let nginx = self.nginx();
        nginx.assert_valid();
        nginx.assert_no_failed_bind();
        self
    }
}

/// Compiles the text of a `deploy.bg` and copies the result into a folder of the host.
///
/// # Panics
/// If the source does not compile.
pub fn compile(source: &str, host: &Host, folder: &str) {
    compile_beside(&[], source, host, folder);
}

/// Does the same with further files beside the source. Each file is a name and a text.
///
/// # Panics
/// If the source does not compile.
pub fn compile_beside(files: &[(&str, &str)], source: &str, host: &Host, folder: &str) {
    let all: Vec<_> = files
        .iter()
        .copied()
        .chain([("deploy.bg", source)])
        .collect();
    let temporary = tempfile::tempdir().expect("a temporary folder can be made");
    let built = temporary.path().join("deploy");
    bundle_of(&all).write(&built);
    host.copy_folder(&built, folder);
}

/// Returns what is made from the files, of which one is `deploy.bg`. Most tests of a kind deploy the same few files, so
/// each is compiled once.
fn bundle_of(files: &[(&str, &str)]) -> Arc<Tree> {
    static BUILT: Mutex<BTreeMap<String, Arc<Tree>>> = Mutex::new(BTreeMap::new());
    let key = format!("{files:?}");
    let known = BUILT
        .lock()
        .expect("no thread panics with it")
        .get(&key)
        .cloned();
    known.unwrap_or_else(|| {
        let temporary = tempfile::tempdir().expect("a temporary folder can be made");
        for (name, text) in files {
            fs::write(temporary.path().join(name), text).expect("a temporary file can be written");
        }
        build(temporary.path(), Path::new("deploy.bg"));
        let tree = Arc::new(Tree::read(&temporary.path().join("deploy")));
        BUILT
            .lock()
            .expect("no thread panics with it")
            .insert(key, Arc::clone(&tree));
        tree
    })
}

/// Runs `deployc build FILE` in a folder.
///
/// # Panics
/// If the source does not compile.
pub fn build(folder: &Path, file: &Path) {
    let mut command = Command::new(deployc());
    command.arg("build").arg(file).current_dir(folder);
    run(command, DEADLINE).ok();
}
