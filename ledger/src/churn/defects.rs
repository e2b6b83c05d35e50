//! What is planted in members, so that it is shown to be noticed.

use super::line::{What, now};
use super::member::tell;
use kafka_sdk::consumer::ConsumerControl;
use kafka_sdk::{Consumer, Error, Message, TopicPartition};
use std::collections::VecDeque;
use std::str::FromStr;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// What is planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Nothing.
    None,
    /// Commits one record more than it has processed.
    CommitAhead,
    /// Fetches ahead into a list of its own, and hands out of that whatever is revoked meanwhile.
    LateHandOut,
    /// Its listener hears of what is given up only when something has come.
    LateListener,
    /// Commits what it has given up once more, a while later.
    StaleCommit,
}

impl Defect {
    /// Those that are one.
    pub const ALL: [Self; 4] = [Self::CommitAhead, Self::LateHandOut, Self::LateListener, Self::StaleCommit];

    /// Words for what it does.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::None => "",
            Self::CommitAhead => "and not processed as far",
            Self::LateHandOut => "was handed out and not owned",
            Self::LateListener => "was assigned while it was owned",
            Self::StaleCommit => "was committed back",
        }
    }
}

impl FromStr for Defect {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let mut all = [Self::None].into_iter().chain(Self::ALL);
        all.find(|defect| format!("{defect:?}") == name).ok_or_else(|| format!("there is no defect {name}"))
    }
}

/// Commits one record more than this one.
pub(super) async fn commit_ahead(control: &ConsumerControl, message: &Message) {
    let place = TopicPartition::new(message.topic(), message.partition());
    // It may have been thrown out meanwhile.
    let _ = control.commit_offsets([(place, message.offset() + 2)]).await;
}

/// Commits where reading stands of these when they are somebody else's.
pub(super) fn commit_later(control: &ConsumerControl, partitions: &[TopicPartition]) {
    let (control, positions) = (control.clone(), control.positions());
    let stale: Vec<(TopicPartition, i64)> =
        partitions.iter().filter_map(|place| Some((place.clone(), positions.get(place)?))).collect();
    tokio::spawn(async move {
        sleep(Duration::from_secs(3)).await;
        let _ = control.commit_offsets(stale).await;
    });
}

/// Takes what there is, and hands it out a while later.
pub(super) async fn hoard(mut consumer: Consumer) -> Result<(), Error> {
    const LATER: Duration = Duration::from_secs(1);
    let mut hoard = VecDeque::new();
    loop {
        let due = hoard.front().map_or_else(Instant::now, |(due, _)| *due);
        tokio::select! {
            message = consumer.next() => match message {
                Some(message) => hoard.push_back((Instant::now() + LATER, message?)),
                None => break,
            },
            () = sleep_until(due), if !hoard.is_empty() => {
                let Some((_, message)) = hoard.pop_front() else { continue };
                tell(now(), What::Handed(message.partition(), message.offset()));
                tell(now(), What::Processed(message.partition(), message.offset()));
            }
        }
    }
    consumer.close().await
}
