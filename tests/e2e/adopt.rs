//! `adopt` takes over a fragment or a program that somebody else has made, and users notice nothing.

use std::time::Duration;

use crate::cut_short::{Hold, RELOAD, hold, kill, let_go};
use crate::support::load::{Load, Long, Rates};
use crate::support::site::{FRAGMENT, Site};
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![
    a_fragment_edited_by_hand,
    a_color_started_by_hand,
    a_color_that_a_unit_keeps_is_left_alone,
    what_does_not_pass_is_not_adopted,
    nothing_to_adopt,
    a_color_that_may_not_be_in_force_is_not_adopted,
    the_confirmed_color_is_put_in_force_again,
    the_color_of_the_file_becomes_the_confirmed_one,
    a_color_that_leaves_is_drained,
    what_served_before_is_not_known,
    after_a_killed_adopt_color_the_same_command_ends_it,
    a_mixed_file_is_written_again,
    a_color_that_cannot_be_put_in_force,
    a_fragment_edited_while_a_color_is_prepared,
    a_fragment_edited_before_the_cleanup,
    a_program_that_was_started_again_by_hand,
    a_program_that_serves_others_is_left_alone,
    after_a_killed_adoption_the_prepared_color_is_still_reserved,
];

/// A fragment as a person might write it.
const BY_HAND: &str =
    "# since 2019, do not touch\nupstream hello { server 127.0.0.1:8081 max_fails=0; }\n";

fn a_fragment_edited_by_hand() -> Result<(), Skip> {
    let site = Site::new()?;
    site.deploy().ok();
    let live = site.serves();
    let text = site.host.read(FRAGMENT);
    site.host.write(FRAGMENT, format!("{text}\n# by hand\n"));
    site.deploy().exits(3).says("adopt");
    site.run("adopt").ok().says(&live);
    assert_eq!(site.host.read(FRAGMENT).trim(), text.trim());
    site.assert_serves_only(&live);
    // It is the same release as before, so the next deployment can stop it.
    site.deploy().ok();
    assert_ne!(site.serves(), live);
    assert_eq!(site.running(), [site.serves()]);
    Ok(())
}

/// Returns a site as a hand-written script leaves it: blue runs, and a foreign fragment routes to it.
fn made_by_hand(start: &str) -> Result<Site, Skip> {
    let site = Site::new()?;
    site.host.write(FRAGMENT, BY_HAND);
    site.host.bash(start).ok();
    site.host.wait_for_port(8081);
    site.nginx().reload();
    Ok(site)
}

const NOHUP: &str = "cd /tmp; nohup setsid /opt/testapp --port 8081 --color blue >/tmp/by-hand.log 2>&1 </dev/null &";

fn a_color_started_by_hand() -> Result<(), Skip> {
    let site = made_by_hand(NOHUP)?;
    assert_eq!(site.serves(), "blue");
    site.deploy().exits(3).says("adopt");
    site.run("adopt").ok();
    site.run("restart").exits(3).says("adopted");
    site.run("status --json")
        .ok()
        .says("\"live\":\"blue\"")
        .says("\"running\":true");
    assert_eq!(site.serves(), "blue");
    site.deploy().ok();
    assert_eq!(site.serves(), "green");
    assert_eq!(site.running(), ["green"], "the adopted color still runs");
    // An adopted release has no artifact, so it cannot be started again.
    site.run("rollback").exits(3).says("adopted");
    site.assert_serves_only("green");
    Ok(())
}

fn a_color_that_a_unit_keeps_is_left_alone() -> Result<(), Skip> {
    let site = Site::on_systemd()?;
    site.host.write(FRAGMENT, BY_HAND);
    site.host
        .run(&[
            "systemd-run",
            "--quiet",
            "--unit=shop",
            "/opt/testapp",
            "--port",
            "8081",
            "--color",
            "blue",
        ])
        .ok();
    site.host.wait_for_port(8081);
    site.nginx().reload();
    site.run("adopt").ok().says("shop.service");
    site.deploy().ok().says("was not started by this script");
    assert_eq!(site.serves(), "green");
    assert_eq!(site.running(), ["blue", "green"]);
    Ok(())
}

fn what_does_not_pass_is_not_adopted() -> Result<(), Skip> {
    let site = made_by_hand(&NOHUP.replace("--color blue", "--color blue --health never"))?;
    site.run("adopt").exits(1).says("503");
    assert_eq!(site.host.read(FRAGMENT), BY_HAND);
    assert_eq!(site.running(), ["blue"]);
    site.run("status").ok().says("under way: nothing");
    Ok(())
}

