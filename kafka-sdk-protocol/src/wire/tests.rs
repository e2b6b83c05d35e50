use super::*;
use crate::error::{DecodeErrorKind, EncodeError};
use bytes::Bytes;

fn written(flexible: bool, write: impl FnOnce(&mut Writer)) -> Bytes {
    let mut w = Writer::new(flexible);
    write(&mut w);
    w.finish().unwrap().concat().into()
}

#[test]
fn strings_and_null_in_both_layouts() {
    let plain = written(false, |w| {
        w.string("né");
        w.nullable_string(None);
    });
    assert_eq!(&plain[..], [0, 3, b'n', 0xc3, 0xa9, 0xff, 0xff]);
    let mut r = Reader::new(&plain, false);
    assert_eq!((r.string().unwrap(), r.nullable_string().unwrap()), ("né".into(), None));
    r.finish().unwrap();

    let compact = written(true, |w| {
        w.string("né");
        w.nullable_string(None);
        w.legacy_nullable_string(Some("c"));
    });
    assert_eq!(&compact[..], [4, b'n', 0xc3, 0xa9, 0, 0, 1, b'c']);
    let mut r = Reader::new(&compact, true);
    assert_eq!((r.string().unwrap(), r.nullable_string().unwrap()), ("né".into(), None));
    assert_eq!(r.legacy_nullable_string().unwrap().as_deref(), Some("c"));
}

#[test]
fn long_bytes_are_shared_not_copied() {
    let records = Bytes::from(vec![7u8; 5000]);
    let mut w = Writer::new(false);
    w.i32(1);
    w.bytes(&records);
    w.i32(2);
    let segments = w.finish().unwrap();
    assert_eq!(segments.len(), 3);
    assert_eq!(segments[1].as_ptr(), records.as_ptr());
    let frame = Bytes::from(segments.concat());
    let mut r = Reader::new(&frame, false);
    assert_eq!(r.i32().unwrap(), 1);
    let read = r.bytes().unwrap();
    assert_eq!(read, records);
    assert_eq!(read.as_ptr(), frame[8..].as_ptr(), "a slice of the frame");
}

#[test]
fn varints_at_their_borders() {
    for value in [0, 1, 127, 128, 16_383, 16_384, u32::MAX >> 1, u32::MAX] {
        let bytes = written(true, |w| w.unsigned_varint(value));
        assert_eq!(bytes.len(), varint_len(value.into()));
        assert_eq!(Reader::new(&bytes, true).unsigned_varint().unwrap(), value);
    }
    for overlong in [&[0xff, 0xff, 0xff, 0xff, 0x10][..], &[0x80, 0x80, 0x80, 0x80, 0x80, 0][..]] {
        let bytes = Bytes::copy_from_slice(overlong);
        let error = Reader::new(&bytes, true).unsigned_varint().unwrap_err();
        assert_eq!(error.kind(), DecodeErrorKind::Varint);
    }
}

#[test]
fn a_count_that_cannot_fit_reserves_nothing() {
    let lie = Bytes::from_static(&[0x7f, 0xff, 0xff, 0xff, 0, 0]);
    let error = Reader::new(&lie, false).array::<i64>(0).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::Truncated);
    let negative = Bytes::from_static(&[0xff, 0xff, 0xff, 0xfe]);
    let error = Reader::new(&negative, false).array::<i64>(0).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::NegativeLength);
}

#[test]
fn tags_are_read_skipped_and_checked() {
    let bytes = written(true, |w| {
        w.tag_count(2);
        w.tag(0, |w| w.i32(7));
        w.tag(9, |w| w.string("unknown to us"));
        w.i8(5);
    });
    let mut seen = None;
    let mut r = Reader::new(&bytes, true);
    r.tags(|r, tag| {
        if tag == 0 {
            seen = Some(r.i32()?);
        }
        Ok(tag == 0)
    })
    .unwrap();
    assert_eq!((seen, r.i8().unwrap()), (Some(7), 5));

    let out_of_order = Bytes::from_static(&[2, 1, 0, 0, 0]);
    let error = Reader::new(&out_of_order, true).tags(|_, _| Ok(false)).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::Tags);
    let longer_than_content = Bytes::from_static(&[1, 0, 5, 0, 0, 0, 7, 0]);
    let error = Reader::new(&longer_than_content, true).tags(|r, _| r.i32().map(|_| true)).unwrap_err();
    assert_eq!((error.kind(), error.position()), (DecodeErrorKind::Tags, 8));
}

#[test]
fn the_first_error_sticks() {
    let mut w = Writer::new(false);
    w.string(&"x".repeat(40_000));
    w.null("Some.field", 3);
    assert_eq!(w.finish().unwrap_err(), EncodeError::TooLong { length: 40_000 });
}

#[test]
fn arrays_in_arrays_reserve_together_no_more_than_the_frame_can_fill() {
    /// An array of numbers.
    #[derive(Debug)]
    struct Inner(Vec<i64>);

    impl Element for Inner {
        const MIN_SIZE: usize = 1;

        fn write(&self, w: &mut Writer, version: i16) {
            w.array(&self.0, version);
        }

        fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
            r.array(version).map(Self)
        }
    }

    // 60 arrays are announced, and 80 bytes follow: the first can have two numbers, and not seven.
    let frame = |inner: u8| Bytes::from([&[61, inner][..], &[0; 79]].concat());
    let read = |inner| Reader::new(&frame(inner), true).array::<Inner>(0);
    assert_eq!(read(8).unwrap_err().position(), 2, "refused before anything is read");
    assert!(read(3).unwrap_err().position() > 2, "the others are null");
    let mut r =
        Reader::new(&Bytes::from_static(&[3, 2, 0, 0, 0, 0, 0, 0, 0, 7, 1]), true).array::<Inner>(0).unwrap();
    assert_eq!((r.pop().unwrap().0.len(), r.pop().unwrap().0), (0, vec![7]));
}
