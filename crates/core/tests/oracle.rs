// SPDX-License-Identifier: Apache-2.0
//! Whatever the engine's settings, the manifest is the one that a plain program finds: read each file, hash it in one
//! call, sort by name. Sizes lie on both sides of every seam of the reader and the hasher.
#![cfg(any(unix, windows))]

mod support;

use std::collections::BTreeMap;
use std::fs;
#[cfg(target_os = "linux")]
use std::{fs::File, os::fd::AsRawFd};

use model_signing_core::{
    Algorithm, DEFAULT_SHARD_SIZE, Digest, EngineOptions, GIT_PATHS, HashOptions, Manifest, Method, Watch, hash_model,
};
use proptest::prelude::*;
use support::{Bench, engine, noise};

/// Whole files by name.
type Files = BTreeMap<String, Vec<u8>>;

const SMALL: usize = 128 << 10;
const WINDOW: usize = 4 << 20;
const PIECE: usize = 32 << 20;

const SEAMS: [usize; 20] = [
    0,
    1,
    63,
    64,
    65,
    127,
    128,
    129,
    4095,
    4096,
    4097,
    65_537,
    SMALL - 1,
    SMALL,
    SMALL + 1,
    300_007,
    WINDOW - 1,
    WINDOW,
    WINDOW + 1,
    2 * WINDOW + 4097,
];

const SHARDS: [u64; 9] = [511, 4096, 65_536, 100_003, 131_072, 131_073, 1_000_003, 2 << 20, DEFAULT_SHARD_SIZE];

const PARTS: [&str; 20] = [
    "a",
    "A",
    "a.bin",
    "a-b",
    "a b",
    " ",
    "it's \"x\"",
    "a:0:10",
    "a\nb",
    "\u{202e}abc",
    "é",
    "e\u{301}",
    ".git",
    ".gitignore",
    ".github",
    "模型",
    "C:x",
    "x\\y",
    "...",
    "\u{10000}",
];

/// Each opens some thousand files: one stands for ten cases of other properties (256, or `PROPTEST_CASES`). Under Wine
/// one takes a minute.
fn cases() -> u32 {
    ProptestConfig::default().cases.div_ceil(if cfg!(windows) { 100 } else { 10 })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_setting_gives_what_a_plain_program_finds(
        tree in prop::collection::vec((name(), size()), 1..14),
        shard in prop::sample::select(&SHARDS[..]),
        beside in -1_i64..=1,
        git in any::<bool>(),
        settings in prop::collection::vec((any::<(bool, bool)>(), 1_usize..=4, 1_usize..=4), 4),
    ) {
        let bench = Bench::new(&[]);
        let mut files = plant(&bench, &tree);
        // One more file that ends at, before or behind the end of a shard, when that is not out of proportion.
        if let Some(len) = (3 * shard).checked_add_signed(beside).and_then(|len| usize::try_from(len).ok())
            && len < 4 * WINDOW
        {
            bench.write("edge", noise(9, len));
            files.insert("edge".into(), noise(9, len));
        }
        if git {
            files.retain(|name, _| !GIT_PATHS.contains(&name.split('/').next().unwrap()));
        }
        for algorithm in Algorithm::ALL {
            for method in [Method::Files, Method::Shards { size: shard }] {
                let expected = oracle(&files, method, algorithm);
                let options = HashOptions { algorithm, method, ignore_git_paths: git, ..HashOptions::default() };
                let serial = HashOptions { engine: engine(1, 1), ..options.clone() };
                let serial = check(&bench, &serial, expected.as_ref());
                for &((mmap, fill_cache), threads, streams) in &settings {
                    let engine = EngineOptions { mmap, fill_cache, ..engine(threads, streams) };
                    let manifest = check(&bench, &HashOptions { engine, ..options.clone() }, expected.as_ref());
                    prop_assert_eq!(&manifest, &serial);
                }
            }
        }
    }
}

#[test]
fn one_file_in_pieces_is_one_blake3_digest() {
    let bench = Bench::new(&[]);
    let mut files = Files::new();
    for (name, len) in [("a", PIECE - 1), ("b", PIECE), ("c", PIECE + 1), ("d", 3 * PIECE + 1), ("e", 2 * PIECE)] {
        let bytes = noise(len as u64, len);
        bench.write(name, &bytes);
        files.insert(name.into(), bytes);
    }
    let sizes = [PIECE as u64 + 1, 40_000_003, 3 * PIECE as u64];
    for method in [Method::Files].into_iter().chain(sizes.map(|size| Method::Shards { size })) {
        let expected = oracle(&files, method, Algorithm::Blake3);
        for (threads, streams) in [(1, 1), (3, 1), (2, 3)] {
            let engine = engine(threads, streams);
            let options = HashOptions { algorithm: Algorithm::Blake3, method, engine, ..HashOptions::default() };
            check(&bench, &options, expected.as_ref());
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_comes_from_the_disk_is_what_was_written() {
    let bench = Bench::new(&[]);
    let bytes = noise(7, 40 << 20);
    bench.write("cold", &bytes);
    let file = File::open(bench.path("cold")).unwrap();
    file.sync_all().unwrap();
    let files = Files::from([("cold".to_owned(), bytes)]);
    let evict = || {
        // SAFETY: the descriptor is open; this advice changes no memory of ours.
        let answer = unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
        assert_eq!(answer, 0);
        read_from_disk()
    };
    let mut came_from_disk = 0;
    for method in [Method::Files, Method::Shards { size: 1_000_003 }, Method::Shards { size: 5_000_001 }] {
        for algorithm in Algorithm::ALL {
            let expected = oracle(&files, method, algorithm);
            for (fill_cache, mmap, threads) in [(false, true, 2), (false, false, 1), (true, true, 1), (true, false, 2)]
            {
                let before = evict();
                let engine = EngineOptions { fill_cache, mmap, ..engine(threads, 2) };
                check(&bench, &HashOptions { method, algorithm, engine, ..HashOptions::default() }, expected.as_ref());
                came_from_disk += u64::from(read_from_disk() - before >= 30 << 20);
            }
        }
    }
    if came_from_disk < 36 {
        support::skip(
            "cold reads",
            &format!("the temporary folder is not on a disk: {came_from_disk} of 36 runs read from one"),
        );
    }
}

fn name() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PARTS[..]), 1..4).prop_map(|parts| parts.join("/"))
}

