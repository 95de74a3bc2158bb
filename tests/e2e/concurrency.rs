//! Several deploys or apps run at once, or a killed deploy has left a process behind. `docs/hazards.md` has a row for
//! each test.

use crate::cut_short::{Hold, deployed_with_held_reload, hold, let_go};
use crate::hazards::{DEADLINE, SOON, deployed_with, wait_for_process};
use crate::support::http;
use crate::support::nginx::site_with_upstream;
use crate::support::site::{SCRIPT, SOURCE, Site, compile};
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![
    of_ten_deploys_at_once_one_is_done,
    three_deploys_that_may_wait_are_all_done,
    two_apps_on_one_nginx_are_deployed_at_once,
    a_step_that_calls_the_script_again_does_not_wait_for_itself,
    children_of_a_killed_deploy_keep_the_next_one_out,
    a_reservation_that_is_over_is_dropped,
    a_stranger_with_the_proxys_lock_does_not_keep_users_on_a_bad_color,
];

/// The first deploy waits in a step until the other nine have ended, so all ten run at once.
fn of_ten_deploys_at_once_one_is_done() -> Result<(), Skip> {
    let (site, _, other) = deployed_with("hello")?;
    site.install("concurrency/of_ten_deploys_at_once_one_is_done");
    site.host.write("/run/hold", "");
    let mut runs: Vec<_> = (0..10).map(|_| site.start("deploy")).collect();
    let nine_ended = wait::until(DEADLINE, || {
        runs.iter_mut()
            .filter_map(|run| run.has_ended().then_some(()))
            .count()
            == 9
    });
    assert!(nine_ended, "more than one deploy runs at once");
    site.host.run(&["rm", "/run/hold"]).ok();
    let outcomes = runs.into_iter().map(|run| run.wait(DEADLINE));
    let (done, refused): (Vec<_>, Vec<_>) = outcomes.partition(|outcome| outcome.code == 0);
    assert_eq!(done.len(), 1, "exactly one deploy must succeed");
    for outcome in refused {
        outcome.exits(4).says("is running");
    }
    site.assert_serves_only(&other);
    Ok(())
}

fn three_deploys_that_may_wait_are_all_done() -> Result<(), Skip> {
    let (site, _, other) = deployed_with("concurrency/three_deploys_that_may_wait_are_all_done")?;
    let runs = [(); 3].map(|()| site.start("deploy"));
    for run in runs {
        run.wait(DEADLINE).ok();
    }
    site.assert_serves_only(&other);
    Ok(())
}

fn two_apps_on_one_nginx_are_deployed_at_once() -> Result<(), Skip> {
    let (site, mut hello_last, mut hello_next) = deployed_with("hello")?;
    let mut source = SOURCE.to_owned();
    for (old, new) in [
        ("hello", "shop"),
        ("8081", "9081"),
        ("8082", "9082"),
        ("http://127.0.0.1/profile", "http://127.0.0.1:81/profile"),
    ] {
        source = source.replace(old, new);
    }
    compile(&source, &site.host, "/srv/shop/deploy");
    let program = site.host.read("/srv/hello/staging/hello");
    site.host.write_program("/srv/shop/staging/shop", program);
    site.host.write(
        "/etc/nginx/conf.d/shop.conf",
        site.host.read("/srv/shop/deploy/nginx/blue.conf"),
    );
    site.host.write(
        "/etc/nginx/sites-enabled/shop",
        site_with_upstream("127.0.0.1:81", "shop"),
    );
    site.nginx().reload();
    let shop = || {
        http::get(&site.host, 81, "/profile")
            .map_or_else(|failure| format!("{failure:?}"), |answer| answer.body)
    };
    let (mut shop_last, mut shop_next) = ("blue", "green");
    for _ in 0..3 {
        let both = [
            site.start("deploy"),
            site.host.start(&["/srv/shop/deploy/shop.sh", "deploy"]),
        ];
        for run in both {
            run.wait(DEADLINE).ok();
        }
        assert_eq!(site.serves(), hello_next);
        assert_eq!(shop(), shop_next);
        assert_eq!(site.running().len(), 2, "one color of each app runs");
        (hello_next, hello_last) = (hello_last, hello_next);
        (shop_next, shop_last) = (shop_last, shop_next);
    }
    site.nginx().assert_no_failed_bind();
    Ok(())
}

