// SPDX-License-Identifier: Apache-2.0
//! What a model is: its files or shards with their digests, sorted, unique, never none, and the root over them.

use std::borrow::Cow;

use crate::digest::{Algorithm, Digest};
use crate::error::{Error, Result, Rule};
use crate::path::ResourcePath;
use crate::resources::{Resource, Resources};

/// The most resources a manifest may have.
pub const MAX_RESOURCES: usize = 10_000_000;

/// The shard size that is used when none is asked for.
pub const DEFAULT_SHARD_SIZE: u64 = 1_000_000_000;

/// The largest shard size that is written: what every JSON reader can hold exactly.
pub const MAX_SHARD_SIZE: u64 = (1 << 53) - 1;

/// How a model is cut into resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Each file is one resource.
    Files,
    /// Each range of `size` bytes of a file is one resource; empty files have none.
    Shards {
        /// Bytes in every shard but a file's last; never 0.
        size: u64,
    },
}

/// How the resources were found and hashed: the recipe that a verifier repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serialization {
    /// Whole files or shards.
    pub method: Method,
    /// The hash algorithm of every resource.
    pub algorithm: Algorithm,
    /// Whether symbolic links were followed.
    pub allow_symlinks: bool,
    /// Paths that were left out, relative to the model, as recorded.
    pub ignore_paths: Vec<String>,
}

/// The manifest of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    model_name: String,
    serialization: Serialization,
    resources: Resources,
    root: Digest,
}

impl Method {
    /// The name written into statements.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Shards { .. } => "shards",
        }
    }
}

impl Serialization {
    /// What digests depend on, in words.
    pub(crate) fn recipe(&self) -> String {
        let algorithm = self.algorithm.name();
        match self.method {
            Method::Files => format!("whole files by {algorithm}"),
            Method::Shards { size } => format!("shards of {size} bytes by {algorithm}"),
        }
    }
}

impl Manifest {
    /// Makes the manifest of these resources, in whatever order they come.
    pub fn new<'a>(
        model_name: String,
        serialization: Serialization,
        resources: impl IntoIterator<Item = Resource<'a>>,
    ) -> Result<Self> {
        let mut all = Resources::new(serialization.algorithm);
        for resource in resources {
            if resource.digest().algorithm() != serialization.algorithm {
                return Err(broken(Rule::HashDiffers, "holds a digest of another algorithm than the recipe's".into()));
            }
            all.push(&resource);
        }
        Self::hashed(model_name, serialization, all)
    }

    /// Makes the manifest of a model that was just hashed: sorts by name and computes the root digest.
    pub(crate) fn hashed(model_name: String, serialization: Serialization, mut resources: Resources) -> Result<Self> {
        resources.sort();
        let root = digest_of(resources.raw_digests());
        Self::sorted(model_name, serialization, resources, root)
    }

    /// Takes the resources of somebody's statement in the order they were listed in. The signed root digest covers
    /// that order; afterwards the order carries no meaning and is ours.
    pub(crate) fn listed(
        model_name: String,
        serialization: Serialization,
        mut resources: Resources,
        signed_root: Option<Digest>,
    ) -> Result<Self> {
        let root = digest_of(resources.raw_digests());
        if let Some(signed) = signed_root.filter(|signed| *signed != root) {
            return Err(Error::StatementInvalid {
                rule: Rule::Root,
                field: "subject[0].digest.sha256".into(),
                reason: format!("is {}, but the resources give {}", signed.to_hex(), root.to_hex()),
            });
        }
        resources.sort();
        Self::sorted(model_name, serialization, resources, root)
    }

    fn sorted(model_name: String, serialization: Serialization, resources: Resources, root: Digest) -> Result<Self> {
        if resources.is_empty() {
            return Err(broken(Rule::Empty, "lists nothing, so it would verify anything".into()));
        }
        if resources.len() > MAX_RESOURCES {
            return Err(broken(Rule::TooMany, format!("lists more than {MAX_RESOURCES} entries")));
        }
        if let Some((name, _)) = resources.names().zip(resources.names().skip(1)).find(|(name, next)| name == next) {
            return Err(broken(Rule::Duplicate, format!("lists '{name}' twice")));
        }
        Ok(Self { model_name, serialization, resources, root })
    }

    /// The same manifest with the file's name in the place of `.`, by which some statements call a model that is one
    /// file. No other statement has that path.
    pub(crate) fn about_file(&self, name: &ResourcePath) -> Cow<'_, Self> {
        if self.resources.paths().any(|path| path != ".") {
            return Cow::Borrowed(self);
        }
        let mut resources = Resources::new(self.resources.algorithm());
        for resource in self.resources.iter() {
            resources.push(&match resource.range() {
                Some(range) => Resource::shard(name, range, *resource.digest()),
                None => Resource::file(name, *resource.digest()),
            });
        }
        let (model_name, serialization) = (self.model_name.clone(), self.serialization.clone());
        Cow::Owned(Self { model_name, serialization, resources, root: self.root })
    }

    /// The name of the model: the last part of its real path, or what the statement's subject says.
    #[must_use]
    pub fn model_name(&self) -> &str {
        &self.model_name
    }

    /// How the resources were found and hashed.
    #[must_use]
    pub fn serialization(&self) -> &Serialization {
        &self.serialization
    }

    /// The resources, sorted by name.
    #[must_use]
    pub const fn resources(&self) -> &Resources {
        &self.resources
    }

    /// SHA-256 over the raw digests of all resources, in listed order: the one value that names the model.
    #[must_use]
    pub fn root(&self) -> &Digest {
        &self.root
    }
}

