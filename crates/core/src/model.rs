// SPDX-License-Identifier: Apache-2.0
//! The model on disk, as the caller named it: a folder or one file, its real path and its name.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::path::ResourcePath;

/// A model that exists.
#[derive(Debug, Clone)]
pub struct Model {
    given: PathBuf,
    real: PathBuf,
    name: String,
    file: Option<ResourcePath>,
    is_link: bool,
}

impl Model {
    /// Finds a model. Trailing slashes and `.` parts mean nothing; a link at the root is followed.
    pub fn open(given: &Path) -> Result<Self> {
        // Rebuilding the path from its parts drops what means nothing, so that `model.bin/` is `model.bin`.
        let given: PathBuf = given.components().collect();
        let is_link = fs::symlink_metadata(&given).map_err(|error| not_found(&given, error))?.is_symlink();
        let real = fs::canonicalize(&given).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound if is_link => Error::SymlinkDangling { path: given.clone() },
            _ => not_found(&given, error),
        })?;
        let found = fs::metadata(&real).map_err(|error| not_found(&given, error))?;
        if !found.is_dir() && !found.is_file() {
            return Err(Error::SpecialFile { path: given, kind: "special file" });
        }
        let name = text(real.file_name(), &given)?;
        let file = if found.is_file() {
            let basename = text(given.file_name(), &given)?;
            let valid = ResourcePath::parse(basename);
            Some(valid.map_err(|reason| Error::NameInvalid { path: given.clone(), reason })?)
        } else {
            None
        };
        Ok(Self { given, real, name, file, is_link })
    }

    /// The path as the caller gave it, less what means nothing.
    #[must_use]
    pub fn given(&self) -> &Path {
        &self.given
    }

    /// The real path: absolute, no part of it a link.
    #[must_use]
    pub fn real(&self) -> &Path {
        &self.real
    }

    /// What the model is called: the last part of its real path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The resource name of a model that is one file: the last part of the path as given. `None` for a folder.
    #[must_use]
    pub fn file(&self) -> Option<&ResourcePath> {
        self.file.as_ref()
    }

    /// Whether the path as given is a link, which was followed.
    #[must_use]
    pub fn is_link(&self) -> bool {
        self.is_link
    }

    /// The folder that resource names are relative to.
    pub(crate) fn folder(&self) -> &Path {
        match self.file {
            Some(_) => self.real.parent().unwrap_or(&self.real),
            None => &self.real,
        }
    }
}

fn not_found(given: &Path, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Error::ModelNotFound { path: given.into() },
        _ => Error::io("find", given, error),
    }
}

fn text(name: Option<&OsStr>, given: &Path) -> Result<String> {
    let name = name.ok_or_else(|| Error::ModelNameless { path: given.into() })?;
    let invalid = || Error::NameInvalid { path: given.into(), reason: "is not UTF-8" };
    Ok(name.to_str().ok_or_else(invalid)?.to_owned())
}
