//! Scripts that are broken on purpose, each by one or two lines. The tests must see each fault in the world that the
//! script leaves. The unbroken script is run in the same way, and then no complaint may be made. The script's trace is
//! compared with the plan only for faults that the world does not show, because a plan with the same fault would accept
//! the script.

mod l1_to_l4;
mod l5;
mod l6_to_l12;
mod scripts;
mod services;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cycle::{self, By, Found};
use crate::fault::Fault;
use crate::options::Options;
use crate::stand::Stand;
use crate::{at_once, trace};
use scripts::{Broken, Edit, Given};

/// All broken scripts.
const BROKEN: [&[Broken]; 4] = [
    l1_to_l4::SCRIPTS,
    l5::SCRIPTS,
    l6_to_l12::SCRIPTS,
    services::SCRIPTS,
];

/// Tries all broken scripts. Returns the number of scripts whose fault was not seen, and of reports about unbroken
/// scripts.
pub fn all(options: &Options, folder: &Path) -> usize {
    println!("\nlaw   broken on purpose                                             seen");
    let wrong = AtomicUsize::new(0);
    let numbered: Vec<(usize, &Broken)> = BROKEN.iter().copied().flatten().enumerate().collect();
    at_once(options.threads, &numbered, |(number, broken)| {
        let stand = Stand::new(broken.shape, &folder.join(format!("broken-{number}")));
        let sound = broken.seen(&stand);
        stand.install(&edited(&stand.shape.after.single, broken.edits));
        stand.forget();
        let seen = broken.seen(&stand);
        let caught = seen.iter().flatten().find(|what| broken.is_caught_by(what));
        let line = caught.map_or("NOTHING", |what| first_line(what));
        println!("{:<5} {:<60}  {line}", broken.law, broken.what);
        match &sound {
            Err(why) => println!("WRONG: the unbroken script cannot make its state: {why}"),
            Ok(complaints) => {
                for what in complaints {
                    println!("WRONG: a complaint about the unbroken script: {what}");
                }
            }
        }
        match (&seen, caught) {
            (Err(why), _) => println!("WRONG: the broken script cannot make its state: {why}"),
            (Ok(others), None) => {
                println!("WRONG: no complaint says \"{}\"", broken.says);
                for what in others {
                    println!("  only: {}", first_line(what));
                }
            }
            (Ok(_), Some(_)) => {}
        }
        if caught.is_none() || !sound.is_ok_and(|complaints| complaints.is_empty()) {
            wrong.fetch_add(1, Ordering::SeqCst);
        }
    });
    wrong.into_inner()
}

impl Broken {
    /// Whether a complaint is the one that this fault must cause.
    fn is_caught_by(&self, complaint: &str) -> bool {
        first_line(complaint).contains(self.says)
    }

    /// The complaints when the installed script is tried.
    ///
    /// # Errors
    /// If the script cannot make the state at the start.
    fn seen(&self, stand: &Stand) -> Result<Vec<String>, String> {
        let Some((how, key)) = self.fault else {
            return self.tried(stand, None);
        };
        self.rest(stand)?;
        let calls = trace::calls(&stand.run(self.command, None).events);
        let calls = calls
            .iter()
            .enumerate()
            .filter(|(_, name)| name.ends_with(key));
        let mut seen = Vec::new();
        for (index, _) in calls {
            let call = index + 1;
            seen.extend(self.tried(stand, Some(Fault { how, call }))?);
            if seen.iter().any(|what| self.is_caught_by(what)) {
                break;
            }
        }
        Ok(seen)
    }

    fn tried(&self, stand: &Stand, fault: Option<Fault>) -> Result<Vec<String>, String> {
        self.rest(stand)?;
        let mut found = Found::default();
        cycle::judge(stand, self.command, fault, self.by(), "", &mut found);
        if let Some(then) = self.then {
            let (_, ran) = cycle::judge(stand, then, None, self.by(), "then", &mut found);
            if ran.code != Some(0) {
                found
                    .complaints
                    .push(format!("then {} exits {:?}", then.name(), ran.code));
            }
        }
        Ok(found.complaints)
    }

    /// Returns who judges: the world alone, or the plan too. The plan is needed only for a fault that the world does
    /// not show.
    fn by(&self) -> By {
        match self.law {
            "walk" => By::Both,
            _ => By::World,
        }
    }

    fn rest(&self, stand: &Stand) -> Result<(), String> {
        stand.rest(self.state)?;
        match self.given {
            Given::Nothing => {}
            Given::Sick(color) => stand.write("sick", &format!("{color}\n")),
            Given::Deaf(color) => stand.write("deaf", &format!("{color}\n")),
            Given::Refused(color) => stand.write("refused", &format!("{color}\n")),
            Given::Draining => stand.write("drains", "2\n"),
            Given::Pointed => {
                let world = stand.world();
                let to = world.says("to").unwrap_or_default();
                stand.load(stand.shape.after.fragment(to));
            }
        }
        Ok(())
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Applies these edits to a text.
///
/// # Panics
/// If an edit changes nothing.
fn edited(text: &str, edits: &[Edit]) -> String {
    let mut text = text.to_owned();
    for edit in edits {
        let before = text.clone();
        let lines =
            |change: &dyn Fn(&str) -> String| before.lines().map(change).collect::<String>();
        let whole = |line: &str| format!("{line}\n");
        text = match *edit {
            Edit::Drop(begin) => lines(&|line| {
                if line.trim_start().starts_with(begin) {
                    String::new()
                } else {
                    whole(line)
                }
            }),
            Edit::After(begin, more) => lines(&|line| {
                let more = if line.trim_start().starts_with(begin) {
                    format!("  {more}\n")
                } else {
                    String::new()
                };
                format!("{line}\n{more}")
            }),
            Edit::Before(begin, more) => lines(&|line| {
                let more = if line.trim_start().starts_with(begin) {
                    format!("  {more}\n")
                } else {
                    String::new()
                };
                format!("{more}{line}\n")
            }),
            Edit::Change(from, to) => before.replace(from, to),
        };
        assert!(
            text != before,
            "the script does not contain the text that this edit changes: see the folder broken/"
        );
    }
    text
}
