use super::*;

const CODECS: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

fn compressed(codec: Codec, level: i32, input: &[u8]) -> Vec<u8> {
    let mut output = b"before".to_vec();
    compress(codec, level, input, &mut output).unwrap();
    assert!(output.starts_with(b"before"));
    output.split_off(6)
}

fn decompressed(codec: Codec, input: &[u8], limit: usize) -> Result<Vec<u8>, CompressionError> {
    let mut output = b"before".to_vec();
    let result = decompress(codec, input, &mut output, limit);
    assert!(output.starts_with(b"before"));
    match result {
        Ok(()) => Ok(output.split_off(6)),
        Err(error) => {
            assert_eq!(output.len(), 6, "as long as before");
            Err(error)
        }
    }
}

/// Bytes that compress well, badly, and not at all.
fn samples() -> Vec<Vec<u8>> {
    let mut state = 1u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as u8
    };
    let mut samples = vec![vec![], vec![7], vec![0; 1_000_000]];
    for size in [100, 32 << 10, (64 << 10) - 1, 64 << 10, (64 << 10) + 1, 300_000] {
        samples.push((0..size).map(|_| random()).collect());
        samples.push((0..size).map(|i| if i % 7 == 0 { random() } else { (i / 50) as u8 }).collect());
    }
    samples
}

#[test]
fn what_is_compressed_is_read_back_at_every_level() {
    for codec in CODECS {
        let levels = match codec {
            Codec::Gzip => vec![1, 6, 9],
            Codec::Zstd => vec![-50, 1, 3, 19],
            _ => vec![0],
        };
        for sample in samples() {
            for &level in &levels {
                let bytes = compressed(codec, level, &sample);
                assert_eq!(
                    decompressed(codec, &bytes, sample.len()).unwrap(),
                    sample,
                    "{codec} {}",
                    sample.len()
                );
                assert!(bytes.len() <= sample.len() + sample.len() / 7 + 100, "{codec}");
            }
        }
    }
}

#[test]
fn more_than_the_limit_is_an_error_and_not_memory() {
    let zeros = vec![0; 1_000_000];
    for codec in CODECS {
        let bytes = compressed(codec, codec.default_level(), &zeros);
        for limit in [0, 1, 999, 500_000, 999_999] {
            let error = decompressed(codec, &bytes, limit).unwrap_err();
            assert_eq!(error, CompressionError::Limit { limit }, "{codec}");
        }
        let mut output = Vec::new();
        decompress(codec, &bytes, &mut output, 1_000_000).unwrap();
        assert!(output.capacity() <= 1_000_000, "{codec} {}", output.capacity());
    }
}

#[test]
fn every_truncation_is_an_error() {
    let sample: Vec<u8> = samples().swap_remove(6)[..3_000].to_vec();
    for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let bytes = compressed(codec, codec.default_level(), &sample);
        for cut in 1..bytes.len() {
            let read = decompressed(codec, &bytes[..cut], 1 << 20);
            // xerial's framing has no end: blocks may be missing at a border.
            let at_border =
                codec == Codec::Snappy && read.as_ref().is_ok_and(|read| sample.starts_with(read));
            assert!(read.is_err() || at_border, "{codec} at {cut} of {}", bytes.len());
        }
        assert!(decompressed(codec, &[&bytes[..], b"x"].concat(), 1 << 20).is_err(), "{codec}");
    }
}

#[test]
fn flipped_bits_never_panic_and_stay_within_the_limit() {
    let sample = &samples()[6][..5_000];
    for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let bytes = compressed(codec, codec.default_level(), sample);
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                if let Ok(read) = decompressed(codec, &flipped, 10_000) {
                    assert!(read.len() <= 10_000);
                }
            }
        }
    }
}

#[test]
fn gzip_members_and_lz4_frames_that_follow_each_other_are_one() {
    for codec in [Codec::Gzip, Codec::Lz4, Codec::Zstd] {
        let (a, b) = (compressed(codec, 3, b"first "), compressed(codec, 3, b"second"));
        let both = [a, b].concat();
        assert_eq!(decompressed(codec, &both, 100).unwrap(), b"first second", "{codec}");
    }
}

