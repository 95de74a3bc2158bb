//! The blocks of a printed plan, and their order. `deployc plan` and the script's `plan` show the same.

use super::{Command, Home, ProgramName, Way, same_in_all};

/// A block of a printed plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// All programs of a command, one after the other.
    Command(Command),
    /// A program that commands lead to.
    Program(ProgramName),
}

impl Block {
    /// Returns the function of the script that runs the block.
    #[must_use]
    pub fn function(self) -> String {
        match self {
            Self::Command(command) => command.function(),
            Self::Program(program) => program.function(),
        }
    }

    /// Returns the heading.
    #[must_use]
    pub fn heading(self) -> String {
        match self {
            Self::Command(command) => command.name().to_owned(),
            Self::Program(program) => program.function().trim_start_matches("plan.").to_owned(),
        }
    }
}

/// Returns the blocks: first a deployment, then the programs that may follow it, then the programs that all apps share.
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
    // `rollback` already has the block of its command.
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
    /// Programs that are parts of a longer order. A listing writes out their steps wherever they run. For any other
    /// program that is run by another, it only names the place of the steps.
    pub const PARTS: [Self; 2] = [Self::BeforeSwap, Self::PointProxyAt];
}