fn nothing_to_adopt() -> Result<(), Skip> {
    let site = Site::new()?;
    site.deploy().ok();
    let live = site.serves();
    site.run("adopt").ok().says("nothing to adopt");
    site.host
        .write(FRAGMENT, "upstream hello { server 127.0.0.1:9; }\n");
    site.run("adopt").exits(3).says("neither");
    site.assert_serves_only(&live);
    Ok(())
}

/// The file names the other color, but nobody has reloaded nginx. Users still get the color of the last switch.
fn a_color_that_may_not_be_in_force_is_not_adopted() -> Result<(), Skip> {
    let (site, live) = deployed()?;
    let other = if live == "blue" { "8082" } else { "8081" };
    let start = NOHUP.replace(
        "--port 8081 --color blue",
        &format!("--port {other} --broken /profile"),
    );
    site.host.bash(&start).ok();
    let fragment = site.host.read(FRAGMENT);
    site.host.write(
        FRAGMENT,
        format!("upstream hello {{ server 127.0.0.1:{other}; }}\n"),
    );
    site.run("adopt")
        .exits(3)
        .says(&format!("{live} was confirmed last, still runs"));
    assert_eq!(site.serves(), live);
    site.host.write(FRAGMENT, fragment);
    assert_eq!(site.serves(), live);
    Ok(())
}

/// Returns a site with `keep warm` after two deployments: both colors run. Also returns the color of each deployment.
fn both_run() -> Result<(Site, String, String), Skip> {
    let site = Site::with("keep_warm/deployed_twice")?;
    site.stage("--sha one").deploy().ok();
    let first = site.serves();
    site.stage("--sha two").deploy().ok();
    let second = site.serves();
    Ok((site, first, second))
}

/// Puts the file of a color there, as a backup or Ansible does. nginx is not reloaded.
fn put_back(site: &Site, color: &str) {
    let built = format!("/srv/hello/deploy/nginx/{color}.conf");
    site.host.write(FRAGMENT, site.host.read(&built));
}

/// The file of the previous color was put back, and nobody has reloaded nginx. `adopt` with the color that serves writes
/// its file again.
fn the_confirmed_color_is_put_in_force_again() -> Result<(), Skip> {
    let (site, first, second) = both_run()?;
    let right = site.host.read(FRAGMENT);
    put_back(&site, &first);
    site.deploy()
        .exits(3)
        .says(&format!("{second} was confirmed last, still runs"))
        .says("`adopt COLOR` probes a color and puts it in force");
    site.run(&format!("adopt {second}")).ok();
    assert_eq!(site.host.read(FRAGMENT), right);
    site.nginx().reload();
    assert_eq!(site.serves(), second);
    assert_eq!(site.running(), ["blue", "green"]);
    site.run("rollback").ok();
    assert_eq!(site.serves(), first);
    Ok(())
}

/// The file of the previous color was put back, and nginx was reloaded: users get that color. `adopt` makes it the color
/// that was confirmed last.
fn the_color_of_the_file_becomes_the_confirmed_one() -> Result<(), Skip> {
    let (site, first, second) = both_run()?;
    put_back(&site, &first);
    site.nginx().reload();
    assert_eq!(site.serves(), first);
    site.deploy().exits(3).says("`adopt COLOR`");
    site.run(&format!("adopt {first}")).ok();
    assert_eq!(site.serves(), first);
    assert_eq!(site.running(), ["blue", "green"]);
    site.run("status --json")
        .ok()
        .says(&format!("\"live\":\"{first}\""));
    // The color that was confirmed before is the previous one now.
    site.run("rollback").ok();
    assert_eq!(site.serves(), second);
    site.deploy().ok();
    assert_eq!(site.serves(), first);
    Ok(())
}

