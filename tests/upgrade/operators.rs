//! `rollback RELEASE`, `restart` and `remove` for a release of 0.1.0. Its script cannot make a copy, but it can stop
//! the release.

use crate::landed::{By, STATE, Upgrade};
use crate::support::skip::Skip;

crate::tests![
    a_release_of_0_1_0_is_not_copied,
    after_two_deploys_no_release_of_0_1_0_is_kept,
    after_a_way_back_only_a_deploy_goes_further_back,
    a_release_of_0_1_0_is_removed,
];

fn a_release_of_0_1_0_is_not_copied() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    host.replace(By::Today);
    host.run("restart")
        .exits(3)
        .says("deploy the version that you want");
    host.assert_rests_on("blue two");
    host.stage("three").run("deploy").ok();
    host.assert_rests_on("green three");
    let two = host.release("previous");
    host.run(&format!("rollback {two}"))
        .exits(3)
        .says("was made by an older deployc")
        .says("`rollback` without a name starts the release itself");
    host.run("releases").ok().says(&two);
    host.assert_rests_on("green three");
    // Without a name the old release itself is started, as before.
    host.run("rollback").ok();
    host.assert_rests_on("blue two");
    let three = host.release("previous");
    host.run(&format!("rollback {three}")).ok();
    host.assert_rests_on("green three");
    Ok(())
}

/// Since the first deploy `rollback` went to the release of 0.1.0. The second deploy needs its color. The release cannot
/// be copied, so it is not kept without a color.
fn after_two_deploys_no_release_of_0_1_0_is_kept() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    let two = host.release("live");
    host.replace(By::Today);
    host.stage("three").run("deploy").ok();
    let three = host.release("live");
    host.stage("four").run("deploy").ok();
    host.assert_rests_on("blue four");
    host.run("releases").ok().never_says(&two);
    host.run(&format!("rollback {two}"))
        .exits(3)
        .says(&format!(
            "there is no release {two} (any more): deploy that version; the kept releases are {three} "
        ))
        .says("nothing was changed");
    host.assert_rests_on("blue four");
    // The version itself is not lost: a deploy brings it back.
    host.stage("two").run("deploy").ok();
    host.assert_rests_on("green two");
    Ok(())
}

/// A deploy has gone back to a release of today's script, and the one before is of 0.1.0.
fn after_a_way_back_only_a_deploy_goes_further_back() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?.put(By::Today);
    host.stage("three").run("deploy").ok();
    let two = host.release("previous");
    host.stage_with("four", "--broken /profile")
        .run("deploy")
        .exits(1);
    for command in ["rollback".to_owned(), format!("rollback {two}")] {
        host.run(&command)
            .exits(3)
            .says("deploy the version that you want");
    }
    host.assert_rests_on("green three");
    Ok(())
}

fn a_release_of_0_1_0_is_removed() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    host.replace(By::Today);
    host.serve_without_the_app();
    host.run("remove --stop-serving").ok();
    assert_eq!(host.running(), Vec::<String>::new());
    assert!(!host.site.host.exists(STATE));
    Ok(())
}
