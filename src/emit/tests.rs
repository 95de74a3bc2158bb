//! Properties that every bundle must have because of its callers. `tests/cases/build` tests the wording.

use super::{Bundle, Form, Mode, OutputFile, Owner, Places, emit};
use crate::check::{LoadError, Loader};
use crate::diagnostics::{Code, Report};
use crate::fixture;
use crate::model::{App, SettingValue, Template};
use crate::plan::{Otherwise, Way, callers, plan};
use crate::source::{FileId, Sources};
use camino::Utf8Path;
use std::collections::BTreeSet;

fn try_bundle(apps: Vec<App>) -> Result<Bundle, Report> {
    let sources = fixture::sources();
    let places = Places {
        sources: &sources,
        main: FileId(0),
        folder: Utf8Path::new("deploy"),
    };
    let planned: Vec<_> = apps
        .into_iter()
        .map(|app| {
            let plan = plan(&app);
            (app, plan)
        })
        .collect();
    emit(&planned, &places, Form::Files)
}

fn bundle(app: App) -> Bundle {
    try_bundle(vec![app]).expect("a bundle")
}

fn file<'a>(bundle: &'a Bundle, path: &str) -> &'a OutputFile {
    let file = bundle.files.iter().find(|file| file.path == path);
    file.unwrap_or_else(|| panic!("no {path}"))
}

fn set(app: &mut App, setting: &str, value: SettingValue) {
    let settings = &mut app.targets[0].settings;
    let found = settings.iter_mut().find(|(_, name, _)| name == setting);
    found.expect("the setting is there").2 = value;
}

fn text(text: &str) -> SettingValue {
    SettingValue::Text(Template::literal(text))
}

#[test]
fn hooks_and_appspec_agree() {
    let bundle = bundle(fixture::hello());
    let appspec = &file(&bundle, "appspec.yml").text;
    assert!(appspec.contains("\nversion: 0.0\nos: linux\n"));
    assert!(appspec.contains("\nfile_exists_behavior: OVERWRITE\n"));
    for event in ["BeforeInstall", "ApplicationStart", "ValidateService"] {
        let location = format!("deploy/hooks/{event}.sh");
        assert!(appspec.contains(&format!(
            "  {event}:\n    - location: {location}\n      timeout: "
        )));
        let hook = file(&bundle, &location);
        assert_eq!(hook.mode, Mode::Executable);
        assert!(hook.text.starts_with("#!/usr/bin/env bash\n"));
        // The agent joins folder and location without checking the location.
        assert!(
            location
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._/-".contains(c))
        );
        assert!(!location.contains(".."));
    }
    let last = |event: &str| {
        let hook = &file(&bundle, &format!("deploy/hooks/{event}.sh")).text;
        hook.lines().last().unwrap_or_default().to_owned()
    };
    assert_eq!(last("BeforeInstall"), "exec bash ../hello-spring.sh doctor");
    assert_eq!(
        last("ApplicationStart"),
        "exec bash ../hello-spring.sh prepare"
    );
    assert_eq!(
        last("ValidateService"),
        "bash ../hello-spring.sh switch && exec bash ../hello-spring.sh cleanup"
    );
}

/// The agent would read `5m` as 5 seconds and `0300` as 192. A missing timeout would be one hour.
#[test]
fn timeouts_are_decimal_integers_longer_than_the_worst_case() {
    let app = fixture::hello();
    let plan = plan(&app);
    let worst: Vec<u64> = callers(&app, &plan)
        .iter()
        .map(|caller| caller.worst.as_secs_ceil())
        .collect();
    let bundle = bundle(app);
    let appspec = &file(&bundle, "appspec.yml").text;
    let timeouts: Vec<u64> = appspec
        .lines()
        .filter_map(|line| line.trim().strip_prefix("timeout: "))
        .map(|number| {
            assert!(!number.starts_with('0'), "{number}");
            number.parse().expect("a bare decimal integer")
        })
        .collect();
    assert_eq!(timeouts.len(), 3);
    for (timeout, worst) in timeouts.iter().zip(worst) {
        assert!(*timeout > worst, "{timeout} {worst}");
    }
    // The agent runs hooks as root by itself; `su root` fails where root has no login shell.
    assert!(!appspec.contains("runas"), "{appspec}");
}

