//! A counting allocator for the programs that install it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::Run;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

/// An allocator that counts every `alloc` and every `realloc`, the latter with its new size.
pub struct Counting;

fn count(size: usize) {
    ALLOCATIONS.fetch_add(1, Relaxed);
    BYTES.fetch_add(size as u64, Relaxed);
}

// SAFETY: every call is forwarded unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Returns the allocations and bytes since an earlier moment.
pub fn since(before: (u64, u64)) -> (u64, u64) {
    (
        ALLOCATIONS.load(Relaxed) - before.0,
        BYTES.load(Relaxed) - before.1,
    )
}

/// Returns the allocations and bytes of one run.
pub fn counted(run: Run) -> (u64, u64) {
    const TIMES: u16 = 1000;
    let mut found = (0, 0);
    run(TIMES.into(), &mut |run| {
        let before = (ALLOCATIONS.load(Relaxed), BYTES.load(Relaxed));
        run();
        let (allocations, bytes) = since(before);
        found = (found.0 + allocations, found.1 + bytes);
    });
    (found.0 / u64::from(TIMES), found.1 / u64::from(TIMES))
}
