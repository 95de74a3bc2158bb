//! Walks many plans and checks that the laws hold in every state: the plans of the examples, of the cases, and of all
//! combinations of the drivers in `stdlib/` with statements that change the order of steps.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use camino::Utf8Path;
use deployc::check::{self, LoadError, Loader};
use deployc::diagnostics::{Report, render};
use deployc::model::App;
use deployc::plan::walk::{Grain, walk};
use deployc::plan::{Command, plan};
use deployc::source::Sources;

struct Folder(PathBuf);

impl Loader for Folder {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, LoadError> {
        let path = self.0.join(path);
        if path.is_dir() {
            return Err(LoadError::Folder);
        }
        fs::read(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => LoadError::Missing,
            _ => LoadError::Other(error.to_string()),
        })
    }
}

/// Returns the apps of a text, and its findings as text. A text with errors has no apps.
fn apps(text: &str, folder: &Path) -> (Vec<App>, String) {
    let mut sources = Sources::new();
    let main = sources.add("deploy.bg", text);
    let mut report = Report::new();
    let apps = check::check(&mut sources, main, &Folder(folder.into()), &mut report);
    (apps.unwrap_or_default(), render::short(&report, &sources))
}

fn assert_laws_hold(name: &str, app: &App, grain: Grain) {
    let walked = walk(app, &plan(app), grain);
    if let Some(breach) = walked.breach {
        let lines = breach.lines().join("\n");
        panic!("{name}: {}: {}\n{lines}", breach.law, breach.why);
    }
    assert!(walked.states > 1000, "{name}: {} states", walked.states);
}

/// Walks every app of the files `deploy.bg` in the folders of `root`. Returns the number of apps.
fn walk_folders(root: &str) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
    let mut walked = 0;
    for entry in fs::read_dir(&root).expect("the folder is there") {
        let folder = entry.expect("the folder can be listed").path();
        let Ok(text) = fs::read_to_string(folder.join("deploy.bg")) else {
            continue;
        };
        for app in apps(&text, &folder).0 {
            assert_laws_hold(&folder.display().to_string(), &app, Grain::Color);
            walked += 1;
        }
    }
    walked
}

#[test]
fn examples() {
    assert!(walk_folders("examples") >= 3);
}

#[test]
fn cases() {
    assert!(walk_folders("tests/cases/build") >= 5);
    assert!(walk_folders("tests/cases/check") >= 10);
}

/// The shapes of `tests/conform`. Some of their drivers have `preflight`, `fetch`, `offers` or `dial`, others do not.
#[test]
fn shapes_of_conform() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conform/shapes");
    let mut steps = BTreeSet::new();
    for shape in fs::read_dir(&root).expect("the folder is there") {
        let shape = shape.expect("it can be listed").path();
        for file in fs::read_dir(&shape).expect("a shape is a folder") {
            let file = file.expect("it can be listed").path();
            let text = fs::read_to_string(&file).expect("it can be read");
            let (found, short) = apps(&text, &shape);
            assert_eq!(found.len(), 1, "{}: {short}", file.display());
            assert_laws_hold(&file.display().to_string(), &found[0], Grain::Service);
            let planned = plan(&found[0]).steps(Command::Deploy.programs());
            steps.extend(planned.iter().map(|step| step.action.word()));
        }
    }
    for step in ["preflight_run", "fetch", "read_offers", "move_exclusive"] {
        assert!(
            steps.contains(step),
            "no shape has the step {step}: {steps:?}"
        );
    }
}

/// Each `run` driver, with a statement that uses it.
const RUNS: [(&str, &str); 3] = [
    (
        "process",
        r#"run process { command = ["./shop", "{port}"] }"#,
    ),
    ("jar", "run jar"),
    (
        "command",
        r#"run command {
    start = ["pm2", "start", "shop-{color}"]
    stop = ["pm2", "delete", "shop-{color}"]
    alive = ["pm2", "pid", "shop-{color}"]
  }"#,
    ),
];

const SWITCHES: [(&str, &str); 2] = [
    (
        "upstream",
        "file = \"/etc/nginx/conf.d/shop.conf\"\n    upstream = \"shop\"",
    ),
    (
        "set",
        "file = \"/etc/nginx/conf.d/shop.inc\"\n    set = \"shop\"",
    ),
];

const CLEANUPS: [(&str, &str); 2] = [
    ("stopped", "cleanup { drain 10s }"),
    ("warm", "cleanup {\n    drain 10s\n    keep warm\n  }"),
];

const VERIFIES: [(&str, &str); 3] = [
    (
        "verify",
        "verify {\n    get \"http://127.0.0.1/\"\n    expect color\n  }",
    ),
    (
        "warn",
        "verify {\n    get \"http://127.0.0.1/\"\n    expect color\n    warn\n  }",
    ),
    ("none", "verify none \"nothing can ask it\""),
];

/// Returns the file of one combination.
fn file(root: &str, run: &str, switch: &str, cleanup: &str, verify: &str, rest: &str) -> String {
    format!(
        r#"app shop {{
  {root}
  color blue {{ port 8081 }}
  color green {{ port 8082 }}
  artifact "{{staging}}/*.jar"
  {run}
  probe ready {{
    get "http://127.0.0.1:{{port}}/health"
  }}
  switch nginx {{
    {switch}
  }}
  {verify}
  {cleanup}
  {rest}
}}
"#
    )
}

