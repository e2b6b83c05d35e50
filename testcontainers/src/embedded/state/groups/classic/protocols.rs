//! Which protocol a group uses: one that all members know, and most want.

use std::collections::HashMap;

use kafka_sdk_protocol::api::join_group::JoinGroupRequestProtocol;

use super::{Classic, Phase};

impl Classic {
    /// Whether somebody with these protocols can be a member.
    pub(super) fn supports(&self, protocol_type: &str, protocols: &[JoinGroupRequestProtocol]) -> bool {
        if self.phase == Phase::Empty {
            return !protocol_type.is_empty() && !protocols.is_empty();
        }
        let is_known = |name: &str| self.members.iter().all(|member| member.knows(name));
        self.protocol_type.as_deref() == Some(protocol_type)
            && protocols.iter().any(|protocol| is_known(&protocol.name))
    }

    /// Each member votes for the first one on its list that all know.
    pub(super) fn select_protocol(&self) -> Option<String> {
        let is_known = |name: &str| self.members.iter().all(|member| member.knows(name));
        let mut votes: HashMap<&str, usize> = HashMap::new();
        for member in &self.members {
            if let Some(wanted) = member.protocols.iter().find(|protocol| is_known(&protocol.name)) {
                *votes.entry(&wanted.name).or_default() += 1;
            }
        }
        // Of those with as many votes, the one that comes first in a map of Java's.
        let best = votes.into_iter().max_by_key(|&(name, count)| (count, std::cmp::Reverse(bucket(name))));
        best.map(|(name, _)| name.to_owned())
    }
}

/// Where Java's smallest hash map puts a text.
fn bucket(text: &str) -> u32 {
    let hash = java_hash(text) as u32;
    (hash ^ (hash >> 16)) & 15
}

/// Java's `String.hashCode`.
pub(crate) fn java_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}
