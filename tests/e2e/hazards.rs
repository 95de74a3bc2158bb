//! Typical faults of deploys that are written by hand. Each test creates one for real, and has a row in
//! `docs/hazards.md`. Other rows name tests of other files.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::Signal;

use crate::support::http;
use crate::support::nginx::site_with_upstream;
use crate::support::site::{FRAGMENT, SCRIPT, Site};
use crate::support::skip::{Skip, need_programs};
use crate::support::wait;

crate::tests![
    clients_of_a_color_outlive_its_stop,
    with_both_colors_up_the_proxy_decides,
    an_answer_of_the_old_workers_is_no_proof,
    the_fragment_is_whole_at_every_moment,
    the_fragment_is_on_disk_before_and_after_its_rename,
    a_configuration_that_only_the_new_color_breaks_goes_back,
    a_websocket_goes_on_after_the_switch,
    term_does_not_stop_the_color_that_the_proxy_serves_now,
    a_missing_tool_changes_nothing,
    a_stranger_that_answers_the_probe_is_not_the_program,
    a_reader_or_terminal_that_goes_away_ends_nothing,
    a_renamed_color_is_still_stopped,
    a_release_of_another_driver_is_still_stopped,
    rollback_and_resume_take_the_inputs_of_the_release,
    a_verify_that_is_redirected_is_found_before_anything_starts,
];

/// The time limit of a whole deploy.
pub const DEADLINE: Duration = Duration::from_secs(90);
/// The time limit of short commands and waits.
pub const SOON: Duration = Duration::from_secs(60);

/// Returns a site after one good deploy, its live color, and the other color.
pub fn deployed_with(source: &str) -> Result<(Site, String, String), Skip> {
    let site = Site::with(source)?;
    site.deploy().ok();
    let live = site.serves();
    let other = if live == "blue" { "green" } else { "blue" };
    Ok((site, live, other.to_owned()))
}

fn port_of(color: &str) -> &'static str {
    if color == "blue" { "8081" } else { "8082" }
}

/// Waits until a command with this text in it runs on the host.
pub fn wait_for_process(site: &Site, command: &str) {
    let runs = wait::until(SOON, || !site.host.processes(command).is_empty());
    assert!(runs, "`{command}` was not started");
}

/// A script that kills every process with a connection to the port also kills clients, and even the proxy's workers.
fn clients_of_a_color_outlive_its_stop() -> Result<(), Skip> {
    let (site, live, other) = deployed_with("hello")?;
    let port = port_of(&live);
    let connected = format!("exec 3<>/dev/tcp/127.0.0.1/{port}; exec sleep 4321");
    let mut client = site.host.start(&["bash", "-c", &connected]);
    wait_for_process(&site, "sleep 4321");
    let master = site.host.read("/run/nginx.pid");
    site.deploy().ok();
    site.assert_serves_only(&other);
    assert!(!client.has_ended(), "a client of {live} was ended");
    assert_eq!(
        site.host.read("/run/nginx.pid"),
        master,
        "nginx was restarted"
    );
    Ok(())
}

fn with_both_colors_up_the_proxy_decides() -> Result<(), Skip> {
    let (site, first, second) = deployed_with("hello")?;
    // Both colors answer on their ports, and each of them is live once.
    for (live, idle) in [(&second, &first), (&first, &second)] {
        site.run("prepare").ok();
        site.run("switch").ok();
        assert_eq!(site.running(), ["blue", "green"]);
        assert_eq!(&site.serves(), live);
        let pid = site.host.processes(&format!("--color {live}"));
        site.run("cleanup").ok();
        site.assert_serves_only(live);
        assert_eq!(
            site.host.processes(&format!("--color {live}")),
            pid,
            "{live} was started again, but only {idle} should be stopped"
        );
    }
    Ok(())
}

/// The reload happens 0.7 s after the reload command has returned. The `verify` accepts the answer of either color, so
/// an old worker could pass it for the new color.
fn an_answer_of_the_old_workers_is_no_proof() -> Result<(), Skip> {
    let (site, live, _) = deployed_with("hazards/an_answer_of_the_old_workers_is_no_proof")?;
    site.install("hazards/an_answer_of_the_old_workers_is_no_proof_2");
    site.host.write_program(
        "/opt/reload",
        "#!/bin/bash\nsetsid bash -c 'sleep 0.7; nginx -s reload' >/dev/null 2>&1 </dev/null &\n",
    );
    site.stage("--broken /profile")
        .deploy()
        .exits(1)
        .says("500");
    site.assert_serves_only(&live);
    Ok(())
}

