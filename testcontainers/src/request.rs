//! One request to one broker, on a connection of its own: all that a test kit has to ask.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use kafka_sdk_protocol::api::ApiVersionsRequest;
use kafka_sdk_protocol::message::{Request, decode_response, request_frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// No answer that we ask for is longer.
const LONGEST: u64 = 64 << 20;

/// Asks a broker, in the newest version that both know.
pub(crate) async fn ask<R: Request>(address: &str, request: &R, within: Duration) -> io::Result<R::Response> {
    let asked = timeout(within, ask_on_new_connection(address, request)).await;
    asked.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "it does not answer")))
}

async fn ask_on_new_connection<R: Request>(address: &str, request: &R) -> io::Result<R::Response> {
    let mut stream = TcpStream::connect(address).await?;
    // Any broker answers version 0; Kafka 2.1 does not know the newest.
    let known = call(&mut stream, &ApiVersionsRequest::default(), 0).await?;
    known.error_code.ok().map_err(|code| io::Error::other(code.to_string()))?;
    let theirs = known.api_keys.iter().find(|api| api.api_key == R::KEY.0);
    let theirs = theirs.ok_or_else(|| io::Error::other(format!("it does not know {}", R::NAME)))?;
    call(&mut stream, request, theirs.max_version.min(R::LATEST_STABLE)).await
}

async fn call<R: Request>(stream: &mut TcpStream, request: &R, version: i16) -> io::Result<R::Response> {
    let frame =
        request_frame(request, version, 0, Some("kafka-sdk-testcontainers")).map_err(io::Error::other)?;
    stream.write_all(&frame.concat()).await?;
    let length = u64::from(stream.read_u32().await?);
    if length > LONGEST {
        return Err(io::Error::other(format!("an answer of {length} bytes is no answer of Kafka")));
    }
    let mut answer = Vec::new();
    stream.take(length).read_to_end(&mut answer).await?;
    let (_, response) = decode_response::<R>(&Bytes::from(answer), version).map_err(io::Error::other)?;
    Ok(response)
}