/// Ruby's YAML reads `no` as false, refuses anchors and bare dates, and uses the last of two equal keys.
#[test]
fn the_appspec_is_plain_yaml() {
    let mut app = fixture::hello();
    set(&mut app, "runas", text("no"));
    set(
        &mut app,
        "files",
        SettingValue::Map(vec![("2026-01-01".to_owned(), text("/srv/*a &b"))]),
    );
    set(
        &mut app,
        "modes",
        SettingValue::Map(vec![("/srv/x".to_owned(), text("0755"))]),
    );
    set(
        &mut app,
        "owners",
        SettingValue::Map(vec![
            ("/srv/x".to_owned(), text("ec2-user")),
            ("/srv/y".to_owned(), text("on")),
        ]),
    );
    set(
        &mut app,
        "scripts",
        SettingValue::Map(vec![
            ("ApplicationStart".to_owned(), text("mine/start.sh")),
            ("AfterInstall".to_owned(), text("mine/after.sh")),
        ]),
    );
    let bundle = bundle(app);
    let appspec = &file(&bundle, "appspec.yml").text;
    assert!(appspec.contains("runas: \"no\"\n"));
    assert!(appspec.contains("  - source: \"2026-01-01\"\n    destination: \"/srv/*a &b\"\n"));
    assert!(appspec.contains("  - object: /srv/x\n    mode: \"0755\"\n    owner: ec2-user\n"));
    assert!(appspec.contains("  - object: /srv/y\n    owner: \"on\"\n"));
    assert!(!appspec.contains('\r') && !appspec.starts_with('\u{FEFF}') && appspec.ends_with('\n'));
    for key in [
        "files:",
        "permissions:",
        "hooks:",
        "  ApplicationStart:",
        "  AfterInstall:",
    ] {
        assert_eq!(appspec.matches(&format!("\n{key}\n")).count(), 1, "{key}");
    }
    assert_eq!(appspec.matches("- location: mine/").count(), 2);
}

#[test]
fn the_script_contains_the_same_fragments_as_the_files() {
    let bundle = bundle(fixture::hello());
    let script = &file(&bundle, "deploy/hello-spring.sh").text;
    for color in ["real1", "real2"] {
        let fragment = &file(&bundle, &format!("deploy/nginx/{color}.conf")).text;
        assert!(script.contains(&format!(
            "    {color}) cat <<'FRAGMENT' ;;\n{fragment}FRAGMENT\n"
        )));
    }
}

#[test]
fn two_apps_cannot_have_one_path() {
    let mut other = fixture::hello();
    other.name = fixture::name("other");
    let report = try_bundle(vec![fixture::hello(), other]).expect_err("one appspec.yml for two");
    let codes: Vec<Code> = report.sorted().iter().map(|finding| finding.code).collect();
    assert!(codes.contains(&Code::ONE_PATH_TWICE), "{codes:?}");
}

#[test]
fn a_fragment_cannot_contain_an_input() {
    let mut app = fixture::hello();
    app.services[0].address = Some(fixture::text("{APP_ENV}:80"));
    let report = try_bundle(vec![app]).expect_err("the address is an input");
    assert_eq!(report.sorted()[0].code, Code::TEMPLATE_FAILS);
}

/// A template refuses settings that do not fit together. nginx keeps connections only in an upstream block.
#[test]
fn a_setting_without_its_block_is_refused() {
    let mut app = fixture::hello();
    for (_, name, value) in &mut app.switch.settings {
        if name == "keepalive" {
            *value = SettingValue::Int(16);
        }
    }
    let report = try_bundle(vec![app]).expect_err("the app has `set`");
    let finding = report.sorted()[0];
    assert_eq!(finding.code, Code::TEMPLATE_FAILS);
    assert!(finding.message.contains("`keepalive`") && finding.message.contains("`upstream`"));
}

