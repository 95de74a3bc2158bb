//! The recovery table as the patterns of one `case`. The rows are few, so that a person can read them.

use crate::plan::{Answer, Command, Kind, Phase, Reservation, recovery};

/// A pattern for cases and for the command that finds them. `None` matches everything.
type Pattern = (Option<Kind>, Option<Reservation>, Option<Command>);

/// A case: the command that wrote the journal, and the reservation of the prepared color.
type Case = (Kind, Reservation);

/// A pattern for cases. `None` matches everything.
type Cases = (Option<Kind>, Option<Reservation>);

/// One row. If one of its patterns matches, its answer applies.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    patterns: Vec<Pattern>,
    answer: Answer,
}

/// The rows of all phases, as lines of a `case` over `PHASE:KIND:RESERVATION:COMMAND`. Phases with equal rows share
/// them.
pub(super) fn rows() -> Vec<String> {
    let mut phases: Vec<(Vec<Phase>, Vec<Row>)> = Vec::new();
    for phase in Phase::ALL {
        let rows = of_phase(phase);
        match phases.iter_mut().find(|(_, other)| *other == rows) {
            Some((alike, _)) => alike.push(phase),
            None => phases.push((vec![phase], rows)),
        }
    }
    let lines = phases
        .iter()
        .flat_map(|(phases, rows)| rows.iter().map(|row| line(phases, row)));
    lines.collect()
}

fn line(phases: &[Phase], row: &Row) -> String {
    let mut patterns = Vec::new();
    for phase in phases {
        for (kind, reservation, command) in &row.patterns {
            let words = [
                Some(phase.word()),
                kind.map(Kind::word),
                reservation.map(Reservation::word),
                command.map(Command::name),
            ];
            let mut words: Vec<&str> = words.map(|word| word.unwrap_or("*")).to_vec();
            // `*` also matches colons, and no word occurs in two of the four places. So several stars in a row can be
            // one.
            words.dedup_by(|one, other| *one == "*" && *other == "*");
            patterns.push(words.join(":"));
        }
    }
    format!("{}) answer={} ;;", patterns.join(" | "), row.answer.word())
}

/// The answers of a phase for one kind and reservation, one for each command.
fn answers(phase: Phase, kind: Kind, reservation: Reservation) -> Vec<Answer> {
    let commands = Command::ALL.iter();
    commands
        .map(|command| recovery(*command, phase, kind, reservation))
        .collect()
}

/// The shortest list of rows for a phase. Kinds and reservations with the same answers form a group. Every order of the
/// groups is tried, because a later group can use wider patterns.
fn of_phase(phase: Phase) -> Vec<Row> {
    let mut groups: Vec<(Vec<Answer>, Vec<Case>)> = Vec::new();
    for kind in Kind::ALL {
        for reservation in Reservation::ALL {
            let answers = answers(phase, kind, reservation);
            match groups.iter_mut().find(|(other, _)| *other == answers) {
                Some((_, pairs)) => pairs.push((kind, reservation)),
                None => groups.push((answers, vec![(kind, reservation)])),
            }
        }
    }
    let lists = orders(&groups).into_iter().map(|groups| {
        let mut rows = Vec::new();
        let mut done = Vec::new();
        for (answers, pairs) in groups {
            rows.extend(of_group(answers, &cover(pairs, &done)));
            done.extend_from_slice(pairs);
        }
        without_idle(phase, rows)
    });
    let length = |rows: &Vec<Row>| -> usize { rows.iter().map(|row| row.patterns.len()).sum() };
    lists.min_by_key(length).unwrap_or_default()
}

/// All permutations.
fn orders<T>(things: &[T]) -> Vec<Vec<&T>> {
    let mut orders = vec![Vec::new()];
    for thing in things {
        orders = orders
            .iter()
            .flat_map(|order: &Vec<&T>| {
                (0..=order.len()).map(move |at| {
                    let mut longer = order.clone();
                    longer.insert(at, thing);
                    longer
                })
            })
            .collect();
    }
    orders
}

