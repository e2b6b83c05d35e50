//! Zstandard by the C library, with its contexts kept.

use super::{Coder, Failure, Output};
use zstd::zstd_safe::{CCtx, CParameter, DCtx, InBuffer, OutBuffer, ResetDirective, compress_bound};

/// What the output grows by: a block of zstd's.
const STEP: usize = 128 << 10;

#[derive(Default)]
pub(super) struct Zstd {
    compressor: Option<CCtx<'static>>,
    decompressor: Option<DCtx<'static>>,
}

impl Coder for Zstd {
    fn compress(&mut self, level: i32, input: &[u8], output: &mut Vec<u8>) {
        let compressor = self.compressor.get_or_insert_with(CCtx::create);
        // A level out of range is cut to it; there is nothing else that could fail, as there is room for the worst case.
        let _ = compressor.set_parameter(CParameter::CompressionLevel(level));
        let start = output.len();
        output.resize(start + compress_bound(input.len()), 0);
        let size = compressor.compress2(&mut output[start..], input).unwrap_or_default();
        output.truncate(start + size);
    }

    fn decompress(&mut self, input: &[u8], output: &mut Output<'_>) -> Result<(), Failure> {
        let decompressor = self.decompressor.get_or_insert_with(DCtx::create);
        decompressor.reset(ResetDirective::SessionOnly).map_err(|_| Failure::Corrupt)?;
        let mut source = InBuffer::around(input);
        loop {
            let (before, full) = (source.pos, output.is_full());
            let mut left = 0;
            let step = STEP.max(2 * (input.len() - source.pos).min(4 * STEP));
            let written = output.fill(step, |_, room| {
                let mut target = OutBuffer::around(room);
                let progress = decompressor.decompress_stream(&mut target, &mut source);
                left = progress.map_err(|_| Failure::Corrupt)?;
                Ok(target.pos())
            })?;
            match (left, source.pos == input.len()) {
                (0, true) => return Ok(()),
                _ if written > 0 || source.pos > before => {}
                _ if full => return Err(Failure::Full),
                // Nothing in and nothing out: the input ends too early.
                _ => return Err(Failure::Corrupt),
            }
        }
    }
}
