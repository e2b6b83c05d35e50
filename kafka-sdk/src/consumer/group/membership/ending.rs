//! Whether a member is to be one no longer, for now or for good.

use super::Leaving;
use super::ownership::Ownership;
use crate::error::Error;

#[derive(Debug, Default)]
pub(super) struct Ending {
    application: Application,
    leaving: Option<Leaving>,
    /// Said once everything is lost.
    failure: Option<Error>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Application {
    #[default]
    Active,
    /// It does not ask for records.
    Idle,
}

/// What is to be done about it now.
#[derive(Debug)]
pub(super) enum Due {
    /// Nothing: it stays, or what it owns is given up first.
    Nothing,
    /// It is over, for this reason.
    Fail(Error),
    /// To leave the group.
    Part,
}

impl Ending {
    pub(super) fn set_application(&mut self, application: Application) {
        self.application = application;
    }

    pub(super) fn leave(&mut self, leaving: Leaving) {
        self.leaving = Some(leaving);
    }

    /// Leaves, if nobody has said how to.
    pub(super) fn close(&mut self) {
        self.leaving.get_or_insert(Leaving::Default);
    }

    /// Ends it, once everything is lost; only the first failure counts.
    pub(super) fn fail(&mut self, error: Error) {
        self.failure.get_or_insert(error);
    }

    /// How it is to leave for good.
    pub(super) fn leaving(&self) -> Option<Leaving> {
        self.leaving
    }

    pub(super) fn is_failing(&self) -> bool {
        self.failure.is_some()
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.failure.is_some() || self.leaving.is_some() || self.application == Application::Idle
    }

    /// Who fails or leaves for good has given everything up before; who is idle leaves at once, and loses it.
    pub(super) fn due(&mut self, ownership: &Ownership) -> Due {
        if self.failure.is_some() {
            let failure = self.failure.take_if(|_| ownership.is_given_up());
            return failure.map_or(Due::Nothing, Due::Fail);
        }
        match (self.leaving, self.application) {
            (Some(_), _) if ownership.is_given_up() => Due::Part,
            (None, Application::Idle) => Due::Part,
            _ => Due::Nothing,
        }
    }
}
