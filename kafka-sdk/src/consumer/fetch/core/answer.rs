//! What an answer means: what it brought, what it refused, and what failed on the way.

use super::super::asked::Asked;
use super::super::session::{Again, Question};
use super::reading::Reading;
use super::soundness::{EpochEnd, Restart, Verdict};
use super::{FetchCore, Plan};
use crate::cluster::{Answers, names_leader};
use crate::consumer::assignment::slot::ATTEMPTS_TO_READ;
use crate::consumer::fetched::Handed;
use crate::consumer::fetched::aborted::Aborted;
use crate::consumer::fetched::chunk::Range;
use crate::consumer::start::position::{Epoch, Position};
use crate::error::{Advice, Error, ErrorKind};
use crate::link::Wire;
use crate::model::{Isolation, Watermarks};
use crate::observe::warn_seldom;
use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::fetch::{AbortedTransaction, PartitionData};
use kafka_sdk_protocol::api::{ApiKey, FetchResponse};
use kafka_sdk_protocol::records::batches;
use tokio::time::Instant;
use tracing::{debug, warn};

impl<L: Wire> FetchCore<L> {
    pub(super) fn fetch_failed(&mut self, now: Instant, id: i32, generation: u64, error: Error) {
        let broker = self.brokers.entry(id).or_default();
        broker.link.lost(generation);
        broker.session.lost();
        self.unreachable(now, id, error);
    }

    /// None where the fetch has failed.
    pub(super) fn fetched(&mut self, now: Instant, id: i32, plan: Plan, response: Option<FetchResponse>) {
        self.reserved -= plan.max_bytes;
        let broker = self.brokers.entry(id).or_default();
        broker.busy = false;
        let absence = match &response {
            Some(response) => {
                broker.unreadable = 0;
                let again = broker.session.answered(&plan.question, response);
                Absence::of(&plan.question, response, again)
            }
            None => Absence::Missing,
        };
        let response = response.unwrap_or_default();
        let is_empty = is_empty(&response);
        let answering = Answering { broker: id, isolation: plan.isolation, absence, is_empty };
        let mut answers = answers(response);
        let mut brought = None;
        for asked in plan.asked {
            let answer = answers.take(&asked.topic, asked.topic_id, asked.partition);
            if self.partition_answered(now, &answering, &asked, answer) {
                brought = Some(asked.slot);
            }
        }
        if let Some(broker) = self.brokers.get_mut(&id) {
            match brought {
                Some(last) => (broker.turn, broker.empty_answers) = (last + 1, 0),
                None => broker.empty_answers += 1,
            }
        }
    }

    /// Whether records have come.
    fn partition_answered(
        &mut self,
        now: Instant,
        answering: &Answering,
        asked: &Asked,
        answer: Option<PartitionData>,
    ) -> bool {
        let id = answering.broker;
        let Some(reading) = self.readings.get_mut(asked.slot) else { return false };
        reading.in_flight = false;
        match answer {
            // Of before a rewind, or of a topic that is gone.
            Some(_) if asked.round != reading.round || reading.is_lost() => {}
            Some(PartitionData { diverging_epoch: end, .. }) if end.epoch >= 0 => {
                let end = EpochEnd { epoch: end.epoch, offset: end.end_offset };
                self.parted(now, id, asked, end);
            }
            Some(answer) if names_another(&answer, id) => {
                let until = now + self.settings.replica_max_age;
                reading.replica.prefer(answer.preferred_read_replica, until);
            }
            Some(answer) if answer.error_code == ErrorCode::NONE => {
                return self.served(now, answering, asked, answer);
            }
            // The answer said who leads it now, or that was learnt meanwhile.
            Some(answer)
                if names_leader(answer.error_code) && reading.leadership.epoch > asked.leader_epoch => {}
            Some(answer) => self.refused(now, id, asked, answer.error_code),
            None => self.absent(now, answering, asked),
        }
        false
    }

    /// The broker has given what it has behind the position. Whether records have come.
    fn served(&mut self, now: Instant, answering: &Answering, asked: &Asked, answer: PartitionData) -> bool {
        let Some(reading) = self.readings.get_mut(asked.slot) else { return false };
        reading.leadership.succeeded();
        reading.was_moved = false;
        reading.readable = match answering.isolation {
            Isolation::ReadUncommitted => answer.high_watermark,
            Isolation::ReadCommitted => answer.last_stable_offset,
        };
        reading.slot.set_watermarks(Watermarks {
            low: answer.log_start_offset,
            high: answer.high_watermark,
            last_stable: answer.last_stable_offset,
        });
        let records = answer.records.unwrap_or_default();
        if !records.is_empty() {
            self.take(now, asked, &records, aborted(answer.aborted_transactions));
        } else if answering.is_empty {
            self.nothing_is_left(asked.slot);
        }
        self.tell_if_at_end(asked.slot);
        !records.is_empty()
    }

