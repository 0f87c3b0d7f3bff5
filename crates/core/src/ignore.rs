// SPDX-License-Identifier: Apache-2.0
//! Which entries of a model are left out: paths relative to the model, compared letter by letter, whole parts only.
//!
//! No patterns: a `*` in a rule is a star in a name. Rules never look at the working directory.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};
use crate::model::Model;

/// What a repository keeps about itself; left out by default, at the model's root only (OMS section 6.2.1).
pub const GIT_PATHS: [&str; 4] = [".git", ".gitattributes", ".github", ".gitignore"];

/// A set of ignore paths.
#[derive(Debug, Clone, Default)]
pub(crate) struct IgnoreSet {
    rules: BTreeSet<Box<str>>,
}

impl IgnoreSet {
    /// Takes what a caller wants left out of a model that is to be hashed: model-relative or absolute paths.
    pub(crate) fn chosen(model: &Model, paths: &[PathBuf], git: bool) -> Result<Self> {
        let mut set = Self::default();
        for path in paths {
            set.add(&relative_name(model, path)?);
        }
        if git {
            set.rules.extend(GIT_PATHS.map(Into::into));
        }
        Ok(set)
    }

    /// Takes what a statement says was left out. Any text is taken; what cannot be the name of an entry matches none.
    pub(crate) fn recorded<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        let mut set = Self::default();
        for path in paths {
            let parts: Vec<_> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
            if !path.starts_with('/') && !parts.is_empty() && !parts.contains(&"..") {
                set.add(&parts.join("/"));
            }
        }
        set
    }

    /// Takes the git set out, however it was spelt.
    pub(crate) fn drop_git(&mut self) {
        self.rules.retain(|rule| !GIT_PATHS.contains(&&**rule));
    }

    /// Joins another set's rules to these.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.rules.extend(other.rules.iter().cloned());
    }

    /// The rules, sorted, as a statement records them.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.rules.iter().map(ToString::to_string).collect()
    }

    /// The rule that leaves an entry out: its own or that of a folder above it, which a walk may have gone into on the
    /// way to what a manifest names.
    pub(crate) fn rule(&self, name: &str) -> Option<&str> {
        let own = self.rules.get(name).map(AsRef::as_ref);
        own.or_else(|| self.rule(name.rsplit_once('/')?.0))
    }

    fn add(&mut self, path: &str) {
        self.rules.insert(path.into());
    }
}

/// The name relative to the model that a caller's path means.
fn relative_name(model: &Model, path: &Path) -> Result<String> {
    let invalid = |reason| Error::IgnorePathInvalid { path: path.into(), reason };
    let inside = if path.is_absolute() {
        beneath(model, path).ok_or_else(|| invalid("is outside the model"))?
    } else {
        path.into()
    };
    let mut parts = Vec::new();
    for part in inside.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(part) => parts.push(part.to_str().ok_or_else(|| invalid("is not UTF-8"))?),
            _ => return Err(invalid("must not leave the model")),
        }
    }
    if parts.is_empty() { Err(invalid("is the model itself")) } else { Ok(parts.join("/")) }
}

/// Where an absolute path lies inside the model. The folder that holds the entry may be written through links; the
/// entry itself may be a link, and then the link is meant, not its target. Below a link of the model that leaves it
/// lies what is called by the link's name.
fn beneath(model: &Model, path: &Path) -> Option<PathBuf> {
    let folder = model.folder();
    if let Ok(inside) = path.strip_prefix(folder) {
        return Some(inside.into());
    }
    let mut tail = PathBuf::new();
    let mut head = path;
    // What does not exist cannot be resolved, but a folder above it can.
    loop {
        tail = if tail.as_os_str().is_empty() {
            head.file_name()?.into()
        } else {
            Path::new(head.file_name()?).join(tail)
        };
        head = head.parent()?;
        let real = fs::canonicalize(head).ok();
        if let Some(inside) = real.and_then(|real| Some(real.strip_prefix(folder).ok()?.join(&tail))) {
            return Some(inside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> (tempfile::TempDir, Model) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("model/sub")).unwrap();
        let model = Model::open(&folder.path().join("model")).unwrap();
        (folder, model)
    }

    fn chosen(model: &Model, paths: &[&str]) -> Result<Vec<String>> {
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        Ok(IgnoreSet::chosen(model, &paths, false)?.paths())
    }

    #[test]
    fn a_path_means_the_same_however_it_is_written() {
        let (_folder, model) = model();
        let absolute = model.real().join("sub/");
        let names = chosen(&model, &["./sub", "sub/", "sub//.", absolute.to_str().unwrap()]).unwrap();
        assert_eq!(names, ["sub"]);
    }

    #[test]
    #[cfg(unix)]
    fn an_absolute_path_through_a_link_is_inside_and_a_link_itself_is_meant() {
        let (folder, model) = model();
        std::os::unix::fs::symlink(model.real(), folder.path().join("alias")).unwrap();
        std::os::unix::fs::symlink("sub", model.real().join("link")).unwrap();
        let alias = folder.path().join("alias/link");
        let missing = folder.path().join("alias/not/yet");
        let names = chosen(&model, &[alias.to_str().unwrap(), missing.to_str().unwrap()]).unwrap();
        assert_eq!(names, ["link", "not/yet"]);
    }

    #[test]
    #[cfg(unix)]
    fn what_lies_below_a_link_that_leaves_the_model_is_called_by_the_link() {
        let (folder, model) = model();
        fs::create_dir(folder.path().join("outside")).unwrap();
        std::os::unix::fs::symlink("../outside", model.real().join("link")).unwrap();
        std::os::unix::fs::symlink(model.real(), folder.path().join("alias")).unwrap();
        let written = |path: &str| chosen(&model, &[folder.path().join(path).to_str().unwrap()]);
        for path in ["model/link/x", "alias/link/x"] {
            assert_eq!(written(path).unwrap(), ["link/x"], "{path}");
        }
        for path in ["outside/x", "alias/link/../x", "alias/link/not/../x"] {
            assert_eq!(written(path).unwrap_err().code(), "IGNORE_PATH_INVALID", "{path}");
        }
    }

    #[test]
    fn what_cannot_be_inside_is_refused() {
        let (folder, model) = model();
        let outside = folder.path().join("other");
        for path in ["..", "../x", "sub/../../x", ".", "", model.real().to_str().unwrap(), outside.to_str().unwrap()] {
            assert_eq!(chosen(&model, &[path]).unwrap_err().code(), "IGNORE_PATH_INVALID", "{path}");
        }
    }

    #[test]
    fn recorded_junk_matches_nothing_and_never_fails() {
        let set = IgnoreSet::recorded(["./a/", "b//c", "../x", "/etc", "", ".", "we[ird*", "x/../y"]);
        assert_eq!(set.paths(), ["a", "b/c", "we[ird*"]);
        assert!(set.rule("b/c").is_some() && set.rule("b").is_none() && set.rule("weird").is_none());
    }
}
