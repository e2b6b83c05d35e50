//! An allocator that counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

static USED: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicI64 = AtomicI64::new(0);

thread_local! {
    static OF_THIS_THREAD: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, with its calls counted: `#[global_allocator] static COUNTING: Counting = Counting;`
pub struct Counting;

/// What was counted.
pub struct Heap;

impl Heap {
    /// Calls so far that gave memory or more of it; none without the counting allocator.
    #[must_use]
    pub fn allocations() -> Option<u64> {
        USED.load(Ordering::Relaxed).then(|| ALLOCATIONS.load(Ordering::Relaxed))
    }

    /// As [`Self::allocations`], of this thread alone.
    #[must_use]
    pub fn allocations_of_this_thread() -> u64 {
        OF_THIS_THREAD.get()
    }

    /// Bytes that are held now; none without the counting allocator.
    #[must_use]
    pub fn bytes() -> Option<i64> {
        USED.load(Ordering::Relaxed).then(|| BYTES.load(Ordering::Relaxed))
    }
}

fn count(bytes: i64) {
    USED.store(true, Ordering::Relaxed);
    ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    let _ = OF_THIS_THREAD.try_with(|count| count.set(count.get() + 1));
    BYTES.fetch_add(bytes, Ordering::Relaxed);
}

/// SAFETY: all of it is the system's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - layout.size() as i64);
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size() as i64, Ordering::Relaxed);
        unsafe { System.dealloc(memory, layout) }
    }
}
