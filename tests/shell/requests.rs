//! Checks the requests of probes: they contain exactly what the declaration says, and nobody else sees a secret.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::odd::ODD;
use crate::script::Script;
use crate::server::{Server, free_port, header};
use crate::tools::{Tools, program};

#[test]
fn requests_are_what_was_declared() {
    for tools in Tools::ALL {
        let server = Server::start();
        let script = Script::new(tools, server.port);
        let body = "'\"\\ $(touch x) `id` ;&|*\n--data @/etc/passwd\n\t한글 \\n'";
        fs::write(script.scratch.path().join("body"), body).expect("a file can be written");
        let lines = "IFS= read -r -d '' text <\"$SCRATCH/body\" || :\n\
             ask post \"http://127.0.0.1:${port}/echo?a=1&b[]={x}\\$(id)\\`'%20#part\"\n\
             ask_header Content-Type 'application/json'\nask_header X-Odd '@/etc/passwd \"quoted\" \\ $(touch x)'\nask_header X-Empty ''\n\
             ask_body \"$text\"";
        script.one_try(lines).passed();
        let seen = server.seen();
        let head = &seen[0].head;
        assert!(
            head.starts_with("POST /echo?a=1&b[]={x}$(id)`'%20 HTTP/1."),
            "{head}"
        );
        assert_eq!(
            header(head, "content-type"),
            Some("application/json"),
            "{head}"
        );
        assert_eq!(
            header(head, "x-odd"),
            Some("@/etc/passwd \"quoted\" \\ $(touch x)"),
            "{head}"
        );
        assert_eq!(header(head, "x-empty"), Some(""), "{head}");
        assert_eq!(header(head, "user-agent"), Some("deployc/0.0.0"), "{head}");
        assert_eq!(
            header(head, "host"),
            Some(format!("127.0.0.1:{}", server.port).as_str()),
            "{head}"
        );
        assert_eq!(seen[0].body, body);
        assert!(!script.scratch.path().join("x").exists(), "a value was run");
    }
}

/// A body is sent as it is. A header has no line ends, and no blanks around its value, because HTTP ignores them. A URL
/// has no blanks, no control characters and no `#`.
#[test]
fn odd_texts_are_sent_unchanged() {
    let line = |text: &str| text.replace(['\n', '\r'], "").trim().to_owned();
    let url = |text: &str| {
        text.replace(
            |c: char| c.is_whitespace() || c.is_control() || c == '#',
            "",
        )
    };
    for tools in [Tools::Machine, Tools::BusyBoxWithoutCurl] {
        let server = Server::start();
        let script = Script::new(tools, server.port);
        let texts: String = ODD
            .iter()
            .flat_map(|text| [url(text), line(text), (*text).to_owned()])
            .flat_map(|text| [text, "\0".to_owned()])
            .collect();
        fs::write(script.scratch.path().join("texts"), texts).expect("a file can be written");
        script
            .one_try(
                "while IFS= read -r -d '' url && IFS= read -r -d '' line && IFS= read -r -d '' text; do\n\
                 ask post \"http://127.0.0.1:${port}/echo?$url\"\nask_header X-Odd \"$line\"\nask_body \"$text\"\n\
                 done <\"$SCRATCH/texts\"",
            )
            .passed();
        let seen = server.seen();
        assert_eq!(seen.len(), ODD.len());
        for (seen, text) in seen.iter().zip(ODD) {
            let asked = format!("POST /echo?{} HTTP/1.", url(text));
            assert!(
                seen.head.starts_with(&asked),
                "{tools:?} {text:?}: {}",
                seen.head
            );
            assert_eq!(
                header(&seen.head, "x-odd"),
                Some(line(text).as_str()),
                "{tools:?}"
            );
            assert_eq!(seen.body, *text, "{tools:?}");
        }
        assert!(
            !script.scratch.path().join("pwned").exists(),
            "a value was run"
        );
    }
}

#[test]
fn nothing_is_sent_that_was_not_asked_for() {
    for tools in Tools::ALL {
        let server = Server::start();
        let script = Script::new(tools, server.port);
        script.one_try("ask post \"http://127.0.0.1:${port}/ok\"\nask head \"http://127.0.0.1:${port}/ok\"\nexpect body equals ''").passed();
        let seen = server.seen();
        assert_eq!(
            header(&seen[0].head, "content-length"),
            Some("0"),
            "{}",
            seen[0].head
        );
        assert_eq!(
            header(&seen[0].head, "content-type"),
            None,
            "{}",
            seen[0].head
        );
        assert!(
            seen[1].head.starts_with("HEAD /ok HTTP/1."),
            "{}",
            seen[1].head
        );
    }
}

