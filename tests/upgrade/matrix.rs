//! One script is killed at a point, and a command of another script follows. A table contains the expected result of
//! each pair.

use std::sync::Arc;

use libtest_mimic::Trial;

use crate::hold::Hold;
use crate::landed::{By, SOON, Upgrade};
use crate::support::skip::Skip;
use crate::support::wait;
use crate::trial;

/// The point at which a script is killed, and which of the two applications it deploys.
#[derive(Clone, Copy)]
pub struct Point {
    /// The name in the table.
    pub name: &'static str,
    /// `hello` or `worker`.
    pub app: &'static str,
    /// Brings the host to that point. At the beginning `two` serves on it.
    pub kill: fn(&Upgrade),
}

/// Points that both scripts reach: `green three` is deployed while `blue two` serves.
pub const POINTS: [Point; 13] = [
    // The journal has the name of the release. Nothing else was done.
    Point {
        name: "preparing",
        app: "hello",
        kill: |host| host.kill_at("deploy", Hold::Journal("phase=preparing ")),
    },
    // The release says which process is to be the new color. Its program has not begun.
    Point {
        name: "started",
        app: "hello",
        kill: |host| host.kill_at("deploy", Hold::File("identity.app")),
    },
    // The new color runs, and its probe does not pass yet.
    Point {
        name: "probing",
        app: "hello",
        kill: |host| {
            let both = ["blue two", "green three"];
            let deploy = host.stage_with("three", "--health never").start("deploy");
            assert!(wait::until(SOON, || host.running() == both));
            host.kill(deploy);
            assert_eq!(host.running(), both);
        },
    },
    // `prepare` is done.
    Point {
        name: "prepared",
        app: "hello",
        kill: |host| drop(host.run("prepare").ok()),
    },
    // Before the rename of the proxy's file.
    Point {
        name: "swapping",
        app: "hello",
        kill: |host| host.kill_at("deploy", Hold::Journal("phase=swapping ")),
    },
    // Users get the new color.
    Point {
        name: "reloaded",
        app: "hello",
        kill: |host| host.kill_at("deploy", Hold::AfterReload),
    },
    // Both colors run, and the mailer still runs in the old color.
    Point {
        name: "handing",
        app: "worker",
        kill: |host| host.kill_at("deploy", Hold::Journal("phase=swapping *handed=yes ")),
    },
    // The mailer of the old color has ended, and the one of the new color has not begun.
    Point {
        name: "handed",
        app: "worker",
        kill: |host| host.kill_at("deploy", Hold::File("identity.mailer")),
    },
    // The journal says `switched`, and the pointers are not written yet.
    Point {
        name: "switched",
        app: "hello",
        kill: |host| host.kill_at("deploy", Hold::Journal("phase=switched ")),
    },
    // A rollback from `blue two` to `green one`, whose color must be started. Nothing was done yet.
    Point {
        name: "going-back-begun",
        app: "hello",
        kill: |host| host.kill_at("rollback", Hold::Journal("phase=preparing *kind=rollback ")),
    },
    // The same rollback. Users get `green one`.
    Point {
        name: "going-back",
        app: "hello",
        kill: |host| host.kill_at("rollback", Hold::AfterReload),
    },
    // The same rollback. `green one` is live, and `blue two` still runs.
    Point {
        name: "went-to-one",
        app: "hello",
        kill: |host| host.kill_at("rollback", Hold::Journal("phase=switched *kind=rollback ")),
    },
    // A rollback from `green three` to `blue two`, which still runs. The rollback has saved the cleanup for later.
    Point {
        name: "going-back-soon",
        app: "hello",
        kill: |host| {
            host.run("prepare").ok();
            host.run("switch").ok();
            host.kill_at("rollback", Hold::Journal("phase=swapping "));
        },
    },
];

/// Whether all cells run, also those in parentheses.
fn all_cells() -> bool {
    std::env::var_os("UPGRADE_ALL").is_some()
}

