//! Tests of the tests' own tools: hosts are private and leave nothing behind, and the load client counts lost requests.

use std::fs;
use std::time::Duration;

use crate::support::build::testapp;
use crate::support::haproxy::Haproxy;
use crate::support::host::Host;
use crate::support::http;
use crate::support::load::report::{Kind, Report};
use crate::support::load::{Load, Rates};
use crate::support::nginx::{Nginx, site_with_upstream};
use crate::support::process::Running;
use crate::support::skip::{Skip, need_programs};
use crate::support::wait;

crate::tests![
    a_host_is_private_and_leaves_nothing,
    a_systemd_host_runs_units,
    nothing_is_lost_when_nginx_reloads,
    nothing_is_lost_when_haproxy_reloads,
    what_is_lost_is_counted,
];

fn a_host_is_private_and_leaves_nothing() -> Result<(), Skip> {
    let host = Host::plain()?;
    let marker = format!("/tmp/deployc-e2e-{}", std::process::id());
    host.write(&marker, "here");
    host.write("/etc/nginx/conf.d/deployc-e2e.conf", "# here only");
    assert_eq!(host.read(&marker), "here");
    assert!(
        !fs::exists(&marker).expect("/tmp can be read"),
        "the host uses the /tmp of this machine"
    );
    assert!(!fs::exists("/etc/nginx/conf.d/deployc-e2e.conf").expect("/etc can be read"));
    // The program runs in its own session, like a deployed program.
    host.bash("setsid sleep 98765 </dev/null >/dev/null 2>&1 &")
        .ok();
    assert_eq!(host.processes("sleep 98765").len(), 1);
    drop(host);
    let gone = wait::until(Duration::from_secs(5), || {
        let processes = fs::read_dir("/proc").expect("/proc can be read").flatten();
        !processes
            .map(|process| fs::read(process.path().join("cmdline")))
            .any(|line| line.is_ok_and(|line| line == b"sleep\x0098765\x00"))
    });
    assert!(gone, "a process outlived its host");
    Ok(())
}

fn a_systemd_host_runs_units() -> Result<(), Skip> {
    let host = Host::systemd()?;
    Nginx::configure(
        &host,
        "server { listen 80; location / { return 200 hello; } }",
    );
    host.run(&["systemctl", "restart", "nginx"]).ok();
    assert_eq!(
        http::get(&host, 80, "/").expect("nginx answers").body,
        "hello"
    );
    host.run(&["systemctl", "reload", "nginx"]).ok();
    host.run(&["systemd-run", "--unit=sleeper", "sleep", "1000"])
        .ok();
    host.run(&["systemctl", "is-active", "sleeper"])
        .ok()
        .says("active");
    host.run(&["java", "-version"]).ok();
    Ok(())
}

/// Starts two programs, `blue` on 8081 and `green` on 8082.
fn two_colors(host: &Host) -> [Running; 2] {
    host.copy(testapp(), "/opt/testapp");
    [("blue", "8081"), ("green", "8082")].map(|(color, port)| {
        let app = host.start(&["/opt/testapp", "--color", color, "--port", port]);
        host.wait_for_port(port.parse().expect("a port is a number"));
        app
    })
}

fn upstream(host: &Host, port: u16) {
    host.write(
        "/etc/nginx/conf.d/hello.conf",
        format!("upstream hello {{ server 127.0.0.1:{port}; }}\n"),
    );
}

fn nothing_is_lost_when_nginx_reloads() -> Result<(), Skip> {
    need_programs(&["nginx"])?;
    let host = Host::plain()?;
    let _apps = two_colors(&host);
    Nginx::configure(&host, &site_with_upstream("127.0.0.1:80", "hello"));
    upstream(&host, 8081);
    let nginx = Nginx::start(&host);
    let load = Load::start(&host.network(), 80, Rates::FULL);
    for port in [8082, 8081, 8082, 8081, 8082, 8081] {
        let since = load.now();
        upstream(&host, port);
        nginx.reload();
        let color = if port == 8081 { "blue" } else { "green" };
        assert!(wait::until(Duration::from_secs(1), || load.now()
            > since + Duration::from_millis(300)));
        assert_eq!(
            http::get(&host, 80, "/profile")
                .expect("nginx answers")
                .body,
            color
        );
    }
    let report = load.stop();
    report.assert_nothing_lost();
    assert_full(&report);
    nginx.assert_valid();
    nginx.assert_no_failed_bind();
    assert!(
        wait::until(Duration::from_secs(5), || nginx.draining().is_empty()),
        "old workers stay"
    );
    Ok(())
}

fn nothing_is_lost_when_haproxy_reloads() -> Result<(), Skip> {
    need_programs(&["haproxy"])?;
    let host = Host::plain()?;
    let _apps = two_colors(&host);
    let backend = |port: u16| {
        host.write(
            "/etc/haproxy/conf.d/hello.cfg",
            format!("backend hello\n  server color 127.0.0.1:{port}\n"),
        );
    };
    backend(8081);
    let haproxy = Haproxy::start(&host, "127.0.0.1:80", "hello");
    let load = Load::start(&host.network(), 80, Rates::FULL);
    for port in [8082, 8081, 8082, 8081] {
        backend(port);
        haproxy.reload();
        let color = if port == 8081 { "blue" } else { "green" };
        assert_eq!(
            http::get(&host, 80, "/profile")
                .expect("haproxy answers")
                .body,
            color
        );
    }
    let report = load.stop();
    report.assert_nothing_lost();
    assert_full(&report);
    assert!(
        wait::until(Duration::from_secs(5), || haproxy.workers().len() == 1),
        "old workers stay"
    );
    Ok(())
}

/// Checks that requests of every kind were answered.
fn assert_full(report: &Report) {
    println!("{report}");
    let counts = report.counts();
    for kind in [Kind::KeepAlive, Kind::OneShot, Kind::Slow, Kind::Stream] {
        assert!(
            counts.get(&kind).is_some_and(|count| count.ok > 0),
            "no {kind:?} in {report}"
        );
    }
}

fn what_is_lost_is_counted() -> Result<(), Skip> {
    let host = Host::plain()?;
    let [blue, green] = two_colors(&host);
    let load = Load::start(&host.network(), 8081, Rates::FULL);
    assert!(wait::until(Duration::from_secs(5), || load.now()
        > Duration::from_secs(4)));
    blue.signal(rustix::process::Signal::KILL);
    assert!(wait::until(Duration::from_secs(5), || load.now()
        > Duration::from_secs(5)));
    drop((blue, green));
    let report = load.stop();
    let counts = report.counts();
    println!("{report}");
    assert!(
        counts[&Kind::OneShot].refused > 20,
        "refused connections are not counted: {report}"
    );
    assert!(
        counts[&Kind::Slow].cut > 4,
        "requests that are cut are not counted: {report}"
    );
    assert!(
        counts[&Kind::Stream].truncated > 1,
        "streams that break off are not counted: {report}"
    );
    assert_eq!(
        counts[&Kind::KeepAlive].sent,
        counts[&Kind::KeepAlive].ok + counts[&Kind::KeepAlive].lost()
    );
    Ok(())
}
