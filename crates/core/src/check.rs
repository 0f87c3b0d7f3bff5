// SPDX-License-Identifier: Apache-2.0
//! Does this model match this manifest? Names first, which costs nothing; bytes only when the names agree.
//!
//! What is repeated is what the manifest says, never what the caller says: options can only tolerate by name.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::error::{Error, Result, Rule};
use crate::hash::{EngineOptions, hash_files, look_again, open_tree};
use crate::ignore::{GIT_PATHS, IgnoreSet};
use crate::manifest::{Manifest, Method, Serialization};
use crate::model::Model;
use crate::resources::{Resource, Resources};
use crate::rules::{Hidden, Links, Named, Rules};
use crate::tree::identity;
use crate::walk::{FoundFile, walk};
use crate::watch::Watch;

/// What the caller tolerates, and how to go about the hashing.
#[derive(Debug, Clone)]
pub struct CheckOptions {
    /// Further paths whose unsigned files are excused: relative to the model, or absolute.
    pub ignore_paths: Vec<PathBuf>,
    /// Whether unsigned files of the git set are excused, recorded or not (OMS section 6.2.1).
    pub ignore_git_paths: bool,
    /// Whether every unsigned file is excused.
    pub ignore_unsigned_files: bool,
    /// Whether to refuse a model of which anything was excused, before any of it is hashed.
    pub no_hidden_files: bool,
    /// Whether links that leave the model are followed, when the manifest says that links were followed.
    pub allow_external_symlinks: bool,
    /// The file the signature was read from; where it lies inside the model it is no file of it.
    pub bundle: Option<PathBuf>,
    /// Whether to hash everything even when the names differ already.
    pub full_diff: bool,
    /// How to go about hashing.
    pub engine: EngineOptions,
}

/// What the comparison found.
#[derive(Debug)]
pub struct Checked {
    /// How model and manifest differ.
    pub diff: Diff,
    /// What of the model was not looked at.
    pub hidden: Hidden,
    /// The model that was checked.
    pub model: Model,
}

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

impl Default for CheckOptions {
    fn default() -> Self {
        Self {
            ignore_paths: Vec::new(),
            ignore_git_paths: true,
            ignore_unsigned_files: false,
            no_hidden_files: false,
            allow_external_symlinks: false,
            bundle: None,
            full_diff: false,
            engine: EngineOptions::default(),
        }
    }
}

impl Diff {
    /// Whether the model is the one that was signed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.agrees_by_name() && self.changed.as_ref().is_some_and(Vec::is_empty)
    }

    fn agrees_by_name(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && self.resized.is_empty()
    }
}

/// Compares a model on disk with a manifest.
pub fn check_model(path: &Path, manifest: &Manifest, options: &CheckOptions, watch: &Watch) -> Result<Checked> {
    let model = Model::open(path)?;
    let tree = open_tree(&model)?;
    let manifest = &*match model.file() {
        Some(name) => manifest.about_file(name),
        None => Cow::Borrowed(manifest),
    };
    let found = walk(&model, &tree, &rules(&model, manifest, options)?, watch)?;
    let (mut diff, without_shards) = compare_names(&found.files, manifest);
    let mut hidden = found.hidden;
    hidden.unsigned += without_shards;
    if options.no_hidden_files && hidden.files() > 0 {
        return Err(Error::HiddenFiles { files: hidden.files() });
    }
    if diff.agrees_by_name() || options.full_diff {
        let Serialization { method, algorithm, .. } = *manifest.serialization();
        let hashed = hash_files(&tree, &found.files, method, algorithm, &options.engine, watch)?;
        look_again(&tree, &found.files, watch)?;
        drop(found.files);
        compare_bytes(&mut diff, hashed.resources, manifest)?;
    }
    Ok(Checked { diff, hidden, model })
}

fn rules<'a>(model: &Model, manifest: &'a Manifest, options: &CheckOptions) -> Result<Rules<'a>> {
    let signed = manifest.serialization();
    let recorded = signed.ignore_paths.iter().map(String::as_str);
    // Not to ignore the git set is stricter than what was signed, and a verifier may be stricter.
    let recorded = recorded.filter(|path| options.ignore_git_paths || !GIT_PATHS.contains(path));
    let mut ignored = IgnoreSet::recorded(recorded);
    ignored.extend(&IgnoreSet::chosen(model, &options.ignore_paths, options.ignore_git_paths)?);
    Ok(Rules {
        ignored,
        links: Links::allowed(signed.allow_symlinks, options.allow_external_symlinks),
        named: Some(Named::of(manifest)),
        tolerate_unsigned: options.ignore_unsigned_files,
        bundle: options.bundle.as_deref().and_then(identity),
        output: None,
    })
}

/// What can be said without reading a byte of the files, and how many files no manifest of shards can list: empty ones
/// have no shards. They are tolerated, but nobody signed them.
fn compare_names(files: &[FoundFile], manifest: &Manifest) -> (Diff, u64) {
    let (mut diff, mut without_shards) = (Diff::default(), 0);
    let mut signed: HashMap<&str, u64> = HashMap::with_capacity(manifest.resources().len());
    let resources = manifest.resources();
    for (path, resource) in resources.paths().zip(resources.iter()) {
        let end = resource.range().map_or(0, |range| range.end);
        signed.entry(path).and_modify(|size| *size = end.max(*size)).or_insert(end);
    }
    let is_sharded = matches!(manifest.serialization().method, Method::Shards { .. });
    for FoundFile { name, stat, .. } in files {
        match signed.remove(name.as_str()) {
            Some(expected) if is_sharded && expected != stat.size => {
                diff.resized.push(Resize { path: name.to_string(), expected, actual: stat.size });
            }
            Some(_) => {}
            None if is_sharded && stat.size == 0 => without_shards += 1,
            None => diff.extra.push(name.to_string()),
        }
    }
    diff.missing = signed.into_keys().map(str::to_owned).collect();
    diff.missing.sort_unstable();
    diff.extra.sort_unstable();
    diff.resized.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    (diff, without_shards)
}

fn compare_bytes(diff: &mut Diff, mut found: Resources, manifest: &Manifest) -> Result<()> {
    let signed = manifest.resources();
    found.sort();
    // Every byte has to be compared with a signed digest, and every signed digest with bytes.
    if diff.agrees_by_name() && !found.names().eq(signed.names()) {
        let reason = "are not what the serialization makes of files of these sizes".into();
        return Err(Error::StatementInvalid { rule: Rule::Shards, field: "predicate.resources".into(), reason });
    }
    let change = |(expected, actual): (Resource<'_>, Resource<'_>)| {
        let (expected, actual, name) = (*expected.digest(), *actual.digest(), expected.name());
        (expected != actual).then(|| Change { name: name.into(), expected, actual })
    };
    diff.changed = Some(both(signed, &found).filter_map(change).collect());
    diff.renamed = Some(renames(diff, &found, manifest));
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
