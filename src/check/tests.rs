use super::{LoadError, Loader, check};
use crate::diagnostics::{Report, render};
use crate::model::{
    App, DriverKind, Duration, Expectation, Handover, Piece, Port, SettingValue, Subject, Template,
    Variable, Verification,
};
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

fn app(text: &str) -> App {
    let (apps, found) = checked(text);
    let mut apps = apps.unwrap_or_else(|| panic!("{found}"));
    assert_eq!(apps.len(), 1);
    apps.remove(0)
}

/// Returns a template as text: inputs as `$NAME`, other variables in angle brackets.
fn said(template: &Template) -> String {
    template
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Variable(Variable::Input(name)) => format!("${name}"),
            Piece::Variable(variable) => format!("<{variable:?}>"),
        })
        .collect()
}

fn text(value: Option<&SettingValue>) -> String {
    match value {
        Some(SettingValue::Text(template)) => said(template),
        other => format!("{other:?}"),
    }
}

const MODEL: &str = r#"
use "std/spring"

let base = "/api"
let health = "{base}/health"
let boot = 40s
let tools = ["a", "{color}"]

probe common {
  get "http://127.0.0.1:{port}/"
  header "X-A" "1"
  expect status 204
  expect body contains "UP"
  within 30s
}

app shop {
  root "/srv/{app}/"
  input SHA: string
  let tag = "v-{SHA}"

  color blue {
    port 8081
    let flag = "{color}:{port}"
  }
  color green {
    port 8082
    let flag = "g"
  }

  artifact "{staging}/*.jar"

  run process {
    command = tools
    directory = "work"
    env = { TAG = tag, FLAG = flag }
  }

  probe ready from common {
    get "http://127.0.0.1:{port}{health}"
    header "x-a" "2"
    expect status 200
    expect body contains "{color}"
    within boot
  }

  probe quick {
    tcp "127.0.0.1:{port}"
    attempts 3
    after 1s
    every 5s
  }

  switch nginx {
    file = "/etc/nginx/shop.conf"
    set = "shop"
  }

  verify {
    get "http://127.0.0.1/"
    expect json "sha" equals "{SHA}"
    within 1s
  }

  target codedeploy {
    destination = "/srv/in"
    revision = github
  }
}
"#;

#[test]
fn paths_and_lets_are_resolved() {
    let app = app(&MODEL.replace("input SHA: string", "input SHA: string = \"0\""));
    assert_eq!(app.root.as_str(), "/srv/shop");
    assert_eq!(app.staging.as_str(), "/srv/in");
    let artifact = app.artifact.as_ref().expect("there is one");
    assert_eq!(said(&artifact.pattern), "/srv/in/*.jar");
    assert_eq!(
        app.colors[0].lets,
        [("flag".to_owned(), "blue:8081".to_owned())]
    );
    let run = &app.services[0].run;
    assert_eq!(text(run.setting("directory")), "/srv/shop/work");
    let Some(SettingValue::Map(env)) = run.setting("env") else {
        panic!("a map");
    };
    assert_eq!(text(Some(&env[0].1)), "v-$SHA");
    assert_eq!(text(Some(&env[1].1)), "<ColorLet(\"flag\")>");
    assert_eq!(text(app.switch.setting("file")), "/etc/nginx/shop.conf");
    assert_eq!(app.switch.setting("upstream"), Some(&SettingValue::None));
    assert_eq!(
        app.switch.setting("reload"),
        Some(&SettingValue::List(Vec::new()))
    );
}

#[test]
fn headers_and_expects_are_added_and_other_statements_replace() {
    let app = app(&MODEL.replace("input SHA: string", "input SHA: string = \"0\""));
    let [ready, quick] = app.services[0].gates.as_slice() else {
        panic!("two gates");
    };
    let question = &ready.questions[0];
    let Subject::Http { url, headers, .. } = &question.subject else {
        panic!("a request");
    };
    assert_eq!(said(url), "http://127.0.0.1:<Port>/api/health");
    // Header names ignore case, so the probe's header replaces the common one.
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (said(name), said(value)))
        .collect();
    assert_eq!(headers, [("x-a".to_owned(), "2".to_owned())]);
    let statuses: Vec<_> = question
        .expectations
        .iter()
        .filter_map(|expectation| match expectation {
            Expectation::Status(set) => Some(set.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(statuses, ["200"]);
    assert_eq!(question.expectations.len(), 3);
    assert_eq!(ready.budget.within, Duration::from_secs(40));
    // A wait of 1 s, then three attempts. They start 5 s apart.
    assert_eq!(quick.budget.within, Duration::from_secs(16));
    let Verification::Checks(checks) = &app.verify else {
        panic!("a verify");
    };
    // The default of 2 s would be longer than the whole check.
    assert_eq!(checks[0].budget.timeout, Duration::from_secs(1));
}

#[test]
fn services_inherit_from_the_app_and_can_override() {
    let app = app(SHOP);
    let names: Vec<_> = app
        .services
        .iter()
        .map(|service| service.name.as_str())
        .collect();
    assert_eq!(names, ["web", "api", "jobs"]);
    let [web, api, jobs] = app.services.as_slice() else {
        panic!("three services");
    };
    assert_eq!(web.stop_within, Duration::from_secs(10));
    assert_eq!(api.stop_within, Duration::from_secs(20));
    assert_eq!(app.colors[1].port(&api.name).map(Port::get), Some(9082));
    // The block of the service changes the command and keeps the environment of the app.
    assert_ne!(web.run.setting("command"), api.run.setting("command"));
    assert_eq!(web.run.setting("env"), api.run.setting("env"));
    assert!(jobs.address.is_none());
    assert_eq!(jobs.handover, Handover::Exclusive);
    assert!(jobs.gates.is_empty());
    let gates: Vec<_> = api.gates.iter().map(|gate| gate.name.as_str()).collect();
    assert_eq!(gates, ["ready"]);
}

const SHOP: &str = include_str!("../../tests/cases/check/services/deploy.bg");

#[test]
fn every_description_of_the_library_is_clean() {
    let mut text = String::new();
    for kind in DriverKind::ALL {
        for name in stdlib::drivers(kind) {
            let word = kind.word();
            writeln!(text, "driver {word} my-{name} {{ extends {name} }}")
                .expect("a write to a String does not fail");
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
fn the_check_takes_linear_time() {
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
    // An algorithm with quadratic time would take minutes.
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

/// Words of the language, and some other words.
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

    /// For any input, the check returns apps or errors and does not panic.
    #[test]
    fn random_words_never_panic(words in prop::collection::vec(word(), 0..60)) {
        checked(&words.join(" "));
    }

    /// For a good file with some characters (perhaps none) replaced by a word, the check does not panic.
    #[test]
    fn a_good_file_with_one_change_never_panics(word in word(), at in 0..SHOP.len(), cut in 0..40usize) {
        let end = (at + cut).min(SHOP.len());
        checked(&format!("{} {word} {}", &SHOP[..at], &SHOP[end..]));
    }
}
