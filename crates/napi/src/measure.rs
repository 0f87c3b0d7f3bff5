// SPDX-License-Identifier: Apache-2.0
//! How fast is it here? Kernels in memory and parts of a model, each run with the clock around it.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use model_signing_core as core;
use napi::bindgen_prelude::{Env, Float64Array, Object, Result};
use napi_derive::napi;

use crate::convert::HashRequest;
use crate::task;
use crate::watch::Watch;

/// What a run came to.
#[napi(object, object_from_js = false)]
pub struct Timing {
    /// Bytes hashed.
    pub bytes: f64,
    /// How long that took.
    pub seconds: f64,
}

/// What is hashed in memory.
#[napi(object, object_to_js = false)]
pub struct KernelRequest {
    /// The name of the hash algorithm.
    pub hash_algorithm: String,
    /// Streams on each thread.
    pub streams: u32,
    /// Threads.
    pub threads: u32,
    /// MiB in each stream.
    pub portions: u32,
}

/// How parts of a model are hashed.
#[napi(object, object_to_js = false)]
pub struct PartsRequest {
    /// The name of the hash algorithm.
    pub hash_algorithm: String,
    /// Streams on each thread; absent for what suits the CPU.
    pub streams: Option<u32>,
    /// Threads; absent for as many as suit.
    pub threads: Option<u32>,
    /// Whether to look at cached files through maps.
    pub mmap: bool,
    /// Whether to leave what is read from the disk in the page cache.
    pub fill_cache: bool,
}

/// Hashes memory and nothing else.
#[napi(ts_return_type = "Promise<Timing | Failure>")]
pub fn measure_kernel<'env>(env: &'env Env, request: KernelRequest, watch: &Watch) -> Result<Object<'env>> {
    let watch = watch.shared();
    task::spawn(env, move || {
        let algorithm = request.hash_algorithm.parse()?;
        let [streams, threads] = [request.streams, request.threads].map(at_least_one);
        timed(|| core::hash_memory(algorithm, streams, threads, request.portions, &watch))
    })
}

/// How many streams the engine gives to a core; nothing when there is no such algorithm.
#[napi]
pub fn streams_per_core(hash_algorithm: String) -> Option<u32> {
    let streams = core::streams_per_core(hash_algorithm.parse().ok()?);
    u32::try_from(streams).ok()
}

/// How many threads the engine starts unless it is told otherwise.
#[napi]
pub fn default_threads() -> u32 {
    u32::try_from(core::default_threads().get()).unwrap_or(u32::MAX)
}

/// Lists a model, so that parts of it can be measured.
#[napi(ts_return_type = "Promise<ListedModel | Failure>")]
pub fn list_model<'env>(
    env: &'env Env,
    model_path: String,
    request: HashRequest,
    watch: &Watch,
) -> Result<Object<'env>> {
    let watch = watch.shared();
    task::spawn(env, move || {
        let started = Instant::now();
        let listed = core::Listed::new(Path::new(&model_path), &request.into_options()?, &watch)?;
        Ok(ListedModel { seconds: started.elapsed().as_secs_f64(), listed: Arc::new(listed) })
    })
}

/// A model whose files are known.
#[napi]
pub struct ListedModel {
    seconds: f64,
    listed: Arc<core::Listed>,
}

#[napi]
#[allow(clippy::cast_precision_loss, reason = "sizes are below 2^53")]
impl ListedModel {
    /// The model's name.
    #[napi(getter)]
    pub fn model_name(&self) -> String {
        self.listed.model().name().into()
    }

    /// How long listing it took.
    #[napi(getter)]
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// The size of every file, in the order of the list.
    #[napi]
    pub fn sizes(&self) -> Float64Array {
        self.listed.sizes().map(|size| size as f64).collect::<Vec<_>>().into()
    }

    /// The name of a file.
    #[napi]
    pub fn file_name(&self, file: u32) -> Option<String> {
        self.listed.name(file).map(Into::into)
    }

    /// Hashes parts; each is three numbers: the file's place in the list, the first byte, the byte after the last.
    #[napi(ts_return_type = "Promise<Timing | Failure>")]
    pub fn hash<'env>(
        &self,
        env: &'env Env,
        parts: Float64Array,
        request: PartsRequest,
        watch: &Watch,
    ) -> Result<Object<'env>> {
        let (listed, watch, parts) = (Arc::clone(&self.listed), watch.shared(), parts_of(&parts));
        task::spawn(env, move || {
            let algorithm = request.hash_algorithm.parse()?;
            let engine = core::EngineOptions {
                threads: request.threads.map(at_least_one),
                streams: request.streams.map(at_least_one),
                mmap: request.mmap,
                fill_cache: request.fill_cache,
            };
            timed(|| listed.hash(&parts, algorithm, &engine, &watch))
        })
    }

    /// Lets the page cache forget parts; `bytes` says how many it holds on to all the same.
    #[napi(ts_return_type = "Promise<Timing | Failure>")]
    pub fn forget<'env>(&self, env: &'env Env, parts: Float64Array, watch: &Watch) -> Result<Object<'env>> {
        let (listed, watch, parts) = (Arc::clone(&self.listed), watch.shared(), parts_of(&parts));
        task::spawn(env, move || timed(|| listed.forget(&parts, &watch)))
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of bytes are below 2^53")]
fn timed(work: impl FnOnce() -> core::Result<u64>) -> core::Result<Timing> {
    let started = Instant::now();
    let bytes = work()? as f64;
    Ok(Timing { bytes, seconds: started.elapsed().as_secs_f64() })
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and the core refuses")]
fn parts_of(numbers: &[f64]) -> Vec<core::Part> {
    let part = |[file, start, end]: &[f64; 3]| core::Part { file: *file as u32, range: *start as u64..*end as u64 };
    numbers.as_chunks().0.iter().map(part).collect()
}

fn at_least_one(count: u32) -> NonZeroUsize {
    NonZeroUsize::new(count as usize).unwrap_or(NonZeroUsize::MIN)
}
