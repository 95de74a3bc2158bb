//! The additional work of a script on a host with systemd.

use std::time::Duration;

use crate::support::site::{SCRIPT, Site};
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![
    a_program_outlives_the_control_group_of_its_caller,
    after_a_boot_the_live_color_runs_and_only_it,
    a_manager_that_does_not_answer_after_the_start,
];

/// When an agent is restarted, systemd ends every process in its control group.
fn a_program_outlives_the_control_group_of_its_caller() -> Result<(), Skip> {
    let site = Site::on_systemd()?;
    let agent = format!("{SCRIPT} deploy && exec sleep 1000");
    site.host
        .run(&["systemd-run", "--unit=agent", "bash", "-c", &agent])
        .ok();
    assert!(
        wait::until(Duration::from_secs(60), || site
            .host
            .bash("pgrep -f '^sleep 1000'")
            .code
            == 0),
        "{}",
        site.host.run(&["journalctl", "-u", "agent"])
    );
    let live = site.serves();
    site.host.run(&["systemctl", "stop", "agent"]).ok();
    site.assert_serves_only(&live);
    site.deploy().ok();
    let live = site.serves();
    site.assert_serves_only(&live);
    Ok(())
}

fn after_a_boot_the_live_color_runs_and_only_it() -> Result<(), Skip> {
    let mut site = Site::on_systemd()?;
    site.deploy().ok();
    site.deploy().ok();
    let live = site.serves();
    site.host.reboot();
    assert!(
        wait::until(Duration::from_secs(60), || site.serves() == live),
        "after the boot users get {}",
        site.serves()
    );
    site.assert_serves_only(&live);
    // The machine reboots after `prepare`. The prepared color does not start again by itself.
    site.run("prepare").ok();
    site.host.reboot();
    assert!(
        wait::until(Duration::from_secs(60), || site.serves() == live),
        "after the boot users get {}",
        site.serves()
    );
    assert_eq!(site.running(), [live.as_str()]);
    site.run("status").ok();
    site.deploy().ok();
    Ok(())
}

/// systemd has started the program, but does not report the start's id. The name of the unit remains the identity, so the
/// program is still this script's, and can be stopped.
fn a_manager_that_does_not_answer_after_the_start() -> Result<(), Skip> {
    let site = Site::on_systemd()?;
    let shim = "/usr/local/sbin/systemctl";
    site.host.write_program(
        shim,
        "#!/bin/bash\n[[ $* != 'show --property=InvocationID '* ]] || exit 1\nexec /usr/bin/systemctl \"$@\"\n",
    );
    site.deploy().ok();
    let first = site.serves();
    assert_eq!(site.running(), [first.as_str()]);
    site.host.run(&["rm", shim]).ok();
    site.run("status --json").ok().says("\"complete\":true");
    site.deploy().ok();
    assert_ne!(site.serves(), first);
    assert_eq!(site.running(), [site.serves()]);
    Ok(())
}
