//! Checks that a real nginx reads the names in the fragment unchanged. The compiler refuses a name that nginx could not
//! read.

use std::fs;
use std::process::Command;

use deployc::diagnostics::{Code, Severity};

use crate::source::{app, build, file, string};
use crate::texts::ODD;

/// Returns the output of `nginx -t` for a configuration.
fn tested(fragment: &str, server: &str, times: usize) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("fragment"), fragment).expect("a file can be written");
    let include = format!("include {};\n", path("fragment")).repeat(times);
    let (http, server) = match server {
        "" => (include, String::new()),
        server => (String::new(), format!("server {{\n{include}{server}\n}}\n")),
    };
    let configuration = format!(
        "pid {};\nevents {{}}\nhttp {{\n{http}{server}}}\n",
        path("pid")
    );
    fs::write(path("nginx.conf"), configuration).expect("a file can be written");
    let output = Command::new("nginx")
        .args([
            "-t",
            "-e",
            &path("log"),
            "-p",
            &path(""),
            "-c",
            &path("nginx.conf"),
        ])
        .env("PATH", "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin")
        .output()
        .expect("nginx is installed: see tests/setup");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Returns the fragment for a setting with this text, or `None` if the compiler refuses the text.
fn fragment(setting: &str, text: &str) -> Option<String> {
    let source = app(&format!(
        "  switch nginx {{\n    file = \"/etc/nginx/conf.d/odd.conf\"\n    {setting} = {}\n  }}\n",
        string(text)
    ));
    match build(&source) {
        Ok(bundle) => Some(file(&bundle, "deploy/nginx/blue.conf").to_owned()),
        Err(report) => {
            let errors = report.sorted().into_iter();
            let errors: Vec<_> = errors
                .filter(|finding| finding.code.severity() == Severity::Error)
                .collect();
            assert_eq!(errors.len(), 1, "{errors:#?}\n{source}");
            assert_eq!(errors[0].code, Code::TEMPLATE_FAILS, "{errors:#?}");
            None
        }
    }
}

#[test]
fn names_of_upstreams_arrive_unchanged_or_are_refused() {
    let mut arrived = 0;
    for text in ODD {
        let Some(fragment) = fragment("upstream", text) else {
            assert!(text.contains('$') || text.is_empty(), "{text:?}");
            continue;
        };
        let once = tested(&fragment, "", 1);
        assert!(
            once.contains("syntax is ok"),
            "{text:?}: {once}\n{fragment}"
        );
        // nginx refuses a second upstream with this name, and its message shows the name as nginx has read it.
        let twice = tested(&fragment, "", 2);
        assert!(
            twice.contains(&format!("duplicate upstream \"{text}\"")),
            "{text:?}: {twice}\n{fragment}"
        );
        arrived += 1;
    }
    assert!(arrived > 20, "{arrived}");
}

#[test]
fn a_variable_can_be_read_by_its_name() {
    for name in ["service_url", "x", "URL_2"] {
        let fragment = fragment("set", name).expect("the name is allowed");
        let location = format!("location / {{ proxy_pass ${name}; }}");
        let said = tested(&fragment, &location, 1);
        assert!(said.contains("syntax is ok"), "{name}: {said}\n{fragment}");
    }
    assert_eq!(fragment("set", "$x"), None);
}
