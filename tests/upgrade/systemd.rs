//! An upgrade on a host with systemd. After a boot a unit starts the color that served, with the script of its release.

use crate::landed::{By, SOON, STATE, Upgrade};
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![after_each_boot_the_live_color_runs];

fn after_each_boot_the_live_color_runs() -> Result<(), Skip> {
    let mut host = Upgrade::empty_on_systemd("hello")?;
    host.stage("one").run("deploy").ok();
    boots_into(&mut host, "green one");
    let resumes_by = |host: &Upgrade| {
        let script = host.site.host.read(&format!("{STATE}/resume"));
        if script.contains("load_runtime") {
            By::Today
        } else {
            By::Landed
        }
    };
    assert_eq!(resumes_by(&host), By::Landed);

    host.replace(By::Today);
    host.stage("two").run("deploy").ok();
    assert_eq!(resumes_by(&host), By::Today);
    boots_into(&mut host, "blue two");
    // The unit needs no file of the bundle.
    host.site
        .host
        .run(&["mv", "/srv/hello/deploy", "/srv/hello/away"])
        .ok();
    boots_into(&mut host, "blue two");
    host.site
        .host
        .run(&["mv", "/srv/hello/away", "/srv/hello/deploy"])
        .ok();

    host.run("rollback").ok();
    host.assert_rests_on("green one");
    assert_eq!(
        resumes_by(&host),
        By::Landed,
        "the release's own script brings it up"
    );
    boots_into(&mut host, "green one");

    host.stage("three").run("deploy").ok();
    host.stage("four").run("deploy").ok();
    boots_into(&mut host, "green four");

    // The old script is put back.
    host.replace(By::Landed);
    host.run("rollback").ok();
    boots_into(&mut host, "blue three");
    host.stage("five").run("deploy").ok();
    assert_eq!(resumes_by(&host), By::Landed);
    boots_into(&mut host, "green five");
    Ok(())
}

#[track_caller]
fn boots_into(host: &mut Upgrade, release: &str) {
    host.site.host.reboot();
    let serves = wait::until(SOON, || host.serves() == release);
    assert!(serves, "after the boot users get {}", host.serves());
    assert_eq!(host.running(), [release]);
}
