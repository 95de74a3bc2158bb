//! Values in `deploy.bg` and inputs are data: they arrive unchanged. Nobody but the program sees a secret.

use crate::support::host::Host;
use crate::support::odd::ODD;
use crate::support::process::{Outcome, run};
use crate::support::site::{SCRIPT, Site};
use crate::support::skip::Skip;

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

crate::tests![
    odd_texts_arrive_at_programs,
    odd_texts_arrive_at_programs_of_systemd,
    a_secret_is_seen_by_its_program_alone,
    a_trace_shows_secrets_to_its_reader_alone,
];

/// Returns a text as a string literal of `deploy.bg`.
fn string(text: &str) -> String {
    let mut written = String::new();
    for c in text.chars() {
        match c {
            '"' | '\\' => written.extend(['\\', c]),
            '{' | '}' => written.extend([c, c]),
            _ if c.is_control() || c == '\u{feff}' => {
                written += &format!("\\u{{{:x}}}", u32::from(c));
            }
            _ => written.push(c),
        }
    }
    format!("\"{written}\"")
}

/// Returns the texts in a file. Each has a NUL after it.
fn texts(host: &Host, file: &str) -> Vec<String> {
    let text = host.read(file);
    text.split_terminator('\0').map(str::to_owned).collect()
}

/// Checks that texts arrive unchanged: as arguments and environment of the program, as arguments of a step, and as an
/// input in the text of a step.
fn arrive(site: &Site, odd: &[&str]) {
    let arguments: Vec<_> = odd.iter().copied().map(string).collect();
    let environment: Vec<_> = arguments
        .iter()
        .enumerate()
        .map(|(at, text)| format!("T{at} = {text}"))
        .collect();
    let arguments = arguments.join(", ");
    site.install([
        (
            "\"--port\", \"{port}\", \"--color\", \"{color}\"]",
            format!(
                "\"{{port}}\", \"{{color}}\", {arguments}]\n    env = {{ {} }}",
                environment.join(", ")
            )
            .as_str(),
        ),
        (
            "  artifact",
            format!(
                "  input NOTE: string\n  before switch {{\n    exec [\"/opt/keep\", \"/srv/step\", {arguments}]\n    \
                 shell r\"\"\"\n      printf '%s\\0' \"$NOTE\" `echo sub` >/srv/note\n      \"\"\"\n  }}\n\n  artifact"
            )
            .as_str(),
        ),
    ]);
    site.host.write_program(
        "/opt/keep",
        "#!/bin/bash\nfile=$1\nshift\nprintf '%s\\0' \"$@\" >\"$file\"\n",
    );
    site.stage_program(
        "/opt/keep /srv/program \"${@:3}\"\nenv -0 >/srv/environment\nexec /opt/testapp --port \"$1\" --color \"$2\"",
    );
    let note = "-n $(touch /pwned) 'a' \"b\"\n\\ 한";
    site.run_with("deploy", &[("NOTE", note)]).ok();
    assert_eq!(texts(&site.host, "/srv/program"), odd);
    assert_eq!(texts(&site.host, "/srv/step"), odd);
    assert_eq!(texts(&site.host, "/srv/note"), [note, "sub"]);
    let environment = texts(&site.host, "/srv/environment");
    for (at, text) in odd.iter().enumerate() {
        let entry = format!("T{at}={text}");
        assert!(environment.contains(&entry), "{entry:?}");
    }
    assert!(!site.host.exists("/pwned"));
}

fn odd_texts_arrive_at_programs() -> Result<(), Skip> {
    arrive(&Site::new()?, &ODD);
    Ok(())
}

/// systemd itself would not pass on control characters, nor all of Unicode.
fn odd_texts_arrive_at_programs_of_systemd() -> Result<(), Skip> {
    arrive(&Site::on_systemd()?, &ODD);
    Ok(())
}

/// Two secrets. Nothing else on the host contains these texts.
const SECRETS: [&str; 2] = ["hunter2-swordfish", "correct-horse's \"staple\""];

/// Returns a site whose program, gate and steps get both secrets. One of them comes from a file.
fn with_secrets() -> Result<Site, Skip> {
    let site = Site::with("data/with_secrets")?;
    site.host
        .write("/root/password", format!("PASSWORD={}\n", SECRETS[1]));
    site.host
        .bash("chmod 600 /root/password && mkdir -p /home/ec2-user")
        .ok();
    // The watcher reads the secrets from this file, because they must not be on its command line.
    site.host
        .write("/home/ec2-user/looked-for", SECRETS.join("\n"));
    Ok(site)
}

