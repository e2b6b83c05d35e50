//! Members of a classic group and their coordinator, while things go wrong.

use super::super::super::testing::planted::{Defect, Planted};
use super::super::super::testing::{Done, Fault, Plan, SECOND, World};
use super::super::super::{Membership, RebalanceProtocol, Rules};
use super::super::{Classic, ClassicRules};
use super::coordinator::{ClassicCoordinator, REBALANCE, SESSION, STATIC};
use crate::backoff::Backoff;
use std::collections::BTreeMap;

fn member(protocol: RebalanceProtocol, index: usize, random: fastrand::Rng) -> Classic {
    let common = Rules {
        group: "g".into(),
        instance_id: (index == STATIC).then(|| "pod".into()),
        session_timeout: SESSION,
        rebalance_timeout: REBALANCE,
        retry: Backoff::RETRY,
    };
    let assignors = vec![name(protocol).into()];
    Classic::new(ClassicRules { common, heartbeat_interval: 3 * SECOND, protocol, assignors }, random)
}

fn name(protocol: RebalanceProtocol) -> &'static str {
    match protocol {
        RebalanceProtocol::Eager => "eager",
        RebalanceProtocol::Cooperative => "cooperative",
    }
}

fn run<M: Membership>(
    protocol: RebalanceProtocol,
    plan: Plan,
    make: impl Fn(Classic) -> M + 'static,
) -> Result<Done, String> {
    let coordinator = ClassicCoordinator::new(name(protocol));
    World::new(plan, coordinator, move |index, random| make(member(protocol, index, random))).run()
}

fn plan(seed: u64) -> Plan {
    Plan { seed, clients: 4, loss: 4, faults: Fault::ALL, faults_for: 240 * SECOND, peace_for: 150 * SECOND }
}

fn holds(protocol: RebalanceProtocol, seeds: std::ops::Range<u64>) {
    let mut sum = Done::default();
    for seed in seeds {
        let done =
            run(protocol, plan(seed), |member| member).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
        sum.add(done);
    }
    assert!(sum.assignments > 0 && sum.revocations > 0 && sum.losses > 0 && sum.holds > 0, "{sum:?}");
    assert_eq!(sum.faults.len(), Fault::ALL.len(), "{sum:?}");
}

#[test]
fn nothing_is_owned_twice_or_left_alone_in_an_eager_group() {
    holds(RebalanceProtocol::Eager, 0..40);
}

#[test]
fn nothing_is_owned_twice_or_left_alone_in_a_cooperative_group() {
    holds(RebalanceProtocol::Cooperative, 0..40);
}

#[test]
fn planted_defects_are_found_out() {
    let mut found = BTreeMap::new();
    for defect in Defect::ALL {
        let hits = (0..40).filter_map(|seed| {
            let plan = plan(seed);
            run(RebalanceProtocol::Cooperative, plan, move |member| Planted::new(member, defect)).err()
        });
        found.insert(defect, hits.take(1).collect::<Vec<_>>());
    }
    for (defect, found) in &found {
        assert!(found.iter().any(|wrong| defect.is_told_by(wrong)), "{defect:?}: {found:?}");
    }
}
