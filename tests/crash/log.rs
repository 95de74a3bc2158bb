//! The steps of a run, as the deployment's log on the host tells them.

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
                let stopping = std::mem::replace(last, step.to_owned());
                run.steps.push(stopping);
                continue;
            }
            run.steps.extend(step.map(str::to_owned));
        }
    }
    runs
}

/// Whether `step` was logged as a part of the step before it: a commit by the journal too, the gates of a release when its color or
/// the previous one is asked again, or was brought up.
fn is_part_of(step: &str, last: &str) -> bool {
    let asks_release = [
        "previous passes",
        "resume live",
        "probe blue again",
        "probe green again",
    ]
    .contains(&last);
    (step == "commit" && last == "commit")
        || (asks_release && step.starts_with("probe ") && !step.ends_with(" again"))
}
