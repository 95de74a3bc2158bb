//! Measures parsing and formatting, for files of growing length and for hostile ones: `cargo bench --bench syntax`.
//!
//! The time should grow in proportion to the length, and no file should take more than about a second. Processor time is
//! measured, because the machine may be busy.

use std::fmt::Write as _;
use std::time::Duration;

use deployc::diagnostics::Report;
use deployc::source::FileId;
use deployc::syntax::{MAX_BYTES, format, parse};

fn main() {
    for lines in [5_000, 10_000, 20_000, 40_000] {
        let text = generated(lines);
        let mut report = Report::new();
        let (reading, tree) = best(|| parse(FileId(0), &text, &mut report));
        assert!(report.is_empty(), "the file is right");
        let (formatting, _) = best(|| format(&tree, &text));
        println!(
            "{lines:>6} lines  {:>8} bytes  read {:>6.1} ms  format {:>6.1} ms",
            text.len(),
            milliseconds(reading),
            milliseconds(formatting),
        );
    }
    for piece in [
        "{",
        "}",
        "]",
        "\"",
        "'",
        "@",
        "@\n",
        "\"\n",
        "'\n",
        "{}",
        "[]",
        "[]\n",
        "a b\n",
        "= ",
        "\\",
        "let x = [1 2]\n",
        "let x = \"{\n",
        "sudo ",
        "app a { ",
        "{ }\n",
        "r\"",
        "# \n",
        "\n",
        "가",
        ";",
        ",\n",
        "\"\"\" ",
        "\"\"\"\nshell ",
        "swich a { b\n} ",
        "let x = \"\\q ${y}\"\n",
    ] {
        let garbage = piece.repeat((MAX_BYTES - 32) / piece.len());
        for (name, text) in [
            ("alone", garbage.clone()),
            ("in a block", format!("app a {{\n{garbage}\n}}\n")),
            ("in a list", format!("let x = [\n{garbage}\n]\n")),
            (
                "in a string",
                format!("let x = \"\"\"\n{garbage}\n\"\"\"\n"),
            ),
        ] {
            let begin = used();
            let mut report = Report::new();
            let tree = parse(FileId(0), &text, &mut report);
            let took = milliseconds(used().saturating_sub(begin));
            drop(tree);
            if took > 500.0 {
                println!("{piece:?} {name}: {took:.0} ms for {} bytes", text.len());
            }
        }
    }
}

fn generated(lines: usize) -> String {
    let mut text = String::from("app shop {\n");
    for index in 0.. {
        if text.lines().count() >= lines {
            break;
        }
        for step in 0..100 {
            write!(
                text,
                "  probe p{index}-{step} {{\n    get \"http://127.0.0.1:{{port}}/health/{step}\"\n    \
                 expect status [200, 2xx]  # fine\n    every 500ms\n  }}\n\n  input A_{index}_{step}: \
                 one_of [\"a\", \"b\"] = \"a\"\n  run jar {{\n    args = [\"--color={{color}}\", \
                 \"-Xmx512m\"]\n  }}\n"
            )
            .expect("a write to a String does not fail");
        }
    }
    text.push_str("}\n");
    text
}

/// Returns the shortest time of five runs, and the result of the last one.
fn best<T>(mut work: impl FnMut() -> T) -> (Duration, T) {
    let mut out = work();
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let begin = used();
        out = work();
        best = best.min(used().saturating_sub(begin));
    }
    (best, out)
}

/// Returns the processor time of this process so far. Other work on the machine does not count.
fn used() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/schedstat").expect("this is Linux");
    let nanoseconds = stat.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.expect("it begins with the time on a processor"))
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
