//! Asks the leaders for offsets.

use super::LookUps;
use super::position::Position;
use crate::clock::millis_i32;
use crate::cluster::{Answers, Route, Snapshot, by_topic};
use crate::error::{Advice, Error, ErrorKind, Result, Written};
use crate::model::TopicPartition;
use futures_util::future::join_all;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::list_offsets::{
    ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsTopic,
};
use kafka_sdk_protocol::api::{ApiKey, ListOffsetsRequest, ListOffsetsResponse};
use kafka_sdk_protocol::wire::Uuid;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Kafka's words for an offset to look up, in the place of a timestamp.
pub(super) const LATEST: i64 = -1;
pub(super) const EARLIEST: i64 = -2;

/// A partition, and [`LATEST`], [`EARLIEST`] or a timestamp.
pub(super) type Question = (TopicPartition, i64);

impl LookUps {
    /// The answers to all questions.
    ///
    /// # Errors
    /// One that another attempt would not mend, or the last one when `default.api.timeout.ms` is over.
    pub(super) async fn resolve(&self, questions: Vec<Question>) -> Result<HashMap<Question, Position>> {
        let mut attempts = self.cluster.attempts(self.cluster.settings().api_timeout);
        let mut found = HashMap::new();
        loop {
            let open: Vec<&Question> =
                questions.iter().filter(|question| !found.contains_key(*question)).collect();
            if open.is_empty() {
                return Ok(found);
            }
            let mut trouble = None;
            for outcome in self.ask(open, attempts.left()).await {
                match outcome {
                    (question, Ok(position)) => drop(found.insert(question, position)),
                    (_, Err(error)) if error.advice() == Advice::Retry => trouble = Some(error),
                    (_, Err(error)) => return Err(error),
                }
            }
            if let Some(error) = trouble {
                self.cluster.refresh_soon();
                attempts.pause(error).await?;
            }
        }
    }

    /// Asks each leader once for its partitions.
    pub(super) async fn ask(
        &self,
        open: Vec<&Question>,
        within: Duration,
    ) -> Vec<(Question, Result<Position>)> {
        let snapshot = self.cluster.snapshot();
        let mut outcomes = Vec::new();
        // A request names a partition once: its earliest and its latest offset are asked for in two.
        let mut by_leader: HashMap<(i32, i64), Vec<Question>> = HashMap::new();
        for question in open {
            let (partition, which) = question;
            match snapshot.partition(partition.topic(), partition.partition()).and_then(|known| known.leader)
            {
                Some(leader) => by_leader.entry((leader, *which)).or_default().push(question.clone()),
                None => outcomes.push((question.clone(), Err(no_leader(partition)))),
            }
        }
        let requests = by_leader.into_iter().map(|((leader, _), questions)| async move {
            let answer = self.call(leader, &questions, within).await;
            (questions, answer)
        });
        for (questions, answer) in join_all(requests).await {
            match answer {
                Ok(response) => outcomes.extend(read(&snapshot, questions, response)),
                Err(error) => {
                    outcomes.extend(questions.into_iter().map(|question| (question, Err(error.clone()))))
                }
            }
        }
        outcomes
    }

    async fn call(
        &self,
        leader: i32,
        questions: &[Question],
        within: Duration,
    ) -> Result<ListOffsetsResponse> {
        let partition = |(partition, timestamp): &Question| ListOffsetsPartition {
            partition_index: partition.partition(),
            timestamp: *timestamp,
            ..Default::default()
        };
        let topic = |(name, questions): (Arc<str>, Vec<&Question>)| ListOffsetsTopic {
            name: name.as_ref().to_owned(),
            partitions: questions.into_iter().map(partition).collect(),
        };
        let by_topic = by_topic(questions, |(partition, _)| partition.shared_topic());
        let topics: Vec<ListOffsetsTopic> = by_topic.into_iter().map(topic).collect();
        let request = |_| ListOffsetsRequest {
            replica_id: -1,
            isolation_level: self.isolation.number(),
            topics: topics.clone(),
            timeout_ms: millis_i32(within),
        };
        // One attempt: when it fails, the leader may be another one by then.
        let answered = self.cluster.once(&Route::Broker(leader), within, request).await;
        // To ask has no effect, answered or not.
        answered.map_err(|error| error.with_written(Written::No))
    }
}

fn read(
    snapshot: &Snapshot,
    questions: Vec<Question>,
    response: ListOffsetsResponse,
) -> Vec<(Question, Result<Position>)> {
    let partition = |answer: ListOffsetsPartitionResponse| (answer.partition_index, answer);
    let topics = response.topics.into_iter();
    let mut answers =
        Answers::new(topics.map(|t| (t.name, Uuid::ZERO, t.partitions.into_iter().map(partition))));
    let mut outcome =
        |partition: &TopicPartition| match answers.take(partition.topic(), Uuid::ZERO, partition.partition())
        {
            Some(answer) if answer.error_code == ErrorCode::NONE => {
                // What was known when it was asked: if it leads in a later epoch by now, it is asked about that once more.
                let told_in = snapshot.partition(partition.topic(), partition.partition());
                let told_in = told_in.map_or(-1, |known| known.leader_epoch);
                Ok(Position::told(answer.offset, answer.leader_epoch, told_in))
            }
            Some(answer) => Err(refusal(partition, answer.error_code)),
            None => Err(refusal(partition, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)),
        };
    questions.into_iter().map(|question| (question.clone(), outcome(&question.0))).collect()
}

fn refusal(partition: &TopicPartition, code: ErrorCode) -> Error {
    let error = match code {
        ErrorCode::TOPIC_AUTHORIZATION_FAILED => {
            let permission = format!("Read permission on topic \"{}\"", partition.topic());
            Error::not_allowed(code, format_args!("reading {partition}"), permission)
        }
        _ => Error::of_code(code, format!("{partition}: no offset could be looked up: {code}")),
    };
    error
        .with_api(ApiKey::LIST_OFFSETS)
        .with_topic(partition.shared_topic().clone())
        .with_partition(partition.partition())
}

pub(in super::super) fn no_leader(partition: &TopicPartition) -> Error {
    let text = format!("{partition} has no leader at the moment");
    Error::new(ErrorKind::State, text)
        .with_advice(Advice::Retry)
        .with_topic(partition.shared_topic().clone())
        .with_partition(partition.partition())
}