#[test]
fn a_header_of_the_users_replaces_ours() {
    for tools in Tools::ALL {
        let server = Server::start();
        let script = Script::new(tools, server.port);
        script.one_try("ask get \"http://127.0.0.1:${port}/ok\"\nask_header host shop.example\nask_header User-Agent me").passed();
        let head = &server.seen()[0].head;
        assert_eq!(head.to_lowercase().matches("host:").count(), 1, "{head}");
        assert_eq!(header(head, "host"), Some("shop.example"), "{head}");
        assert_eq!(header(head, "user-agent"), Some("me"), "{head}");
    }
}

#[test]
fn a_header_cannot_smuggle_another() {
    for tools in Tools::ALL {
        let server = Server::start();
        let script = Script::new(tools, server.port);
        for header in [
            "X-One $'a\\r\\nX-Two: b'",
            "$'X-One: a\\nX-Two' b",
            "'X One' b",
            "'' b",
        ] {
            script
                .one_try(&format!(
                    "ask get \"http://127.0.0.1:${{port}}/ok\"\nask_header {header}"
                ))
                .failed("cannot be sent: its value contains a line break, or its name a character that is not allowed");
        }
        assert!(server.seen().is_empty(), "{:?}", server.seen());
    }
}

#[test]
fn via_connects_elsewhere_and_keeps_the_name() {
    for tools in Tools::ALL {
        let server = Server::start();
        let script = Script::new(tools, server.port);
        script
            .one_try("ask get http://shop.invalid:8080/ok\nask_via \"127.0.0.1:${port}\"")
            .passed();
        let head = &server.seen()[0].head;
        assert_eq!(header(head, "host"), Some("shop.invalid:8080"), "{head}");
        script
            .one_try("ask get http://shop.invalid/ok\nask_via 'a b'")
            .failed("via a b is not host:port");
    }
}

/// A server that speaks TLS, and the certificate that it shows.
struct Https {
    openssl: Child,
    certificate: PathBuf,
    port: u16,
}

impl Https {
    fn start(folder: &Path, name: &str) -> Self {
        let (key, certificate) = (folder.join("key.pem"), folder.join("certificate.pem"));
        let made = Command::new(program("openssl"))
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
            ])
            .args([
                "-subj",
                &format!("/CN={name}"),
                "-addext",
                &format!("subjectAltName=DNS:{name}"),
            ])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output()
            .expect("openssl runs");
        assert!(made.status.success(), "{made:?}");
        let port = free_port();
        let openssl = Command::new(program("openssl"))
            .args([
                "s_server",
                "-www",
                "-quiet",
                "-accept",
                &format!("127.0.0.1:{port}"),
                "-key",
            ])
            .arg(&key)
            .arg("-cert")
            .arg(&certificate)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl runs");
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "openssl does not listen"
            );
            thread::sleep(Duration::from_millis(10));
        }
        Self {
            openssl,
            certificate,
            port,
        }
    }
}

impl Drop for Https {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.openssl.kill();
        let _ = self.openssl.wait();
    }
}

#[test]
fn https_by_the_name_of_its_certificate() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let https = Https::start(folder.path(), "shop.invalid");
    let mut script = Script::new(Tools::Machine, https.port);
    script
        .one_try("ask get https://shop.invalid/\nask_via \"127.0.0.1:${port}\"")
        .failed("last: TLS failed: SSL certificate problem: self");
    // A file of certificates belongs to one question. Its name may be any text.
    let odd = folder.path().join("a \"b\" \\ $(touch x)");
    fs::copy(&https.certificate, &odd).expect("a file can be copied");
    let asked = "ask get https://shop.invalid/\nask_via \"127.0.0.1:${port}\"";
    script.environment = vec![("CA", odd.display().to_string())];
    script.one_try(&format!("{asked}\nask_ca \"$CA\"")).passed();
    script
        .one_try(&format!("{asked}\nask_ca \"$CA\"\n{asked}"))
        .failed("last: TLS failed: SSL certificate problem: self");
    script
        .one_try(&format!("{asked}\nask_ca /no/such/file"))
        .failed("last: TLS failed: error setting certificate");
    let ready = script.run(&format!(
        "declared() {{\n{asked}\nask_ca /no/such/file\n}}\n\
         ready() {{\ndeclare_question declared && questions_ready\n}}\nverdict ready"
    ));
    assert_eq!(
        ready.value("reason"),
        "cannot read the certificates in /no/such/file, which `ca` names: put a file that this user can read there, or \
         correct the path"
    );
    script.environment = vec![("CURL_CA_BUNDLE", https.certificate.display().to_string())];
    script
        .one_try("ask get https://shop.invalid/\nask_via \"127.0.0.1:${port}\"")
        .passed();
    script
        .one_try("ask get https://other.invalid/\nask_via \"127.0.0.1:${port}\"")
        .failed("last: TLS failed: SSL: no alternative certificate subject name");
}

