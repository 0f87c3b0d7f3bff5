// SPDX-License-Identifier: Apache-2.0
//! Does this model match this manifest? Names first, which costs nothing; bytes only when the names agree.
//!
//! What is repeated is what the manifest says, never what the caller says: options can only tolerate by name.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::diff::{Diff, compare_bytes, compare_names};
use crate::error::{Error, Result};
use crate::hash::{EngineOptions, hash_files, look_again, open_tree};
use crate::ignore::IgnoreSet;
use crate::manifest::{Manifest, Serialization};
use crate::model::Model;
use crate::rules::{Hidden, Links, Named, Rules, SignatureFile};
use crate::walk::walk;
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

/// Compares a model on disk with a manifest.
pub fn check_model(path: &Path, manifest: &Manifest, options: &CheckOptions, watch: &Watch) -> Result<Checked> {
    let model = Model::open(path)?;
    let tree = open_tree(&model)?;
    let manifest = &*match model.file() {
        Some(name) => manifest.about_file(name),
        None => Cow::Borrowed(manifest),
    };
    let rules = rules(&model, manifest, options)?;
    let found = walk(&model, &tree, &rules, watch)?;
    let sizes = found.files.iter().map(|file| (file.name.as_str(), file.stat.size));
    let (mut diff, without_shards) = compare_names(sizes, manifest);
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
        let mut resources = hashed.resources;
        resources.sort();
        compare_bytes(&mut diff, &resources, manifest)?;
    }
    Ok(Checked { diff, hidden, model })
}

fn rules<'a>(model: &Model, manifest: &'a Manifest, options: &CheckOptions) -> Result<Rules<'a>> {
    let signed = manifest.serialization();
    let mut ignored = IgnoreSet::recorded(signed.ignore_paths.iter().map(String::as_str));
    // Not to ignore the git set is stricter than what was signed, and a verifier may be stricter.
    if !options.ignore_git_paths {
        ignored.drop_git();
    }
    ignored.extend(&IgnoreSet::chosen(model, &options.ignore_paths, options.ignore_git_paths)?);
    Ok(Rules {
        ignored,
        links: Links::allowed(signed.allow_symlinks, options.allow_external_symlinks),
        named: Some(Named::of(manifest)),
        tolerate_unsigned: options.ignore_unsigned_files,
        bundle: options.bundle.as_deref().and_then(SignatureFile::at),
        output: None,
    })
}
