//! 0.1.0 deploys, today's script deploys twice, goes back to the old release and forward again.

use crate::landed::{By, Upgrade};
use crate::support::skip::Skip;

crate::tests![deploys_and_back];

fn deploys_and_back() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    host.replace(By::Today);
    host.stage("three").run("deploy").ok();
    host.assert_rests_on("green three");
    // The release that it goes back to was made by 0.1.0, and answers with 0.1.0's script.
    host.run("rollback").ok();
    host.assert_rests_on("blue two");
    host.run("rollback").ok();
    host.assert_rests_on("green three");
    host.stage("four").run("deploy").ok();
    host.assert_rests_on("blue four");
    host.run("rollback").ok();
    host.assert_rests_on("green three");
    Ok(())
}
