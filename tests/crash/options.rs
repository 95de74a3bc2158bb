//! The options of the command line.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::harm::{Fault, How};
use crate::point::Point;
use crate::series::{Choice, Kind, Progress, Scope, Series};
use crate::situation::Situation;

/// The series, and how many run at the same time.
pub struct Options {
    /// The series, in the order in which they begin.
    pub series: Vec<Series>,
    /// The number of hosts that run at the same time.
    pub threads: usize,
    given: String,
}

/// The sample: the most dangerous series, each at a few points. Each entry: the situation, the kind, the stride, and
/// the stride in dangerous functions.
const SHORT: [(Situation, Kind, usize, usize); 18] = [
    (Situation::Deploy, Kind::Signals(How::Kill), 37, 7),
    (Situation::BadVerify, Kind::Signals(How::Kill), 83, 13),
    (Situation::Rollback, Kind::Signals(How::Kill), 67, 11),
    (Situation::AfterSwapping, Kind::Signals(How::Kill), 83, 17),
    (Situation::FirstWithout, Kind::Signals(How::Kill), 101, 11),
    (Situation::First, Kind::Signals(How::Kill), 151, 23),
    (Situation::Drain, Kind::Signals(How::Kill), 101, 17),
    (Situation::Deploy, Kind::Signals(How::KillAll), 101, 17),
    (Situation::Deploy, Kind::Signals(How::TermAll), 83, 17),
    (Situation::Deploy, Kind::Signals(How::IntAll), 127, 29),
    (Situation::Resume, Kind::Signals(How::Kill), 31, 7),
    (Situation::ResumeSwapping, Kind::Signals(How::Kill), 83, 17),
    (Situation::Adopt, Kind::Signals(How::Kill), 83, 17),
    (Situation::Whole, Kind::Signals(How::Kill), 211, 61),
    (Situation::WholeBadWorker, Kind::Signals(How::Kill), 211, 61),
    (Situation::WholeRollback, Kind::Signals(How::Kill), 151, 61),
    (Situation::Deploy, Kind::Tools(Fault::Fails), 17, 1),
    (Situation::Deploy, Kind::Gone, 5, 1),
];

const USAGE: &str = "\
cargo test --test crash -- [OPTION]…

Without options, or with --threads alone: a sample of the most dangerous points.

  --long            every situation and every kind of interruption, at every point; takes hours
  --situation NAME  only this situation, at every point; may be given several times
  --how NAME        only this kind of interruption, at every point; may be given several times
  --stride N        every N-th point
  --dense N         after --stride: also every N-th point in the functions that `DENSE` in point.rs lists
  --from N          begin at the N-th point; without this option each day takes another sample
  --most N          at most N points
  --every           every command is a point, not only those that change something outside of the shell
  --at PLACE#TURN   only this point, as a report names it; may be given several times
  --threads N       the number of hosts at once (default: 2)
  --verbose         print each crash
  --list            do nothing, because there are no single tests to list
  --help            this text
";

