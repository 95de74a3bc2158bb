//! The machine reboots at each point of an upgrade, and `resume` starts the color that served.

use libtest_mimic::Trial;

use crate::hold::Hold;
use crate::killed_landed::start_by_hand;
use crate::killed_upgrading::upgrading;
use crate::landed::{By, Upgrade};
use crate::matrix::{POINTS, Point, point, wanted};
use crate::support::site::FRAGMENT;
use crate::support::skip::Skip;
use crate::trial;

/// Three texts: the point at which 0.1.0 was interrupted; the release that serves after a reboot and `resume` by
/// today's script; and the release that serves after a `deploy` of `four` instead. A reservation does not survive the
/// reboot.
const CUT_SHORT: [(&str, &str, &str); 12] = [
    ("preparing", "blue two", "green four"),
    ("started", "blue two", "green four"),
    ("prepared", "blue two", "green four"),
    ("swapping", "blue two", "green four"),
    ("reloaded", "blue two", "green four"),
    ("handing", "blue two", "green four"),
    ("handed", "blue two", "green four"),
    ("switched", "green three", "blue four"),
    ("going-back-begun", "blue two", "green four"),
    ("going-back", "blue two", "green four"),
    ("went-to-one", "green one", "blue four"),
    ("going-back-soon", "green three", "blue four"),
];

/// The same if today's script was interrupted, while it deployed over `blue two` of 0.1.0 for the first time. See also
/// [`wanted`].
const CUT_SHORT_UPGRADING: [(&str, &str, &str); 12] = [
    ("preparing", "(blue two)", "(green four)"),
    ("started", "(blue two)", "(green four)"),
    ("prepared", "blue two", "(green four)"),
    ("swapping", "(blue two)", "green four"),
    ("reloaded", "blue two", "(green four)"),
    ("handing", "(blue two)", "(green four)"),
    ("handed", "blue two", "(green four)"),
    ("switched", "green three", "(blue four)"),
    ("going-back-begun", "(blue two)", "(green four)"),
    ("going-back", "(blue two)", "(green four)"),
    ("went-to-one", "green one", "(blue four)"),
    ("going-back-soon", "(green three)", "(blue four)"),
];

pub fn tests() -> Vec<Trial> {
    let mut tests = vec![
        trial("reboots::at_rest", at_rest),
        trial("reboots::after_it_had_gone_back", after_it_had_gone_back),
        trial("reboots::while_adopting", while_adopting),
        trial("reboots::before_adopting", before_adopting),
        trial("reboots::adopted", adopted),
    ];
    let by_landed = CUT_SHORT.map(|row| ("reboots", Upgrade::of as Begin, row));
    let by_today = CUT_SHORT_UPGRADING.map(|row| ("reboots::upgrading", upgrading as Begin, row));
    for (module, begin, (name, resumed, deployed)) in by_landed.into_iter().chain(by_today) {
        let point = point(&POINTS, name);
        for (command, cell) in [("resume", resumed), ("deploy", deployed)] {
            let Some(release) = wanted(cell) else {
                continue;
            };
            let run = move || cut_short(begin, point, command, release);
            tests.push(trial(format!("{module}::{name}::{command}"), run));
        }
    }
    tests
}

/// Makes a host.
type Begin = fn(&'static str) -> Result<Upgrade, Skip>;

/// The machine reboots. Only nginx starts again.
fn reboot(host: &Upgrade) {
    host.site.host.reboot_plain();
    host.site.host.run(&["nginx"]).ok();
    host.site.host.wait_for_port(80);
    assert_eq!(host.running(), Vec::<String>::new());
    assert_eq!(host.serves(), "502");
}

/// Reboots after the last deploy of 0.1.0, after the first of today's script, after the rollback to the release of
/// 0.1.0, and after the next deploy.
fn at_rest() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?.put(By::Today);
    let rests_on = |release: &str| {
        reboot(&host);
        host.run("resume").ok();
        host.assert_rests_on(release);
    };
    rests_on("blue two");
    host.stage("three").run("deploy").ok();
    rests_on("green three");
    host.run("rollback").ok();
    rests_on("blue two");
    host.stage("four").run("deploy").ok();
    rests_on("green four");
    // The old script is put back. It starts the color that today's script has deployed, and continues from there.
    host.replace(By::Landed);
    rests_on("green four");
    host.run("rollback").ok();
    rests_on("blue two");
    Ok(())
}

