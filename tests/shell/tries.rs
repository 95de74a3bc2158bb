//! Tests how often and how long a probe is tried, and which processes must live and listen meanwhile.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::script::Script;
use crate::server::{Server, free_port};
use crate::tools::Tools;

const OK: &str = "ask get \"http://127.0.0.1:${port}/ok\"";

#[test]
fn passes_must_be_in_a_row() {
    for tools in [Tools::Machine, Tools::BusyBoxWithoutCurl] {
        let server = Server::start();
        let script = Script::new(tools, server.port);
        script.gate("tries every 20 within 20000 timeout 20000 after 0 passes 3\nask get \"http://127.0.0.1:${port}/third\"").passed();
        assert_eq!(server.seen().len(), 5, "two tries fail, three tries pass");

        let ran = script.gate("tries every 20 within 20000 timeout 20000 passes 2 attempts 6\nask get \"http://127.0.0.1:${port}/second\"");
        ran.failed("only 1 of 2 passes in a row from http://127.0.0.1:");
        ran.failed("/second within 20s: 6 tries, last failure: status 500, body odd");
    }
}

/// A `verify` ends after three errors in a row, even if `within` allows more time, because users get that color. A gate
/// does not end early, because nobody gets its color.
#[test]
fn a_verify_shows_users_no_more_than_three_errors_in_a_row() {
    for tools in [Tools::Machine, Tools::BusyBoxWithoutCurl] {
        let server = Server::start();
        let script = Script::new(tools, server.port);
        let declared = |path: &str, more: &str| {
            format!(
                "declared() {{\n  tries every 20 within 20000 timeout 20000 passes 2 {more}\n  ask get \"http://127.0.0.1:${{port}}/{path}\"\n}}\n"
            )
        };
        let ran = script.run(&format!(
            "{}verdict run_verify declared",
            declared("starting", "")
        ));
        ran.failed("users get an error, 3 tries, three in a row, last: status 503");
        assert_eq!(server.seen().len(), 3, "{ran:#?}");

        let ran = script.run(&format!(
            "{}verdict run_verify declared",
            declared("second", "attempts 8")
        ));
        ran.failed("only 1 of 2 passes in a row");
        assert_eq!(server.seen().len(), 3 + 8, "{ran:#?}");

        let ran = script.run(&format!(
            "{}verdict run_gate declared",
            declared("starting", "attempts 5")
        ));
        ran.failed("5 tries, last: status 503");

        // Nobody listens, so the proxy would show an error to users.
        let ran = script.run(&format!(
            "declared() {{\n  tries every 20 within 20000 timeout 20000 passes 2\n  ask get http://127.0.0.1:{}/\n}}\nverdict run_verify declared",
            free_port()
        ));
        ran.failed("three in a row, last: connection refused");
    }
}

#[test]
fn tries_begin_every_so_often_and_never_overlap() {
    for tools in [Tools::Machine, Tools::MachineWithoutCurl] {
        let server = Server::start();
        let script = Script::new(tools, server.port);
        let ran = script.gate("tries every 400 within 2200 timeout 1000 after 300 passes 1\nask get \"http://127.0.0.1:${port}/starting\"");
        ran.failed("last: status 503");
        let seen = server.seen();
        assert!((2..=5).contains(&seen.len()), "{ran:#?}");
        // The interval is from start to start. In total 350 ms less are allowed, because the time to connect varies.
        let span = seen[seen.len() - 1].begun - seen[0].begun;
        let tries = u32::try_from(seen.len()).expect("the number is small");
        assert!(
            span + Duration::from_millis(350) > Duration::from_millis(400) * (tries - 1),
            "{seen:#?}"
        );
        for pair in seen.windows(2) {
            assert!(
                pair[0].ended.expect("the request has ended") <= pair[1].begun,
                "two tries at once"
            );
        }
        // The first try is at 300 ms, the last one at 1900 ms. The script does not wait after the last one.
        assert!(ran.took > Duration::from_millis(1900), "{:?}", ran.took);
    }
}

