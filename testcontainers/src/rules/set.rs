//! The rules that are armed: which of them reacts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kafka_sdk_protocol::api::ApiKey;

use super::armed::Entry;
use super::{Action, ActionLog, Armed, Gate, Place, Reaction, Request, Rule, Subject};

/// The armed rules of a cluster, and the log of what they did.
///
/// Every rule sees every request. Of several whose turn it is, the one that was armed first reacts; the others wait for
/// the next match.
#[derive(Debug)]
pub(crate) struct Rules {
    seed: u64,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    armed: Vec<Counted>,
    log: Vec<Action>,
}

#[derive(Debug)]
struct Counted {
    entry: Arc<Entry>,
    /// Matches so far.
    seen: u64,
}

/// What happens to a request.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    pub(crate) reaction: Reaction,
    /// For a reaction that holds something.
    pub(crate) gate: Gate,
    /// What the rule is about.
    pub(crate) scope: Subject,
}

impl Rules {
    /// No rules. The seed is for those that are left to chance.
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, inner: Mutex::default() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn arm(&self, rule: Rule) -> Armed {
        let entry = Arc::new(Entry::new(rule));
        self.inner().armed.push(Counted { entry: Arc::clone(&entry), seen: 0 });
        Armed::new(entry)
    }

    /// Whether there is none: then nobody need know what a request is about.
    pub(crate) fn is_empty(&self) -> bool {
        self.inner().armed.is_empty()
    }

    /// Whether a rule for this API asks what a request is about.
    pub(crate) fn ask_for_subjects(&self, api: ApiKey) -> bool {
        let asks = |rule: &Rule| rule.asks_for_subjects() && rule.may_match(api);
        self.inner().armed.iter().any(|counted| asks(&counted.entry.rule))
    }

    /// What happens to a request; none: nothing. To be asked once for each. `byte` is where the request begins in what
    /// its connection has received.
    pub(crate) fn decide(&self, request: &Request<'_>, byte: u64) -> Option<Decision> {
        let inner = &mut *self.inner();
        let mut decision = None;
        for (index, counted) in inner.armed.iter_mut().enumerate() {
            let Some(reaction) = counted.turn(request, || random(self.seed, index, request.place)) else {
                continue;
            };
            if reaction == Reaction::Pass {
                counted.hit();
            } else if decision.is_none() {
                counted.hit();
                let (gate, scope) = (counted.entry.gate(), counted.entry.rule.scope());
                decision = Some(Decision { reaction, gate, scope });
            }
        }
        if let Some(Decision { reaction, .. }) = &decision {
            inner.log.push(Action::new(request, byte, reaction.clone()));
        }
        decision
    }

    /// All that was done so far.
    pub(crate) fn log(&self) -> ActionLog {
        ActionLog::new(self.inner().log.clone())
    }
}

impl Counted {
    fn turn(&mut self, request: &Request<'_>, random: impl FnMut() -> fastrand::Rng) -> Option<Reaction> {
        let entry = &*self.entry;
        if *entry.disarmed.borrow() || !entry.rule.matches(request) {
            return None;
        }
        self.seen += 1;
        entry.rule.reacts(self.seen, *entry.hits.borrow(), random)
    }

    fn hit(&self) {
        self.entry.hits.send_modify(|hits| *hits += 1);
    }
}