#[test]
fn a_step_text_cannot_end_its_here_document() {
    let mut app = fixture::hello();
    app.steps.after_switch.push(crate::model::Step {
        run: crate::model::StepRun::Shell("cat <<STEP\n  STEP\nSTEP\n".to_owned()),
        folder: None,
        within: crate::model::defaults::STEP_WITHIN,
        runs: crate::model::Runs::Always,
        on_failure: crate::model::StepFailure::OfPlace,
        span: fixture::line(50),
    });
    let bundle = bundle(app);
    let script = &file(&bundle, "deploy/hello-spring.sh").text;
    assert!(script.contains("<<'STEP_'\ncat <<STEP\n  STEP\nSTEP\nSTEP_\n}\n"));
}

#[test]
fn a_list_in_a_list_cannot_reach_bash() {
    let mut app = fixture::hello();
    let nested = SettingValue::List(vec![SettingValue::List(Vec::new())]);
    app.services[0].run.settings[0].2 = nested;
    assert!(try_bundle(vec![app]).is_err());
}

/// The function `ensure` of each `shared` driver runs before anything is made, and it has its own time limit.
#[test]
fn what_is_shared_is_ensured_before_the_first_change() {
    let bundle = bundle(fixture::with_shared());
    let script = &file(&bundle, "deploy/hello-spring.sh").text;
    let at = |text: &str| script.find(text).unwrap_or_else(|| panic!("no {text}"));
    let ensured = at("  step ensure_shared 1 @13\n");
    assert!(at("\nplan.prepare() {") < ensured && ensured < at("  step journal preparing\n"));
    at("[\"shared.1 ensure\"]=60000");
    at("  step ensures new\n");
}

/// The list of the runtime's modules names every file of the folder.
#[test]
fn the_runtime_contains_every_file_of_stdlib_shell() {
    let mut listed: Vec<String> = super::runtime_modules()
        .iter()
        .map(|module| format!("shell/{module}.sh"))
        .collect();
    listed.sort();
    assert_eq!(listed, crate::stdlib::files("shell"));
}

/// Reads the cases of `tests/cases/build`.
struct Cases;

impl Loader for Cases {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, LoadError> {
        std::fs::read(path).map_err(|error| LoadError::Other(error.to_string()))
    }
}

/// Returns scripts that together contain everything that a script can contain, without the texts of
/// their here-documents.
fn scripts() -> Vec<String> {
    let mut app = fixture::everything();
    app.colors[0].lets = vec![("LABEL".to_owned(), "x".to_owned())];
    let mut bundles = vec![bundle(app)];
    for case in ["asked-by-service", "hello-spring", "notify", "services"] {
        let path = format!("tests/cases/build/{case}/deploy.bg");
        let text = std::fs::read_to_string(&path).expect("the case is there");
        let mut sources = Sources::new();
        let main = sources.add(path, text);
        let mut report = Report::new();
        let planned = crate::plan_file(&mut sources, main, &Cases, &mut report);
        let places = Places {
            sources: &sources,
            main,
            folder: Utf8Path::new("deploy"),
        };
        let planned = planned.expect("the case has no errors");
        bundles.push(emit(&planned, &places, Form::Files).expect("a bundle"));
    }
    let is_script = |file: &&OutputFile| {
        file.path.parent() == Some(Utf8Path::new("deploy"))
            && file.mode == Mode::Executable
            && file.owner == Owner::Source
    };
    let scripts = bundles.iter().map(|bundle| {
        let mut files = bundle.files.iter().filter(is_script);
        code(&files.next().expect("it has a script").text)
    });
    scripts.collect()
}

