// SPDX-License-Identifier: Apache-2.0
//! What is this model? The pipeline, in the order data takes:
//!
//! ```text
//! walk -> plan -> hash( read, digest, sha256 ) -> manifest -> statement -> dsse
//!                     check: statement -> manifest -> walk -> plan -> hash -> diff
//! ```
//!
//! No keys, no network, no clock. Everything proportional to a model's size, or that must be byte-exact, is here.

mod digest;
mod error;
mod escape;
mod manifest;
mod path;

pub use digest::{Algorithm, Digest};
pub use error::{Error, Result, Rule};
pub use escape::{Escaped, escaped, escaped_path};
pub use manifest::{DEFAULT_SHARD_SIZE, MAX_RESOURCES, MAX_SHARD_SIZE, Manifest, Method, Resource, Serialization};
pub use path::ResourcePath;
