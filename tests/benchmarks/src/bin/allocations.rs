//! `allocations`: allocations and bytes of each operation, counted by the allocator. A program of its
//! own, so that counting adds nothing to the instructions of the other.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use benchmarks::{Run, operations};

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

/// Counts every `alloc` and every `realloc`, the latter with its new size.
struct Counting;

fn count(size: usize) {
    ALLOCATIONS.fetch_add(1, Relaxed);
    BYTES.fetch_add(size as u64, Relaxed);
}

// SAFETY: hands everything on to the system's allocator as it is.
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

#[global_allocator]
static COUNTING: Counting = Counting;

const TIMES: u64 = 1000;

/// Allocations and bytes of one time.
fn counted(run: Run) -> (u64, u64) {
    let mut found = (0, 0);
    run(1000, &mut |run| {
        let before = (ALLOCATIONS.load(Relaxed), BYTES.load(Relaxed));
        run();
        found = (
            ALLOCATIONS.load(Relaxed) - before.0,
            BYTES.load(Relaxed) - before.1,
        );
    });
    (found.0 / TIMES, found.1 / TIMES)
}

fn main() {
    for operation in operations() {
        let ours = counted(operation.ours);
        print!("{} {} {}", operation.id, ours.0, ours.1);
        if let Some(peer) = operation.peer.map(counted) {
            let less = operation.peer_less.map_or((0, 0), counted);
            print!(" {} {}", peer.0 - less.0, peer.1 - less.1);
        }
        println!();
    }
}
