//! x

use crate::hold::Hold;
use crate::landed::{By, Upgrade};
use crate::support::skip::Skip;

crate::tests![x];

fn x() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    host.stage("three")
        .kill_at("deploy", Hold::Journal("phase=swapping"));
    host.replace(By::Today);
    host.run("deploy").ok();
    Ok(())
}
