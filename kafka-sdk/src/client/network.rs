//! Settings of a [`KafkaBuilder`] for sockets, and for what happens after a failure.

use super::KafkaBuilder;
use crate::model::{AddressFamily, MetadataRecovery, Switch};
use std::time::Duration;

impl KafkaBuilder {
    /// How long connecting takes: to one broker, and when the client is built to any of them. An attempt that has begun
    /// may end half a second later.
    ///
    /// After a failure the next attempt at the same broker has twice as long, up to
    /// [`connect_timeout_max`](Self::connect_timeout_max) (KIP-601).
    ///
    /// From 1 ms to 10 minutes. Default: 10 s. Java: `socket.connection.setup.timeout.ms`.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.by_code(move |s| s.connect_timeout.first = timeout);
        self
    }

    /// The longest that connecting to one broker takes, after failures in a row; where it is shorter than
    /// [`connect_timeout`](Self::connect_timeout), that holds.
    ///
    /// From 1 ms to 10 minutes. Default: 30 s. Java: `socket.connection.setup.timeout.max.ms`.
    pub fn connect_timeout_max(mut self, timeout: Duration) -> Self {
        self.settings.by_code(move |s| s.connect_timeout.most = timeout);
        self
    }

    /// How long to wait before a broker is dialled again after a failure. Each failure in a row doubles it, up to
    /// [`reconnect_backoff_max`](Self::reconnect_backoff_max), with a fifth more or less by chance (KIP-144).
    ///
    /// From 0 to 10 minutes. Default: 50 ms. Java: `reconnect.backoff.ms`.
    pub fn reconnect_backoff(mut self, backoff: Duration) -> Self {
        self.settings.by_code(move |s| s.reconnect.first = backoff);
        self
    }

    /// The longest wait before a broker is dialled again.
    ///
    /// From 0 to 10 minutes. Default: 1 s. Java: `reconnect.backoff.max.ms`.
    pub fn reconnect_backoff_max(mut self, backoff: Duration) -> Self {
        self.settings.by_code(move |s| s.reconnect.most = backoff);
        self
    }

    /// How long to wait before what has failed is tried again: a request, a round of metadata, a partition that was
    /// refused. Each failure in a row doubles it, up to [`retry_backoff_max`](Self::retry_backoff_max), with a fifth more
    /// or less by chance (KIP-580).
    ///
    /// From 1 ms to 10 minutes. Default: 100 ms. Java: `retry.backoff.ms`.
    pub fn retry_backoff(mut self, backoff: Duration) -> Self {
        self.settings.by_code(move |s| s.retry.first = backoff);
        self
    }

    /// The longest wait before what has failed is tried again.
    ///
    /// From 1 ms to 10 minutes. Default: 1 s. Java: `retry.backoff.max.ms`.
    pub fn retry_backoff_max(mut self, backoff: Duration) -> Self {
        self.settings.by_code(move |s| s.retry.most = backoff);
        self
    }

    /// After how long a connection is closed over which nothing is asked. The next request opens another. Brokers do the
    /// same, after ten minutes by default (`connections.max.idle.ms`). None: never, by this side.
    ///
    /// From 1 ms to 365 days. Default: 9 minutes. Java: `connections.max.idle.ms`, where -1 is never, as is librdkafka's 0.
    pub fn connections_max_idle(mut self, time: impl Into<Option<Duration>>) -> Self {
        let time = time.into();
        self.settings.by_code(move |s| s.max_idle = time);
        self
    }

    /// What to do when none of the brokers that are known answers (KIP-899).
    ///
    /// Default: [`MetadataRecovery::Rebootstrap`]. Java: `metadata.recovery.strategy`.
    pub fn metadata_recovery(mut self, recovery: MetadataRecovery) -> Self {
        self.settings.by_code(move |s| s.recovery = recovery);
        self
    }

    /// Whether a broker is told, when a connection to it is opened, which broker of which cluster it is taken for
    /// (KIP-1242). If it is another one, because a DNS entry or a load balancer leads elsewhere, it refuses the connection,
    /// and its place is looked up again. Brokers do that since Kafka 4.4. It is off with [`MetadataRecovery::None`].
    ///
    /// Default: [`Switch::On`]. Java: `metadata.cluster.check.enable`.
    pub fn cluster_check(mut self, check: Switch) -> Self {
        self.settings.by_code(move |s| s.cluster_check = check);
        self
    }

    /// After how long without an answer about the cluster the brokers that are known are forgotten, although some of them
    /// may be reached (KIP-1102). Where none can be reached, the bootstrap addresses are tried at once.
    ///
    /// From 0 to 24 hours. Default: 300 s. Java: `metadata.recovery.rebootstrap.trigger.ms`.
    pub fn rebootstrap_trigger(mut self, time: Duration) -> Self {
        self.settings.by_code(move |s| s.rebootstrap_trigger = time);
        self
    }

    /// Which of a name's addresses are tried. Those of both families take turns; one that does not answer holds up the
    /// next by a quarter of a second.
    ///
    /// Default: [`AddressFamily::Any`]. librdkafka: `broker.address.family`.
    pub fn address_family(mut self, family: AddressFamily) -> Self {
        self.settings.by_code(move |s| s.dialer.family = family);
        self
    }

    /// Whether the operating system asks brokers now and then whether they are still there (`SO_KEEPALIVE`).
    ///
    /// Default: [`Switch::On`], as Java does. librdkafka: `socket.keepalive.enable`.
    pub fn keepalive(mut self, keepalive: Switch) -> Self {
        self.settings.by_code(move |s| s.dialer.keepalive = keepalive);
        self
    }

    /// Whether the operating system may hold back what is written, for more to travel with (Nagle's algorithm).
    ///
    /// Default: [`Switch::Off`], as Java does. librdkafka: `socket.nagle.disable`, which is the opposite.
    pub fn nagle(mut self, nagle: Switch) -> Self {
        self.settings.by_code(move |s| s.dialer.nagle = nagle);
        self
    }

    /// The size of a socket's send buffer (`SO_SNDBUF`), in bytes. None: what the operating system finds best, which is
    /// most often better.
    ///
    /// From 1 to 1 GiB. Default: none. Java: `send.buffer.bytes`, where -1 is none and 128 KiB the default.
    pub fn send_buffer(mut self, bytes: impl Into<Option<u32>>) -> Self {
        let bytes = bytes.into();
        self.settings.by_code(move |s| s.dialer.send_buffer = bytes);
        self
    }

    /// The size of a socket's receive buffer (`SO_RCVBUF`), in bytes. None: what the operating system finds best, which is
    /// most often better.
    ///
    /// From 1 to 1 GiB. Default: none. Java: `receive.buffer.bytes`, where -1 is none and 32 or 64 KiB the default.
    pub fn receive_buffer(mut self, bytes: impl Into<Option<u32>>) -> Self {
        let bytes = bytes.into();
        self.settings.by_code(move |s| s.dialer.receive_buffer = bytes);
        self
    }

    /// Replaces what knows which addresses a name stands for, to make up names.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub fn resolver(
        mut self,
        resolve: impl Fn(&str, u16) -> std::io::Result<Vec<std::net::SocketAddr>> + Send + Sync + 'static,
    ) -> Self {
        let resolver = crate::net::Resolver::Own(std::sync::Arc::new(resolve));
        self.settings.by_code(move |s| s.dialer.resolver = resolver.clone());
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::Kafka;
    use crate::error::ErrorKind;
    use std::time::Duration;

    #[tokio::test]
    async fn what_is_out_of_range_is_refused_by_name() {
        let (zero, hour) = (Duration::ZERO, Duration::from_secs(3_600));
        let builder = || Kafka::builder("127.0.0.1:1");
        for (name, wrong) in [
            ("socket.connection.setup.timeout.ms", builder().connect_timeout(zero)),
            ("socket.connection.setup.timeout.max.ms", builder().connect_timeout_max(hour)),
            ("reconnect.backoff.ms", builder().reconnect_backoff(hour)),
            ("reconnect.backoff.max.ms", builder().reconnect_backoff_max(hour)),
            ("connections.max.idle.ms", builder().connections_max_idle(zero)),
            ("retry.backoff.ms", builder().retry_backoff(zero)),
            ("retry.backoff.max.ms", builder().retry_backoff_max(zero)),
            ("send.buffer.bytes", builder().send_buffer(0)),
            ("receive.buffer.bytes", builder().receive_buffer(u32::MAX)),
        ] {
            let error = wrong.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Settings);
            assert!(error.to_string().starts_with(&format!("{name} is ")), "{error}");
        }
    }

    #[test]
    fn a_connect_timeout_is_not_cut_short_by_the_longest_one() {
        let minute = Duration::from_secs(60);
        let settings = Kafka::builder("h").connect_timeout(minute).settings().unwrap();
        assert_eq!((settings.connect_timeout.first, settings.connect_timeout.most), (minute, minute));
    }
}
