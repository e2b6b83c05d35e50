//! gzip by zlib-rs, with its state kept.

use super::{Coder, Failure, Output};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// The largest window, which is what everybody uses.
const WINDOW_BITS: u8 = 15;
/// What the output grows by.
const STEP: usize = 64 << 10;

#[derive(Default)]
pub(super) struct Gzip {
    /// For one level: another one needs another state.
    compress: Option<(i32, Compress)>,
    decompress: Option<Decompress>,
}

impl Coder for Gzip {
    fn compress(&mut self, level: i32, input: &[u8], output: &mut Vec<u8>) {
        let state = match self.compress.take().filter(|(of, _)| *of == level) {
            Some((_, mut state)) => {
                state.reset();
                state
            }
            None => Compress::new_gzip(Compression::new(level.clamp(0, 9).unsigned_abs()), WINDOW_BITS),
        };
        let (_, state) = self.compress.insert((level, state));
        // Enough for what does not compress: five bytes for each 16 KiB, and the frame.
        output.reserve(input.len() + input.len() / 1_000 + 64);
        loop {
            let consumed = usize::try_from(state.total_in()).unwrap_or(input.len());
            let rest = input.get(consumed..).unwrap_or_default();
            match state.compress_vec(rest, output, FlushCompress::Finish) {
                Ok(Status::StreamEnd) => return,
                // There is no other reason than that the output is full.
                Ok(Status::Ok | Status::BufError) | Err(_) => output.reserve(STEP),
            }
        }
    }

    /// Members follow each other; each has its own length and checksum.
    fn decompress(&mut self, mut input: &[u8], output: &mut Output<'_>) -> Result<(), Failure> {
        loop {
            let consumed = self.member(input, output)?;
            input = input.get(consumed..).unwrap_or_default();
            if input.is_empty() {
                return Ok(());
            }
        }
    }
}

impl Gzip {
    /// Reads one member; gives the bytes that it took.
    fn member(&mut self, input: &[u8], output: &mut Output<'_>) -> Result<usize, Failure> {
        // A state that ended in an error is not used again.
        let mut state = match self.decompress.take() {
            Some(mut state) => {
                state.reset(true);
                state
            }
            None => Decompress::new_gzip(WINDOW_BITS),
        };
        loop {
            let consumed = usize::try_from(state.total_in()).map_err(|_| Failure::Corrupt)?;
            let rest = input.get(consumed..).ok_or(Failure::Corrupt)?;
            let before = state.total_out();
            let mut status = Status::Ok;
            let full = output.is_full();
            output.fill(STEP.max(2 * rest.len()), |_, room| {
                status = state.decompress(rest, room, FlushDecompress::None).map_err(|_| Failure::Corrupt)?;
                usize::try_from(state.total_out() - before).map_err(|_| Failure::Corrupt)
            })?;
            match status {
                Status::StreamEnd => {
                    let consumed = usize::try_from(state.total_in()).map_err(|_| Failure::Corrupt)?;
                    self.decompress = Some(state);
                    return Ok(consumed);
                }
                _ if full => return Err(Failure::Full),
                // Nothing in and nothing out: the input ends too early.
                _ if state.total_out() == before && state.total_in() == consumed as u64 => {
                    return Err(Failure::Corrupt);
                }
                _ => {}
            }
        }
    }
}
