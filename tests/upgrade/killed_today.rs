//! Today's script is killed, and the script of 0.1.0 is put back (`git revert`). 0.1.0 recovers what it can. For a
//! journal that it cannot read it asks for a person.
//!
//! `one` was deployed by 0.1.0, `blue two` by today's script. Today's script is killed while it deploys `green three`.
//! A command of 0.1.0 deploys `four`.

use libtest_mimic::Trial;

use crate::hold::Hold;
use crate::landed::{By, STATE, Upgrade};
use crate::matrix::{POINTS, Point, trials};
use crate::support::site::FRAGMENT;
use crate::support::skip::Skip;
use crate::trial;

const TABLE: &str = "
                 deploy      prepare        switch      cleanup   abort       rollback    resume      adopt
preparing        0:four      -              -           -         (0:two)     -           (0:two)     -
started          0:four      -              2:two       -         0:two       0:one       0:two       -
probing          0:four      (0:two+four)   (2:two)     0:two     (0:two)     (0:one)     (0:two)     0:two
prepared         4:two+three (4:two+three)  0:three+two -         0:two       4:two+three 0:two+three -
swapping         0:four      -              2:two       -         0:two       0:one       0:two       -
reloaded         0:four      (0:two+four)   -           (0:two)   -           -           0:two       1:two
handing          0:four+two  -              -           -         -           0:one+two   -           -
handed           0:four+two  -              -           -         0:two       0:one+two   0:two       -
switched         0:four      (0:three+four) 0:three+two (0:three) 0:three+two 0:two       0:three+two 0:three+two
going-back-begun (0:four)    -              -           -         -           0:one       (0:two)     -
going-back       0:four      -              -           -         -           0:one       0:two       -
went-to-one      0:four      -              -           0:one     -           (0:two)     (0:one+two) -
going-back-soon  0:four      -              -           -         -           0:two       0:three+two -
to-two           0:four      -              -           -         -           0:two       (0:three)   -
went-to-two      0:four      -              -           0:two     -           (0:three)   -           -
";

/// `rollback RELEASE` from `green three` to a copy of `blue two`. 0.1.0 does not know this kind, and continues as after
/// a deployment, which is right.
const OWN_POINTS: [Point; 2] = [
    Point {
        name: "to-two",
        app: "hello",
        kill: |host| kill_on_the_way_to_two(host, "phase=swapping *kind=rollback_to "),
    },
    Point {
        name: "went-to-two",
        app: "hello",
        kill: |host| kill_on_the_way_to_two(host, "phase=switched *kind=rollback_to "),
    },
];

fn kill_on_the_way_to_two(host: &Upgrade, journal: &'static str) {
    host.run("deploy").ok();
    assert_eq!(host.serves(), "green three");
    let rollback = format!("rollback {}", host.release("previous"));
    host.kill_at(&rollback, Hold::Journal(journal));
}

/// The phases of a removal, and their journals.
const REMOVING: [(&str, &str); 3] = [
    ("removing", "phase=removing "),
    ("remove_swapping", "phase=remove_swapping *kind=remove "),
    ("remove_switched", "phase=remove_switched *kind=remove "),
];

const COMMANDS: [&str; 8] = [
    "deploy", "prepare", "switch", "cleanup", "abort", "rollback", "resume", "adopt",
];

pub fn tests() -> Vec<Trial> {
    let points: Vec<_> = POINTS.into_iter().chain(OWN_POINTS).collect();
    let mut tests = trials("killed_today", TABLE, &points, deployed_by_both, By::Landed);
    tests.push(trial("killed_today::gone_back", gone_back));
    tests.push(trial("killed_today::adopting", adopting));
    for (phase, journal) in REMOVING {
        let run = move || removing(phase, journal);
        tests.push(trial(format!("killed_today::{phase}"), run));
    }
    tests
}

/// Makes a host on which 0.1.0 has deployed `one` and today's script `two`.
fn deployed_by_both(app: &'static str) -> Result<Upgrade, Skip> {
    let host = Upgrade::empty(app)?;
    host.stage("one").run("deploy").ok();
    host.replace(By::Today);
    host.stage("two").run("deploy").ok();
    assert_eq!(host.serves(), "blue two");
    host.noted();
    Ok(host)
}

/// Fails the test unless every command of 0.1.0 asks for a person and changes nothing. Then today's script is put back
/// and recovers.
fn only_a_person_helps(host: &Upgrade, phase: &str) {
    assert_eq!(host.phase(), phase);
    let found = || (host.journal(), host.running(), host.serves());
    let before = found();
    host.replace(By::Landed).stage("four");
    for command in COMMANDS {
        host.run(command).exits(5).says(&format!(
            "says '{phase}', which this script does not know: was a newer one at work?"
        ));
        assert_eq!(found(), before, "`{command}` has changed something");
    }
    host.run("status");
    assert_eq!(found(), before, "`status` has changed something");
    host.replace(By::Today);
}

/// `verify` has failed. The old color serves again, and the new one drains.
fn gone_back() -> Result<(), Skip> {
    let host = deployed_by_both("hello")?;
    host.stage_with("three", "--broken /profile");
    host.kill_at("deploy", Hold::Journal("phase=returning "));
    only_a_person_helps(&host, "returning");
    host.run("deploy").ok();
    host.assert_rests_on("green four");
    Ok(())
}

/// Somebody has edited the fragment.
fn adopting() -> Result<(), Skip> {
    let host = deployed_by_both("hello")?;
    let text = host.site.host.read(FRAGMENT);
    host.edit_fragment();
    host.kill_at("adopt", Hold::Journal("phase=adopting "));
    only_a_person_helps(&host, "adopting");
    assert_eq!(host.serves(), "blue two");
    host.run("adopt").ok();
    host.assert_rests_on("blue two");
    assert_eq!(host.site.host.read(FRAGMENT), text);
    Ok(())
}

/// The application is removed. 0.1.0 had no such command.
fn removing(phase: &str, journal: &'static str) -> Result<(), Skip> {
    let host = deployed_by_both("hello")?;
    host.serve_without_the_app();
    host.kill_at("remove --stop-serving", Hold::Journal(journal));
    only_a_person_helps(&host, phase);
    host.run("remove --stop-serving").ok();
    assert_eq!(host.running(), Vec::<String>::new());
    assert!(!host.site.host.exists(STATE));
    Ok(())
}