/// Runs a command with the secret in its environment.
fn run_with_secret(site: &Site, words: &[&str]) -> Outcome {
    let mut line = site.host.command(words);
    line.env("TOKEN", SECRETS[0]);
    run(line, Duration::from_secs(90))
}

/// Searches all command lines and all files that the script may have written, until it is ended. It runs as another
/// user.
const WATCH: &str = r"
while :; do
  cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' | grep -oF -f /home/ec2-user/looked-for
  find /var/lib/deployc /srv /tmp /run /var/log /etc/nginx -type f -readable \
    -exec grep -lF -f /home/ec2-user/looked-for {} + 2>/dev/null
  echo looked >&2
done
";

fn a_secret_is_seen_by_its_program_alone() -> Result<(), Skip> {
    let site = with_secrets()?;
    // Everybody may read this file. If the watcher reports it, the watcher works.
    site.host.write("/tmp/leak", SECRETS[0]);
    let watch = site.host.start(&[
        "setpriv",
        "--reuid=ec2-user",
        "--clear-groups",
        "bash",
        "-c",
        WATCH,
    ]);
    let mut said = String::new();
    for words in [
        vec![SCRIPT, "deploy", "--log", "json"],
        vec![SCRIPT, "status", "--json"],
        vec![SCRIPT, "history"],
        vec![SCRIPT, "doctor"],
        vec![SCRIPT, "plan"],
        vec![SCRIPT, "rollback"],
        vec![SCRIPT, "deploy"],
    ] {
        said += &run_with_secret(&site, &words).output();
    }
    site.stage("--health never");
    said += &run_with_secret(&site, &[SCRIPT, "deploy", "--log", "json"])
        .exits(1)
        .output();
    assert!(said.contains("token ***"), "{said}");
    for secret in SECRETS {
        assert!(!said.contains(secret), "{said}");
    }
    watch.signal(rustix::process::Signal::TERM);
    // The time counts from the watcher's start.
    let watched = watch.wait(Duration::from_secs(200));
    assert!(watched.stderr.matches("looked").count() > 5, "{watched}");
    let mut seen: Vec<_> = watched.stdout.lines().collect();
    seen.dedup();
    assert_eq!(seen, ["/tmp/leak"], "another user saw a secret");
    site.host.run(&["rm", "/tmp/leak"]).ok();

    // Even root finds the secrets only where releases keep their inputs, and not in a log, a journal or the history.
    let found = site
        .host
        .bash("grep -rlF -f /home/ec2-user/looked-for /var/lib/deployc /srv /tmp /run /var/log /etc/nginx")
        .stdout;
    assert!(found.contains("/inputs/TOKEN\n"), "{found}");
    assert!(found.contains("/inputs/PASSWORD\n"), "{found}");
    for file in found.lines() {
        let (folder, name) = file.rsplit_once('/').expect("the path is absolute");
        assert!(folder.ends_with("/inputs"), "{file}");
        assert!(["TOKEN", "PASSWORD"].contains(&name), "{file}");
        let mode = |path: &str| {
            let metadata = site.host.path(path).metadata().expect("the file is there");
            metadata.permissions().mode() & 0o777
        };
        assert_eq!((mode(folder), mode(file)), (0o700, 0o600), "{file}");
    }
    Ok(())
}

/// `bash -x` prints every value to its caller, as the documentation says. The script's own files contain no secret.
fn a_trace_shows_secrets_to_its_reader_alone() -> Result<(), Skip> {
    let site = with_secrets()?;
    let traced = run_with_secret(&site, &["bash", "-x", SCRIPT, "deploy"]).ok();
    assert!(
        traced.stderr.contains(SECRETS[0]),
        "the trace does not contain the secret"
    );
    assert!(!traced.stdout.contains(SECRETS[0]));
    let found = site
        .host
        .bash("grep -rlF -f /home/ec2-user/looked-for /var/lib/deployc /srv /tmp /run /var/log")
        .stdout;
    assert!(!found.is_empty());
    for file in found.lines() {
        assert!(file.contains("/inputs/"), "{file}");
    }
    Ok(())
}
