//! Commands with a deadline: their ends are told, and looked for only where that was missed.

use crate::script::Script;
use crate::tools::Tools;

/// A `bounded` that cannot see by itself that its child has ended, and a command that is tried again: once in some hundred times a
/// `read` runs out of time just when the line comes.
const BLIND: &str = "pid_runs() { :; }
ends() { for _ in 1 2 3; do bounded 5000 \"$@\"; code=$?; ((code == 124)) || break; done; echo \"$code\"; }
waits() { nap 1; bounded 5000 pause 5; }
";

#[test]
fn a_command_tells_its_end() {
    let script = Script::new(Tools::Machine, 1);
    let ran = script.run(&format!("{BLIND}ends true\nends eval 'exit 7'"));
    assert_eq!(ran.stdout, "0\n7\n", "{ran:#?}");
}

#[test]
fn so_does_one_that_has_waited_itself() {
    let script = Script::new(Tools::Machine, 1);
    let ran = script.run(&format!("{BLIND}ends waits"));
    assert_eq!(ran.stdout, "0\n", "{ran:#?}");
}

#[test]
fn the_end_of_another_is_not_its_own() {
    let script = Script::new(Tools::Machine, 1);
    let ran = script.run("printf '1\\n' >&7\nverdict bounded 300 sleep 60");
    assert!(ran.stdout.contains("code=124\n"), "{ran:#?}");
    assert!(ran.stdout.ends_with("children=\n"), "{ran:#?}");
}
