//! Places in partitions, and the offsets that they stand for.

use super::LookUps;
use super::ask::{EARLIEST, LATEST, Question};
use super::position::Position;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Offset, TopicPartition};
use kafka_sdk_protocol::ErrorCode;
use std::collections::HashMap;

/// Refuses a place that no partition has.
pub(in super::super) fn check(place: Offset) -> Result<()> {
    let refused = match place {
        Offset::At(negative @ ..0) => format!(
            "there is no offset {negative}: the first one is 0; the ends have names, Offset::Earliest and Offset::Latest"
        ),
        Offset::After(time) if time.as_millis() < 0 => {
            format!("there is no record of before 1970: the time is {} ms", time.as_millis())
        }
        _ => return Ok(()),
    };
    Err(Error::new(ErrorKind::Settings, refused))
}

/// What places in partitions are as offsets.
#[derive(Debug)]
pub(in super::super) struct Located {
    answers: HashMap<Question, Result<Position>>,
}

impl LookUps {
    /// Where a place in a partition is.
    ///
    /// # Errors
    /// As [`Self::locate`] and [`Located::position`].
    pub(in super::super) async fn position(
        &self,
        partition: &TopicPartition,
        place: Offset,
    ) -> Result<Position> {
        self.locate(&[(partition.clone(), place)]).await?.position(partition, place)
    }

    /// Where a log begins and ends.
    ///
    /// # Errors
    /// As [`Self::position`].
    pub(in super::super) async fn ends(&self, partition: TopicPartition) -> Result<(i64, i64)> {
        let places = [Offset::Earliest, Offset::Latest].map(|place| (partition.clone(), place));
        let located = self.locate(&places).await?;
        let offset = |place| located.position(&partition, place).map(|position| position.offset);
        Ok((offset(Offset::Earliest)?, offset(Offset::Latest)?))
    }

    /// Asks the leaders.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub(super) async fn locate(&self, places: &[(TopicPartition, Offset)]) -> Result<Located> {
        let mut answers = HashMap::new();
        for step in STEPS {
            let found = self.resolve(questions(places, step)).await?;
            answers.extend(found.into_iter().map(|(question, position)| (question, Ok(position))));
        }
        Ok(Located { answers })
    }

    /// Asks each leader once: what came of that is in the places.
    pub(in super::super) async fn locate_once(&self, places: &[(TopicPartition, Offset)]) -> Located {
        let within = self.cluster.settings().request_timeout;
        let mut answers = HashMap::new();
        for step in STEPS {
            answers.extend(self.ask(questions(places, step).iter().collect(), within).await);
        }
        Located { answers }
    }
}

/// What is asked about a place, in this order.
const STEPS: [fn(Offset) -> Vec<i64>; 2] = [
    edges, // Times come after the ends: what is written in between is then read, and not skipped.
    times,
];

/// Each once.
fn questions(places: &[(TopicPartition, Offset)], step: fn(Offset) -> Vec<i64>) -> Vec<Question> {
    let of = |(partition, place): &(TopicPartition, Offset)| {
        let partition = partition.clone();
        step(*place).into_iter().map(move |which| (partition.clone(), which))
    };
    let mut questions: Vec<Question> = places.iter().flat_map(of).collect();
    questions.sort_unstable();
    questions.dedup();
    questions
}

/// The ends of the log that a place is measured from.
fn edges(place: Offset) -> Vec<i64> {
    match place {
        Offset::Earliest => vec![EARLIEST],
        Offset::Latest | Offset::After(_) => vec![LATEST],
        Offset::Last(_) => vec![EARLIEST, LATEST],
        Offset::At(_) => vec![],
    }
}

fn times(place: Offset) -> Vec<i64> {
    match place {
        Offset::After(time) => vec![time.as_millis()],
        _ => vec![],
    }
}

impl Located {
    /// Where one of the places is that were asked for.
    ///
    /// # Errors
    /// Why it could not be told; a broker that has not told what the others tell.
    pub(in super::super) fn position(&self, partition: &TopicPartition, place: Offset) -> Result<Position> {
        let answer = |which| {
            let answer = self.answers.get(&(partition.clone(), which)).cloned();
            answer.unwrap_or_else(|| Err(untold(partition)))
        };
        let position = match place {
            Offset::At(offset) => Position::at(offset),
            Offset::Earliest => answer(EARLIEST)?,
            Offset::Latest => answer(LATEST)?,
            Offset::Last(n) => last(n, answer(EARLIEST)?, answer(LATEST)?),
            Offset::After(time) => match answer(time.as_millis())? {
                found if found.offset >= 0 => found,
                // There is no such record.
                _ => answer(LATEST)?,
            },
        };
        Some(position).filter(|position| position.offset >= 0).ok_or_else(|| untold(partition))
    }
}

/// By the epoch of the end: a log that was cut before this place ends that epoch before it.
fn last(n: u64, first: Position, end: Position) -> Position {
    let offset = end.offset.saturating_sub_unsigned(n);
    if offset < first.offset { first } else { Position { offset, ..end } }
}

fn untold(partition: &TopicPartition) -> Error {
    let text = format!("the broker told no offset of {partition}");
    Error::of_code(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, text)
        .with_topic(partition.shared_topic().clone())
        .with_partition(partition.partition())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    /// A partition with the records from 10 to 29, of which 15 was the first after 1,000 ms; none came after 2,000 ms.
    fn offset(place: Offset) -> i64 {
        let partition = TopicPartition::new("t", 0);
        let told = [(EARLIEST, 10), (LATEST, 30), (1_000, 15), (2_000, -1)];
        let asked: Vec<i64> = edges(place).into_iter().chain(times(place)).collect();
        let told = told.into_iter().filter(|(which, _)| asked.contains(which));
        let answers =
            told.map(|(which, offset)| ((partition.clone(), which), Ok(Position::at(offset)))).collect();
        Located { answers }.position(&partition, place).unwrap().offset
    }

    #[test]
    fn the_last_n_begin_no_earlier_than_the_log() {
        assert_eq!(offset(Offset::Last(0)), 30);
        assert_eq!(offset(Offset::Last(5)), 25);
        assert_eq!(offset(Offset::Last(21)), 10);
        assert_eq!(offset(Offset::Last(u64::MAX)), 10);
    }

    #[test]
    fn a_time_after_the_last_record_is_the_end() {
        let after = |millis| offset(Offset::After(Timestamp::from_millis(millis)));
        assert_eq!((after(1_000), after(2_000)), (15, 30));
    }

    #[test]
    fn what_no_partition_has_is_refused() {
        let after = |millis| Offset::After(Timestamp::from_millis(millis));
        for refused in [Offset::At(-1), Offset::At(i64::MIN), after(-1), after(i64::MIN)] {
            assert_eq!(check(refused).unwrap_err().kind(), ErrorKind::Settings, "{refused:?}");
        }
        for taken in [Offset::At(0), Offset::Last(u64::MAX), after(0), after(i64::MAX), Offset::Earliest] {
            assert!(check(taken).is_ok(), "{taken:?}");
        }
    }
}
