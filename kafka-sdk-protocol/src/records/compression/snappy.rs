//! Snappy in the framing of xerial's Java library, which is what Kafka's other clients write.

use super::{Coder, Failure, Output};
use snap::raw::{Decoder, Encoder, decompress_len, max_compress_len};

/// `\x82SNAPPY\0`, then version and compatible version, both 1.
const HEADER: [u8; 16] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1];
const MAGIC: usize = 8;
/// As in Java: each block is compressed by itself.
const BLOCK: usize = 32 << 10;

pub(super) struct Snappy {
    encoder: Encoder,
    decoder: Decoder,
}

impl Default for Snappy {
    fn default() -> Self {
        Self { encoder: Encoder::new(), decoder: Decoder::new() }
    }
}

impl Coder for Snappy {
    #[allow(clippy::indexing_slicing, reason = "writing, where room was just made")]
    fn compress(&mut self, _level: i32, input: &[u8], output: &mut Vec<u8>) {
        output.extend_from_slice(&HEADER);
        for block in input.chunks(BLOCK) {
            let start = output.len();
            output.resize(start + 4 + max_compress_len(block.len()), 0);
            // It cannot fail: there is room for the worst case, and a block is far from 4 GiB.
            let size = self.encoder.compress(block, &mut output[start + 4..]).unwrap_or_default();
            let length = u32::try_from(size).unwrap_or_default();
            output[start..start + 4].copy_from_slice(&length.to_be_bytes());
            output.truncate(start + 4 + size);
        }
    }

    fn decompress(&mut self, input: &[u8], output: &mut Output<'_>) -> Result<(), Failure> {
        if input.get(..MAGIC) != HEADER.get(..MAGIC) {
            return self.block(input, output);
        }
        let mut rest = input.get(HEADER.len()..).ok_or(Failure::Corrupt)?;
        while !rest.is_empty() {
            let (length, blocks) = rest.split_first_chunk().ok_or(Failure::Corrupt)?;
            let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Failure::Corrupt)?;
            let (block, blocks) = blocks.split_at_checked(length).ok_or(Failure::Corrupt)?;
            self.block(block, output)?;
            rest = blocks;
        }
        Ok(())
    }
}

impl Snappy {
    fn block(&mut self, block: &[u8], output: &mut Output<'_>) -> Result<(), Failure> {
        let size = decompress_len(block).map_err(|_| Failure::Corrupt)?;
        // Snappy copies at most 64 bytes for three: a length beyond that is a lie, and would reserve memory for nothing.
        if size / 32 > block.len() {
            return Err(Failure::Corrupt);
        }
        output
            .fill(size, |_, room| {
                if room.len() < size {
                    return Err(Failure::Full);
                }
                self.decoder.decompress(block, room).map_err(|_| Failure::Corrupt)
            })
            .map(drop)
    }
}
