//! A rule, and when it is its turn.

use kafka_sdk_protocol::api::ApiKey;

use super::Reaction;
use crate::Error;

/// Which requests, and what happens to them.
///
/// A new rule reacts to the first request that matches, once, by [`Reaction::Pass`]: it counts.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a rule does nothing before it is armed by `intercept`"]
pub struct Rule {
    api: Option<ApiKey>,
    node: Option<i32>,
    connection: Option<u64>,
    request: Option<u64>,
    topic: Option<String>,
    partition: Option<i32>,
    nth: u64,
    times: Option<u64>,
    chance: Option<f64>,
    reaction: Reaction,
}

/// Where a request is: which of a connection's requests, on which of a node's connections. Both count from 1, and are
/// the same in the next run of a client that does the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) node: i32,
    pub(crate) connection: u64,
    pub(crate) request: u64,
}

/// What a request is about: a topic, or some of its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    /// None: every topic.
    pub(crate) topic: Option<String>,
    /// None: every partition.
    pub(crate) partition: Option<i32>,
}

impl Subject {
    /// Whether something belongs to both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let topic = self.topic.is_none() || other.topic.is_none() || self.topic == other.topic;
        let partition =
            self.partition.is_none() || other.partition.is_none() || self.partition == other.partition;
        topic && partition
    }

    pub(crate) fn is_all(&self) -> bool {
        self.topic.is_none() && self.partition.is_none()
    }
}

/// A request, as far as rules ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) api: ApiKey,
    pub(crate) place: Place,
    /// May be left empty where no rule for the API asks for a topic or a partition.
    pub(crate) subjects: &'a [Subject],
}

impl Rule {
    /// Requests of this API: an [`Api`](super::Api), or an [`ApiKey`].
    pub fn on(api: impl Into<ApiKey>) -> Self {
        Self { api: Some(api.into()), ..Self::on_any() }
    }

    /// Requests of every API.
    pub fn on_any() -> Self {
        Self {
            api: None,
            node: None,
            connection: None,
            request: None,
            topic: None,
            partition: None,
            nth: 1,
            times: None,
            chance: None,
            reaction: Reaction::Pass,
        }
    }

    /// Only what is sent to this node.
    pub fn node(mut self, id: i32) -> Self {
        self.node = Some(id);
        self
    }

    /// Only on this of each node's connections, counted from 1.
    pub fn connection(mut self, number: u64) -> Self {
        self.connection = Some(number);
        self
    }

    /// Only this of each connection's requests, whatever their API, counted from 1.
    pub fn request(mut self, number: u64) -> Self {
        self.request = Some(number);
        self
    }

    /// Only requests that touch this topic.
    pub fn topic(mut self, name: &str) -> Self {
        self.topic = Some(name.into());
        self
    }

    /// Only requests that touch this partition, of the topic or of any.
    pub fn partition(mut self, index: i32) -> Self {
        self.partition = Some(index);
        self
    }

    /// Begins with the n-th request that matches, counted from 1 when the rule is armed. Default: 1.
    pub fn nth(mut self, n: u64) -> Self {
        self.nth = n;
        self
    }

