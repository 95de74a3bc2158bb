//! The first reaction of a command to a journal of 0.1.0: by 0.1.0, and by today's script. Each difference is listed
//! with its reason; no other is allowed.

use std::collections::BTreeMap;

use deployc::plan::{Answer, Command, Kind, Phase, ProgramName, Reservation, Way, recovery};

use crate::support::skip::Skip;

crate::tests![
    every_journal_is_met_as_0_1_0_met_it,
    journals_that_0_1_0_does_not_know_are_new
];

const COMMANDS: [Command; 8] = [
    Command::Deploy,
    Command::Prepare,
    Command::Switch,
    Command::Cleanup,
    Command::Abort,
    Command::Rollback,
    Command::Resume,
    Command::Adopt,
];

const END_NEW: ProgramName = ProgramName::RecoverEndNew;
const LET_GO: ProgramName = ProgramName::Way(Way::LetGo);
const UNDO_ADOPT: ProgramName = ProgramName::Way(Way::UndoAdopt);

/// The kinds of 0.1.0's journals.
const KINDS: [Kind; 3] = [Kind::Deploy, Kind::Rollback, Kind::Adopt];

/// The journals that 0.1.0 wrote. Only its deployments could be prepared.
const JOURNALS: [(Phase, &[Kind]); 5] = [
    (Phase::Idle, &[Kind::Deploy]),
    (Phase::Preparing, &KINDS),
    (Phase::Prepared, &[Kind::Deploy]),
    (Phase::Swapping, &KINDS),
    (Phase::Switched, &KINDS),
];

/// The answers of 0.1.0, taken from its `recover.sh`, `main.sh` and `rollback.sh`, in today's words. In
/// `killed_landed.rs`, `by_0_1_0` tries them with 0.1.0 itself.
fn of_0_1_0(command: Command, phase: Phase, kind: Kind, reservation: Reservation) -> Answer {
    use Command as C;
    match phase {
        // run_switch → take_up_reservation: exit 2. `abort` and `clean_up` print that there is nothing to do.
        Phase::Idle => match command {
            C::Switch => Answer::Usage,
            C::Abort | C::Cleanup => Answer::Nothing,
            _ => Answer::Proceed,
        },
        // recover: drain_dropped, drop_candidate. `resume` and `adopt` continue even if this fails. drop_candidate →
        // drop_adopted.
        Phase::Preparing => {
            let program = if kind == Kind::Adopt { LET_GO } else { END_NEW };
            match command {
                C::Resume | C::Adopt => Answer::Try(program),
                _ => Answer::Undo(program),
            }
        }
        // meet_reservation
        Phase::Prepared => match (reservation, command) {
            (Reservation::Over, C::Resume | C::Adopt) => Answer::Try(END_NEW),
            (Reservation::Over, _) | (Reservation::Mine, C::Prepare | C::Deploy) => {
                Answer::Undo(END_NEW)
            }
            (_, C::Resume | C::Adopt) | (Reservation::Mine, C::Abort | C::Switch) => {
                Answer::Proceed
            }
            _ => Answer::Refuse,
        },
        // recover_swap: swap_back for every command. For an adoption swap_back → drop_adopted.
        Phase::Swapping if kind == Kind::Adopt => Answer::Undo(UNDO_ADOPT),
        Phase::Swapping => Answer::Undo(ProgramName::RecoverSwap),
        // recover: finish_commit and take_up_pending.
        Phase::Switched if kind == Kind::Adopt => Answer::Undo(ProgramName::RecoverAdopted),
        // recover_switched; then run_switch, `abort` and the others.
        Phase::Switched => match (command, reservation) {
            (C::Deploy | C::Prepare, _) => Answer::Undo(ProgramName::Cleanup),
            (C::Switch, Reservation::Held) => Answer::Usage,
            (C::Switch | C::Abort, _) => Answer::Nothing,
            _ => Answer::Proceed,
        },
        Phase::Returning | Phase::Adopting | Phase::Removing => {
            unreachable!("0.1.0 wrote no such journal")
        }
    }
}

/// The reason for an intended difference; none if the answers must be the same.
fn reason_to_differ(
    command: Command,
    phase: Phase,
    kind: Kind,
    reservation: Reservation,
) -> Option<&'static str> {
    use Command as C;
    match (phase, kind, command) {
        (Phase::Swapping, Kind::Deploy, C::Rollback) => Some(
            "going back from an interrupted deployment is the rollback: 0.1.0 went back a second time, to the release before",
        ),
        (Phase::Preparing, Kind::Adopt, C::Resume | C::Adopt) => Some(
            "letting go of an adoption stops no program, so it fails only if the journal cannot be written; then the command must not continue",
        ),
        (Phase::Swapping, Kind::Adopt, C::Resume) => Some(
            "0.1.0 started the color before it probed it; now `resume` starts the color itself, after it has restored the file",
        ),
        (
            Phase::Switched,
            Kind::Deploy | Kind::Rollback,
            C::Switch | C::Abort | C::Cleanup | C::Rollback,
        ) if reservation == Reservation::Held => Some(
            "a command that names another deployment than the one that serves changes nothing: exit 4",
        ),
        _ => None,
    }
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "the tests of a list have one type"
)]
#[expect(clippy::unnecessary_wraps, reason = "all tests have one signature")]
fn every_journal_is_met_as_0_1_0_met_it() -> Result<(), Skip> {
    let mut differences: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (phase, kinds) in JOURNALS {
        for (kind, reservation, command) in kinds.iter().flat_map(|kind| {
            Reservation::ALL
                .into_iter()
                .flat_map(move |reservation| COMMANDS.map(|command| (*kind, reservation, command)))
        }) {
            // Only a prepared color can expire.
            if reservation == Reservation::Over && phase != Phase::Prepared {
                continue;
            }
            let then = of_0_1_0(command, phase, kind, reservation);
            let now = recovery(command, phase, kind, reservation);
            let case = format!(
                "{} {} {}, {}: {} then, {} now",
                phase.word(),
                kind.word(),
                reservation.word(),
                command.name(),
                then.word(),
                now.word()
            );
            match reason_to_differ(command, phase, kind, reservation) {
                None => assert_eq!(then, now, "nothing says why: {case}"),
                Some(reason) => {
                    assert_ne!(then, now, "it is the same, so no reason is needed: {case}");
                    differences.entry(reason).or_default().push(case);
                }
            }
        }
    }
    let count = |part: &str| {
        let cases = differences.iter().find(|(reason, _)| reason.contains(part));
        cases.map_or(0, |(_, cases)| cases.len())
    };
    let counts = ["is the rollback", "letting go", "itself, after", "exit 4"].map(count);
    assert_eq!(counts, [2, 4, 2, 8], "{differences:#?}");
    Ok(())
}

/// 0.1.0 ends with exit code 5 there, see `killed_today.rs`.
#[allow(
    clippy::unnecessary_wraps,
    reason = "the tests of a list have one type"
)]
#[expect(clippy::unnecessary_wraps, reason = "all tests have one signature")]
fn journals_that_0_1_0_does_not_know_are_new() -> Result<(), Skip> {
    let known: Vec<_> = JOURNALS.iter().map(|(phase, _)| *phase).collect();
    let new: Vec<_> = Phase::ALL
        .into_iter()
        .filter(|phase| !known.contains(phase))
        .collect();
    assert_eq!(new, [Phase::Returning, Phase::Adopting, Phase::Removing]);
    Ok(())
}
