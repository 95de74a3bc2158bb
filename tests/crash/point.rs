//! The points at which a run can be interrupted: the commands of a run without harm, and which of them are worth a
//! crash.

/// The point before a command of the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// `FUNCTION:LINE`; `FUNCTION` for all its lines; empty for any place.
    pub place: String,
    /// The number of the command among those at this place, from 1.
    pub turn: usize,
}

/// Functions of the runtime in which a wrong order would be visible. The sample takes more points there.
const DENSE: [&str; 15] = [
    "do_journal",
    "do_swap",
    "do_test",
    "do_reload",
    "do_confirm",
    "do_move_exclusive",
    "commit_switch",
    "do_stop",
    "finish_commit",
    "write_file",
    "forget_journal",
    "point",
    "stop_release",
    "fragment_put_in_place",
    "process_start_in_session",
];

/// Builtins that change nothing outside of the shell, unless their output is redirected.
const PURE: [&str; 16] = [
    ":", "[", "break", "continue", "declare", "false", "let", "local", "printf", "read", "return",
    "set", "shift", "test", "true", "unset",
];

/// Functions that wait in a loop. The number of turns is random, and their commands change nothing.
const WAITING: [&str; 7] = [
    "pause",
    "nap",
    "now",
    "pid_runs",
    "pid_stat",
    "follow_output",
    "asked_to_stop",
];

/// A command of a recorded run.
pub struct Command {
    /// The point before it.
    pub point: Point,
    /// Whether this command, or the process that was started right before it, changes anything outside of the shell.
    /// Between two such commands the host stays the same, so all crashes between them are the same crash.
    pub has_effect: bool,
    /// Whether the command is in a function in which a wrong order would be visible.
    pub is_dense: bool,
}

/// Reads the record of `trap.sh`.
pub fn read_record(text: &str) -> Vec<Command> {
    let mut turns = std::collections::HashMap::new();
    let lines = text.lines().filter_map(|line| {
        let mut words = line.splitn(3, ' ');
        Some((words.next()?, words.next()?, words.next()?))
    });
    lines
        .map(|(place, kind, command)| {
            let turn = turns.entry(place.to_owned()).or_insert(0);
            *turn += 1;
            let function = place.split(':').next().unwrap_or_default();
            Command {
                point: Point {
                    place: place.to_owned(),
                    turn: *turn,
                },
                has_effect: has_effect(function, kind, command),
                is_dense: DENSE.contains(&function),
            }
        })
        .collect()
}

fn has_effect(function: &str, kind: &str, command: &str) -> bool {
    if WAITING.contains(&function) {
        return false;
    }
    // The subshell was started right before the first of these commands, and has ended after the second.
    if function == "bounded" {
        return command == "child=$!" || command.starts_with("wait ");
    }
    let command = command.replace("> /dev/null", "").replace("$((", "((");
    let starts_a_process = ["$(", "<(", ">(", "`"]
        .iter()
        .any(|sign| command.contains(sign));
    let rest = after_assignments(&command);
    let first = rest.split_whitespace().next().unwrap_or_default();
    let redirects = command.contains('>') && !first.starts_with("((") && first != "[[";
    if starts_a_process || redirects {
        return true;
    }
    // A quoted word is a function of the script. `"$@"` is a program, except in `at` and `at_first`, whose caller gives
    // a function.
    let is_program = (first.starts_with("\"$@\"") && !["at", "at_first"].contains(&function))
        || first.starts_with("${")
        || first.starts_with("\"$BASH\"");
    let is_pure = PURE.contains(&first)
        || first.is_empty()
        || first.starts_with("((")
        || first.starts_with('"');
    match kind {
        "file" => true,
        "builtin" => !PURE.contains(&first),
        // A command without a kind is an assignment, perhaps with a command after it, or its name comes from a
        // variable.
        "" => is_program || !is_pure,
        _ => false,
    }
}

/// Returns a command without its leading assignments. Their values may contain blanks in quotes, braces and lists.
fn after_assignments(command: &str) -> &str {
    let mut rest = command.trim_start();
    while is_assignment(rest) {
        let (mut quote, mut depth, mut escaped) = (None, 0_usize, false);
        let end = rest.find(|letter: char| {
            match (letter, quote) {
                _ if escaped => escaped = false,
                ('\\', None | Some('"')) => escaped = true,
                ('\'' | '"', None) => quote = Some(letter),
                (_, Some(open)) if letter == open => quote = None,
                ('(' | '{' | '[', None) => depth += 1,
                (')' | '}' | ']', None) => depth = depth.saturating_sub(1),
                _ => {}
            }
            letter.is_whitespace() && quote.is_none() && depth == 0
        });
        rest = end.map_or("", |end| rest[end..].trim_start());
    }
    rest
}

fn is_assignment(text: &str) -> bool {
    let name = text.split(['=', '[', '+']).next().unwrap_or_default();
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let rest = &text[name.len()..];
    let element = rest
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .map_or(rest, |(_, rest)| rest);
    !name.is_empty()
        && name.chars().all(is_name)
        && (element.starts_with('=') || element.starts_with("+="))
}