/// Returns the expected result in a cell. `-` is not tried. A cell in parentheses is tried with `UPGRADE_ALL=1`, which
/// saves time in CI.
pub fn wanted(cell: &str) -> Option<&str> {
    let rare = cell
        .strip_prefix('(')
        .and_then(|cell| cell.strip_suffix(')'));
    match rare {
        Some(cell) => all_cells().then_some(cell),
        None => (cell != "-").then_some(cell),
    }
}

/// Returns the point of this name.
pub fn point(points: &[Point], name: &str) -> Point {
    let point = points.iter().find(|point| point.name == name);
    *point.unwrap_or_else(|| panic!("there is no point {name}"))
}

/// Makes a trial for each cell of `table`, which has a line for each point and a column for each command. `2:two+four`
/// means: exit code 2, release two serves, and release four runs beside it. See also [`wanted`].
pub fn trials(
    module: &str,
    table: &str,
    points: &[Point],
    begin: fn(&'static str) -> Result<Upgrade, Skip>,
    go_on_by: By,
) -> Vec<Trial> {
    let mut lines = table.lines().filter(|line| !line.trim().is_empty());
    let header = lines.next().expect("a table has a header");
    let commands: Vec<&str> = header.split_whitespace().collect();
    let mut trials = Vec::new();
    for line in lines {
        let mut cells = line.split_whitespace();
        let name = cells.next().expect("a line begins with a point");
        let point = point(points, name);
        for (command, cell) in commands.iter().zip(cells) {
            let Some(cell) = wanted(cell) else {
                continue;
            };
            let (command, cell): (Arc<str>, Arc<str>) = ((*command).into(), cell.into());
            let name = format!("{module}::{name}::{command}");
            trials.push(trial(name, move || {
                let host = begin(point.app)?;
                host.stage("three");
                (point.kill)(&host);
                host.noted();
                host.replace(go_on_by).stage("four");
                assert_cell(&host, &command, &cell);
                Ok(())
            }));
        }
    }
    trials
}

/// Runs the command, and compares the result with the cell.
fn assert_cell(host: &Upgrade, command: &str, cell: &str) {
    let (code, releases) = cell.split_once(':').expect("a cell is EXIT:RELEASES");
    let releases: Vec<&str> = releases.split('+').collect();
    let outcome = host
        .run(command)
        .exits(code.parse().expect("an exit code is a number"));
    let release_of = |line: &str| line.split(' ').nth(1).unwrap_or_default().to_owned();
    let serves = host.serves();
    assert_eq!(
        release_of(&serves),
        releases[0],
        "users get another release: {outcome}"
    );
    let mut running: Vec<_> = host.running().iter().map(|line| release_of(line)).collect();
    running.sort();
    let mut wanted = releases;
    wanted.sort_unstable();
    assert_eq!(running, wanted, "other releases run: {outcome}");
    let color = serves.split(' ').next().unwrap_or_default();
    if code == "0" {
        // The release that the last line names must serve.
        let verdict = outcome.stdout.lines().last().unwrap_or_default();
        let said = verdict.split(" serves").next().unwrap_or_default();
        assert!(
            !verdict.contains(" serves") || said.ends_with(color),
            "{color} serves: {outcome}"
        );
    }
    host.nothing_runs_twice(&serves);
}

impl Upgrade {
    /// Fails the test unless exactly one mailer runs, in the color that serves. Two mailers must never have run at
    /// once, and nginx's configuration must be valid.
    #[track_caller]
    pub fn nothing_runs_twice(&self, serves: &str) {
        self.site.nginx().assert_valid();
        if !self.site.host.exists("/srv/turn") {
            return;
        }
        let color = serves.split(' ').next().unwrap_or_default();
        let is_there = wait::until(SOON, || self.mailers() == [color]);
        assert!(is_there, "mailers of {:?} run", self.mailers());
        let noted = self.noted();
        assert!(
            noted.iter().all(|line| !line.contains("is not alone")),
            "{noted:?}"
        );
    }
}
