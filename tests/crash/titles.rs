//! What the script calls the plan's steps.

use deployc::model::App;
use deployc::model::Name;
use deployc::plan::{Action, Intent, Phase, PhaseName, Place, Side, Step};

/// A step as the script calls it, `{from}` and `{to}` for the colors, and every way back that its failure may take.
#[derive(Clone, Debug)]
pub struct Spot {
    pub title: String,
    pub backs: Vec<Vec<String>>,
}

/// The steps of a phase as the script calls them.
pub fn spots(app: &App, phase: &Phase) -> Vec<Spot> {
    let mut spots: Vec<Spot> = Vec::new();
    for step in &phase.steps {
        for title in titles(app, phase, spots.is_empty(), &step.action) {
            if spots.last().is_none_or(|last| last.title != title) {
                spots.push(Spot {
                    title,
                    backs: Vec::new(),
                });
            }
        }
        if let Some(last) = spots.last_mut() {
            last.backs.append(&mut ways(app, phase, step));
        }
    }
    // Where the script has several steps for one of the plan's, their failure is the same.
    let mut backs = Vec::new();
    for spot in spots.iter_mut().rev() {
        if spot.backs.is_empty() {
            spot.backs.clone_from(&backs);
        }
        backs.clone_from(&spot.backs);
    }
    spots
}

/// The user's steps when the outcome is known: those of this one, and those of always.
pub fn outcomes(steps: &[Step], outcome: Place) -> Vec<Spot> {
    let titles = steps.iter().filter_map(|step| match step.action {
        Action::UserStep(place, number) if place == outcome || place == Place::OnAlways => {
            Some(format!("{} {number}", place.words()))
        }
        _ => None,
    });
    titles
        .map(|title| Spot {
            title,
            backs: vec![Vec::new()],
        })
        .collect()
}

/// The steps of `adopt`, which is no phase of a plan: the gates, the swap, the proof and the commit of one, for the color that is live.
pub fn adoption() -> Vec<Spot> {
    let nothing = vec![Vec::new()];
    let left = vec![vec!["leave {to} as it was".to_owned()]];
    let back = ["probe {to} again", "point the proxy back"].map(str::to_owned);
    let backs = vec![back.to_vec(), back[..1].to_vec()];
    // Before the journal knows of it there is nothing to leave.
    let begun = [&nothing[..], &left[..]].concat();
    let swap = [&left[..], &backs[..]].concat();
    let all = [
        ("find what is live", &nothing),
        ("preflight", &nothing),
        ("read inputs", &nothing),
        ("check questions", &nothing),
        ("take over {to}", &begun),
        ("probe {to} again", &left),
        ("test as it is", &left),
        ("swap", &swap),
        ("verify 1", &backs),
        ("commit", &backs),
    ];
    all.map(|(title, backs)| Spot {
        title: title.to_owned(),
        backs: backs.clone(),
    })
    .to_vec()
}

/// The ways that the failure of a step may take, those of failures on the way back among them.
fn ways(app: &App, phase: &Phase, step: &Step) -> Vec<Vec<String>> {
    let Some(back) = step.on_failure.way_back() else {
        return vec![Vec::new()];
    };
    let mut all = along(app, phase, back.steps());
    if back
        .steps()
        .iter()
        .all(|step| step.action == Action::Record)
    {
        // Nothing was begun yet.
        all.push(Vec::new());
    }
    all
}

/// A way back as the script calls its steps, and those that branch off where one of its steps fails.
pub fn along(app: &App, phase: &Phase, steps: &[Step]) -> Vec<Vec<String>> {
    let mut way: Vec<String> = Vec::new();
    let mut all = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let next = steps.get(number + 1).map(|step| &step.action);
        for title in back_titles(app, phase, &step.action, next) {
            if way.last() != Some(&title) {
                way.push(title);
            }
        }
        if step.on_failure.way_back().is_some() {
            let rest = ways(app, phase, step).into_iter();
            all.extend(rest.map(|rest| [way.clone(), rest].concat()));
        } else {
            all.push(way.clone());
        }
    }
    all.push(way);
    all
}

