//! What can be set on a producer, checked once.

use super::buffer::class_size;
use super::core::{Answer, Situation, Verdict, verdict};
use crate::error::{Error, ErrorKind, Result};
use crate::settings::within;
use std::time::Duration;

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) linger: Duration,
    pub(super) batch_size: usize,
    pub(super) buffer_memory: usize,
    pub(super) max_request_size: usize,
    pub(super) max_block: Duration,
    pub(super) delivery_timeout: Duration,
    pub(super) verdict: fn(&Situation, &Answer) -> Verdict,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            linger: Duration::from_millis(5),
            batch_size: 16 << 10,
            buffer_memory: 32 << 20,
            max_request_size: 1 << 20,
            max_block: Duration::from_secs(60),
            delivery_timeout: Duration::from_secs(120),
            verdict,
        }
    }
}

/// The largest request: brokers close the connection over one that is larger than `socket.request.max.bytes`, 100 MiB
/// by default.
const LARGEST_REQUEST: usize = 100 << 20;
/// Batches grow up to this size: brokers take 1 MiB and a little by default.
const GROWN: usize = 1 << 20;
const ONE_DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Settings {
    /// Refuses what is out of range, or contradicts something else.
    pub(super) fn check(&self, request_timeout: Duration) -> Result<()> {
        within("linger.ms", self.linger, Duration::ZERO..=ONE_DAY)?;
        within("batch.size", self.batch_size, 1..=LARGEST_REQUEST)?;
        within("max.request.size", self.max_request_size, 1 << 10..=LARGEST_REQUEST)?;
        within("max.block.ms", self.max_block, Duration::ZERO..=ONE_DAY)?;
        within("delivery.timeout.ms", self.delivery_timeout, Duration::from_millis(1)..=30 * ONE_DAY)?;
        // The largest record has to fit, with what its buffer is larger than it.
        let least = class_size(self.max_request_size);
        within("buffer.memory (not less than max.request.size)", self.buffer_memory, least..=1 << 40)?;
        if self.delivery_timeout < self.linger + request_timeout {
            return Err(Error::new(
                ErrorKind::Settings,
                format!(
                    "delivery.timeout.ms ({:?}) is shorter than linger.ms ({:?}) and request.timeout.ms ({:?}) \
                     together: a record could not be tried even once",
                    self.delivery_timeout, self.linger, request_timeout
                ),
            ));
        }
        Ok(())
    }

    /// From this size on a batch is to be sent.
    pub(super) fn full_size(&self) -> usize {
        self.batch_size.min(self.max_request_size)
    }

    /// Up to this size a batch grows while it cannot be sent.
    pub(super) fn largest_batch(&self) -> usize {
        self.batch_size.max(GROWN).min(self.max_request_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_javas_and_pass() {
        Settings::default().check(Duration::from_secs(30)).unwrap();
    }

    #[test]
    fn what_is_out_of_range_is_named_with_value_and_range() {
        let settings = Settings { batch_size: 0, ..Settings::default() };
        let error = settings.check(Duration::from_secs(30)).unwrap_err();
        assert_eq!(error.to_string(), "batch.size is 0, and must be from 1 to 104857600");
        assert_eq!(error.kind(), ErrorKind::Settings);
    }

    #[test]
    fn the_largest_record_has_room_in_a_buffer_of_its_class() {
        let settings = Settings { max_request_size: 20_000, buffer_memory: 30_000, ..Settings::default() };
        let error = settings.check(Duration::from_secs(30)).unwrap_err();
        assert!(
            error.to_string().contains("max.request.size) is 30000, and must be from 65536 to"),
            "{error}"
        );
    }

    #[test]
    fn batches_grow_to_what_brokers_take_and_to_no_more_than_a_request() {
        let of = |batch_size, max_request_size| {
            let settings = Settings { batch_size, max_request_size, ..Settings::default() };
            (settings.full_size(), settings.largest_batch())
        };
        assert_eq!(of(16 << 10, 1 << 20), (16 << 10, 1 << 20));
        assert_eq!(of(2 << 20, 10 << 20), (2 << 20, 2 << 20));
        assert_eq!(of(2 << 20, 1 << 18), (1 << 18, 1 << 18));
    }

    #[test]
    fn a_delivery_timeout_that_allows_no_attempt_is_refused() {
        let settings = Settings { delivery_timeout: Duration::from_secs(10), ..Settings::default() };
        assert!(settings.check(Duration::from_secs(30)).is_err());
        assert!(settings.check(Duration::from_secs(5)).is_ok());
    }
}
