// SPDX-License-Identifier: Apache-2.0
//! How two things that should be the same model differ.

use model_signing_core as core;
use napi::Either;
use napi::bindgen_prelude::{ClassInstance, Null};
use napi_derive::napi;

use crate::Outcome;
use crate::bundle::Statement;
use crate::manifest::Manifest;

/// How a model differs.
#[napi(object, object_from_js = false)]
pub struct Diff {
    /// Signed and not there.
    pub missing: Vec<String>,
    /// There and not signed.
    pub extra: Vec<String>,
    /// Of another size.
    pub resized: Vec<Resize>,
    /// Of another content.
    #[napi(ts_type = "Array<Change> | null")]
    pub changed: Either<Vec<Change>, Null>,
    /// Under another name.
    #[napi(ts_type = "Array<Rename> | null")]
    pub renamed: Either<Vec<Rename>, Null>,
}

/// A file of another size.
#[napi(object, object_from_js = false)]
pub struct Resize {
    /// The file.
    pub path: String,
    /// The size that was signed.
    pub expected: f64,
    /// The size it has.
    pub actual: f64,
}

/// A resource of another content.
#[napi(object, object_from_js = false)]
pub struct Change {
    /// The resource.
    pub name: String,
    /// The digest that was signed.
    pub expected: String,
    /// The digest it has.
    pub actual: String,
}

/// A file under another name.
#[napi(object, object_from_js = false)]
pub struct Rename {
    /// The signed name.
    pub from: String,
    /// The name it has.
    pub to: String,
}

/// A manifest, wherever it comes from.
type AnyManifest<'a> = Either<ClassInstance<'a, Manifest>, ClassInstance<'a, Statement>>;

/// Compares what one manifest says with another.
#[napi(ts_args_type = "manifest: Manifest | Statement, other: Manifest | Statement", ts_return_type = "Diff | Failure")]
pub fn compare_manifests(manifest: AnyManifest<'_>, other: AnyManifest<'_>) -> Outcome<Diff> {
    match core::compare_manifests(manifest_in(&manifest), manifest_in(&other)) {
        Ok(diff) => Either::A(diff.into()),
        Err(error) => Either::B(error.into()),
    }
}

fn manifest_in<'a>(any: &'a AnyManifest<'_>) -> &'a core::Manifest {
    match any {
        Either::A(manifest) => &manifest.hashed.manifest,
        Either::B(statement) => &statement.statement.manifest,
    }
}

#[allow(clippy::cast_precision_loss, reason = "for showing to people; exact up to 9 PB")]
impl From<core::Diff> for Diff {
    fn from(diff: core::Diff) -> Self {
        let core::Diff { missing, extra, resized, changed, renamed } = diff;
        let resize = |resize: core::Resize| Resize {
            path: resize.path,
            expected: resize.expected as f64,
            actual: resize.actual as f64,
        };
        let change = |change: core::Change| Change {
            name: change.name,
            expected: change.expected.to_string(),
            actual: change.actual.to_string(),
        };
        let rename = |core::Rename { from, to }| Rename { from, to };
        Self {
            missing,
            extra,
            resized: resized.into_iter().map(resize).collect(),
            changed: or_null(changed.map(|all| all.into_iter().map(change).collect())),
            renamed: or_null(renamed.map(|all| all.into_iter().map(rename).collect())),
        }
    }
}

fn or_null<T>(value: Option<T>) -> Either<T, Null> {
    value.map_or(Either::B(Null), Either::A)
}
