//! Records are appended and read without an allocation for any of them.

use bytes::Bytes;
use kafka_sdk_benches::{STAMP, random};
use kafka_sdk_protocol::records::{BatchBuilder, batches};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

/// SAFETY: all of it is the system's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `work` gives, and the allocations of this thread until then.
fn counted<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = ALLOCATIONS.get();
    let result = work();
    (result, ALLOCATIONS.get() - before)
}

fn append(buffer: Vec<u8>, values: &[Vec<u8>]) -> Vec<u8> {
    let mut batch = BatchBuilder::new(buffer);
    for value in values {
        let headers = [("trace", Some(&b"7"[..])), ("tenant", None)];
        batch.append(1_700_000_000_000, Some(b"key"), Some(value), headers.into_iter());
    }
    batch.seal(STAMP)
}

fn read(fetched: &Bytes) -> usize {
    let mut bytes = 0;
    for batch in batches(fetched) {
        let batch = batch.unwrap();
        batch.check().unwrap();
        for record in &batch.records().unwrap() {
            bytes += record.key.unwrap().len() + record.value.unwrap().len();
            bytes += record.headers().map(|header| header.name.len()).sum::<usize>();
        }
    }
    bytes
}

#[test]
fn appending_and_sealing_allocate_nothing_where_the_buffer_has_room() {
    let values = random(10_000, 100);
    let buffer = Vec::with_capacity(2 << 20);
    let (batch, allocations) = counted(|| append(buffer, &values));
    assert_eq!(allocations, 0, "for {} bytes", batch.len());
}

#[test]
fn reading_allocates_nothing_for_a_record() {
    let fetched = Bytes::from(append(Vec::new(), &random(10_000, 100)));
    // Bytes that come from a Vec allocate their count of references when they are first shared.
    let _shared = black_box(fetched.clone());
    let (bytes, allocations) = counted(|| read(&fetched));
    assert_eq!((bytes, allocations), (10_000 * (3 + 100 + 11), 0));
}
