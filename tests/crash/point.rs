//! Where a run can be interrupted: the commands of a run in which nothing happened, and which of them are worth it.

/// Before a command of the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// `FUNCTION:LINE`; `FUNCTION` for its first command; empty: any command.
    pub place: String,
    /// The how manyth time that the script comes there, from 1.
    pub turn: usize,
}

/// Functions of the script in which a wrong order would show: the short form takes more points there.
const DENSE: [&str; 14] = [
    "put_in_force",
    "point_back",
    "swap",
    "swap_back",
    "commit",
    "finish_commit",
    "write_file",
    "forget_journal",
    "point",
    "stop_release",
    "stop_previous",
    "fragment_put_in_place",
    "fragment_restore",
    "process_start_in_session",
];

/// Builtins that change nothing outside of the shell unless their output is redirected.
const PURE: [&str; 16] = [
    ":", "[", "break", "continue", "declare", "false", "let", "local", "printf", "read", "return",
    "set", "shift", "test", "true", "unset",
];

/// Waiting loops turn as often as chance wants, and their commands change nothing.
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
    /// When it is run.
    pub point: Point,
    /// Whether it, or what was started right before it, changes anything outside of the shell. Between two such the host is the
    /// same, so a crash at any command in between is the same crash.
    pub has_effect: bool,
    /// Whether it is in one of the functions where a wrong order would show.
    pub is_dense: bool,
}

/// Reads what `trap.sh` recorded.
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
    // The subshell before it was started just now; and it has ended.
    if function == "bounded" {
        return command == "child=$!" || command.starts_with("wait ");
    }
    let command = command.replace("> /dev/null", "").replace("$((", "((");
    let starts_a_process = ["$(", "<(", ">(", "`"]
        .iter()
        .any(|sign| command.contains(sign));
    let mut words = command
        .split_whitespace()
        .skip_while(|word| is_assignment(word));
    let first = words.next().unwrap_or_default();
    let redirects = command.contains('>') && !first.starts_with("((") && first != "[[";
    if starts_a_process || redirects {
        return true;
    }
    // A word in quotes is one of the script's functions, all of the caller's words are a program; an assignment of a list may have blanks.
    let is_program =
        first.starts_with("\"$@\"") || first.starts_with("${") || first.starts_with("\"$BASH\"");
    let is_pure = PURE.contains(&first)
        || first.is_empty()
        || first.starts_with("((")
        || first.starts_with('"')
        || command.contains("=(");
    match kind {
        "file" => true,
        "builtin" => !PURE.contains(&first),
        // What has no kind is an assignment, perhaps with something after it, or is named by a variable.
        "" => is_program || !is_pure,
        _ => false,
    }
}

fn is_assignment(word: &str) -> bool {
    let name = word.split(['=', '[', '+']).next().unwrap_or_default();
    word.contains('=')
        && !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_')
}
