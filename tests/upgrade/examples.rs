//! The three examples, as 0.1.0 built them and as they are built today. They are installed as their READMEs say, and
//! deployed in turn under load.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::deploys::RATES;
use crate::landed::{By, DEADLINE, of_landed};
use crate::support::build::{deployc, repository, testapp};
use crate::support::codedeploy::Agent;
use crate::support::haproxy::Haproxy;
use crate::support::host::Host;
use crate::support::load::Load;
use crate::support::nginx::Nginx;
use crate::support::process::run;
use crate::support::skip::{Skip, need_programs};
use crate::support::under_load::Colors;
use crate::support::wait;

crate::tests![
    quickstart,
    haproxy_driver,
    spring_jar_codedeploy,
    a_build_replaces_the_files_of_0_1_0
];

/// The colors of the test application.
const BLUE_GREEN: Colors = Colors {
    names: ["blue", "green"],
    processes: ["--color blue", "--color green"],
};

const REAL: Colors = Colors {
    names: ["real1", "real2"],
    processes: [
        "--spring.profiles.active=real1,",
        "--spring.profiles.active=real2,",
    ],
};

/// Puts an example into a folder of its own: as 0.1.0 built it, or built again from the same source.
fn example(name: &str, by: By) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut copy = Command::new("cp");
    copy.arg("-a")
        .arg(of_landed(name).join("."))
        .arg(folder.path());
    run(copy, DEADLINE).ok();
    if by == By::Today {
        let mut build = Command::new(deployc());
        build
            .args(["build", "deploy.bg"])
            .current_dir(folder.path());
        run(build, DEADLINE).ok();
    }
    folder
}

/// The scripts that deploy, in this order: a team upgrades, goes back once, and upgrades again.
const TURNS: [By; 4] = [By::Today, By::Today, By::Landed, By::Today];

/// Each deploy must switch, and no request may be lost. The same holds for a rollback, whichever script made its
/// release. Each command begins when the proxy `is_quiet`.
fn deploys_in_turn(
    host: &Host,
    colors: &Colors,
    deploy: &mut dyn FnMut(By),
    script: &str,
    is_quiet: &dyn Fn() -> bool,
) {
    deploy(By::Landed);
    let mut live = colors.live(host);
    let load = Load::start(&host.network(), 80, RATES);
    let is_there = || load.now() > Duration::from_secs(2);
    assert!(wait::until(DEADLINE, is_there));
    let mut switched = |what: &str| {
        let now = colors.live(host);
        assert_ne!(now, live, "{what} did not switch");
        live = now;
    };
    for by in TURNS {
        assert!(wait::until(DEADLINE, is_quiet));
        deploy(by);
        switched(&format!("the deploy by {by:?}"));
        assert!(wait::until(DEADLINE, is_quiet));
        host.start(&[script, "rollback"]).wait(DEADLINE).ok();
        switched(&format!("the rollback by {by:?}"));
    }
    let report = load.stop();
    println!("{report}");
    report.assert_nothing_lost();
}

/// Replaces the installed bundle by this one.
fn install(host: &Host, bundle: &Path, folder: &str) {
    host.run(&["rm", "-rf", folder]).ok();
    host.copy_folder(bundle, folder);
}

fn quickstart() -> Result<(), Skip> {
    need_programs(&["nginx", "curl"])?;
    let host = Host::plain()?;
    host.copy(testapp(), "/opt/hello/staging/hello");
    let first = example("quickstart", By::Landed);
    let site = fs::read_to_string(first.path().join("hello.site.conf"));
    Nginx::configure(&host, &site.expect("the file is there"));
    let blue = first.path().join("deploy/nginx/blue.conf");
    host.copy(&blue, "/etc/nginx/conf.d/hello.conf");
    let nginx = Nginx::start(&host);
    let script = "/opt/hello/deploy/hello.sh";
    let mut deploy = |by| {
        install(
            &host,
            &example("quickstart", by).path().join("deploy"),
            "/opt/hello/deploy",
        );
        host.start(&[script, "deploy"]).wait(DEADLINE).ok();
    };
    deploys_in_turn(&host, &BLUE_GREEN, &mut deploy, script, &|| true);
    nginx.assert_no_failed_bind();
    Ok(())
}

