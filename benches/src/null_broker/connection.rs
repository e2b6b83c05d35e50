//! A connection's thread.

use super::Shared;
use super::api::{Answer, answer};
use super::canned::Copies;
use super::delayed::Delayed;
use bytes::{Bytes, BytesMut};
use std::io::{self, BufReader, IoSlice, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

/// Answers until the client goes away.
pub(super) fn serve(shared: &Arc<Shared>, stream: TcpStream) {
    shared.counters.connections.add(1);
    // An end in the midst of something is the client's right.
    let _ = Connection::new(shared, stream).and_then(|mut connection| connection.run(shared));
}

struct Connection {
    requests: Requests,
    answers: Answers,
    copies: Copies,
}

impl Connection {
    fn new(shared: &Shared, stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let requests = Requests { stream: BufReader::new(stream.try_clone()?), buffer: Bytes::new() };
        let delay = shared.settings.delay;
        let answers = if delay.is_zero() {
            Answers::AtOnce(stream)
        } else {
            Answers::Later(Delayed::by(delay, move |segments: Vec<Bytes>| write(&stream, &segments)))
        };
        Ok(Self { requests, answers, copies: Copies::default() })
    }

    fn run(&mut self, shared: &Shared) -> io::Result<()> {
        while let Some(frame) = self.requests.next()? {
            shared.counters.requests.add(1);
            match answer(shared, &mut self.copies, &frame) {
                Ok(Answer::Frame(segments)) => self.answers.give(segments)?,
                Ok(Answer::None) => {}
                Err(fault) => {
                    shared.counters.fault(fault);
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

enum Answers {
    AtOnce(TcpStream),
    Later(Delayed<Vec<Bytes>>),
}

impl Answers {
    fn give(&self, segments: Vec<Bytes>) -> io::Result<()> {
        match self {
            Self::AtOnce(stream) => write(stream, &segments),
            Self::Later(delayed) => {
                delayed.give(segments);
                Ok(())
            }
        }
    }
}

/// One system call, if the socket takes all.
fn write(mut stream: &TcpStream, segments: &[Bytes]) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = segments.iter().map(|segment| IoSlice::new(segment)).collect();
    let mut left = &mut slices[..];
    while !left.is_empty() {
        match stream.write_vectored(left)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => IoSlice::advance_slices(&mut left, written),
        }
    }
    Ok(())
}

struct Requests {
    stream: BufReader<TcpStream>,
    /// As long as the longest frame so far, and used again once nothing of the last frame is kept.
    buffer: Bytes,
}

impl Requests {
    /// The next frame, without its length.
    fn next(&mut self) -> io::Result<Option<Bytes>> {
        let mut length = [0; 4];
        match self.stream.read_exact(&mut length) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let length = u32::from_be_bytes(length) as usize;
        if length > LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut buffer = std::mem::take(&mut self.buffer).try_into_mut().unwrap_or_default();
        if buffer.len() < length {
            buffer = BytesMut::zeroed(length.next_power_of_two());
        }
        self.stream.read_exact(&mut buffer[..length])?;
        self.buffer = buffer.freeze();
        Ok(Some(self.buffer.slice(..length)))
    }
}

/// As Kafka's `socket.request.max.bytes`.
const LONGEST: usize = 100 << 20;