fn cut_short(begin: Begin, point: Point, command: &str, release: &str) -> Result<(), Skip> {
    let host = begin(point.app)?;
    host.stage("three");
    (point.kill)(&host);
    host.replace(By::Today).stage("four");
    reboot(&host);
    let outcome = host.run(command).ok();
    assert_eq!(host.serves(), release, "{outcome}");
    host.nothing_runs_twice(release);
    Ok(())
}

/// `verify` had failed, and the new color was drained.
fn after_it_had_gone_back() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    host.stage_with("three", "--broken /profile");
    host.kill_at("deploy", Hold::Journal("phase=preparing *draining=? "));
    host.replace(By::Today).stage("four");
    reboot(&host);
    host.run("resume").ok();
    host.assert_rests_on("blue two");
    Ok(())
}

/// Somebody had edited the fragment of a color that 0.1.0 started, and after the reboot the color does not run. The
/// adoption has already written its own fragment, so `resume` knows which release to start. Then the file has the
/// edited text again, and can be adopted.
fn while_adopting() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    let text = host.site.host.read(FRAGMENT);
    host.edit_fragment();
    host.kill_at("adopt", Hold::AfterReload);
    host.replace(By::Today).stage("three");
    reboot(&host);
    host.run("deploy")
        .exits(5)
        .says("`resume` starts the programs that do not run");
    host.run("resume").ok();
    assert_eq!(host.serves(), "blue two");
    host.run("deploy")
        .exits(3)
        .says("`adopt` writes it again for blue");
    assert!(host.site.host.read(FRAGMENT).contains("by hand"));
    host.run("adopt").ok();
    assert_eq!(host.site.host.read(FRAGMENT), text);
    host.assert_rests_on("blue two");
    host.run("deploy").ok();
    host.assert_rests_on("green three");
    Ok(())
}

/// An adoption of 0.1.0 had not written its own fragment yet. After the reboot the color does not run, and the file is
/// not the script's own, so `resume` does not start a color. When a person has put the script's text back, it does.
fn before_adopting() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    let text = host.site.host.read(FRAGMENT);
    host.edit_fragment();
    host.kill_at("adopt", Hold::Journal("phase=preparing *kind=adopt "));
    host.replace(By::Today).stage("three");
    reboot(&host);
    for command in ["resume", "deploy"] {
        host.run(command)
            .exits(3)
            .says("`adopt` writes it again for blue");
        assert_eq!(host.phase(), "idle");
    }
    assert_eq!(host.running(), Vec::<String>::new());
    host.site.host.write(FRAGMENT, text);
    host.run("resume").ok();
    host.assert_rests_on("blue two");
    host.run("deploy").ok();
    host.assert_rests_on("green three");
    Ok(())
}

/// 0.1.0 had adopted a color that somebody had started by hand. Nothing knows how to start it again, so users wait for
/// a deploy.
fn adopted() -> Result<(), Skip> {
    let host = Upgrade::of("hello")?;
    start_by_hand(&host);
    host.kill_at("adopt", Hold::Journal("phase=switched *kind=adopt "));
    host.replace(By::Today).stage("three");
    reboot(&host);
    host.run("resume")
        .exits(5)
        .says("blue does not pass its probes")
        .says("ended with a reboot");
    assert_eq!(host.running(), Vec::<String>::new());
    host.run("deploy").ok();
    host.assert_rests_on("green three");
    Ok(())
}
