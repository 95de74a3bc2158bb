//! 0.1.0 deploys. Then today's script deploys once, goes back to the old release and forward again, and deploys once
//! more. Then the old script is put back. After two deploys in a row there is no way back to 0.1.0's release, see
//! `operators.rs`.

use std::time::Duration;

use crate::landed::{By, Upgrade};
use crate::support::load::{Load, Long, Rates};
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![
    there_and_back_under_load,
    back_to_a_release_of_0_1_0_and_forward_again,
    a_worker_and_a_warm_color,
];

/// Short requests, with and without keep-alive, and requests that are open when a color is drained.
pub const RATES: Rates = Rates {
    keep_alive: 2,
    one_shot: 4,
    slow: Some(Long {
        lasts: Duration::from_secs(1),
        pause: Duration::from_millis(250),
    }),
    stream: None,
};

/// A team upgrades, goes back to 0.1.0, and upgrades again.
fn there_and_back_under_load() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    let load = Load::start(&host.site.host.network(), 80, RATES);
    assert!(wait::until(Duration::from_secs(30), || load.now()
        > Duration::from_secs(2)));
    host.replace(By::Today);
    host.stage("three").run("deploy").ok();
    host.assert_rests_on("green three");
    host.run("rollback").ok();
    host.assert_rests_on("blue two");
    host.run("rollback").ok();
    host.assert_rests_on("green three");
    host.stage("four").run("deploy").ok();
    host.assert_rests_on("blue four");
    host.replace(By::Landed);
    host.run("rollback").ok();
    host.assert_rests_on("green three");
    host.stage("five").run("deploy").ok();
    host.assert_rests_on("blue five");
    host.replace(By::Today);
    host.run("rollback").ok();
    host.assert_rests_on("green three");
    host.stage("six").run("deploy").ok();
    host.assert_rests_on("blue six");
    let report = load.stop();
    println!("{report}");
    report.assert_nothing_lost();
    Ok(())
}

/// Runs the commands one by one, as deploy hooks do, while the release of 0.1.0 still runs.
fn back_to_a_release_of_0_1_0_and_forward_again() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?.put(By::Today);
    host.stage("three").run("prepare --deployment next").ok();
    host.run("switch --deployment next").ok();
    assert_eq!(host.serves(), "green three");
    assert_eq!(host.running(), ["blue two", "green three"]);
    host.run("rollback").ok();
    host.assert_rests_on("blue two");
    // A failed deploy leaves the release of 0.1.0 as it is.
    host.stage_with("four", "--broken /profile")
        .run("deploy")
        .exits(1);
    host.assert_rests_on("blue two");
    host.stage_with("five", "--health never")
        .start("deploy")
        .wait(crate::landed::DEADLINE)
        .exits(1);
    host.assert_rests_on("blue two");
    host.run("resume").ok();
    host.assert_rests_on("blue two");
    host.stage("six").run("deploy").ok();
    host.assert_rests_on("green six");
    Ok(())
}

/// The mailer never runs twice, whichever script starts and stops it. `keep warm` keeps the color of 0.1.0 running.
fn a_worker_and_a_warm_color() -> Result<(), Skip> {
    let host = Upgrade::of("worker")?.put(By::Today);
    let moved = |from: &str, to: &str| {
        let noted = host.noted();
        let wanted = [
            format!("mailer of {from} ends"),
            format!("mailer of {to} begins"),
        ];
        let mailer: Vec<_> = noted
            .iter()
            .filter(|line| line.contains("mailer"))
            .collect();
        assert_eq!(mailer, wanted.iter().collect::<Vec<_>>(), "{noted:?}");
        assert!(wait::until(crate::landed::SOON, || host.mailers() == [to]));
        host.assert_at_rest();
    };
    let warm = host.site.host.processes("--sha two");
    host.stage("three").run("deploy").ok();
    moved("blue", "green");
    assert_eq!(host.running(), ["blue two", "green three"]);
    assert_eq!(
        host.site.host.processes("--sha two"),
        warm,
        "it was not started again"
    );
    host.run("rollback").ok();
    moved("green", "blue");
    assert_eq!(host.serves(), "blue two");
    assert_eq!(host.running(), ["blue two", "green three"]);
    assert_eq!(host.site.host.processes("--sha two"), warm);
    // The new release needs its place, so the release of 0.1.0 is stopped by its own script.
    host.run("rollback").ok();
    moved("blue", "green");
    host.stage("four").run("deploy").ok();
    moved("green", "blue");
    assert_eq!(host.running(), ["blue four", "green three"]);
    // The old script takes over the warm color of today's script.
    host.replace(By::Landed);
    host.run("rollback").ok();
    moved("blue", "green");
    host.stage("five").run("deploy").ok();
    moved("green", "blue");
    assert_eq!(host.running(), ["blue five", "green three"]);
    Ok(())
}
