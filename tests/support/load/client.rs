//! The clients. Each is a thread that sends requests at a steady pace and records the result of each.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use super::Long;
use crate::support::host::Network;
use crate::support::http::{Answer, Failure, connect, request};

/// The time between two requests of a keep-alive client.
const KEEP_ALIVE_PACE: Duration = Duration::from_millis(33);
/// The time between two requests of a one-shot client.
const ONE_SHOT_PACE: Duration = Duration::from_millis(66);
/// The deadline for a connection and for each read. A proxy that buffers sends a stream of 20 s only when it is
/// complete.
const PATIENCE: Duration = Duration::from_secs(40);

/// The kind of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A short request on a connection that stays open.
    KeepAlive,
    /// A short request on a new connection.
    OneShot,
    /// A request that takes some time, 3 s by default.
    Slow,
    /// An answer that takes 20 s by default and ends with `END`.
    Stream,
}

/// The result of one request.
#[derive(Clone, Debug)]
pub struct Record {
    /// The kind.
    pub kind: Kind,
    /// When it was sent, since the load started.
    pub sent: Duration,
    /// When its answer was complete or failed.
    pub ended: Duration,
    /// The color that answered, or why there is no answer.
    pub result: Result<String, Lost>,
    /// Whether the first attempt met the keep-alive race.
    pub raced: bool,
}

/// A request without a good answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Lost {
    /// There was no connection.
    Refused(String),
    /// The connection ended before the answer.
    Cut(String),
    /// The answer ended too early, or lacks its end marker.
    Truncated(String),
    /// An answer with another status than 200.
    Status(u16),
}

/// The data that each client needs.
#[derive(Clone)]
pub struct Client {
    pub network: Network,
    pub address: SocketAddr,
    pub started: Instant,
    pub stopping: Arc<AtomicBool>,
    pub records: Sender<Record>,
}

impl Client {
    /// Sends requests on one connection as long as the server keeps it open.
    pub fn keep_alive(&self, number: u32) {
        self.network.enter();
        let mut connection = None;
        self.paced(KEEP_ALIVE_PACE, number, || {
            let sent = self.started.elapsed();
            let (result, raced) = self.on_kept(&mut connection);
            self.record(Kind::KeepAlive, sent, result.and_then(color), raced);
        });
    }

    /// Sends a request on the kept connection, unless the server is known to have closed it. If the connection turns
    /// out to be closed, sends the request once more on a new one.
    fn on_kept(&self, connection: &mut Option<TcpStream>) -> (Result<Answer, Lost>, bool) {
        let mut raced = false;
        if let Some(stream) = connection.take().filter(still_open) {
            match request(&stream, "/profile", true) {
                Err(Failure::NoAnswer(_)) => raced = true,
                other => return (keep(connection, stream, other), false),
            }
        }
        let fresh = connect(self.address, PATIENCE);
        let result = match fresh {
            Ok(stream) => {
                let answer = request(&stream, "/profile", true);
                keep(connection, stream, answer)
            }
            Err(failure) => Err(failure.into()),
        };
        (result, raced)
    }

    /// Opens a connection for each request.
    pub fn one_shot(&self, number: u32) {
        self.network.enter();
        self.paced(ONE_SHOT_PACE, number, || {
            self.ask(Kind::OneShot, "/profile");
        });
    }

    /// Sends requests that take some time, each on a new thread.
    pub fn slow(&self, long: Long) {
        let path = format!("/slow?ms={}", long.lasts.as_millis());
        self.each_on_a_thread(long.pause, Kind::Slow, &path);
    }

    /// Requests streams, each on a new thread.
    pub fn streams(&self, long: Long) {
        let path = format!("/stream?seconds={}", long.lasts.as_secs_f64());
        self.each_on_a_thread(long.pause, Kind::Stream, &path);
    }

    fn each_on_a_thread(&self, pause: Duration, kind: Kind, path: &str) {
        let mut threads = Vec::new();
        self.paced(pause, 0, || {
            let client = self.clone();
            let path = path.to_owned();
            threads.push(thread::spawn(move || {
                client.network.enter();
                client.ask(kind, &path);
            }));
            threads.retain(|thread| !thread.is_finished());
        });
        for thread in threads {
            thread.join().expect("a client does not panic");
        }
    }

    fn ask(&self, kind: Kind, path: &str) {
        let sent = self.started.elapsed();
        let answer =
            connect(self.address, PATIENCE).and_then(|stream| request(&stream, path, false));
        let result = answer
            .map_err(Lost::from)
            .and_then(color)
            .and_then(|color| match kind {
                Kind::Stream => ended(&color),
                _ => Ok(color),
            });
        self.record(kind, sent, result, false);
    }

    /// Calls `work` at a steady pace until the load stops. A late call does not delay the calls after it.
    fn paced(&self, pace: Duration, number: u32, mut work: impl FnMut()) {
        // The golden ratio spreads the clients of a kind evenly over the pace.
        let mut next = self.started + pace.mul_f64(f64::from(number) * 0.618 % 1.0);
        loop {
            thread::sleep(next.saturating_duration_since(Instant::now()));
            if self.stopping.load(Ordering::SeqCst) {
                return;
            }
            work();
            // If a call is late by more than one interval, the missed calls are skipped.
            next += pace;
            if next + pace < Instant::now() {
                next = Instant::now();
            }
        }
    }

    fn record(&self, kind: Kind, sent: Duration, result: Result<String, Lost>, raced: bool) {
        let record = Record {
            kind,
            sent,
            ended: self.started.elapsed(),
            result,
            raced,
        };
        // If the load was dropped, nobody receives the records, so the send may fail.
        let _ = self.records.send(record);
    }
}

/// Puts the connection back if it can carry another request.
fn keep(
    connection: &mut Option<TcpStream>,
    stream: TcpStream,
    answer: Result<Answer, Failure>,
) -> Result<Answer, Lost> {
    if answer.as_ref().is_ok_and(|answer| answer.reusable) {
        *connection = Some(stream);
    }
    Ok(answer?)
}

/// Returns whether an idle connection is silent. Before a request, the server can only send the end of the connection.
fn still_open(stream: &TcpStream) -> bool {
    let looked = stream
        .set_nonblocking(true)
        .and_then(|()| stream.peek(&mut [0]));
    let silent = looked.is_err_and(|reason| reason.kind() == io::ErrorKind::WouldBlock);
    silent && stream.set_nonblocking(false).is_ok()
}

/// Returns the body, which is the color.
fn color(answer: Answer) -> Result<String, Lost> {
    if answer.status == 200 {
        Ok(answer.body)
    } else {
        Err(Lost::Status(answer.status))
    }
}

/// Returns the color of a complete stream: `blue 0`, `blue 1`, …, `END`.
fn ended(body: &str) -> Result<String, Lost> {
    let color = body.split_whitespace().next().unwrap_or_default();
    if body.ends_with("\nEND\n") {
        return Ok(color.to_owned());
    }
    Err(Lost::Truncated(format!(
        "{color}: no END after {} ticks",
        body.lines().count()
    )))
}

impl From<Failure> for Lost {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(reason) => Self::Refused(reason),
            Failure::NoAnswer(reason) => Self::Cut(reason),
            Failure::Truncated(reason) => Self::Truncated(reason),
        }
    }
}
