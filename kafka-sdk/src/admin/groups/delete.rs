//! Groups that are deleted, with what they have committed.

use super::super::{Admin, PerItem};
use super::{Deed, for_each, judge, route};
use crate::error::{Advice, Error, Result, Written};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::{ApiKey, DeleteGroupsRequest, DeleteGroupsResponse};
use std::sync::Arc;

impl Admin {
    /// Deletes groups that have no members, with the offsets that they have committed.
    ///
    /// Java: `deleteConsumerGroups`.
    ///
    /// ```no_run
    /// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
    /// use kafka_sdk::ErrorCode;
    /// let deleted = kafka.admin().delete_groups(["billing", "audit"]).await?;
    /// deleted.ignoring(ErrorCode::GROUP_ID_NOT_FOUND).all()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// No broker answered for any of the groups within [`api_timeout`](crate::KafkaBuilder::api_timeout)
    /// (`default.api.timeout.ms`): where [`Error::written`] is [`Written::Maybe`], some may be deleted. What concerns one
    /// group is in its item: [`NON_EMPTY_GROUP`](ErrorCode::NON_EMPTY_GROUP),
    /// [`GROUP_ID_NOT_FOUND`](ErrorCode::GROUP_ID_NOT_FOUND) (where [`Error::written`] is [`Written::Maybe`], an attempt of
    /// this call that got no answer may have deleted the group), kind [`Authorize`](crate::ErrorKind::Authorize); its
    /// coordinator could not be reached, and that of another one could.
    ///
    /// # Cancel safety
    /// The groups may be deleted although the future was dropped.
    pub async fn delete_groups<G: AsRef<str>>(
        &self,
        groups: impl IntoIterator<Item = G>,
    ) -> Result<PerItem<String, ()>> {
        for_each(groups, |group| self.delete_group(group)).await
    }

    async fn delete_group(&self, group: Arc<str>) -> Result<()> {
        let what = format!("delete group \"{group}\"");
        let deed = Deed { api: ApiKey::DELETE_GROUPS, what: &what, group: &group, permission: "Delete" };
        let request = |_| DeleteGroupsRequest { groups_names: vec![group.as_ref().to_owned()] };
        let judge =
            |answer: &DeleteGroupsResponse| judge(answer.results.iter().map(|result| result.error_code));
        let to = route(&group);
        let asked = self.cluster.ask_minding_attempts(&to, self.timeout(), request, judge);
        let (answer, earlier) = asked.await?;
        let result = answer.results.into_iter().next().ok_or_else(|| deed.left_out("the group"))?;
        match (earlier, result.error_code) {
            (Written::Maybe, code @ ErrorCode::GROUP_ID_NOT_FOUND) => {
                let text = format!(
                    "there is no consumer group \"{group}\" ({code}): an earlier attempt of this call got no answer, and \
                     may have deleted it"
                );
                let error = Error::of_code(code, text).with_api(ApiKey::DELETE_GROUPS);
                Err(error.with_written(Written::Maybe).with_advice(Advice::GiveUp))
            }
            (_, code) => deed.accepted(code, result.error_message.as_deref()),
        }
    }
}
