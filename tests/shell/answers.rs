//! Checks which answers meet an expectation, and the reason if an answer does not. The result is the same with curl and
//! without.

use crate::script::Script;
use crate::server::{Server, free_port};
use crate::tools::Tools;
use deployc::model::Relation;

/// A path of the server, the expectations for its answer, and a part of the reason if they are not met.
type Case = (&'static str, &'static str, Result<(), &'static str>);

/// Tries each case once with each set of tools.
#[track_caller]
fn ask(cases: &[Case]) {
    let server = Server::start();
    for tools in Tools::ALL {
        let script = Script::new(tools, server.port);
        let declarations: Vec<_> = cases
            .iter()
            .map(|(path, expectations, _)| {
                format!("ask get \"http://127.0.0.1:${{port}}{path}\"\n{expectations}")
            })
            .collect();
        let results = script.tries(declarations.iter().map(String::as_str));
        assert_eq!(results.len(), cases.len(), "{tools:?}: {results:#?}");
        for ((_, _, expected), ran) in cases.iter().zip(results) {
            match expected {
                Ok(()) => ran.passed(),
                Err(words) => ran.failed(words),
            }
        }
    }
}

#[test]
fn a_good_answer_passes() {
    ask(&[
        ("/ok", "", Ok(())),
        (
            "/ok",
            "expect status 200..299\nexpect body equals \"${color}\"\nexpect color",
            Ok(()),
        ),
        ("/no-content", "expect status 204", Ok(())),
        ("/unauthorized", "expect status 200..299 401", Ok(())),
        (
            "/redirect",
            "expect status 301\nexpect header location equals https://shop.example/login",
            Ok(()),
        ),
    ]);
}

#[test]
fn a_wrong_status_is_shown_with_its_body() {
    ask(&[
        ("/starting", "", Err("no 2xx from http://127.0.0.1:")),
        (
            "/starting",
            "",
            Err("1 try, last: status 503, body {\"status\":\"STARTING\"}"),
        ),
        (
            "/ok",
            "expect status 401 500..599",
            Err("no 401 or 5xx from http://"),
        ),
        (
            "/redirect",
            "",
            Err("last: status 301, a redirect to https://shop.example/login"),
        ),
        ("/korean", "", Err("한한…")),
        (
            "/escape",
            "expect body equals x",
            Err("body is  [31mred , expected x"),
        ),
    ]);
}

#[test]
fn a_body_is_compared_as_it_stands() {
    ask(&[
        ("/lines", "expect body equals $'one\\r\\ntwo*[x]'", Ok(())),
        ("/lines", "expect body contains 'two*[x]'", Ok(())),
        ("/lines", "expect body contains 'two*'", Ok(())),
        ("/lines", "expect body contains 'o*'", Ok(())),
        (
            "/lines",
            "expect body contains 't*o'",
            Err("expected it to contain t*o"),
        ),
        ("/lines", "expect body matches '\\[x\\]$'", Ok(())),
        (
            "/lines",
            "expect body matches '^two'",
            Err("expected it to match ^two"),
        ),
        (
            "/lines",
            "expect body matches '('",
            Err("expected it to match ("),
        ),
        (
            "/ok",
            "expect body equals '$(touch x)`id`'",
            Err("body is blue, expected $(touch x)`id`"),
        ),
        (
            "/ok",
            "expect body equals '*'",
            Err("body is blue, expected *"),
        ),
        ("/newlines", "expect body equals ''", Ok(())),
        (
            "/no-content",
            "expect body equals blue",
            Err("body is empty, expected blue"),
        ),
        (
            "/nul",
            "expect body equals blue",
            Err("body is blue  green"),
        ),
        ("/nul", "expect body contains green", Ok(())),
    ]);
}

#[test]
fn headers_are_found_whatever_their_case() {
    ask(&[
        ("/header", "expect header X-ONE equals 'a b'", Ok(())),
        ("/header", "expect header x-many equals '1, 2'", Ok(())),
        ("/header", "expect header X-Empty equals ''", Ok(())),
        (
            "/header",
            "expect header X-One contains c",
            Err("header X-One is a b, expected it to contain c"),
        ),
        (
            "/header",
            "expect header X-None equals ''",
            Err("status 200 without a header X-None"),
        ),
        (
            "/interim",
            "expect header X-One equals yes\nexpect body equals blue",
            Ok(()),
        ),
    ]);
}

#[test]
fn json_is_read_by_path() {
    ask(&[
        ("/json", "expect json sha equals ab12", Ok(())),
        ("/json", "expect json 'deep[1].n' equals 'é☃'", Ok(())),
        (
            "/json",
            "expect json 'deep[0].n' matches '^[0-9]+$'",
            Ok(()),
        ),
        (
            "/json",
            "expect json sha equals ff",
            Err("json sha is ab12, expected ff"),
        ),
        (
            "/json",
            "expect json 'deep[2].n' equals 1",
            Err("status 200, no json deep[2].n: {\"sha\""),
        ),
        (
            "/json",
            "expect json list equals 1",
            Err("json list is a list or an object"),
        ),
        (
            "/ok",
            "expect json a equals 1",
            Err("body is not JSON: blue"),
        ),
        (
            "/big",
            "expect json a equals 1",
            Err("body is longer than 1024 KiB, too long for json: first"),
        ),
    ]);
}

#[test]
fn a_color_is_proved_by_the_header_or_the_body_of_its_app() {
    let no_sign = Err("without a sign of a color: no header X-Deploy-Color of the app");
    ask(&[
        ("/ok", "expect color", Ok(())),
        ("/color", "expect color", Ok(())),
        (
            "/other-color",
            "expect color",
            Err("no answer of blue from"),
        ),
        (
            "/other-color",
            "expect color",
            Err("last: answered by green"),
        ),
        ("/green", "expect color", Err("last: answered by green")),
        // A text that only contains the color proves nothing: it may be any text.
        ("/both", "expect color", no_sign),
        ("/bluegreen", "expect color", no_sign),
    ]);
}

/// The header that the proxy sends, other expectations, and the result. `{blue}` is blue's address. Green's address is
/// `localhost:8082`.
#[test]
fn a_color_is_proved_by_the_address_and_the_status_that_the_proxy_saw() {
    let cases: [(&str, &str, Result<(), &str>); 18] = [
        ("{blue} 200", "", Ok(())),
        // Without a status, as Caddy sends it, the status of the answer counts.
        ("{blue}", "", Ok(())),
        // The proxy has tried another server first. Only the last try counts.
        ("127.0.0.9:1, {blue} 502, 200", "", Ok(())),
        ("127.0.0.9:1 : {blue} 502 : 200", "", Ok(())),
        (
            "{blue}, 127.0.0.9:1 502, 200",
            "",
            Err("answered by 127.0.0.9:1"),
        ),
        // Other proxies on the way have added their own lines.
        ("{blue} 200|10.0.0.7:80 200", "", Ok(())),
        ("10.0.0.7:80, 10.0.0.8:80 502, 200|{blue} 200", "", Ok(())),
        ("{blue}, {blue}", "", Ok(())),
        // The error page of a proxy: the app itself has failed.
        (
            "{blue} 502",
            "",
            Err("status 200 from the proxy, but 127.0.0.1:"),
        ),
        ("{blue} -", "", Err("itself answered -")),
        ("{blue} 401", "expect status 200 401", Ok(())),
        (
            "{blue} 404",
            "expect status 200 401",
            Err("itself answered 404"),
        ),
        ("127.0.0.1:8082 200", "", Err("answered by green")),
        ("[::1]:8082 200", "", Err("answered by green")),
        ("127.0.0.1:80821 200", "", Err("no address of blue")),
        (
            "shop 502",
            "",
            Err("answered by shop, which is no address of blue"),
        ),
        ("", "", Err("the proxy has asked no server for it")),
        // What the proxy has seen disproves the other signs.
        (
            "{blue} 500",
            "expect body equals hello",
            Err("itself answered 500"),
        ),
    ];
    let server = Server::start();
    let blue = format!("127.0.0.1:{}", server.port);
    for tools in Tools::ALL {
        let script = Script::new(tools, server.port);
        let declarations = cases.map(|(header, expectations, _)| {
            let sent = header.replace("{blue}", &blue).replace(' ', "+");
            format!(
                "ask get \"http://127.0.0.1:${{port}}/upstream?{sent}\"\n{expectations}\nexpect color"
            )
        });
        let results = script.tries(declarations.iter().map(String::as_str));
        assert_eq!(results.len(), cases.len(), "{tools:?}: {results:#?}");
        for ((_, _, expected), ran) in cases.iter().zip(results) {
            match expected {
                Ok(()) => ran.passed(),
                Err(words) => ran.failed(words),
            }
        }
    }
}

#[test]
fn how_long_a_body_is_does_not_matter() {
    ask(&[
        ("/until-close", "expect body equals blue", Ok(())),
        ("/chunked", "expect body equals blue", Ok(())),
        ("/ok", "expect body equals blue", Ok(())),
        ("/big", "expect body contains zzz", Ok(())),
        ("/big", "expect body matches 'z$'", Ok(())),
        (
            "/big",
            "expect body equals first",
            Err("body (its first 1024 KiB) is"),
        ),
        ("/big-until-close", "expect body contains zzz", Ok(())),
        ("/big-until-close", "expect body matches 'z$'", Ok(())),
        (
            "/big-until-close",
            "expect body equals first",
            Err("body (its first 1024 KiB) is"),
        ),
        ("/big-chunked", "expect body contains zzz", Ok(())),
        ("/big-chunked", "expect body matches 'z$'", Ok(())),
        (
            "/big-chunked",
            "expect body equals first",
            Err("body (its first 1024 KiB) is"),
        ),
    ]);
}

#[test]
fn what_is_no_answer_is_told_apart() {
    ask(&[
        (
            "/cut",
            "",
            Err("last: status 200, but the body was cut short"),
        ),
        ("/chunked-cut", "", Err("was cut short")),
        (
            "/closed",
            "",
            Err("last: the connection was closed without an answer"),
        ),
        ("/ssh", "", Err("last: the answer is not HTTP")),
    ]);
}

#[test]
fn nobody_there_is_told_apart() {
    let port = free_port();
    for tools in Tools::ALL {
        let script = Script::new(tools, port);
        let ran = script.one_try("ask get \"http://127.0.0.1:${port}/\"");
        ran.failed(&format!(
            "no answer from http://127.0.0.1:{port}/ within 20s: 1 try, last: connection refused"
        ));
        script
            .one_try("ask get http://no-such-host.invalid:8080/")
            .failed("last: cannot resolve no-such-host.invalid");
        script
            .one_try("ask get ftp://127.0.0.1/")
            .failed("a URL begins with http:// or https://");
        script
            .one_try("ask get 'http://127.0.0.1/a b'")
            .failed("a URL must not contain blanks");
        script
            .one_try("ask get 'http://me:secret@127.0.0.1/'")
            .failed("a URL must not contain a user name");
        script
            .one_try("ask get 'http://-o/'")
            .failed("not a valid host: -o");
        script
            .one_try("ask tcp \"127.0.0.1:${port}\"")
            .failed("no connection to 127.0.0.1:");
        script
            .one_try("ask tcp 'nonsense'")
            .failed("not an address that can be connected to");
    }
}

#[test]
fn tls_is_told_apart_and_needs_curl() {
    let server = Server::start();
    for tools in Tools::ALL {
        let script = Script::new(tools, server.port);
        let ran = script.one_try("ask get \"https://127.0.0.1:${port}/ok\"");
        let ready = script.run("declared() { ask get \"https://127.0.0.1:${port}/ok\"; }\nready() { declare_question declared; questions_ready; }\nverdict ready");
        if tools.have_curl() {
            ran.failed("last: TLS failed: ");
            ready.passed();
        } else {
            ran.failed("https needs curl");
            ready.failed("https needs curl, which this host does not have: install it");
        }
    }
}

#[test]
fn a_curl_that_is_too_old_is_not_used() {
    let server = Server::start();
    let script = Script::new(Tools::Machine, server.port);
    let ready = "reset_probe\nask get https://127.0.0.1/\nverdict questions_ready";
    let old = "curl() { printf 'curl 7.29.0 (x86_64-redhat-linux-gnu)\\n'; }\n";
    script
        .run(&format!("{old}{ready}"))
        .failed("https needs curl 7.49 or newer, this host has 7.29.0");
    script
        .run(&format!("{old}declared() {{ ask get \"http://127.0.0.1:${{port}}/ok\"; }}\nverdict run_gate declared"))
        .passed();
}

#[test]
fn what_does_not_come_in_time_is_told_apart() {
    let server = Server::start();
    for tools in Tools::ALL {
        let script = Script::new(tools, server.port);
        for (path, words) in [
            (
                "/hang",
                "last: timed out: connected, but no answer within 1.5s",
            ),
            (
                "/slow-body",
                "last: timed out: status 200, but its body did not end within 1.5s",
            ),
        ] {
            let ran = script.gate(&format!(
                "tries every 100 within 20000 timeout 1500 after 0 passes 1 attempts 1\nask get \"http://127.0.0.1:${{port}}{path}\""
            ));
            ran.failed(words);
        }
    }
}

#[test]
fn other_questions() {
    let server = Server::start();
    for tools in Tools::ALL {
        let script = Script::new(tools, server.port);
        script.one_try("ask tcp \"127.0.0.1:${port}\"").passed();
        script.one_try("ask exec true\nask inside true").passed();
        script
            .one_try("ask exec bash -c 'echo \"$app $1\"; exit 3' x '*'")
            .failed("no success of bash -c echo");
        script
            .one_try("ask exec bash -c 'echo \"$app $1\"; exit 3' x '*'")
            .failed("exit 3, output shop *");
        script
            .one_try("ask inside bash -c 'echo no >&2; exit 1'")
            .failed("last: exit 1, output no");
        // The programs of the host are meant, not the functions of this script.
        script
            .one_try("ask exec expect body is x")
            .failed("last: exit 127");
        script.one_try("ask exec history").failed("last: exit 127");
        script.one_try("ask healthy").failed("no healthy answer from web of blue within 20s: 1 try, last: exit 1, output container is starting");
        std::fs::write(script.scratch.path().join("healthy"), "").expect("a file can be written");
        script.one_try("ask healthy").passed();
        let slow = script
            .gate("tries every 100 within 500 timeout 500 after 0 passes 1\nask exec sleep 30");
        slow.failed("last: timed out: not done within");
    }
}

/// A relation that the script does not know must not pass, and the reason must not be that of another relation.
#[test]
fn every_relation_of_the_language_can_pass_and_fail() {
    let words = Relation::ALL.map(Relation::word).map(|word| {
        let expect = |text: &str| format!("expect body {word} {text}");
        (expect("blue"), expect("another"))
    });
    let server = Server::start();
    let script = Script::new(Tools::ALL[0], server.port);
    for (passes, fails) in &words {
        let tries = [passes, fails, &fails.replace(" another", "-unknown blue")];
        let tries = tries
            .map(|expectation| format!("ask get \"http://127.0.0.1:${{port}}/ok\"\n{expectation}"));
        let results = script.tries(tries.iter().map(String::as_str));
        results[0].passed();
        results[1].failed("body is blue");
        results[2].failed("cannot compare body: it does not know the relation");
    }
}
