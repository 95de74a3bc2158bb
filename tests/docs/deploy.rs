//! Checks `deploy` blocks with the compiler.

use std::fs;
use std::process::Command;

use crate::blocks;

/// The statements that an app needs, each with its first word.
const NEEDED: [(&str, &str); 5] = [
    (
        "color",
        "color blue  { port 8081 }\n  color green { port 8082 }",
    ),
    ("run", "run process {\n    command = [\"/opt/app\"]\n  }"),
    (
        "probe",
        "probe ready {\n    get \"http://127.0.0.1:{port}/\"\n  }",
    ),
    (
        "switch",
        "switch nginx {\n    file     = \"/etc/nginx/conf.d/app.conf\"\n    upstream = \"app\"\n  }",
    ),
    (
        "verify",
        "verify {\n    get \"http://127.0.0.1/\"\n    expect header \"X-Color\" equals \"{color}\"\n  }",
    ),
];

/// Returns a whole file around the statements of an app.
fn whole(statements: &str) -> String {
    let mut text = String::from("app example {\n");
    for (verb, needed) in NEEDED {
        // A service's own `run` and `probe` count too.
        let said = statements
            .lines()
            .any(|line| line.split_whitespace().next() == Some(verb));
        if !said {
            text.push_str("  ");
            text.push_str(needed);
            text.push('\n');
        }
    }
    text.push_str(statements);
    text.push_str("}\n");
    text
}

/// Returns the findings of a file, one on each line.
fn findings(text: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    fs::write(folder.path().join("deploy.bg"), text).expect("a file can be written");
    let output = Command::new(env!("CARGO_BIN_EXE_deployc"))
        .args(["check", "--format", "short", "deploy.bg"])
        .current_dir(folder.path())
        .output()
        .expect("the compiler can be started");
    assert_ne!(
        output.status.code(),
        Some(2),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn deploy_blocks_check_as_their_page_claims() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for block in blocks() {
        let Some(claim) = block.kind.strip_prefix("deploy") else {
            continue;
        };
        seen += 1;
        let claim = claim.trim();
        let found = match claim {
            "app" => findings(&whole(&block.text)),
            _ => findings(&block.text),
        };
        let as_claimed = match claim {
            "" | "app" => found.is_empty(),
            code => {
                !found.is_empty()
                    && found
                        .lines()
                        .filter(|line| line.contains("BG"))
                        .all(|line| line.contains(code))
            }
        };
        if !as_claimed {
            wrong.push(format!("{} ({}):\n{found}", block.place, block.kind));
        }
    }
    assert!(seen > 0, "no page has a `deploy` block");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
