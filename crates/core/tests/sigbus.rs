// SPDX-License-Identifier: Apache-2.0
//! The SIGBUS guard is a guest in the process: faults that are not its own reach whoever handled them before, and
//! nothing is left of it after the last run. A file of its own, because signal handlers belong to the whole process.
#![cfg(target_os = "linux")]

mod support;

use std::ffi::{c_int, c_void};
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use model_signing_core::{HashOptions, Watch, hash_model};
use rustix::mm::{MapFlags, ProtFlags, mmap};
use support::{Bench, engine};

const PAGE: usize = 4096;

/// How many faults the handler below saw.
static SEEN: AtomicUsize = AtomicUsize::new(0);

/// What a host program may have: it mends the fault by a page of zeros.
extern "C" fn host_handler(_: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo to a handler installed with SA_SIGINFO.
    let info = unsafe { &*info };
    // SAFETY: si_addr is set for SIGBUS.
    let address = unsafe { info.si_addr() } as usize;
    let page = (address & !(PAGE - 1)) as *mut c_void;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
    // SAFETY: the only faults of this test are touches of a map that it made for the purpose.
    unsafe { libc::mmap(page, PAGE, libc::PROT_READ, flags, -1, 0) };
    SEEN.fetch_add(1, Ordering::SeqCst);
}

fn set_handler(action: &libc::sigaction) -> libc::sigaction {
    // SAFETY: all zeros is a valid sigaction.
    let mut previous: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are valid.
    assert_eq!(unsafe { libc::sigaction(libc::SIGBUS, action, &raw mut previous) }, 0);
    previous
}

/// Maps a file, takes its bytes away, and touches where they were.
fn touch_what_is_gone(bench: &Bench) {
    let path = bench.around().join("gone");
    fs::write(&path, [1; PAGE]).unwrap();
    let file = File::options().read(true).write(true).open(&path).unwrap();
    // SAFETY: a fresh private map at an address of the kernel's choice.
    let base = unsafe { mmap(ptr::null_mut(), PAGE, ProtFlags::READ, MapFlags::PRIVATE, &file, 0) }.unwrap();
    file.set_len(0).unwrap();
    // SAFETY: the map is readable for as long as this process lives; that its page is gone is what is tried here.
    assert_eq!(unsafe { base.cast::<u8>().read_volatile() }, 0);
}

/// Does something while a long run is hashing from maps.
fn during_a_run(then: impl FnOnce(&Bench)) {
    let bench = Bench::new(&[]);
    bench.write("w", vec![0; 512 << 20]);
    let watch = Watch::new();
    let options = HashOptions { engine: engine(1, 1), ..HashOptions::default() };
    thread::scope(|scope| {
        let run = scope.spawn(|| hash_model(&bench.model(), &options, &watch));
        while watch.progress().bytes_done == 0 {
            thread::yield_now();
        }
        then(&bench);
        watch.cancel();
        assert_eq!(run.join().unwrap().unwrap_err().code(), "CANCELLED", "the run was to outlive the fault");
    });
}

#[test]
fn faults_of_others_reach_the_handler_before_ours() {
    // SAFETY: all zeros is a valid sigaction.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = host_handler as extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) as usize;
    action.sa_flags = libc::SA_SIGINFO;
    let before = set_handler(&action);
    during_a_run(|bench| {
        touch_what_is_gone(bench);
        assert_eq!(SEEN.load(Ordering::SeqCst), 1);
    });
    let after = set_handler(&before);
    assert_eq!((after.sa_sigaction, after.sa_flags & libc::SA_SIGINFO), (action.sa_sigaction, libc::SA_SIGINFO));
}

#[test]
fn faults_of_others_that_nobody_handles_end_the_process_as_ever() {
    const CHILD: &str = "MODEL_SIGNING_TEST_DIES_BY_SIGBUS";
    if std::env::var_os(CHILD).is_some() {
        during_a_run(touch_what_is_gone);
        return;
    }
    let test = "faults_of_others_that_nobody_handles_end_the_process_as_ever";
    let child =
        Command::new(std::env::current_exe().unwrap()).args(["--exact", test]).env(CHILD, "1").output().unwrap();
    assert_eq!(child.status.signal(), Some(libc::SIGBUS), "{child:?}");
}
