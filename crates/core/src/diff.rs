// SPDX-License-Identifier: Apache-2.0
//! How what was hashed differs from what a manifest says, whether that was hashed just now or is another manifest.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::digest::Digest;
use crate::error::{Error, Result, Rule};
use crate::manifest::{Manifest, Method};
use crate::path::ResourcePath;
use crate::resources::{Resource, Resources};

/// How a model differs from a manifest. All empty means: it is that model.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Diff {
    /// Files that the manifest lists and the model lacks.
    pub missing: Vec<String>,
    /// Files that the model has and the manifest does not list.
    pub extra: Vec<String>,
    /// Files with another size than their shards add up to; seen without hashing.
    pub resized: Vec<Resize>,
    /// Resources whose content differs; `None` when nothing was hashed because names or sizes differ already.
    pub changed: Option<Vec<Change>>,
    /// Extra files with the content of a missing one; `None` like `changed`.
    pub renamed: Option<Vec<Rename>>,
}

/// A resource with another content than the manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The resource's name.
    pub name: String,
    /// The digest that was signed.
    pub expected: Digest,
    /// The digest of what is there.
    pub actual: Digest,
}

/// A file with another size than the manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resize {
    /// The file's path.
    pub path: String,
    /// The size that was signed.
    pub expected: u64,
    /// The size it has.
    pub actual: u64,
}

/// A file with the signed content under another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// The signed name.
    pub from: String,
    /// The name it has now.
    pub to: String,
}

impl Diff {
    /// Whether the model is the one that was signed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.agrees_by_name() && self.changed.as_ref().is_some_and(Vec::is_empty)
    }

    pub(crate) fn agrees_by_name(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && self.resized.is_empty()
    }
}

/// Compares what one manifest says with another. Digests can be compared only where both were made in the same way.
pub fn compare_manifests(manifest: &Manifest, other: &Manifest) -> Result<Diff> {
    let (ours, theirs) = (manifest.serialization(), other.serialization());
    if (ours.algorithm, ours.method) != (theirs.algorithm, theirs.method) {
        return Err(Error::ManifestsIncomparable { manifest: ours.recipe(), other: theirs.recipe() });
    }
    let (manifest, other) = (&*named_like(manifest, other), &*named_like(other, manifest));
    let (mut diff, _) = compare_names(sizes(other).into_iter(), manifest);
    compare_bytes(&mut diff, other.resources(), manifest)?;
    Ok(diff)
}

/// Some statements call a model's only file `.`; the other manifest may know its name.
fn named_like<'a>(manifest: &'a Manifest, other: &Manifest) -> Cow<'a, Manifest> {
    let mut paths = other.resources().paths();
    match paths.next().map(ResourcePath::parse) {
        Some(Ok(name)) if paths.all(|path| path == name.as_str()) => manifest.about_file(&name),
        _ => Cow::Borrowed(manifest),
    }
}

/// What can be said without reading a byte of the files, and how many files no manifest of shards can list: empty ones
/// have no shards. They are tolerated, but nobody signed them.
pub(crate) fn compare_names<'a>(files: impl Iterator<Item = (&'a str, u64)>, manifest: &Manifest) -> (Diff, u64) {
    let (mut diff, mut without_shards) = (Diff::default(), 0);
    let mut signed = sizes(manifest);
    let is_sharded = matches!(manifest.serialization().method, Method::Shards { .. });
    for (name, actual) in files {
        match signed.remove(name) {
            Some(expected) if is_sharded && expected != actual => {
                diff.resized.push(Resize { path: name.into(), expected, actual });
            }
            Some(_) => {}
            None if is_sharded && actual == 0 => without_shards += 1,
            None => diff.extra.push(name.into()),
        }
    }
    diff.missing = signed.into_keys().map(str::to_owned).collect();
    diff.missing.sort_unstable();
    diff.extra.sort_unstable();
    diff.resized.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    (diff, without_shards)
}

/// The files of a manifest, and how long each is as far as its shards tell: a whole file's size is not recorded.
fn sizes(manifest: &Manifest) -> HashMap<&str, u64> {
    let mut sizes = HashMap::with_capacity(manifest.resources().len());
    let resources = manifest.resources();
    for (path, resource) in resources.paths().zip(resources.iter()) {
        let end = resource.range().map_or(0, |range| range.end);
        sizes.entry(path).and_modify(|size| *size = end.max(*size)).or_insert(end);
    }
    sizes
}

/// The rest, from what was hashed, sorted by name.
pub(crate) fn compare_bytes(diff: &mut Diff, found: &Resources, manifest: &Manifest) -> Result<()> {
    let signed = manifest.resources();
    // Every byte has to be compared with a signed digest, and every signed digest with bytes.
    if diff.agrees_by_name() && !found.names().eq(signed.names()) {
        let reason = "are not what the serialization makes of files of these sizes".into();
        return Err(Error::StatementInvalid { rule: Rule::Shards, field: "predicate.resources".into(), reason });
    }
    let change = |(expected, actual): (Resource<'_>, Resource<'_>)| {
        let (expected, actual, name) = (*expected.digest(), *actual.digest(), expected.name());
        (expected != actual).then(|| Change { name: name.into(), expected, actual })
    };
    diff.changed = Some(both(signed, found).filter_map(change).collect());
    diff.renamed = Some(renames(diff, found, manifest));
    Ok(())
}

/// What both lists name; they are sorted.
fn both<'a>(signed: &'a Resources, found: &'a Resources) -> impl Iterator<Item = (Resource<'a>, Resource<'a>)> {
    let mut rest = found.iter().peekable();
    signed.iter().filter_map(move |signed| {
        while rest.next_if(|found| found.name() < signed.name()).is_some() {}
        let found = rest.next_if(|found| found.name() == signed.name())?;
        Some((signed, found))
    })
}

/// Extra files with the content of missing ones; each is used once.
fn renames(diff: &Diff, resources: &Resources, manifest: &Manifest) -> Vec<Rename> {
    if diff.missing.is_empty() || diff.extra.is_empty() {
        return Vec::new();
    }
    let was = contents(manifest.resources());
    let is = contents(resources);
    let mut extra: HashMap<&Content, Vec<&String>> = HashMap::new();
    for path in diff.extra.iter().rev() {
        if let Some(content) = is.get(path.as_str()) {
            extra.entry(content).or_default().push(path);
        }
    }
    let rename = |from: &String| {
        let to = extra.get_mut(was.get(from.as_str())?)?.pop()?;
        Some(Rename { from: from.clone(), to: to.clone() })
    };
    diff.missing.iter().filter_map(rename).collect()
}

/// The digests of a file's resources, in the order of their places in the file.
type Content = Vec<(u64, Digest)>;

fn contents(resources: &Resources) -> HashMap<&str, Content> {
    let mut contents: HashMap<&str, Content> = HashMap::new();
    for (path, resource) in resources.paths().zip(resources.iter()) {
        let start = resource.range().map_or(0, |range| range.start);
        contents.entry(path).or_default().push((start, *resource.digest()));
    }
    for content in contents.values_mut() {
        content.sort_unstable_by_key(|(start, _)| *start);
    }
    contents
}