    /// Reacts to so many requests in a row. Default: 1; without a limit if the rule only counts or has a
    /// [`chance`](Self::chance).
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Reacts without a limit.
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }

    /// Reacts to a request with this probability, 0 to 1. Delays, cuts and flipped bits are then drawn too, up to the
    /// amount in the reaction.
    ///
    /// The draw depends on the seed and on the request's place, not on time: the same seed gives the same faults to a
    /// client that does the same.
    pub fn chance(mut self, probability: f64) -> Self {
        self.chance = Some(probability);
        self
    }

    /// What happens. Default: [`Reaction::Pass`].
    pub fn react(mut self, reaction: Reaction) -> Self {
        self.reaction = reaction;
        self
    }

    /// What the rule is about.
    pub(crate) fn scope(&self) -> Subject {
        Subject { topic: self.topic.clone(), partition: self.partition }
    }

    /// The error of a rule that cannot be followed.
    pub(crate) fn refused(&self, trouble: &'static str) -> Error {
        let api = self.api.map_or_else(|| "any API".to_owned(), |api| api.to_string());
        Error::Rule { api, trouble }
    }

    pub(crate) fn api(&self) -> Option<ApiKey> {
        self.api
    }

    pub(crate) fn reaction(&self) -> &Reaction {
        &self.reaction
    }

    /// Whether it takes more than a request's header to know whether it matches.
    pub(crate) fn asks_for_subjects(&self) -> bool {
        self.topic.is_some() || self.partition.is_some()
    }

    pub(crate) fn may_match(&self, api: ApiKey) -> bool {
        self.api.is_none_or(|wanted| wanted == api)
    }

    pub(crate) fn matches(&self, request: &Request<'_>) -> bool {
        let place = request.place;
        self.may_match(request.api)
            && self.node.is_none_or(|node| node == place.node)
            && self.connection.is_none_or(|connection| connection == place.connection)
            && self.request.is_none_or(|number| number == place.request)
            && (!self.asks_for_subjects()
                || request.subjects.iter().any(|subject| self.scope().overlaps(subject)))
    }

    fn most(&self) -> u64 {
        let unlimited = self.chance.is_some() || self.reaction == Reaction::Pass;
        self.times.unwrap_or(if unlimited { u64::MAX } else { 1 })
    }

    /// What it does to a request that matches: the `seen`-th, after `hits` reactions. None if it is not its turn.
    pub(crate) fn reacts(
        &self,
        seen: u64,
        hits: u64,
        mut random: impl FnMut() -> fastrand::Rng,
    ) -> Option<Reaction> {
        if seen < self.nth || hits >= self.most() {
            return None;
        }
        let Some(chance) = self.chance else { return Some(self.reaction.clone()) };
        let mut random = random();
        (random.f64() < chance).then(|| self.reaction.drawn(&mut random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Api;

    fn on_orders_0(rule: &Rule, api: Api, place: Place) -> bool {
        let orders_0 = Subject { topic: Some("orders".into()), partition: Some(0) };
        rule.matches(&Request { api: api.into(), place, subjects: &[orders_0] })
    }

    const PLACE: Place = Place { node: 1, connection: 2, request: 3 };

    #[test]
    fn a_rule_matches_where_all_that_it_names_is_so() {
        let matches = |rule: Rule| on_orders_0(&rule, Api::Fetch, PLACE);
        assert!(matches(Rule::on_any()));
        assert!(matches(
            Rule::on(ApiKey::FETCH).node(1).connection(2).request(3).topic("orders").partition(0)
        ));
        assert!(!matches(Rule::on(Api::Produce)));
        assert!(!matches(Rule::on(Api::Fetch).node(2)));
        assert!(!matches(Rule::on(Api::Fetch).connection(1)));
        assert!(!matches(Rule::on(Api::Fetch).request(2)));
        assert!(!matches(Rule::on(Api::Fetch).topic("payments")));
        assert!(!matches(Rule::on(Api::Fetch).topic("orders").partition(1)));
        assert!(matches(Rule::on_any().partition(0)));
    }

    #[test]
    fn one_subject_has_to_have_both_topic_and_partition() {
        let subject = |topic: &str, partition| Subject { topic: Some(topic.into()), partition };
        let subjects = [subject("a", Some(0)), subject("b", Some(1)), subject("c", None)];
        let request = Request { api: Api::Fetch.into(), place: PLACE, subjects: &subjects };
        assert!(!Rule::on_any().topic("a").partition(1).matches(&request));
        assert!(Rule::on_any().topic("b").partition(1).matches(&request));
        assert!(Rule::on_any().topic("c").partition(9).matches(&request));
    }

    #[test]
    fn a_request_for_all_topics_touches_each() {
        let all = Subject { topic: None, partition: None };
        let request = Request { api: Api::Metadata.into(), place: PLACE, subjects: &[all] };
        assert!(Rule::on(Api::Metadata).topic("orders").matches(&request));
    }

    #[test]
    fn a_rule_reacts_once_unless_told_otherwise() {
        let reacts = |rule: &Rule, seen, hits| rule.reacts(seen, hits, fastrand::Rng::new).is_some();
        let once = Rule::on_any().react(Reaction::DropBefore);
        assert!(reacts(&once, 1, 0) && !reacts(&once, 2, 1));
        let third_and_fourth = once.clone().nth(3).times(2);
        assert!(!reacts(&third_and_fourth, 2, 0) && reacts(&third_and_fourth, 3, 0));
        assert!(reacts(&third_and_fourth, 4, 1) && !reacts(&third_and_fourth, 5, 2));
        assert!(reacts(&once.always(), 1000, 999));
        assert!(reacts(&Rule::on_any(), 1000, 999), "one that counts has no limit");
    }
}
