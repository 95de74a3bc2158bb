//! Finds constructs that bash 4.2 does not have. The scripts run on hosts with that version, but the bash of the test
//! machine is newer. So this file searches the text.

/// The construct, the first bash that has it, and the replacement.
const TOO_NEW: &[(&str, &str, &str)] = &[
    (
        "local -n",
        "4.3",
        "a global that the function's comment names",
    ),
    (
        "declare -n",
        "4.3",
        "a global that the function's comment names",
    ),
    (
        "typeset -n",
        "4.3",
        "a global that the function's comment names",
    ),
    ("wait -n", "4.3", "`kill -0` in a loop with `nap`"),
    ("wait -p", "5.1", "`wait PID`"),
    ("@Q}", "4.4", "`printf %q`"),
    ("@P}", "4.4", "nothing: it evaluates"),
    ("@A}", "4.4", "plain assignments"),
    ("@E}", "4.4", "`printf %b`"),
    ("@a}", "4.4", "`declare -p`"),
    ("@U}", "5.1", "`${name^^}`"),
    ("@L}", "5.1", "`${name,,}`"),
    ("@u}", "5.1", "`${name^}`"),
    ("@K}", "5.1", "a loop over the keys"),
    ("@k}", "5.2", "a loop over the keys"),
    ("EPOCHREALTIME", "5.0", "`now`"),
    ("EPOCHSECONDS", "5.0", "`printf '%(%s)T' -1`"),
    ("SRANDOM", "5.1", "`RANDOM`"),
    ("BASH_ARGV0", "5.0", "`$0`"),
    ("mapfile -d", "4.4", "`read -r -d`"),
    ("readarray -d", "4.4", "`read -r -d`"),
    ("local -I", "5.0", "an assignment"),
    ("local -", "4.4", "no change of options in a function"),
    ("shopt -s inherit_errexit", "4.4", "checks where they stand"),
    ("shopt -s localvar_inherit", "5.0", "an assignment"),
    ("shopt -s assoc_expand_once", "5.0", "quotes"),
    ("BASH_COMPAT=", "4.3", "nothing"),
    ("[[ -v ", "4.2 for scalars only", "`${name+set}`"),
    ("${ ", "5.3", "`$(…)`"),
    ("${| ", "5.3", "`$(…)`"),
    (
        "printf -v \"${",
        "4.1 for scalars only",
        "a plain assignment",
    ),
];

/// Fails with the line if `text` has a construct that is too new. It ignores comments.
pub fn check(name: &str, text: &str) {
    for (at, line) in text.lines().enumerate() {
        let code = line.trim_start();
        if code.starts_with('#') {
            continue;
        }
        for (pattern, since, instead) in TOO_NEW {
            // Only `local -` alone, which restores options, is new. `local -a` and similar forms are old.
            let hit = match *pattern {
                "local -" => code.ends_with("local -") || code.contains("local -;"),
                pattern => code.contains(pattern),
            };
            assert!(
                !hit,
                "{name}:{}: `{pattern}` needs bash {since}; write {instead}:\n{line}",
                at + 1
            );
        }
        // Before bash 4.4 an empty array counts as unset under `set -u`.
        if let Some(array) = bare_expansion(code) {
            panic!(
                "{name}:{}: {array} fails on an empty array before bash 4.4; write ${{a[@]+\"${{a[@]}}\"}}:\n{line}",
                at + 1
            );
        }
    }
}

/// Arrays that are never empty when they are expanded, with the reason. Only these may be expanded without a guard.
const NEVER_EMPTY: &[(&str, &[&str])] = &[
    (
        "the application's part fills them",
        &["services", "colors", "tools"],
    ),
    (
        "a command that a setting must give, or that is asked for only where it is given",
        &[
            "command_start",
            "command_stop",
            "command_alive",
            "command_logs",
            "command_identity",
            "process_command",
            "nginx_test",
            "nginx_reload",
            "haproxy_reload",
            "haproxy_test",
        ],
    ),
    (
        "a list that begins with words of its own",
        &["environment", "become", "inner", "options", "words"],
    ),
    (
        "a list that was counted on the line before",
        &["remains", "folders", "generation"],
    ),
    ("a constant of the runtime", &["journal_keys"]),
];

/// Returns an expansion of a whole array that has no guard.
fn bare_expansion(code: &str) -> Option<&str> {
    let mut rest = code;
    let mut from = 0;
    while let Some(at) = rest.find("[@]}") {
        let end = from + at + "[@]}".len();
        let start = code[..end].rfind("${")?;
        let word = &code[start..end];
        let name = word.trim_start_matches("${").trim_end_matches("[@]}");
        let guarded =
            code[..start].ends_with(&format!("${{{name}[@]+\"")) || name.starts_with(['#', '!']);
        let filled = NEVER_EMPTY.iter().any(|(_, names)| names.contains(&name));
        if !guarded && !filled {
            return Some(word);
        }
        rest = &code[end..];
        from = end;
    }
    None
}
