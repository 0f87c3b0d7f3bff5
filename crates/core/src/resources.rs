// SPDX-License-Identifier: Apache-2.0
//! The resources of a manifest: files or shards, each with its digest. A million of them are a few pieces of memory and
//! not a million: one text of all names, one row of all digests.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use crate::digest::{Algorithm, Digest, Digests};
use crate::path::ResourcePath;

/// One file or one shard, and its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource<'a> {
    name: Cow<'a, str>,
    path_len: usize,
    digest: Digest,
}

/// Many resources of one algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resources {
    /// The names, one behind the other.
    text: String,
    /// Where in the text each name ends.
    ends: Vec<usize>,
    /// How many bytes of each name are no part of the path: none of a file's, `:start:end` of a shard's.
    tails: Vec<u8>,
    digests: Digests,
}

impl Resource<'_> {
    /// A whole file.
    #[must_use]
    pub fn file(path: &ResourcePath, digest: Digest) -> Self {
        Self { name: path.as_str().to_owned().into(), path_len: path.len(), digest }
    }

    /// A range of a file, named `path:start:end`.
    #[must_use]
    pub fn shard(path: &ResourcePath, range: Range<u64>, digest: Digest) -> Self {
        let name = format!("{}:{}:{}", path.as_str(), range.start, range.end).into();
        Self { name, path_len: path.len(), digest }
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
        let (start, end) = self.name[self.path_len..].strip_prefix(':')?.split_once(':')?;
        Some(start.parse().ok()?..end.parse().ok()?)
    }

    /// The digest.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }
}

impl<'a> Resource<'a> {
    /// A resource of a statement, whose name was checked and taken apart there.
    pub(crate) const fn checked(name: Cow<'a, str>, path_len: usize, digest: Digest) -> Self {
        Self { name, path_len, digest }
    }
}

impl Resources {
    pub(crate) const fn new(algorithm: Algorithm) -> Self {
        Self { text: String::new(), ends: Vec::new(), tails: Vec::new(), digests: Digests::new(algorithm) }
    }

    /// Files, or ranges of them, with their digests in the same order.
    pub(crate) fn hashed<'a>(parts: impl Iterator<Item = (&'a str, Option<Range<u64>>)>, digests: Digests) -> Self {
        let mut resources = Self { digests, ..Self::new(Algorithm::default()) };
        for (path, range) in parts {
            resources.text.push_str(path);
            let path_end = resources.text.len();
            if let Some(Range { start, end }) = range {
                write!(resources.text, ":{start}:{end}").expect("a text takes what is written");
            }
            resources.end_name(path_end);
        }
        resources
    }

    /// Adds one; its digest has to be of the same algorithm.
    pub(crate) fn push(&mut self, resource: &Resource<'_>) {
        self.text.push_str(resource.name());
        self.end_name(self.text.len() - (resource.name.len() - resource.path_len));
        self.digests.push(&resource.digest);
    }

    fn end_name(&mut self, path_end: usize) {
        self.ends.push(self.text.len());
        let tail = u8::try_from(self.text.len() - path_end);
        self.tails.push(tail.expect("two numbers of 64 bits have at most 40 digits"));
    }

    /// Sorts by name: code point order of the whole name (OMS section 5.2.1).
    pub(crate) fn sort(&mut self) {
        if self.names().is_sorted() {
            return;
        }
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_unstable_by(|&a, &b| self.name(a).cmp(self.name(b)));
        let mut sorted = Self::new(self.algorithm());
        sorted.text.reserve_exact(self.text.len());
        for index in order {
            sorted.push(&self.at(index));
        }
        *self = sorted;
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none; never in a manifest.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The one at a place of the list.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Resource<'_>> {
        (index < self.len()).then(|| self.at(index))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Resource<'_>> {
        (0..self.len()).map(|index| self.at(index))
    }

    /// The first name that does not come before this text; they are sorted.
    pub(crate) fn first_name_from(&self, start: &str) -> Option<&str> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.name(middle) < start { low = middle + 1 } else { high = middle }
        }
        (low < self.len()).then(|| self.name(low))
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.name(index))
    }

    /// All paths, in order.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.path(index))
    }

    pub(crate) fn path(&self, index: usize) -> &str {
        let name = self.name(index);
        &name[..name.len() - usize::from(self.tails[index])]
    }

    /// The raw digests, one behind the other.
    pub(crate) fn raw_digests(&self) -> &[u8] {
        self.digests.as_bytes()
    }

    pub(crate) const fn algorithm(&self) -> Algorithm {
        self.digests.algorithm()
    }

    pub(crate) fn at(&self, index: usize) -> Resource<'_> {
        let (name, path_len) = (self.name(index).into(), self.path(index).len());
        Resource { name, path_len, digest: self.digests.get(index) }
    }

    pub(crate) fn name(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..self.ends[index]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(byte: u8) -> Digest {
        Digest::new(Algorithm::Sha256, &[byte; 32]).unwrap()
    }

    #[test]
    fn a_shard_is_named_by_its_range() {
        let shard = Resource::shard(&ResourcePath::parse("a:b").unwrap(), 10..20, digest(0));
        assert_eq!((shard.name(), shard.path(), shard.range()), ("a:b:10:20", "a:b", Some(10..20)));
    }

    #[test]
    fn what_is_taken_out_is_what_was_put_in() {
        let path = ResourcePath::parse("a:0:1").unwrap();
        let all = [
            Resource::shard(&path, 0..u64::MAX, digest(1)),
            Resource::file(&path, digest(2)),
            Resource::shard(&path, u64::MAX..u64::MAX, digest(3)),
        ];
        let mut resources = Resources::new(Algorithm::Sha256);
        for resource in &all {
            resources.push(resource);
        }
        assert_eq!(resources.iter().collect::<Vec<_>>(), all);
        assert_eq!(resources.get(1).unwrap().range(), None);
        assert_eq!(resources.get(3), None);
        resources.sort();
        assert_eq!(resources.names().collect::<Vec<_>>(), [all[1].name(), all[0].name(), all[2].name()]);
        assert_eq!(resources.raw_digests(), [[2; 32], [1; 32], [3; 32]].concat());
    }
}