    /// The broker has other records than those that were read. A follower was not asked about that.
    fn parted(&mut self, now: Instant, id: i32, asked: &Asked, end: EpochEnd) {
        let Some(reading) = self.readings.get_mut(asked.slot) else { return };
        if reading.follows(id) {
            return reading.replica.shun(now);
        }
        let position = Position { offset: asked.offset, epoch: Epoch::of_record(asked.epoch) };
        if end.verdict(position) == Verdict::Holds {
            let (topic, partition) = (&asked.topic, asked.partition);
            debug!(target: "kafka_sdk::consumer", %topic, partition, end = end.offset, "log not cut");
            self.back_off(now, asked.slot);
            self.stale = true;
            return;
        }
        self.compare(now, asked.slot, position, end);
    }

    /// A partition that was asked for is not in the answer.
    fn absent(&mut self, now: Instant, answering: &Answering, asked: &Asked) {
        match answering.absence {
            Absence::Again => {}
            Absence::NoNews => {
                let Some(reading) = self.readings.get_mut(asked.slot) else { return };
                reading.leadership.succeeded();
                if asked.round != reading.round {
                    return;
                }
                if answering.is_empty {
                    self.nothing_is_left(asked.slot);
                }
                self.tell_if_at_end(asked.slot);
            }
            Absence::Refused(code) => self.refused(now, answering.broker, asked, code),
            Absence::Missing => {
                self.back_off(now, asked.slot);
                self.stale = true;
            }
        }
    }

    /// A broker could not be asked. Where it stood in for leaders, those are.
    pub(super) fn unreachable(&mut self, now: Instant, id: i32, error: Error) {
        let (mut leads, mut stands_in) = (false, false);
        for reading in self.readings.iter_mut().filter(|reading| reading.source(now) == Some(id)) {
            if reading.follows(id) {
                reading.replica.shun(now);
                stands_in = true;
            } else {
                leads = true;
            }
        }
        if leads || !stands_in {
            self.trouble(id, error);
        }
    }

    /// A broker could not be asked: passing trouble is tried again, any other ends the reading.
    pub(super) fn trouble(&mut self, id: i32, error: Error) {
        let broker = self.brokers.entry(id).or_default();
        let passing = match error.kind() {
            ErrorKind::Decode => {
                broker.unreadable += 1;
                broker.unreadable < ATTEMPTS_TO_READ
            }
            _ => error.advice() == Advice::Retry,
        };
        if !passing {
            return self.fail(error);
        }
        let (warnings, error) = (&broker.warnings, error.whole());
        warn_seldom!(warnings, target: "kafka_sdk::consumer", { broker = id, %error }, "fetch failed");
        self.stale = true;
    }

    pub(super) fn fail(&mut self, error: Error) {
        for reading in self.readings.iter_mut() {
            reading.finished = true;
        }
        self.reader.push(Handed::Failed(error));
    }

    /// Hands the records over, and goes on behind them: only the headers of their batches have been read.
    fn take(&mut self, now: Instant, asked: &Asked, records: &Bytes, aborted: Aborted) {
        let slot = asked.slot;
        let Some(reading) = self.readings.get_mut(slot) else { return };
        let range = Range {
            round: reading.round,
            from: reading.next,
            until: reading.end.unwrap_or(i64::MAX),
            crc_checks: self.settings.crc_checks,
        };
        let mut unreadable = false;
        for batch in batches(records) {
            match batch {
                Ok(batch) => {
                    reading.next = reading.next.max(batch.header().next_offset());
                    reading.epoch = Epoch::of_record(batch.header().leader_epoch);
                }
                Err(_) => {
                    unreadable = true;
                    break;
                }
            }
        }
        if reading.next == range.from && !unreadable {
            return self.fragment(now, slot);
        }
        reading.fragments = 0;
        reading.brought(asked, records.len());
        self.reader.chunk(&reading.slot, records, aborted, range);
        if unreadable {
            // The reader finds it as well, and has it fetched again.
            self.back_off(now, slot);
        }
        self.finish_if_at_end(slot);
    }

