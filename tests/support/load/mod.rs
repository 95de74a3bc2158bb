//! Steady load on a proxy, from before a deploy until after it, by a strict client: no retries, every request is
//! accounted for, a body that is cut short counts as cut even where the connection ended politely.
//!
//! The one exception is the race that every HTTP client knows: a reused idle connection that the proxy is just closing.
//! It is counted apart ([`report::Counts::races`]) and the request is sent again, once, on a fresh connection.

mod client;
pub mod report;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::host::Network;
use client::{Client, Record};
use report::Report;

/// What is sent how often.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// Connections that are kept open; each sends 30 requests a second.
    pub keep_alive: u32,
    /// Clients that open a connection for each request; each sends 15 requests a second.
    pub one_shot: u32,
    /// Requests that take a while.
    pub slow: Option<Long>,
    /// Streams.
    pub stream: Option<Long>,
}

/// Requests that take a while, each on a thread of its own.
#[derive(Clone, Copy, Debug)]
pub struct Long {
    /// How long one takes.
    pub lasts: Duration,
    /// Between the starts of two.
    pub pause: Duration,
}

impl Rates {
    /// Users of every kind: 240 short requests a second, four of 3 s, and a 20 s stream every 1.5 s.
    pub const FULL: Self = Self {
        keep_alive: 4,
        one_shot: 8,
        slow: Some(Long {
            lasts: Duration::from_secs(3),
            pause: Duration::from_millis(250),
        }),
        stream: Some(Long {
            lasts: Duration::from_secs(20),
            pause: Duration::from_millis(1500),
        }),
    };
}

/// Load that is running.
pub struct Load {
    started: Instant,
    stopping: Arc<AtomicBool>,
    issuers: Vec<JoinHandle<()>>,
    records: Option<Receiver<Record>>,
}

impl Load {
    /// Starts to ask `http://127.0.0.1:PORT` in the host's network.
    pub fn start(network: &Network, port: u16, rates: Rates) -> Self {
        let (sender, records) = mpsc::channel();
        let started = Instant::now();
        let stopping = Arc::new(AtomicBool::new(false));
        let client = Client {
            network: network.clone(),
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            started,
            stopping: Arc::clone(&stopping),
            records: sender,
        };
        let mut issuers = Vec::new();
        for number in 0..rates.keep_alive {
            let client = client.clone();
            issuers.push(thread::spawn(move || client.keep_alive(number)));
        }
        for number in 0..rates.one_shot {
            let client = client.clone();
            issuers.push(thread::spawn(move || client.one_shot(number)));
        }
        if let Some(long) = rates.slow {
            let client = client.clone();
            issuers.push(thread::spawn(move || client.slow(long)));
        }
        if let Some(long) = rates.stream {
            let client = client.clone();
            issuers.push(thread::spawn(move || client.streams(long)));
        }
        Self {
            started,
            stopping,
            issuers,
            records: Some(records),
        }
    }

    /// The clock of the records: seconds since the load started.
    pub fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Issues no more, waits for all that is in flight, and counts.
    ///
    /// # Panics
    /// If a client's thread panicked.
    pub fn stop(mut self) -> Report {
        self.stopping.store(true, Ordering::SeqCst);
        for issuer in self.issuers.drain(..) {
            issuer.join().expect("a client does not panic");
        }
        let records = self.records.take().into_iter().flatten().collect();
        Report::new(records, self.started.elapsed())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
    }
}
