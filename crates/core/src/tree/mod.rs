// SPDX-License-Identifier: Apache-2.0
//! Entries of a model, reached so that nobody can slip a link in: beneath the root's own handle, never through a
//! symbolic link, and recognised again by what the file system says of them.

#[cfg(windows)]
mod nt;
#[cfg(not(windows))]
mod unix;
#[cfg(windows)]
mod windows;

use std::ffi::OsString;
use std::path::Path;

#[cfg(not(windows))]
use unix as platform;
#[cfg(windows)]
use windows as platform;

pub(crate) use platform::{Folder, Tree, identity, open_regular, read_once, stat_open};

use crate::error::Error;
use crate::path::ResourcePath;

/// Where an entry is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    /// The model's root.
    Root,
    /// A name beneath the root, no part of it a link.
    Beneath(&'a ResourcePath),
    /// The absolute real path behind a link that was followed, no part of it a link.
    Real(&'a Path),
}

/// What kind of entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    Link,
    /// Anything else, in words.
    Special(&'static str),
}

/// What the file system says of an entry. Two equal ones mean: the same file, untouched in between, as far as the
/// file system's clock can tell (its ticks are milliseconds apart on older kernels).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    pub(crate) id: Id,
    modified: (i64, u32),
    changed: (i64, u32),
}

/// Which file it is, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Id {
    device: u64,
    inode: platform::Inode,
}

/// An entry of a folder.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: OsString,
    pub(crate) kind: Kind,
}

impl Place<'_> {
    /// For messages: relative to the model where it can be.
    pub(crate) fn shown(&self) -> &Path {
        match self {
            Self::Root => Path::new("."),
            Self::Beneath(name) => Path::new(name.as_str()),
            Self::Real(path) => path,
        }
    }
}

impl Stat {
    /// Compares with an earlier look at what should be the same file; says what differs.
    pub(crate) fn expect(&self, earlier: &Self, path: &Path) -> Result<(), Error> {
        let what = if self.kind != earlier.kind || self.id != earlier.id {
            "it was replaced"
        } else if self.size < earlier.size {
            "it shrank"
        } else if self.size > earlier.size {
            "it grew"
        } else if self.modified != earlier.modified {
            "it was written to"
        } else if self.changed != earlier.changed {
            "its attributes changed"
        } else {
            return Ok(());
        };
        Err(Error::FileChanged { path: path.into(), what })
    }
}