#[test]
fn ipv6_addresses() {
    let Ok(server) = Server::on("[::1]:0") else {
        eprintln!("skipped: no IPv6 on this machine");
        return;
    };
    for tools in Tools::ALL {
        let script = Script::new(tools, server.port);
        script
            .one_try("ask get \"http://[::1]:${port}/ok\"\nask tcp \"[::1]:${port}\"")
            .passed();
        script
            .one_try("ask get http://shop.invalid/ok\nask_via \"[::1]:${port}\"")
            .passed();
        let host = format!("[::1]:{}", server.port);
        assert_eq!(header(&server.seen()[0].head, "host"), Some(host.as_str()));
    }
}

#[test]
fn neither_a_curlrc_nor_a_proxy_gets_in_the_way() {
    let server = Server::start();
    for tools in Tools::ALL {
        let mut script = Script::new(tools, server.port);
        let home = script.scratch.path().to_owned();
        fs::write(
            home.join(".curlrc"),
            "user-agent = \"from-curlrc\"\nproxy = \"127.0.0.1:1\"\n",
        )
        .expect("a file can be written");
        script.environment = vec![
            ("HOME", home.display().to_string()),
            ("http_proxy", "http://127.0.0.1:1".to_owned()),
            ("ALL_PROXY", "http://127.0.0.1:1".to_owned()),
        ];
        script
            .one_try("ask get \"http://127.0.0.1:${port}/ok\"")
            .passed();
    }
    for seen in server.seen() {
        assert_eq!(
            header(&seen.head, "user-agent"),
            Some("deployc/0.0.0"),
            "{}",
            seen.head
        );
    }
}

#[test]
fn secrets_are_on_no_command_line_and_in_no_report() {
    let server = Server::start();
    let mut script = Script::new(Tools::Machine, server.port);
    // This `curl` writes down its command line.
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let curl = folder.path().join("curl");
    let calls = folder.path().join("calls");
    fs::write(
        &curl,
        format!(
            "#!/bin/bash\nprintf '%s\\n' \"$*\" >>'{}'\nexec '{}' \"$@\"\n",
            calls.display(),
            program("curl").display()
        ),
    )
    .expect("a file can be written");
    fs::set_permissions(&curl, fs::Permissions::from_mode(0o755)).expect("a mode can be set");
    let path = format!(
        "{}:{}",
        folder.path().display(),
        script.tools.path().display()
    );
    script.environment = vec![("PATH", path)];
    let declaration = "secret_values=(hunter2 hunter2-swordfish)\nask post \"http://127.0.0.1:${port}/secret?token=hunter2-swordfish\"\nask_header Authorization 'Bearer hunter2-swordfish'\nask_body hunter2-swordfish";
    let ran = script.one_try(declaration);
    let calls = fs::read_to_string(calls).expect("curl was called");
    assert!(
        calls.contains("--config -") && !calls.contains("hunter2"),
        "{calls}"
    );
    let head = &server.seen()[0].head;
    assert_eq!(
        header(head, "authorization"),
        Some("Bearer hunter2-swordfish"),
        "{head}"
    );
    // A report shows 200 bytes of the body. They end in the middle of the secret.
    let last = ran
        .value("reason")
        .split_once("last: ")
        .expect("the reason has a last answer")
        .1
        .to_owned();
    assert!(
        last.contains("status 500, body xxx") && !last.contains("hun") && !last.contains("sword"),
        "{last}"
    );
    for file in fs::read_dir(script.scratch.path())
        .expect("the folder can be listed")
        .flatten()
    {
        let mode = file
            .metadata()
            .expect("a file has a mode")
            .permissions()
            .mode()
            & 0o777;
        let name = file.file_name().into_string().expect("the name is UTF-8");
        let text = fs::read(file.path()).unwrap_or_default();
        let secret = text.windows(7).any(|window| window == b"hunter2");
        assert!(
            !secret || mode == 0o600 || name == "http.body",
            "{name} has mode {mode:o}"
        );
    }
}