/// Chance depends on the place alone, so that the order in which connections are served does not matter.
fn random(seed: u64, rule: usize, place: Place) -> fastrand::Rng {
    let Place { node, connection, request } = place;
    let parts = [rule as u64, u64::from(node.cast_unsigned()), connection, request];
    let mixed = parts.iter().fold(seed, |state, part| fastrand::Rng::with_seed(state).u64(..) ^ part);
    fastrand::Rng::with_seed(mixed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Api;

    fn ask(rules: &Rules, api: Api, place: Place) -> Option<Reaction> {
        rules.decide(&Request { api: api.into(), place, subjects: &[] }, 0).map(|decision| decision.reaction)
    }

    const PLACE: Place = Place { node: 1, connection: 1, request: 1 };

    #[test]
    fn the_nth_match_is_counted_from_when_the_rule_is_armed() {
        let rules = Rules::new(0);
        assert_eq!(ask(&rules, Api::Produce, PLACE), None);
        let armed = rules.arm(Rule::on(Api::Produce).nth(2).react(Reaction::DropAfter));
        let asked = [Api::Produce, Api::Fetch, Api::Produce, Api::Produce];
        let reactions = asked.map(|api| ask(&rules, api, PLACE));
        assert_eq!(reactions, [None, None, Some(Reaction::DropAfter), None]);
        assert_eq!(armed.hits(), 1);
    }

    #[test]
    fn of_several_rules_the_first_reacts_and_the_others_wait_for_the_next_match() {
        let rules = Rules::new(0);
        let first = rules.arm(Rule::on_any().react(Reaction::DropBefore));
        let second = rules.arm(Rule::on(Api::Fetch).react(Reaction::DropAfter));
        assert_eq!(ask(&rules, Api::Fetch, PLACE), Some(Reaction::DropBefore));
        assert_eq!((first.hits(), second.hits()), (1, 0));
        assert_eq!(ask(&rules, Api::Fetch, PLACE), Some(Reaction::DropAfter));
        assert_eq!((first.hits(), second.hits()), (1, 1));
    }

    #[test]
    fn a_rule_that_counts_keeps_no_other_from_reacting() {
        let rules = Rules::new(0);
        let count = rules.arm(Rule::on(Api::Fetch));
        rules.arm(Rule::on(Api::Fetch).react(Reaction::Hold));
        assert_eq!(ask(&rules, Api::Fetch, PLACE), Some(Reaction::Hold));
        assert_eq!(ask(&rules, Api::Fetch, PLACE), None);
        assert_eq!(count.hits(), 2);
    }

    #[test]
    fn a_disarmed_rule_does_nothing() {
        let rules = Rules::new(0);
        let armed = rules.arm(Rule::on_any().always().react(Reaction::Hold));
        assert!(ask(&rules, Api::Fetch, PLACE).is_some());
        armed.disarm();
        assert!(ask(&rules, Api::Fetch, PLACE).is_none());
        assert_eq!(armed.hits(), 1);
    }

    #[test]
    fn subjects_are_asked_for_only_where_a_rule_needs_them() {
        let rules = Rules::new(0);
        rules.arm(Rule::on(Api::Produce));
        rules.arm(Rule::on(Api::Fetch).topic("orders"));
        assert!(!rules.ask_for_subjects(ApiKey::PRODUCE) && rules.ask_for_subjects(ApiKey::FETCH));
        rules.arm(Rule::on_any().partition(0));
        assert!(rules.ask_for_subjects(ApiKey::PRODUCE));
        let subjects = [Subject { topic: Some("orders".into()), partition: Some(1) }];
        let request = Request { api: ApiKey::FETCH, place: PLACE, subjects: &subjects };
        assert!(rules.decide(&request, 0).is_none(), "they only count");
    }

    #[test]
    fn chance_is_the_same_for_the_same_seed_in_any_order() {
        let reactions = |seed, places: &mut dyn Iterator<Item = u64>| {
            let rules = Rules::new(seed);
            rules.arm(Rule::on_any().chance(0.3).react(Reaction::CutAnswer(100)));
            let mut all: Vec<_> = places
                .map(|request| (request, ask(&rules, Api::Fetch, Place { request, ..PLACE })))
                .collect();
            all.sort_by_key(|(request, _)| *request);
            all
        };
        let there = reactions(7, &mut (0..1000));
        assert_eq!(there, reactions(7, &mut (0..1000).rev()));
        assert_ne!(there, reactions(8, &mut (0..1000)));
        let hits = there.iter().filter(|(_, reaction)| reaction.is_some()).count();
        assert!((200..400).contains(&hits), "{hits}");
    }

    #[tokio::test]
    async fn a_release_opens_for_what_is_held_and_not_for_what_comes_later() {
        let rules = Rules::new(0);
        let armed = rules.arm(Rule::on_any().always().react(Reaction::Hold));
        let hold =
            || rules.decide(&Request { api: ApiKey::FETCH, place: PLACE, subjects: &[] }, 0).unwrap().gate;
        let mut early = hold();
        armed.release();
        early.opened().await;
        let mut late = hold();
        let waited = tokio::time::timeout(std::time::Duration::from_millis(20), late.opened()).await;
        assert!(waited.is_err());
        armed.disarm();
        late.opened().await;
        armed.wait_for_hits(2).await;
    }

    #[test]
    fn a_log_makes_rules_that_do_the_same_again() {
        let places = || (1..200).map(|request| Place { request, ..PLACE });
        let rules = Rules::new(3);
        rules.arm(Rule::on(Api::Fetch).chance(0.2).react(Reaction::CutAnswer(100)));
        let first: Vec<_> = places().map(|place| ask(&rules, Api::Fetch, place)).collect();
        let written = rules.log().to_string();

        let again = Rules::new(0);
        let log: ActionLog = written.parse().unwrap();
        let armed: Vec<Armed> = log.rules().map(|rule| again.arm(rule)).collect();
        let second: Vec<_> = places().map(|place| ask(&again, Api::Fetch, place)).collect();
        assert_eq!(first, second);
        assert!(armed.len() > 10 && armed.iter().all(|armed| armed.hits() == 1));
        assert_eq!(again.log().to_string(), written);
    }
}
