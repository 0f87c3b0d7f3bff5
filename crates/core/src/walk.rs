// SPDX-License-Identifier: Apache-2.0
//! The files of a model: every regular file, by name; whatever cannot be hashed faithfully is an error.
//!
//! Nothing is left out in silence: an entry is listed, counted as hidden by a rule that the caller asked for, or
//! refused by name.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::error::{Error, Result};
use crate::manifest::MAX_RESOURCES;
use crate::model::Model;
use crate::path::ResourcePath;
use crate::refusal::is_link_loop;
use crate::rules::{Hidden, Links, Rules, Verdict};
use crate::tree::{Entry, Folder, Id, Kind, Place, Stat, Tree};
use crate::watch::Watch;

/// Folders that each link twice to the next are 2^n folders to walk. No honest model has so many behind links; this
/// many are walked in about a second.
const MAX_LINKED_FOLDERS: usize = 100_000;

/// A regular file of the model.
#[derive(Debug, Clone)]
pub(crate) struct FoundFile {
    pub(crate) name: ResourcePath,
    pub(crate) stat: Stat,
    real: Option<Box<Path>>,
}

/// What the walk came back with.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) files: Vec<FoundFile>,
    pub(crate) hidden: Hidden,
}

/// Walks a model. A model that is one file is that file, whatever the rules.
pub(crate) fn walk(model: &Model, tree: &Tree, rules: &Rules<'_>, watch: &Watch) -> Result<Found> {
    let mut walk = Walk { model, tree, rules, watch, found: Found::default(), todo: Vec::new(), linked: 0 };
    if let Some(name) = model.file() {
        let place = Place::Real(model.real());
        let stat = tree.stat(place).map_err(|error| Error::io("look at", model.given(), error))?;
        walk.add_file(name.clone(), stat, Some(model.real().into()))?;
    } else {
        walk.todo.push(Pending { name: None, real: None, trail: None });
    }
    while let Some(pending) = walk.todo.pop() {
        walk.folder(&pending)?;
    }
    Ok(walk.found)
}

struct Walk<'a> {
    model: &'a Model,
    tree: &'a Tree,
    rules: &'a Rules<'a>,
    watch: &'a Watch,
    found: Found,
    todo: Vec<Pending>,
    /// How many folders were reached through links.
    linked: usize,
}

/// A folder still to be listed.
struct Pending {
    /// `None` for the root.
    name: Option<ResourcePath>,
    /// Where it really is, when a link led to it.
    real: Option<PathBuf>,
    /// The folders it was reached through, kept only where links can make circles.
    trail: Option<Rc<Trail>>,
}

struct Trail {
    folder: Id,
    above: Option<Rc<Trail>>,
}

