//! Numbers with units.

use super::types::Type;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Duration, InputType, Port, SettingValue, StatusSet};
use crate::syntax::tree::{Number, Value};

/// A value or a finding, which the caller reports.
type Outcome = Result<SettingValue, Box<Diagnostic>>;

/// Returns a number as a value of a numeric type, or `None` if the type is not numeric.
pub fn number(ty: &Type, number: &Number) -> Option<Outcome> {
    Some(match ty {
        Type::Input(InputType::Int) => int(number),
        Type::Input(InputType::Port) => port(number),
        Type::Input(InputType::Duration) => duration(number).map(SettingValue::Duration),
        Type::Size => size(number),
        Type::Percent => percent(number),
        Type::Decimal => decimal(number),
        Type::Status => status_of(&[StatusPart::One(number)]),
        _ => return None,
    })
}

fn wrong(code: Code, number: &Number, message: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(code, number.span, message))
}

/// Returns an error if a number has a unit although the type has none.
fn bare(number: &Number, expected: &str) -> Result<(), Box<Diagnostic>> {
    if number.unit.is_empty() {
        return Ok(());
    }
    let written = format!("{}{}", number.digits, number.unit);
    Err(Box::new(
        Diagnostic::new(
            Code::BAD_UNIT,
            number.span,
            format!("found `{written}`, expected {expected} without a unit"),
        )
        .label(format!("did you mean `{}`?", number.digits))
        .fix(number.span, number.digits.clone()),
    ))
}

fn whole(number: &Number) -> Result<u64, Box<Diagnostic>> {
    if number.digits.contains('.') {
        return Err(wrong(
            Code::WRONG_TYPE,
            number,
            format!("found `{}`, expected a whole number", number.digits),
        ));
    }
    number
        .digits
        .parse()
        .map_err(|_| wrong(Code::OUT_OF_RANGE, number, "the number is too large"))
}

fn int(number: &Number) -> Outcome {
    bare(number, "a whole number")?;
    let value = whole(number)?;
    i64::try_from(value).map(SettingValue::Int).map_err(|_| {
        wrong(
            Code::OUT_OF_RANGE,
            number,
            format!("`{value}` is larger than {}", i64::MAX),
        )
    })
}

fn port(number: &Number) -> Outcome {
    bare(number, "a port")?;
    let value = whole(number)?;
    Port::new(value).map(SettingValue::Port).ok_or_else(|| {
        wrong(
            Code::OUT_OF_RANGE,
            number,
            format!("`{value}` is not a port: ports are 1 to 65535"),
        )
    })
}

/// Returns a duration.
pub fn duration(number: &Number) -> Result<Duration, Box<Diagnostic>> {
    let written = format!("{}{}", number.digits, number.unit);
    let scale: u64 = match number.unit.as_str() {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "" if number.digits == "0" => 1000,
        "" => {
            // A number of three or more digits is probably in milliseconds.
            let unit = if number.digits.len() >= 3 { "ms" } else { "s" };
            let likely = format!("{}{unit}", number.digits);
            return Err(Box::new(
                Diagnostic::new(
                    Code::BAD_UNIT,
                    number.span,
                    format!("found the number `{written}`, expected a duration"),
                )
                .label(format!("did you mean `{likely}`?"))
                .help("a duration has its unit attached: `500ms`, `10s`, `5m`, `1h`")
                .fix(number.span, likely),
            ));
        }
        other => {
            let unit = match other {
                "sec" | "secs" | "second" | "seconds" | "S" => Some("s"),
                "min" | "mins" | "minute" | "minutes" | "M" => Some("m"),
                "hour" | "hours" | "hr" | "H" => Some("h"),
                "msec" | "millis" | "MS" => Some("ms"),
                _ => None,
            };
            let finding = Diagnostic::new(
                Code::BAD_UNIT,
                number.span,
                format!("`{other}` is not a unit of time"),
            )
            .help("units of time: `ms`, `s`, `m`, `h`");
            return Err(Box::new(match unit {
                Some(unit) => {
                    let likely = format!("{}{unit}", number.digits);
                    finding
                        .label(format!("did you mean `{likely}`?"))
                        .fix(number.span, likely)
                }
                None => finding,
            }));
        }
    };
    let millis = scaled(&number.digits, scale).ok_or_else(|| {
        wrong(
            Code::OUT_OF_RANGE,
            number,
            format!("`{written}` is not a whole number of milliseconds"),
        )
    })?;
    let duration = Duration::from_millis(millis);
    if duration > Duration::MAX {
        return Err(wrong(
            Code::OUT_OF_RANGE,
            number,
            format!("`{written}` is longer than a day (`24h`)"),
        ));
    }
    Ok(duration)
}

