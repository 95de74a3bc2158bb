//! How often and how long a probe tries, and whether it can pass in that time.

use super::merged_probe::MergedProbe;
use crate::check::values::scope::Scope;
use crate::check::values::value_place::ValuePlace;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Budget, Duration, InputType, defaults};
use crate::syntax::tree::Value;

impl MergedProbe<'_> {
    /// Returns how often and how long the probe tries. Reports an error if it cannot pass in that time.
    pub fn budget(&self, scope: Scope<'_>) -> Option<Budget> {
        let errors = scope.findings.errors();
        let budget = self.times(scope)?;
        self.check_times(scope, &budget);
        (scope.findings.errors() == errors).then_some(budget)
    }

    /// Returns how often and how long the probe tries. Checks each value alone.
    pub fn times(&self, scope: Scope<'_>) -> Option<Budget> {
        let default = match scope.place {
            ValuePlace::Verify => defaults::VERIFY_BUDGET,
            _ => defaults::BUDGET,
        };
        let errors = scope.findings.errors();
        let positive = |value: Option<&Value>, default: Duration| match value {
            None => default,
            Some(value) => match scope.duration(value) {
                Some(Duration::ZERO) => {
                    scope.findings.push(
                        Diagnostic::new(
                            Code::OUT_OF_RANGE,
                            value.span(),
                            "the time must be longer than zero",
                        )
                        .help("leave it out for the default, or write a longer time"),
                    );
                    default
                }
                Some(duration) => duration,
                None => default,
            },
        };
        let count = |value: Option<&Value>, max: u32| {
            let value = value?;
            let number = match scope.value(
                &crate::check::values::types::Type::Input(InputType::Int),
                value,
            )? {
                crate::model::SettingValue::Int(number) => u32::try_from(number).ok(),
                _ => None,
            };
            let number = number.filter(|number| (1..=max).contains(number));
            if number.is_none() {
                scope.findings.push(Diagnostic::new(
                    Code::OUT_OF_RANGE,
                    value.span(),
                    format!("expected a number from 1 to {max}"),
                ));
            }
            number
        };
        let every = positive(self.every, default.every);
        let after = self
            .after
            .and_then(|value| scope.duration(value))
            .unwrap_or(default.after);
        let passes = count(self.passes, 100).unwrap_or(default.passes);
        let attempts = count(self.attempts, 10_000);
        let within = positive(self.within, default.within);
        let timeout = match self.timeout {
            Some(_) => positive(self.timeout, default.timeout),
            // A default must not contradict the user's `within`.
            None if attempts.is_none() => default.timeout.min(within),
            None => default.timeout,
        };
        let within = match attempts {
            Some(attempts) => after + every.max(timeout).times(u64::from(attempts)),
            None => within,
        };
        if scope.findings.errors() > errors {
            return None;
        }
        Some(Budget {
            every,
            within,
            attempts,
            timeout,
            after,
            passes,
        })
    }

    /// Reports a probe that cannot pass in its time. The first attempt begins after `after`, each further attempt
    /// `every` later. `passes` attempts in a row must succeed before `within` ends.
    fn check_times(&self, scope: Scope<'_>, budget: &Budget) {
        let findings = scope.findings;
        let place = |values: &[Option<&Value>]| {
            let said = values.iter().flatten().next();
            said.map(|value| value.span())
                .or(self.questions.first().map(|(_, span)| *span))
        };
        if let Some(attempts) = budget.attempts {
            if attempts < budget.passes
                && let Some(span) = place(&[self.attempts])
            {
                findings.push(
                    Diagnostic::new(
                        Code::NEVER_PASSES,
                        span,
                        format!(
                            "{attempts} tries are too few for {} passes in a row",
                            budget.passes
                        ),
                    )
                    .help(format!(
                        "write `attempts {}` or more, or fewer `passes`",
                        budget.passes
                    )),
                );
            }
            return;
        }
        let needed = budget.after + budget.every.times(u64::from(budget.passes) - 1);
        if needed >= budget.within {
            if let Some(span) = place(&[self.within, self.after, self.passes, self.every]) {
                findings.push(
                    Diagnostic::new(
                        Code::NEVER_PASSES,
                        span,
                        format!(
                            "`within {}` is over before {} passes are possible",
                            budget.within, budget.passes
                        ),
                    )
                    .help(format!(
                        "`after` {} and {} tries, one every {}, take more than {needed}: lengthen `within`, or reduce `passes`",
                        budget.after, budget.passes, budget.every
                    )),
                );
            }
        } else if budget.timeout >= budget.within
            && let Some(span) = self.timeout.map(Value::span)
        {
            findings.push(
                Diagnostic::new(
                    Code::ONE_TRY,
                    span,
                    format!(
                        "one try may take {}, but all tries together have only {}",
                        budget.timeout, budget.within
                    ),
                )
                .help("one answer that hangs uses up the whole time: shorten `timeout`, or lengthen `within`"),
            );
        }
    }
}
