//! The options of the command line.

use crate::Command;
use crate::fault::How;
use crate::shape::SHAPES;
use crate::state::State;

const USAGE: &str = "\
cargo test --test conform -- [OPTION]…

Without options: every shape × command × how once, with a state and a call from a fixed seed; then the scripts that are broken on purpose.

  --long            every call of every command in every state: hours
  --seed N          the sample of this seed; with the options below only a part of it
  --shape NAME      only this shape, every call; this option and the next three may be given several times
  --command NAME    only this command
  --how NAME        only this fault
  --state NAME      only from this state
  --call N          only the N-th call
  --broken          only the scripts that are broken on purpose
  --threads N       the number of runs at once (default: two for each core, because a run mostly waits)
  --list            do nothing, because there are no single tests to list
  --help            this text
";

/// The seed of the sample if the command line has none. It is the same every time, so that two runs can be compared.
const SEED: u64 = 1;

/// The cases that are tried.
pub struct Options {
    /// The shapes.
    pub shapes: Vec<&'static str>,
    /// The commands.
    pub commands: Vec<Command>,
    /// The kinds of faults.
    pub hows: Vec<How>,
    /// The resting states.
    pub states: Vec<State>,
    /// Only the call with this number.
    pub call: Option<usize>,
    /// The seed of the sample. Without a seed everything is tried.
    pub seed: Option<u64>,
    /// Whether the shapes are tried.
    pub sound: bool,
    /// Whether the broken scripts are tried.
    pub broken: bool,
    /// The number of runs at the same time.
    pub threads: usize,
}

impl Options {
    /// Reads the options. Returns none if there is nothing to do (`--list`, `--help`).
    ///
    /// # Errors
    /// If an option is not known.
    pub fn from_arguments() -> Result<Option<Self>, String> {
        let mut arguments = std::env::args().skip(1);
        let (mut shapes, mut commands, mut hows, mut states) = (vec![], vec![], vec![], vec![]);
        let (mut call, mut seed, mut long, mut broken) = (None, None, false, false);
        let mut threads = 2 * std::thread::available_parallelism().map_or(2, usize::from);
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let missing = || format!("{argument} takes a value: try --help");
                arguments.next().ok_or_else(missing)
            };
            match argument.as_str() {
                "--long" => long = true,
                "--broken" => broken = true,
                "--shape" => shapes.push(find(&SHAPES, |name| name, &value()?)?),
                "--command" => commands.push(find(&Command::ALL, Command::name, &value()?)?),
                "--how" => hows.push(find(&How::ALL, How::name, &value()?)?),
                "--state" => states.push(find(&State::ALL, State::name, &value()?)?),
                "--call" => call = Some(number(&value()?)?),
                "--seed" => seed = Some(number(&value()?)?),
                "--threads" => threads = number(&value()?)?,
                "--list" => return Ok(None),
                "--help" | "-h" => {
                    println!("{}", help());
                    return Ok(None);
                }
                // `cargo test` gives these options to every test.
                "--nocapture" | "--no-capture" | "--quiet" | "-q" | "--show-output" => {}
                _ => return Err(format!("`{argument}` is not known: try --help")),
            }
        }
        let part =
            !(shapes.is_empty() && commands.is_empty() && hows.is_empty() && states.is_empty())
                || call.is_some();
        if seed.is_none() && !long && !part {
            seed = Some(SEED);
        }
        Ok(Some(Self {
            shapes: all_if_none(shapes, &SHAPES),
            commands: all_if_none(commands, &Command::ALL),
            hows: all_if_none(hows, &How::ALL),
            states: all_if_none(states, &State::ALL),
            call,
            seed,
            sound: !broken,
            broken: broken || !part,
            threads,
        }))
    }
}

fn all_if_none<T: Copy>(given: Vec<T>, all: &[T]) -> Vec<T> {
    if given.is_empty() {
        all.to_vec()
    } else {
        given
    }
}

/// Returns the usage and all names.
fn help() -> String {
    let names = |names: Vec<&str>| names.join(", ");
    format!(
        "{USAGE}\nShapes: {}\nCommands: {}\nHow: {}\nStates: {}",
        names(SHAPES.to_vec()),
        names(Command::ALL.map(Command::name).to_vec()),
        names(How::ALL.map(How::name).to_vec()),
        names(State::ALL.map(State::name).to_vec()),
    )
}

fn find<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, wanted: &str) -> Result<T, String> {
    let mut found = all.iter().copied().filter(|&one| name(one) == wanted);
    found.next().ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|&one| name(one)).collect();
        format!("there is no `{wanted}`; there are {}", names.join(", "))
    })
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not a number"))
}
