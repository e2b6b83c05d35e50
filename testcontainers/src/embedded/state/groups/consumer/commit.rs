//! Who may commit offsets, and fetch them.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::wire::Uuid;

use super::Consumer;
use super::member::Member;
use crate::embedded::state::groups::classic::Committer;

/// The first version of OffsetCommit that knows of member epochs.
const WITH_EPOCHS: i16 = 9;

impl Consumer {
    /// Whether offsets of these partitions are taken from somebody.
    pub(crate) fn check_commit(
        &self,
        by: Committer<'_>,
        version: i16,
        partitions: &[(Uuid, i32)],
    ) -> Result<(), ErrorCode> {
        if by.generation < 0 && self.is_empty() {
            return Ok(());
        }
        let member = self.members.get(by.member_id).ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
        if version < WITH_EPOCHS && member.classic.is_none() {
            return Err(ErrorCode::UNSUPPORTED_VERSION);
        }
        // KIP-1251: of what it has had since then, it may commit with an older epoch.
        let may_be_older = self.settings.release >= (4, 3) && (0..member.epoch).contains(&by.generation);
        let has = |&(topic, partition): &(Uuid, i32)| {
            let since = member.assigned.get(&topic).and_then(|all| all.get(&partition));
            since.is_some_and(|&since| since <= by.generation)
        };
        if may_be_older && partitions.iter().all(has) {
            return Ok(());
        }
        check_epoch(member, by.generation)
    }

    /// Whether somebody may see offsets: a member of this epoch, or one that does not say who it is.
    pub(crate) fn check_fetch(&self, member: Option<&str>, epoch: i32) -> Result<(), ErrorCode> {
        if member.is_none() && epoch < 0 {
            return Ok(());
        }
        let member = self.members.get(member.unwrap_or_default());
        check_epoch(member.ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?, epoch)
    }
}

fn check_epoch(member: &Member, epoch: i32) -> Result<(), ErrorCode> {
    match member.classic {
        _ if member.epoch == epoch => Ok(()),
        None => Err(ErrorCode::STALE_MEMBER_EPOCH),
        Some(_) => Err(ErrorCode::ILLEGAL_GENERATION),
    }
}
