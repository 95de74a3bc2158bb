use super::{LoadError, Loader, check};
use crate::diagnostics::{Report, render};
use crate::model::{App, DriverKind};
use crate::source::Sources;
use crate::stdlib;
use camino::Utf8Path;
use proptest::prelude::*;
use std::fmt::Write as _;

struct Nothing;

impl Loader for Nothing {
    fn read(&self, _: &Utf8Path) -> Result<Vec<u8>, LoadError> {
        Err(LoadError::Missing)
    }
}

fn checked(text: &str) -> (Option<Vec<App>>, String) {
    let mut sources = Sources::new();
    let main = sources.add("deploy.bg", text);
    let mut report = Report::new();
    let apps = check(&mut sources, main, &Nothing, &mut report);
    assert_eq!(apps.is_none(), report.has_errors());
    (apps, render::short(&report, &sources))
}

const SHOP: &str = include_str!("../../tests/cases/check/services/deploy.bg");

#[test]
fn every_description_of_the_library_is_clean() {
    let mut text = String::new();
    for kind in DriverKind::ALL {
        for name in stdlib::drivers(kind) {
            let word = kind.word();
            writeln!(text, "driver {word} my-{name} {{ extends {name} }}")
                .expect("a string takes all");
        }
    }
    assert!(text.lines().count() >= 5);
    assert_eq!(checked(&text).1, "");
}

#[test]
fn every_preset_is_clean_and_has_probes_only() {
    for preset in stdlib::presets() {
        let text = stdlib::preset(preset).expect("a listed preset is there");
        let words = text
            .lines()
            .filter(|line| line.ends_with('{') && !line.starts_with(' '));
        for line in words {
            assert!(line.starts_with("probe "), "{preset}: {line}");
        }
        let (_, found) = checked(&format!("use \"std/{preset}\"\n{SHOP}"));
        assert_eq!(found, "");
    }
}

#[test]
fn twenty_thousand_lines_are_no_harder_than_their_number() {
    let mut text = String::new();
    for at in 0..1200 {
        let app = SHOP
            .lines()
            .take_while(|line| !line.contains("service web"))
            .filter(|line| !line.contains("port api") && !line.contains("env ="))
            .collect::<Vec<_>>()
            .join("\n")
            .replace("app shop", &format!("app shop{at}"))
            .replace("port web 8081", &format!("port {}", 1024 + 2 * at))
            .replace("port web 8082", &format!("port {}", 1025 + 2 * at));
        let _ = writeln!(text, "{app}");
        let _ = writeln!(text, "  switch nginx {{");
        let _ = writeln!(text, "    file = \"/etc/nginx/conf.d/{at}.conf\"");
        let _ = writeln!(text, "    upstream = \"shop{at}\"\n  }}");
        let _ = writeln!(text, "  verify none \"a test\"\n}}");
    }
    let start = std::time::Instant::now();
    let (apps, found) = checked(&text);
    assert_eq!(found, "");
    assert_eq!(apps.map(|apps| apps.len()), Some(1200));
    // Quadratic work would take minutes.
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

/// Words that the language knows, and some that it does not.
fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "app",
        "shop",
        "color",
        "blue",
        "port",
        "web",
        "8081",
        "0",
        "run",
        "process",
        "jar",
        "{",
        "}",
        "[",
        "]",
        "=",
        "\"",
        "\"{port}\"",
        "\"{x}\"",
        "let",
        "x",
        "input",
        "probe",
        "from",
        "ready",
        "get",
        "expect",
        "within",
        "10",
        "10s",
        "switch",
        "nginx",
        "verify",
        "none",
        "service",
        "no",
        "\n",
        ",",
        "target",
        "codedeploy",
        "driver",
        "setting",
        ":",
        "string",
        "one_of",
        "한글",
        "{color}",
        "use",
        "\"std/spring\"",
        "spring.health",
        "cleanup",
        "drain",
        "stop",
        "keep",
        "warm",
        "address",
        "root",
    ])
    .prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever stands in a file, there are apps or errors, and never a panic.
    #[test]
    fn no_file_is_too_odd(words in prop::collection::vec(word(), 0..60)) {
        checked(&words.join(" "));
    }

    /// A good file with one word put in or a stretch left out.
    #[test]
    fn no_slip_is_too_odd(word in word(), at in 0..SHOP.len(), cut in 0..40usize) {
        let end = (at + cut).min(SHOP.len());
        checked(&format!("{} {word} {}", &SHOP[..at], &SHOP[end..]));
    }
}
