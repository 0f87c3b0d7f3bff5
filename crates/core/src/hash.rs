// SPDX-License-Identifier: Apache-2.0
//! From a model on disk to its manifest: walk, plan, hash, look again, list.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use crate::digest::{Algorithm, Digests};
use crate::engine::Run;
use crate::error::{Error, Result};
use crate::ignore::IgnoreSet;
use crate::manifest::{MAX_SHARD_SIZE, Manifest, Method, Serialization};
use crate::model::Model;
use crate::plan::Plan;
use crate::read::{Manner, expect_empty, expect_readable};
use crate::resources::Resources;
use crate::rules::{Hidden, Links, Rules};
use crate::tree::Tree;
use crate::walk::{FoundFile, walk};
use crate::watch::Watch;

/// What to hash, and how a verifier is to repeat it.
#[derive(Debug, Clone)]
pub struct HashOptions {
    /// The hash algorithm of every resource.
    pub algorithm: Algorithm,
    /// Whole files or shards.
    pub method: Method,
    /// Paths to leave out: relative to the model, or absolute.
    pub ignore_paths: Vec<PathBuf>,
    /// Whether to leave out `.git`, `.gitattributes`, `.github` and `.gitignore` at the model's root.
    pub ignore_git_paths: bool,
    /// Whether to follow symbolic links that stay inside the model.
    pub allow_symlinks: bool,
    /// Whether to follow those that leave it, too; only together with `allow_symlinks`.
    pub allow_external_symlinks: bool,
    /// The file that is going to be replaced by the signature: an older one is left out, by whatever link it is reached.
    pub output: Option<PathBuf>,
    /// How to go about it; nothing of it is recorded.
    pub engine: EngineOptions,
}

/// How to go about hashing. None of it changes a digest.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Hashing threads; `None` for as many as this process may use, container limits included.
    pub threads: Option<NonZeroUsize>,
    /// Streams that each thread hashes at once; `None` for what suits the CPU.
    pub streams: Option<NonZeroUsize>,
    /// Whether cached files are looked at through memory maps instead of being copied.
    pub mmap: bool,
    /// Whether what comes from the disk is left in the page cache, for a loader that follows.
    pub fill_cache: bool,
}

/// A model that was hashed.
#[derive(Debug)]
pub struct Hashed {
    /// What the model is.
    pub manifest: Manifest,
    /// What of it was not looked at.
    pub hidden: Hidden,
    /// The model that was hashed.
    pub model: Model,
    /// How many bytes were hashed.
    pub bytes: u64,
    /// The most bytes that had to be hashed one after the other: the part that more cores cannot help.
    pub longest_stream: u64,
}

/// The resources of a run, and what the run amounted to.
pub(crate) struct HashedFiles {
    pub(crate) resources: Resources,
    bytes: u64,
    longest_stream: u64,
}

impl Default for HashOptions {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::default(),
            method: Method::Files,
            ignore_paths: Vec::new(),
            ignore_git_paths: true,
            allow_symlinks: false,
            allow_external_symlinks: false,
            output: None,
            engine: EngineOptions::default(),
        }
    }
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self { threads: None, streams: None, mmap: true, fill_cache: false }
    }
}

/// Says what a model is.
pub fn hash_model(path: &Path, options: &HashOptions, watch: &Watch) -> Result<Hashed> {
    check_method(options.method)?;
    let model = Model::open(path)?;
    let rules = rules(&model, options)?;
    let tree = open_tree(&model)?;
    let found = walk(&model, &tree, &rules, watch)?;
    let hashed = hash_files(&tree, &found.files, options.method, options.algorithm, &options.engine, watch)?;
    look_again(&tree, &found.files, watch)?;
    if hashed.resources.is_empty() {
        return Err(Error::ModelEmpty { path: path.into() });
    }
    let HashedFiles { resources, bytes, longest_stream } = hashed;
    drop(found.files);
    let manifest = Manifest::hashed(model.name().into(), recipe(options, &rules), resources)?;
    Ok(Hashed { manifest, hidden: found.hidden, model, bytes, longest_stream })
}

fn check_method(method: Method) -> Result<()> {
    match method {
        Method::Shards { size } if !(1..=MAX_SHARD_SIZE).contains(&size) => Err(Error::ShardSizeInvalid { size }),
        _ => Ok(()),
    }
}

