//! The exit code that a command must end with if nothing happens to it. The plan's table of recoveries says what the
//! command finds when its own program begins. What it then still needs, such as an earlier release, the world says.

use std::collections::BTreeMap;

use crate::Command;
use crate::accept::reservation;
use crate::plan::{Answer, Kind, Phase, recovery};
use crate::stand::Stand;
use crate::world::World;

/// Returns the code. Returns none if a color is not healthy, or if somebody has changed the proxy's file since the last
/// command, unless they have put back the file of the other color. For these cases there are tests of their own.
pub fn code(stand: &Stand, command: Command, found: &World) -> Option<i32> {
    let mut begins = Begins {
        stand,
        found,
        phase: Phase::Idle,
        live: found.live.as_deref(),
        previous: found.previous.as_deref(),
        is_first: false,
        text: &found.disk,
    };
    begins.takes_up(found.phase(), found.kind(), &found.journal);
    if found.is_unwell || begins.is_pointed_elsewhere() && !begins.is_put_back() {
        return None;
    }
    // Only these two save a journal for later. A copy of it that another command finds is left over.
    let mut pending = found
        .pending
        .filter(|_| matches!(found.kind(), Kind::Rollback | Kind::Adopt));
    let mut kind = found.kind();
    loop {
        match recovery(
            command,
            begins.phase,
            kind,
            reservation(command, begins.phase),
        ) {
            Answer::Proceed | Answer::Try(_) => return Some(begins.code(command)),
            Answer::Nothing | Answer::Instead(_) => return Some(0),
            Answer::Usage => return Some(2),
            Answer::Refuse => return Some(4),
            Answer::Undo(_) => {
                begins.phase = Phase::Idle;
                if let Some(later) = pending.take() {
                    kind = later.kind;
                    begins.takes_up(later.phase, later.kind, &found.saved);
                }
            }
        }
    }
}

/// What a command's own program finds.
struct Begins<'a> {
    stand: &'a Stand,
    found: &'a World,
    phase: Phase,
    /// The release that is live.
    live: Option<&'a str>,
    /// The release that served before it.
    previous: Option<&'a str>,
    /// Whether nothing served before a switch that was not cleaned up yet.
    is_first: bool,
    /// The content of the proxy's file.
    text: &'a str,
}

impl<'a> Begins<'a> {
    /// Reads a journal. If it says that a switch was committed, the pointers follow it.
    fn takes_up(&mut self, phase: Phase, kind: Kind, journal: &'a BTreeMap<String, String>) {
        let says = |key: &str| {
            let value = journal.get(key).map(String::as_str);
            value.filter(|value| !value.is_empty())
        };
        self.phase = phase;
        match (phase, kind) {
            (Phase::Switched, Kind::Remove) => (self.live, self.previous) = (None, None),
            (Phase::Switched, _) => {
                self.live = says("release");
                self.previous = says("previous").or(self.previous);
                self.is_first = says("from").is_none();
            }
            // The way back of a first deployment restores what somebody has put there.
            (Phase::Swapping, _) if self.live.is_none() => self.text = &self.found.way_back,
            _ => {}
        }
    }

    /// Whether the proxy's file routes to another color than the live one, and no journal says why.
    fn is_pointed_elsewhere(&self) -> bool {
        let is_under_way = self.phase == Phase::Swapping;
        !is_under_way
            && self.live.is_some()
            && self.color_of_text().as_deref() != self.color_of_live()
    }

    /// Whether a script has written the text of the proxy's file for another color than the live one, which runs.
    fn is_put_back(&self) -> bool {
        let mut runs = self.found.runs.values();
        self.found.phase() == Phase::Idle
            && self.is_pointed_elsewhere()
            && self.text.starts_with("# color=")
            && runs.any(|running| Some(running.release.as_str()) == self.live)
    }

    fn color_of_text(&self) -> Option<String> {
        self.stand.color_of(self.text)
    }

    fn color_of_live(&self) -> Option<&str> {
        self.found.meta(self.live?, "color")
    }

