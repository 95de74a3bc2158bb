//! Measures the whole process of `deployc build`, from start to exit: `cargo bench --bench build`.
//!
//! An example should take at most 20 ms. For generated files of 5,000, 10,000 and 20,000 lines the time should grow with
//! the number of lines, not with its square.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

fn main() {
    let example =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/spring-jar-codedeploy/deploy.bg");
    let example = fs::read_to_string(example).expect("the example is there");
    let median = measure(&example, 31);
    println!("example                {:>9.1} ms", millis(median));
    let mut first = None;
    for lines in [5_000, 10_000, 20_000] {
        let source = generated(lines);
        let median = measure(&source, 5);
        let per_line = millis(median) * 1000.0 / f64::from(u32::try_from(lines).expect("small"));
        let first = *first.get_or_insert(per_line);
        println!(
            "{lines:>6} lines {:>6} KB {:>9.1} ms {per_line:>8.2} µs a line, {:.2} of the first's",
            source.len() / 1024,
            millis(median),
            per_line / first
        );
    }
}

/// Returns the median of some builds, each into an empty folder.
fn measure(source: &str, times: usize) -> Duration {
    let mut taken: Vec<Duration> = (0..times).map(|_| build(source)).collect();
    taken.sort();
    taken[times / 2]
}

fn build(source: &str) -> Duration {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("deploy.bg"), source).expect("a source");
    let start = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_deployc"))
        .args(["build", "deploy.bg"])
        .current_dir(folder.path())
        .output()
        .expect("deployc runs");
    let taken = start.elapsed();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    taken
}

/// Returns an app of about that many lines: constants, probes and steps.
fn generated(lines: usize) -> String {
    let mut source = String::new();
    // Writing to a String does not fail.
    for number in 0..lines / 8 {
        let _ = writeln!(source, "let value_{number} = \"value {number}\"");
    }
    source.push_str("app large {\n  color blue { port 8081 }\n  color green { port 8082 }\n");
    source.push_str("  run process { command = [\"./large\"] }\n");
    for number in 0..lines / 8 {
        let _ = writeln!(
            source,
            "\n  # number {number}\n  probe ready-{number} {{\n    get \"http://127.0.0.1:{{port}}/{number}\"\n    \
             within 10s\n  }}"
        );
    }
    source.push_str("  switch nginx {\n    file = \"/etc/nginx/conf.d/large.conf\"\n    upstream = \"large\"\n  }\n");
    source.push_str(
        "  verify {\n    get \"http://127.0.0.1/\"\n    expect color\n  }\n  before start {\n",
    );
    for number in 0..lines / 8 {
        let _ = writeln!(source, "    exec [\"echo\", \"{{value_{number}}}\"]");
    }
    source.push_str("  }\n}\n");
    source
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
