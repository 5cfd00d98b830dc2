//! Heap of one server connection: mailtls beside rustls alone.
//!
//! Counts what the allocator is asked for during the server's calls, the connection's own value
//! included (it is put in a box). Not what the allocator or the system add.
#![allow(unsafe_code)] // A global allocator cannot be written without.

mod common;

use common::{Peer, Server, Setup};
use mailtls::Service;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, Ordering::Relaxed};

struct Counting;

static LIVE: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

/// No allocation is larger than `isize::MAX`.
#[allow(clippy::cast_possible_wrap)]
fn add(layout: Layout, sign: isize) {
    let change = layout.size() as isize * sign;
    let live = LIVE.fetch_add(change, Relaxed) + change;
    PEAK.fetch_max(live, Relaxed);
}

// SAFETY: every call is handed to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout, 1);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        add(layout, -1);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What one connection holds: bytes live, and the most there were.
#[derive(Default)]
struct Heap {
    live: isize,
    peak: isize,
}

impl Heap {
    /// Counts what a call allocates and gives back.
    fn count<T>(&mut self, call: impl FnOnce() -> T) -> T {
        let before = LIVE.load(Relaxed);
        PEAK.store(before, Relaxed);
        let result = call();
        self.peak = self.peak.max(self.live + PEAK.load(Relaxed) - before);
        self.live += LIVE.load(Relaxed) - before;
        result
    }
}

/// Octets of plaintext that go each way before the last row.
const BULK: usize = 1 << 20;

fn row<S: Server>(who: &str, setup: &Setup, new: impl FnOnce() -> S) {
    let mut heap = Heap::default();
    let mut peer = Peer::new(setup);
    let mut server = heap.count(|| Box::new(new()));
    peer.authenticate(&mut *server, setup.service, |call| heap.count(call));
    let (idle, peak) = (heap.live, heap.peak);

    let plaintext = vec![0x61; BULK];
    // Where a socket would take the output is room enough already, and counted to neither.
    let (mut buffer, mut output) = (vec![0; 64 << 10], Vec::with_capacity(BULK * 2));
    for piece in peer.seal(&plaintext).chunks(16 << 10) {
        heap.count(|| server.open(piece, &mut buffer));
    }
    for piece in plaintext.chunks(16 << 10) {
        heap.count(|| server.seal(piece, &mut output));
    }
    println!("{who:<10} {idle:>14} {peak:>14} {:>14} {:>14}", heap.live, heap.peak);
}

fn main() {
    for service in [Service::Imaps, Service::Pop3s, Service::Submissions] {
        let setup = Setup::new(service);
        println!("\n{}: octets of heap for one server connection", service.name());
        println!(
            "{:<10} {:>14} {:>14} {:>14} {:>14}",
            "", "idle", "peak till then", "idle after 1M", "peak with 1M"
        );
        row("mailtls", &setup, || setup.mailtls_server());
        row("+bindings", &setup, || setup.bound_server());
        row("rustls", &setup, || setup.rustls_server());
    }
}
