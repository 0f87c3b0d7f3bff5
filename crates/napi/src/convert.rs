// SPDX-License-Identifier: Apache-2.0
//! Plain values on their way between JavaScript and the core.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use model_signing_core as core;
use napi_derive::napi;

/// What to hash and how; every member is given, the facade resolved the defaults.
#[napi(object, object_to_js = false)]
pub struct HashRequest {
    /// The name of the hash algorithm.
    pub hash_algorithm: String,
    /// `files` or `shards`.
    pub serialization: String,
    /// Bytes a shard; absent for the core's own default.
    pub shard_size: Option<f64>,
    /// Paths to leave out.
    pub ignore_paths: Vec<String>,
    /// Whether to leave out the git set.
    pub ignore_git_paths: bool,
    /// Whether to follow symbolic links inside the model.
    pub allow_symlinks: bool,
    /// Whether to follow those that leave it.
    pub allow_external_symlinks: bool,
    /// Where the signature goes; absent where there will be none.
    pub output_path: Option<String>,
    /// Hashing threads; absent for as many as suit.
    pub threads: Option<u32>,
    /// Whether to look at cached files through maps.
    pub mmap: bool,
    /// Whether to leave what is read from the disk in the page cache.
    pub fill_cache: bool,
}

/// What to tolerate when a model is compared; every member is given.
#[napi(object, object_to_js = false)]
pub struct CheckRequest {
    /// Paths whose unsigned files are excused.
    pub ignore_paths: Vec<String>,
    /// Whether unsigned files of the git set are excused.
    pub ignore_git_paths: bool,
    /// Whether every unsigned file is excused.
    pub ignore_unsigned_files: bool,
    /// Whether to refuse a model of which anything was excused.
    pub no_hidden_files: bool,
    /// Whether links that leave the model are followed.
    pub allow_external_symlinks: bool,
    /// Where the bundle was read from.
    pub bundle_path: Option<String>,
    /// Whether to hash everything even when names differ.
    pub full_diff: bool,
    /// Hashing threads; absent for as many as suit.
    pub threads: Option<u32>,
    /// Whether to look at cached files through maps.
    pub mmap: bool,
    /// Whether to leave what is read from the disk in the page cache.
    pub fill_cache: bool,
}

/// Why something failed, as data.
#[napi(object, object_from_js = false)]
pub struct Failure {
    /// The stable name of the kind of failure.
    pub code: String,
    /// One line: what and where.
    pub message: String,
    /// One line: what to do about it.
    pub hint: Option<String>,
    /// The file or folder it is about, unescaped.
    pub path: Option<String>,
}

impl HashRequest {
    pub(crate) fn into_options(self) -> core::Result<core::HashOptions> {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and the core refuses")]
        let size = self.shard_size.map_or(core::DEFAULT_SHARD_SIZE, |size| size as u64);
        let method = if self.serialization == "shards" { core::Method::Shards { size } } else { core::Method::Files };
        Ok(core::HashOptions {
            algorithm: self.hash_algorithm.parse()?,
            method,
            ignore_paths: self.ignore_paths.into_iter().map(PathBuf::from).collect(),
            ignore_git_paths: self.ignore_git_paths,
            allow_symlinks: self.allow_symlinks,
            allow_external_symlinks: self.allow_external_symlinks,
            output: self.output_path.map(PathBuf::from),
            engine: engine(self.threads, self.mmap, self.fill_cache),
        })
    }
}

impl CheckRequest {
    pub(crate) fn into_options(self) -> core::CheckOptions {
        core::CheckOptions {
            ignore_paths: self.ignore_paths.into_iter().map(PathBuf::from).collect(),
            ignore_git_paths: self.ignore_git_paths,
            ignore_unsigned_files: self.ignore_unsigned_files,
            no_hidden_files: self.no_hidden_files,
            allow_external_symlinks: self.allow_external_symlinks,
            bundle: self.bundle_path.map(PathBuf::from),
            full_diff: self.full_diff,
            engine: engine(self.threads, self.mmap, self.fill_cache),
        }
    }
}

fn engine(threads: Option<u32>, mmap: bool, fill_cache: bool) -> core::EngineOptions {
    let threads = threads.and_then(|threads| NonZeroUsize::new(threads as usize));
    core::EngineOptions { threads, streams: None, mmap, fill_cache }
}

impl From<core::Error> for Failure {
    fn from(error: core::Error) -> Self {
        Self {
            code: error.code().into(),
            message: error.to_string(),
            hint: error.hint().map(Into::into),
            path: error.path().map(|path| path.to_string_lossy().into_owned()),
        }
    }
}