#[test]
fn a_try_comes_when_the_port_begins_to_listen() {
    for tools in [Tools::Machine, Tools::MachineWithoutCurl] {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a port is free")
            .port();
        let script = Script::new(tools, port);
        let server = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(700));
            Server::on(&format!("127.0.0.1:{port}")).expect("the port is free")
        });
        let ran = script.gate(
            "tries every 30000 within 60000 passes 1\nask get \"http://127.0.0.1:${port}/ok\"",
        );
        ran.passed();
        assert!(ran.took < Duration::from_secs(10), "{:?}", ran.took);
        assert_eq!(server.join().expect("the server starts").seen().len(), 1);
    }
}

#[test]
fn a_slow_try_is_cut_by_its_own_limit_and_by_the_whole() {
    for tools in [Tools::Machine, Tools::MachineWithoutCurl] {
        let server = Server::start();
        let script = Script::new(tools, server.port);
        let ran = script.gate("tries every 100 within 2500 timeout 1000 after 0 passes 1\nask get \"http://127.0.0.1:${port}/hang\"");
        ran.failed("last: timed out: connected, but no answer within 1s");
        assert!(ran.took < Duration::from_millis(4500), "{:?}", ran.took);
    }
}

#[test]
fn causes_are_counted() {
    let server = Server::start();
    let script = Script::new(Tools::Machine, server.port);
    let ran = script.gate("tries every 20 within 20000 timeout 5000 passes 1 attempts 3\nask get \"http://127.0.0.1:${port}/third\"\nexpect body equals x");
    ran.failed("3 tries (2 × status 503, 1 × wrong body), last: body is blue, expected x");
    assert!(ran.stdout.contains("the last line of the log"), "{ran:#?}");
}

#[test]
fn all_questions_must_pass_in_one_try() {
    let server = Server::start();
    let script = Script::new(Tools::Machine, server.port);
    script.one_try(&format!("{OK}\nexpect status 200\nask get \"http://127.0.0.1:${{port}}/color\"\nexpect status 200\nexpect body equals hello\nask exec true")).passed();
    script
        .one_try(&format!("{OK}\nask exec false"))
        .failed("no success of false within 20s: 1 try, last: exit 1");
}

#[test]
fn a_dead_process_fails_at_once() {
    for tools in [Tools::Machine, Tools::BusyBoxWithoutCurl] {
        let script = Script::new(tools, free_port());
        let dead = script.scratch.path().join("dead");
        let begun = Instant::now();
        let after = thread::spawn(move || {
            thread::sleep(Duration::from_millis(700));
            fs::write(dead, "").expect("a file can be written");
        });
        let ran = script.gate(&format!(
            "tries every 20000 within 60000 timeout 1000 after 0 passes 1\n{OK}"
        ));
        after.join().expect("the thread does not panic");
        ran.failed("web of blue died while it was probed: exited with 3; the last try said: connection refused");
        assert!(ran.stdout.contains("the last line of the log"), "{ran:#?}");
        assert!(
            begun.elapsed() < Duration::from_secs(15),
            "{:?}",
            begun.elapsed()
        );
    }
}

#[test]
fn a_process_that_dies_behind_a_good_answer_does_not_pass() {
    let server = Server::start();
    let script = Script::new(Tools::Machine, server.port);
    let ran = script.gate(&format!(
        "tries every 100 within 20000 timeout 20000 passes 1\n{OK}\nask exec touch dead"
    ));
    ran.failed("died while it was probed: exited with 3");
}

#[test]
fn a_stranger_that_answers_does_not_pass() {
    let server = Server::start();
    let script = Script::new(Tools::Machine, server.port);
    let listens = script.scratch.path().join("listens");
    fs::write(&listens, "2").expect("a file can be written");
    script.one_try(OK).failed(
        "was answered by another process: process 4711 (stranger); web of blue does not listen there",
    );
    fs::write(&listens, "1").expect("a file can be written");
    script
        .one_try(OK)
        .failed("the probe was answered, but no process of blue listens on port");
    fs::write(&listens, "3").expect("a file can be written");
    script.one_try(OK).passed();
    // A `verify` asks the proxy, so it does not check who listens on the color's port.
    fs::write(&listens, "2").expect("a file can be written");
    script
        .run(&format!(
            "declared() {{ {OK}; }}\nverdict run_verify declared"
        ))
        .passed();
    // The gate waits for a process that listens a moment later.
    fs::write(&listens, "1").expect("a file can be written");
    script.gate(&format!("tries every 100 within 20000 timeout 20000 passes 1\n{OK}\nask exec bash -c '[[ ! -e once ]] || printf 0 >listens; >once'")).passed();
}