/// A driver of the user, which does not know the new parts of the contract. Its file sends the color as a text, which no
/// longer counts, but the app's page is its color.
fn haproxy_driver() -> Result<(), Skip> {
    need_programs(&["haproxy", "curl"])?;
    let host = Host::plain()?;
    host.copy(testapp(), "/opt/shop/staging/shop");
    let first = example("haproxy-driver", By::Landed);
    let blue = first.path().join("deploy/haproxy/blue.cfg");
    host.copy(&blue, "/etc/haproxy/conf.d/shop.cfg");
    let haproxy = Haproxy::start(&host, "127.0.0.1:80", "shop");
    let script = "/opt/shop/deploy/shop.sh";
    let place = |example: &TempDir| {
        install(&host, &example.path().join("deploy"), "/opt/shop/deploy");
        host.start(&[script, "deploy"]).wait(DEADLINE)
    };
    let mut deploy = |by| {
        place(&example("haproxy-driver", by))
            .ok()
            .never_says("expects a sign of the color");
    };
    // The master of haproxy can lose a signal while it is busy with a reload.
    let is_quiet = || haproxy.workers().len() == 1;
    deploys_in_turn(&host, &BLUE_GREEN, &mut deploy, script, &is_quiet);
    Ok(())
}

/// The automatic rollback of `CodeDeploy` deploys a revision from before the upgrade.
fn spring_jar_codedeploy() -> Result<(), Skip> {
    need_programs(&["nginx", "curl", "javac", "jar"])?;
    let host = Host::plain()?;
    let jar = jar();
    let bundle = |by| {
        let bundle = example("spring-jar-codedeploy", by);
        fs::copy(
            jar.path().join("hello-spring.jar"),
            bundle.path().join("hello-spring.jar"),
        )
        .expect("the jar was made");
        bundle
    };
    let first = bundle(By::Landed);
    let site = fs::read_to_string(first.path().join("nginx.conf"));
    Nginx::configure(&host, &site.expect("the file is there"));
    let real1 = first.path().join("deploy/nginx/real1.conf");
    host.copy(&real1, "/etc/nginx/conf.d/service-url.inc");
    let nginx = Nginx::start(&host);
    let mut agent = Agent::new(&host, "hello-spring");
    let mut deploy = |by| {
        agent.deploy(bundle(by).path()).ok();
    };
    let script = "/home/ec2-user/app/staging/deploy/hello-spring.sh";
    deploys_in_turn(&host, &REAL, &mut deploy, script, &|| true);
    nginx.assert_no_failed_bind();
    Ok(())
}

fn jar() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let make = repository().join("examples/spring-jar-codedeploy/app/build.sh");
    let mut command = Command::new("bash");
    command.arg(make).arg(folder.path());
    run(command, DEADLINE).ok();
    folder
}

/// Runs `deployc build` in a folder that 0.1.0 has built. It must recognise the files as deployc's own, and report them
/// as stale.
#[expect(clippy::unnecessary_wraps, reason = "all tests have one signature")]
fn a_build_replaces_the_files_of_0_1_0() -> Result<(), Skip> {
    for name in ["quickstart", "haproxy-driver", "spring-jar-codedeploy"] {
        let folder = example(name, By::Landed);
        let build = |words: &[&str]| {
            let mut build = Command::new(deployc());
            build.arg("build").args(words).current_dir(folder.path());
            run(build, DEADLINE)
        };
        build(&["--check", "deploy.bg"]).exits(1);
        build(&["deploy.bg"]).ok();
        build(&["--check", "deploy.bg"]).ok();
        let files: Vec<PathBuf> = fs::read_dir(folder.path().join("deploy"))
            .expect("the file is there")
            .flatten()
            .map(|entry| entry.path())
            .collect();
        let runtimes = files
            .iter()
            .filter(|path| path.to_string_lossy().contains("deployc-runtime-"));
        assert_eq!(runtimes.count(), 1, "{files:?}");
    }
    Ok(())
}