    /// There were bytes, and not one whole batch: a length that lies looks like that.
    fn fragment(&mut self, now: Instant, slot: usize) {
        let Some(reading) = self.readings.get_mut(slot) else { return };
        reading.fragments += 1;
        if reading.fragments < ATTEMPTS_TO_READ {
            return self.back_off(now, slot);
        }
        let error = reading.slot.unreadable(reading.next);
        self.fail(error);
    }

    /// Trouble that may pass; a topic that is gone may well not.
    fn report(&self, asked: &Asked, code: ErrorCode) {
        let (topic, partition) = (&asked.topic, asked.partition);
        let begins = self.readings.get(asked.slot).is_some_and(|r| !r.leadership.is_failing());
        match code {
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::UNKNOWN_TOPIC_ID if begins => {
                warn!(target: "kafka_sdk::consumer", %topic, partition, error = %code, "partition refused: was the topic deleted?");
            }
            _ => debug!(target: "kafka_sdk::consumer", %topic, partition, error = %code, "partition refused"),
        }
    }

    fn refused(&mut self, now: Instant, id: i32, asked: &Asked, code: ErrorCode) {
        if let Some(reading) = self.readings.get_mut(asked.slot).filter(|reading| reading.follows(id)) {
            let (topic, partition) = (&asked.topic, asked.partition);
            debug!(target: "kafka_sdk::consumer", %topic, partition, broker = id, error = %code, "follower refused");
            return reading.replica.shun(now);
        }
        if code.is_retriable() {
            self.report(asked, code);
            self.back_off(now, asked.slot);
            self.stale = true;
            return;
        }
        if code == ErrorCode::OFFSET_OUT_OF_RANGE {
            return match Restart::by(self.settings.offset_reset) {
                Some(restart) => self.lost(asked.slot, restart),
                None => self.readings.get_mut(asked.slot).into_iter().for_each(Reading::out_of_range),
            };
        }
        let place = format!("{}-{}", asked.topic, asked.partition);
        let error = match code {
            ErrorCode::TOPIC_AUTHORIZATION_FAILED => {
                let permission = format!("Read permission on topic \"{}\"", asked.topic);
                Error::not_allowed(code, format_args!("reading {place}"), permission)
            }
            _ => Error::of_code(code, format!("{place} cannot be read: {code}")),
        };
        let error =
            error.with_api(ApiKey::FETCH).with_topic(asked.topic.clone()).with_partition(asked.partition);
        self.fail(error);
    }
}

/// What an answer is as a whole.
struct Answering {
    broker: i32,
    isolation: Isolation,
    absence: Absence,
    /// There are no records in any partition, and it is not the size or a quota that left them out.
    is_empty: bool,
}

/// What it means that a partition is not in the answer.
#[derive(Clone, Copy, Debug)]
enum Absence {
    /// Nothing has changed there.
    NoNews,
    /// The broker has lost the session: it is asked for everything, at once.
    Again,
    /// All of them are refused.
    Refused(ErrorCode),
    /// It should have been there.
    Missing,
}

impl Absence {
    fn of(question: &Question, response: &FetchResponse, again: Again) -> Self {
        match response.error_code {
            _ if again == Again::AtOnce => Self::Again,
            ErrorCode::NONE if question.is_incremental() => Self::NoNews,
            ErrorCode::NONE => Self::Missing,
            code => Self::Refused(code),
        }
    }
}

/// See [`Answering::is_empty`].
fn is_empty(response: &FetchResponse) -> bool {
    let mut partitions = response.responses.iter().flat_map(|topic| &topic.partitions);
    let is_empty = |data: &PartitionData| {
        data.error_code == ErrorCode::NONE && data.records.as_ref().is_none_or(Bytes::is_empty)
    };
    response.throttle_time_ms == 0 && partitions.all(is_empty)
}

/// Whether the leader wants a replica to be read from in its place. There are no records in such an answer.
fn names_another(answer: &PartitionData, id: i32) -> bool {
    answer.error_code == ErrorCode::NONE && ![-1, id].contains(&answer.preferred_read_replica)
}

/// There are none where uncommitted records are read: the broker names none.
fn aborted(transactions: Option<Vec<AbortedTransaction>>) -> Aborted {
    let transactions = transactions.unwrap_or_default().into_iter();
    Aborted::new(transactions.map(|one| (one.first_offset, one.producer_id)).collect())
}

fn answers(response: FetchResponse) -> Answers<PartitionData> {
    let partition = |data: PartitionData| (data.partition_index, data);
    let topics = response.responses.into_iter();
    Answers::new(topics.map(|t| (t.topic, t.topic_id, t.partitions.into_iter().map(partition))))
}
