//! Points at which a script stands still, so that it can be killed there: right after a file of its state was put in place, and
//! around the reload of nginx.

use rustix::process::Signal;

use crate::landed::{SOON, STATE, Upgrade};
use crate::support::host::Host;
use crate::support::process::Running;
use crate::support::wait;

/// Comes first in the script's `PATH`.
pub const FIRST: &str = "/opt/first";

/// `/opt/hold` says where: a name and a part of what the file says, with `?` for a character and `*` for any.
const MV: &str = r#"#!/bin/bash
/usr/bin/mv "$@" || exit
read -r name part </opt/hold
[[ -n $name && ${!#} == *"/$name" ]] || exit 0
text=$(tr '\n' ' ' <"${!#}")
[[ $text == *$part* ]] || exit 0
touch /opt/held
while [[ -s /opt/hold ]]; do sleep 0.02; done
"#;

const RELOAD: &str = r#"#!/bin/bash
held() { while [[ $(</opt/hold) == "reload $1" ]]; do touch /opt/held; sleep 0.02; done; }
held before
nginx -s reload
held after
"#;

/// Where a script stands still.
#[derive(Clone, Copy, Debug)]
pub enum Hold {
    /// Right after the journal says this: `phase=swapping*handed=yes`.
    Journal(&'static str),
    /// Right after a file of this name is there.
    File(&'static str),
    /// Before nginx is asked to reload.
    BeforeReload,
    /// After that.
    AfterReload,
}

/// Makes the script's tools such that they can stand still.
pub fn install(host: &Host) {
    host.write("/opt/hold", "");
    host.write_program("/opt/reload", RELOAD);
    host.write_program(&format!("{FIRST}/mv"), MV);
}

impl Upgrade {
    /// Starts a command and waits until it stands still there.
    pub fn start_and_hold(&self, command: &str, hold: Hold) -> Running {
        let line = match hold {
            Hold::Journal(part) => format!("journal {part}\n"),
            Hold::File(name) => format!("{name}\n"),
            Hold::BeforeReload => "reload before\n".to_owned(),
            Hold::AfterReload => "reload after\n".to_owned(),
        };
        self.site.host.write("/opt/hold", line);
        let mut run = self.start(command);
        let mut ended = false;
        wait::until(SOON, || {
            ended = run.has_ended();
            ended || self.site.host.exists("/opt/held")
        });
        let arrived = !ended && self.site.host.exists("/opt/held");
        assert!(
            arrived,
            "it did not come to {hold:?}: {}",
            run.into_outcome()
        );
        run
    }

    /// Kills a command at this point, with what it waits for, but not what it has started in sessions of their own.
    pub fn kill_at(&self, command: &str, hold: Hold) {
        let run = self.start_and_hold(command, hold);
        self.kill(run);
        self.let_go();
    }

    /// Kills a command.
    pub fn kill(&self, run: Running) {
        run.signal(Signal::KILL);
        drop(run);
        let free = ["flock", "-n", &format!("{STATE}/lock"), "true"];
        let ended = wait::until(SOON, || self.site.host.run(&free).code == 0);
        assert!(ended, "something of it still holds the lock");
    }

    /// Lets scripts through.
    pub fn let_go(&self) {
        self.site.host.write("/opt/hold", "");
        self.site.host.run(&["rm", "-f", "/opt/held"]).ok();
    }
}
