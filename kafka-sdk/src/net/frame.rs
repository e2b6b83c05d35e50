//! Frames off a socket: short ones out of one buffer, long ones straight into a pooled one.

use super::Failure;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Frames longer than this get a buffer of their own.
const LONG: usize = 32 * 1024;
/// What the buffer for short frames is filled up to.
const SHORT_BUFFER: usize = 64 * 1024;
/// What is reserved at once for a long frame; more follows as the bytes come.
const STEP: usize = 1024 * 1024;
/// Buffers that the pool keeps, and the largest that it takes back.
const POOLED: usize = 8;
const LARGEST_POOLED: usize = 64 * 1024 * 1024;

/// Buffers for long frames, shared by the connections of a client; one returns when the last view of its frame goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct FramePool(Arc<Buffers>);

#[derive(Debug, Default)]
struct Buffers {
    free: Mutex<Vec<Vec<u8>>>,
    /// Bytes of the buffers that frames are in.
    held: AtomicUsize,
}

impl FramePool {
    /// Bytes of memory that long frames are in, as long as there is a view of them.
    pub(crate) fn held(&self) -> usize {
        self.0.held.load(Relaxed)
    }

    fn frame(&self, buffer: Vec<u8>) -> Bytes {
        self.0.held.fetch_add(buffer.capacity(), Relaxed);
        Bytes::from_owner(Pooled { buffer, pool: self.clone() })
    }

    /// An empty buffer: the smallest that holds `size`, else the largest.
    fn take(&self, size: usize) -> Vec<u8> {
        let mut buffers = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = (0..buffers.len()).filter(|&i| buffers[i].capacity() >= size);
        let smallest = fits.min_by_key(|&i| buffers[i].capacity());
        let chosen = smallest.or_else(|| (0..buffers.len()).max_by_key(|&i| buffers[i].capacity()));
        chosen.map(|i| buffers.swap_remove(i)).unwrap_or_default()
    }

    fn put(&self, mut buffer: Vec<u8>) {
        let mut buffers = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        if buffers.len() < POOLED && buffer.capacity() <= LARGEST_POOLED {
            buffer.clear();
            buffers.push(buffer);
        }
    }
}

/// A long frame; its buffer goes back to the pool.
struct Pooled {
    buffer: Vec<u8>,
    pool: FramePool,
}

impl AsRef<[u8]> for Pooled {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        self.pool.0.held.fetch_sub(self.buffer.capacity(), Relaxed);
        self.pool.put(std::mem::take(&mut self.buffer));
    }
}

/// Cuts what a socket gives into frames.
pub(super) struct FrameReader {
    pool: FramePool,
    limit: usize,
    short: BytesMut,
    long: Option<Long>,
}

struct Long {
    buffer: Vec<u8>,
    size: usize,
}

impl FrameReader {
    /// A frame may have up to `limit` bytes.
    pub(super) fn new(pool: FramePool, limit: usize) -> Self {
        Self { pool, limit, short: BytesMut::new(), long: None }
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Reads what the socket has; 0 at its end.
    pub(super) fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut (impl AsyncRead + Unpin + ?Sized),
    ) -> Poll<io::Result<usize>> {
        let Some(long) = &mut self.long else {
            if self.short.capacity() == self.short.len() {
                self.short.reserve(SHORT_BUFFER);
            }
            return pin!(socket.read_buf(&mut self.short)).poll(cx);
        };
        let missing = long.size - long.buffer.len();
        if long.buffer.capacity() == long.buffer.len() {
            // A length alone reserves little: what has come already is what justifies more.
            long.buffer.reserve_exact(missing.min(STEP.max(long.buffer.len())));
        }
        pin!(socket.read_buf(&mut (&mut long.buffer).limit(missing))).poll(cx)
    }