impl Options {
    /// Reads the options. Returns `None` if there is nothing to run (`--list`, `--help`).
    ///
    /// # Errors
    /// If an option is unknown or lacks its value.
    pub fn from_arguments() -> Result<Option<Self>, String> {
        let mut arguments = std::env::args().skip(1);
        let (mut long, mut stride, mut dense, mut from, mut most, mut threads) =
            (false, 1, 1, None, usize::MAX, 2);
        let (mut situations, mut kinds) = (Vec::new(), Vec::new());
        let mut only = Vec::new();
        let mut progress = Progress::Quiet;
        let mut scope = Scope::Effects;
        let words = std::env::args().skip(1);
        let given: Vec<String> = ["crash".to_owned()].into_iter().chain(words).collect();
        let given = given.join(" ");
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("{argument} takes a value: try --help"))
            };
            match argument.as_str() {
                "--long" => long = true,
                "--every" => scope = Scope::Every,
                "--situation" => {
                    situations.push(find(&Situation::ALL, Situation::name, &value()?)?);
                }
                "--how" => kinds.push(find(&all_kinds(), Kind::name, &value()?)?),
                "--stride" => {
                    (stride, dense) = {
                        let n = number(&value()?)?;
                        (n, usize::MAX)
                    }
                }
                "--dense" => dense = number(&value()?)?,
                "--from" => from = Some(number(&value()?)?),
                "--most" => most = number(&value()?)?,
                "--verbose" => progress = Progress::Shown,
                "--at" => only.push(point(&value()?)?),
                "--threads" => threads = number(&value()?)?,
                "--list" => return Ok(None),
                "--help" | "-h" => {
                    println!("{}", help());
                    return Ok(None);
                }
                // `cargo test` passes these options to every test.
                "--nocapture" | "--no-capture" | "--quiet" | "-q" | "--show-output" => {}
                _ => return Err(format!("`{argument}` is not known: try --help")),
            }
        }
        let chosen = |stride: usize, dense: usize| {
            // Each day takes another sample. `--from` repeats a sample.
            let from = from.unwrap_or_else(|| 1 + days() % stride);
            Choice {
                from,
                stride,
                dense,
                most,
                scope,
                progress,
                only: only.clone(),
            }
        };
        let all = long || !situations.is_empty() || !kinds.is_empty();
        let series = if all {
            let situations = if situations.is_empty() {
                Situation::ALL.to_vec()
            } else {
                situations
            };
            let kinds = if kinds.is_empty() { all_kinds() } else { kinds };
            let pairs = kinds
                .iter()
                .flat_map(|&kind| situations.iter().map(move |&situation| (situation, kind)));
            pairs
                .map(|(situation, kind)| Series {
                    situation,
                    kind,
                    choice: chosen(stride, dense),
                })
                .collect()
        } else {
            let short = SHORT.into_iter();
            short
                .map(|(situation, kind, stride, dense)| Series {
                    situation,
                    kind,
                    choice: chosen(stride, dense),
                })
                .collect()
        };
        Ok(Some(Self {
            series,
            threads,
            given,
        }))
    }

    /// Returns the options that repeat this run.
    pub fn describe(&self) -> String {
        let from = self
            .series
            .iter()
            .map(|series| series.choice.from.to_string());
        format!(
            "{}: {} series, first points {}",
            self.given,
            self.series.len(),
            from.collect::<Vec<_>>().join(" ")
        )
    }
}

fn all_kinds() -> Vec<Kind> {
    let signals = How::ALL.into_iter().map(Kind::Signals);
    signals
        .chain(Fault::ALL.into_iter().map(Kind::Tools))
        .chain([Kind::Gone])
        .collect()
}

/// Returns the usage with all names.
fn help() -> String {
    let situations = Situation::ALL.map(Situation::name).join(", ");
    let kinds: Vec<_> = all_kinds().into_iter().map(Kind::name).collect();
    format!(
        "{USAGE}\nSituations: {situations}\nHow: {}",
        kinds.join(", ")
    )
}

fn find<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, wanted: &str) -> Result<T, String> {
    all.iter()
        .copied()
        .find(|&one| name(one) == wanted)
        .ok_or_else(|| {
            let names: Vec<_> = all.iter().map(|&one| name(one)).collect();
            format!("there is no `{wanted}`; there are {}", names.join(", "))
        })
}

fn number(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|&number| number > 0)
        .ok_or_else(|| format!("`{text}` is not a whole number of 1 or more"))
}

fn point(text: &str) -> Result<Point, String> {
    let (place, turn) = text
        .split_once('#')
        .ok_or_else(|| format!("`{text}` is not FUNCTION:LINE#TURN"))?;
    Ok(Point {
        place: place.to_owned(),
        turn: number(turn)?,
    })
}

fn days() -> usize {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    usize::try_from(since.as_secs() / 86_400).unwrap_or(0)
}
