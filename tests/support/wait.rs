//! Waits for a condition instead of a fixed time.

use std::thread;
use std::time::{Duration, Instant};

/// Checks `condition` every 10 ms. Returns whether it was true within `deadline`.
pub fn until(deadline: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + deadline;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
}
