//! Steady load on a proxy, before, during and after a deploy. The client is strict: it does not retry, it counts every
//! request, and an incomplete body counts as cut even if the connection ended normally.
//!
//! There is one exception, the race of every HTTP client: the proxy closes an idle connection just when the client uses
//! it again. The race is counted separately ([`report::Counts::races`]), and the request is sent once more on a new
//! connection.

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

/// The numbers and rates of the clients.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// Clients with a connection that stays open. Each sends 30 requests per second.
    pub keep_alive: u32,
    /// Clients that open a connection for each request. Each sends 15 requests per second.
    pub one_shot: u32,
    /// Requests that take some time.
    pub slow: Option<Long>,
    /// Streams.
    pub stream: Option<Long>,
}

/// Requests that take some time, each on a new thread.
#[derive(Clone, Copy, Debug)]
pub struct Long {
    /// The duration of one request.
    pub lasts: Duration,
    /// The time between two starts.
    pub pause: Duration,
}

impl Rates {
    /// All kinds of users: 240 short requests per second, four requests of 3 s per second, and a stream of 20 s every
    /// 1.5 s.
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
    /// As [`Rates::FULL`], with streams of 4 s. A deploy waits for the streams that it finds, so it takes a fifth of the
    /// time.
    pub const BRISK: Self = Self {
        stream: Some(Long {
            lasts: Duration::from_secs(4),
            pause: Duration::from_millis(750),
        }),
        ..Self::FULL
    };
}

/// A running load.
pub struct Load {
    started: Instant,
    stopping: Arc<AtomicBool>,
    issuers: Vec<JoinHandle<()>>,
    records: Option<Receiver<Record>>,
}

impl Load {
    /// Starts requests to `http://127.0.0.1:PORT` in the host's network.
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

    /// Returns the time since the load started. The records use the same clock.
    pub fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Sends no new requests, waits for all requests in progress, and returns the report.
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
