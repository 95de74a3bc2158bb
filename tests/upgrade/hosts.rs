//! What a host of 0.1.0 lacks.

use crate::landed::{By, STATE, Upgrade};
use crate::support::skip::Skip;

crate::tests![the_state_has_no_runtimes];

fn the_state_has_no_runtimes() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    let runtimes = format!("{STATE}/runtimes");
    assert!(!host.site.host.exists(&runtimes));
    host.replace(By::Today);
    host.run("status").ok().says("blue");
    assert!(
        !host.site.host.exists(&runtimes),
        "`status` changes nothing"
    );
    host.stage("three").run("deploy").ok();
    assert!(host.site.host.exists(&runtimes));
    Ok(())
}
