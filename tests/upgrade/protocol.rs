//! 0.1.0 stops and starts the releases of today's script through their own scripts. It knows only the words of protocol
//! 0, and today's scripts must answer all of them.

use std::collections::BTreeSet;
use std::fs;

use crate::landed::{By, SOON, STATE, Upgrade, of_landed};
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![each_word_of_0_1_0_is_answered];

/// The applications whose scripts of 0.1.0 are kept here, and the names of these scripts.
const SCRIPTS: [(&str, &str); 5] = [
    ("hello", "hello.sh"),
    ("worker", "hello.sh"),
    ("quickstart", "hello.sh"),
    ("haproxy-driver", "shop.sh"),
    ("spring-jar-codedeploy", "hello-spring.sh"),
];

/// Words with their arguments, in an order in which each one has something to do; and the running services after each.
const CALLS: [(&str, &str); 17] = [
    ("alive", "web mailer"),
    ("alive overlap", "web mailer"),
    ("running overlap", "web mailer"),
    ("gate", "web mailer"),
    ("has_exclusive", "web mailer"),
    ("logs 5", "web mailer"),
    ("persist on", "web mailer"),
    ("stop_service mailer", "web"),
    ("start_service mailer", "web mailer"),
    ("stop_exclusive", "web"),
    ("start_exclusive", "web mailer"),
    ("persist off", "web mailer"),
    ("stop", ""),
    ("start_missing overlap", "web"),
    ("start_missing", "web mailer"),
    ("stop", ""),
    ("clear", ""),
];

fn each_word_of_0_1_0_is_answered() -> Result<(), Skip> {
    let tried = CALLS.map(|(call, _)| call.split(' ').next().unwrap_or_default());
    assert_eq!(words_of_0_1_0(), BTreeSet::from(tried.map(str::to_owned)));
    let host = Upgrade::empty("worker")?.put(By::Today);
    host.stage("one").run("deploy").ok();
    let release = host.release("live");
    let folder = format!("{STATE}/releases/{release}");
    let ask = |call: &str| {
        let words = ["bash", &format!("{folder}/script"), "_release", &folder].map(str::to_owned);
        let words: Vec<_> = words
            .into_iter()
            .chain(call.split(' ').map(str::to_owned))
            .collect();
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        host.site.host.run(&words)
    };
    for (call, services) in CALLS {
        let outcome = ask(call);
        assert_eq!(outcome.code, 0, "{outcome}");
        let answer = format!("release {release}\n");
        assert!(outcome.stdout.starts_with(&answer), "{outcome}");
        let running = || {
            let web = host.running().len() == 1;
            let mailer = host.mailers().len() == 1;
            [(web, "web"), (mailer, "mailer")]
                .into_iter()
                .filter_map(|(runs, name)| runs.then_some(name))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let run = wait::until(SOON, || running() == services);
        assert!(run, "`{}` runs after `{call}`: {outcome}", running());
    }
    // Such an answer means that a word is unknown.
    assert_eq!(ask("unknown").code, 2);
    Ok(())
}

/// The words with which the scripts of 0.1.0 call a release's script.
fn words_of_0_1_0() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for (app, name) in SCRIPTS {
        let path = of_landed(app).join("deploy").join(name);
        let script = fs::read_to_string(&path).expect("the script is there");
        let lines = script.lines().filter(|line| !line.trim().starts_with('#'));
        for call in lines.flat_map(|line| line.split("of_release \"").skip(1)) {
            // The word follows the release, which is in quotes.
            let word = call.split("\" ").nth(1).unwrap_or_default();
            let end = word.find(|c: char| !(c.is_ascii_lowercase() || c == '_'));
            let word = &word[..end.unwrap_or(word.len())];
            assert!(!word.is_empty(), "a call without a word: {call}");
            words.insert(word.to_owned());
        }
    }
    words
}
