//! The members of a side: their connections, what they are known as, and which of them wait.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::{JoinGroupRequest, JoinGroupResponse, SyncGroupRequest};
use kafka_sdk_protocol::message::Request;
use tokio::time::timeout;

use super::SOON;
use super::script::{Named, SLOTS};
use crate::common::Client;

/// What comes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    Answer(String),
    /// The member at this place waits.
    Nothing(usize),
    Closed,
}

/// What a member waits for, and the version that is answered in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waits {
    Join(i16),
    Sync(i16),
}

pub(super) struct Slots {
    address: String,
    clients: Vec<Client>,
    waits: [Option<Waits>; SLOTS],
    ids: [String; SLOTS],
    generations: [i32; SLOTS],
    /// What ids are called that a broker has made.
    labels: HashMap<String, String>,
}

impl Slots {
    pub(super) async fn connect(address: &str) -> io::Result<Self> {
        let mut clients = Vec::new();
        for _ in 0..SLOTS {
            clients.push(Client::connect(address).await?);
        }
        Ok(Self {
            address: address.into(),
            clients,
            waits: Default::default(),
            ids: Default::default(),
            generations: [0; SLOTS],
            labels: HashMap::new(),
        })
    }

    pub(super) fn id(&self, slot: usize, named: Named) -> String {
        match named {
            Named::Own => self.ids[slot].clone(),
            Named::Nobody => String::new(),
            Named::Wrong => "nobody".into(),
        }
    }

    /// Whether a JoinGroup of this place would make a member that nobody knows of: it has one, or waits for one.
    pub(super) fn would_double(&self, slot: usize, id: &str, instance: Option<&str>) -> bool {
        let has_one = self.waits[slot].is_some() || !self.ids[slot].is_empty();
        id.is_empty() && instance.is_none() && has_one
    }

    /// Whether the answer that a place waits for says who it is.
    pub(super) fn is_nobody_yet(&self, slot: usize) -> bool {
        self.waits[slot].is_some() && self.ids[slot].is_empty()
    }

    pub(super) fn generation(&self, slot: usize) -> i32 {
        self.generations[slot]
    }

    pub(super) fn waiting(&self) -> Vec<usize> {
        (0..SLOTS).filter(|&slot| self.waits[slot].is_some()).collect()
    }

    /// What is called what: an id that is random, and not known here, since its member waits, like all such.
    pub(super) fn label(&self, id: &str) -> String {
        let is_random = id.len() > 36;
        self.labels.get(id).cloned().unwrap_or_else(|| if is_random { "somebody" } else { id }.to_owned())
    }

    /// Sends a JoinGroup, in place of what the member has waited for.
    pub(super) async fn join(
        &mut self,
        slot: usize,
        request: &JoinGroupRequest,
        version: i16,
    ) -> io::Result<()> {
        self.send(slot, request, version, Waits::Join(version)).await
    }

    pub(super) async fn sync(
        &mut self,
        slot: usize,
        request: &SyncGroupRequest,
        version: i16,
    ) -> io::Result<()> {
        self.send(slot, request, version, Waits::Sync(version)).await
    }

    async fn send<R: Request>(
        &mut self,
        slot: usize,
        request: &R,
        version: i16,
        waits: Waits,
    ) -> io::Result<()> {
        if self.waits[slot].is_some() {
            self.clients[slot] = Client::connect(&self.address).await?;
        }
        self.waits[slot] = Some(waits);
        self.clients[slot].send(request, version).await
    }

    /// What the member at a place hears within some time.
    pub(super) async fn look(&mut self, slot: usize, within: Duration) -> io::Result<Heard> {
        let Some(waits) = self.waits[slot] else { return Ok(Heard::Nothing(slot)) };
        let client = &mut self.clients[slot];
        match timeout(within, client.0.peek(&mut [0])).await {
            Err(_) => return Ok(Heard::Nothing(slot)),
            Ok(Ok(1..)) => {}
            Ok(_) => {
                self.waits[slot] = None;
                self.clients[slot] = Client::connect(&self.address).await?;
                return Ok(Heard::Closed);
            }
        }
        self.waits[slot] = None;
        let text = match waits {
            Waits::Join(version) => {
                let answer = client.receive::<JoinGroupRequest>(version).await?;
                self.joined(slot, answer)
            }
            Waits::Sync(version) => format!("{:?}", client.receive::<SyncGroupRequest>(version).await?),
        };
        Ok(Heard::Answer(text))
    }

    /// On a busy machine, what has to come may take a while here too.
    pub(super) async fn look_again(&mut self, heard: Heard, other: &Heard) -> io::Result<Heard> {
        match heard {
            Heard::Nothing(slot) if heard != *other => self.look(slot, SOON).await,
            heard => Ok(heard),
        }
    }

    fn joined(&mut self, slot: usize, mut answer: JoinGroupResponse) -> String {
        let is_given = matches!(answer.error_code, ErrorCode::NONE | ErrorCode::MEMBER_ID_REQUIRED);
        if is_given && !self.labels.contains_key(&answer.member_id) {
            let label = format!("m{slot}.{}", self.labels.len());
            self.labels.insert(answer.member_id.clone(), label);
        }
        if is_given {
            self.ids[slot].clone_from(&answer.member_id);
        }
        if answer.error_code == ErrorCode::NONE {
            self.generations[slot] = answer.generation_id;
        } else if answer.error_code == ErrorCode::UNKNOWN_MEMBER_ID && answer.member_id == self.ids[slot] {
            self.ids[slot].clear();
        }
        answer.member_id = self.label(&answer.member_id);
        answer.leader = self.label(&answer.leader);
        for member in &mut answer.members {
            member.member_id = self.label(&member.member_id);
        }
        answer.members.sort_by_key(|it| (it.member_id.clone(), it.group_instance_id.clone()));
        format!("{answer:?}")
    }
}