pub(crate) fn rules(model: &Model, options: &HashOptions) -> Result<Rules<'static>> {
    Ok(Rules {
        ignored: IgnoreSet::chosen(model, &options.ignore_paths, options.ignore_git_paths)?,
        links: Links::allowed(options.allow_symlinks, options.allow_external_symlinks),
        named: None,
        tolerate_unsigned: false,
        bundle: None,
        output: options.output.as_deref().and_then(|path| fs::canonicalize(path).ok()),
    })
}

pub(crate) fn open_tree(model: &Model) -> Result<Tree> {
    Tree::open(model.folder()).map_err(|error| Error::io("open", model.given(), error))
}

/// Where files are larger than this on average, all are opened before any is hashed: nobody should wait for hours to
/// hear that the smallest may not be read. Hashing so many bytes takes twenty times as long as opening a file.
const ASKING: u64 = 256 << 10;

/// Hashes files into resources; in no particular order. They are worth nothing before [`look_again`].
pub(crate) fn hash_files(
    tree: &Tree,
    files: &[FoundFile],
    method: Method,
    algorithm: Algorithm,
    engine: &EngineOptions,
    watch: &Watch,
) -> Result<HashedFiles> {
    let plan = Plan::new(files, method, algorithm)?;
    let bytes = plan.bytes();
    watch.expect(plan.targets.len() as u64, bytes);
    let asks_first = bytes / ASKING >= files.len() as u64;
    for file in files {
        let has_no_shard = file.stat.size == 0 && matches!(method, Method::Shards { .. });
        if has_no_shard || asks_first {
            watch.check()?;
        }
        if has_no_shard {
            expect_empty(tree, file)?;
        } else if asks_first {
            expect_readable(tree, file)?;
        }
    }
    let digests = hash_plan(tree, files, &plan, algorithm, engine, watch)?;
    let parts = plan.targets.iter().map(|target| {
        let range = matches!(method, Method::Shards { .. }).then(|| target.range.clone());
        (files[target.file as usize].name.as_str(), range)
    });
    let resources = Resources::hashed(parts, digests);
    // The largest unit comes first.
    let longest_stream = plan.units.first().map_or(0, |unit| unit.range.end - unit.range.start);
    Ok(HashedFiles { resources, bytes, longest_stream })
}

/// Runs a plan; the digests come in the order of its targets. They are worth nothing before [`look_again`].
pub(crate) fn hash_plan(
    tree: &Tree,
    files: &[FoundFile],
    plan: &Plan,
    algorithm: Algorithm,
    engine: &EngineOptions,
    watch: &Watch,
) -> Result<Digests> {
    let run = Run {
        tree,
        files,
        plan,
        algorithm,
        threads: threads(engine),
        streams: engine.streams,
        manner: Manner { mmap: engine.mmap, fill_cache: engine.fill_cache },
        watch,
    };
    run.hash()
}

#[cfg(not(target_family = "wasm"))]
fn threads(engine: &EngineOptions) -> NonZeroUsize {
    engine.threads.unwrap_or_else(crate::kernels::default_threads)
}

/// One, whatever was asked for: each thread has a WASI of its own, to which the files of another are not open.
#[cfg(target_family = "wasm")]
fn threads(_: &EngineOptions) -> NonZeroUsize {
    NonZeroUsize::MIN
}

/// Looks at every file once more when all are hashed: a manifest describes one moment, not several.
pub(crate) fn look_again<'a>(tree: &Tree, files: impl IntoIterator<Item = &'a FoundFile>, watch: &Watch) -> Result<()> {
    for file in files {
        watch.check()?;
        let path = Path::new(file.name.as_str());
        let removed = |_| Error::FileChanged { path: path.into(), what: "it was removed" };
        tree.stat(file.place()).map_err(removed)?.expect(&file.stat, path)?;
    }
    Ok(())
}

fn recipe(options: &HashOptions, rules: &Rules<'_>) -> Serialization {
    Serialization {
        method: options.method,
        algorithm: options.algorithm,
        allow_symlinks: options.allow_symlinks,
        ignore_paths: rules.ignored.paths(),
    }
}
