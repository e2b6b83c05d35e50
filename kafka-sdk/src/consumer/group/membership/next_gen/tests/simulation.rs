//! Members by the consumer protocol and their coordinator, while things go wrong.

use super::super::super::testing::planted::{Defect, Planted};
use super::super::super::testing::{Done, Fault, Plan, SECOND, World};
use super::super::super::{Membership, Rules};
use super::super::{NextGen, NextGenRules};
use super::coordinator::{ConsumerCoordinator, Epoch0, REBALANCE, SESSION, STATIC};
use crate::backoff::Backoff;

fn member(index: usize, random: fastrand::Rng) -> NextGen {
    let common = Rules {
        group: "g".into(),
        instance_id: (index == STATIC).then(|| "pod".into()),
        session_timeout: SESSION,
        rebalance_timeout: REBALANCE,
        retry: Backoff::RETRY,
    };
    NextGen::new(NextGenRules { common, assignor: None }, random)
}

fn run<M: Membership>(
    epoch0: Epoch0,
    plan: Plan,
    make: impl Fn(NextGen) -> M + 'static,
) -> Result<Done, String> {
    World::new(plan, ConsumerCoordinator::new(epoch0), move |index, random| make(member(index, random))).run()
}

fn plan(seed: u64) -> Plan {
    Plan { seed, clients: 4, loss: 4, faults: Fault::ALL, faults_for: 240 * SECOND, peace_for: 150 * SECOND }
}

fn holds(epoch0: Epoch0, seeds: std::ops::Range<u64>) {
    let mut sum = Done::default();
    for seed in seeds {
        let done = run(epoch0, plan(seed), |member| member);
        sum.add(done.unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}")));
    }
    assert!(sum.assignments > 0 && sum.revocations > 0 && sum.losses > 0 && sum.holds > 0, "{sum:?}");
    assert_eq!(sum.faults.len(), Fault::ALL.len(), "{sum:?}");
}

#[test]
fn nothing_is_owned_twice_or_left_alone_with_brokers_that_take_members_back() {
    holds(Epoch0::Taken, 0..40);
}

#[test]
fn nothing_is_owned_twice_or_left_alone_with_brokers_that_do_not() {
    holds(Epoch0::Refused, 0..40);
}

#[test]
fn planted_defects_are_found_out() {
    for defect in Defect::ALL {
        let mut found = (0..40).filter_map(|seed| {
            run(Epoch0::Taken, plan(seed), move |member| Planted::new(member, defect)).err()
        });
        let found = found.next();
        assert!(found.as_ref().is_some_and(|wrong| defect.is_told_by(wrong)), "{defect:?}: {found:?}");
    }
}
