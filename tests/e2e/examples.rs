//! Installs the examples as their READMEs say, and deploys each of them 20 times under load. No request may fail or be
//! cut.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::support::build::{repository, testapp};
use crate::support::codedeploy::Agent;
use crate::support::haproxy::Haproxy;
use crate::support::host::Host;
use crate::support::nginx::Nginx;
use crate::support::process::run;
use crate::support::site::build;
use crate::support::skip::{Skip, need_programs};
use crate::support::under_load::{Colors, deploy_in_turn};

crate::tests![
    quickstart,
    haproxy_driver,
    spring_jar_codedeploy_on_a_plain_host,
    spring_jar_codedeploy_on_systemd
];

/// The time limit of one deploy under load, in which streams of 20 s must end.
const DEPLOY: Duration = Duration::from_secs(120);

/// The colors of the test application.
const BLUE_GREEN: Colors = Colors {
    names: ["blue", "green"],
    processes: ["--color blue", "--color green"],
};

/// The colors of the jar. Their processes have different profiles.
pub const SPRING: Colors = Colors {
    names: ["real1", "real2"],
    processes: [
        "--spring.profiles.active=real1,",
        "--spring.profiles.active=real2,",
    ],
};

/// Copies an example and builds it.
fn example(name: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    copy(&repository().join("examples").join(name), folder.path());
    build(folder.path(), Path::new("deploy.bg"));
    folder
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from)
        .unwrap_or_else(|reason| panic!("{}: {reason}", from.display()))
        .flatten()
    {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).expect("a folder can be made");
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|reason| panic!("{}: {reason}", path.display()))
}

/// Installs the quickstart. Its program is the test application, because that can give long answers.
pub fn install_quickstart(host: &Host) -> Result<Nginx<'_>, Skip> {
    need_programs(&["nginx", "curl"])?;
    let example = example("quickstart");
    host.copy_folder(&example.path().join("deploy"), "/opt/hello/deploy");
    host.copy(testapp(), "/opt/hello/staging/hello");
    Nginx::configure(host, &read(&example.path().join("hello.site.conf")));
    host.copy(
        &example.path().join("deploy/nginx/blue.conf"),
        "/etc/nginx/conf.d/hello.conf",
    );
    Ok(Nginx::start(host))
}

fn quickstart() -> Result<(), Skip> {
    let host = Host::plain()?;
    let nginx = install_quickstart(&host)?;
    host.run(&["/opt/hello/deploy/hello.sh", "doctor"]).ok();
    deploy_in_turn(&host, &BLUE_GREEN, || {
        host.start(&["/opt/hello/deploy/hello.sh", "deploy"])
            .wait(DEPLOY)
            .ok();
    });
    nginx.assert_no_failed_bind();
    Ok(())
}

/// Installs the example of the `HAProxy` driver. `HAProxy` has no other backend.
pub fn install_haproxy_driver(host: &Host) -> Result<(), Skip> {
    need_programs(&["haproxy", "curl"])?;
    let example = example("haproxy-driver");
    host.copy_folder(&example.path().join("deploy"), "/opt/shop/deploy");
    host.copy(testapp(), "/opt/shop/staging/shop");
    host.copy(
        &example.path().join("deploy/haproxy/blue.cfg"),
        "/etc/haproxy/conf.d/shop.cfg",
    );
    Haproxy::start(host, "127.0.0.1:80", "shop");
    Ok(())
}

fn haproxy_driver() -> Result<(), Skip> {
    let host = Host::plain()?;
    install_haproxy_driver(&host)?;
    host.run(&["/opt/shop/deploy/shop.sh", "doctor"]).ok();
    deploy_in_turn(&host, &BLUE_GREEN, || {
        host.start(&["/opt/shop/deploy/shop.sh", "deploy"])
            .wait(DEPLOY)
            .ok();
    });
    Ok(())
}

fn spring_jar_codedeploy_on_a_plain_host() -> Result<(), Skip> {
    need_programs(&["nginx", "curl", "javac", "jar"])?;
    let host = Host::plain()?;
    let example = spring(&host);
    let nginx = Nginx::start(&host);
    deploy_spring(&host, &example);
    nginx.assert_no_failed_bind();
    Ok(())
}

fn spring_jar_codedeploy_on_systemd() -> Result<(), Skip> {
    need_programs(&["javac", "jar"])?;
    let host = Host::systemd()?;
    let example = spring(&host);
    host.run(&["systemctl", "restart", "nginx"]).ok();
    deploy_spring(&host, &example);
    // The program is not in the control group of the agent that called the hooks.
    host.bash("systemctl list-units --plain --no-legend 'deployc-*' | grep running")
        .ok();
    Ok(())
}

/// Prepares a host for the Spring example. Returns the bundle.
pub fn spring(host: &Host) -> TempDir {
    let example = example("spring-jar-codedeploy");
    let mut make = Command::new("bash");
    make.args(["app/build.sh", "."]).current_dir(example.path());
    run(make, DEPLOY).ok();
    Nginx::configure(host, &read(&example.path().join("nginx.conf")));
    host.copy(
        &example.path().join("deploy/nginx/real1.conf"),
        "/etc/nginx/conf.d/service-url.inc",
    );
    example
}

fn deploy_spring(host: &Host, example: &TempDir) {
    let mut agent = Agent::new(host, "hello-spring");
    deploy_in_turn(host, &SPRING, || {
        agent.deploy(example.path()).ok();
    });
    let java = host.run(&["ps", "-C", "java", "-o", "user="]).ok().stdout;
    assert_eq!(java.trim(), "ec2-user", "the program runs as another user");
}