/// Somebody may reload nginx at any moment of a deploy or of its way back. There must always be exactly one complete
/// file.
fn the_fragment_is_whole_at_every_moment() -> Result<(), Skip> {
    let (site, live, other) = deployed_with("hello")?;
    let texts = ["blue", "green"].map(|color| {
        site.host
            .read(&format!("/srv/hello/deploy/nginx/{color}.conf"))
    });
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let (mut seen, mut looked) = ([false; 2], 0);
            while !done.load(Ordering::Relaxed) {
                let text = site.host.read(FRAGMENT);
                let known = texts.iter().position(|known| *known == text);
                seen[known.unwrap_or_else(|| panic!("the file contains `{text}`"))] = true;
                let files: Vec<_> = std::fs::read_dir(site.host.path("/etc/nginx/conf.d"))
                    .expect("the folder can be listed")
                    .flatten()
                    .map(|entry| entry.file_name().to_string_lossy().into_owned())
                    .filter(|name| !name.starts_with('.'))
                    .collect();
                assert_eq!(files, ["hello.conf"], "nginx would read each file");
                looked += 1;
            }
            assert!(looked > 1000, "the watcher looked only {looked} times");
            assert_eq!(seen, [true; 2], "the watcher has not seen both files");
        });
        site.deploy().ok();
        site.stage("--broken /profile").deploy().exits(1);
        done.store(true, Ordering::Relaxed);
        watcher
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    site.assert_serves_only(&other);
    assert_ne!(live, other);
    Ok(())
}

/// Without these syncs the file may be empty after a power cut.
fn the_fragment_is_on_disk_before_and_after_its_rename() -> Result<(), Skip> {
    let (site, _, _) = deployed_with("hello")?;
    for tool in ["sync", "mv"] {
        let note =
            format!("#!/bin/bash\necho \"{tool} $*\" >>/run/noted\nexec /usr/bin/{tool} \"$@\"\n");
        site.host.write_program(&format!("/opt/first/{tool}"), note);
    }
    let shell = format!("PATH=/opt/first:$PATH exec {SCRIPT} deploy");
    site.host.start(&["bash", "-c", &shell]).wait(DEADLINE).ok();
    let noted = site.host.read("/run/noted");
    let noted: Vec<_> = noted.lines().collect();
    let rename = noted
        .iter()
        .position(|line| line.starts_with("mv ") && line.ends_with(FRAGMENT))
        .unwrap_or_else(|| panic!("no rename onto {FRAGMENT}: {noted:?}"));
    let candidate = noted[rename]
        .split_whitespace()
        .rev()
        .nth(1)
        .expect("mv has two paths");
    let synced = |part: &[&str], path: &str| part.contains(&format!("sync {path}").as_str());
    assert!(synced(&noted[..rename], candidate), "{noted:?}");
    assert!(synced(&noted[rename..], "/etc/nginx/conf.d"), "{noted:?}");
    Ok(())
}

/// nginx accepts the configuration with one color's file, but not with the other's.
fn a_configuration_that_only_the_new_color_breaks_goes_back() -> Result<(), Skip> {
    let site = Site::new()?;
    site.host
        .write_program("/opt/test", "#!/bin/bash\nexec nginx -t\n");
    site.install("hazards/a_configuration_that_only_the_new_color_breaks_goes_back");
    site.deploy().ok();
    site.deploy().ok();
    let live = site.serves();
    let fragment = site.host.read(FRAGMENT);
    let port = if live == "blue" { 8082 } else { 8081 };
    let refuses = format!(
        "#!/bin/bash\nif grep -q {port} {FRAGMENT}; then echo 'nginx: [emerg] host not found in upstream'; exit 1; fi\nexec nginx -t\n"
    );
    site.host.write_program("/opt/test", refuses);
    site.deploy().exits(1).says("host not found in upstream");
    assert_eq!(site.host.read(FRAGMENT), fragment);
    site.assert_serves_only(&live);
    Ok(())
}

/// A program that looks like a websocket server to a proxy. After the upgrade it sends back each line, after its color.
const CHAT: &str = r#"
import http.server, sys
color = sys.argv[sys.argv.index("--color") + 1]
port = int(sys.argv[sys.argv.index("--port") + 1])
class Chat(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass
    def do_GET(self):
        if self.headers.get("Upgrade") == "websocket":
            self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            for line in self.rfile:
                self.wfile.write(color.encode() + b" " + line)
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(color)))
        self.end_headers()
        self.wfile.write(color.encode())
http.server.ThreadingHTTPServer(("127.0.0.1", port), Chat).serve_forever()
"#;

