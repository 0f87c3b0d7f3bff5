// SPDX-License-Identifier: Apache-2.0
//! A model that changes under the hasher: a refusal or the digest of what was there before, never a wrong digest, a
//! crash or a hang; on memory maps (files in memory) and on direct reads (files evicted to the disk).
#![cfg(target_os = "linux")]

mod support;

use std::fs::{self, File, OpenOptions, Permissions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use model_signing_core::{Algorithm, EngineOptions, HashOptions, Hashed, Manifest, Method, Result, Watch, hash_model};
use support::{Bench, engine, noise, refusal, skip};

const SIZE: u64 = 96 << 20;

/// These tests look at the whole process: its signal handlers, its descriptors. One after the other.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where files are always mapped: in memory.
fn in_memory() -> Option<&'static Path> {
    Some(Path::new("/dev/shm")).filter(|path| path.is_dir())
}

/// What somebody does to the file `w` of the model.
type Change = (&'static str, fn(&Bench));

const CHANGES: [Change; 12] = [
    ("truncate to nothing", |bench| file(bench).set_len(0).unwrap()),
    ("truncate by a byte", |bench| file(bench).set_len(SIZE - 1).unwrap()),
    ("grow", |bench| file(bench).set_len(SIZE + 1).unwrap()),
    ("truncate and grow back", |bench| {
        file(bench).set_len(4097).unwrap();
        file(bench).set_len(SIZE).unwrap();
    }),
    ("rewrite the last byte", |bench| file(bench).write_all_at(b"!", SIZE - 1).unwrap()),
    ("replace by rename", |bench| {
        fs::write(bench.around().join("new"), b"new").unwrap();
        fs::rename(bench.around().join("new"), bench.path("w")).unwrap();
    }),
    ("replace by a link to an equal file", |bench| {
        fs::rename(bench.path("w"), bench.around().join("w")).unwrap();
        bench.link("../w", "w");
    }),
    ("replace by a folder", |bench| {
        fs::remove_file(bench.path("w")).unwrap();
        fs::create_dir(bench.path("w")).unwrap();
    }),
    ("replace by a FIFO", |bench| {
        fs::remove_file(bench.path("w")).unwrap();
        bench.fifo("w");
    }),
    ("replace by a socket", |bench| {
        fs::remove_file(bench.path("w")).unwrap();
        UnixListener::bind(bench.path("w")).unwrap();
    }),
    ("change the mode", |bench| fs::set_permissions(bench.path("w"), Permissions::from_mode(0o600)).unwrap()),
    ("delete", |bench| fs::remove_file(bench.path("w")).unwrap()),
];

fn file(bench: &Bench) -> File {
    OpenOptions::new().write(true).open(bench.path("w")).unwrap()
}

/// A model of one big file, made long enough ago for every change to have another time.
fn big(place: &Path, bytes: &[u8]) -> Bench {
    let bench = Bench::within(place, &[]);
    bench.write("w", bytes);
    fs::set_permissions(bench.path("w"), Permissions::from_mode(0o644)).unwrap();
    File::open(bench.path("w")).unwrap().sync_all().unwrap();
    thread::sleep(Duration::from_millis(20));
    bench
}

fn evict(path: &Path) {
    let file = File::open(path).unwrap();
    // SAFETY: the descriptor is open; this advice changes no memory of ours.
    unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
}

/// Changes the file as soon as some of it is hashed. `true` when the change was over before the hashing was.
fn change_during(bench: &Bench, options: &HashOptions, change: fn(&Bench)) -> (Result<Hashed>, bool) {
    let watch = Watch::new();
    thread::scope(|scope| {
        let run = scope.spawn(|| hash_model(&bench.model(), options, &watch));
        while watch.progress().bytes_done < 4 << 20 && !run.is_finished() {
            thread::yield_now();
        }
        change(bench);
        let in_time = watch.progress().bytes_done < SIZE;
        (run.join().unwrap(), in_time)
    })
}

fn race(place: &Path, is_cold: bool) {
    let bytes = noise(1, usize::try_from(SIZE).unwrap());
    let mut in_time = 0;
    for method in [Method::Files, Method::Shards { size: 3_000_001 }] {
        let options = HashOptions { method, engine: engine(1, 2), ..HashOptions::default() };
        let calm = big(place, &bytes).hash(&options).unwrap().manifest;
        for (what, change) in CHANGES {
            let bench = big(place, &bytes);
            if is_cold {
                evict(&bench.path("w"));
            }
            let (result, was_in_time) = change_during(&bench, &options, change);
            in_time += usize::from(was_in_time);
            match result {
                Ok(hashed) => assert!(!was_in_time && hashed.manifest == calm, "{what}, {method:?}"),
                Err(_) => assert_eq!(refusal(result), ("FILE_CHANGED", "w".into()), "{what}, {method:?}"),
            }
        }
    }
    assert!(in_time >= 12, "only {in_time} of 24 changes were made in time");
}

#[test]
fn a_mapped_file_that_changes_is_refused() {
    let _alone = alone();
    match in_memory() {
        Some(place) => race(place, false),
        None => skip("changes of mapped files", "there is no /dev/shm"),
    }
}

#[test]
fn a_file_read_from_the_disk_that_changes_is_refused() {
    let _alone = alone();
    race(&std::env::temp_dir(), true);
}

/// The file `sub/z` is smaller than `w`, so that its turn comes later.
const LATER: [Change; 8] = [
    ("delete", |bench| fs::remove_file(bench.path("sub/z")).unwrap()),
    ("a link", |bench| {
        fs::rename(bench.path("sub/z"), bench.path("sub/y")).unwrap();
        bench.link("y", "sub/z");
    }),
    ("a folder", |bench| {
        fs::remove_file(bench.path("sub/z")).unwrap();
        fs::create_dir(bench.path("sub/z")).unwrap();
    }),
    ("a FIFO", |bench| {
        fs::remove_file(bench.path("sub/z")).unwrap();
        bench.fifo("sub/z");
    }),
    ("a socket", |bench| {
        fs::remove_file(bench.path("sub/z")).unwrap();
        UnixListener::bind(bench.path("sub/z")).unwrap();
    }),
    ("the folder a link", |bench| {
        fs::rename(bench.path("sub"), bench.around().join("moved")).unwrap();
        bench.link("../moved", "sub");
    }),
    ("the folder a file", |bench| {
        fs::rename(bench.path("sub"), bench.around().join("moved")).unwrap();
        bench.write("sub", "z");
    }),
    ("an equal file", |bench| {
        fs::remove_file(bench.path("sub/z")).unwrap();
        bench.write("sub/z", "small");
    }),
];

#[test]
fn a_file_that_is_replaced_before_its_turn_is_refused() {
    let _alone = alone();
    let bytes = noise(1, usize::try_from(SIZE).unwrap());
    for (what, change) in LATER {
        let bench = Bench::new(&[("sub/z", "small")]);
        bench.write("w", &bytes);
        let options = HashOptions { engine: engine(1, 1), ..HashOptions::default() };
        let (result, was_in_time) = change_during(&bench, &options, change);
        assert!(was_in_time || result.is_ok(), "{what}");
        if was_in_time {
            assert_eq!(refusal(result), ("FILE_CHANGED", "sub/z".into()), "{what}");
        }
    }
}

#[test]
fn many_runs_at_once_survive_many_truncations_and_leave_no_handler() {
    let _alone = alone();
    let place = in_memory().map_or_else(std::env::temp_dir, Into::into);
    let before = sigbus_handler();
    let bytes = noise(2, usize::try_from(SIZE / 4).unwrap());
    let benches: Vec<_> = (0..6).map(|_| big(&place, &bytes)).collect();
    let calm = benches[0].hash(&HashOptions::default()).unwrap().manifest;
    for round in 0..4 {
        thread::scope(|scope| {
            for (index, bench) in benches.iter().enumerate() {
                let (bytes, calm) = (&bytes, &calm);
                scope.spawn(move || {
                    let is_cut = index % 2 == round % 2;
                    let cut: fn(&Bench) = if is_cut { |bench| file(bench).set_len(5000).unwrap() } else { |_| () };
                    let options = HashOptions { engine: engine(1 + index % 2, 2), ..HashOptions::default() };
                    match change_during(bench, &options, cut).0 {
                        Ok(hashed) => assert_eq!(hashed.manifest, *calm),
                        refused => assert!(is_cut && refusal(refused).0 == "FILE_CHANGED"),
                    }
                    bench.write("w", bytes);
                });
            }
        });
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(sigbus_handler(), before);
}

fn sigbus_handler() -> (usize, i32) {
    // SAFETY: all zeros is a valid sigaction.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: a null pointer asks for the present action, which is written to the valid second one.
    assert_eq!(unsafe { libc::sigaction(libc::SIGBUS, std::ptr::null(), &raw mut action) }, 0);
    (action.sa_sigaction, action.sa_flags)
}

#[test]
fn every_kind_of_run_at_once_gives_what_it_gives_alone_and_closes_all_it_opened() {
    let _alone = alone();
    let bench = Bench::new(&[]);
    for (number, len) in [0, 1, 100, 5000, 131_073, 3 << 20, 9_000_001].into_iter().enumerate() {
        bench.write(&format!("{number}/f"), noise(3, len));
    }
    evict(&bench.path("6/f"));
    let settings: Vec<HashOptions> = (0..24)
        .map(|number| HashOptions {
            algorithm: Algorithm::ALL[number % 3],
            method: if number % 2 == 0 { Method::Files } else { Method::Shards { size: 700_001 } },
            engine: EngineOptions { mmap: number % 5 != 0, fill_cache: number % 7 == 0, ..engine(1 + number % 4, 2) },
            ..HashOptions::default()
        })
        .collect();
    let hash = |options: &HashOptions| -> Manifest { bench.hash(options).unwrap().manifest };
    let alone: Vec<_> = settings.iter().map(hash).collect();
    let open = descriptors();
    for _ in 0..5 {
        let together: Vec<_> = thread::scope(|scope| {
            let runs: Vec<_> = settings.iter().map(|options| scope.spawn(move || hash(options))).collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        assert_eq!(together, alone);
    }
    // Readers that were still waiting for the disk close theirs a moment later.
    let until = Instant::now() + Duration::from_secs(2);
    while descriptors() > open && Instant::now() < until {
        thread::sleep(Duration::from_millis(5));
    }
    assert!(descriptors() <= open);
}

#[test]
fn more_streams_than_the_guard_has_places_for_are_read_instead() {
    let _alone = alone();
    let bench = Bench::new(&[]);
    bench.write("w", noise(6, usize::try_from(SIZE).unwrap()));
    let method = Method::Shards { size: 140_001 };
    let hash = |engine| bench.hash(&HashOptions { method, engine, ..HashOptions::default() }).unwrap().manifest;
    assert_eq!(hash(engine(160, 4)), hash(engine(1, 1)));
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn a_file_that_holds_more_than_its_size_says_is_refused() {
    // A file system that does not know how long its files are says 0.
    let shards = Method::Shards { size: 10 };
    for (mmap, method) in [(true, Method::Files), (false, Method::Files), (true, shards)] {
        let engine = EngineOptions { mmap, ..engine(1, 1) };
        let options = HashOptions { engine, method, ..HashOptions::default() };
        let hashed = hash_model(Path::new("/proc/version"), &options, &Watch::new());
        assert_eq!(refusal(hashed), ("FILE_CHANGED", "version".into()));
    }
}
