// SPDX-License-Identifier: Apache-2.0
//! Survives a mapped file that shrinks. Touching a page that is no longer there raises SIGBUS, which kills the
//! process. While a run maps files, a handler puts a page of zeros under the touch and leaves a note; whoever reads
//! the map asks for the note before it believes the bytes.
//!
//! What is still doubted: another library that sets its own SIGBUS handler during a run, without calling ours.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

/// Keeps the handler in place while it lives.
#[derive(Debug)]
pub(crate) struct Guard(());

/// A range of addresses that the handler answers for while it lives.
#[derive(Debug)]
pub(crate) struct Watched(&'static Region);

#[derive(Debug)]
struct Region {
    start: AtomicUsize,
    end: AtomicUsize,
    was_hit: AtomicBool,
}

/// The handler may take no lock, so that the ranges have fixed places. When all are taken, files are read instead.
static REGIONS: [Region; 512] =
    [const { Region { start: AtomicUsize::new(0), end: AtomicUsize::new(0), was_hit: AtomicBool::new(false) } }; 512];

/// How many guards live.
static GUARDS: Mutex<usize> = Mutex::new(0);

/// What handled SIGBUS before us. Written once per installation, before the handler can run; never freed, because a
/// handler on another thread may still be reading it.
static PREVIOUS: AtomicPtr<libc::sigaction> = AtomicPtr::new(ptr::null_mut());

static PAGE_SIZE: AtomicUsize = AtomicUsize::new(0);

impl Guard {
    /// Installs the handler, or joins those who already did. `None` when the system refuses.
    pub(crate) fn install() -> Option<Self> {
        let mut guards = GUARDS.lock().ok()?;
        if *guards == 0 {
            PAGE_SIZE.store(rustix::param::page_size(), Ordering::Relaxed);
            let current = handler_now()?;
            if !is_ours(&current) {
                PREVIOUS.store(Box::into_raw(Box::new(current)), Ordering::Release);
                set_handler(&our_handler())?;
            }
        }
        *guards += 1;
        Some(Self(()))
    }

    /// Answers for a range of addresses from now on.
    #[allow(clippy::unused_self, reason = "only who holds a guard may rely on the handler")]
    pub(crate) fn watch(&self, start: usize, len: usize) -> Option<Watched> {
        let region = REGIONS
            .iter()
            .find(|region| region.start.compare_exchange(0, usize::MAX, Ordering::AcqRel, Ordering::Relaxed).is_ok())?;
        region.was_hit.store(false, Ordering::Relaxed);
        region.end.store(start + len, Ordering::Relaxed);
        region.start.store(start, Ordering::Release);
        Some(Watched(region))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Ok(mut guards) = GUARDS.lock() else { return };
        *guards -= 1;
        // Somebody who came after us keeps our handler in their chain: then it stays, and does nothing.
        if *guards == 0 && handler_now().is_some_and(|current| is_ours(&current)) {
            // SAFETY: the pointer came from `Box::into_raw` and is never freed.
            if let Some(previous) = unsafe { PREVIOUS.load(Ordering::Acquire).as_ref() } {
                set_handler(previous);
            }
        }
    }
}

impl Watched {
    /// Whether a page of the range was not there when it was touched.
    pub(crate) fn was_hit(&self) -> bool {
        self.0.was_hit.load(Ordering::Acquire)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.end.store(0, Ordering::Relaxed);
        self.0.start.store(0, Ordering::Release);
    }
}

/// Runs on the thread that touched the page, in the middle of whatever it did: atomics and system calls only.
extern "C" fn on_sigbus(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo to a handler installed with SA_SIGINFO, and si_addr is set for SIGBUS.
    let info_now = unsafe { &*info };
    // SAFETY: as above.
    let address = unsafe { info_now.si_addr() } as usize;
    for region in &REGIONS {
        let start = region.start.load(Ordering::Acquire);
        let end = region.end.load(Ordering::Relaxed);
        if (start..end).contains(&address) && zero_page_at(address) {
            region.was_hit.store(true, Ordering::Release);
            return;
        }
    }
    pass_on(signal, info, context);
}

/// Puts a page of zeros where the file's page is gone.
fn zero_page_at(address: usize) -> bool {
    let size = PAGE_SIZE.load(Ordering::Relaxed);
    let page = (address & !(size - 1)) as *mut c_void;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
    // SAFETY: the page lies in a map of ours that is alive while its region is registered, and is only ever read.
    let placed = unsafe { libc::mmap(page, size, libc::PROT_READ, flags, -1, 0) };
    placed != libc::MAP_FAILED
}

/// Not our page: whoever was asked before us is asked now.
fn pass_on(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the pointer came from `Box::into_raw` and is never freed.
    let previous = unsafe { PREVIOUS.load(Ordering::Acquire).as_ref() };
    let Some(previous) = previous.filter(|previous| !matches!(previous.sa_sigaction, libc::SIG_DFL | libc::SIG_IGN))
    else {
        // The touch happens again when this returns, and then has its default effect.
        set_handler(&default_handler());
        return;
    };
    if previous.sa_flags & libc::SA_SIGINFO == 0 {
        // SAFETY: without SA_SIGINFO the field holds a function of this type.
        let handler: extern "C" fn(c_int) = unsafe { std::mem::transmute(previous.sa_sigaction) };
        handler(signal);
    } else {
        // SAFETY: with SA_SIGINFO the field holds a function of this type.
        let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) =
            unsafe { std::mem::transmute(previous.sa_sigaction) };
        handler(signal, info, context);
    }
}

fn our_handler() -> libc::sigaction {
    let mut action = default_handler();
    action.sa_sigaction = our_address();
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    action
}

fn our_address() -> usize {
    on_sigbus as extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) as usize
}

fn is_ours(action: &libc::sigaction) -> bool {
    action.sa_sigaction == our_address()
}

fn default_handler() -> libc::sigaction {
    // SAFETY: all zeros is a valid sigaction: the default handler, no flags, no signals masked.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

fn handler_now() -> Option<libc::sigaction> {
    let mut action = default_handler();
    // SAFETY: a null pointer asks for the present action, which is written to the valid second one.
    let answer = unsafe { libc::sigaction(libc::SIGBUS, ptr::null(), &raw mut action) };
    (answer == 0).then_some(action)
}

fn set_handler(action: &libc::sigaction) -> Option<()> {
    // SAFETY: the action is a valid one; where the old one would go may be null.
    let answer = unsafe { libc::sigaction(libc::SIGBUS, action, ptr::null_mut()) };
    (answer == 0).then_some(())
}
