//! Positions that may not be in the log, or are not: asked about, set anew by the policy, or an error.

use super::reading::Reading;
use super::soundness::{EpochEnd, LogRange, Restart, Soundness, Verdict};
use super::{Call, FetchCore};
use crate::cluster::Answers;
use crate::consumer::fetched::Handed;
use crate::consumer::start::position::{Epoch, Position};
use crate::error::{Advice, Error, ErrorKind};
use crate::link::Wire;
use crate::model::TopicPartition;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::offset_for_leader_epoch::EpochEndOffset;
use kafka_sdk_protocol::api::{ApiKey, OffsetForLeaderEpochResponse};
use kafka_sdk_protocol::wire::Uuid;
use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;
use tokio::time::Instant;
use tracing::{debug, warn};

/// A position that a leader is asked about.
#[derive(Clone, Debug)]
pub(in super::super::super) struct Doubt {
    slot: usize,
    round: u64,
    pub(in super::super) topic: Arc<str>,
    pub(in super::super) partition: i32,
    /// Of the leader that is asked.
    pub(in super::super) leader_epoch: i32,
    pub(in super::super) epoch: Epoch,
    offset: i64,
}

impl Doubt {
    fn of(reading: &Reading) -> Self {
        Self {
            slot: reading.slot.index,
            round: reading.round,
            topic: reading.slot.topic.clone(),
            partition: reading.slot.partition,
            leader_epoch: reading.leadership.epoch,
            epoch: reading.epoch,
            offset: reading.next,
        }
    }
}

impl<L: Wire> FetchCore<L> {
    /// Asks about the positions that nothing can be fetched from.
    pub(super) fn look_up_positions(&mut self, now: Instant) {
        let mut doubts: BTreeMap<i32, Vec<Doubt>> = BTreeMap::new();
        for reading in self.readings.iter_mut().filter(|reading| reading.may_be_asked_about(now)) {
            match (reading.soundness, reading.leadership.leader) {
                (Soundness::Sound, _) | (Soundness::Doubtful, None) => continue,
                (Soundness::Doubtful, Some(leader)) => {
                    doubts.entry(leader).or_default().push(Doubt::of(reading));
                }
                (Soundness::OutOfRange, _) => {
                    let (slot, round) = (reading.slot.index, reading.round);
                    let partition = reading.slot.topic_partition();
                    self.calls.push_back(Call::Range { slot, round, partition });
                }
                (Soundness::Lost(restart), _) => {
                    let (slot, round) = (reading.slot.index, reading.round);
                    let partition = reading.slot.topic_partition();
                    let isolation = self.settings.isolation;
                    self.calls.push_back(Call::Restart { slot, round, partition, isolation, restart });
                }
            }
            reading.asking = true;
        }
        let ask = |(leader, doubts)| Call::EpochEnds { leader, doubts };
        self.calls.extend(doubts.into_iter().map(ask));
    }

    /// A leader has said where the epochs end that positions were read in.
    pub(super) fn epochs_ended(
        &mut self,
        now: Instant,
        doubts: Vec<Doubt>,
        outcome: Result<OffsetForLeaderEpochResponse, Error>,
    ) {
        let mut answers = match &outcome {
            Ok(response) => answers(response),
            Err(_) => Answers::new::<Vec<_>>([]),
        };
        // Brokers before 2.3 let only other brokers ask, where there are ACLs; and there may be older ones.
        let without = outcome.as_ref().is_err_and(|error| error.advice() != Advice::Retry);
        for doubt in doubts {
            let answer = answers.take(&doubt.topic, Uuid::ZERO, doubt.partition);
            let Some(reading) = self.readings.get_mut(doubt.slot) else { continue };
            reading.asking = false;
            let of_now = (reading.round, reading.leadership.epoch, reading.soundness);
            if of_now != (doubt.round, doubt.leader_epoch, Soundness::Doubtful) {
                continue;
            }
            match answer.map(|answer| (answer.error_code, answer)) {
                Some((ErrorCode::NONE, answer)) => {
                    reading.leadership.succeeded();
                    reading.soundness = Soundness::Sound;
                    let end = EpochEnd { epoch: answer.leader_epoch, offset: answer.end_offset };
                    let position = Position { offset: doubt.offset, epoch: doubt.epoch };
                    self.compare(now, doubt.slot, position, end);
                }
                Some((code, _)) if !code.is_retriable() => {
                    let (topic, partition) = (&doubt.topic, doubt.partition);
                    debug!(target: "kafka_sdk::consumer", %topic, partition, error = %code, "position not verified");
                    reading.soundness = Soundness::Sound;
                }
                None if without => reading.soundness = Soundness::Sound,
                _ => {
                    self.back_off(now, doubt.slot);
                    self.stale = true;
                }
            }
        }
    }

    /// What a leader has of an epoch, against a position.
    pub(super) fn compare(&mut self, now: Instant, slot: usize, position: Position, end: EpochEnd) {
        let Some(reading) = self.readings.get_mut(slot) else { return };
        let parts = match end.verdict(position) {
            Verdict::Holds => return,
            Verdict::Parts(offset) => Some(offset),
            Verdict::Unknown => None,
        };
        let (topic, partition) = (reading.slot.topic.clone(), reading.slot.partition);
        let Some(restart) = Restart::by(self.settings.offset_reset) else {
            let error = was_cut(&topic, partition, position, parts);
            return self.fail(error);
        };
        warn!(target: "kafka_sdk::consumer", %topic, partition, offset = position.offset, to = parts, "log cut");
        match parts {
            Some(offset) => {
                // What there was to be read up to the end is not all there.
                reading.end = reading.end.map(|end| end.min(offset));
                let to = Position::told(offset, end.epoch, reading.leadership.epoch);
                self.go_on_at(now, slot, to);
            }
            None => reading.soundness = Soundness::Lost(restart),
        }
    }

