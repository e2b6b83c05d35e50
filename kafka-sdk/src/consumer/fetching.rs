//! The task that fetches, and what it fetches for: what readers and consumers have in common.

use super::assignment::Assignment;
use super::budget::Budget;
use super::feed::Feed;
use super::fetch::{self, FetchCore};
use super::hand_out::hand_out;
use super::metrics::Gauges;
use super::settings::Settings;
use super::start::Ends;
use crate::cluster::Cluster;
use crate::observe::Source;
use std::sync::{Arc, Weak};
use tracing::{Instrument, debug_span};

/// It ends with this.
#[derive(Debug)]
pub(super) struct Fetching {
    pub(super) feed: Feed,
    pub(super) assignment: Arc<Assignment>,
    #[allow(dead_code, reason = "the metrics have it as long as it is there")]
    gauges: Arc<Gauges>,
}

/// The task hears of it, and has the brokers forget the reader.
impl Drop for Fetching {
    fn drop(&mut self) {
        self.assignment.close();
    }
}

impl Fetching {
    /// Of nothing yet.
    pub(super) fn start(cluster: &Cluster, settings: &Settings, ends: Ends) -> Self {
        let budget = Budget::new(settings.fetch_buffer, settings.partition_max_bytes);
        let (hand_out, fetched, requests) = hand_out(budget);
        let assignment = Arc::new(Assignment::new(ends, &fetched));
        let core = FetchCore::new(settings, cluster.snapshot(), hand_out);
        let client_id = &*cluster.settings().client_id;
        let span = debug_span!(target: "kafka_sdk::consumer", "reader", client_id);
        cluster.spawn(fetch::run(cluster.clone(), core, requests).instrument(span));
        let gauges = Arc::new(Gauges {
            assignment: assignment.clone(),
            budget: fetched.budget.clone(),
            isolation: settings.isolation,
        });
        cluster.observe(Arc::downgrade(&gauges) as Weak<dyn Source>);
        let mut feed = Feed::new(assignment.clone(), fetched);
        feed.again_from = settings.again_from;
        Self { feed, assignment, gauges }
    }
}
