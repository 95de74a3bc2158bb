//! Hosts of 0.1.0 that lack something, or whose deploy.bg has changed by the time of the upgrade.

use crate::hold::Hold;
use crate::landed::{By, SOON, STATE, Upgrade};
use crate::support::nginx::site_with_upstream;
use crate::support::site::FRAGMENT;
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![
    the_state_has_no_runtimes,
    releases_say_no_protocol,
    a_reservation_of_0_1_0_ends_by_the_clock,
    a_reservation_of_today_s_ends_by_the_uptime,
    a_rollback_writes_the_fragment_that_the_release_keeps,
    a_renamed_worker_never_runs_twice,
    renamed_colors,
    other_ports_since_the_upgrade,
    other_ports_and_a_worker,
    other_ports_since_the_color_was_prepared,
    an_input_that_an_old_release_does_not_have,
    a_color_that_only_the_old_file_routes_to_is_left_alone,
];

fn the_state_has_no_runtimes() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    let runtimes = format!("{STATE}/runtimes");
    assert!(!host.site.host.exists(&runtimes));
    host.replace(By::Today);
    for command in ["status", "history", "doctor"] {
        host.run(command).ok();
    }
    assert!(
        !host.site.host.exists(&runtimes),
        "a command changed something"
    );
    host.stage("three").run("deploy").ok();
    let kept = host.site.host.run(&["ls", &runtimes]).ok().stdout;
    assert_eq!(kept.lines().count(), 1, "{kept}");
    Ok(())
}

/// Today's script does not change the `meta` of a release of 0.1.0, and can work with it.
fn releases_say_no_protocol() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?.put(By::Today);
    let meta = |pointer: &str| {
        host.site
            .host
            .bash(&format!("cat {STATE}/{pointer}/meta"))
            .ok()
            .stdout
    };
    let of_landed = meta("live");
    assert!(
        !of_landed.contains("protocol=") && !of_landed.contains("routed="),
        "{of_landed}"
    );
    host.stage("three").run("deploy").ok();
    let of_today = meta("live");
    assert!(
        of_today.contains("protocol=1\n") && of_today.contains("routed=app\n"),
        "{of_today}"
    );
    assert_eq!(meta("previous"), of_landed);
    for command in ["status", "status --json", "history", "doctor"] {
        host.run(command).ok();
    }
    host.run("rollback").ok();
    assert_eq!(meta("live"), of_landed, "another release is live");
    Ok(())
}

/// Sets a line of the journal.
fn set_in_journal(host: &Upgrade, key: &str, value: &str) {
    let line = format!(
        "sed -i 's/^{key}=.*/{key}={value}/' {STATE}/journal && grep -x '{key}={value}' {STATE}/journal"
    );
    host.site.host.bash(&line).ok();
}

fn a_reservation_of_0_1_0_ends_by_the_clock() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    host.stage("three").run("prepare").ok();
    assert!(
        !host
            .site
            .host
            .read(&format!("{STATE}/journal"))
            .contains("version=")
    );
    host.replace(By::Today);
    host.run("deploy").exits(4).says("its reservation ends in");
    set_in_journal(&host, "expires", "1700000000");
    host.stage("four")
        .run("deploy")
        .ok()
        .says("has expired: dropping it");
    host.assert_rests_on("green four");
    Ok(())
}

/// Setting the wall clock does not end the reservation for today's script. 0.1.0, put back, knows only the wall clock.
fn a_reservation_of_today_s_ends_by_the_uptime() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?.put(By::Today);
    host.stage("three").run("prepare").ok();
    assert!(
        host.site
            .host
            .read(&format!("{STATE}/journal"))
            .contains("version=1\n")
    );
    host.replace(By::Landed);
    host.run("deploy").exits(4).says("its reservation ends in");
    host.replace(By::Today);
    set_in_journal(&host, "expires", "1700000000");
    host.run("deploy").exits(4).says("its reservation ends in");
    set_in_journal(&host, "expires_uptime", "1");
    host.stage("four")
        .run("deploy")
        .ok()
        .says("has expired: dropping it");
    host.assert_rests_on("green four");
    Ok(())
}

