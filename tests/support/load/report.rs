//! The results of all requests of a load.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

pub use super::client::{Kind, Lost, Record};

/// The number of failures that a report shows.
const SAMPLES: usize = 12;

/// The numbers of one kind of request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests sent. Each counts in exactly one of the following fields, apart from `races`.
    pub sent: usize,
    /// Complete answers with status 200.
    pub ok: usize,
    /// Requests without a connection.
    pub refused: usize,
    /// Connections that ended before the answer.
    pub cut: usize,
    /// Answers that ended too early.
    pub truncated: usize,
    /// Answers with another status than 200.
    pub status: usize,
    /// Requests, in any of the fields above, whose first attempt met the keep-alive race.
    pub races: usize,
}

impl Counts {
    /// Returns the number of requests without a good answer.
    pub fn lost(&self) -> usize {
        self.sent - self.ok
    }
}

/// All records of a load, in the order in which the requests were sent.
pub struct Report {
    /// One record for each request.
    pub records: Vec<Record>,
    /// The time from the first request to the last answer.
    pub took: Duration,
}

/// One answer of a short request.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When the request was sent, since the load started.
    pub sent: Duration,
    /// When the answer was complete.
    pub ended: Duration,
    /// The color that answered.
    pub color: String,
}

impl Report {
    pub(super) fn new(mut records: Vec<Record>, took: Duration) -> Self {
        records.sort_by_key(|record| record.sent);
        Self { records, took }
    }

    /// Returns the counts by kind.
    pub fn counts(&self) -> BTreeMap<Kind, Counts> {
        let mut counts: BTreeMap<Kind, Counts> = BTreeMap::new();
        for record in &self.records {
            let count = counts.entry(record.kind).or_default();
            count.sent += 1;
            count.races += usize::from(record.raced);
            *match &record.result {
                Ok(_) => &mut count.ok,
                Err(Lost::Refused(_)) => &mut count.refused,
                Err(Lost::Cut(_)) => &mut count.cut,
                Err(Lost::Truncated(_)) => &mut count.truncated,
                Err(Lost::Status(_)) => &mut count.status,
            } += 1;
        }
        counts
    }

    /// Returns the number of requests of all kinds without a good answer.
    pub fn lost(&self) -> usize {
        self.counts().values().map(Counts::lost).sum()
    }

    /// Returns the number of keep-alive races of all requests.
    pub fn races(&self) -> usize {
        self.counts().values().map(|count| count.races).sum()
    }

    /// Returns the good answers of the short requests.
    pub fn seen(&self) -> impl Iterator<Item = Seen> {
        self.records
            .iter()
            .filter(|record| record.kind <= Kind::OneShot)
            .filter_map(|record| {
                let color = record.result.as_ref().ok()?.clone();
                Some(Seen {
                    sent: record.sent,
                    ended: record.ended,
                    color,
                })
            })
    }

    /// Returns when `color` first answered a short request that was sent at or after `since`.
    pub fn first_answer(&self, color: &str, since: Duration) -> Option<Duration> {
        self.seen()
            .filter(|seen| seen.sent >= since && seen.color == color)
            .map(|seen| seen.ended)
            .min()
    }

    /// Fails the test if a request was lost, or if no request was sent.
    #[track_caller]
    pub fn assert_nothing_lost(&self) {
        assert!(!self.records.is_empty(), "the load client sent nothing");
        assert!(self.lost() == 0, "requests were lost\n{self}");
        // A proxy that reloads closes its idle connections, so each reload may cause one race for each client that keeps
        // a connection. More than one in 20 requests would be another problem.
        assert!(
            self.races() * 20 <= self.records.len(),
            "too many keep-alive races\n{self}"
        );
    }
}

impl fmt::Display for Report {
    /// Writes one line of numbers, then samples of the lost requests.
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{:.1} s", self.took.as_secs_f64())?;
        for (kind, count) in self.counts() {
            let Counts {
                sent,
                ok,
                refused,
                cut,
                truncated,
                status,
                races,
            } = count;
            write!(
                formatter,
                " | {kind:?} sent {sent} ok {ok} refused {refused} cut {cut} truncated {truncated} status {status} races {races}"
            )?;
        }
        let lost = self
            .records
            .iter()
            .filter_map(|record| record.result.as_ref().err().map(|why| (record, why)));
        for (record, why) in lost.take(SAMPLES) {
            write!(
                formatter,
                "\n  {:?} sent {:.3?} ended {:.3?}: {why:?}",
                record.kind, record.sent, record.ended
            )?;
        }
        Ok(())
    }
}
