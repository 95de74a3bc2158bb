//! The client that sends requests during a deploy and records which color answers, and when.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::measure::epoch;
use crate::support::host::Network;
use crate::support::http::{connect, request};

/// The time from the start of one request to the start of the next.
const PACE: Duration = Duration::from_millis(5);

/// One request and its result.
pub struct Seen {
    /// The moment when it was sent, on the clock of [`epoch`].
    pub sent: f64,
    /// The moment when the whole answer was there, or the request had failed.
    pub ended: f64,
    /// The color that answered 200, or the reason of the failure.
    pub color: Result<String, String>,
}

/// A client that sends requests until it is stopped.
pub struct Client {
    stopping: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    thread: JoinHandle<Vec<Seen>>,
}

impl Client {
    /// Asks `http://127.0.0.1:PORT/profile` in the host's network, each time on a new connection.
    pub fn start(network: &Network, port: u16) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let asked = Arc::new(AtomicUsize::new(0));
        let thread = {
            let (network, stopping, asked) =
                (network.clone(), Arc::clone(&stopping), Arc::clone(&asked));
            thread::spawn(move || {
                network.enter();
                let mut seen = Vec::new();
                let mut next = Instant::now();
                while !stopping.load(Ordering::SeqCst) {
                    seen.push(ask(port));
                    asked.fetch_add(1, Ordering::SeqCst);
                    next = (next + PACE).max(Instant::now());
                    thread::sleep(next.saturating_duration_since(Instant::now()));
                }
                seen
            })
        };
        Self {
            stopping,
            asked,
            thread,
        }
    }

    /// Returns the number of requests so far.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Stops the client and returns all its requests.
    pub fn stop(self) -> Vec<Seen> {
        self.stopping.store(true, Ordering::SeqCst);
        self.thread.join().expect("the client does not panic")
    }
}

fn ask(port: u16) -> Seen {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let sent = epoch();
    let answer = connect(address, Duration::from_secs(10))
        .and_then(|stream| request(&stream, "/profile", false));
    let color = match answer {
        Ok(answer) if answer.status == 200 => Ok(answer.body),
        Ok(answer) => Err(format!("status {}", answer.status)),
        Err(failure) => Err(format!("{failure:?}")),
    };
    Seen {
        sent,
        ended: epoch(),
        color,
    }
}