    /// The next frame that is complete, without its length.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        if let Some(long) = self.long.take_if(|long| long.buffer.len() == long.size) {
            return Ok(Some(self.pool.frame(long.buffer)));
        }
        if self.long.is_some() {
            return Ok(None);
        }
        let Some(&length) = self.short.first_chunk() else { return Ok(None) };
        let size = self.check(length)?;
        if self.short.len() >= 4 + size {
            self.short.advance(4);
            return Ok(Some(self.short.split_to(size).freeze()));
        }
        if size > LONG {
            self.short.advance(4);
            let mut buffer = self.pool.take(size);
            buffer.extend_from_slice(&self.short);
            self.short.clear();
            self.long = Some(Long { buffer, size });
        } else {
            self.short.reserve(4 + size - self.short.len());
        }
        Ok(None)
    }

    fn check(&self, length: [u8; 4]) -> Result<usize, Failure> {
        let announced = i32::from_be_bytes(length);
        match usize::try_from(announced) {
            Ok(size) if size <= self.limit => Ok(size),
            // An alert of TLS: 21, then its version.
            _ if length[..2] == [21, 3] => Err(Failure::Tls),
            _ => Err(Failure::FrameSize(announced)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    /// All frames of `bytes`, handed over in pieces of `piece` bytes.
    async fn frames(bytes: &[u8], piece: usize, pool: &FramePool) -> Result<Vec<Bytes>, Failure> {
        let mut reader = FrameReader::new(pool.clone(), 10 << 20);
        let mut frames = Vec::new();
        for mut piece in bytes.chunks(piece) {
            while !piece.is_empty() {
                poll_fn(|cx| reader.poll_fill(cx, &mut piece)).await.unwrap();
                while let Some(frame) = reader.next()? {
                    frames.push(frame);
                }
            }
        }
        Ok(frames)
    }

    fn framed(bodies: &[Vec<u8>]) -> Vec<u8> {
        bodies.iter().flat_map(|b| [&(b.len() as u32).to_be_bytes()[..], b].concat()).collect()
    }

    #[tokio::test]
    async fn frames_are_the_same_however_they_are_cut() {
        let bodies: Vec<Vec<u8>> =
            [0, 1, 5, LONG, LONG + 1, 200_000, 3].iter().map(|&n| vec![n as u8; n]).collect();
        let bytes = framed(&bodies);
        for piece in [1, 2, 3, 7, 1_000, 65_536, bytes.len()] {
            assert_eq!(
                frames(&bytes, piece, &FramePool::default()).await.unwrap(),
                bodies,
                "pieces of {piece}"
            );
        }
    }

    #[tokio::test]
    async fn a_long_frame_returns_its_buffer_with_its_last_view() {
        let pool = FramePool::default();
        let bytes = framed(&[vec![1; 100_000]]);
        let all = frames(&bytes, 4_096, &pool).await.unwrap();
        let view = all[0].slice(10..20);
        drop(all);
        assert_eq!(pool.0.free.lock().unwrap().len(), 0);
        assert!(pool.held() >= 100_000, "ten bytes keep the whole frame");
        drop(view);
        assert_eq!((pool.0.free.lock().unwrap().len(), pool.held()), (1, 0));
        drop(frames(&bytes, 4_096, &pool).await);
        assert_eq!(pool.0.free.lock().unwrap().len(), 1, "taken again, not added to");
    }

    #[tokio::test]
    async fn a_length_that_lies_reserves_little() {
        let mut reader = FrameReader::new(FramePool::default(), 100 << 20);
        let mut bytes = &[&(90u32 << 20).to_be_bytes()[..], &[0; 100]].concat()[..];
        while !bytes.is_empty() {
            poll_fn(|cx| reader.poll_fill(cx, &mut bytes)).await.unwrap();
            assert!(reader.next().unwrap().is_none());
        }
        let mut more = &[0u8; 10][..];
        poll_fn(|cx| reader.poll_fill(cx, &mut more)).await.unwrap();
        assert!(reader.long.unwrap().buffer.capacity() <= 2 * STEP);
    }

    #[tokio::test]
    async fn what_is_no_frame_is_recognised() {
        let first = async |bytes: &[u8]| frames(bytes, bytes.len(), &FramePool::default()).await.unwrap_err();
        assert!(matches!(first(b"HTTP/1.1 400").await, Failure::FrameSize(_)));
        assert!(matches!(first(&[21, 3, 3, 0, 2, 2, 10]).await, Failure::Tls));
        assert!(matches!(first(&[0xff; 4]).await, Failure::FrameSize(-1)));
    }
}
