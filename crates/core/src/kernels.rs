// SPDX-License-Identifier: Apache-2.0
//! How fast are the kernels here? Hashes memory and nothing else, on as many cores and with as many streams as asked
//! for. There is no clock in it: who calls has one.

use std::num::NonZeroUsize;
use std::thread;

use crate::digest::Algorithm;
use crate::error::{Error, Result};
use crate::lanes::{self, Hasher};
use crate::watch::Watch;

/// What each stream is fed at a time: fits into the caches of a core, as the bench `kernels` has it.
const PORTION: usize = 1 << 20;

/// How many streams of this algorithm the engine gives to a core of this CPU.
#[must_use]
pub fn streams_per_core(algorithm: Algorithm) -> usize {
    lanes::lanes(algorithm)
}

/// How many threads the engine starts unless it is told otherwise: what this process may use, container limits
/// included.
#[must_use]
pub fn default_threads() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Hashes so many MiB of memory in each stream of each thread; says how many bytes these were.
pub fn hash_memory(
    algorithm: Algorithm,
    streams: NonZeroUsize,
    threads: NonZeroUsize,
    portions: u32,
    watch: &Watch,
) -> Result<u64> {
    let streams = streams.get().min(lanes::MAX_LANES);
    let work = || hash_portions(algorithm, streams, portions, watch);
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads.get())
            .map_while(|_| thread::Builder::new().name("model-hash".into()).spawn_scoped(scope, work).ok())
            .collect();
        let own = work();
        let panicked = |_| Err(Error::Internal { reason: "a hashing thread panicked".into() });
        others.into_iter().map(|other| other.join().unwrap_or_else(panicked)).chain([own]).sum()
    })
}

fn hash_portions(algorithm: Algorithm, streams: usize, portions: u32, watch: &Watch) -> Result<u64> {
    let memory: Vec<_> = (0..streams).map(|_| vec![0xa5; PORTION]).collect();
    let mut hashers: Vec<_> = (0..streams).map(|_| Hasher::new(algorithm)).collect();
    for _ in 0..portions {
        watch.check()?;
        let mut feed: Vec<_> = hashers.iter_mut().zip(&memory).map(|(hasher, data)| (hasher, &data[..])).collect();
        lanes::update_many(&mut feed);
    }
    // An unused digest would let the compiler leave out the work.
    std::hint::black_box(hashers.into_iter().map(Hasher::finalize).collect::<Vec<_>>());
    Ok(u64::from(portions) * (streams * PORTION) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stream_of_every_thread_is_counted() {
        let (two, three) = (NonZeroUsize::new(2).unwrap(), NonZeroUsize::new(3).unwrap());
        for algorithm in Algorithm::ALL {
            let bytes = hash_memory(algorithm, two, three, 4, &Watch::new()).unwrap();
            assert_eq!(bytes, 2 * 3 * 4 * PORTION as u64, "{algorithm}");
        }
    }

    #[test]
    fn a_wish_to_stop_is_heard() {
        let watch = Watch::new();
        watch.cancel();
        let stopped = hash_memory(Algorithm::Sha256, NonZeroUsize::MIN, NonZeroUsize::MIN, u32::MAX, &watch);
        assert!(matches!(stopped, Err(Error::Cancelled)));
    }
}
