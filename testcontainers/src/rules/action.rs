//! What rules did, as a text from which it can be done again.

use std::fmt;
use std::str::FromStr;

use kafka_sdk_protocol::api::ApiKey;

use super::{Place, Reaction, Request, Rule};
use crate::Error;

/// One reaction to one request. Its text is a line such as
/// `node 1, connection 2, request 7, byte 512, Produce: cut-answer 17`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    place: Place,
    byte: u64,
    api: ApiKey,
    reaction: Reaction,
}

impl Action {
    pub(super) fn new(request: &Request<'_>, byte: u64, reaction: Reaction) -> Self {
        Self { place: request.place, byte, api: request.api, reaction }
    }

    /// The node that the request was sent to.
    pub fn node(&self) -> i32 {
        self.place.node
    }

    /// Which of the node's connections, counted from 1.
    pub fn connection(&self) -> u64 {
        self.place.connection
    }

    /// Which of the connection's requests, counted from 1.
    pub fn request(&self) -> u64 {
        self.place.request
    }

    /// Where the request begins in what the client has sent on the connection.
    pub fn byte(&self) -> u64 {
        self.byte
    }

    /// The request's API.
    pub fn api(&self) -> ApiKey {
        self.api
    }

    /// What happened to it.
    pub fn reaction(&self) -> &Reaction {
        &self.reaction
    }

    /// The same to a request of the same API at the same place.
    pub fn rule(&self) -> Rule {
        let Place { node, connection, request } = self.place;
        Rule::on(self.api).node(node).connection(connection).request(request).react(self.reaction.clone())
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place: Place { node, connection, request }, byte, api, reaction } = self;
        write!(f, "node {node}, connection {connection}, request {request}, byte {byte}, {api}: {reaction}")
    }
}

impl FromStr for Action {
    type Err = Error;

    fn from_str(line: &str) -> Result<Self, Error> {
        parse(line).ok_or_else(|| Error::NoAction(line.into()))
    }
}

fn parse(line: &str) -> Option<Action> {
    let (place, reaction) = line.split_once(": ")?;
    let words: Vec<&str> = place.split(", ").collect();
    let &[node, connection, request, byte, api] = words.as_slice() else { return None };
    let place = Place {
        node: node.strip_prefix("node ")?.parse().ok()?,
        connection: connection.strip_prefix("connection ")?.parse().ok()?,
        request: request.strip_prefix("request ")?.parse().ok()?,
    };
    let byte = byte.strip_prefix("byte ")?.parse().ok()?;
    Some(Action { place, byte, api: api_of(api)?, reaction: reaction.parse().ok()? })
}

fn api_of(name: &str) -> Option<ApiKey> {
    (0..=i16::MAX).map(ApiKey).find(|api| api.to_string() == name)
}

/// All that rules did, in order; a line for each as a text.
///
/// # Examples
/// ```
/// use kafka_sdk_testcontainers::ActionLog;
///
/// let log: ActionLog = "node 1, connection 2, request 7, byte 512, Produce: cut-answer 17\n".parse()?;
/// assert_eq!(log.actions()[0].request(), 7);
/// # Ok::<(), kafka_sdk_testcontainers::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionLog(Vec<Action>);

impl ActionLog {
    pub(super) fn new(actions: Vec<Action>) -> Self {
        Self(actions)
    }

    /// One by one, oldest first.
    pub fn actions(&self) -> &[Action] {
        &self.0
    }

    /// Rules that do the same again.
    pub fn rules(&self) -> impl Iterator<Item = Rule> + '_ {
        self.0.iter().map(Action::rule)
    }
}

impl fmt::Display for ActionLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|action| writeln!(f, "{action}"))
    }
}

/// Empty lines are skipped.
impl FromStr for ActionLog {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(str::parse).collect::<Result<_, Error>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::reaction::tests::all;

    #[test]
    fn an_action_is_read_as_it_was_written() {
        let place = Place { node: 3, connection: 12, request: 99 };
        for reaction in all() {
            for api in [ApiKey::PRODUCE, ApiKey(999)] {
                let action = Action { place, byte: 1 << 40, api, reaction: reaction.clone() };
                assert_eq!(action.to_string().parse::<Action>().unwrap(), action);
            }
        }
    }

    #[test]
    fn a_line_that_is_no_action_is_named() {
        let log = "node 1, connection 2, request 7, byte 0, Produce: drop-after\n\nnode 1, something";
        let message = log.parse::<ActionLog>().unwrap_err().to_string();
        assert!(message.contains("node 1, something"), "{message}");
    }
}
