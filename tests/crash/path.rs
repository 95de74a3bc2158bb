//! Whether the steps that a run logged are a path of the plan: recovery of what was before, then steps in order, then the way back of
//! the last one. A run that was killed may end anywhere on such a path.

use deployc::check::{LoadError, Loader};
use deployc::diagnostics::Report;
use deployc::model::App;
use deployc::plan::{Action, Intent, Phase, Plan, Side, Step};
use deployc::source::Sources;

use crate::stand::SOURCE;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was killed.
    Cut,
    /// It failed, or was asked to stop.
    Failed,
    /// It exited 0.
    Good,
}

/// A run as its log tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// `deploy`, `rollback` and so on.
    pub command: String,
    /// Names of the steps that it began.
    pub steps: Vec<String>,
}

/// Reads a deployment's log.
pub fn read_log(text: &str) -> Vec<Logged> {
    let mut runs: Vec<Logged> = Vec::new();
    for line in text.lines() {
        let Some((_, line)) = line.split_once(' ') else {
            continue;
        };
        if let Some(rest) = line.strip_prefix("command: ") {
            let command = rest.split(',').next().unwrap_or_default().to_owned();
            runs.push(Logged {
                command,
                steps: Vec::new(),
            });
        } else if let Some(run) = runs.last_mut() {
            let step = match line {
                // A deployment's commit is said by the journal alone.
                "journal: switched" => Some("commit"),
                _ => line.strip_prefix("step: "),
            };
            let step =
                step.filter(|&step| !run.steps.last().is_some_and(|last| is_part_of(step, last)));
            if let (Some(step), Some(last)) = (step, run.steps.last_mut())
                && step
                    .strip_prefix("drain ")
                    .is_some_and(|color| *last == format!("stop {color}"))
            {
                // Where the new color is drained before it is stopped, the script says that the other way round.
                let stop = std::mem::replace(last, step.to_owned());
                run.steps.push(stop);
                continue;
            }
            run.steps.extend(step.map(str::to_owned));
        }
    }
    runs
}

/// Whether `step` was logged as a part of the step before it: a commit by the journal too, the gates of a release when its color or
/// the previous one is asked again.
fn is_part_of(step: &str, last: &str) -> bool {
    let asks_release =
        last == "previous passes" || ["probe blue again", "probe green again"].contains(&last);
    (step == "commit" && last == "commit")
        || (asks_release && step.starts_with("probe ") && !step.ends_with(" again"))
}

/// A step as the script calls it, `{from}` and `{to}` for the colors, and every way back that its failure may take.
#[derive(Clone, Debug)]
struct Spot {
    title: String,
    backs: Vec<Vec<String>>,
}

/// The paths of the plan of `deploy.bg`.
pub struct Paths {
    prepare: Vec<Spot>,
    switch: Vec<Spot>,
    cleanup: Vec<Spot>,
    rollback: Vec<Spot>,
}

struct NoFiles;

impl Loader for NoFiles {
    fn read(&self, _: &camino::Utf8Path) -> Result<Vec<u8>, LoadError> {
        Err(LoadError::Missing)
    }
}

impl Paths {
    /// From the compiler's own plan.
    pub fn new() -> Self {
        let mut sources = Sources::new();
        let main = sources.add("deploy.bg", SOURCE.to_owned());
        let mut report = Report::new();
        let planned = deployc::plan_file(&mut sources, main, &NoFiles, &mut report);
        let (app, plan) = planned
            .and_then(|mut all| all.pop())
            .expect("deploy.bg is correct");
        let switch = spots(&app, &plan.switch);
        Self {
            prepare: spots(&app, &plan.prepare),
            rollback: rollback(&app, &plan, &switch),
            switch,
            cleanup: spots(&app, &plan.cleanup),
        }
    }

    /// Whether a run took a path of the plan.
    ///
    /// # Errors
    /// What it did, and the nearest that it could have done.
    pub fn check(&self, run: &Logged, end: End) -> Result<(), String> {
        let forward = self.forward(&run.command);
        let fits = |recovery: &[String], colors: [&str; 2], recovered: [&str; 2]| {
            let recovery = named(recovery, recovered);
            match run.steps.strip_prefix(recovery.as_slice()) {
                Some(rest) => goes(&forward, rest, colors, end),
                None => end == End::Cut && recovery.starts_with(&run.steps),
            }
        };
        let both = [
            ["blue", "green"],
            ["green", "blue"],
            ["", "blue"],
            ["", "green"],
        ];
        let possible = self.recoveries().iter().any(|recovery| {
            both.iter().any(|&colors| {
                both.iter()
                    .any(|&recovered| fits(recovery, colors, recovered))
            })
        });
        if possible {
            return Ok(());
        }
        let titles: Vec<_> = forward.iter().map(|spot| spot.title.as_str()).collect();
        Err(format!(
            "{} ({end:?}) logged {:?}, no path of {titles:?}",
            run.command, run.steps
        ))
    }

