// SPDX-License-Identifier: Apache-2.0
//! The n-th call of each kind that touches the model fails, in a process of its own: then the answer is a refusal in
//! words, or it is the right one. Never a wrong digest, a crash or a hang.
#![cfg(target_os = "linux")]

mod support;

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use support::{Bench, example, noise, skip};

/// How far the failing call moves back before the next kind of failure is tried; counted for each thread.
const CALLS: usize = 16;

const FILES: [(&str, usize); 4] = [("a", 3), ("big", 5_000_000), ("sub/c", 70_000), ("sub/deep/d", 0)];

/// Calls that are seen by the file they are about.
const BY_PATH: [(&str, &[&str]); 8] = [
    ("openat2", &["EIO", "ENOMEM", "EACCES", "EINTR", "EMFILE", "ENOSYS", "EAGAIN"]),
    ("openat", &["EIO", "EACCES", "EINTR", "EMFILE"]),
    ("pread64", &["EIO", "ENOMEM", "EINTR"]),
    ("newfstatat", &["EIO", "ENOMEM", "EACCES"]),
    ("fstat", &["EIO", "ENOMEM"]),
    ("statx", &["EIO", "EACCES"]),
    ("getdents64", &["EIO", "ENOMEM"]),
    ("mmap", &["ENOMEM", "EACCES"]),
];

/// Calls that are about memory, and only make things faster.
const BY_MEMORY: [(&str, &[&str]); 2] = [("madvise", &["EIO", "ENOMEM"]), ("mincore", &["ENOMEM", "EAGAIN"])];

/// A model, what it is, and a program that can make calls fail.
struct Injector {
    bench: Bench,
    right: Vec<u8>,
}

impl Injector {
    /// `None`, said aloud, where nothing can be injected.
    fn new() -> Option<Self> {
        let bench = Bench::new(&[]);
        for (name, len) in FILES {
            bench.write(name, noise(5, len));
        }
        File::open(bench.path("big")).unwrap().sync_all().unwrap();
        let right = Command::new(example()).arg(bench.model()).output().unwrap().stdout;
        let injector = Self { bench, right };
        let probe = Command::new("strace").args(["-o", "/dev/null", "--seccomp-bpf", "-f", "true"]).output();
        if probe.is_ok_and(|probe| probe.status.success()) {
            return Some(injector);
        }
        skip("injected failures", "strace is not here, or may not trace");
        None
    }

    /// Runs the example while one call fails. `None` when there was no such call.
    fn run(&self, call: &str, errno: &str, when: &str, is_cold: bool) -> Option<Output> {
        if is_cold {
            let file = File::open(self.bench.path("big")).unwrap();
            // SAFETY: the descriptor is open; this advice changes no memory of ours.
            unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
        }
        let trace = self.bench.around().join(format!("trace-{call}-{errno}-{when}-{is_cold}"));
        let mut strace = Command::new("strace");
        strace.args(["-f", "--seccomp-bpf", "-o"]).arg(&trace);
        strace.arg("-e").arg(format!("inject={call}:error={errno}:when={when}"));
        strace.arg("-e").arg(format!("trace={call}"));
        if BY_PATH.iter().any(|(by_path, _)| *by_path == call) {
            for name in ["", "sub", "sub/deep"].into_iter().chain(FILES.map(|(name, _)| name)) {
                strace.arg("-P").arg(self.place(name));
            }
        }
        strace.arg(example()).arg(self.bench.model()).args(["sha256", "0", if is_cold { "2" } else { "1" }]);
        let child = strace.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = within(Duration::from_secs(20), child, &format!("{call} {errno} {when}"));
        fs::read_to_string(trace).unwrap().contains("(INJECTED)").then_some(output)
    }

    fn place(&self, name: &str) -> PathBuf {
        // A path with a slash at its end would be another one.
        self.bench.model().join(name).components().collect()
    }

