// SPDX-License-Identifier: Apache-2.0
//! What a run may cost whoever waits for it: it stops when it is asked to, at any size, and its memory does not grow
//! with the model.
#![cfg(target_os = "linux")]

mod support;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use model_signing_core::{
    Algorithm, CheckOptions, EngineOptions, HashOptions, Manifest, Resource, ResourcePath, Watch, check_model,
    hash_model,
};
use support::{Bench, engine, noise, refusal, skip};

/// What is measured here is measured alone.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn a_run_over_five_terabytes_stops_at_once() {
    let _alone = alone();
    let bench = Bench::new(&[]);
    if File::create(bench.path("w")).unwrap().set_len(5_000_000_000_000).is_err() {
        return skip("cancelling", "the file system takes no file of 5 TB");
    }
    for algorithm in Algorithm::ALL {
        for mmap in [true, false] {
            let engine = EngineOptions { mmap, ..engine(2, 2) };
            let (took, progress) =
                cancel_after(&bench.model(), &HashOptions { algorithm, engine, ..HashOptions::default() });
            eprintln!("{algorithm}, mmap {mmap}: stopped {took:?} after the wish, {progress} bytes in");
            assert!(took < Duration::from_millis(250) && progress > 0, "{took:?} {progress}");
        }
    }
}

/// How long a run goes on after it was asked to stop, and how many bytes it had hashed.
fn cancel_after(model: &Path, options: &HashOptions) -> (Duration, u64) {
    let watch = Watch::new();
    thread::scope(|scope| {
        let run = scope.spawn(|| (hash_model(model, options, &watch), Instant::now()));
        while watch.progress().bytes_done < 64 << 20 {
            assert!(!run.is_finished(), "it cannot be done yet");
            thread::sleep(Duration::from_millis(1));
        }
        let asked = Instant::now();
        watch.cancel();
        let (result, ended) = run.join().unwrap();
        assert_eq!(refusal(result).0, "CANCELLED");
        (ended - asked, watch.progress().bytes_done)
    })
}

#[test]
fn a_walk_stops_when_it_is_asked_to() {
    let _alone = alone();
    let bench = Bench::new(&[]);
    for number in 0..20_000 {
        bench.write(&format!("{:02}/{number}", number % 100), "");
    }
    let watch = Watch::new();
    watch.cancel();
    let ended = hash_model(&bench.model(), &HashOptions::default(), &watch);
    assert_eq!(refusal(ended).0, "CANCELLED");
    assert_eq!(watch.progress().files_total, 0);
    let watch = Watch::new();
    thread::scope(|scope| {
        let run = scope.spawn(|| hash_model(&bench.model(), &HashOptions::default(), &watch));
        thread::sleep(Duration::from_millis(3));
        watch.cancel();
        assert_eq!(refusal(run.join().unwrap()).0, "CANCELLED");
    });
}

#[test]
fn names_of_thousands_of_parts_cost_no_more_than_their_length() {
    let _alone = alone();
    let bench = Bench::new(&[("a", "1")]);
    let hashed = bench.hash(&HashOptions::default()).unwrap().manifest;
    let digest = *hashed.resources().get(0).unwrap().digest();
    let deep = (0..1000).map(|number| format!("{number:04}{}", "/x".repeat(2040)));
    let paths = deep.map(|name| ResourcePath::parse(name).unwrap());
    let resources: Vec<_> = paths.map(|path| Resource::file(&path, digest)).collect();
    let manifest = Manifest::new("m".into(), hashed.serialization().clone(), resources).unwrap();
    let begun = Instant::now();
    let diff = check_model(&bench.model(), &manifest, &CheckOptions::default(), &Watch::new()).unwrap().diff;
    let took = begun.elapsed();
    assert_eq!((diff.missing.len(), diff.extra.len()), (1000, 1));
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn memory_does_not_grow_with_the_file() {
    let _alone = alone();
    let sparse = Bench::new(&[]);
    File::create(sparse.path("w")).unwrap().set_len(3 << 30).unwrap();
    let cached = Some(Path::new("/dev/shm")).filter(|place| place.is_dir()).map(|place| {
        let bench = Bench::within(place, &[]);
        let mut file = File::create(bench.path("w")).unwrap();
        let bytes = noise(4, 16 << 20);
        (0..24).for_each(|_| file.write_all(&bytes).unwrap());
        bench
    });
    for bench in [Some(sparse), cached].into_iter().flatten() {
        for arguments in [["sha256", "0"], ["blake3", "0"], ["blake2b", "40000000"]] {
            let peak = peak_memory(&bench.model(), arguments);
            eprintln!("{} {arguments:?}: {peak} KiB at most", bench.model().display());
            assert!(peak < 64 << 10, "{arguments:?}: {peak} KiB");
        }
    }
}

/// The most memory that the example ever had resident, in KiB; asked of the system while it runs.
fn peak_memory(model: &Path, arguments: [&str; 2]) -> u64 {
    let mut child = Command::new(support::example()).arg(model).args(arguments).stdout(Stdio::null()).spawn().unwrap();
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0;
    loop {
        let told = fs::read_to_string(&status).unwrap_or_default();
        let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak = line.and_then(|kib| kib.parse().ok()).unwrap_or(0).max(peak);
        if let Some(ended) = child.try_wait().unwrap() {
            assert!(ended.success() && peak > 0);
            return peak;
        }
        thread::sleep(Duration::from_millis(5));
    }
}