fn size(number: &Number) -> Outcome {
    let written = format!("{}{}", number.digits, number.unit);
    let scale: u64 = match number.unit.as_str() {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        other => {
            let unit = match other {
                "k" | "K" | "KB" | "kB" | "kb" => "KiB",
                "g" | "G" | "GB" | "gb" => "GiB",
                _ => "MiB",
            };
            let likely = format!("{}{unit}", number.digits);
            let message = if other.is_empty() {
                format!("found the number `{written}`, expected a size")
            } else {
                format!("`{other}` is not a unit of size")
            };
            return Err(Box::new(
                Diagnostic::new(Code::BAD_UNIT, number.span, message)
                    .label(format!("did you mean `{likely}`?"))
                    .help("units of size: `B`, `KiB`, `MiB`, `GiB` (powers of 1024)")
                    .fix(number.span, likely),
            ));
        }
    };
    scaled(&number.digits, scale)
        .map(SettingValue::Size)
        .ok_or_else(|| {
            wrong(
                Code::OUT_OF_RANGE,
                number,
                format!("`{written}` is not a whole number of bytes"),
            )
        })
}

fn percent(number: &Number) -> Outcome {
    if number.unit != "%" {
        let likely = format!("{}%", number.digits);
        return Err(Box::new(
            Diagnostic::new(
                Code::BAD_UNIT,
                number.span,
                format!(
                    "found `{}{}`, expected a percentage",
                    number.digits, number.unit
                ),
            )
            .label(format!("did you mean `{likely}`?"))
            .fix(number.span, likely),
        ));
    }
    let value = whole(number)?;
    match u8::try_from(value) {
        Ok(percent @ 0..=100) => Ok(SettingValue::Percent(percent)),
        _ => Err(wrong(
            Code::OUT_OF_RANGE,
            number,
            format!("`{value}%` is more than `100%`"),
        )),
    }
}

fn decimal(number: &Number) -> Outcome {
    bare(number, "a number")?;
    Ok(SettingValue::Decimal(number.digits.clone()))
}

/// Returns `digits` (with at most one point) times `scale`. Returns `None` if the result is not a whole number or
/// overflows.
fn scaled(digits: &str, scale: u64) -> Option<u64> {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part = part.trim_end_matches('0');
    let whole = whole.parse::<u64>().ok()?.checked_mul(scale)?;
    if part.is_empty() {
        return Some(whole);
    }
    let denominator = 10u64.checked_pow(u32::try_from(part.len()).ok()?)?;
    let numerator = part.parse::<u64>().ok()?.checked_mul(scale)?;
    (numerator % denominator == 0)
        .then(|| whole.checked_add(numerator / denominator))
        .flatten()
}

/// One part of a set of HTTP statuses.
pub enum StatusPart<'t> {
    One(&'t Number),
    Class(&'t crate::syntax::tree::Name),
    Range(&'t crate::syntax::tree::StatusRange),
}

impl<'t> StatusPart<'t> {
    /// Returns the value as a part, or `None` if it is not one.
    pub fn of(value: &'t Value) -> Option<Self> {
        match value {
            Value::Number(number) => Some(Self::One(number)),
            Value::StatusClass(name) => Some(Self::Class(name)),
            Value::StatusRange(range) => Some(Self::Range(range)),
            _ => None,
        }
    }
}

/// Returns a set of HTTP statuses.
pub fn status_of(parts: &[StatusPart<'_>]) -> Outcome {
    let mut ranges = Vec::new();
    for part in parts {
        match part {
            StatusPart::One(number) => {
                let status = status(number)?;
                ranges.push((status, status));
            }
            StatusPart::Class(name) => {
                let first = name.text.chars().next().and_then(|c| c.to_digit(10));
                match first.and_then(|digit| u16::try_from(digit).ok()) {
                    Some(digit @ 1..=5) => ranges.push((digit * 100, digit * 100 + 99)),
                    _ => {
                        return Err(Box::new(Diagnostic::new(
                            Code::OUT_OF_RANGE,
                            name.span,
                            format!(
                                "`{}` is not a class of statuses: classes are `1xx` to `5xx`",
                                name.text
                            ),
                        )));
                    }
                }
            }
            StatusPart::Range(range) => {
                let (from, to) = (status(&range.from)?, status(&range.to)?);
                if from > to {
                    return Err(Box::new(
                        Diagnostic::new(
                            Code::OUT_OF_RANGE,
                            range.span,
                            format!("`{from}..{to}` is empty: it ends before it begins"),
                        )
                        .fix(range.span, format!("{to}..{from}")),
                    ));
                }
                ranges.push((from, to));
            }
        }
    }
    StatusSet::new(ranges)
        .map(SettingValue::Status)
        .ok_or_else(|| {
            Box::new(Diagnostic::whole(
                Code::OUT_OF_RANGE,
                "the set of statuses is empty",
            ))
        })
}

fn status(number: &Number) -> Result<u16, Box<Diagnostic>> {
    bare(number, "a status")?;
    match u16::try_from(whole(number)?) {
        Ok(status @ 100..=599) => Ok(status),
        _ => Err(wrong(
            Code::OUT_OF_RANGE,
            number,
            format!(
                "`{}` is not an HTTP status: statuses are 100 to 599",
                number.digits
            ),
        )),
    }
}
