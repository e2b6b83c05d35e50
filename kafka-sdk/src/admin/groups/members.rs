//! Members that are made to leave their group (KIP-345, KIP-800).

use super::super::{Admin, PerItem};
use super::{Deed, judge, route};
use crate::error::Result;
use kafka_sdk_protocol::api::leave_group::MemberIdentity;
use kafka_sdk_protocol::api::{ApiKey, LeaveGroupRequest, LeaveGroupResponse};
use std::sync::Arc;

/// From this version of LeaveGroup on, one request names several members, by instance id too (KIP-345).
const SEVERAL_MEMBERS: i16 = 3;
/// The reason that is sent begins with this, as Java's does (KIP-800).
const REASON: &str = "member was removed by an admin";
/// Brokers take no longer reasons, in characters.
const LONGEST_REASON: usize = 255;

impl Admin {
    /// Takes static members (KIP-345) out of a group, by their instance ids: others get their partitions at once, and not
    /// when their sessions expire. One that is alive joins again. `reason` is for the brokers' logs (KIP-800), and may be
    /// empty. Needs Kafka 2.4.
    ///
    /// Java: `removeMembersFromConsumerGroup`.
    ///
    /// ```no_run
    /// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
    /// kafka.admin().remove_members("billing", ["host-7"], "its host is gone").await?.all()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Kind [`Unsupported`](crate::ErrorKind::Unsupported): the broker is too old. Kind
    /// [`Authorize`](crate::ErrorKind::Authorize); [`UNKNOWN_MEMBER_ID`](crate::ErrorCode::UNKNOWN_MEMBER_ID) of a group
    /// that does not exist; the coordinator could not be reached within [`api_timeout`](crate::KafkaBuilder::api_timeout)
    /// (`default.api.timeout.ms`). In its item: [`UNKNOWN_MEMBER_ID`](crate::ErrorCode::UNKNOWN_MEMBER_ID).
    ///
    /// # Cancel safety
    /// The members may be removed although the future was dropped.
    pub async fn remove_members<I: AsRef<str>>(
        &self,
        group: impl AsRef<str>,
        instance_ids: impl IntoIterator<Item = I>,
        reason: &str,
    ) -> Result<PerItem<String, ()>> {
        let of = |id: I| Leaver { name: id.as_ref().to_owned(), by: By::InstanceId };
        self.remove(&Arc::from(group.as_ref()), instance_ids.into_iter().map(of).collect(), reason).await
    }

    /// Takes all members out of a group, as [`Self::remove_members`]; gives what became of each by its member id, or its
    /// instance id. Members that join meanwhile are not among them. Also on brokers before 2.4.
    ///
    /// Java: `removeMembersFromConsumerGroup`.
    ///
    /// # Errors
    /// Those of [`Self::remove_members`] and of [`Self::describe_groups`].
    ///
    /// # Cancel safety
    /// The members may be removed although the future was dropped.
    pub async fn remove_all_members(
        &self,
        group: impl AsRef<str>,
        reason: &str,
    ) -> Result<PerItem<String, ()>> {
        let group: Arc<str> = group.as_ref().into();
        let described = self.describe_group(group.clone()).await?;
        let leavers = described.members.into_iter().map(|member| match member.instance_id {
            Some(name) => Leaver { name, by: By::InstanceId },
            None => Leaver { name: member.member_id, by: By::MemberId },
        });
        self.remove(&group, leavers.collect(), reason).await
    }

    async fn remove(
        &self,
        group: &Arc<str>,
        leavers: Vec<Leaver>,
        reason: &str,
    ) -> Result<PerItem<String, ()>> {
        let what = format!("remove members of group \"{group}\"");
        let deed = Deed { api: ApiKey::LEAVE_GROUP, what: &what, group, permission: "Read" };
        let attempts = self.attempts();
        let (mut outcomes, mut left) = (Vec::new(), leavers.as_slice());
        while let Some((first, others)) = left.split_first() {
            let request = |version| leave(group, left, reason, version);
            let judge = |answer: &LeaveGroupResponse| {
                judge(answer.members.iter().map(|member| member.error_code).chain([answer.error_code]))
            };
            let asked = self.cluster.ask(&route(group), attempts.left(), request, judge).await;
            let answer = asked.map_err(|error| deed.too_old(error, "2.4 (KIP-345)"))?;
            if answer.members.is_empty() && first.by == By::MemberId {
                // An old broker, which was told of one; or the whole request is refused.
                outcomes.push((first.name.clone(), deed.accepted(answer.error_code, None)));
                left = others;
                continue;
            }
            deed.accepted(answer.error_code, None)?;
            outcomes.extend(left.iter().map(|leaver| {
                let told = answer.members.iter().find(|member| match leaver.by {
                    By::InstanceId => member.group_instance_id.as_ref() == Some(&leaver.name),
                    By::MemberId => member.member_id == leaver.name,
                });
                let code = told.map(|member| member.error_code).ok_or_else(|| deed.left_out(&leaver.name));
                (leaver.name.clone(), code.and_then(|code| deed.accepted(code, None)))
            }));
            break;
        }
        Ok(outcomes.into_iter().collect())
    }
}

/// Who is to leave.
#[derive(Clone, Debug)]
struct Leaver {
    name: String,
    by: By,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    InstanceId,
    MemberId,
}

/// All of them, or the first where the version has room for one only. An instance id that it cannot carry is refused when
/// the request is encoded.
fn leave(group: &Arc<str>, leavers: &[Leaver], reason: &str, version: i16) -> LeaveGroupRequest {
    let group_id = group.as_ref().to_owned();
    if let ([first, ..], ..SEVERAL_MEMBERS) = (leavers, version)
        && first.by == By::MemberId
    {
        return LeaveGroupRequest { group_id, member_id: first.name.clone(), ..Default::default() };
    }
    let reason = if reason.is_empty() { REASON.to_owned() } else { format!("{REASON}: {reason}") };
    let reason: String = reason.chars().take(LONGEST_REASON).collect();
    let member = |leaver: &Leaver| {
        let (member_id, group_instance_id) = match leaver.by {
            By::InstanceId => (String::new(), Some(leaver.name.clone())),
            By::MemberId => (leaver.name.clone(), None),
        };
        MemberIdentity { member_id, group_instance_id, reason: Some(reason.clone()).filter(|_| version >= 5) }
    };
    LeaveGroupRequest { group_id, members: leavers.iter().map(member).collect(), ..Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_brokers_are_told_of_one_member_at_a_time_and_never_of_an_instance_id() {
        let member = |name: &str, by| Leaver { name: name.to_owned(), by };
        let both = [member("m-1", By::MemberId), member("i-1", By::InstanceId)];
        let group = Arc::from("g");
        let old = leave(&group, &both, "", 2);
        assert_eq!((old.member_id.as_str(), old.members.len()), ("m-1", 0));
        let old = leave(&group, &both[1..], "", 2);
        assert_eq!(old.members.len(), 1, "which the encoder refuses");
        let new = leave(&group, &both, &"x".repeat(300), 5);
        assert_eq!((new.member_id.as_str(), new.members.len()), ("", 2));
        let reason = new.members[0].reason.as_ref().unwrap();
        assert!(reason.starts_with("member was removed by an admin: xx") && reason.len() == 255);
        assert_eq!(leave(&group, &both, "", 4).members[0].reason, None);
    }
}
