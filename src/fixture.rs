//! Models for the tests of the code that reads models, written by hand. The app has two Spring Boot jars behind nginx,
//! and CodeDeploy calls its script.

use crate::model::defaults;
use crate::model::{
    App, Artifact, Budget, Cleanup, Color, Driver, DriverFile, DriverKind, DriverUse, Duration,
    Expectation, Gate, Handover, HostPath, Input, InputType, Method, Name, OnFailure, Part, Piece,
    Port, Previous, Privilege, Question, Quoting, Relation, Runs, Service, SettingValue, StatusSet,
    Step, StepFailure, StepRun, Steps, Subject, Template, Variable, VariableName, Verification,
    Verify, VerifyName,
};
use crate::source::{FileId, Sources, Span};
use crate::stdlib;
use std::sync::Arc;

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

fn variable_name(text: &str) -> VariableName {
    VariableName::new(text).expect("a variable's name")
}

fn host_path(text: &str) -> HostPath {
    HostPath::new(text).expect("an absolute path")
}

/// Returns the place of the first byte of a line of the fixture's source.
pub(crate) fn line(line: u32) -> Span {
    let start = (line - 1) * 2;
    Span {
        file: FileId(0),
        start,
        end: start + 1,
    }
}

/// Returns a source of 100 lines with one character each.
pub(crate) fn sources() -> Sources {
    let mut sources = Sources::new();
    sources.add("examples/hello/deploy.bg", "x\n".repeat(100));
    sources
}

/// Returns a template. Each `{…}` in the text is a variable.
pub(crate) fn text(text: &str) -> Template {
    let mut template = Template::default();
    for (at, part) in text.split(['{', '}']).enumerate() {
        if at % 2 == 0 {
            template.push_literal(part);
        } else {
            template.push_variable(match part {
                "color" => Variable::Color,
                "port" => Variable::Port,
                "slot" => Variable::Slot,
                input => Variable::Input(variable_name(input)),
            });
        }
    }
    debug_assert!(
        template
            .pieces
            .iter()
            .all(|piece| *piece != Piece::Literal(String::new()))
    );
    template
}

pub(crate) fn driver(kind: DriverKind, driver: &str, base: Option<Arc<Driver>>) -> Driver {
    Driver {
        base,
        ..Driver::new(kind, name(driver), line(1))
    }
}

pub(crate) fn file(path: &str) -> DriverFile {
    DriverFile {
        path: path.into(),
        text: stdlib::text(path).unwrap_or_default().to_owned(),
        span: line(1),
    }
}

fn value(text: &str) -> SettingValue {
    SettingValue::Text(self::text(text))
}

fn values(texts: &[&str]) -> SettingValue {
    SettingValue::List(texts.iter().map(|text| value(text)).collect())
}

fn run() -> DriverUse {
    let mut process = driver(DriverKind::Run, "process", None);
    process.functions = ["", "_session", "_unit"]
        .map(|part| file(&format!("run/process{part}.sh")))
        .into();
    process.tools = vec!["setsid".to_owned()];
    let process = Arc::new(process);
    let mut jar = driver(DriverKind::Run, "jar", Some(Arc::clone(&process)));
    jar.functions = vec![file("run/jar.sh")];
    jar.tools = vec!["java".to_owned()];
    jar.cannot = vec!["healthy".to_owned()];
    jar.deadlines
        .insert("start".to_owned(), Duration::from_secs(20));
    let of = |driver: &str, setting: &str, value| (name(driver), setting.to_owned(), value);
    DriverUse {
        driver: Arc::new(jar),
        settings: vec![
            of("process", "user", value("ec2-user")),
            of(
                "process",
                "env",
                SettingValue::Map(vec![("LANG".to_owned(), value("ko_KR.UTF-8"))]),
            ),
            of("process", "open_files", SettingValue::None),
            of("process", "log_limit", SettingValue::Size(64 << 20)),
            of("jar", "java", value("java")),
            of(
                "jar",
                "args",
                values(&["--spring.profiles.active={color},{APP_ENV}", "it's"]),
            ),
        ],
        parts: Vec::new(),
        absent_parts: Vec::new(),
        span: line(14),
    }
}

fn switch() -> DriverUse {
    let mut nginx = driver(DriverKind::Switch, "nginx", None);
    nginx.functions = vec![file("switch/nginx.sh")];
    nginx.fragment = Some((file("switch/nginx.conf.j2"), Quoting::Nginx));
    let of = |setting: &str, value| (name("nginx"), setting.to_owned(), value);
    DriverUse {
        driver: Arc::new(nginx),
        settings: vec![
            of("file", value("/etc/nginx/conf.d/service-url.inc")),
            of("upstream", SettingValue::None),
            of("set", value("service_url")),
            of("keepalive", SettingValue::None),
            of("keepalive_timeout", SettingValue::None),
            of("keepalive_requests", SettingValue::None),
            of("max_conns", SettingValue::None),
            of("max_fails", SettingValue::None),
            of("read_timeout", SettingValue::None),
            of("config", value("/etc/nginx/nginx.conf")),
            of("pid", SettingValue::None),
            of("binary", value("nginx")),
            of("test", SettingValue::None),
            of("reload", SettingValue::List(Vec::new())),
        ],
        parts: Vec::new(),
        absent_parts: Vec::new(),
        span: line(26),
    }
}