/// A small set of patterns that match all of `pairs`. They match no other case, except those in `done`, which earlier
/// rows have matched already.
fn cover(pairs: &[Case], done: &[Case]) -> Vec<Cases> {
    let kinds = Kind::ALL.map(Some).into_iter().chain([None]);
    let mut candidates: Vec<_> = kinds
        .flat_map(|kind| {
            let reservations = Reservation::ALL.map(Some).into_iter().chain([None]);
            reservations.map(move |reservation| (kind, reservation))
        })
        .collect();
    let fits = |(kind, reservation): &Cases, pair: &Case| {
        kind.is_none_or(|kind| kind == pair.0)
            && reservation.is_none_or(|reservation| reservation == pair.1)
    };
    // Widest patterns first.
    candidates.sort_by_key(|(kind, reservation)| {
        usize::from(kind.is_some()) + usize::from(reservation.is_some())
    });
    let mut left: Vec<_> = pairs.to_vec();
    let mut cover = Vec::new();
    for candidate in candidates {
        let stray = Kind::ALL.iter().any(|kind| {
            let mut pairs_of = Reservation::ALL.iter().map(|other| (*kind, *other));
            pairs_of.any(|pair| {
                fits(&candidate, &pair) && !pairs.contains(&pair) && !done.contains(&pair)
            })
        });
        if !stray && left.iter().any(|pair| fits(&candidate, pair)) {
            left.retain(|pair| !fits(&candidate, pair));
            cover.push(candidate);
        }
    }
    cover
}

/// The rows of a group. The most frequent answer is the last row, which matches every command.
fn of_group(answers: &[Answer], cover: &[Cases]) -> Vec<Row> {
    let count = |answer: &Answer| answers.iter().filter(|other| *other == answer).count();
    let Some(usual) = answers.iter().max_by_key(|answer| count(answer)) else {
        return Vec::new();
    };
    let mut rows: Vec<Row> = Vec::new();
    for (command, answer) in Command::ALL.iter().zip(answers) {
        if answer == usual {
            continue;
        }
        let patterns = cover
            .iter()
            .map(|(kind, reservation)| (*kind, *reservation, Some(*command)));
        match rows.iter_mut().find(|row| row.answer == *answer) {
            Some(row) => row.patterns.extend(patterns),
            None => rows.push(Row {
                patterns: patterns.collect(),
                answer: *answer,
            }),
        }
    }
    let patterns = cover
        .iter()
        .map(|(kind, reservation)| (*kind, *reservation, None));
    rows.push(Row {
        patterns: patterns.collect(),
        answer: *usual,
    });
    rows
}

/// Removes the patterns that do not change an answer.
fn without_idle(phase: Phase, mut rows: Vec<Row>) -> Vec<Row> {
    let mut at = (0, 0);
    while at.0 < rows.len() {
        if at.1 >= rows[at.0].patterns.len() {
            at = (at.0 + 1, 0);
            continue;
        }
        let pattern = rows[at.0].patterns.remove(at.1);
        if !says_all(phase, &rows) {
            rows[at.0].patterns.insert(at.1, pattern);
            at.1 += 1;
        }
    }
    rows.retain(|row| !row.patterns.is_empty());
    rows
}

fn says_all(phase: Phase, rows: &[Row]) -> bool {
    let says = |kind, reservation, command| {
        let fits = |pattern: &Pattern| {
            pattern.0.is_none_or(|other| other == kind)
                && pattern.1.is_none_or(|other| other == reservation)
                && pattern.2.is_none_or(|other| other == command)
        };
        let mut rows = rows.iter();
        rows.find(|row| row.patterns.iter().any(fits))
            .map(|row| row.answer)
    };
    Kind::ALL.iter().all(|kind| {
        Reservation::ALL.iter().all(|reservation| {
            Command::ALL.iter().all(|command| {
                says(*kind, *reservation, *command)
                    == Some(recovery(*command, phase, *kind, *reservation))
            })
        })
    })
}
