// SPDX-License-Identifier: Apache-2.0
//! How fast one core hashes from hot memory: the figures that the number of lanes is chosen by.
//!
//! "two streams" against "one stream" is the gate: the time for a byte must fall to 0.53 or less.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use model_signing_core::sha256::{Sha256, kernels};
use sha2::Digest;

const LEN: usize = 1 << 20;

fn sha256(criterion: &mut Criterion) {
    let (a_data, b_data) = (vec![0xa5; LEN], vec![0x5a; LEN]);
    let mut group = criterion.benchmark_group("sha256");
    group.throughput(Throughput::Bytes(LEN as u64));
    let mut one = Sha256::new();
    group.bench_function("one stream", |bench| bench.iter(|| one.update(black_box(&a_data))));
    let mut crate_sha2 = sha2::Sha256::new();
    group.bench_function("one stream, sha2 crate", |bench| bench.iter(|| crate_sha2.update(black_box(&a_data))));

    group.throughput(Throughput::Bytes(2 * LEN as u64));
    for kernel in kernels() {
        let (mut a, mut b) = (Sha256::new(), Sha256::new());
        group.bench_function(format!("two streams, {}", kernel.name()), |bench| {
            bench.iter(|| kernel.update_pair(&mut a, black_box(&a_data), &mut b, black_box(&b_data)));
        });
    }
    group.finish();
}

fn blake2b(criterion: &mut Criterion) {
    let data = vec![0xa5; LEN];
    let mut group = criterion.benchmark_group("blake2b");
    for lanes in [1, 2, 4] {
        group.throughput(Throughput::Bytes((lanes * LEN) as u64));
        let mut states = vec![blake2b_simd::State::new(); lanes];
        group.bench_function(format!("streams: {lanes}"), |bench| {
            bench.iter(|| {
                blake2b_simd::many::update_many(states.iter_mut().map(|state| (state, black_box(data.as_slice()))));
            });
        });
    }
    group.finish();
}

fn blake3(criterion: &mut Criterion) {
    let data = vec![0xa5; LEN];
    let mut group = criterion.benchmark_group("blake3");
    group.throughput(Throughput::Bytes(LEN as u64));
    let mut hasher = blake3::Hasher::new();
    group.bench_function("one stream", |bench| bench.iter(|| hasher.update(black_box(&data)).count()));
    group.finish();
}

criterion_group!(benches, sha256, blake2b, blake3);
criterion_main!(benches);
