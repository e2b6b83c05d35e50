//! LZ4 frames over `lz4_flex`'s blocks: its own frames make a new table for each batch, and cannot be read without a copy.
//!
//! Written: independent blocks of 64 KiB, no checksums, as Java writes and reads them. Read: linked blocks, checksums of
//! blocks and content, frames that follow each other, frames to be skipped.

use super::{Coder, Failure, Output};
use lz4_flex::block::{
    CompressTable, compress_into_with_table, decompress_into, decompress_into_with_dict,
    get_maximum_output_size,
};
use std::hash::Hasher;
use twox_hash::XxHash32;

const MAGIC: [u8; 4] = 0x184d_2204_u32.to_le_bytes();
/// Frames with this magic, or one of the 15 above it, are to be skipped.
const SKIPPABLE: u32 = 0x184d_2a50;
const BLOCK: usize = 64 << 10;
/// Version 1, independent blocks.
const WRITTEN_FLAGS: u8 = 0x60;
/// Blocks of at most 64 KiB.
const WRITTEN_BLOCKS: u8 = 0x40;
/// A block's length has this bit when the block is not compressed.
const PLAIN: u32 = 1 << 31;
const END_MARK: [u8; 4] = [0; 4];
/// How far linked blocks reach back.
const WINDOW: usize = 64 << 10;

pub(super) struct Lz4 {
    table: CompressTable,
}

impl Default for Lz4 {
    fn default() -> Self {
        Self { table: CompressTable::large() }
    }
}

fn xxh32(bytes: &[u8]) -> u32 {
    let mut hash = XxHash32::with_seed(0);
    hash.write(bytes);
    hash.finish_32()
}

/// The second byte of the descriptor's hash.
fn header_checksum(descriptor: &[u8]) -> u8 {
    xxh32(descriptor).to_le_bytes()[1]
}

impl Coder for Lz4 {
    #[allow(clippy::indexing_slicing, reason = "writing, where room was just made")]
    fn compress(&mut self, _level: i32, input: &[u8], output: &mut Vec<u8>) {
        let descriptor = [WRITTEN_FLAGS, WRITTEN_BLOCKS];
        output.extend_from_slice(&MAGIC);
        output.extend_from_slice(&descriptor);
        output.push(header_checksum(&descriptor));
        for block in input.chunks(BLOCK) {
            let start = output.len();
            output.resize(start + 4 + get_maximum_output_size(block.len()), 0);
            let size = compress_into_with_table(block, &mut output[start + 4..], &mut self.table);
            // It cannot fail: there is room for the worst case.
            let size = size.ok().filter(|&size| size < block.len());
            output.truncate(start + 4 + size.unwrap_or_default());
            let mut length = u32::try_from(size.unwrap_or(block.len())).unwrap_or_default();
            if size.is_none() {
                output.extend_from_slice(block);
                length |= PLAIN;
            }
            output[start..start + 4].copy_from_slice(&length.to_le_bytes());
        }
        output.extend_from_slice(&END_MARK);
    }

    fn decompress(&mut self, input: &[u8], output: &mut Output<'_>) -> Result<(), Failure> {
        let mut rest = input;
        loop {
            rest = frame(rest, output)?;
            if rest.is_empty() {
                return Ok(());
            }
        }
    }
}

/// Takes `n` bytes off the front.
fn take<'a>(input: &mut &'a [u8], n: usize) -> Result<&'a [u8], Failure> {
    let (head, tail) = input.split_at_checked(n).ok_or(Failure::Corrupt)?;
    *input = tail;
    Ok(head)
}

fn take_u32(input: &mut &[u8]) -> Result<u32, Failure> {
    let (head, tail) = input.split_first_chunk().ok_or(Failure::Corrupt)?;
    *input = tail;
    Ok(u32::from_le_bytes(*head))
}