    /// The answer is right, or it is a refusal in words; says whether it was right.
    fn judge(&self, output: &Output, what: &str) -> bool {
        let told = String::from_utf8(output.stderr.clone()).unwrap();
        if output.status.success() {
            assert!(output.stdout == self.right && told.is_empty(), "{what}: {told}");
            return true;
        }
        assert_eq!((output.status.code(), output.status.signal()), (Some(1), None), "{what}: {told}");
        assert!(output.stdout.is_empty(), "{what}");
        let lines: Vec<_> = told.lines().collect();
        assert!(lines.len() == 2 && !lines[0].is_empty() && !told.contains("panicked"), "{what}: {told}");
        assert!(!lines[0].starts_with("internal error"), "{what}: {told}");
        false
    }

    /// Every errno at the first calls of a kind; says how often it failed and how often the answer was right anyway.
    fn try_all(&self, call: &str, errnos: &[&str], is_cold: bool) -> (usize, usize) {
        let (mut fired, mut right) = (0, 0);
        for errno in errnos {
            for when in (1..=CALLS).map(|nth| nth.to_string()) {
                let Some(output) = self.run(call, errno, &when, is_cold) else { break };
                fired += 1;
                right += usize::from(self.judge(&output, &format!("{call} {errno} at {when}, cold {is_cold}")));
            }
        }
        (fired, right)
    }
}

/// Waits for a process, but not for ever.
fn within(limit: Duration, mut child: Child, what: &str) -> Output {
    let until = Instant::now() + limit;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > until {
            child.kill().unwrap();
            panic!("{what}: no answer within {limit:?}");
        }
        thread::sleep(Duration::from_millis(2));
    }
    child.wait_with_output().unwrap()
}

#[test]
fn a_call_that_fails_is_a_refusal_or_does_not_matter() {
    let Some(injector) = Injector::new() else { return };
    for (call, errnos) in BY_PATH {
        let (fired, right) = injector.try_all(call, errnos, false);
        eprintln!("{call}: {fired} failures, {right} right answers all the same");
        let is_used = !matches!(call, "openat" | "statx");
        assert!(fired > 0 || !is_used, "{call} was never called on the model");
    }
}

#[test]
fn a_call_that_fails_on_the_way_to_the_disk_is_no_other_matter() {
    let Some(injector) = Injector::new() else { return };
    for (call, errnos) in [("openat2", &["EIO", "EMFILE", "EINVAL"][..]), ("pread64", &["EIO", "EINTR"])] {
        let (fired, _) = injector.try_all(call, errnos, true);
        assert!(fired > 0, "{call}");
    }
}

#[test]
fn what_only_saves_time_may_fail() {
    let Some(injector) = Injector::new() else { return };
    for (call, errnos) in BY_MEMORY.into_iter().chain([("mmap", &["ENOMEM", "ENODEV", "EPERM"][..])]) {
        let (fired, right) = injector.try_all(call, errnos, false);
        assert!(fired > 0 && fired == right, "{call}: {fired} failures, {right} right answers");
        for errno in errnos {
            let output = injector.run(call, errno, "1+", false).unwrap();
            assert!(injector.judge(&output, &format!("{call} {errno} always")));
        }
    }
}

#[test]
fn an_interrupted_call_is_made_again() {
    let Some(injector) = Injector::new() else { return };
    // The very first openat2 only asks whether the kernel has it.
    for (call, when, is_cold) in [("openat2", "2+2", false), ("pread64", "1+2", false), ("pread64", "1+2", true)] {
        let output = injector.run(call, "EINTR", when, is_cold).unwrap();
        assert!(injector.judge(&output, call), "{output:?}");
    }
}

#[test]
fn without_openat2_the_model_is_the_same() {
    let Some(injector) = Injector::new() else { return };
    for errno in ["ENOSYS", "EPERM"] {
        for is_cold in [false, true] {
            let output = injector.run("openat2", errno, "1+", is_cold).unwrap();
            assert!(injector.judge(&output, errno), "{output:?}");
        }
    }
}
