//! The states that the walk has reached, each once, and how it reached them.

use super::run::State;
use super::transition::{Event, Good};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The states have numbers in the order of their discovery. The walk visits them in the same order.
pub(super) struct Seen {
    numbers: HashMap<State, u32, BuildHasherDefault<Mix>>,
    reached: Vec<Reached>,
}

struct Reached {
    state: State,
    from: u32,
    event: Event,
    good: Good,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self {
            numbers: HashMap::default(),
            reached: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.reached.len()
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.reached.len()).unwrap_or(u32::MAX)
    }

    /// Returns the number of the state. The state is new, or was reached before on another path.
    pub(super) fn add(&mut self, state: State, from: u32, event: Event) -> u32 {
        let next = self.count();
        let number = *self.numbers.entry(state).or_insert(next);
        if number == next {
            self.reached.push(Reached {
                state,
                from,
                event,
                good: Good::Unknown,
            });
        }
        number
    }

    pub(super) fn state(&self, number: u32) -> Option<State> {
        self.reached.get(number as usize).map(|one| one.state)
    }

    pub(super) fn find(&self, state: &State) -> Option<u32> {
        self.numbers.get(state).copied()
    }

    pub(super) fn good(&self, number: u32) -> Good {
        self.reached[number as usize].good
    }

    /// Sets the next state without faults. The first value is kept.
    pub(super) fn set_good(&mut self, number: u32, good: Good) {
        let found = &mut self.reached[number as usize].good;
        if *found == Good::Unknown {
            *found = good;
        }
    }

    /// Returns the state and the event from which this state was first reached. `None` for the first state.
    pub(super) fn came(&self, number: u32) -> Option<(u32, Event)> {
        let one = &self.reached[number as usize];
        (one.event != Event::Fresh).then_some((one.from, one.event))
    }
}

/// A fast hash. The states are small, and no input comes from an attacker.
#[derive(Default)]
pub(super) struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u64(value.cast_unsigned() as u64);
    }
}