/// Returns the lines of a script with empty here-documents. They contain the proxy's fragments and the user's steps.
fn code(script: &str) -> String {
    let mut code = String::new();
    let mut end = None;
    for line in script.lines() {
        if end.is_some_and(|end| end != line) {
            continue;
        }
        code.push_str(line);
        code.push('\n');
        let word = line.split_once("<<'").map(|(_, rest)| rest);
        end = word.and_then(|rest| rest.split('\'').next());
    }
    code
}

/// The check of names (BG509) must know every name in a script. For example, the setting `of` of a driver `let` would
/// get the variable `let_of`, which the script uses itself. No function has the name of another one, also if the names of a service and of its gate contain a `-`.
#[test]
fn every_name_in_a_script_is_reserved() {
    let taken = crate::stdlib::of_runtime();
    let drivers = ["process_", "jar_", "nginx_", "chat_"];
    let of_driver = |name: &str| drivers.iter().any(|driver| name.starts_with(driver));
    for script in scripts() {
        let mut functions = BTreeSet::new();
        for (function, _) in crate::stdlib::functions(&script) {
            let known = crate::stdlib::SCRIPT_FUNCTIONS.contains(&function.as_str());
            assert!(
                function.contains('.') || known || of_driver(&function),
                "{function}"
            );
            assert!(
                !taken.functions.contains(&function),
                "{function} is the runtime's, too"
            );
            let again = functions.replace(function);
            assert_eq!(again, None, "it is defined twice");
        }
        for variable in crate::stdlib::variables(&script) {
            // A name without an underscore or with a capital letter cannot belong to a driver.
            let free =
                !variable.contains('_') || variable.contains(|c: char| c.is_ascii_uppercase());
            let known = crate::stdlib::SCRIPT_VARIABLES.contains(&variable.as_str())
                || taken.variables.contains(&variable);
            assert!(free || known || of_driver(&variable), "{variable}");
        }
    }
}

/// People read the order of the commands. Each line of a program is `otherwise` with a reaction, a step, or the name of
/// a program.
#[test]
fn a_program_consists_of_reactions_steps_and_programs() {
    let reactions = [
        Otherwise::Refuse,
        Otherwise::Warn,
        Otherwise::Later,
        Otherwise::Person,
        Otherwise::Given,
    ];
    let reactions: Vec<_> = reactions
        .into_iter()
        .chain(Way::ALL.map(Otherwise::Way))
        .map(Otherwise::word)
        .collect();
    let is_word = |word: &&str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        word.chars().all(plain) || *word == "\"$1\"" || word.starts_with('@')
    };
    let runtime = &crate::stdlib::of_runtime().functions;
    for script in scripts() {
        let functions: Vec<_> = crate::stdlib::functions(&script);
        let is_program = |name: &str| {
            let known = functions.iter().any(|(function, _)| function == name);
            let kind = ["plan.", "way.", "recover."];
            kind.iter().any(|kind| name.starts_with(kind)) && (known || runtime.contains(name))
        };
        let mut programs = 0;
        let mut lines = script.lines();
        while let Some(head) = lines.next() {
            if !head.starts_with("plan.") && !head.starts_with("way.") {
                continue;
            }
            programs += 1;
            assert!(head.contains("() {") && !head.contains('}'), "{head}");
            for line in lines.by_ref().take_while(|line| *line != "}") {
                let words: Vec<_> = line.split_whitespace().collect();
                let is_line = match words[..] {
                    ["otherwise", reaction] | ["plan.point_proxy_at", _, reaction] => {
                        reactions.contains(&reaction)
                    }
                    ["step", step, ref rest @ ..] => {
                        runtime.contains(&format!("do_{step}")) && rest.iter().all(is_word)
                    }
                    [program] => is_program(program),
                    _ => false,
                };
                assert!(is_line, "{head}\n{line}");
            }
        }
        assert!(programs > 8, "{script}");
    }
}