    fn forward(&self, command: &str) -> Vec<Spot> {
        let phases: &[&[Spot]] = match command {
            "deploy" => &[&self.prepare, &self.switch, &self.cleanup],
            "prepare" => &[&self.prepare],
            "switch" => &[&self.switch],
            "cleanup" => &[&self.cleanup],
            "rollback" => &[&self.rollback, &self.cleanup],
            _ => &[],
        };
        let mut forward = phases.concat();
        if command == "abort" {
            forward.push(Spot {
                title: "stop the new color".into(),
                backs: vec![Vec::new()],
            });
        }
        forward
    }

    /// What may come before a command's own steps: nothing, the way back of an interrupted switch, or its cleanup.
    fn recoveries(&self) -> Vec<Vec<String>> {
        let mut all = vec![Vec::new()];
        all.extend(self.switch.iter().flat_map(|spot| spot.backs.clone()));
        // Of a way back that was cut short in its last steps.
        all.push(vec!["drain {to}".to_owned()]);
        all.push(self.cleanup.iter().map(|spot| spot.title.clone()).collect());
        all
    }
}

/// Whether `steps` are the first of `forward`, and after them a way back.
fn goes(forward: &[Spot], steps: &[String], colors: [&str; 2], end: End) -> bool {
    let titles = named(
        &forward
            .iter()
            .map(|spot| spot.title.clone())
            .collect::<Vec<_>>(),
        colors,
    );
    let same = titles
        .iter()
        .zip(steps)
        .take_while(|(title, step)| title == step)
        .count();
    if same == steps.len() {
        // A command may find that there is nothing to do.
        let whole = same == titles.len() || same == 0;
        if end == End::Cut || (whole && end == End::Good) {
            return true;
        }
    }
    // The step whose failure it was, or the next one, which was not begun any more because the script was asked to stop.
    (same.saturating_sub(1)..=same).any(|failed| {
        let Some(spot) = forward.get(failed) else {
            return steps.len() == same;
        };
        spot.backs
            .iter()
            .map(|back| named(back, colors))
            .any(|back| match end {
                End::Cut => back.starts_with(&steps[same..]),
                End::Failed => back == steps[same..],
                // A cleanup that was not finished.
                End::Good => back.is_empty() && steps.len() == same,
            })
    })
}

fn named(titles: &[String], [from, to]: [&str; 2]) -> Vec<String> {
    let named = titles
        .iter()
        .filter(|title| !(from.is_empty() && title.contains("{from}")));
    named
        .map(|title| title.replace("{from}", from).replace("{to}", to))
        .collect()
}

fn spots(app: &App, phase: &Phase) -> Vec<Spot> {
    let mut spots: Vec<Spot> = Vec::new();
    for step in &phase.steps {
        for title in titles(app, phase, &step.action) {
            if spots.last().is_none_or(|last| last.title != title) {
                spots.push(Spot {
                    title,
                    backs: Vec::new(),
                });
            }
        }
        let mut backs = ways(app, phase, step);
        if let Some(last) = spots.last_mut() {
            last.backs.extend_from_slice(&backs);
            // There is nothing to drain where the proxy was never asked to reload.
            for back in &mut backs {
                back.retain(|title| title != "drain {to}");
            }
            last.backs.append(&mut backs);
        }
    }
    // Of the first five the plan has three: their failure is the same.
    let refused = spots
        .iter()
        .find(|spot| !spot.backs.is_empty())
        .map(|spot| spot.backs.clone());
    for spot in &mut spots {
        if spot.backs.is_empty() {
            spot.backs = refused.clone().unwrap_or_default();
        }
    }
    spots
}