fn one(name: &str, text: &str, grain: Grain) {
    let (found, short) = apps(text, Path::new("."));
    assert_eq!(found.len(), 1, "{name}:\n{short}\n{text}");
    assert_laws_hold(name, &found[0], grain);
}

#[test]
fn every_combination_of_drivers() {
    for (run_name, run) in RUNS {
        for (switch_name, switch) in SWITCHES {
            for (cleanup_name, cleanup) in CLEANUPS {
                for (verify_name, verify) in VERIFIES {
                    let name = format!("{run_name} {switch_name} {cleanup_name} {verify_name}");
                    let text = file("", run, switch, cleanup, verify, "");
                    one(&name, &text, Grain::Service);
                }
            }
        }
    }
}

#[test]
fn sudo_steps_and_a_target() {
    let steps = r#"before start { exec ["true"] }
  before switch { exec ["true"] }
  after switch { exec ["true"] }
  after verify { exec ["true"] }
  after stop { exec ["true"] }
  on failure { exec ["true"] }
  lock { wait 30s }"#;
    let (_, run) = RUNS[0];
    let (_, switch) = SWITCHES[0];
    let (_, cleanup) = CLEANUPS[0];
    let (_, verify) = VERIFIES[0];
    one(
        "sudo and steps",
        &file("sudo", run, switch, cleanup, verify, steps),
        Grain::Service,
    );
    one(
        "codedeploy",
        &file("", run, switch, cleanup, verify, "target codedeploy"),
        Grain::Service,
    );
}

/// The parts of an app with several services.
struct Shape {
    name: &'static str,
    services: &'static [Service],
    cleanup: &'static str,
    steps: &'static str,
}

#[derive(Clone, Copy)]
enum Service {
    Routed(&'static str),
    Worker(&'static str),
}

const STEPS: &str = r#"before start { exec ["true"] }
  before switch { exec ["true"] }
  after switch { exec ["true"] }
  after verify { exec ["true"] }
  after stop { exec ["true"] }
  on success { exec ["true"] }
  on failure { exec ["true"] }
  on always { exec ["true"] }"#;

const WEB: Service = Service::Routed("web");
const API: Service = Service::Routed("api");
const WORKER: Service = Service::Worker("worker");
const MAILER: Service = Service::Worker("mailer");

const SHAPES: [Shape; 6] = [
    Shape {
        name: "several services and a worker",
        services: &[WEB, API, WORKER],
        cleanup: CLEANUPS[0].1,
        steps: "",
    },
    Shape {
        name: "worker first",
        services: &[WORKER, WEB],
        cleanup: CLEANUPS[0].1,
        steps: "",
    },
    Shape {
        name: "two workers",
        services: &[WEB, WORKER, MAILER],
        cleanup: CLEANUPS[0].1,
        steps: "",
    },
    Shape {
        name: "only workers",
        services: &[WORKER, MAILER],
        cleanup: CLEANUPS[0].1,
        steps: "",
    },
    Shape {
        name: "warm, with a worker",
        services: &[WEB, WORKER],
        cleanup: CLEANUPS[1].1,
        steps: "",
    },
    Shape {
        name: "every step",
        services: &[WEB, WORKER],
        cleanup: CLEANUPS[0].1,
        steps: STEPS,
    },
];

/// Returns the file of a shape.
fn shape(shape: &Shape) -> String {
    let ports = |color: usize| {
        let routed = shape.services.iter().enumerate();
        let ports = routed.filter_map(|(number, service)| match service {
            Service::Routed(name) => Some(format!("port {name} {}", 8081 + 2 * number + color)),
            Service::Worker(_) => None,
        });
        ports.collect::<Vec<_>>().join("\n    ")
    };
    let services = shape.services.iter().map(|service| match service {
        Service::Routed(name) => format!(
            r#"service {name} {{
    probe ready {{
      get "http://127.0.0.1:{{port}}/health"
    }}
  }}"#
        ),
        Service::Worker(name) => format!(
            r"service {name} {{
    no port
    handover exclusive
  }}"
        ),
    });
    let services = services.collect::<Vec<_>>().join("\n  ");
    format!(
        r#"app shop {{
  color blue {{
    {}
  }}
  color green {{
    {}
  }}
  artifact "{{staging}}/*.jar"
  run jar
  {services}
  switch nginx {{
    file = "/etc/nginx/conf.d/shop.conf"
    upstream = "shop"
  }}
  verify {{
    get "http://127.0.0.1/"
    expect color
  }}
  {}
  {}
}}
"#,
        ports(0),
        ports(1),
        shape.cleanup,
        shape.steps,
    )
}

#[test]
fn every_shape_service_by_service() {
    for one_shape in &SHAPES {
        // A shape without a routed service is skipped: its switch changes no route, and its steps have the same order
        // as those of the other shapes.
        if one_shape
            .services
            .iter()
            .any(|service| matches!(service, Service::Routed(_)))
        {
            one(one_shape.name, &shape(one_shape), Grain::Service);
        }
    }
}

/// Services were renamed, added and removed between two deployments. These are the largest walks.
#[test]
fn between_releases_with_other_services() {
    one(SHAPES[1].name, &shape(&SHAPES[1]), Grain::Release);
    one(SHAPES[4].name, &shape(&SHAPES[4]), Grain::Release);
}