    /// The topic is another one. What there is in it was written after what was read.
    pub(super) fn created_anew(&mut self, slot: usize) {
        let Some(reading) = self.readings.get_mut(slot).filter(|reading| !reading.finished) else { return };
        match Restart::by(self.settings.offset_reset) {
            Some(_) if reading.end.is_none() => self.lost(slot, Restart::Earliest),
            _ => {
                let topic = reading.slot.topic.clone();
                let text = format!(
                    "topic \"{topic}\" was deleted and created anew: the positions of this reader are not in it; build \
                     another one"
                );
                self.fail(Error::new(ErrorKind::State, text).with_advice(Advice::Rebuild).with_topic(topic));
            }
        }
    }

    /// The log does not have the position.
    pub(super) fn lost(&mut self, slot: usize, restart: Restart) {
        let Some(reading) = self.readings.get_mut(slot) else { return };
        let (topic, partition, position) = (&reading.slot.topic, reading.slot.partition, reading.next);
        warn!(target: "kafka_sdk::consumer", %topic, partition, offset = position, ?restart, "position lost");
        reading.soundness = Soundness::Lost(restart);
    }

    /// The place has been looked up where a lost position goes on.
    pub(super) fn restarted(
        &mut self,
        now: Instant,
        slot: usize,
        round: u64,
        outcome: Result<Position, Error>,
    ) {
        let Some(reading) = self.readings.get_mut(slot) else { return };
        reading.asking = false;
        if reading.round != round || !reading.is_lost() {
            return;
        }
        match outcome {
            Ok(position) => self.go_on_at(now, slot, position),
            Err(error) if error.advice() == Advice::Retry => {
                self.back_off(now, slot);
                self.stale = true;
            }
            Err(error) => self.fail(error),
        }
    }

    /// The log has been asked for that does not have the position.
    pub(super) fn out_of_range(&mut self, slot: usize, round: u64, range: Option<LogRange>) {
        let Some(reading) = self.readings.get_mut(slot) else { return };
        reading.asking = false;
        if reading.round == round && reading.soundness == Soundness::OutOfRange {
            let error = out_of_range(&reading.slot.topic_partition(), reading.next, range);
            self.fail(error);
        }
    }

    /// At once, unless nothing was served from the place before this one either.
    fn go_on_at(&mut self, now: Instant, slot: usize, to: Position) {
        let Some(reading) = self.readings.get_mut(slot) else { return };
        reading.move_to(to);
        let again = mem::replace(&mut reading.was_moved, true);
        let (of, round) = (reading.slot.clone(), reading.round);
        self.reader.push(Handed::Moved { slot: of, round, offset: to.offset });
        if again {
            self.back_off(now, slot);
        } else {
            reading.leadership.succeeded();
        }
        self.finish_if_at_end(slot);
    }
}

fn was_cut(topic: &Arc<str>, partition: i32, position: Position, parts: Option<i64>) -> Error {
    let Position { offset, epoch } = position;
    let place = match parts {
        Some(offset) => format!("from offset {offset} on it has other records, or none"),
        None => "where it parts is not known".into(),
    };
    let (lost, remedy) = match epoch {
        Epoch::OfPlace { .. } => {
            (format!("it does not reach to offset {offset} any more, where reading was to begin"), "B")
        }
        _ => (
            format!("records before offset {offset} that were read are not in it any more"),
            "Undo what was done with them and b",
        ),
    };
    let text = format!(
        "the log of {topic}-{partition} was cut by an unclean leader election: {lost}; {place}. {remedy}egin a reader \
         there, or set offset_reset(..) to go on"
    );
    Error::new(ErrorKind::State, text)
        .with_advice(Advice::Rebuild)
        .with_topic(topic.clone())
        .with_partition(partition)
}

fn out_of_range(partition: &TopicPartition, offset: i64, range: Option<LogRange>) -> Error {
    let log = match range {
        Some(LogRange { start, end }) => format!("its log begins at {start} and ends at {end}"),
        None => "its log begins later or ends before".into(),
    };
    let text = format!(
        "{partition} has no offset {offset}: {log} (retention, deleted records, a topic created anew); Offset::Earliest \
         and Offset::Latest are always there, and offset_reset(..) says where a reader goes on"
    );
    Error::of_code(ErrorCode::OFFSET_OUT_OF_RANGE, text)
        .with_api(ApiKey::FETCH)
        .with_topic(partition.shared_topic().clone())
        .with_partition(partition.partition())
}

fn answers(response: &OffsetForLeaderEpochResponse) -> Answers<EpochEndOffset> {
    let partition = |end: &EpochEndOffset| (end.partition, end.clone());
    let topics = response.topics.iter();
    Answers::new(topics.map(|t| (t.topic.clone(), Uuid::ZERO, t.partitions.iter().map(partition))))
}
