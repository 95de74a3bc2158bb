//! 0.1.0 is killed at each point of its journal, and then each command of today's script runs.
//!
//! Each command is tried at each point, also where two points have the same phase. Before the kill `blue two` serves,
//! and 0.1.0 deploys `green three`, or goes back to `green one`. A command of today's script deploys `four`.
//!
//! `by_0_1_0`: 0.1.0 itself runs the command, which shows what it did. Some cells of each phase are always tried, so
//! that the answers of 0.1.0 in `table.rs` are true. `UPGRADE_ALL=1` tries all.

use libtest_mimic::Trial;

use crate::hold::Hold;
use crate::landed::{By, SOON, Upgrade};
use crate::matrix::{POINTS, Point, trials};
use crate::support::wait;

const TABLE: &str = "
                 deploy      prepare      switch      cleanup     abort       rollback    resume      adopt
preparing        0:four      0:two+four   2:two       0:two       0:two       0:one       0:two       0:two
started          0:four      0:two+four   2:two       0:two       0:two       0:one       0:two       0:two
probing          0:four      (0:two+four) (2:two)     (0:two)     (0:two)     (0:one)     0:two       (0:two)
prepared         4:two+three 4:two+three  0:three+two 4:two+three 0:two       4:two+three 0:two+three 0:two+three
swapping         0:four      0:two+four   2:two       0:two       0:two       0:two       0:two       0:two
reloaded         0:four      0:two+four   2:two       0:two       0:two       0:two       0:two       0:two
handing          0:four+two  0:two+four   2:two       0:two       0:two       0:two       0:two       0:two
handed           0:four+two  0:two+four   2:two       0:two       0:two       0:two       0:two       0:two
switched         0:four      0:three+four 0:three+two 0:three     0:three+two 0:two       0:three+two 0:three+two
going-back-begun 0:four      0:two+four   2:two       0:two       0:two       0:one       0:two       0:two
going-back       0:four      0:two+four   2:two       0:two       0:two       0:one       0:two       0:two
went-to-one      0:four      0:one+four   0:one+two   0:one       0:one+two   0:two       0:one+two   0:one+two
going-back-soon  0:four      0:three+four 0:three+two 0:three     0:three+two 0:two       0:three+two 0:three+two
gone-back        0:four      0:two+four   2:two       0:two       0:two       0:one       0:two       0:two
adopting         3:two       3:two        2:two       0:two       0:two       3:two       3:two       0:two
adopt-swapping   3:two       3:two        2:two       0:two       0:two       3:two       3:two       0:two
adopted          0:four      0:two+four   2:two       0:two       0:two       0:one       0:two       0:two
";

/// The answers of 0.1.0 that are different: a point, a command, a cell and the reason.
const OF_0_1_0: [(&[&str], &str, &str, &str); 3] = [
    (
        &["swapping", "reloaded"],
        "rollback",
        "0:one",
        "0.1.0 went back from the interrupted deployment, and then one release further",
    ),
    (&["handing", "handed"], "rollback", "0:one+two", "the same"),
    (
        &["swapping", "reloaded", "handing", "handed", "going-back"],
        "adopt",
        "1:two",
        "0.1.0 tried to adopt the color that it had just stopped",
    ),
];

/// Points that only 0.1.0 reaches in this way.
const OWN_POINTS: [Point; 4] = [
    // `verify` has failed. The old color serves again, and the journal of 0.1.0 has the phase `preparing` again.
    Point {
        name: "gone-back",
        app: "hello",
        kill: |host| {
            host.stage_with("three", "--broken /profile");
            host.kill_at("deploy", Hold::Journal("phase=preparing *draining=? "));
        },
    },
    // Somebody has edited the fragment of a color that 0.1.0 started.
    Point {
        name: "adopting",
        app: "hello",
        kill: |host| {
            host.edit_fragment();
            host.kill_at("adopt", Hold::Journal("phase=preparing "));
        },
    },
    Point {
        name: "adopt-swapping",
        app: "hello",
        kill: |host| {
            host.edit_fragment();
            host.kill_at("adopt", Hold::AfterReload);
        },
    },
    // Somebody has started the live color by hand.
    Point {
        name: "adopted",
        app: "hello",
        kill: |host| {
            start_by_hand(host);
            host.kill_at("adopt", Hold::Journal("phase=switched "));
        },
    },
];

pub fn tests() -> Vec<Trial> {
    let points: Vec<_> = POINTS.into_iter().chain(OWN_POINTS).collect();
    let mut tests = trials("killed_landed", TABLE, &points, Upgrade::of, By::Today);
    tests.extend(trials(
        "killed_landed::by_0_1_0",
        &table_of_0_1_0(),
        &points,
        Upgrade::of,
        By::Landed,
    ));
    tests
}

/// The cells that 0.1.0 itself is always tried with: a point and its commands, for each phase.
const ALWAYS_BY_0_1_0: [(&str, &[&str]); 4] = [
    ("probing", &["deploy", "resume"]),
    ("prepared", &["deploy", "switch", "abort"]),
    ("reloaded", &["deploy", "rollback", "adopt"]),
    ("switched", &["deploy", "switch"]),
];

/// [`TABLE`] with the cells of [`OF_0_1_0`]. Those that are not of [`ALWAYS_BY_0_1_0`] are in parentheses.
fn table_of_0_1_0() -> String {
    let mut lines = TABLE.lines().filter(|line| !line.is_empty());
    let header = lines.next().unwrap_or_default();
    let mut table = format!("{header}\n");
    for line in lines {
        let mut words = line.split_whitespace();
        let point = words.next().unwrap_or_default();
        table += point;
        for (command, cell) in header.split_whitespace().zip(words) {
            let differs = OF_0_1_0
                .iter()
                .find(|(points, of, ..)| points.contains(&point) && *of == command);
            let cell = differs.map_or(cell, |(_, _, cell, _)| cell);
            let cell = cell.trim_matches(['(', ')']);
            let mut always = ALWAYS_BY_0_1_0.iter();
            if always.any(|(at, commands)| *at == point && commands.contains(&command)) {
                table += &format!(" {cell}");
            } else {
                table += &format!(" ({cell})");
            }
        }
        table += "\n";
    }
    table
}

/// Somebody starts the live color by hand.
pub fn start_by_hand(host: &Upgrade) {
    // When the process has ended, its port is free.
    let end = "kill -KILL $(pgrep -x testapp); while pgrep -x testapp; do sleep 0.05; done";
    host.site.host.bash(end).ok();
    host.site
        .host
        .bash("cd /tmp; nohup setsid /opt/testapp --port 8081 --color blue --sha two >/tmp/by-hand.log 2>&1 </dev/null &")
        .ok();
    host.site.host.wait_for_port(8081);
    let serves = wait::until(SOON, || host.serves() == "blue two");
    assert!(serves, "users get {}", host.serves());
}
