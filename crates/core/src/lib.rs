// SPDX-License-Identifier: Apache-2.0
//! What is this model? The pipeline, in the order data takes:
//!
//! ```text
//! walk -> plan -> hash( engine( read, lanes ) ) -> manifest -> statement -> dsse
//!                 check: statement -> manifest -> walk -> plan -> hash -> diff
//! ```
//!
//! No keys, no network, no clock. Everything proportional to a model's size, or that must be byte-exact, is here.
//!
//! ```
//! use model_signing_core::{HashOptions, Watch, hash_model};
//!
//! let folder = tempfile::tempdir()?;
//! std::fs::write(folder.path().join("weights.bin"), b"abc")?;
//! let hashed = hash_model(folder.path(), &HashOptions::default(), &Watch::new())?;
//! assert_eq!(hashed.manifest.resources().get(0).unwrap().name(), "weights.bin");
//! assert_eq!(
//!     hashed.manifest.root().to_string(),
//!     "sha256:4f8b42c22dd3729b519ba6f68d2da7cc5b2d606d05daed5ad5128cc03e6c6358"
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// Words that every later module uses.
mod escape;
mod rule;
mod refusal;
mod error;
mod digest;
mod path;
mod resources;
mod manifest;
mod watch;

// From a model on disk to its manifest.
mod model;
mod tree;
mod ignore;
mod rules;
mod walk;
mod plan;
#[doc(hidden)]
pub mod sha256;
mod lanes;
mod kernels;
mod read;
mod engine;
mod hash;
mod parts;

// From a manifest to bytes and back.
pub mod json;
pub mod statement;
pub mod dsse;
mod base64;
mod bundle_file;
mod bundle;

// From a manifest to a model on disk, or to another manifest.
mod diff;
mod check;

pub use bundle::{ArtifactBundle, Bundle, Content, InclusionProof, LogEntry, Material, MessageDigest, Seal};
pub use check::{CheckOptions, Checked, check_model};
pub use diff::{Change, Diff, Rename, Resize, compare_manifests};
pub use digest::{Algorithm, Digest};
pub use error::{BundleRule, Error, Result, Rule};
pub use escape::{Escaped, escaped, escaped_path};
pub use hash::{EngineOptions, HashOptions, Hashed, hash_model};
pub use ignore::GIT_PATHS;
pub use kernels::{default_threads, hash_memory, streams_per_core};
pub use manifest::{DEFAULT_SHARD_SIZE, MAX_RESOURCES, MAX_SHARD_SIZE, Manifest, Method, Serialization, digest_of};
pub use model::Model;
pub use parts::{Listed, Part};
pub use path::ResourcePath;
pub use resources::{Resource, Resources};
pub use rules::Hidden;
pub use watch::{Progress, Watch};
