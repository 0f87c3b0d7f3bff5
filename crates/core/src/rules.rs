// SPDX-License-Identifier: Apache-2.0
//! What becomes of an entry of a model, by its name: kept, hidden by a rule of the caller's, or tolerated.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::ignore::IgnoreSet;
use crate::manifest::Manifest;
use crate::resources::Resources;
use crate::tree::{Id, identity};

/// What the walk keeps, hides and refuses.
#[derive(Debug)]
pub(crate) struct Rules<'a> {
    pub(crate) ignored: IgnoreSet,
    pub(crate) links: Links,
    /// Set when a manifest is checked: what it names is kept, whatever any other rule says.
    pub(crate) named: Option<Named<'a>>,
    /// Entries that the manifest does not name are counted, not reported and not looked at.
    pub(crate) tolerate_unsigned: bool,
    /// The signature being read, which may lie inside the model.
    pub(crate) bundle: Option<SignatureFile>,
    /// The real path of the signature that is going to be replaced. By its path and not by its identity: a hard link to
    /// it stays what it is.
    pub(crate) output: Option<PathBuf>,
}

/// A signature file under its own name. A bundle has room for text of anybody's: under the name of a template or a
/// page, which a hard link can give it, it is one more file that nobody signed.
#[derive(Debug)]
pub(crate) struct SignatureFile {
    id: Id,
    name: OsString,
}

impl SignatureFile {
    pub(crate) fn at(path: &Path) -> Option<Self> {
        let real = fs::canonicalize(path).ok()?;
        Some(Self { id: identity(&real)?, name: real.file_name()?.to_owned() })
    }

    /// Whether it is this entry. File systems that do not tell letter from capital know one name in two spellings.
    pub(crate) fn is(&self, id: Id, entry: &Path) -> bool {
        self.id == id && entry.file_name().is_some_and(|name| name.eq_ignore_ascii_case(&self.name))
    }
}

/// Which symbolic links are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    None,
    Inside,
    Anywhere,
}

impl Links {
    /// What the two switches mean together.
    pub(crate) fn allowed(inside: bool, outside: bool) -> Self {
        match (inside, outside) {
            (false, _) => Self::None,
            (true, false) => Self::Inside,
            (true, true) => Self::Anywhere,
        }
    }
}

/// The files that a manifest names, and the folders on the way to them. The folders are not listed: names of two
/// thousand parts each would make them a thousand times as long as the manifest.
#[derive(Debug)]
pub(crate) struct Named<'a> {
    files: HashSet<&'a str>,
    /// Sorted by name, which for a shard begins with its file's.
    resources: &'a Resources,
}

/// How many files were not looked at, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hidden {
    /// For each ignore path that hid anything, how many files.
    pub ignored: BTreeMap<String, u64>,
    /// Files that the manifest does not name and that were tolerated: because the caller chose to, or because they are
    /// empty and the model was signed by shards, of which they have none.
    pub unsigned: u64,
}

impl Hidden {
    /// How many files in all.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.ignored.values().sum::<u64>() + self.unsigned
    }
}

/// What becomes of an entry, by its name alone.
pub(crate) enum Verdict<'a> {
    Keep,
    Ignored(&'a str),
    Unsigned,
}

impl Rules<'_> {
    /// What becomes of the entry with this name.
    pub(crate) fn verdict(&self, name: &str) -> Verdict<'_> {
        if self.names(name) { Verdict::Keep } else { self.verdict_within(Some(name)) }
    }

    /// What becomes of what no manifest names, beneath this folder or the root.
    pub(crate) fn verdict_within(&self, folder: Option<&str>) -> Verdict<'_> {
        if let Some(rule) = folder.and_then(|name| self.ignored.rule(name)) {
            Verdict::Ignored(rule)
        } else if self.tolerate_unsigned {
            Verdict::Unsigned
        } else {
            Verdict::Keep
        }
    }

    /// Whether a manifest names this file, or one beneath this folder.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.named.as_ref().is_some_and(|named| named.files.contains(name) || named.is_beneath(name))
    }
}

impl<'a> Named<'a> {
    /// Collects what a manifest names.
    pub(crate) fn of(manifest: &'a Manifest) -> Self {
        let resources = manifest.resources();
        Self { files: resources.paths().collect(), resources }
    }

    fn is_beneath(&self, folder: &str) -> bool {
        let start = [folder, "/"].concat();
        self.resources.first_name_from(&start).is_some_and(|name| name.starts_with(&start))
    }
}