/// Reads one frame; gives what is behind it.
fn frame<'a>(mut input: &'a [u8], output: &mut Output<'_>) -> Result<&'a [u8], Failure> {
    let magic = take_u32(&mut input)?;
    if magic & !15 == SKIPPABLE {
        let length = take_u32(&mut input)? as usize;
        take(&mut input, length)?;
        return Ok(input);
    }
    if magic.to_le_bytes() != MAGIC {
        return Err(Failure::Corrupt);
    }
    let descriptor = Descriptor::read(&mut input)?;
    let start = output.written;
    loop {
        let length = take_u32(&mut input)?;
        if length == 0 {
            break;
        }
        let block = take(&mut input, (length & !PLAIN) as usize)?;
        if descriptor.block_checksums && take_u32(&mut input)? != xxh32(block) {
            return Err(Failure::Corrupt);
        }
        descriptor.block(block, length & PLAIN != 0, start, output)?;
    }
    let content = output.bytes.get(start..output.written).unwrap_or_default();
    if descriptor.content_checksum && take_u32(&mut input)? != xxh32(content) {
        return Err(Failure::Corrupt);
    }
    match descriptor.content_size {
        Some(size) if size != content.len() as u64 => Err(Failure::Corrupt),
        _ => Ok(input),
    }
}

struct Descriptor {
    linked: bool,
    block_checksums: bool,
    content_checksum: bool,
    content_size: Option<u64>,
    block_size: usize,
}

impl Descriptor {
    fn read(input: &mut &[u8]) -> Result<Self, Failure> {
        let whole = *input;
        let [flags, blocks] = *take(input, 2)? else { return Err(Failure::Corrupt) };
        if flags >> 6 != 1 || flags & 0x01 != 0 || blocks & 0x8f != 0 {
            // Another version, a dictionary that nobody has, reserved bits.
            return Err(Failure::Corrupt);
        }
        let content_size = match flags & 0x08 {
            0 => None,
            _ => take(input, 8)?.first_chunk().map(|size| u64::from_le_bytes(*size)),
        };
        let descriptor = whole.get(..whole.len() - input.len()).unwrap_or_default();
        let [checksum] = *take(input, 1)? else { return Err(Failure::Corrupt) };
        if checksum != header_checksum(descriptor) && checksum != old_header_checksum(descriptor) {
            return Err(Failure::Corrupt);
        }
        Ok(Self {
            linked: flags & 0x20 == 0,
            block_checksums: flags & 0x10 != 0,
            content_checksum: flags & 0x04 != 0,
            content_size,
            block_size: match blocks >> 4 {
                4 => 64 << 10,
                5 => 256 << 10,
                6 => 1 << 20,
                7 => 4 << 20,
                _ => return Err(Failure::Corrupt),
            },
        })
    }

    /// Appends a block's content; `start` is where that of its frame begins.
    fn block(&self, block: &[u8], plain: bool, start: usize, output: &mut Output<'_>) -> Result<(), Failure> {
        if plain {
            if block.len() > self.block_size {
                return Err(Failure::Corrupt);
            }
            return output.copy(block);
        }
        // A byte of LZ4 makes at most 255, so a short block needs no more room than that.
        let most = self.block_size.min(block.len().saturating_mul(255));
        let full = output.limit - output.written < most;
        let decoded = output.fill(most, |before, room| {
            // Linked blocks reach back into those before them, of the same frame.
            let first = start.max(before.len().saturating_sub(WINDOW));
            let decoded = match before.get(first..).filter(|window| self.linked && !window.is_empty()) {
                Some(window) => decompress_into_with_dict(block, room, window),
                None => decompress_into(block, room),
            };
            decoded.map_err(|_| Failure::Corrupt)
        });
        match decoded {
            Ok(_) => Ok(()),
            // What did not fit into less room than a block may have is called too much.
            Err(_) if full => Err(Failure::Full),
            Err(failure) => Err(failure),
        }
    }
}

/// Kafka's clients before 0.10 hashed the magic as well (KAFKA-3160); such frames are in message sets of version 0.
fn old_header_checksum(descriptor: &[u8]) -> u8 {
    header_checksum(&[&MAGIC[..], descriptor].concat())
}
