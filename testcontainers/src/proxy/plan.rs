//! What a reaction means for a request on its way to the broker, and for its answer on the way back.

use std::time::Duration;

use kafka_sdk_protocol::ErrorCode;

use super::alter::Alteration;
use crate::rules::Reaction;

/// How the client sees a connection end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By a FIN.
    Close,
    /// By an RST.
    Reset,
}

/// What is done with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnRequest {
    Forward,
    Wait(Duration),
    Hold,
    Refuse(ErrorCode),
    Swallow,
    Cut(usize),
    End(End),
    StopReading,
    Blackhole,
}

/// What is done with the answer to a request that the broker gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OnAnswer {
    Pass,
    Wait(Duration),
    Hold,
    Refuse(ErrorCode),
    Alter(Alteration),
    Swap,
    Cut(usize),
    HalfClose,
    End(End),
}

/// How the bytes of a connection go from here on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    BytesPerSecond(u64),
    Pieces(usize),
}

/// What a reaction means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) on_request: OnRequest,
    pub(super) on_answer: OnAnswer,
    pub(super) manner: Option<Manner>,
}

impl Plan {
    /// The request is forwarded, and the answer passed.
    pub(super) const PASS: Self =
        Self { on_request: OnRequest::Forward, on_answer: OnAnswer::Pass, manner: None };

    pub(super) fn of(reaction: &Reaction) -> Self {
        let request = |on_request| Self { on_request, ..Self::PASS };
        let answer = |on_answer| Self { on_answer, ..Self::PASS };
        let alter = |alteration| answer(OnAnswer::Alter(alteration));
        let manner = |manner| Self { manner: Some(manner), ..Self::PASS };
        match *reaction {
            Reaction::Pass => Self::PASS,
            Reaction::Answer(code) => request(OnRequest::Refuse(code)),
            Reaction::AnswerAfter(code) => answer(OnAnswer::Refuse(code)),
            Reaction::Delay(time) => answer(OnAnswer::Wait(time)),
            Reaction::DelayRequest(time) => request(OnRequest::Wait(time)),
            Reaction::Hold => request(OnRequest::Hold),
            Reaction::HoldAnswer => answer(OnAnswer::Hold),
            Reaction::Swallow => request(OnRequest::Swallow),
            Reaction::DropBefore => request(OnRequest::End(End::Close)),
            Reaction::DropAfter => answer(OnAnswer::End(End::Close)),
            Reaction::ResetBefore => request(OnRequest::End(End::Reset)),
            Reaction::ResetAfter => answer(OnAnswer::End(End::Reset)),
            Reaction::HalfClose => answer(OnAnswer::HalfClose),
            Reaction::StopReading => request(OnRequest::StopReading),
            Reaction::Blackhole => request(OnRequest::Blackhole),
            Reaction::CutRequest(bytes) => request(OnRequest::Cut(bytes)),
            Reaction::CutAnswer(bytes) => answer(OnAnswer::Cut(bytes)),
            Reaction::Throttle(rate) => manner(Manner::BytesPerSecond(rate)),
            Reaction::Chunks(bytes) => manner(Manner::Pieces(bytes)),
            Reaction::FlipBit(bit) => alter(Alteration::FlipBit(bit)),
            Reaction::FlipRecordBit => alter(Alteration::FlipRecordBit),
            Reaction::Overwrite { at, ref bytes } => {
                alter(Alteration::Overwrite { at, bytes: bytes.clone() })
            }
            Reaction::Replace(ref bytes) => alter(Alteration::Replace(bytes.clone())),
            Reaction::SwapCorrelationIds => answer(OnAnswer::Swap),
            // Such a rule is not armed.
            Reaction::MoveLeader => Self::PASS,
        }
    }
}
