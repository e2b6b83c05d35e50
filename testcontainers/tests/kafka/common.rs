//! What the tests share.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;
use kafka_sdk_protocol::api::{ApiKey, ApiVersionsRequest, MetadataRequest, MetadataResponse};
use kafka_sdk_protocol::message::{Request, decode_response, request_frame};
use kafka_sdk_testcontainers::{Error, Providers, TestKafka, TestKafkaBuilder};
use tokio::sync::{Semaphore, SemaphorePermit};

pub(crate) type TestResult = Result<(), Box<dyn std::error::Error>>;

/// At most two clusters at once, whatever the number of test threads.
static CLUSTERS: Semaphore = Semaphore::const_new(2);

/// Waits for a turn to run a cluster. `None`: the test is left out, and that has been said.
pub(crate) async fn turn(test: &str) -> Result<Option<SemaphorePermit<'static>>, Error> {
    if !Providers::here().run_jvm(test)? {
        return Ok(None);
    }
    Ok(CLUSTERS.acquire().await.ok())
}

/// A cluster with its turn.
pub(crate) struct Running {
    pub(crate) kafka: TestKafka,
    _turn: SemaphorePermit<'static>,
}

/// Starts a cluster when it is its turn. `None`: the test is left out, and that has been said.
pub(crate) async fn start(test: &str, builder: TestKafkaBuilder) -> Result<Option<Running>, Error> {
    let Some(turn) = turn(test).await? else { return Ok(None) };
    Ok(Some(Running { kafka: builder.start().await?, _turn: turn }))
}

/// Asks a node for Metadata in a version that all brokers know, without the crate's own help.
pub(crate) fn metadata(address: &str) -> io::Result<MetadataResponse> {
    ask(address, &MetadataRequest { topics: None, ..Default::default() }, 5)
}

/// The newest Fetch that a node knows: newer brokers know newer ones.
pub(crate) fn newest_fetch(address: &str) -> io::Result<i16> {
    let known = ask(address, &ApiVersionsRequest::default(), 0)?.api_keys;
    let fetch = known.iter().find(|api| api.api_key == ApiKey::FETCH.0);
    fetch.map(|api| api.max_version).ok_or(io::ErrorKind::Unsupported.into())
}

fn ask<R: Request>(address: &str, request: &R, version: i16) -> io::Result<R::Response> {
    let frame = request_frame(request, version, 7, Some("test")).map_err(io::Error::other)?.concat();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    stream.write_all(&frame)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut answer)?;
    let answer = decode_response::<R>(&Bytes::from(answer), version).map_err(io::Error::other)?;
    Ok(answer.1)
}

/// The ids that a node lists.
pub(crate) fn listed(address: &str) -> io::Result<Vec<i32>> {
    let mut ids: Vec<i32> = metadata(address)?.brokers.iter().map(|broker| broker.node_id).collect();
    ids.sort_unstable();
    Ok(ids)
}
