//! The walk as a part of `check`. A broken law is a finding that shows the steps leading to it.

use super::Plan;
use super::walk::{Breach, Ended, Grain, Taken, walk};
use crate::diagnostics::{Code, Diagnostic, Report};
use crate::model::App;

/// Walks the plan of `app` and reports the first broken law: BG311.
pub fn check_laws(app: &App, plan: &Plan, report: &mut Report) {
    if let Some(breach) = walk(app, plan, Grain::Color).breach {
        report.push(finding(app, &breach));
    }
}

/// Returns the finding for a broken law. It points at the last step. It also points once at each other statement of the
/// file that asked for a step of the last command.
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
        "the events that lead to it:\n{}",
        breach.lines().join("\n")
    ))
}

#[cfg(test)]
mod tests {
    use super::check_laws;
    use crate::diagnostics::render;
    use crate::diagnostics::{Code, Report};
    use crate::fixture;
    use crate::plan::{Action, Line, Plan, ProgramName, plan};

    /// Removes steps of a program.
    fn without(plan: &mut Plan, name: ProgramName, wanted: impl Fn(&Action) -> bool) {
        let mut programs = plan.programs.iter_mut();
        let program = programs.find(|program| program.name == name);
        let lines = &mut program.expect("a plan has every program").lines;
        lines.retain(|line| !matches!(line, Line::Step(step) if wanted(&step.action)));
    }

    fn report_of(change: impl FnOnce(&mut Plan)) -> Report {
        let app = fixture::hello();
        let mut plan = plan(&app);
        change(&mut plan);
        let mut report = Report::new();
        check_laws(&app, &plan, &mut report);
        report
    }

    #[test]
    fn a_plan_as_it_is_made_gives_no_finding() {
        assert!(report_of(|_| ()).is_empty());
    }

    #[test]
    fn a_breach_points_at_the_lines_that_lead_to_it() {
        let report = report_of(|plan| {
            without(plan, ProgramName::Switch, |action| {
                matches!(action, Action::GateAgain(..))
            });
        });
        let findings = report.sorted();
        assert_eq!(findings.len(), 1);
        let finding = findings[0];
        assert_eq!(finding.code, Code::LAW_BROKEN);
        // `switch nginx` asks for the swap. The lines before it ask for the steps before the swap.
        assert_eq!(
            finding.label.as_ref().map(|label| label.span),
            Some(fixture::line(26))
        );
        let help = finding.help.clone().unwrap_or_default();
        assert!(help.ends_with("swap new: breaks the law"), "{help}");
        let short = render::short(&report, &fixture::sources());
        assert!(short.contains("deploy.bg:26"), "{short}");
        assert!(short.contains("law L1, gate, does not hold"), "{short}");
    }

    #[test]
    fn a_breach_in_the_cleanup_points_at_the_cleanup() {
        let report = report_of(|plan| {
            without(plan, ProgramName::Cleanup, |action| {
                matches!(action, Action::Drain(_))
            });
        });
        let findings = report.sorted();
        let finding = findings[0];
        assert!(
            finding.message.starts_with("law L7, no cut, does not hold"),
            "{}",
            finding.message
        );
        assert_eq!(
            finding.label.as_ref().map(|label| label.span),
            Some(fixture::line(37))
        );
        // The finding also points once at the statement that asked for the earlier steps.
        let proxy = finding
            .others
            .iter()
            .find(|label| label.span == fixture::line(26));
        let proxy = proxy.expect("the proxy is on the way");
        assert!(proxy.text.contains("test_as_it_is"), "{}", proxy.text);
    }
}
