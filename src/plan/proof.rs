//! The walk as a part of `check`: a law that does not hold is a finding, with the way that leads there.

use super::Plan;
use super::walk::{Breach, Ended, Grain, Taken, walk};
use crate::diagnostics::{Code, Diagnostic, Report};
use crate::model::App;

/// Walks the plan of `app` and reports the first law that does not hold: BG311.
pub fn check_laws(app: &App, plan: &Plan, report: &mut Report) {
    if let Some(breach) = walk(app, plan, Grain::Color).breach {
        report.push(finding(app, &breach));
    }
}

/// The last step is what the finding is about; every other of the last command's that the file asked
/// for is pointed at too, once.
fn finding(app: &App, breach: &Breach) -> Diagnostic {
    let began = |taken: &Taken| matches!(taken, Taken::Began(..));
    let last = breach.taken.iter().rposition(began).unwrap_or_default();
    let mut steps = breach.taken[last..].iter().filter_map(|taken| match taken {
        Taken::Step {
            action,
            span,
            ended,
        } => Some((action.title(), *span, *ended)),
        _ => None,
    });
    let breaks = steps.next_back();
    let span = breaks.as_ref().and_then(|(_, span, _)| *span);
    let mut finding = Diagnostic::new(
        Code::LAW_BROKEN,
        span.unwrap_or(app.span),
        format!("law {}, does not hold: {}", breach.law, breach.why),
    );
    if let Some((what, ..)) = breaks {
        finding = finding.label(format!("here: {what}"));
    }
    let mut pointed = Vec::from_iter(span);
    for (number, (what, span, ended)) in steps.enumerate() {
        let Some(span) = span.filter(|span| !pointed.contains(span)) else {
            continue;
        };
        pointed.push(span);
        let how = match ended {
            Ended::Done | Ended::Breaks => "",
            Ended::Failed => ", which fails",
            Ended::Told => ", which a signal interrupts",
            Ended::Died => ", before which the run dies",
        };
        finding = finding.also(span, format!("step {}: {what}{how}", number + 1));
    }
    finding.help(format!(
        "how it comes about:\n{}",
        breach.lines().join("\n")
    ))
}
