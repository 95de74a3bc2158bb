//! Tests what a program does after a step with each exit code.

use crate::script::Script;
use crate::tools::Tools;

/// One step that ends with the exit code `code`, while `otherwise` is `given`. `end` prints the result.
const PROGRAM: &str = "
. \"$STDLIB/runner.sh\"
leave_proxy_mutex() { :; }
group_of_program() { :; }
step_begins() { step_name=$1; }
step_ends() { :; }
warn() { :; }
do_pass_on() { return \"$ends\"; }
do_next() { next=next; }
command.it() {
  otherwise \"$given\"
  step pass_on
  step next
}
way.back() { step next; }
end() {
  given=$1 ends=$2 next='' exit_code=3
  run_program command.it
  echo \"$verdict $exit_code${next:+ $next}\"
}
";

/// The runner gives a meaning to an exit code only where an action can mean it. Everywhere else an action may have
/// passed on the code of a tool or of a driver, and the failure leads to what `otherwise` names.
#[test]
fn an_exit_code_has_a_meaning_only_with_its_otherwise() {
    let all = ["1", "2", "3", "4", "5", "10", "124"];
    let script = Script::new(Tools::Machine, 1);
    for (given, usual, special) in [
        (
            "refuse",
            "refuse 3",
            vec![("2", "refuse 2"), ("10", "done 3")],
        ),
        ("later", "done 3", vec![("5", "person 3")]),
        ("warn", "done 3 next", vec![]),
        ("back", "failed 3 next", vec![]),
        ("person", "person 3", vec![]),
    ] {
        let codes = all.join(" ");
        let ran = script.run(&format!(
            "{PROGRAM}for one in {codes}; do\nend {given} \"$one\"\ndone"
        ));
        let expected: Vec<&str> = all
            .iter()
            .map(|code| {
                let mut special = special.iter();
                special
                    .find(|(of, _)| of == code)
                    .map_or(usual, |(_, result)| result)
            })
            .collect();
        let found: Vec<&str> = ran.stdout.lines().collect();
        assert_eq!(found, expected, "otherwise {given}: {ran:#?}");
    }
}
