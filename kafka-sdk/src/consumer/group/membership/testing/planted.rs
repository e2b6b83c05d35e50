//! Members with a defect. A simulation that does not find them out finds nothing out.

use super::super::{Call, Command, Identity, Membership, Reply};
use crate::drive::Core;
use kafka_sdk_protocol::ErrorCode;
use std::collections::VecDeque;
use tokio::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Defect {
    /// What fences the member does not reach it: a stale generation goes on.
    StaleGeneration,
    /// Revocations are answered, and not done: records of theirs still come.
    HandOutAfterRevocation,
    /// Revocations are done after what comes next.
    OutOfOrder,
    /// Nothing is held when the session is over.
    NoHold,
    /// The coordinator is asked over and over.
    Loop,
}

impl Defect {
    pub(in super::super) const ALL: [Self; 5] =
        [Self::StaleGeneration, Self::HandOutAfterRevocation, Self::OutOfOrder, Self::NoHold, Self::Loop];

    /// Whether these are the words for what such a defect does.
    pub(in super::super) fn is_told_by(self, wrong: &str) -> bool {
        let words: &[&str] = match self {
            Self::StaleGeneration => &["fenced", "handed out by"],
            Self::HandOutAfterRevocation => &["handed out by", "are owned"],
            Self::OutOfOrder => &["under way", "are owned"],
            Self::NoHold => &["handed out by"],
            Self::Loop => &["a loop"],
        };
        words.iter().any(|words| wrong.contains(words))
    }
}

pub(in super::super) struct Planted<M> {
    inner: M,
    defect: Defect,
    /// What the member believes to be answered.
    forged: VecDeque<Reply>,
    held_back: Option<Call>,
}

impl<M: Membership> Planted<M> {
    pub(in super::super) fn new(inner: M, defect: Defect) -> Self {
        Self { inner, defect, forged: VecDeque::new(), held_back: None }
    }

    /// The call as the world sees it.
    fn distort(&mut self, call: Call) -> Option<Call> {
        match (self.defect, call) {
            (Defect::HandOutAfterRevocation, Call::Revoke(_)) => {
                self.forged.push_back(Reply::Revoked);
                None
            }
            (Defect::OutOfOrder, Call::Revoke(partitions)) => {
                self.forged.push_back(Reply::Revoked);
                self.held_back = Some(Call::Revoke(partitions));
                None
            }
            (Defect::NoHold, Call::Hold | Call::Release) => None,
            (_, call) => Some(call),
        }
    }
}

fn fences(reply: &Reply) -> bool {
    let code = match reply {
        Reply::Heard(_, Err(error)) | Reply::ConsumerHeard(_, Err(error)) => error.code(),
        _ => None,
    };
    matches!(
        code,
        Some(ErrorCode::UNKNOWN_MEMBER_ID | ErrorCode::ILLEGAL_GENERATION | ErrorCode::FENCED_MEMBER_EPOCH)
    )
}

impl<M: Membership> Membership for Planted<M> {
    fn identity(&self) -> Option<Identity> {
        self.inner.identity()
    }

    fn session_ends(&self) -> Option<Instant> {
        self.inner.session_ends().filter(|_| self.defect != Defect::NoHold)
    }
}

impl<M: Membership> Core for Planted<M> {
    type Command = Command;
    type Call = Call;
    type Reply = Reply;

    fn command(&mut self, now: Instant, command: Command) {
        self.inner.command(now, command);
    }

    fn reply(&mut self, now: Instant, reply: Reply) {
        let reply = match reply {
            Reply::Heard(ticket, _) if self.defect == Defect::StaleGeneration && fences(&reply) => {
                Reply::Heard(ticket, Ok(()))
            }
            Reply::ConsumerHeard(..) if self.defect == Defect::StaleGeneration && fences(&reply) => return,
            // The late revocation's own.
            Reply::Revoked if self.defect == Defect::OutOfOrder => return,
            reply => reply,
        };
        self.inner.reply(now, reply);
        if self.defect == Defect::Loop {
            self.inner.command(now, Command::Doubt);
        }
    }

    fn timeout(&mut self, now: Instant) {
        self.inner.timeout(now);
    }

    fn close(&mut self, now: Instant) {
        self.inner.close(now);
    }

    fn poll_call(&mut self, now: Instant) -> Option<Call> {
        loop {
            if let Some(reply) = self.forged.pop_front() {
                self.inner.reply(now, reply);
            }
            match self.inner.poll_call(now) {
                None => return self.held_back.take(),
                Some(call) => {
                    if let Some(call) = self.distort(call) {
                        return Some(call);
                    }
                }
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.inner.deadline()
    }

    fn is_over(&self) -> bool {
        self.inner.is_over()
    }
}