/// SHA-256 of some bytes: the digest by which a statement is known.
#[must_use]
#[allow(clippy::missing_panics_doc, reason = "SHA-256 has as many bytes as its digest")]
pub fn digest_of(bytes: &[u8]) -> Digest {
    use sha2::Digest as _;
    Digest::new(Algorithm::Sha256, &sha2::Sha256::digest(bytes)).expect("SHA-256 has 32 bytes")
}

fn broken(rule: Rule, reason: String) -> Error {
    Error::StatementInvalid { rule, field: "predicate.resources".into(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(name: &str, byte: u8) -> Resource<'static> {
        let digest = Digest::new(Algorithm::Sha256, &[byte; 32]).unwrap();
        Resource::file(&ResourcePath::parse(name).unwrap(), digest)
    }

    fn recipe() -> Serialization {
        let (method, algorithm) = (Method::Files, Algorithm::Sha256);
        Serialization { method, algorithm, allow_symlinks: false, ignore_paths: vec![] }
    }

    #[test]
    fn resources_are_sorted_by_the_whole_name() {
        let listed = ["a.bin", "a/q", "a-b", "A", "é", "z", "\u{10000}", "\u{ffff}"];
        let resources = listed.iter().map(|name| resource(name, 1));
        let manifest = Manifest::new("m".into(), recipe(), resources).unwrap();
        let names: Vec<_> = manifest.resources().names().collect();
        assert_eq!(names, ["A", "a-b", "a.bin", "a/q", "z", "é", "\u{ffff}", "\u{10000}"]);
    }

    #[test]
    fn the_root_covers_the_listed_order() {
        let (a, b) = (resource("a", 1), resource("b", 2));
        let ours = Manifest::new("m".into(), recipe(), vec![b.clone(), a.clone()]).unwrap();
        let listed = |resources: [&Resource<'_>; 2]| {
            let mut list = Resources::new(Algorithm::Sha256);
            for resource in resources {
                list.push(resource);
            }
            Manifest::listed("m".into(), recipe(), list, Some(*ours.root()))
        };
        assert_eq!(ours, listed([&a, &b]).unwrap());
        let swapped = listed([&b, &a]).unwrap_err();
        assert_eq!(swapped.code(), "ROOT_DIGEST_MISMATCH");
    }

    #[test]
    fn digests_of_another_algorithm_are_refused() {
        let digest = Digest::new(Algorithm::Blake3, &[1; 32]).unwrap();
        let other = Resource::file(&ResourcePath::parse("b").unwrap(), digest);
        let refused = Manifest::new("m".into(), recipe(), [resource("a", 1), other]).unwrap_err();
        assert_eq!(refused.code(), "HASH_ALGORITHM_DIFFERS");
    }

    #[test]
    fn empty_and_duplicate_lists_are_refused() {
        let code = |resources| Manifest::new("m".into(), recipe(), resources).unwrap_err().code();
        assert_eq!(code(vec![]), "RESOURCES_EMPTY");
        assert_eq!(code(vec![resource("a", 1), resource("b", 1), resource("a", 2)]), "RESOURCE_DUPLICATE");
    }
}
