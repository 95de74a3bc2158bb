//! `stdlib/shell/order.sh`, the part of the order that is the same in every app: the programs of the runtime, the
//! recovery after an interrupted run, and the programs of each command. `tests/regenerate` makes it from the plan.

use super::Code;
use super::programs::write;
use super::recovery::rows;
use crate::plan::{Block, Command, ProgramName, listing, same_in_all};
use std::convert::Infallible;

const HEAD: &str = "\
---- order: what is the same in every application ------------------------------------------------

Made from the plan by `tests/regenerate`; do not edit. The other programs stand in the application's script, in the same words: `old` is
the color that serves when a command begins, `new` the other one. When a step fails, the rest is skipped, and the last `otherwise` says
what comes instead: the name of a way back, or
  refuse   nothing was changed: exit 3          later    exit 0; the next command goes on with it
  warn     it is said, and the next step comes  person   exit 5";

const TABLE: &str = "\
---- a run that was cut short: what comes before the command's own program, by what the journal says ----

  preparing, adopting, removing  users saw nothing                          switched   good; the old color still runs
  prepared                       ready, it waits for its `switch`           returning  the old color serves; the new one drains
  swapping                       between the rename and the commit: the proxy may serve either color (of an adopt: or what somebody
                                 wrote; of a remove: or nothing)

Sets `answer`: proceed; nothing (to do: exit 0); usage (exit 2); refuse (exit 4); undo:PROGRAM, then the journal is looked at again;
try:PROGRAM, then the command begins, whatever came of it; instead:PROGRAM, and that is all; person (exit 5): no phase that is known.";

const LISTED: &str = "\
---- what `plan` prints, block by block; of a program that is run by others, but for these parts, it says only where it stands ----";

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
    code.comment("After their failure comes `plan.failed`.");
    let failing = Command::ALL.into_iter();
    let failing = failing.filter(|command| command.after_failure().is_some());
    let failing: Vec<&str> = failing.map(Command::name).collect();
    code.array("tell_their_failure", &failing, None);
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
