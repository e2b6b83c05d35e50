//! Frames by hand, in versions without compact lengths.

use std::io::{self, Read};
use std::net::TcpStream;

pub(super) fn connect(servers: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(servers)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A request without its length, which comes once it is complete.
pub(super) fn begin(frame: &mut Vec<u8>, api: i16, version: i16) {
    frame.clear();
    frame.extend([0; 4]);
    frame.extend(api.to_be_bytes());
    frame.extend(version.to_be_bytes());
    frame.extend(0_i32.to_be_bytes());
    string(frame, "floor");
}

pub(super) fn string(frame: &mut Vec<u8>, text: &str) {
    frame.extend((text.len() as i16).to_be_bytes());
    frame.extend(text.as_bytes());
}

/// Fills in the length; `more` bytes follow.
pub(super) fn end(frame: &mut [u8], more: usize) {
    let length = (frame.len() - 4 + more) as i32;
    frame[..4].copy_from_slice(&length.to_be_bytes());
}

/// The next answer, without its length.
pub(super) fn answer<'b>(stream: &mut TcpStream, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if buffer.len() < length {
        buffer.resize(length, 0);
    }
    stream.read_exact(&mut buffer[..length])?;
    Ok(&buffer[..length])
}

pub(super) fn crc32c(bytes: &[u8]) -> u32 {
    crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, bytes) as u32
}

/// Appends a number in zigzag.
#[inline]
pub(super) fn put_varint(to: &mut Vec<u8>, value: i32) {
    let mut rest = ((value << 1) ^ (value >> 31)) as u32;
    while rest >= 0x80 {
        to.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    to.push(rest as u8);
}

/// The number in zigzag at `at`, which then stands behind it.
#[inline]
pub(super) fn varint(bytes: &[u8], at: &mut usize) -> i32 {
    let (mut value, mut shift) = (0_u32, 0);
    loop {
        let byte = bytes[*at];
        *at += 1;
        value |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return (value >> 1) as i32 ^ -((value & 1) as i32);
        }
        shift += 7;
    }
}