#[test]
fn a_driver_that_cannot_tell_who_listens_is_not_asked() {
    let server = Server::start();
    let script = Script::new(Tools::Machine, server.port);
    let declared = format!("unset -f fake_listens\ndeclared() {{ {OK}; }}");
    script
        .run(&format!("{declared}\nverdict run_gate declared"))
        .passed();
}

#[test]
fn one_try_for_what_is_live_says_why() {
    let server = Server::start();
    for tools in Tools::ALL {
        let script = Script::new(tools, server.port);
        let ran = script.run("declared() { ask get \"http://127.0.0.1:${port}/redirect\"; }\nverdict run_verify_once declared\necho \"failure=$probe_failure\"");
        assert_eq!(ran.value("code"), "1", "{ran:#?}");
        assert_eq!(ran.value("failure"), "redirect", "{ran:#?}");
        assert!(
            ran.value("said")
                .contains("status 301, a redirect to https://shop.example/login"),
            "{ran:#?}"
        );
    }
}

#[test]
fn a_signal_ends_it_soon() {
    for tools in [Tools::Machine, Tools::MachineWithoutCurl] {
        for path in ["/hang", "/starting"] {
            let server = Server::start();
            let script = Script::new(tools, server.port);
            let declaration = format!(
                "tries every 20000 within 60000 timeout 60000 passes 1\nask get \"http://127.0.0.1:${{port}}{path}\""
            );
            let mut command = script.command(&format!(
                "declared() {{\n{declaration}\n}}\nverdict run_gate declared"
            ));
            let child = command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("bash runs");
            let begun = Instant::now();
            while server.seen().is_empty() && begun.elapsed() < Duration::from_secs(20) {
                thread::sleep(Duration::from_millis(5));
            }
            kill_process(Pid::from_child(&child), Signal::TERM).expect("a signal can be sent");
            let signalled = Instant::now();
            let output = child.wait_with_output().expect("the child ends");
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(
                said.contains("code=143\nreason=\n") && said.contains("\nchildren=\n"),
                "{said}"
            );
            assert!(
                signalled.elapsed() < Duration::from_secs(5),
                "{:?}",
                signalled.elapsed()
            );
        }
    }
}

#[test]
fn through_the_proxy_every_service_must_stay_alive() {
    let server = Server::start();
    let script = Script::new(Tools::Machine, server.port);
    let verify = format!(
        "services=(web worker)\ndeclared() {{ {OK}; }}\nasked() {{ run_verify declared; local code=$?; echo \"after=$service $port\"; return \"$code\"; }}\nverdict asked"
    );
    let ran = script.run(&verify);
    ran.passed();
    assert_eq!(ran.value("after"), format!("web {}", server.port));
    fs::write(script.scratch.path().join("dead.worker"), "").expect("a file can be written");
    let ran = script.run(&verify);
    ran.failed("worker of blue died while it was probed: exited with 3");
    assert_eq!(ran.value("after"), format!("web {}", server.port));
}

#[test]
fn a_verify_of_a_service_has_the_port_of_this_service() {
    let script = Script::new(Tools::Machine, 4711);
    let ran = script.run(
        "services=(web web-api)\nport_of[\"blue web-api\"]=4712\nshow() { echo \"$service $port\"; }\n\
         at_verify new page show\nat_verify new web-api.page show\nat_verify new web.page show",
    );
    assert_eq!(ran.stdout, "web 4711\nweb-api 4712\nweb 4711\n");
}

#[test]
fn of_a_color_that_the_script_did_not_start_only_the_answers_count() {
    let server = Server::start();
    let script = Script::new(Tools::Machine, server.port);
    fs::write(script.scratch.path().join("dead"), "").expect("a file can be written");
    fs::write(script.scratch.path().join("listens"), "2").expect("a file can be written");
    script.one_try(OK).failed("died");
    script
        .run(&format!(
            "unmanaged=yes\ndeclared() {{ {OK}; }}\nverdict run_gate declared"
        ))
        .passed();
}
