//! What became of all requests of a load.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

pub use super::client::{Kind, Lost, Record};

/// Samples of failures that a report shows.
const SAMPLES: usize = 12;

/// Numbers of one kind of request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests issued; each ended in exactly one of the next fields but the last.
    pub sent: usize,
    /// Whole answers with status 200.
    pub ok: usize,
    /// No connection.
    pub refused: usize,
    /// A connection that ended before the answer.
    pub cut: usize,
    /// An answer that broke off.
    pub truncated: usize,
    /// Another status than 200.
    pub status: usize,
    /// Requests, in any of the fields above, whose first try met the keep-alive race.
    pub races: usize,
}

impl Counts {
    /// Requests without a good answer.
    pub fn lost(&self) -> usize {
        self.sent - self.ok
    }
}

/// All records of a load, in the order in which they were sent.
pub struct Report {
    /// One for each request.
    pub records: Vec<Record>,
    /// From the first request until the last answer.
    pub took: Duration,
}

/// One answer of a short request.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When the request was sent, since the load started.
    pub sent: Duration,
    /// When the answer was complete.
    pub ended: Duration,
    /// Who answered.
    pub color: String,
}

impl Report {
    pub(super) fn new(mut records: Vec<Record>, took: Duration) -> Self {
        records.sort_by_key(|record| record.sent);
        Self { records, took }
    }

    /// Counts by kind.
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

    /// Requests of all kinds without a good answer.
    pub fn lost(&self) -> usize {
        self.counts().values().map(Counts::lost).sum()
    }

    /// Keep-alive races of all requests.
    pub fn races(&self) -> usize {
        self.counts().values().map(|count| count.races).sum()
    }

    /// Short requests a second, while requests were issued.
    pub fn short_rate(&self) -> f64 {
        let issued = self.records.last().map_or(self.took, |record| record.sent);
        f64::from(u32::try_from(self.seen().count()).unwrap_or(u32::MAX)) / issued.as_secs_f64()
    }

    /// Answers of the short requests.
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

    /// When `color` first answered a short request that was sent after `since`.
    pub fn first_answer(&self, color: &str, since: Duration) -> Option<Duration> {
        self.seen()
            .filter(|seen| seen.sent >= since && seen.color == color)
            .map(|seen| seen.ended)
            .min()
    }

    /// Fails the test if one request was lost, or if there was no load to speak of.
    #[track_caller]
    pub fn assert_nothing_lost(&self) {
        assert!(!self.records.is_empty(), "the load client sent nothing");
        assert!(self.lost() == 0, "requests were lost\n{self}");
        // The race is the proxy's own; hundreds of them would be something else.
        assert!(
            self.races() * 200 <= self.records.len(),
            "too many keep-alive races\n{self}"
        );
    }
}

impl fmt::Display for Report {
    /// One line of numbers, then samples of what was lost.
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
