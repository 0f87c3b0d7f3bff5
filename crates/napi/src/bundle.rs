// SPDX-License-Identifier: Apache-2.0
//! A bundle and the statement in it, kept in the core's memory, and the comparison of a model with them.

use std::mem;
use std::path::Path;
use std::sync::Arc;

use model_signing_core as core;
use napi::bindgen_prelude::{Buffer, Env, Object, Result};
use napi_derive::napi;

use crate::convert::CheckRequest;
use crate::diff::Diff;
use crate::manifest::{Ignored, Resource, Serialization, page, short};
use crate::seal::Seal;
use crate::task;
use crate::watch::Watch;

/// What a bundle says; nothing of it is authenticated. Its statement is there twice, and each goes as soon as it may: one
/// for JavaScript to look at, and one that nobody else can change.
#[napi]
pub struct Bundle {
    seal: core::Seal,
    payload_at: u32,
    shown: Vec<u8>,
    legacy_message: Option<Vec<u8>>,
    own: Option<core::dsse::Message>,
}

/// A bundle's bytes, handed over piece by piece: memory of JavaScript goes with its thread, one of the core's may not read it.
#[napi]
pub struct BundleBytes {
    bytes: Vec<u8>,
}

/// What a statement says.
#[napi]
pub struct Statement {
    pub(crate) statement: Arc<core::statement::Statement>,
    digest: String,
}

/// How a model compares with a statement.
#[napi(object, object_from_js = false)]
pub struct Comparison {
    /// Whether it is that model.
    pub is_equal: bool,
    /// How it differs.
    pub diff: Diff,
    /// What ignore paths hid.
    pub ignored: Vec<Ignored>,
    /// Files that nobody signed and that were tolerated.
    pub unsigned: f64,
    /// Whether the model's path is a link, which was followed.
    pub is_link: bool,
}

impl From<core::Bundle> for Bundle {
    fn from(bundle: core::Bundle) -> Self {
        let is_legacy = bundle.form == core::statement::Form::Legacy;
        let legacy_message = is_legacy.then(|| bundle.message().into_owned());
        let (shown, payload_at) = bundle.envelope.clone().into_parts();
        let payload_at = short(payload_at);
        Self { seal: bundle.seal, payload_at, shown, legacy_message, own: Some(bundle.envelope) }
    }
}

#[napi]
impl Bundle {
    /// The signature and what goes with it.
    #[napi(getter)]
    pub fn seal(&self) -> Seal {
        Seal::from(&self.seal)
    }

    /// The statement behind its encoding; to be asked for once.
    #[napi]
    pub fn envelope(&mut self) -> Buffer {
        mem::take(&mut self.shown).into()
    }

    /// Where in that the statement begins, which goes on to its end.
    #[napi(getter)]
    pub fn payload_at(&self) -> u32 {
        self.payload_at
    }

    /// What the signature covers instead, if the statement is of the form from before the specification; to be asked for
    /// once.
    #[napi]
    pub fn legacy_message(&mut self) -> Option<Buffer> {
        self.legacy_message.take().map(Buffer::from)
    }

    /// Reads the statement; to be called once, when the signature is known to be good.
    #[napi(ts_return_type = "Promise<Statement | Failure>")]
    pub fn statement<'env>(&mut self, env: &'env Env, allow_legacy: bool) -> Result<Object<'env>> {
        let own = self.own.take();
        task::spawn(env, move || {
            let own = own.ok_or_else(|| core::Error::Internal { reason: "the statement was read before".into() })?;
            let statement = core::statement::read(own.payload(), &core::statement::ReadOptions { allow_legacy })?;
            Ok(Statement { statement: Arc::new(statement), digest: core::digest_of(own.payload()).to_string() })
        })
    }
}

#[napi]
impl BundleBytes {
    /// No bytes yet.
    #[napi(constructor)]
    #[allow(clippy::new_without_default, reason = "only JavaScript makes these")]
    pub fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// Adds bytes.
    #[napi]
    pub fn push(&mut self, piece: Buffer) {
        self.bytes.extend_from_slice(&piece);
    }

    /// Reads the bundle; to be called once, when all bytes are there.
    #[napi(ts_return_type = "Promise<Bundle | Failure>")]
    pub fn read<'env>(&mut self, env: &'env Env) -> Result<Object<'env>> {
        let bytes = mem::take(&mut self.bytes);
        task::spawn(env, move || core::Bundle::read(bytes).map(Bundle::from))
    }
}

#[napi]
#[allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]
impl Statement {
    /// The model's name.
    #[napi(getter)]
    pub fn model_name(&self) -> String {
        self.statement.manifest.model_name().into()
    }

    /// `sha256:` and the root digest in hexadecimal.
    #[napi(getter)]
    pub fn root_digest(&self) -> String {
        self.statement.manifest.root().to_string()
    }

    /// `sha256:` and the digest of the statement's bytes in hexadecimal.
    #[napi(getter)]
    pub fn statement_digest(&self) -> String {
        self.digest.clone()
    }

    /// How the resources were found and hashed.
    #[napi(getter)]
    pub fn serialization(&self) -> Serialization {
        Serialization::from(self.statement.manifest.serialization())
    }

    /// How many resources there are.
    #[napi(getter)]
    pub fn resource_count(&self) -> f64 {
        self.statement.manifest.resources().len() as f64
    }

    /// Some of the resources, in order.
    #[napi]
    pub fn resources(&self, start: u32, count: u32) -> Vec<Resource> {
        page(&self.statement.manifest, start, count)
    }

    /// Members without a meaning here, which were passed over.
    #[napi(getter)]
    pub fn unknown_members(&self) -> Vec<String> {
        self.statement.unknown_members.clone()
    }

    /// Compares a model with the statement.
    #[napi(ts_return_type = "Promise<Comparison | Failure>")]
    pub fn check<'env>(
        &self,
        env: &'env Env,
        model_path: String,
        request: CheckRequest,
        watch: &Watch,
    ) -> Result<Object<'env>> {
        let (statement, watch) = (Arc::clone(&self.statement), watch.shared());
        task::spawn(env, move || {
            let options = request.into_options();
            core::check_model(Path::new(&model_path), &statement.manifest, &options, &watch).map(Comparison::from)
        })
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of files are below 2^53")]
impl From<core::Checked> for Comparison {
    fn from(checked: core::Checked) -> Self {
        let is_equal = checked.diff.is_empty();
        let ignored = Ignored::list(&checked.hidden);
        let unsigned = checked.hidden.unsigned as f64;
        Self { is_equal, diff: checked.diff.into(), ignored, unsigned, is_link: checked.model.is_link() }
    }
}