fn a_step_that_calls_the_script_again_does_not_wait_for_itself() -> Result<(), Skip> {
    let (site, _, other) = deployed_with("hello")?;
    site.install("concurrency/a_step_that_calls_the_script_again_does_not_wait_for_itself");
    let step = |command: &str| {
        let text = format!("#!/bin/bash\nexec {SCRIPT} {command}\n");
        site.host.write_program("/opt/step", text);
    };
    // A step may call `status`.
    step("status");
    site.deploy().ok();
    site.assert_serves_only(&other);
    step("deploy");
    site.deploy()
        .exits(1)
        .within(SOON)
        .says("a step cannot deploy its own app");
    site.assert_serves_only(&other);
    Ok(())
}

fn children_of_a_killed_deploy_keep_the_next_one_out() -> Result<(), Skip> {
    let site = Site::with("concurrency/children_of_a_killed_deploy_keep_the_next_one_out")?;
    let migration = "#!/bin/bash\nwhile [[ -e /run/migrating ]]; do sleep 0.05; done\n";
    site.host.write_program("/opt/migrate", migration);
    site.deploy().ok();
    let live = site.serves();
    site.host.write("/run/migrating", "");
    let deploy = site.start("deploy");
    wait_for_process(&site, "/opt/migrate");
    let kill = format!("pkill -KILL -f '^[^ ]*bash {SCRIPT}'");
    site.host.bash(&kill).ok();
    site.deploy().exits(4).says("has ended");
    assert_eq!(site.serves(), live);
    // `doctor` waits for them too, because it tells what `deploy` would do.
    let doctor = format!("{SCRIPT} doctor >/tmp/doctor 2>&1");
    let doctor = site.host.start(&["bash", "-c", &doctor]);
    let waits = wait::until(DEADLINE, || {
        site.host.exists("/tmp/doctor") && site.host.read("/tmp/doctor").contains("waiting: ")
    });
    assert!(waits, "{}", site.host.read("/tmp/doctor"));
    site.host.run(&["rm", "/run/migrating"]).ok();
    doctor.wait(DEADLINE).ok();
    drop(deploy);
    site.deploy().ok();
    let now = site.serves();
    site.assert_serves_only(&now);
    Ok(())
}

/// Somebody has called `prepare` and nothing after it. The reservation lasts a second here instead of an hour.
fn a_reservation_that_is_over_is_dropped() -> Result<(), Skip> {
    let (site, live, other) = deployed_with("hello")?;
    let shorten = format!(
        "sed -i 's/\\[\"reservation\"\\]=3600000/[\"reservation\"]=1000/' {SCRIPT} && grep -q 'reservation.*=1000' {SCRIPT}"
    );
    site.host.bash(&shorten).ok();
    site.stage("--sha forgotten").run("prepare").ok();
    assert_eq!(site.serves(), live);
    site.stage("--sha wanted");
    let mut last = site.deploy();
    wait::until(SOON, || {
        if last.code == 4 {
            last = site.deploy();
        }
        last.code != 4
    });
    last.ok();
    site.assert_serves_only(&other);
    let answer = http::get(&site.host, 80, "/json").expect("nginx answers");
    assert!(answer.body.contains("wanted"), "{}", answer.body);
    Ok(())
}

/// Any local user may lock nginx's folder. This one takes the lock as soon as the new color is in force. The new color
/// fails its `verify`, and the way back does not wait for the lock for long.
fn a_stranger_with_the_proxys_lock_does_not_keep_users_on_a_bad_color() -> Result<(), Skip> {
    let (site, live, _) = deployed_with_held_reload("held_reload")?;
    site.stage("--broken /profile");
    let run = hold(&site, "deploy", Hold::Before);
    let nobody = ["setpriv", "--reuid=65534", "--clear-groups", "--"];
    let lock = ["flock", "/etc/nginx", "sleep", "600"];
    let mut stranger = site.host.start(&[&nobody[..], &lock[..]].concat());
    wait_for_process(&site, "flock /etc/nginx");
    let_go(&site);
    run.wait(DEADLINE)
        .exits(1)
        .says("going back without the proxy's lock")
        .says("flock /etc/nginx sleep 600")
        .says("user nobody")
        .says(&format!("{live} serves, as before"));
    assert!(!stranger.has_ended());
    site.assert_serves_only(&live);
    Ok(())
}