fn a_websocket_goes_on_after_the_switch() -> Result<(), Skip> {
    use std::io::{BufRead, BufReader, Write};
    need_programs(&["python3"])?;
    let site = Site::with("hazards/a_websocket_goes_on_after_the_switch")?;
    let server = site_with_upstream("127.0.0.1:80", "hello").replace(
        "proxy_set_header Host",
        "proxy_http_version 1.1;\n    proxy_set_header Upgrade $http_upgrade;\n    proxy_set_header Connection upgrade;\n    proxy_set_header Host",
    );
    site.host.write("/etc/nginx/sites-enabled/default", server);
    site.nginx().reload();
    site.host.write("/opt/chat.py", CHAT);
    site.stage_program("exec python3 /opt/chat.py \"$@\"");
    site.deploy().ok();
    let live = site.serves();
    let stream = site.host.network().within(|| {
        http::connect(std::net::SocketAddr::from(([127, 0, 0, 1], 80)), SOON)
            .expect("nginx listens")
    });
    let mut reader = BufReader::new(&stream);
    let mut say = |what: &str| {
        (&stream)
            .write_all(what.as_bytes())
            .expect("the connection is open");
        let mut answer = String::new();
        reader
            .read_line(&mut answer)
            .expect("the connection is open");
        assert!(!answer.is_empty(), "the connection was closed");
        answer
    };
    let head = say(
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    while say("") != "\r\n" {}
    assert_eq!(say("before\n"), format!("{live} before\n"));
    let mut deploy = site.start("deploy");
    assert!(wait::until(SOON, || site.serves() != live
        && site.run("status").stdout.contains("drained")));
    assert_eq!(say("after\n"), format!("{live} after\n"));
    assert!(
        !deploy.has_ended(),
        "the deploy did not wait for the websocket"
    );
    stream
        .shutdown(std::net::Shutdown::Both)
        .expect("the connection is open");
    deploy.wait(SOON).ok();
    assert_eq!(
        site.host
            .processes(&format!("chat.py --port {}", port_of(&live))),
        Vec::<String>::new()
    );
    Ok(())
}

/// While the new color is probed, somebody points nginx to it by hand. Then the deploy gets TERM.
fn term_does_not_stop_the_color_that_the_proxy_serves_now() -> Result<(), Skip> {
    let (site, live, other) =
        deployed_with("hazards/term_does_not_stop_the_color_that_the_proxy_serves_now")?;
    let deploy = site.stage("--health never").start("deploy");
    let started = "(($(ls /var/lib/deployc/hello/releases/*/identity.* | wc -l) == 2))";
    assert!(wait::until(SOON, || site.host.bash(started).code == 0));
    site.host
        .wait_for_port(port_of(&other).parse().expect("a port is a number"));
    let by_hand = site
        .host
        .read(&format!("/srv/hello/deploy/nginx/{other}.conf"));
    site.host.write(FRAGMENT, by_hand);
    site.nginx().reload();
    assert_eq!(site.serves(), other);
    deploy.signal(Signal::TERM);
    let outcome = deploy.wait(DEADLINE);
    assert_ne!(outcome.code, 0, "{outcome}");
    assert_eq!(
        site.serves(),
        other,
        "the color that users got was stopped: {outcome}"
    );
    assert_eq!(site.running(), ["blue", "green"], "{outcome}");
    let back = site
        .host
        .read(&format!("/srv/hello/deploy/nginx/{live}.conf"));
    site.host.write(FRAGMENT, back);
    site.nginx().reload();
    site.stage("").deploy().ok();
    site.assert_serves_only(&other);
    Ok(())
}

fn a_missing_tool_changes_nothing() -> Result<(), Skip> {
    let (site, live, other) = deployed_with("hello")?;
    site.host.remove_program("cmp");
    site.deploy().exits(3).says("cmp");
    site.assert_serves_only(&live);
    assert_ne!(live, other);
    Ok(())
}

/// The program has started but does not listen. Another process listens on its port and gives the expected answers.
fn a_stranger_that_answers_the_probe_is_not_the_program() -> Result<(), Skip> {
    let (site, live, other) =
        deployed_with("hazards/a_stranger_that_answers_the_probe_is_not_the_program")?;
    let deploy = site.stage_program("exec sleep 4321").start("deploy");
    wait_for_process(&site, "sleep 4321");
    let port = port_of(&other);
    let shell = format!("exec -a payroll /opt/testapp --port={port} --color={other}");
    let mut stranger = site.host.start(&["bash", "-c", &shell]);
    site.host
        .wait_for_port(port.parse().expect("a port is a number"));
    deploy.wait(DEADLINE).exits(1).says(port);
    site.assert_serves_only(&live);
    assert!(!stranger.has_ended(), "the stranger was ended");
    assert!(site.host.processes("sleep 4321").is_empty());
    Ok(())
}

fn a_reader_or_terminal_that_goes_away_ends_nothing() -> Result<(), Skip> {
    let (site, live, other) = deployed_with("hello")?;
    let shell = format!("{SCRIPT} deploy | head -n 1; exit ${{PIPESTATUS[0]}}");
    site.host.start(&["bash", "-c", &shell]).wait(DEADLINE).ok();
    site.assert_serves_only(&other);
    // A terminal that closes sends HUP to its whole foreground process group.
    site.stage("--health starting:1");
    let deploy = site.host.start(&["setsid", "--wait", SCRIPT, "deploy"]);
    assert!(wait::until(SOON, || site.running().len() == 2));
    let hang_up = format!("kill -HUP -- \"-$(pgrep -o -f '^[^ ]*bash {SCRIPT} deploy')\"");
    site.host.bash(&hang_up).ok();
    deploy.wait(DEADLINE).ok();
    site.assert_serves_only(&live);
    Ok(())
}

fn a_renamed_color_is_still_stopped() -> Result<(), Skip> {
    let (site, live, other) = deployed_with("hello")?;
    site.install([(format!("color {live}").as_str(), "color teal")]);
    site.deploy().ok();
    site.assert_serves_only(&other);
    site.deploy().ok();
    site.assert_serves_only("teal");
    Ok(())
}

fn a_release_of_another_driver_is_still_stopped() -> Result<(), Skip> {
    let (site, live, other) = deployed_with("hello")?;
    let keeper = "#!/bin/bash
case $1 in
  start) setsid /opt/testapp --port \"$PORT\" --color \"$COLOR\" >/dev/null 2>&1 </dev/null & ;;
  stop) pkill -x -f \"/opt/testapp --port $PORT --color $COLOR\" || true ;;
  alive) pgrep -x -f \"/opt/testapp --port $PORT --color $COLOR\" >/dev/null ;;
