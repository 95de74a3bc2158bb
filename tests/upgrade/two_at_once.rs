//! One script is called while the other one still runs. Each must notice the other.

use crate::hold::Hold;
use crate::landed::{By, DEADLINE, SOON, Upgrade};
use crate::support::process::Running;
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![
    a_deploy_waits_for_none,
    a_rollback_of_today_s_ends_a_drain_of_0_1_0,
    a_rollback_of_0_1_0_ends_a_drain_of_today_s,
];

fn a_deploy_waits_for_none() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    for (at_work, called) in [(By::Landed, By::Today), (By::Today, By::Landed)] {
        host.replace(at_work).stage("three");
        let live = host.serves();
        let deploy = host.start_and_hold("deploy", Hold::BeforeReload);
        host.replace(called);
        host.run("deploy").exits(4).says("(process ");
        host.run("rollback").exits(4).says("(process ");
        host.run("status").says("may serve either");
        host.let_go();
        deploy.wait(DEADLINE).ok();
        assert_ne!(host.serves(), live);
        host.assert_at_rest();
    }
    Ok(())
}

fn a_rollback_of_today_s_ends_a_drain_of_0_1_0() -> Result<(), Skip> {
    ends_a_drain(By::Landed, By::Today)
}

fn a_rollback_of_0_1_0_ends_a_drain_of_today_s() -> Result<(), Skip> {
    ends_a_drain(By::Today, By::Landed)
}

/// The previous color has an open request with a long answer. It becomes live again before this answer ends.
fn ends_a_drain(drains: By, called: By) -> Result<(), Skip> {
    let host = Upgrade::of("hello")?.put(drains);
    let answer = long_answer(&host);
    let deploy = host.stage("three").start("deploy");
    let drains = wait::until(SOON, || {
        host.serves() == "green three" && host.phase() == "switched"
    });
    assert!(drains, "the deploy does not come to its drain");
    host.replace(called);
    host.run("rollback").ok();
    host.assert_rests_on("blue two");
    deploy.wait(DEADLINE).ok();
    let body = answer.wait(DEADLINE).ok().stdout;
    assert!(
        body.starts_with("blue") && body.ends_with("END\n"),
        "the answer is incomplete: {body}"
    );
    Ok(())
}

/// An open request to blue, whose answer takes longer than the rest of the test.
fn long_answer(host: &Upgrade) -> Running {
    let answer = host
        .site
        .host
        .start(&["curl", "-sSN", "http://127.0.0.1/stream?seconds=30"]);
    let connected = "grep -q ' 0100007F:1F91 .* 01 ' /proc/net/tcp";
    assert!(wait::until(SOON, || host.site.host.bash(connected).code == 0));
    answer
}