fn a_rollback_writes_the_fragment_that_the_release_keeps() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    let of_landed = host.site.host.read(FRAGMENT);
    host.replace_by_today_with(&[(
        "upstream = \"hello\"",
        "upstream = \"hello\"\n    keepalive = 4",
    )]);
    host.stage("three").run("deploy").ok();
    assert!(host.site.host.read(FRAGMENT).contains("keepalive 4;"));
    host.run("rollback").ok();
    assert_eq!(host.site.host.read(FRAGMENT), of_landed);
    host.assert_rests_on("blue two");
    // A way back writes the same text.
    host.stage_with("four", "--broken /profile")
        .run("deploy")
        .exits(1);
    assert_eq!(host.site.host.read(FRAGMENT), of_landed);
    // The recovery after a kill writes it, too.
    host.stage("five").kill_at("deploy", Hold::AfterReload);
    host.run("abort").ok();
    assert_eq!(host.site.host.read(FRAGMENT), of_landed);
    host.assert_rests_on("blue two");
    Ok(())
}

/// The script of the old release does not know `sender`, and today's script does not know `mailer`.
fn a_renamed_worker_never_runs_twice() -> Result<(), Skip> {
    let host = Upgrade::of("worker")?;
    host.replace_by_today_with(&[("service mailer", "service sender")]);
    let moved = |from: &str, to: &str| {
        let mailer: Vec<_> = host
            .noted()
            .into_iter()
            .filter(|line| line.contains("mailer"))
            .collect();
        assert_eq!(
            mailer,
            [
                format!("mailer of {from} ends"),
                format!("mailer of {to} begins")
            ]
        );
        assert!(wait::until(SOON, || host.mailers() == [to]));
    };
    host.stage("three").run("deploy").ok();
    moved("blue", "green");
    host.run("rollback").ok();
    moved("green", "blue");
    assert_eq!(host.serves(), "blue two");
    // If the new worker ends at once, the old one is started again.
    host.site
        .stage_program("[[ $1 != work ]] || exit 3\nexec /opt/testapp \"$@\" --sha four");
    host.run("deploy").exits(1).says("ended");
    moved("blue", "blue");
    assert_eq!(host.serves(), "blue two");
    Ok(())
}

/// Since the upgrade deploy.bg names another file, but the site still includes the old one, so users get the color in
/// the old file. The script of that release does not know `routed`, so nginx is asked which files it reads.
fn a_color_that_only_the_old_file_routes_to_is_left_alone() -> Result<(), Skip> {
    let host = Upgrade::empty("hello")?;
    host.stage("one").run("deploy").ok();
    assert_eq!(host.serves(), "green one");
    host.replace_by_today_with(&[
        ("conf.d/hello.conf", "conf.d/shop.conf"),
        ("upstream = \"hello\"", "upstream = \"shop\""),
    ]);
    let blue = host.site.host.read("/srv/hello/deploy/nginx/blue.conf");
    host.site.host.write("/etc/nginx/conf.d/shop.conf", blue);
    host.site.nginx().reload();
    let outcome = host.stage("two").run("deploy");
    assert_eq!(host.serves(), "green one", "users lost it: {outcome}");
    assert_eq!(host.running(), ["green one"], "{outcome}");
    outcome.says("hello.conf");
    Ok(())
}

/// The release of 0.1.0 has a color that today's script does not know.
fn renamed_colors() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    host.replace_by_today_with(&[("color blue", "color red"), ("color green", "color black")]);
    host.stage("three").run("deploy").ok();
    host.assert_rests_on("black three");
    host.run("rollback").ok();
    host.assert_rests_on("blue two");
    host.stage_with("four", "--broken /profile")
        .run("deploy")
        .exits(1);
    host.assert_rests_on("blue two");
    host.stage("five").kill_at("deploy", Hold::AfterReload);
    host.run("resume").ok();
    host.assert_rests_on("blue two");
    host.stage("six").run("deploy").ok();
    host.assert_rests_on("black six");
    host.stage("seven").run("deploy").ok();
    host.assert_rests_on("red seven");
    Ok(())
}

/// Since the upgrade `deploy.bg` has other ports for both colors, and its `verify` asks for the address.
fn replace_by_other_ports(host: &Upgrade, address: &str, more: &[(&str, &str)]) {
    let body = "    expect body equals \"{color}\"";
    let asked = format!("{body}\n    expect header \"X-Upstream\" equals \"{address}\"");
    let changes = [
        ("port 8081", "port 9081"),
        ("port 8082", "port 9082"),
        (body, &asked),
    ];
    host.replace_by_today_with(&[&changes, more].concat());
}

