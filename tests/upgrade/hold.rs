//! Points at which a script waits, so that a test can kill it there: right after a file of its state was put in place,
//! and before and after the reload of nginx.

use rustix::process::Signal;

use crate::landed::{SOON, STATE, Upgrade};
use crate::support::host::Host;
use crate::support::process::Running;
use crate::support::wait;

/// The folder that is first in the script's `PATH`.
pub const FIRST: &str = "/opt/first";

/// `/opt/hold` contains the point: a file's name and a part of its content, with `?` for any character and `*` for any
/// text.
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

/// A point at which a script waits.
#[derive(Clone, Copy, Debug)]
pub enum Hold {
    /// Right after the journal has this content: `phase=swapping*handed=yes`.
    Journal(&'static str),
    /// Right after a file of this name was put in place.
    File(&'static str),
    /// Before nginx is asked to reload.
    BeforeReload,
    /// After nginx was asked to reload.
    AfterReload,
}

/// Installs tools for the script that can wait.
pub fn install(host: &Host) {
    host.write("/opt/hold", "");
    host.write_program("/opt/reload", RELOAD);
    host.write_program(&format!("{FIRST}/mv"), MV);
}

impl Upgrade {
    /// Starts a command and waits until it is at this point.
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

    /// Kills a command at this point, with the processes that it waits for. Processes that it has started in their own
    /// session are not killed.
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
        assert!(ended, "a process of the command still holds the lock");
    }

    /// Ends the waiting of all scripts.
    pub fn let_go(&self) {
        self.site.host.write("/opt/hold", "");
        self.site.host.run(&["rm", "-f", "/opt/held"]).ok();
    }
}
