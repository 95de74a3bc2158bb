//! Tests of commands with a deadline. Such a command reports its end, so that the shell that waits for it wakes up at
//! once.

use crate::script::Script;
use crate::tools::Tools;

/// A command reports its end with a line. `seen` prints 1 if this line has woken the waiting shell. The shell would
/// also notice the end by looking from time to time, sooner or later depending on the machine's load. So here a look
/// first waits for the line, up to 10 s.
const SEEN: &str = "seen() {
  told=no
  bounded 20000 \"$@\"
  [[ $told == yes ]]
  echo $((! $?))
}
pid_runs() {
  local stat_state stat_parent stat_session stat_start
  [[ $told == yes ]] || wait_for_line \"$1\"
  pid_stat \"$1\" && [[ $stat_state != [ZXx] ]]
}
wait_for_line() {
  local until
  now
  until=$((now_ms + 10000))
  while [[ $woken_by != \"$1\" ]] && ((now_ms < until)); do
    nap 100 || :
    now
  done
  [[ $woken_by != \"$1\" ]] || told=yes
}
";

#[test]
fn a_command_tells_its_end() {
    let script = Script::new(Tools::Machine, 1);
    let ran = script.run(&format!("{SEEN}seen true\nseen eval 'exit 7'"));
    assert_eq!(ran.stdout, "1\n1\n", "{ran:#?}");
}

#[test]
fn so_does_one_that_has_waited_itself() {
    let script = Script::new(Tools::Machine, 1);
    let ran = script.run(&format!(
        "waits() {{ nap 1; }}\nothers() {{ told=no; bounded 5000 true; }}\n{SEEN}seen waits\nseen others"
    ));
    assert_eq!(ran.stdout, "1\n1\n", "{ran:#?}");
}

#[test]
fn the_first_one_in_a_subshell_tells_that_subshell() {
    let script = Script::new(Tools::Machine, 1);
    let ran = script.run(&format!(
        "{SEEN}told=yes\nfirst() {{ told=no; bounded 20000 true; echo \"$told\"; }}\nbounded 30000 first"
    ));
    assert_eq!(ran.stdout, "yes\n", "{ran:#?}");
}

#[test]
fn nothing_is_begun_once_somebody_asked_to_stop() {
    let script = Script::new(Tools::Machine, 1);
    let ran = script.run("interrupted=TERM\nbounded 5000 echo begun\necho \"$?\"\nshielded=yes\nbounded 5000 echo 'a way back'");
    assert_eq!(ran.stdout, "143\na way back\n", "{ran:#?}");
}

#[test]
fn the_end_of_another_is_not_its_own() {
    let script = Script::new(Tools::Machine, 1);
    let ran = script.run("printf '1\\n' >&7\nverdict bounded 300 sleep 60");
    assert!(ran.stdout.contains("code=124\n"), "{ran:#?}");
    assert!(ran.stdout.ends_with("children=\n"), "{ran:#?}");
}

/// The child reports its end half a second before it ends. A signal in this time interrupts the waiting shell, and the
/// exit code of that interruption is not the child's.
#[test]
fn a_signal_is_no_exit_code() {
    let script = Script::new(Tools::Machine, 1);
    let ran = script.run(
        "lingers() { trap 'echo $BASHPID >&\"$parents_clock\"; sleep 0.5' EXIT; return 7; }\n\
         shielded=yes\n(sleep 0.2; kill -TERM $$) &\nverdict bounded 20000 lingers\necho \"$interrupted\"",
    );
    assert!(ran.stdout.contains("code=7\n"), "{ran:#?}");
    assert!(ran.stdout.ends_with("TERM\n"), "{ran:#?}");
}

#[test]
fn what_is_told_to_end_has_time_to_clean_up() {
    let script = Script::new(Tools::Machine, 1);
    let ran = script.run(
        "works='trap \"sleep 0.03; echo cleaned up; exit\" TERM; while :; do sleep 0.01; done'\nverdict bounded 300 bash -c \"$works\"",
    );
    assert!(ran.stdout.starts_with("cleaned up\n"), "{ran:#?}");
    assert!(ran.stdout.contains("code=124\n"), "{ran:#?}");
}
