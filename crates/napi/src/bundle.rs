// SPDX-License-Identifier: Apache-2.0
//! A bundle and the statement in it, kept in the core's memory, and the comparison of a model with them.

use std::path::Path;
use std::sync::Arc;

use model_signing_core as core;
use napi::bindgen_prelude::{Buffer, Env, Object, Result};
use napi_derive::napi;

use crate::convert::CheckRequest;
use crate::diff::Diff;
use crate::manifest::{Ignored, Resource, Serialization, page};
use crate::seal::Seal;
use crate::task;
use crate::watch::Watch;

/// What a bundle says; nothing of it is authenticated.
#[napi]
pub struct Bundle {
    bundle: Arc<core::Bundle>,
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
        Self { bundle: Arc::new(bundle) }
    }
}

#[napi]
impl Bundle {
    /// The signature and what goes with it.
    #[napi(getter)]
    pub fn seal(&self) -> Seal {
        Seal::from(&self.bundle.seal)
    }

    /// The statement's bytes.
    #[napi(getter)]
    pub fn payload(&self) -> Buffer {
        self.bundle.payload.clone().into()
    }

    /// Whether the statement is of the form from before the specification.
    #[napi(getter)]
    pub fn is_legacy(&self) -> bool {
        self.bundle.form == core::statement::Form::Legacy
    }

    /// The bytes that the signature covers.
    #[napi]
    pub fn message(&self) -> Buffer {
        self.bundle.message().into()
    }

    /// Reads the statement; to be called once the signature is known to be good.
    #[napi(ts_return_type = "Promise<Statement | Failure>")]
    pub fn statement<'env>(&self, env: &'env Env, allow_legacy: bool) -> Result<Object<'env>> {
        let bundle = Arc::clone(&self.bundle);
        task::spawn(env, move || {
            let options = core::statement::ReadOptions { allow_legacy };
            let statement = core::statement::read(&bundle.payload, &options)?;
            let digest = core::digest_of(&bundle.payload).to_string();
            Ok(Statement { statement: Arc::new(statement), digest })
        })
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