/// Users have streams from the color that leaves. The deployment after the adoption needs its place, and drains it before
/// it stops it.
fn a_color_that_leaves_is_drained() -> Result<(), Skip> {
    let (site, first, second) = both_run()?;
    site.install("keep_warm/no_client_notices");
    let streams = Long {
        lasts: Duration::from_secs(6),
        pause: Duration::from_millis(500),
    };
    let rates = Rates {
        stream: Some(streams),
        ..Rates::FULL
    };
    let load = Load::start(&site.host.network(), 80, rates);
    for (adopted, replaced) in [(&first, &second), (&second, &first)] {
        let whole = load.now() + 2 * streams.pause;
        wait::until(Duration::from_secs(10), || load.now() > whole);
        put_back(&site, adopted);
        site.nginx().reload();
        site.run(&format!("adopt {adopted}"))
            .ok()
            .says(&format!("drains and stops {replaced}"));
        site.stage("--sha next").deploy().ok();
        assert_eq!(&site.serves(), replaced);
        site.run("rollback").ok();
        assert_eq!(&site.serves(), adopted);
    }
    load.stop().assert_nothing_lost();
    Ok(())
}

/// The color that is put in force fails its `verify`. Before, users may have had either color, so the script does not say
/// that anything is as before. A person decides.
fn what_served_before_is_not_known() -> Result<(), Skip> {
    let (site, first, second) = both_run()?;
    put_back(&site, &first);
    site.install("adopt/what_served_before_is_not_known");
    let failed = site.run(&format!("adopt {first}"));
    let said = failed
        .exits(5)
        .says(&format!("what serves now: {first}"))
        .output();
    assert!(!said.contains("as before"), "{said}");
    site.install("keep_warm/deployed_twice");
    site.run(&format!("adopt {second}")).ok();
    assert_eq!(site.serves(), second);
    Ok(())
}

/// `adopt COLOR` is killed before its reload, and right after it. The same command then puts the color in force. Users get
/// answers all the time.
fn after_a_killed_adopt_color_the_same_command_ends_it() -> Result<(), Skip> {
    for moment in [Hold::Before, Hold::After] {
        let site = Site::with("adopt/after_a_killed_adopt_color_the_same_command_ends_it")?;
        site.host.write_program("/opt/reload", RELOAD);
        site.host.write("/opt/hold", "");
        site.deploy().ok();
        site.deploy().ok();
        let second = site.serves();
        let first = if second == "blue" { "green" } else { "blue" };
        put_back(&site, first);
        site.nginx().reload();
        let load = Load::start(&site.host.network(), 80, Rates::BRISK);
        for color in [first, &second] {
            let command = format!("adopt {color}");
            let run = hold(&site, &command, moment);
            kill(&site, run);
            let_go(&site);
            site.run(&command).ok();
            assert_eq!(site.serves(), color);
            site.run("cleanup").ok();
            put_back(&site, if color == first { &second } else { first });
        }
        load.stop().assert_nothing_lost();
        assert_eq!(site.running(), ["blue", "green"]);
    }
    Ok(())
}

/// A file that routes to both colors says nothing. The color that was confirmed last is put in force again.
fn a_mixed_file_is_written_again() -> Result<(), Skip> {
    let (site, live) = deployed()?;
    let right = site.host.read(FRAGMENT);
    site.host.write(
        FRAGMENT,
        "upstream hello { server 127.0.0.1:8081; server 127.0.0.1:8082; }\n",
    );
    site.deploy().exits(3).says(&format!("run `adopt {live}`"));
    site.run("adopt").exits(3);
    site.run(&format!("adopt {live}")).ok();
    assert_eq!(site.host.read(FRAGMENT), right);
    site.assert_serves_only(&live);
    site.deploy().ok();
    assert_ne!(site.serves(), live);
    Ok(())
}

/// A color that never served, that does not run, or that there is not. Nothing is changed.
fn a_color_that_cannot_be_put_in_force() -> Result<(), Skip> {
    let (site, live) = deployed()?;
    let other = if live == "blue" { "green" } else { "blue" };
    let right = site.host.read(FRAGMENT);
    site.run("adopt red").exits(2).says("blue green");
    site.run(&format!("adopt {other}"))
        .exits(3)
        .says(&format!("neither does the proxy's file route to {other}"));
    site.run(&format!("adopt {live}"))
        .ok()
        .says("nothing to adopt");
    assert_eq!(site.host.read(FRAGMENT), right);
    put_back(&site, other);
    let wrong = site.host.read(FRAGMENT);
    site.run(&format!("adopt {other}"))
        .exits(3)
        .says(&format!("stop {live}'s program"));
    // The live color fails its probes. So it is not put in force, and users get what they got.
    site.stage("--health never");
    site.host.bash("kill -KILL $(pgrep -x testapp)").ok();
    site.run(&format!("adopt {live}"))
        .exits(3)
        .says("does not run as this script started it");
    assert_eq!(site.host.read(FRAGMENT), wrong);
    Ok(())
}

