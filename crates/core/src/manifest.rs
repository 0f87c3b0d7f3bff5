// SPDX-License-Identifier: Apache-2.0
//! What a model is: its files or shards with their digests, sorted, unique, never none, and the root over them.

use std::borrow::Cow;
use std::ops::Range;

use crate::digest::{Algorithm, Digest};
use crate::error::{Error, Result, Rule};
use crate::path::ResourcePath;

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

/// One file or one shard, and its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    name: Box<str>,
    path_len: usize,
    range: Option<(u64, u64)>,
    digest: Digest,
}

/// The manifest of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    model_name: String,
    serialization: Serialization,
    resources: Vec<Resource>,
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

impl Resource {
    /// A whole file.
    #[must_use]
    pub fn file(path: &ResourcePath, digest: Digest) -> Self {
        Self { name: path.as_str().into(), path_len: path.len(), range: None, digest }
    }

    /// A range of a file, named `path:start:end`.
    #[must_use]
    pub fn shard(path: &ResourcePath, range: Range<u64>, digest: Digest) -> Self {
        let name = format!("{}:{}:{}", path.as_str(), range.start, range.end).into();
        Self { name, path_len: path.len(), range: Some((range.start, range.end)), digest }
    }

    /// A resource of a statement, whose name was checked and taken apart there.
    pub(crate) fn checked(name: Box<str>, path_len: usize, range: Option<Range<u64>>, digest: Digest) -> Self {
        Self { name, path_len, range: range.map(|range| (range.start, range.end)), digest }
    }

    /// The name as it stands in a statement.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file's path, relative to the model.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.name[..self.path_len]
    }

    /// The bytes of the file that a shard covers; `None` for a whole file.
    #[must_use]
    pub fn range(&self) -> Option<Range<u64>> {
        self.range.map(|(start, end)| start..end)
    }

    /// The digest.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}

impl Manifest {
    /// Makes the manifest of a model that was just hashed: sorts by name (code point order of the whole name, OMS
    /// section 5.2.1) and computes the root digest.
    pub fn new(model_name: String, serialization: Serialization, mut resources: Vec<Resource>) -> Result<Self> {
        resources.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let root = root_digest(&resources);
        Self::sorted(model_name, serialization, resources, root)
    }

    /// Takes the resources of somebody's statement in the order they were listed in. The signed root digest covers
    /// that order; afterwards the order carries no meaning and is ours.
    pub fn listed(
        model_name: String,
        serialization: Serialization,
        mut resources: Vec<Resource>,
        signed_root: Option<Digest>,
    ) -> Result<Self> {
        let root = root_digest(&resources);
        if let Some(signed) = signed_root.filter(|signed| *signed != root) {
            return Err(Error::StatementInvalid {
                rule: Rule::Root,
                field: "subject[0].digest.sha256".into(),
                reason: format!("is {}, but the resources give {}", signed.to_hex(), root.to_hex()),
            });
        }
        resources.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Self::sorted(model_name, serialization, resources, root)
    }

    fn sorted(
        model_name: String,
        serialization: Serialization,
        resources: Vec<Resource>,
        root: Digest,
    ) -> Result<Self> {
        let broken =
            |rule, reason: String| Error::StatementInvalid { rule, field: "predicate.resources".into(), reason };
        if resources.is_empty() {
            return Err(broken(Rule::Empty, "lists nothing, so it would verify anything".into()));
        }
        if resources.len() > MAX_RESOURCES {
            return Err(broken(Rule::TooMany, format!("lists more than {MAX_RESOURCES} entries")));
        }
        if let Some(pair) = resources.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(broken(Rule::Duplicate, format!("lists '{}' twice", pair[0].name)));
        }
        Ok(Self { model_name, serialization, resources, root })
    }

    /// The same manifest with the file's name in the place of `.`, by which some statements call a model that is one
    /// file. No other statement has that path.
    pub(crate) fn about_file(&self, name: &ResourcePath) -> Cow<'_, Self> {
        if self.resources.iter().any(|resource| resource.path() != ".") {
            return Cow::Borrowed(self);
        }
        let named = |resource: &Resource| match resource.range() {
            Some(range) => Resource::shard(name, range, resource.digest),
            None => Resource::file(name, resource.digest),
        };
        Cow::Owned(Self { resources: self.resources.iter().map(named).collect(), ..self.clone() })
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
    pub fn resources(&self) -> &[Resource] {
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

fn root_digest(resources: &[Resource]) -> Digest {
    use sha2::Digest as _;
    let mut hasher = sha2::Sha256::new();
    for resource in resources {
        hasher.update(resource.digest.as_bytes());
    }
    Digest::new(Algorithm::Sha256, &hasher.finalize()).expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(name: &str, byte: u8) -> Resource {
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
        let resources = listed.iter().map(|name| resource(name, 1)).collect();
        let manifest = Manifest::new("m".into(), recipe(), resources).unwrap();
        let names: Vec<_> = manifest.resources().iter().map(Resource::name).collect();
        assert_eq!(names, ["A", "a-b", "a.bin", "a/q", "z", "é", "\u{ffff}", "\u{10000}"]);
    }

    #[test]
    fn the_root_covers_the_listed_order() {
        let (a, b) = (resource("a", 1), resource("b", 2));
        let ours = Manifest::new("m".into(), recipe(), vec![b.clone(), a.clone()]).unwrap();
        let same = Manifest::listed("m".into(), recipe(), vec![a.clone(), b.clone()], Some(*ours.root())).unwrap();
        assert_eq!(ours, same);
        let swapped = Manifest::listed("m".into(), recipe(), vec![b, a], Some(*ours.root())).unwrap_err();
        assert_eq!(swapped.code(), "ROOT_DIGEST_MISMATCH");
    }

    #[test]
    fn empty_and_duplicate_lists_are_refused() {
        let code = |resources| Manifest::new("m".into(), recipe(), resources).unwrap_err().code();
        assert_eq!(code(vec![]), "RESOURCES_EMPTY");
        assert_eq!(code(vec![resource("a", 1), resource("b", 1), resource("a", 2)]), "RESOURCE_DUPLICATE");
    }

    #[test]
    fn a_shard_is_named_by_its_range() {
        let digest = Digest::new(Algorithm::Sha256, &[0; 32]).unwrap();
        let shard = Resource::shard(&ResourcePath::parse("a:b").unwrap(), 10..20, digest);
        assert_eq!((shard.name(), shard.path(), shard.range()), ("a:b:10:20", "a:b", Some(10..20)));
    }
}