/// What the script calls an action of the way forward. The order of the first five is the script's; the plan has three for them.
fn titles(app: &App, phase: &Phase, is_first: bool, action: &Action) -> Vec<String> {
    let is_rollback = phase.name == PhaseName::Rollback;
    // A service is named where there are several.
    let of = |service: &Name| match app.services.len() {
        1 => String::new(),
        _ => format!(" of {service}"),
    };
    let gate = |service: &Name, number: &usize| {
        let found = app.services.iter().find(|one| one.name == *service);
        let name = found.map(|one| one.gates[*number].name.to_string());
        format!("{}{}", name.unwrap_or_default(), of(service))
    };
    let words: &[&str] = match action {
        Action::ReadRouted | Action::Start(..) | Action::ProbeAgain(..)
            if phase.name == PhaseName::Resume =>
        {
            &["resume live"]
        }
        Action::Preflight => &[
            "preflight",
            "choose idle",
            "verify as it is",
            "read inputs",
            "check questions",
        ],
        Action::ClearIdle(_) => &["clear idle"],
        Action::Journal(Intent::Prepare) if is_rollback => &[],
        Action::Journal(Intent::Prepare) | Action::MakeRelease | Action::Stage(_) => {
            &["new release"]
        }
        Action::Start(..) if is_rollback => &["bring up previous"],
        Action::ProbeAgain(..) if is_rollback => &["previous passes"],
        Action::Stop(..) | Action::Clear(..) | Action::Record if phase.name == PhaseName::Abort => {
            &["stop the new color"]
        }
        Action::Start(service, _) if app.services.len() > 1 => {
            return vec![format!("start{}", of(service))];
        }
        Action::Start(..) => &["start {to}"],
        Action::Probe(service, number, _) => {
            return vec![format!("probe {}", gate(service, number))];
        }
        Action::ProbeAgain(service, number, _) => {
            return vec![format!("probe {} again", gate(service, number))];
        }
        Action::UserStep(place, number) => return vec![format!("{} {number}", place.words())],
        Action::TestAsIs => &["test as it is"],
        Action::ReadRouted if is_rollback && is_first => &["choose previous"],
        Action::ReadRouted if phase.name == PhaseName::Prepare => &[],
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
        Action::HandOver(_) if is_rollback => &["hand over all"],
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

/// What the script calls an action of the way back, by what comes after it.
fn back_titles(app: &App, phase: &Phase, action: &Action, next: Option<&Action>) -> Vec<String> {
    let title = match action {
        // A worker that was handed over is stopped and started again.
        Action::Stop(one, Side::New)
            if matches!(next, Some(Action::Start(other, Side::Previous)) if one == other) =>
        {
            "restart exclusive"
        }
        Action::ProbeAgain(_, _, Side::Previous) => "probe {from} again",
        Action::ProbeAgain(_, _, Side::New) => "probe {to} again",
        // The record of a way back is made when the new color is stopped.
        Action::Stop(_, Side::New) | Action::Clear(_, Side::New) | Action::Record => "stop {to}",
        Action::Write(Side::Previous) => "point the proxy back",
        Action::Commit => "commit",
        // What puts a fragment in force is one step there; that of the color that stays is none.
        Action::LockProxy
        | Action::Journal(_)
        | Action::Swap(_)
        | Action::Write(_)
        | Action::Test
        | Action::Reload
        | Action::Confirm
        // What a rollback brought up, and what is revived after a boot, is no step there, nor is what the color that stays gets.
        | Action::Start(..)
        | Action::HandOver(_) => return Vec::new(),
        _ => return titles(app, phase, false, action),
    };
    vec![title.to_owned()]
}
