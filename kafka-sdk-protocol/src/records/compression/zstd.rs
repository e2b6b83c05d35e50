//! Zstandard in Rust, with its contexts kept.

use super::{Coder, Failure, Output};
use rust_zstd::{CompressOptions, Compressor, Decompressor};

/// What the output grows by: a block of zstd's.
const STEP: usize = 128 << 10;

/// A decompressor that has given more than this is not kept: its window may be as large.
const LARGEST_KEPT: usize = 8 << 20;

#[derive(Default)]
pub(super) struct Zstd {
    /// For one level: another one needs other tables.
    compressor: Option<(i32, Compressor)>,
    decompressor: Option<Decompressor>,
}

impl Coder for Zstd {
    fn compress(&mut self, level: i32, input: &[u8], output: &mut Vec<u8>) {
        let compressor = match self.compressor.take().filter(|(of, _)| *of == level) {
            Some((_, compressor)) => compressor,
            None => Compressor::new(CompressOptions { level, ..CompressOptions::default() }),
        };
        let (_, compressor) = self.compressor.insert((level, compressor));
        compressor.compress(input, output);
    }

    fn decompress(&mut self, input: &[u8], output: &mut Output<'_>) -> Result<(), Failure> {
        // A decompressor that ended in an error is not used again.
        let mut decompressor = self.decompressor.take().unwrap_or_default();
        decompressor.reset();
        let (mut read, mut produced) = (0, 0);
        loop {
            let (before, full) = (read, output.is_full());
            let mut left = 0;
            let step = STEP.max(2 * (input.len() - read).min(4 * STEP));
            let written = output.fill(step, |_, room| {
                let mut written = 0;
                let progress = decompressor.decompress_stream(input, &mut read, room, &mut written);
                left = progress.map_err(|_| Failure::Corrupt)?;
                Ok(written)
            })?;
            produced += written;
            match (left, read == input.len()) {
                (0, true) => {
                    self.decompressor = Some(decompressor).filter(|_| produced <= LARGEST_KEPT);
                    return Ok(());
                }
                _ if written > 0 || read > before => {}
                _ if full => return Err(Failure::Full),
                // Nothing in and nothing out: the input ends too early.
                _ => return Err(Failure::Corrupt),
            }
        }
    }
}