/// Returns the target as `stdlib/target/codedeploy.bg` describes it.
fn codedeploy() -> DriverUse {
    let mut target = driver(DriverKind::Target, "codedeploy", None);
    target.files = vec![
        (
            "appspec.yml".to_owned(),
            file("target/codedeploy/appspec.yml.j2"),
        ),
        (
            "deploy/hooks/EVENT.sh".to_owned(),
            file("target/codedeploy/hook.sh.j2"),
        ),
    ];
    target.environment = vec!["LIFECYCLE_EVENT".to_owned(), "DEPLOYMENT_ID".to_owned()];
    target.limit = Some(Duration::from_secs(3600));
    let of = |setting: &str, value| (name("codedeploy"), setting.to_owned(), value);
    let events = [
        ("BeforeInstall", values(&["doctor"])),
        ("ApplicationStart", values(&["prepare"])),
        ("ValidateService", values(&["switch", "cleanup"])),
    ];
    let events = events.map(|(event, commands)| (event.to_owned(), commands));
    DriverUse {
        driver: Arc::new(target),
        settings: vec![
            of("source", value("/")),
            of("destination", value("/home/ec2-user/app/staging")),
            of("files", SettingValue::Map(Vec::new())),
            of("file_exists_behavior", value("OVERWRITE")),
            of("modes", SettingValue::Map(Vec::new())),
            of("owners", SettingValue::Map(Vec::new())),
            of("scripts", SettingValue::Map(Vec::new())),
            of("script_timeout", SettingValue::Int(300)),
            of("runas", SettingValue::None),
            of("events", SettingValue::Map(events.into())),
        ],
        parts: Vec::new(),
        absent_parts: Vec::new(),
        span: line(42),
    }
}

pub(crate) fn get(url: &str, body: &str) -> Question {
    Question {
        subject: Subject::Http {
            method: Method::Get,
            url: text(url),
            headers: Vec::new(),
            body: None,
            via: None,
            ca: None,
        },
        expectations: vec![
            Expectation::Status(StatusSet::success()),
            Expectation::Content {
                part: Part::Body,
                relation: Relation::Equals,
                value: text(body),
            },
        ],
        span: line(22),
    }
}

fn color(color: &str, port: u64, at: u32) -> Color {
    Color {
        name: name(color),
        ports: vec![(name("app"), Port::new(port).expect("a port"))],
        lets: Vec::new(),
        span: line(at),
    }
}

/// Returns an app like the one in `tests/cases/build/hello-spring`.
pub(crate) fn hello() -> App {
    App {
        name: name("hello-spring"),
        span: line(4),
        root: host_path("/home/ec2-user/app"),
        staging: host_path("/home/ec2-user/app/staging"),
        privilege: Privilege::Own,
        inputs: vec![Input {
            name: variable_name("APP_ENV"),
            ty: InputType::OneOf(vec!["dev".to_owned(), "prod".to_owned()]),
            default: Some("prod".to_owned()),
            file: None,
            span: line(7),
        }],
        colors: [color("real1", 8081, 9), color("real2", 8082, 10)],
        artifact: Some(Artifact {
            pattern: text("/home/ec2-user/app/staging/*.jar"),
            span: line(12),
        }),
        services: vec![Service {
            name: name(defaults::SERVICE),
            run: run(),
            address: Some(text("127.0.0.1:{port}")),
            gates: vec![Gate {
                name: name("ready"),
                questions: vec![get("http://127.0.0.1:{port}/profile", "{color}")],
                budget: defaults::BUDGET,
                span: line(21),
            }],
            stop_within: defaults::STOP_WITHIN,
            handover: Handover::Overlap,
            span: line(14),
        }],
        shared: Vec::new(),
        switch: switch(),
        verify: Verification::Checks(vec![Verify {
            name: VerifyName {
                service: None,
                name: name("verify"),
            },
            questions: vec![get("http://127.0.0.1/profile", "{color}")],
            budget: Budget {
                within: Duration::from_secs(10),
                ..defaults::BUDGET
            },
            on_failure: OnFailure::SwitchBack,
            span: line(31),
        }]),
        cleanup: Cleanup {
            drain: defaults::DRAIN,
            previous: Previous::Stopped,
            span: Some(line(37)),
        },
        steps: Steps::default(),
        outcomes: Vec::new(),
        lock_wait: defaults::LOCK_WAIT,
        targets: vec![codedeploy()],
    }
}

/// Returns `hello()` with a `shared` driver.
pub(crate) fn with_shared() -> App {
    let mut app = hello();
    app.shared.push(DriverUse {
        driver: Arc::new(driver(DriverKind::Shared, "redis", None)),
        settings: Vec::new(),
        parts: Vec::new(),
        absent_parts: Vec::new(),
        span: line(13),
    });
    app
}

/// Returns an app whose plan has every action.
pub(crate) fn everything() -> App {
    let mut app = with_shared();
    let run = &mut app.services[0].run;
    let mut driver = (*run.driver).clone();
    let mut file = driver.functions[0].clone();
    file.text = "jar_preflight() {\n}\njar_fetch() {\n}\njar_offers() {\n}\n".to_owned();
    driver.functions.push(file);
    run.driver = Arc::new(driver);
    app.steps.before_start.push(Step {
        run: StepRun::Shell("true".to_owned()),
        folder: None,
        within: Duration::from_secs(60),
        runs: Runs::Always,
        on_failure: StepFailure::OfPlace,
        span: line(1),
    });
    app
}