/// The ways that the failure of a step may take, those of failures on the way back among them.
fn ways(app: &App, phase: &Phase, step: &Step) -> Vec<Vec<String>> {
    let Some(back) = step.on_failure.way_back() else {
        return vec![Vec::new()];
    };
    let mut way: Vec<String> = Vec::new();
    let mut all = Vec::new();
    for step in back.steps() {
        for title in back_titles(app, phase, &step.action) {
            if way.last() != Some(&title) {
                way.push(title);
            }
        }
        if step.on_failure.way_back().is_some() {
            all.extend(
                ways(app, phase, step)
                    .into_iter()
                    .map(|rest| [way.clone(), rest].concat()),
            );
        } else {
            all.push(way.clone());
        }
    }
    if back
        .steps()
        .iter()
        .all(|step| step.action == Action::Record)
    {
        // Nothing was begun yet.
        all.push(Vec::new());
    }
    all.push(way);
    all
}

/// What the script calls an action of the way forward. The order of the first five is the script's; the plan has three for them.
fn titles(app: &App, phase: &Phase, action: &Action) -> Vec<String> {
    let gate = |number: &usize| app.services[0].gates[*number].name.to_string();
    let words: &[&str] = match action {
        Action::Preflight => &[
            "preflight",
            "choose idle",
            "verify as it is",
            "read inputs",
            "check questions",
        ],
        Action::ClearIdle(_) => &["clear idle"],
        Action::Journal(Intent::Prepare) | Action::MakeRelease | Action::Stage(_) => {
            &["new release"]
        }
        Action::Start(..) => &["start {to}"],
        Action::Probe(_, number, _) => return vec![format!("probe {}", gate(number))],
        Action::ProbeAgain(_, number, _) => return vec![format!("probe {} again", gate(number))],
        Action::UserStep(place, number) => return vec![format!("{} {number}", place.words())],
        Action::TestAsIs => &["test as it is"],
        Action::ReadRouted if phase.name.word() == "prepare" => &[],
        Action::ReadRouted
        | Action::InstallResume
        | Action::LockProxy
        | Action::Write(_)
        | Action::Journal(_)
        | Action::Swap(_)
        | Action::Test
        | Action::Reload
        | Action::Confirm
        | Action::Persist(_, Side::New) => &["swap"],
        Action::Verify(number) => return vec![format!("verify {}", number + 1)],
        Action::HandOver(service) => return vec![format!("hand over {service}")],
        Action::Commit => &["commit"],
        Action::Drain(Side::Previous) => &["drain"],
        Action::Drain(Side::New) => &["drain {to}"],
        Action::Stop(..) | Action::Clear(..) | Action::Persist(_, Side::Previous) => {
            &["stop previous"]
        }
        Action::Lock | Action::Recover | Action::ReadInputs | Action::Reserve | Action::Record => {
            &[]
        }
    };
    words.iter().map(|&word| word.to_owned()).collect()
}

/// What the script calls an action of the way back.
fn back_titles(app: &App, phase: &Phase, action: &Action) -> Vec<String> {
    let title = match action {
        Action::ProbeAgain(_, _, Side::Previous) => "probe {from} again",
        Action::ProbeAgain(_, _, Side::New) => "probe {to} again",
        // The record of a way back is made when the new color is stopped.
        Action::Stop(_, Side::New) | Action::Clear(_, Side::New) | Action::Record => "stop {to}",
        Action::Write(Side::Previous) => "point the proxy back",
        // What puts a fragment in force is one step there; that of the color that stays is none.
        Action::LockProxy
        | Action::Journal(_)
        | Action::Swap(_)
        | Action::Write(_)
        | Action::Test
        | Action::Reload
        | Action::Confirm
        | Action::Commit => return Vec::new(),
        _ => return titles(app, phase, action),
    };
    vec![title.to_owned()]
}

/// The plan says nothing of a rollback: another way to a prepared color, then the same switch.
fn rollback(app: &App, plan: &Plan, switch: &[Spot]) -> Vec<Spot> {
    let stop = plan
        .prepare
        .steps
        .last()
        .map(|step| ways(app, &plan.prepare, step))
        .unwrap_or_default();
    let back = switch
        .iter()
        .find(|spot| spot.title == "swap")
        .map(|spot| spot.backs.clone())
        .unwrap_or_default();
    let spot = |title: &str, backs: &Vec<Vec<String>>| Spot {
        title: title.to_owned(),
        backs: backs.clone(),
    };
    let mut spots = vec![spot("choose previous", &vec![Vec::new()])];
    spots.extend(
        ["bring up previous", "previous passes", "test as it is"].map(|title| spot(title, &stop)),
    );
    spots.extend(["swap", "verify previous", "commit"].map(|title| spot(title, &back)));
    spots
}
