//! What a printed plan consists of, and in which order: `deployc plan` and the script's `plan` show the same.

use super::{Command, Home, ProgramName, Way, same_in_all};

/// A block of a printed plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// All that a command runs, one program after the other.
    Command(Command),
    /// A program that commands lead to.
    Program(ProgramName),
}

impl Block {
    /// The function of the script that runs it.
    #[must_use]
    pub fn function(self) -> String {
        match self {
            Self::Command(command) => command.function(),
            Self::Program(program) => program.function(),
        }
    }

    /// Its heading.
    #[must_use]
    pub fn heading(self) -> String {
        match self {
            Self::Command(command) => command.name().to_owned(),
            Self::Program(program) => program.function().trim_start_matches("plan.").to_owned(),
        }
    }
}

/// The blocks: a deployment first, then what may come of it, then what is the same in every app.
#[must_use]
pub fn listing() -> Vec<Block> {
    let commands = [
        Command::Prepare,
        Command::Switch,
        Command::Cleanup,
        Command::Rollback,
    ];
    let ways = Way::ALL.map(ProgramName::Way);
    let ways = ways.into_iter().filter(|way| way.home() == Home::Script);
    let of_runtime = same_in_all().into_iter().map(|program| program.name);
    // It is the command's own block.
    let of_runtime = of_runtime.filter(|name| *name != ProgramName::Rollback);
    commands
        .into_iter()
        .map(Block::Command)
        .chain([ProgramName::ServeRelease, ProgramName::Failed].map(Block::Program))
        .chain(ways.map(Block::Program))
        .chain(of_runtime.map(Block::Program))
        .collect()
}

impl ProgramName {
    /// Programs that are parts of a longer order: a list writes their steps out wherever they are run. Of any other program that is run by
    /// another one it only says where its steps stand.
    pub const PARTS: [Self; 2] = [Self::BeforeSwap, Self::PointProxyAt];
}
