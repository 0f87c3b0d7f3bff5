// SPDX-License-Identifier: Apache-2.0
//! What becomes of an entry of a model, by its name: kept, hidden by a rule of the caller's, or tolerated.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use crate::ignore::IgnoreSet;
use crate::manifest::Manifest;
use crate::tree::Id;

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
    pub(crate) bundle: Option<Id>,
    /// The real path of the signature that is going to be replaced. By its path and not by its identity: a hard link to
    /// it stays what it is.
    pub(crate) output: Option<PathBuf>,
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

/// The files that a manifest names, and the folders on the way to them.
#[derive(Debug)]
pub(crate) struct Named<'a>(HashSet<&'a str>);

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
        if self.names(name) {
            Verdict::Keep
        } else if let Some(rule) = self.ignored.rule(name) {
            Verdict::Ignored(rule)
        } else if self.tolerate_unsigned {
            Verdict::Unsigned
        } else {
            Verdict::Keep
        }
    }

    /// Whether a manifest names this file, or one beneath this folder.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.named.as_ref().is_some_and(|named| named.0.contains(name))
    }
}

impl<'a> Named<'a> {
    /// Collects what a manifest names.
    pub(crate) fn of(manifest: &'a Manifest) -> Self {
        let mut named = HashSet::with_capacity(manifest.resources().len());
        for mut path in manifest.resources().paths() {
            while named.insert(path) {
                let Some((folder, _)) = path.rsplit_once('/') else { break };
                path = folder;
            }
        }
        Self(named)
    }
}
