//! Reading and writing frames, fast or at a walking pace.

use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::task::yield_now;
use tokio::time::sleep;

use super::frame;
use super::plan::Manner;

/// Pauses in a second, where there is a rate to be kept.
const TICKS: u64 = 20;
/// What is read at once, where nothing else limits it.
const READ: usize = 64 << 10;

/// How the bytes of a connection go, in both directions.
#[derive(Debug, Default)]
pub(super) struct Manners {
    /// 0: no limit.
    bytes_per_second: AtomicU64,
    /// 0: no limit.
    piece: AtomicUsize,
}

impl Manners {
    pub(super) fn adopt(&self, manner: Manner) {
        match manner {
            Manner::BytesPerSecond(rate) => self.bytes_per_second.store(rate.max(1), Ordering::Relaxed),
            Manner::Pieces(bytes) => self.piece.store(bytes.max(1), Ordering::Relaxed),
        }
    }

    /// How many bytes go in one tick; none: any number.
    fn in_a_tick(&self) -> Option<usize> {
        let rate = self.bytes_per_second.load(Ordering::Relaxed);
        (rate > 0).then(|| usize::try_from(rate / TICKS).unwrap_or(usize::MAX).max(1))
    }

    /// How long so many bytes take.
    fn time_for(&self, bytes: usize) -> Duration {
        match self.bytes_per_second.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            rate => Duration::from_secs_f64(bytes as f64 / rate as f64),
        }
    }

    fn to_write(&self) -> usize {
        let piece = Some(self.piece.load(Ordering::Relaxed)).filter(|piece| *piece > 0);
        [piece, self.in_a_tick()].into_iter().flatten().min().unwrap_or(usize::MAX)
    }
}

/// The frames that come in on one side of a connection.
#[derive(Debug)]
pub(super) struct Frames<R> {
    stream: R,
    read: BytesMut,
}

impl<R: AsyncRead + Unpin> Frames<R> {
    pub(super) fn new(stream: R) -> Self {
        Self { stream, read: BytesMut::new() }
    }

    /// The next whole frame; none at the end of the stream, even amid a frame.
    ///
    /// # Cancel safety
    /// No byte is lost.
    pub(super) async fn next(&mut self, manners: &Manners) -> io::Result<Option<Bytes>> {
        let bad_length =
            |_| io::Error::new(io::ErrorKind::InvalidData, "the length of a frame is beyond reason");
        loop {
            if let Some(frame) = frame::split(&mut self.read).map_err(bad_length)? {
                return Ok(Some(frame));
            }
            let most = manners.in_a_tick().unwrap_or(READ);
            let read = (&mut self.stream).take(most as u64).read_buf(&mut self.read).await?;
            if read == 0 {
                return Ok(None);
            }
            pause(manners.time_for(read)).await;
        }
    }

    /// Reads to the end of the stream, and throws it away.
    pub(super) async fn throw_away(&mut self) {
        self.read.clear();
        while self.stream.read_buf(&mut self.read).await.is_ok_and(|read| read > 0) {
            self.read.clear();
        }
    }
}

/// Writes bytes, in pieces and with pauses as the connection's manners are.
pub(super) async fn send(
    stream: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
    manners: &Manners,
) -> io::Result<()> {
    for piece in bytes.chunks(manners.to_write()) {
        stream.write_all(piece).await?;
        stream.flush().await?;
        pause(manners.time_for(piece.len())).await;
    }
    Ok(())
}

async fn pause(time: Duration) {
    if time.is_zero() { yield_now().await } else { sleep(time).await }
}

#[cfg(test)]
mod tests {
    use tokio::io::{duplex, simplex};
    use tokio::time::Instant;

    use super::*;

    fn manners(manner: Manner) -> Manners {
        let manners = Manners::default();
        manners.adopt(manner);
        manners
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_is_kept_in_writing_and_in_reading() {
        let slow = manners(Manner::BytesPerSecond(1000));
        let frame = [&2000u32.to_be_bytes()[..], &[7; 2000]].concat();
        let (mut here, there) = duplex(1 << 20);
        let begun = Instant::now();
        send(&mut here, &frame, &slow).await.unwrap();
        assert!((1900..2200).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());

        let begun = Instant::now();
        let read = Frames::new(there).next(&slow).await.unwrap().unwrap();
        assert_eq!(read, frame);
        assert!((1900..2200).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn pieces_are_of_the_size_that_was_asked_for() {
        let (mut reader, mut writer) = simplex(3);
        let written = tokio::spawn(async move {
            send(&mut writer, &[0, 0, 0, 6, 1, 2, 3, 4, 5, 6], &manners(Manner::Pieces(3))).await
        });
        let mut sizes = Vec::new();
        while sizes.iter().sum::<usize>() < 10 {
            sizes.push(reader.read(&mut [0; 100]).await.unwrap());
        }
        assert_eq!(sizes, [3, 3, 3, 1]);
        written.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_stream_that_ends_amid_a_frame_ends() {
        let mut frames = Frames::new(&[0, 0, 0, 1, 9, 0, 0][..]);
        let manners = Manners::default();
        assert_eq!(frames.next(&manners).await.unwrap().unwrap(), &[0, 0, 0, 1, 9][..]);
        assert_eq!(frames.next(&manners).await.unwrap(), None);
    }
}
