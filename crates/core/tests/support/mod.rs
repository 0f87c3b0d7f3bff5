// SPDX-License-Identifier: Apache-2.0
//! Models for the tests: trees on disk, made-up content, and short ways to ask the core about them.
#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::fs;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use model_signing_core::{Bundle, EngineOptions, Error, HashOptions, Hashed, Result, Watch, hash_model};
use tempfile::TempDir;

/// A temporary folder with a model in it, called `m`.
pub(crate) struct Bench {
    folder: TempDir,
}

impl Bench {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self::within(&std::env::temp_dir(), files)
    }

    /// The same at a place of one's choice.
    pub(crate) fn within(place: &Path, files: &[(&str, &str)]) -> Self {
        let bench = Self { folder: tempfile::tempdir_in(place).unwrap() };
        fs::create_dir(bench.model()).unwrap();
        for (name, text) in files {
            bench.write(name, text);
        }
        bench
    }

    /// The folder that holds the model.
    pub(crate) fn around(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn model(&self) -> PathBuf {
        self.folder.path().join("m")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.model().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    #[cfg(unix)]
    pub(crate) fn link(&self, target: impl AsRef<Path>, name: &str) {
        std::os::unix::fs::symlink(target, self.path(name)).unwrap();
    }

    #[cfg(unix)]
    pub(crate) fn fifo(&self, name: &str) {
        let done = std::process::Command::new("mkfifo").arg(self.path(name)).status().unwrap();
        assert!(done.success());
    }

    pub(crate) fn hash(&self, options: &HashOptions) -> Result<Hashed> {
        hash_model(&self.model(), options, &Watch::new())
    }
}

/// Bytes that repeat nowhere, the same for the same seed.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

pub(crate) fn engine(threads: usize, streams: usize) -> EngineOptions {
    let (threads, streams) = (NonZeroUsize::new(threads), NonZeroUsize::new(streams));
    EngineOptions { threads, streams, ..EngineOptions::default() }
}

pub(crate) fn names(hashed: &Hashed) -> Vec<&str> {
    hashed.manifest.resources().names().collect()
}

/// The code of a refusal, and the path it names.
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T>) -> (&'static str, String) {
    let error: Error = result.expect_err("this should have been refused");
    assert!(!error.to_string().contains('\n'), "{error}");
    (error.code(), error.path().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default())
}

/// The example `digest`, which cargo builds beside the tests.
pub(crate) fn example() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let built = own.parent().unwrap().with_file_name("examples").join("digest");
    assert!(built.exists(), "cargo builds examples with the tests; {} is missing", built.display());
    built
}

/// What root may and others may not: some tests are about this.
#[cfg(unix)]
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Says that a test cannot be had here, where nobody overlooks it: the test harness swallows the `eprintln!` of a test
/// that passes.
pub(crate) fn skip(what: &str, why: &str) {
    std::io::stderr().write_all(format!("SKIPPED: {what}: {why}\n").as_bytes()).unwrap();
}

/// The code with which a bundle is refused, and the member that is to blame.
pub(crate) fn bundle_refusal(text: &str) -> (&'static str, String) {
    match Bundle::read(text.as_bytes()) {
        Err(error @ Error::BundleInvalid { .. }) => {
            let Error::BundleInvalid { field, .. } = &error else { unreachable!() };
            (error.code(), field.clone())
        }
        Err(error) => (error.code(), String::new()),
        Ok(found) => panic!("accepted: {found:?}"),
    }
}
