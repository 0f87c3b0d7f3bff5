// SPDX-License-Identifier: Apache-2.0
//! What each way of reading costs: whole hashes of two hot files on one thread, mapped or copied, one stream or two.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use model_signing_core::{EngineOptions, HashOptions, Watch, hash_model};

/// Two of these are far larger than a CPU's caches.
const LEN: usize = 64 << 20;

fn readers(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, byte) in [("one", 0x5a), ("two", 0xa5)] {
        fs::write(folder.path().join(name), vec![byte; LEN]).expect("room for two files");
    }
    let mut group = criterion.benchmark_group("readers");
    group.throughput(Throughput::Bytes(2 * LEN as u64)).sample_size(10).sampling_mode(SamplingMode::Flat);
    for (manner, mmap) in [("map", true), ("read", false)] {
        for streams in [1, 2] {
            let options = options(mmap, streams);
            group.bench_function(format!("{manner}, streams: {streams}"), |bench| {
                bench.iter(|| hash(folder.path(), &options));
            });
        }
    }
    group.finish();
}

fn options(mmap: bool, streams: usize) -> HashOptions {
    let engine = EngineOptions {
        threads: Some(NonZeroUsize::MIN),
        streams: NonZeroUsize::new(streams),
        mmap,
        ..EngineOptions::default()
    };
    HashOptions { engine, ..HashOptions::default() }
}

fn hash(folder: &Path, options: &HashOptions) -> u64 {
    hash_model(folder, options, &Watch::new()).expect("a model that can be hashed").bytes
}

criterion_group!(benches, readers);
criterion_main!(benches);