    fn code(&self, command: Command) -> i32 {
        match command {
            // Users may get either color, so only a person can decide.
            _ if self.is_put_back() => 3,
            Command::Deploy | Command::Prepare => self.code_of_start(),
            Command::RollbackTo => {
                let wanted = self.found.wanted();
                let is_kept = self.found.served.contains(&wanted);
                if is_kept && self.live != Some(&wanted) && !self.is_adopted(&wanted) {
                    self.code_of_start()
                } else {
                    3
                }
            }
            Command::Restart => match self.live {
                Some(live) if !self.is_adopted(live) => self.code_of_start(),
                _ => 3,
            },
            Command::Switch if !self.knows_prepared() => 1,
            Command::Rollback if self.has_earlier() => 0,
            Command::Rollback => 3,
            Command::Resume if self.live.is_none() && self.is_taken_for_live() => 3,
            Command::Remove
                if self.live.is_none() && (self.is_edited() || self.is_taken_for_live()) =>
            {
                3
            }
            Command::Adopt if self.live.is_none() => self.code_of_adoption(),
            Command::Doctor
            | Command::Switch
            | Command::Cleanup
            | Command::Abort
            | Command::Resume
            | Command::Remove
            | Command::Adopt => 0,
        }
    }

    /// The code of a command that starts something in the idle color.
    fn code_of_start(&self) -> i32 {
        let color = self.color_of_text();
        let mut runs = self.found.runs.iter();
        let is_taken =
            runs.any(|((of, _), running)| running.release == "-" && Some(of) != color.as_ref());
        if self.live.is_none() && self.is_edited() && self.is_taken_for_live() {
            return 3;
        }
        // No port of it listens on a stand, so only the start finds out.
        i32::from(is_taken)
    }

    /// Whether the prepared release has all services that `switch` asks. It asks those of today's deploy.bg, also if
    /// `prepare` ran before a change of deploy.bg.
    fn knows_prepared(&self) -> bool {
        let release = self.found.says("release").unwrap_or_default();
        let has = |service: &str| {
            let mut services = self.stand.built_of(release).services();
            services.any(|name| name == service)
        };
        let after = &self.stand.shape.after;
        after
            .services()
            .all(|service| has(service) || after.exclusive().any(|name| name == service))
    }

    /// The code of `adopt` if no release is live. Every gate in the shapes asks the program itself, so all services
    /// must run. A driver offers its values only after a start of its own, so a gate that needs one fails.
    fn code_of_adoption(&self) -> i32 {
        let Some(color) = self.color_of_text() else {
            return 3;
        };
        let after = &self.stand.shape.after;
        let has_gates = after.services().count() > after.exclusive().count();
        let all_run = after
            .services()
            .all(|service| self.found.has(&color, service));
        let services = &mut after.app.services.iter();
        let needs_offer = services.any(|service| !service.run.driver.offers.is_empty());
        i32::from(has_gates && (!all_run || needs_offer))
    }

    /// Whether there is a release that a rollback can start, and no deployment has gone back just before.
    fn has_earlier(&self) -> bool {
        let Some(previous) = self.previous else {
            return false;
        };
        let is_elsewhere = self.found.meta(previous, "color") != self.color_of_live();
        let is_gone = self.is_adopted(previous)
            && self.found.runs.values().all(|run| run.release != previous);
        !self.found.went_back && !self.is_first && is_elsewhere && !is_gone
    }

    fn is_adopted(&self, release: &str) -> bool {
        self.found.meta(release, "adopted").is_some()
    }

    /// Whether the proxy's file has a text that the script under test does not write.
    fn is_edited(&self) -> bool {
        let after = &self.stand.shape.after;
        let mut colors = after.app.colors.iter();
        let writes = |color: &str| after.fragment(color).trim_end() == self.text;
        !self.text.is_empty() && !colors.any(|color| writes(color.name.as_str()))
    }

    /// Whether somebody has written the proxy's file, and its color seems to run or is not known.
    fn is_taken_for_live(&self) -> bool {
        let is_unclear = || self.color_of_text().is_none();
        !self.text.is_empty() && (self.stand.answers() || is_unclear())
    }
}
