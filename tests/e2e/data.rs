//! What is said in `deploy.bg` and given at deploy time is data: it arrives unchanged, and secrets are for the program alone.

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

/// A text as `deploy.bg` writes it.
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

/// What a file of texts, a NUL after each, holds.
fn texts(host: &Host, file: &str) -> Vec<String> {
    let text = host.read(file);
    text.split_terminator('\0').map(str::to_owned).collect()
}

/// Arguments and environment of the program, arguments of a step, and an input in the text of a step.
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

/// systemd itself would pass neither control characters nor all of Unicode on.
fn odd_texts_arrive_at_programs_of_systemd() -> Result<(), Skip> {
    arrive(&Site::on_systemd()?, &ODD);
    Ok(())
}

/// Two secrets, as a fixed text each that nothing else contains.
const SECRETS: [&str; 2] = ["hunter2-swordfish", "correct-horse's \"staple\""];

/// A site whose program, gate and steps are given secrets, one of them from a file.
fn with_secrets() -> Result<Site, Skip> {
    let site = Site::with("data/with_secrets")?;
    site.host
        .write("/root/password", format!("PASSWORD={}\n", SECRETS[1]));
    site.host
        .bash("chmod 600 /root/password && mkdir -p /home/ec2-user")
        .ok();
    // What others look for, in a file: it must not be on their command lines either.
    site.host
        .write("/home/ec2-user/looked-for", SECRETS.join("\n"));
    Ok(site)
}

/// The script with its options, and the secret in its environment.
fn run_with_secret(site: &Site, words: &[&str]) -> Outcome {
    let mut line = site.host.command(words);
    line.env("TOKEN", SECRETS[0]);
    run(line, Duration::from_secs(90))
}

/// Looks, as another user, at all command lines and all files that the script could have written, until it is ended.
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
    // One that is no secret any more, so that it is known that the other user looks.
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
    // Counted from its start.
    let watched = watch.wait(Duration::from_secs(200));
    assert!(watched.stderr.matches("looked").count() > 5, "{watched}");
    let mut seen: Vec<_> = watched.stdout.lines().collect();
    seen.dedup();
    assert_eq!(seen, ["/tmp/leak"], "another user saw a secret");
    site.host.run(&["rm", "/tmp/leak"]).ok();

    // Root finds them where releases keep their inputs, and nowhere else: no log, no journal, no history.
    let found = site
        .host
        .bash("grep -rlF -f /home/ec2-user/looked-for /var/lib/deployc /srv /tmp /run /var/log /etc/nginx")
        .stdout;
    assert!(found.contains("/inputs/TOKEN\n"), "{found}");
    assert!(found.contains("/inputs/PASSWORD\n"), "{found}");
    for file in found.lines() {
        let (folder, name) = file.rsplit_once('/').expect("a whole path");
        assert!(folder.ends_with("/inputs"), "{file}");
        assert!(["TOKEN", "PASSWORD"].contains(&name), "{file}");
        let mode = |path: &str| {
            let metadata = site.host.path(path).metadata().expect("it is there");
            metadata.permissions().mode() & 0o777
        };
        assert_eq!((mode(folder), mode(file)), (0o700, 0o600), "{file}");
    }
    Ok(())
}

/// As the docs say: `bash -x` prints every value, to whoever started it; the script's own files stay clean.
fn a_trace_shows_secrets_to_its_reader_alone() -> Result<(), Skip> {
    let site = with_secrets()?;
    let traced = run_with_secret(&site, &["bash", "-x", SCRIPT, "deploy"]).ok();
    assert!(
        traced.stderr.contains(SECRETS[0]),
        "a trace without the secret"
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
