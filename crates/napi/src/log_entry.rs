// SPDX-License-Identifier: Apache-2.0
//! An entry of a transparency log, on its way to Node. Whole numbers go as decimal text: they have 63 bits.

use model_signing_core as core;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

/// What a log says about its entry; nothing of it is authenticated.
#[napi(object, object_from_js = false)]
pub struct LogEntry {
    /// The place in the log.
    pub log_index: String,
    /// Which log it is.
    pub log_id: Buffer,
    /// The kind of the body.
    pub kind: String,
    /// The version of that kind.
    pub version: String,
    /// When the log took it, in seconds since 1970; zero where the log gives no time.
    pub integrated_time: String,
    /// The log's signature on its word to include it.
    pub inclusion_promise: Option<Buffer>,
    /// That it was included.
    pub inclusion_proof: Option<InclusionProof>,
    /// The body as it was hashed into the log.
    pub canonicalized_body: Buffer,
}

/// The way from an entry to the root of a log's tree.
#[napi(object, object_from_js = false)]
pub struct InclusionProof {
    /// The place in this tree.
    pub log_index: String,
    /// The root of the tree.
    pub root_hash: Buffer,
    /// How many entries the tree has.
    pub tree_size: String,
    /// The siblings on the way up.
    pub hashes: Vec<Buffer>,
    /// What the log signed about the tree.
    pub checkpoint: Option<String>,
}

impl From<&core::LogEntry> for LogEntry {
    fn from(entry: &core::LogEntry) -> Self {
        Self {
            log_index: entry.log_index.to_string(),
            log_id: entry.log_id.clone().into(),
            kind: entry.kind.clone(),
            version: entry.version.clone(),
            integrated_time: entry.integrated_time.to_string(),
            inclusion_promise: entry.inclusion_promise.clone().map(Buffer::from),
            inclusion_proof: entry.inclusion_proof.as_ref().map(InclusionProof::from),
            canonicalized_body: entry.canonicalized_body.clone().into(),
        }
    }
}

impl From<&core::InclusionProof> for InclusionProof {
    fn from(proof: &core::InclusionProof) -> Self {
        Self {
            log_index: proof.log_index.to_string(),
            root_hash: proof.root_hash.clone().into(),
            tree_size: proof.tree_size.to_string(),
            hashes: proof.hashes.iter().map(|hash| hash.clone().into()).collect(),
            checkpoint: proof.checkpoint.clone(),
        }
    }
}
