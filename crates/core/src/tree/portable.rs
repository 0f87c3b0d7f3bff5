// SPDX-License-Identifier: Apache-2.0
//! The file tree where there are no directory handles: each entry is looked at without following it, then opened.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Entry, Id, Kind, Place, Stat};

/// A model's root folder, by its path.
#[derive(Debug)]
pub(crate) struct Tree {
    root: PathBuf,
}

impl Tree {
    /// Takes a folder by its real path.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        fs::read_dir(root)?;
        Ok(Self { root: root.into() })
    }

    /// Opens a file for reading and says what was opened.
    pub(crate) fn open_file(&self, place: Place<'_>) -> io::Result<(File, Stat)> {
        let path = self.path(place);
        if fs::symlink_metadata(&path)?.is_symlink() {
            return Err(io::Error::other("it became a symbolic link"));
        }
        let file = File::open(path)?;
        let stat = stat_of(&file.metadata()?);
        Ok((file, stat))
    }

    /// Lists a folder, sorted by name.
    pub(crate) fn list(&self, place: Place<'_>) -> io::Result<(Folder, Vec<Entry>)> {
        let folder = Folder(self.path(place));
        let mut entries = Vec::new();
        for entry in fs::read_dir(&folder.0)? {
            let entry = entry?;
            let kind = kind_of(&entry.metadata()?);
            entries.push(Entry { name: entry.file_name().into_encoded_bytes(), kind });
        }
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok((folder, entries))
    }

    /// Looks at an entry without opening or following it.
    pub(crate) fn stat(&self, place: Place<'_>) -> io::Result<Stat> {
        Ok(stat_of(&fs::symlink_metadata(self.path(place))?))
    }

    fn path(&self, place: Place<'_>) -> PathBuf {
        match place {
            Place::Root => self.root.clone(),
            Place::Beneath(name) => self.root.join(name.as_str()),
            Place::Real(path) => path.into(),
        }
    }
}

/// A folder that is being listed.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Looks at an entry of this folder by its name, without following it.
    pub(crate) fn stat(&self, name: &[u8]) -> io::Result<Stat> {
        let name = std::str::from_utf8(name).map_err(io::Error::other)?;
        Ok(stat_of(&fs::symlink_metadata(self.0.join(name))?))
    }

    /// The folder's own identity: its real path stands for what other systems number.
    pub(crate) fn id(&self) -> io::Result<Id> {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        fs::canonicalize(&self.0)?.hash(&mut hasher);
        Ok(Id { device: 0, inode: hasher.finish() })
    }
}

/// Looks again at a file that is open.
pub(crate) fn stat_open(file: &File) -> io::Result<Stat> {
    Ok(stat_of(&file.metadata()?))
}

/// Which file a path leads to: not known here.
pub(crate) fn identity(_: &Path) -> Option<Id> {
    None
}

/// Whether the system went in circles; not told apart here from other refusals.
pub(crate) fn is_link_loop(_: &io::Error) -> bool {
    false
}

/// Whether the system would not open something because it is a socket; there are none here.
pub(crate) fn is_socket(_: &io::Error) -> bool {
    false
}

fn kind_of(found: &Metadata) -> Kind {
    if found.is_file() {
        Kind::File
    } else if found.is_dir() {
        Kind::Folder
    } else if found.is_symlink() {
        Kind::Link
    } else {
        Kind::Special("entry of unknown kind")
    }
}

fn stat_of(found: &Metadata) -> Stat {
    Stat {
        kind: kind_of(found),
        size: found.len(),
        id: Id { device: 0, inode: 0 },
        modified: ticks(found.modified()),
        changed: ticks(found.created()),
    }
}

fn ticks(time: io::Result<SystemTime>) -> (i64, u32) {
    let since = time.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    (i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}
