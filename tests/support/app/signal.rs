//! Remembers that TERM was received. The standard library has no signals, so this is the only unsafe code of the
//! application.

#![allow(
    unsafe_code,
    reason = "the standard library has no signals; a crate for one call is not worth it"
)]

use std::sync::atomic::{AtomicBool, Ordering};

static TERMINATED: AtomicBool = AtomicBool::new(false);
const SIGTERM: i32 = 15;

#[expect(unsafe_code, reason = "the standard library has no signals")]
unsafe extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
}

extern "C" fn remember(_number: i32) {
    TERMINATED.store(true, Ordering::SeqCst);
}

/// From now on TERM is remembered and does not end the process.
#[expect(unsafe_code, reason = "the standard library has no signals")]
pub fn install() {
    // SAFETY: the handler only stores to an atomic, which is allowed in a signal handler.
    unsafe {
        signal(SIGTERM, remember);
    }
}

/// Returns whether TERM was received.
pub fn terminated() -> bool {
    TERMINATED.load(Ordering::SeqCst)
}
