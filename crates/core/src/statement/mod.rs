// SPDX-License-Identifier: Apache-2.0
//! The in-toto statement that is signed: a manifest as canonical bytes, and back from every form in the wild.
//! Writing and reading are inverse: the manifest read from our own bytes is the one they were written from.

mod layout;
mod legacy;
mod outline;
mod read;
mod resource;
mod serialization;
mod write;

pub use read::{form_of, read};
pub(crate) use write::{append, expected_len};
pub use write::{write, write_as};

use crate::error::{Error, Rule};
use crate::manifest::Manifest;

/// The `_type` of every statement (in-toto Statement v1).
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The predicateType of OMS v1.0, the one that is written.
pub const PREDICATE_TYPE: &str = "https://model_signing/signature/v1.0";

/// The predicateType of 2024, before the specification.
pub const LEGACY_PREDICATE_TYPE: &str = "https://model_signing/Digests/v0.1";

/// Whose reading of the specification the bytes follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// The specification's own.
    #[default]
    Specification,
    /// What `model-signing` 1.1.1 for Python can verify: it labels shards with their size, and knows a model that is
    /// one file only as `.`. The order of resources and the root digest stay the specification's: it takes both from
    /// the statement.
    Python {
        /// Whether the model is one file and not a folder.
        single_file: bool,
    },
}

/// What to accept beyond OMS v1.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// Whether the v0.1 predicate is read; its signature is over `dsse::legacy_pae`, and over nothing else.
    pub allow_legacy: bool,
}

/// What a statement says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The model. Only for a legacy statement, which names none, is the model's name empty, and the root digest
    /// computed instead of signed.
    pub manifest: Manifest,
    /// Which predicate it was.
    pub form: Form,
    /// Whether the model is one file that the statement calls `.`: every resource has the path `.` then, which
    /// stands for the model itself whatever its name, and is a path of no other statement.
    pub single_file_dot: bool,
    /// Paths of members that have no meaning here and were passed over, at most 16; not those of subjects and resources.
    pub unknown_members: Vec<String>,
}

/// The forms of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// OMS v1.0.
    V1,
    /// The v0.1 predicate, with files as subjects.
    Legacy,
}

/// How `.` stands for the model itself, in statements about one file.
const DOT: &str = ".";

fn broken(rule: Rule, field: impl Into<String>, reason: impl Into<String>) -> Error {
    Error::StatementInvalid { rule, field: field.into(), reason: reason.into() }
}

/// A value of a kind that the member cannot have.
fn wrong_kind(field: String, reason: String) -> Error {
    broken(Rule::Member, field, reason)
}