/// nginx names the address that answered, in a header. It also listens on a port that blue has only since the upgrade.
fn show_the_upstream(host: &Upgrade) {
    let tell = "location / {\n  add_header X-Upstream $upstream_addr;";
    let site = site_with_upstream("127.0.0.1:80", "hello").replace("location / {", tell);
    let other = "server { listen 127.0.0.1:9081; return 204; }\n";
    let path = "/etc/nginx/sites-enabled/default";
    host.site.host.write(path, site + other);
    host.site.nginx().reload();
}

/// Fails the test unless users get this color, and from this port.
#[track_caller]
fn assert_comes_from(host: &Upgrade, color: &str, port: u16) {
    let ask = ["curl", "-sSi", "http://127.0.0.1/profile"];
    let answer = host.site.host.run(&ask).ok().stdout;
    let upstream = format!("X-Upstream: 127.0.0.1:{port}\r\n");
    assert!(
        answer.contains(&upstream) && answer.ends_with(color),
        "{answer}"
    );
}

/// `verify` of the old release is asked by today's script, for the address at which the old release listens.
fn other_ports_since_the_upgrade() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    show_the_upstream(&host);
    replace_by_other_ports(&host, "{address}", &[]);
    // Before a deployment `verify` is tried on the live color, and after it the color's ports are looked at.
    host.stage("three")
        .run("deploy")
        .ok()
        .never_says("does not pass")
        .never_says("still listens on its port");
    host.assert_rests_on("green three");
    assert_comes_from(&host, "green", 9082);
    host.run("rollback").ok();
    host.assert_rests_on("blue two");
    assert_comes_from(&host, "blue", 8081);
    host.run("rollback").ok();
    host.assert_rests_on("green three");
    host.run("rollback").ok();
    host.stage_with("four", "--broken /profile")
        .run("deploy")
        .exits(1);
    host.assert_rests_on("blue two");
    host.stage("five").kill_at("deploy", Hold::AfterReload);
    host.run("resume").ok();
    host.assert_rests_on("blue two");
    assert_comes_from(&host, "blue", 8081);
    host.stage("six").run("deploy").ok();
    host.assert_rests_on("green six");
    assert_comes_from(&host, "green", 9082);
    Ok(())
}

/// Of two services the mailer has no port. The release does not say which place belongs to which service, and since then
/// their order may have changed.
fn other_ports_and_a_worker() -> Result<(), Skip> {
    let host = Upgrade::of("worker")?;
    show_the_upstream(&host);
    let mailer = "  service mailer {
    no port
    handover exclusive

    run process {
      command = [\"./hello\", \"work\", \"{color}\"]
    }
  }
";
    let first = format!("{mailer}\n  service web {{");
    let mailer_first = [(mailer, ""), ("  service web {", first.as_str())];
    for (name, changes) in [("three", [].as_slice()), ("four", &mailer_first)] {
        replace_by_other_ports(&host, "127.0.0.1:{web.port}", changes);
        host.stage(name)
            .run("deploy")
            .ok()
            .never_says("does not pass");
        assert_comes_from(&host, "green", 9082);
        host.run("rollback").ok();
        assert_eq!(host.serves(), "blue two");
        assert_comes_from(&host, "blue", 8081);
        assert!(wait::until(SOON, || host.mailers() == ["blue"]));
        host.assert_at_rest();
    }
    Ok(())
}

/// 0.1.0 has prepared a color, and today's `switch` asks its probes and `verify` at the ports where it runs.
fn other_ports_since_the_color_was_prepared() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    show_the_upstream(&host);
    host.stage("three").run("prepare").ok();
    replace_by_other_ports(&host, "{address}", &[]);
    host.run("switch").ok();
    assert_comes_from(&host, "green", 8082);
    host.run("cleanup").ok();
    host.assert_rests_on("green three");
    Ok(())
}

/// A rollback uses stored inputs, and 0.1.0 has not stored an input of this name.
fn an_input_that_an_old_release_does_not_have() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    host.replace_by_today_with(&[
        (
            "  artifact",
            "  input GREETING: string = \"hi\"\n\n  artifact",
        ),
        (
            "    command = [",
            "    env = { GREETING = \"{GREETING}\" }\n    command = [",
        ),
        (
            "    get \"http://127.0.0.1/profile?verify\"",
            "    get \"http://127.0.0.1/profile?verify&{GREETING}\"",
        ),
    ]);
    host.stage("three").run("deploy").ok();
    host.assert_rests_on("green three");
    host.run("rollback").ok();
    host.assert_rests_on("blue two");
    host.run("rollback").ok();
    host.assert_rests_on("green three");
    Ok(())
}