impl Walk<'_> {
    fn folder(&mut self, pending: &Pending) -> Result<()> {
        self.linked += usize::from(pending.real.is_some());
        if self.linked > MAX_LINKED_FOLDERS {
            return Err(Error::ModelTooLarge { limit: MAX_LINKED_FOLDERS });
        }
        let place = pending.place();
        let listed = self.tree.list(place).map_err(|error| Error::io("list the folder", place.shown(), error))?;
        let (folder, entries) = listed;
        let trail = self.trail(pending, &folder)?;
        let below = self.todo.len();
        for entry in entries {
            self.watch.check()?;
            self.entry(pending, trail.as_ref(), &folder, &entry)?;
        }
        // Taken from the end, so that folders are visited in the order of their names.
        self.todo[below..].reverse();
        Ok(())
    }

    fn trail(&self, pending: &Pending, folder: &Folder) -> Result<Option<Rc<Trail>>> {
        if self.rules.links == Links::None {
            return Ok(None);
        }
        let id = folder.id().map_err(|error| Error::io("look at", pending.place().shown(), error))?;
        Ok(Some(Rc::new(Trail { folder: id, above: pending.trail.clone() })))
    }

    fn entry(&mut self, parent: &Pending, trail: Option<&Rc<Trail>>, folder: &Folder, entry: &Entry) -> Result<()> {
        let Some(text) = entry.name.to_str() else {
            return self.not_utf8(parent, entry);
        };
        let shown = || parent.child_shown(&entry.name);
        let name = parent.child_name(text);
        let rules = self.rules;
        match rules.verdict(&name) {
            Verdict::Keep => {}
            hidden => return self.hide(&hidden, parent, entry),
        }
        let name = ResourcePath::parse(name).map_err(|reason| Error::NameInvalid { path: shown(), reason })?;
        match entry.kind {
            Kind::File => {
                let stat = folder.stat(&entry.name).map_err(|error| Error::io("look at", shown(), error))?;
                self.add_file(name, stat, parent.child_real(text).map(Into::into))
            }
            Kind::Folder => {
                let real = parent.child_real(text);
                self.todo.push(Pending { name: Some(name), real, trail: trail.cloned() });
                Ok(())
            }
            Kind::Link => self.link(parent, trail, name, text),
            Kind::Special(kind) => Err(Error::SpecialFile { path: shown(), kind }),
        }
    }

    fn add_file(&mut self, name: ResourcePath, stat: Stat, real: Option<Box<Path>>) -> Result<()> {
        if stat.kind != Kind::File {
            return Err(Error::FileChanged { path: name.as_str().into(), what: "it was replaced" });
        }
        let own = real.as_deref().unwrap_or(Path::new(name.as_str()));
        if self.rules.bundle.as_ref().is_some_and(|bundle| bundle.is(stat.id, own)) && !self.rules.names(&name) {
            return Ok(());
        }
        if self.rules.output.is_some() && real.as_deref() == self.rules.output.as_deref() {
            *self.found.hidden.ignored.entry(name.as_str().into()).or_default() += 1;
            return Ok(());
        }
        if self.found.files.len() == MAX_RESOURCES {
            return Err(Error::ModelTooLarge { limit: MAX_RESOURCES });
        }
        self.found.files.push(FoundFile { name, stat, real });
        Ok(())
    }

    /// Follows a link by asking the system for the real path behind it; what is there is reached without links.
    fn link(&mut self, parent: &Pending, trail: Option<&Rc<Trail>>, name: ResourcePath, text: &str) -> Result<()> {
        let path = || PathBuf::from(name.as_str());
        if self.rules.links == Links::None {
            return Err(Error::SymlinkForbidden { path: path() });
        }
        let target =
            fs::canonicalize(parent.real_folder(self.model).join(text)).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Error::SymlinkDangling { path: path() },
                _ if is_link_loop(&error) => Error::SymlinkCycle { path: path() },
                _ => Error::io("follow the link", path(), error),
            })?;
        if self.rules.links == Links::Inside && !target.starts_with(self.model.real()) {
            return Err(Error::SymlinkOutside { path: path(), target });
        }
        let stat = self.tree.stat(Place::Real(&target)).map_err(|error| Error::io("follow the link", path(), error))?;
        match stat.kind {
            Kind::File => self.add_file(name, stat, Some(target.into())),
            Kind::Folder if trail.is_some_and(|trail| trail.passes(stat.id)) => {
                Err(Error::SymlinkCycle { path: path() })
            }
            Kind::Folder => {
                self.todo.push(Pending { name: Some(name), real: Some(target), trail: trail.cloned() });
                Ok(())
            }
            Kind::Special(kind) => Err(Error::SpecialFile { path: path(), kind }),
            Kind::Link => Err(Error::FileChanged { path: path(), what: "it was replaced" }),
        }
    }

    /// No manifest and no rule can name it, but a rule can leave out the folder that it is in.
    fn not_utf8(&mut self, parent: &Pending, entry: &Entry) -> Result<()> {
        let rules = self.rules;
        match rules.verdict_within(parent.name.as_deref()) {
            Verdict::Keep => Err(Error::NameInvalid { path: parent.child_shown(&entry.name), reason: "is not UTF-8" }),
            hidden => self.hide(&hidden, parent, entry),
        }
    }

    /// Counts what an entry hides. Here, and only here, nothing is an error: what is hidden may be unreadable.
    fn hide(&mut self, verdict: &Verdict<'_>, parent: &Pending, entry: &Entry) -> Result<()> {
        let rule = match verdict {
            Verdict::Ignored(rule) => Some((*rule).to_owned()),
            _ => None,
        };
        let mut files = 0;
        let mut todo = vec![(parent.real_folder(self.model).join(&entry.name), entry.kind == Kind::Folder)];
        while let Some((path, is_folder)) = todo.pop() {
            self.watch.check()?;
            let entries = if is_folder { fs::read_dir(&path).ok() } else { None };
            match entries {
                Some(entries) => todo.extend(entries.flatten().map(|entry| {
                    let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                    (entry.path(), is_folder)
                })),
                None => files += u64::from(!self.is_bundle(&path)),
            }
        }
        match rule {
            Some(rule) if files > 0 => *self.found.hidden.ignored.entry(rule).or_default() += files,
            Some(_) => {}
            None => self.found.hidden.unsigned += files,
        }
        Ok(())
    }

    fn is_bundle(&self, path: &Path) -> bool {
        let Some(bundle) = &self.rules.bundle else { return false };
        self.tree.stat(Place::Real(path)).is_ok_and(|stat| bundle.is(stat.id, path))
    }
}

impl Pending {
    fn place(&self) -> Place<'_> {
        match (&self.real, &self.name) {
            (Some(real), _) => Place::Real(real),
            (None, Some(name)) => Place::Beneath(name),
            (None, None) => Place::Root,
        }
    }

    fn real_folder(&self, model: &Model) -> PathBuf {
        match (&self.real, &self.name) {
            (Some(real), _) => real.clone(),
            (None, Some(name)) => model.real().join(name.as_str()),
            (None, None) => model.real().into(),
        }
    }

    fn child_name(&self, child: &str) -> String {
        self.name.as_ref().map_or_else(|| child.into(), |folder| [folder.as_str(), "/", child].concat())
    }

    fn child_real(&self, child: &str) -> Option<PathBuf> {
        self.real.as_ref().map(|real| real.join(child))
    }

    fn child_shown(&self, child: &OsStr) -> PathBuf {
        let folder = self.name.as_ref().map_or("", |name| name.as_str());
        Path::new(folder).join(child)
    }
}

impl Trail {
    fn passes(&self, folder: Id) -> bool {
        let mut at = Some(self);
        while let Some(trail) = at {
            if trail.folder == folder {
                return true;
            }
            at = trail.above.as_deref();
        }
        false
    }
}

impl FoundFile {
    /// Where to open it.
    pub(crate) fn place(&self) -> Place<'_> {
        self.real.as_deref().map_or(Place::Beneath(&self.name), Place::Real)
    }
}
