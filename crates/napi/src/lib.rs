// SPDX-License-Identifier: Apache-2.0
//! The border between Node and the core: convert, call, convert. No defaults, no policy, no messages of its own.
//!
//! Work runs on threads of its own, never on libuv's: four long tasks there would stop every `fs` call of the process.

#![allow(unreachable_pub, reason = "what is public here is public to JavaScript, through the macros")]
#![allow(
    clippy::must_use_candidate,
    clippy::needless_pass_by_value,
    reason = "JavaScript calls these, with owned values"
)]

mod bundle;
mod convert;
pub mod diff;
mod log_entry;
mod manifest;
pub mod measure;
mod seal;
mod task;
mod watch;

use std::path::Path;

use model_signing_core as core;
use napi::bindgen_prelude::{Buffer, Either, Env, Object, Result};
use napi_derive::napi;

use bundle::Bundle;
use convert::{Failure, HashRequest};
use manifest::Manifest;
use seal::ArtifactBundle;
use watch::Watch;

/// Hashes a model on threads of the core's own. The promise is fulfilled with a manifest or with a failure; it is
/// rejected only when Node itself fails.
#[napi(ts_return_type = "Promise<Manifest | Failure>")]
pub fn hash_model<'env>(
    env: &'env Env,
    model_path: String,
    request: HashRequest,
    watch: &Watch,
) -> Result<Object<'env>> {
    let watch = watch.shared();
    task::spawn(env, move || {
        let options = request.into_options()?;
        core::hash_model(Path::new(&model_path), &options, &watch).map(Manifest::from)
    })
}

/// Reads a bundle from a file.
#[napi(ts_return_type = "Promise<Bundle | Failure>")]
pub fn open_bundle(env: &Env, path: String) -> Result<Object<'_>> {
    task::spawn(env, move || core::Bundle::open(Path::new(&path)).map(Bundle::from))
}

/// Reads a bundle about anything but a model from a file.
#[napi(ts_return_type = "Promise<ArtifactBundle | Failure>")]
pub fn open_artifact_bundle(env: &Env, path: String) -> Result<Object<'_>> {
    task::spawn(env, move || core::ArtifactBundle::open(Path::new(&path)).map(ArtifactBundle::from))
}

/// Reads a bundle about anything but a model from memory.
#[napi(ts_return_type = "Promise<ArtifactBundle | Failure>")]
pub fn read_artifact_bundle(env: &Env, bytes: Buffer) -> Result<Object<'_>> {
    let bytes = bytes.to_vec();
    task::spawn(env, move || core::ArtifactBundle::read(bytes).map(ArtifactBundle::from))
}

/// The bytes that a signature over a statement covers.
#[napi]
pub fn dsse_pae(payload: Buffer) -> Buffer {
    core::dsse::pae(core::dsse::IN_TOTO, &payload).into()
}

/// Whether bytes are one JSON document by the one strict reader; if not, why. For documents of other formats, whose
/// own readers are lenient where this one is not.
#[napi]
pub fn check_json(bytes: Buffer) -> Option<Failure> {
    core::json::check(&bytes).err().map(Failure::from)
}

/// Makes untrusted text safe to print: the one way names leave the program.
#[napi]
pub fn escape(text: String) -> String {
    core::escaped(&text).to_string()
}

/// Every error code of the core, sorted.
#[napi]
pub fn error_codes() -> Vec<&'static str> {
    core::Error::CODES.to_vec()
}

/// What hashes SHA-256 on this CPU.
#[napi]
pub fn sha256_kernel() -> &'static str {
    core::sha256::kernel_name()
}

/// What a task comes back with.
type Outcome<T> = Either<T, Failure>;
