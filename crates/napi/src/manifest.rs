// SPDX-License-Identifier: Apache-2.0
//! A manifest, kept in the core's memory; JavaScript takes its resources page by page.

use std::sync::Arc;

use model_signing_core as core;
use napi::bindgen_prelude::{Buffer, Env, Object, Result};
use napi_derive::napi;

use crate::task;

/// The manifest of a model that was hashed.
#[napi]
pub struct Manifest {
    pub(crate) hashed: Arc<core::Hashed>,
}

/// What is signed: a statement behind its encoding.
#[napi(object, object_from_js = false)]
pub struct Message {
    /// The bytes that a signature covers.
    pub bytes: Buffer,
    /// Where in them the statement begins, which goes on to their end.
    pub payload_at: u32,
    /// `sha256:` and the digest of the statement in hexadecimal.
    pub statement_digest: String,
}

/// One file or shard.
#[napi(object, object_from_js = false)]
pub struct Resource {
    /// The name, as it stands in a statement.
    pub name: String,
    /// The hash algorithm.
    #[napi(ts_type = "'sha256' | 'blake2b' | 'blake3'")]
    pub algorithm: &'static str,
    /// Lowercase hexadecimal.
    pub digest: String,
}

/// How the resources were found and hashed.
#[napi(object, object_from_js = false)]
pub struct Serialization {
    /// Whole files or shards.
    #[napi(ts_type = "'files' | 'shards'")]
    pub method: &'static str,
    /// The hash algorithm.
    #[napi(ts_type = "'sha256' | 'blake2b' | 'blake3'")]
    pub hash_algorithm: &'static str,
    /// Bytes a shard.
    pub shard_size: Option<f64>,
    /// Whether symbolic links were followed.
    pub allow_symlinks: bool,
    /// What was left out, sorted.
    pub ignore_paths: Vec<String>,
}

/// How many files an ignore path hid.
#[napi(object, object_from_js = false)]
pub struct Ignored {
    /// The ignore path, relative to the model.
    pub path: String,
    /// How many files it hid.
    pub files: f64,
}

impl From<core::Hashed> for Manifest {
    fn from(hashed: core::Hashed) -> Self {
        Self { hashed: Arc::new(hashed) }
    }
}

#[napi]
#[allow(clippy::cast_precision_loss, reason = "shard sizes and counts are below 2^53")]
impl Manifest {
    /// The model's name.
    #[napi(getter)]
    pub fn model_name(&self) -> String {
        self.hashed.manifest.model_name().into()
    }

    /// Where the model really is, when the path given was a link.
    #[napi(getter)]
    pub fn followed_to(&self) -> Option<String> {
        let model = &self.hashed.model;
        model.is_link().then(|| model.real().to_string_lossy().into_owned())
    }

    /// `sha256:` and the root digest in hexadecimal.
    #[napi(getter)]
    pub fn root_digest(&self) -> String {
        self.hashed.manifest.root().to_string()
    }

    /// How the resources were found and hashed.
    #[napi(getter)]
    pub fn serialization(&self) -> Serialization {
        Serialization::from(self.hashed.manifest.serialization())
    }

    /// What the ignore paths hid.
    #[napi(getter)]
    pub fn ignored(&self) -> Vec<Ignored> {
        Ignored::list(&self.hashed.hidden)
    }

    /// How many bytes were hashed.
    #[napi(getter)]
    pub fn byte_count(&self) -> f64 {
        self.hashed.bytes as f64
    }

    /// The most bytes that had to be hashed one after the other: the part that more cores cannot help.
    #[napi(getter)]
    pub fn longest_stream(&self) -> f64 {
        self.hashed.longest_stream as f64
    }

    /// How many resources there are.
    #[napi(getter)]
    pub fn resource_count(&self) -> f64 {
        self.hashed.manifest.resources().len() as f64
    }

    /// Some of the resources, in order.
    #[napi]
    pub fn resources(&self, start: u32, count: u32) -> Vec<Resource> {
        page(&self.hashed.manifest, start, count)
    }

    /// The canonical bytes of the in-toto statement, or what the Python tool can verify.
    #[napi]
    pub fn statement(&self, for_python: bool) -> Buffer {
        core::statement::write_as(&self.hashed.manifest, dialect(&self.hashed, for_python)).into()
    }

    /// The same statement as it is signed.
    #[napi(ts_return_type = "Promise<Message | Failure>")]
    pub fn message<'env>(&self, env: &'env Env, for_python: bool) -> Result<Object<'env>> {
        let hashed = Arc::clone(&self.hashed);
        task::spawn(env, move || {
            let message = core::dsse::Message::about(&hashed.manifest, dialect(&hashed, for_python));
            let statement_digest = core::digest_of(message.payload()).to_string();
            let (bytes, payload_at) = message.into_parts();
            Ok(Message { bytes: bytes.into(), payload_at: short(payload_at), statement_digest })
        })
    }
}

fn dialect(hashed: &core::Hashed, for_python: bool) -> core::statement::Dialect {
    let single_file = hashed.model.file().is_some();
    if for_python { core::statement::Dialect::Python { single_file } } else { core::statement::Dialect::Specification }
}

/// The length of what stands before a payload.
pub(crate) fn short(payload_at: usize) -> u32 {
    u32::try_from(payload_at).expect("an encoding without its payload is short")
}

/// Some of a manifest's resources, in order.
pub(crate) fn page(manifest: &core::Manifest, start: u32, count: u32) -> Vec<Resource> {
    let resources = manifest.resources();
    (start..start.saturating_add(count)).map_while(|index| resources.get(index as usize)).map(Resource::from).collect()
}

#[allow(clippy::cast_precision_loss, reason = "for showing to people; exact up to 9 PB")]
impl From<&core::Serialization> for Serialization {
    fn from(serialization: &core::Serialization) -> Self {
        Self {
            method: serialization.method.name(),
            hash_algorithm: serialization.algorithm.name(),
            shard_size: match serialization.method {
                core::Method::Files => None,
                core::Method::Shards { size } => Some(size as f64),
            },
            allow_symlinks: serialization.allow_symlinks,
            ignore_paths: serialization.ignore_paths.clone(),
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of files are below 2^53")]
impl Ignored {
    pub(crate) fn list(hidden: &core::Hidden) -> Vec<Self> {
        hidden.ignored.iter().map(|(path, files)| Self { path: path.clone(), files: *files as f64 }).collect()
    }
}

impl From<core::Resource<'_>> for Resource {
    fn from(resource: core::Resource<'_>) -> Self {
        let digest = resource.digest();
        Self { name: resource.name().into(), algorithm: digest.algorithm().name(), digest: digest.to_hex() }
    }
}
