//! The answer of `/health` at a given moment.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::options::Health;

const STARTING: (&str, &str) = ("503 Service Unavailable", r#"{"status":"STARTING"}"#);
const UP: (&str, &str) = ("200 OK", r#"{"status":"UP"}"#);

static ASKED: AtomicU32 = AtomicU32::new(0);
static FIRST_HEALTHY: OnceLock<()> = OnceLock::new();

/// Returns the status line and the body. `bound`: the time when the port was bound.
pub fn answer(health: Health, bound: Instant) -> (&'static str, &'static str) {
    let asked = ASKED.fetch_add(1, Ordering::Relaxed);
    match health {
        Health::Starting(time) if bound.elapsed() < time => STARTING,
        Health::Good | Health::Starting(_) => UP,
        Health::Unauthorized => ("401 Unauthorized", r#"{"error":"unauthorized"}"#),
        Health::Redirect => ("302 Found", ""),
        Health::Flapping if asked.is_multiple_of(2) => UP,
        Health::Never | Health::Flapping => STARTING,
        Health::Dies(time) => {
            FIRST_HEALTHY.get_or_init(|| {
                thread::spawn(move || {
                    thread::sleep(time);
                    eprintln!("testapp: out of memory");
                    std::process::exit(1);
                });
            });
            UP
        }
        Health::Hang => loop {
            thread::sleep(Duration::from_secs(3600));
        },
    }
}
