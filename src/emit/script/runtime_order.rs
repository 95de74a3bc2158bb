//! `stdlib/shell/order.sh`, the part of the order that is the same in every app: the programs of the runtime, the
//! recovery after an interrupted run, and the programs of each command. `tests/regenerate` makes it from the plan.

use super::Code;
use super::programs::write;
use super::recovery::rows;
use crate::plan::{Block, Command, ProgramName, listing, same_in_all};
use std::convert::Infallible;

const HEAD: &str = "\
---- order: the programs that are the same in every application ----------------------------------

Made from the plan by `tests/regenerate`; do not edit. The other programs are in the application's script. In both, `old` is the color
that serves when a command begins, `new` is the other one. If a step fails, the other steps are skipped, and the last `otherwise` names
what follows: a way back, or
  refuse   nothing was changed: exit 3             later    print a warning, exit 0; the next command continues
  warn     print a warning; the next step follows  person   a person must act: exit 5";

const TABLE: &str = "\
---- recovery: what a command does first about an interrupted run; this depends on the journal's phase ----

  preparing, adopting, removing  users saw nothing                          switched   good; the old color still runs
  prepared                       ready, it waits for its `switch`           returning  the old color serves; the new one drains
  swapping                       between the rename and the commit: the proxy may serve either color (in an adopt also a text that a
                                 person wrote, in a remove also nothing)

Sets `answer`: proceed; nothing (there is nothing to do: exit 0); usage (exit 2); refuse (exit 4); undo:PROGRAM (then read the journal
again); try:PROGRAM (then begin, whether it succeeded or not); instead:PROGRAM (then end); person (the phase is unknown: exit 5).";

const LISTED: &str = "\
---- `listed`: the blocks that `plan` prints; `written_out`: parts whose steps it prints wherever they run ----";

/// The module's text.
#[must_use]
pub fn text() -> String {
    let mut code = Code::default();
    code.comment(HEAD);
    for program in same_in_all() {
        code.gap();
        let Ok(()) = write(&program, &mut code, &|_| Ok::<_, Infallible>(String::new()));
    }
    code.gap();
    code.comment(TABLE);
    code.gap();
    let head = "recovery() { # COMMAND PHASE KIND mine|held|over";
    let Ok(()) = code.block(head, None, "}", |code| {
        code.block("case $2:$3:$4:$1 in", None, "esac", |code| {
            for row in rows() {
                code.line(row);
            }
            code.line("*) answer=person ;;");
            Ok::<_, Infallible>(())
        })
    });
    code.gap();
    code.comment("---- the commands ----");
    for command in Command::ALL {
        code.gap();
        let head = format!("{}() {{", command.function());
        let Ok(()) = code.block(head, None, "}", |code| {
            for program in command.programs() {
                code.line(program.function());
            }
            Ok::<_, Infallible>(())
        });
    }
    code.gap();
    code.comment("`plan.failed` runs after a failure of these commands.");
    let failing = Command::ALL.into_iter();
    let failing = failing.filter(|command| command.after_failure().is_some());
    let failing: Vec<&str> = failing.map(Command::name).collect();
    code.array("commands_with_failure_steps", &failing, None);
    code.gap();
    code.comment(LISTED);
    let blocks: Vec<String> = listing().into_iter().map(Block::function).collect();
    code.array("listed", &blocks, None);
    let parts = ProgramName::PARTS.map(ProgramName::function);
    code.array("written_out", &parts, None);
    code.render()
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::fixture;
    use crate::plan::{Command, Home, Kind, Line, Phase, Reservation, plan, recovery, same_in_all};
    use std::process;

    /// With `BLESS=1` this test writes the module. `tests/regenerate` uses that.
    #[test]
    fn the_module_is_what_the_plan_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/stdlib/shell/order.sh");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(path, text()).expect("it can be written");
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(written, text(), "run tests/regenerate");
    }

    #[test]
    fn what_the_runtime_has_is_the_same_in_every_app() {
        let mut apps = vec![fixture::hello()];
        let mut app = fixture::hello();
        app.services[0].handover = crate::model::Handover::Exclusive;
        apps.push(app);
        let mut app = fixture::hello();
        app.cleanup.previous = crate::model::Previous::KeptWarm;
        app.cleanup.span = None;
        app.artifact = None;
        app.services.push(app.services[0].clone());
        app.services[1].name = fixture::name("worker");
        app.services[1].address = None;
        apps.push(app);
        for app in apps {
            let programs = plan(&app).programs;
            let of_runtime: Vec<_> = programs
                .into_iter()
                .filter(|program| program.name.home() == Home::Runtime)
                .collect();
            assert_eq!(of_runtime, same_in_all());
        }
        for line in same_in_all().iter().flat_map(|program| &program.lines) {
            // The place of a step is a line in the source of one app, so it cannot be the same in all apps.
            assert!(
                !matches!(line, Line::Step(step) if step.span.is_some()),
                "{line:?}"
            );
        }
    }

    #[test]
    fn bash_gives_every_answer_of_the_table() {
        let mut asked = String::new();
        let mut wanted = String::new();
        for command in Command::ALL {
            for kind in Kind::ALL {
                for reservation in Reservation::ALL {
                    for phase in Phase::ALL {
                        let words = [
                            command.name(),
                            phase.word(),
                            kind.word(),
                            reservation.word(),
                        ];
                        asked += &format!("say {}\n", words.join(" "));
                        let answer = recovery(command, phase, kind, reservation).word();
                        wanted += &format!("{} {answer}\n", words.join(" "));
                    }
                    let words = format!("{} restarting {}", command.name(), kind.word());
                    asked += &format!("say {words} {}\n", reservation.word());
                    wanted += &format!("{words} {} person\n", reservation.word());
                }
            }
        }
        let script = format!(
            "set -u\n{}\nsay() {{\n  recovery \"$@\"\n  printf '%s\\n' \"$* $answer\"\n}}\n{asked}",
            text()
        );
        let output = process::Command::new("bash").args(["-c", &script]).output();
        let output = output.expect("bash runs");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(String::from_utf8_lossy(&output.stdout), wanted);
    }
}