esac
";
    site.host.write_program("/opt/keeper", keeper);
    let command = "run command {\n    start = [\"/opt/keeper\", \"start\", \"{color}\"]\n    stop = [\"/opt/keeper\", \"stop\", \"{color}\"]\n    alive = [\"/opt/keeper\", \"alive\", \"{color}\"]";
    let changes = [
        ("run process {", command),
        (
            "    command = [\"./hello\", \"--port\", \"{port}\", \"--color\", \"{color}\"]\n",
            "",
        ),
    ];
    site.install(changes);
    site.deploy().ok();
    site.assert_serves_only(&other);
    site.run("rollback").ok();
    site.assert_serves_only(&live);
    Ok(())
}

fn rollback_and_resume_take_the_inputs_of_the_release() -> Result<(), Skip> {
    let site = Site::with("hazards/rollback_and_resume_take_the_inputs_of_the_release")?;
    let note = || {
        let answer = http::get(&site.host, 80, "/json").expect("nginx answers");
        let json: serde_json::Value =
            serde_json::from_str(&answer.body).expect("the answer is JSON");
        json["build"]["sha"].as_str().unwrap_or_default().to_owned()
    };
    site.run_with("deploy", &[("NOTE", "one")]).ok();
    site.run_with("deploy", &[("NOTE", "two")]).ok();
    assert_eq!(note(), "two");
    site.run("rollback").ok();
    assert_eq!(note(), "one");
    site.host.bash("kill -KILL $(pgrep -x testapp)").ok();
    site.run_with("resume", &[("NOTE", "three")]).ok();
    assert_eq!(note(), "one");
    Ok(())
}

/// nginx redirects the URL of the `verify`, as certbot configures it.
fn a_verify_that_is_redirected_is_found_before_anything_starts() -> Result<(), Skip> {
    let (site, live, _) = deployed_with("hello")?;
    let server = site_with_upstream("127.0.0.1:80", "hello").replace(
        "location / {",
        "location = /profile { return 301 https://$host$request_uri; }\n  location / {",
    );
    site.host.write("/etc/nginx/sites-enabled/default", server);
    site.nginx().reload();
    let fragment = site.host.read(FRAGMENT);
    site.deploy().exits(3).says("301").never_says("start ");
    assert_eq!(site.host.read(FRAGMENT), fragment);
    assert_eq!(site.running(), [live]);
    Ok(())
}