#[test]
fn members_that_are_empty_cost_what_their_bytes_cost() {
    // A megabyte holds 50,000 empty gzip members, and each asks for room: clearing it for each took minutes.
    for codec in [Codec::Gzip, Codec::Lz4, Codec::Zstd] {
        let many = compressed(codec, codec.default_level(), b"").repeat(50_000);
        assert_eq!(decompressed(codec, &many, DEFAULT_LIMIT).unwrap(), b"", "{codec}");
    }
    let mut bytes = Vec::new();
    let mut output = Output { bytes: &mut bytes, written: 0, limit: 10 };
    let write_one = |_: &[u8], room: &mut [u8]| {
        room.fill(7);
        Ok(1)
    };
    assert_eq!(output.fill(8, write_one), Ok(1));
    let look = |before: &[u8], room: &mut [u8]| {
        assert_eq!(
            (before, &*room),
            (&[7][..], &[7, 7, 7, 7, 7, 7, 7, 0, 0][..]),
            "what was cleared is not cleared again"
        );
        Ok(0)
    };
    assert_eq!(output.fill(usize::MAX, look), Ok(0));
}

#[test]
fn raw_snappy_is_read() {
    let raw = snap::raw::Encoder::new().compress_vec(&[7; 5_000]).unwrap();
    assert_eq!(decompressed(Codec::Snappy, &raw, 5_000).unwrap(), [7; 5_000]);
    // It says that it has 4 GiB.
    let lie = [0xff, 0xff, 0xff, 0xff, 0x0f, 0, 1];
    assert_eq!(
        decompressed(Codec::Snappy, &lie, 1 << 30).unwrap_err(),
        CompressionError::Corrupt(Codec::Snappy)
    );
}

/// An LZ4 frame out of these parts.
fn lz4_frame(flags: u8, blocks: &[(u32, &[u8])], tail: &[u8]) -> Vec<u8> {
    let mut frame = 0x184d_2204_u32.to_le_bytes().to_vec();
    let mut descriptor = vec![flags, 0x40];
    if flags & 0x08 != 0 {
        descriptor.extend(20u64.to_le_bytes());
    }
    let mut hash = twox_hash::XxHash32::with_seed(0);
    std::hash::Hasher::write(&mut hash, &descriptor);
    frame.extend(&descriptor);
    frame.push(hash.finish_32().to_le_bytes()[1]);
    for (length, bytes) in blocks {
        frame.extend(length.to_le_bytes());
        frame.extend(*bytes);
        if flags & 0x10 != 0 {
            let mut hash = twox_hash::XxHash32::with_seed(0);
            std::hash::Hasher::write(&mut hash, bytes);
            frame.extend(hash.finish_32().to_le_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(tail);
    frame
}

#[test]
fn lz4_frames_of_other_kinds_are_read() {
    let plain = 1 << 31;
    let ten = b"0123456789";
    // A match of ten bytes, ten back, reaches into the block before; five literals end it, as the format wants.
    let linked: &[u8] = &[0x06, 10, 0, 0x50, b'a', b'b', b'c', b'd', b'e'];
    let frame = lz4_frame(0x40, &[(plain | 10, ten), (linked.len() as u32, linked)], &[]);
    assert_eq!(decompressed(Codec::Lz4, &frame, 100).unwrap(), b"01234567890123456789abcde");
    let checksum = {
        let mut hash = twox_hash::XxHash32::with_seed(0);
        std::hash::Hasher::write(&mut hash, &[&ten[..], ten].concat());
        hash.finish_32().to_le_bytes()
    };
    let everything = lz4_frame(0x60 | 0x10 | 0x08 | 0x04, &[(plain | 10, ten), (plain | 10, ten)], &checksum);
    assert_eq!(decompressed(Codec::Lz4, &everything, 100).unwrap().len(), 20);
    let skipped = [&0x184d_2a53_u32.to_le_bytes()[..], &[3, 0, 0, 0, 1, 2, 3], &everything].concat();
    assert_eq!(decompressed(Codec::Lz4, &skipped, 100).unwrap().len(), 20);
    for at in 0..everything.len() {
        let mut flipped = everything.clone();
        flipped[at] ^= 1;
        assert!(decompressed(Codec::Lz4, &flipped, 100).is_err(), "byte {at} is covered by a checksum");
    }
}

#[test]
fn numbers_and_names_are_kafkas() {
    for codec in CODECS {
        assert_eq!(Codec::from_number(codec as u8), Some(codec));
    }
    assert_eq!(Codec::from_number(5), None);
    assert_eq!(Codec::Zstd.to_string(), "zstd");
    let error = CompressionError::NotBuiltIn(Codec::Lz4).to_string();
    assert!(error.contains("the feature \"lz4\""), "{error}");
}