/// Mostly a seam; any small size now and then.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![4 => prop::sample::select(&SEAMS[..]), 1 => 0_usize..10_000]
}

/// Writes what can be written: a name that the file system takes for another one is left out.
fn plant(bench: &Bench, tree: &[(String, usize)]) -> Files {
    let mut files = Files::new();
    for (seed, (name, len)) in tree.iter().enumerate() {
        let path = bench.path(name);
        let is_free = is_a_name_here(name)
            && fs::create_dir_all(path.parent().unwrap()).is_ok()
            && fs::symlink_metadata(&path).is_err();
        if is_free {
            let bytes = noise(seed as u64, *len);
            fs::write(path, &bytes).unwrap();
            files.insert(name.clone(), bytes);
        }
    }
    files
}

/// Windows has no names with such characters and endings, or means something else by them; and only Linux can be
/// trusted to tell case and composition apart.
fn is_a_name_here(name: &str) -> bool {
    let is_special = |c: char| c.is_control() || r#"<>:"\|?*"#.contains(c);
    let is_twin = |part: &str| matches!(part, "A" | "e\u{301}");
    cfg!(target_os = "linux")
        || !name.split('/').any(is_twin)
            && !(cfg!(windows) && (name.contains(is_special) || name.split('/').any(|part| part.ends_with(['.', ' ']))))
}

/// Names and digests in order, and the root; `None` for a model of nothing.
fn oracle(files: &Files, method: Method, algorithm: Algorithm) -> Option<(Vec<(String, Digest)>, Digest)> {
    let mut resources = Vec::new();
    for (name, bytes) in files {
        match method {
            Method::Files => resources.push((name.clone(), one_call(algorithm, bytes))),
            Method::Shards { size } => {
                let size = usize::try_from(size).unwrap();
                for (index, part) in bytes.chunks(size).enumerate() {
                    let start = index * size;
                    resources.push((format!("{name}:{start}:{}", start + part.len()), one_call(algorithm, part)));
                }
            }
        }
    }
    resources.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    let raw: Vec<u8> = resources.iter().flat_map(|(_, digest)| digest.as_bytes().to_vec()).collect();
    (!resources.is_empty()).then(|| (resources, one_call(Algorithm::Sha256, &raw)))
}

fn one_call(algorithm: Algorithm, bytes: &[u8]) -> Digest {
    use sha2::Digest as _;
    match algorithm {
        Algorithm::Sha256 => Digest::new(algorithm, &sha2::Sha256::digest(bytes)),
        Algorithm::Blake2b => Digest::new(algorithm, blake2b_simd::blake2b(bytes).as_bytes()),
        Algorithm::Blake3 => Digest::new(algorithm, blake3::hash(bytes).as_bytes()),
    }
    .unwrap()
}

/// Hashes, compares with the oracle, and looks at what else is told about the run.
fn check(bench: &Bench, options: &HashOptions, expected: Option<&(Vec<(String, Digest)>, Digest)>) -> Option<Manifest> {
    let watch = Watch::new();
    let hashed = hash_model(&bench.model(), options, &watch);
    let Some((resources, root)) = expected else {
        assert_eq!(hashed.unwrap_err().code(), "MODEL_EMPTY", "{options:?}");
        return None;
    };
    let hashed = hashed.unwrap();
    let found: Vec<_> = hashed.manifest.resources().iter().map(|r| (r.name().to_owned(), *r.digest())).collect();
    assert_eq!(&found, resources, "{options:?}");
    assert_eq!(hashed.manifest.root(), root, "{options:?}");
    let progress = watch.progress();
    assert_eq!((progress.files_done, progress.bytes_done), (progress.files_total, progress.bytes_total), "{options:?}");
    assert_eq!((progress.files_done, progress.bytes_done), (resources.len() as u64, hashed.bytes), "{options:?}");
    Some(hashed.manifest)
}

/// What this process has had read from block devices so far.
#[cfg(target_os = "linux")]
fn read_from_disk() -> u64 {
    let told = fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = told.lines().find_map(|line| line.strip_prefix("read_bytes: "));
    line.and_then(|bytes| bytes.parse().ok()).unwrap_or(0)
}
