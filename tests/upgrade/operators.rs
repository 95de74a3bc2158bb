//! `rollback RELEASE`, `restart` and `remove` for a release of 0.1.0. Its script cannot make a copy, but it can stop
//! the release.

use crate::landed::{By, STATE, Upgrade};
use crate::support::skip::Skip;

crate::tests![
    a_release_of_0_1_0_is_not_copied,
    a_release_of_0_1_0_is_removed,
];

/// Returns the name of the release that a pointer leads to.
fn release(host: &Upgrade, pointer: &str) -> String {
    let path = format!("readlink -f {STATE}/{pointer}");
    let target = host.site.host.bash(&path).ok().stdout;
    let name = target.trim().rsplit('/').next();
    name.unwrap_or_default().to_owned()
}

fn a_release_of_0_1_0_is_not_copied() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    host.replace(By::Today);
    host.run("restart")
        .exits(3)
        .says("deploy the version that you want");
    host.assert_rests_on("blue two");
    host.stage("three").run("deploy").ok();
    host.assert_rests_on("green three");
    let two = release(&host, "previous");
    host.run(&format!("rollback {two}"))
        .exits(3)
        .says("deploy the version that you want");
    host.run("releases").ok().says(&two);
    host.assert_rests_on("green three");
    // Without a name the old release itself is started, as before.
    host.run("rollback").ok();
    host.assert_rests_on("blue two");
    let three = release(&host, "previous");
    host.run(&format!("rollback {three}")).ok();
    host.assert_rests_on("green three");
    Ok(())
}

fn a_release_of_0_1_0_is_removed() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    host.replace(By::Today);
    let gone = "server { listen 127.0.0.1:80; return 410; }\n";
    let site = &host.site.host;
    site.write("/etc/nginx/sites-enabled/default", gone);
    host.run("remove --stop-serving").ok();
    assert_eq!(host.running(), Vec::<String>::new());
    assert!(!site.exists(STATE));
    Ok(())
}