/// A color that another deployment has prepared is still prepared after the adoption.
fn a_fragment_edited_while_a_color_is_prepared() -> Result<(), Skip> {
    let (site, live) = deployed()?;
    site.run("prepare --deployment next").ok();
    edit(&site);
    site.run("prepare --deployment next").exits(3).says("adopt");
    site.run("adopt").ok();
    assert_eq!(site.serves(), live);
    site.run("status").ok().says("prepared for deployment next");
    site.run("deploy --deployment next").ok();
    assert_ne!(site.serves(), live);
    assert_eq!(site.running(), [site.serves()]);
    Ok(())
}

/// After the adoption the unfinished cleanup can continue.
fn a_fragment_edited_before_the_cleanup() -> Result<(), Skip> {
    let (site, before) = deployed()?;
    site.run("prepare").ok();
    site.run("switch").ok();
    let live = site.serves();
    edit(&site);
    site.deploy().exits(3).says("adopt");
    site.run("adopt").ok();
    assert_eq!(site.serves(), live);
    site.run("status")
        .ok()
        .says(&format!("{before} has to be drained"));
    site.run("cleanup").ok();
    site.assert_serves_only(&live);
    Ok(())
}

/// The program died, and somebody started it again without the script.
fn a_program_that_was_started_again_by_hand() -> Result<(), Skip> {
    let (site, live) = deployed()?;
    site.host.bash("kill -KILL $(pgrep -x testapp)").ok();
    let port = if live == "blue" { "8081" } else { "8082" };
    let start = NOHUP.replace(
        "--port 8081 --color blue",
        &format!("--port {port} --color {live}"),
    );
    site.host.bash(&start).ok();
    site.host
        .wait_for_port(port.parse().expect("a port is a number"));
    assert_eq!(site.serves(), live);
    // Without `adopt` the next deploy would leave this program running, and warn about it.
    site.run("adopt").ok();
    site.deploy().ok();
    assert_ne!(site.serves(), live);
    assert_eq!(
        site.running(),
        [site.serves()],
        "the adopted color still runs"
    );
    Ok(())
}

/// A process manager may listen for several apps. If the script stopped it, all these apps would stop.
fn a_program_that_serves_others_is_left_alone() -> Result<(), Skip> {
    let site = made_by_hand(&NOHUP.replace("--color blue", "--color blue --also 9000"))?;
    site.host.wait_for_port(9000);
    site.run("adopt").ok().says("listens on port 9000 too");
    site.deploy().ok().says("was not started by this script");
    assert_eq!(site.serves(), "green");
    assert_eq!(site.running(), ["blue", "green"]);
    Ok(())
}

const TEST: &str = "#!/bin/bash\nnginx -t\n";

/// Returns a site after one good deploy, and its live color.
fn deployed() -> Result<(Site, String), Skip> {
    deployed_with("hello")
}

/// Does the same with another source.
fn deployed_with(source: &str) -> Result<(Site, String), Skip> {
    let site = Site::with(source)?;
    site.host.write_program("/opt/test", TEST);
    site.deploy().ok();
    let live = site.serves();
    Ok((site, live))
}

/// Adds a comment to the fragment, so that it is no longer as our script has written it.
fn edit(site: &Site) {
    let text = site.host.read(FRAGMENT);
    site.host.write(FRAGMENT, format!("{text}\n# by hand\n"));
}

/// The adoption is killed. The color that was prepared before it is still reserved.
fn after_a_killed_adoption_the_prepared_color_is_still_reserved() -> Result<(), Skip> {
    let (site, live) =
        deployed_with("adopt/after_a_killed_adoption_the_prepared_color_is_still_reserved")?;
    site.run("prepare --deployment next").ok();
    edit(&site);
    // The second test of nginx's configuration comes after the swap.
    let kill = "#!/bin/bash\n[[ ! -e /opt/asked ]] || pkill -KILL -f '^[^ ]*bash /srv/hello/deploy/hello.sh adopt'\ntouch /opt/asked\nnginx -t\n";
    site.host.write_program("/opt/test", kill);
    assert_ne!(site.run("adopt").code, 0);
    site.host.write_program("/opt/test", TEST);
    site.run("deploy --deployment other")
        .exits(4)
        .says("deployment next has prepared");
    assert_eq!(site.serves(), live);
    site.run("adopt").ok();
    site.run("switch --deployment next").ok();
    assert_ne!(site.serves(), live);
    Ok(())
}
