//! The task that fetches, and what it fetches for: what readers and consumers have in common.

use super::metrics::Gauges;
use crate::cluster::Cluster;
use crate::consumer::assignment::Assignment;
use crate::consumer::feed::Feed;
use crate::consumer::feed::item::{Hand, Supply};
use crate::consumer::fetch::{self, FetchCore};
use crate::consumer::fetched;
use crate::consumer::fetched::budget::Budget;
use crate::consumer::settings::Settings;
use crate::consumer::start::Ends;
use crate::observe::Source;
use std::sync::{Arc, Weak};
use tracing::{Instrument, debug_span};

/// It ends with this.
#[derive(Debug)]
pub(in super::super) struct Fetching {
    pub(in super::super) feed: Feed,
    pub(in super::super) assignment: Arc<Assignment>,
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
    pub(in super::super) fn start(cluster: &Cluster, settings: &Settings, ends: Ends) -> Self {
        let budget = Budget::new(settings.fetch_buffer, settings.partition_max_bytes);
        let (to_reader, from_fetcher, requests) = fetched::channel(budget);
        let assignment = Arc::new(Assignment::new(ends, &from_fetcher));
        let core = FetchCore::new(settings, cluster.snapshot(), to_reader);
        let client_id = &*cluster.settings().client_id;
        let span = debug_span!(target: "kafka_sdk::consumer", "reader", client_id);
        cluster.spawn(fetch::run(cluster.clone(), core, requests).instrument(span));
        let gauges = Arc::new(Gauges {
            assignment: assignment.clone(),
            budget: from_fetcher.budget.clone(),
            isolation: settings.isolation,
        });
        cluster.observe(Arc::downgrade(&gauges) as Weak<dyn Source>);
        let mut feed = Feed::new(assignment.clone(), from_fetcher);
        feed.again_from = settings.again_from;
        Self { feed, assignment, gauges }
    }
}

impl Supply for Fetching {
    #[inline]
    fn made<M: Hand>(&mut self) {
        self.feed.count::<M>();
    }

    fn is_elsewhere(&self) -> bool {
        self.feed.is_elsewhere()
    }
}
