// SPDX-License-Identifier: Apache-2.0
//! The file tree on Windows: one name at a time, each relative to the handle of its folder, no link in any of them.
//!
//! Symbolic links, junctions and mounted folders are links: each stands for another name. Files whose content a driver
//! keeps elsewhere (deduplicated, compressed, in a cloud) are reparse points, too, but stand for themselves.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Component, Path};

use windows_sys::Win32::Foundation::ERROR_STOPPED_ON_SYMLINK;
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_DEVICE, FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_REPARSE_POINT,
};

use super::nt::{self, Reparse, Want};
use super::{Entry, Id, Kind, Place, Stat};

/// What tells files of one volume apart.
pub(crate) type Inode = [u8; 16];

/// The handle of a model's root folder.
#[derive(Debug)]
pub(crate) struct Tree {
    root: File,
}

impl Tree {
    /// Takes hold of a folder by its real path. Of a folder around a model that is one file no more is needed.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        let root = nt::open_path(root, Want::Entries).or_else(|_| nt::open_path(root, Want::Attributes))?;
        Ok(Self { root })
    }

    /// Opens a file for reading and says what was opened. Whether that is what was meant is for the caller to check.
    pub(crate) fn open_file(&self, place: Place<'_>) -> io::Result<(File, Stat)> {
        let file = self.open_at(place, Want::Content)?;
        let stat = stat_open(&file)?;
        Ok((file, stat))
    }

    /// Lists a folder, sorted by name, so that the first error found is the same on every run.
    pub(crate) fn list(&self, place: Place<'_>) -> io::Result<(Folder, Vec<Entry>)> {
        let folder = self.open_at(place, Want::Entries)?;
        let mut entries = Vec::new();
        for nt::Listed { name, attributes, tag } in nt::list(&folder)? {
            if name != "." && name != ".." {
                entries.push(Entry { name, kind: kind_of(attributes, tag) });
            }
        }
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok((Folder(folder), entries))
    }

    /// Looks at an entry without opening or following it.
    pub(crate) fn stat(&self, place: Place<'_>) -> io::Result<Stat> {
        stat_open(&self.open_at(place, Want::Attributes)?)
    }

    fn open_at(&self, place: Place<'_>, want: Want) -> io::Result<File> {
        match place {
            Place::Root => self.root.try_clone(),
            Place::Beneath(name) => open_beneath(self.root.try_clone()?, name.split('/').map(OsStr::new), want),
            Place::Real(path) => open_real(path, want),
        }
    }
}

/// A folder that is being listed, for looking at its entries.
#[derive(Debug)]
pub(crate) struct Folder(File);

impl Folder {
    /// Looks at an entry of this folder by its name, without following it.
    pub(crate) fn stat(&self, name: &OsStr) -> io::Result<Stat> {
        stat_open(&nt::open_in(&self.0, name, Want::Attributes, Reparse::Itself)?)
    }

    /// The folder's own identity.
    pub(crate) fn id(&self) -> io::Result<Id> {
        id_of(&self.0)
    }
}

/// Looks again at a file that is open.
pub(crate) fn stat_open(file: &File) -> io::Result<Stat> {
    let basic = nt::basic(file)?;
    let is_reparse = basic.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT != 0;
    let tag = if is_reparse { nt::tag(file)? } else { 0 };
    Ok(Stat {
        kind: kind_of(basic.FileAttributes, tag),
        size: nt::standard(file)?.EndOfFile.cast_unsigned(),
        id: id_of(file)?,
        modified: (basic.LastWriteTime, 0),
        changed: (basic.ChangeTime, 0),
    })
}

/// Opens a file by its path, through links, for reading; `None` where it is no regular file. Consoles, pipes and other
/// devices have names, too, which need not look like it: `NUL`, `con.sig`.
pub(crate) fn open_regular(path: &Path) -> io::Result<Option<File>> {
    let file = nt::open_path(path, Want::Content)?;
    Ok((nt::is_on_disk(&file) && stat_open(&file)?.kind == Kind::File).then_some(file))
}

/// Reads at a place of a file, perhaps less than there is room for.
pub(crate) fn read_once(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

/// Which file a path leads to, through links.
pub(crate) fn identity(path: &Path) -> Option<Id> {
    id_of(&nt::open_path(path, Want::Attributes).ok()?).ok()
}

/// From the root of a drive or share down.
fn open_real(path: &Path, want: Want) -> io::Result<File> {
    let mut root = OsString::new();
    let mut parts = path.components().peekable();
    while let Some(part) = parts.next_if(|part| matches!(part, Component::Prefix(_) | Component::RootDir)) {
        root.push(part);
    }
    if parts.peek().is_none() {
        return nt::open_path(path, want);
    }
    open_beneath(nt::open_path(Path::new(&root), Want::Attributes)?, parts.map(Component::as_os_str), want)
}

/// Opens folder after folder, each refused when it is a link.
fn open_beneath<'a>(folder: File, names: impl Iterator<Item = &'a OsStr>, want: Want) -> io::Result<File> {
    let mut open = folder;
    let mut names = names.peekable();
    while let Some(name) = names.next() {
        let is_last = names.peek().is_none();
        let own = if is_last { want } else { Want::Attributes };
        let entry = nt::open_in(&open, name, own, Reparse::Itself)?;
        // Looking at an entry never follows it.
        let is_looked_at = is_last && want == Want::Attributes;
        open = if is_looked_at { entry } else { not_a_link(&open, name, own, entry)? };
    }
    Ok(open)
}

/// Refuses a link. Content that a driver keeps elsewhere has to be opened once more, through the driver; a link that
/// took the place meanwhile leads to another file.
fn not_a_link(folder: &File, name: &OsStr, want: Want, entry: File) -> io::Result<File> {
    if nt::basic(&entry)?.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT == 0 {
        return Ok(entry);
    }
    let link = || io::Error::from_raw_os_error(ERROR_STOPPED_ON_SYMLINK.cast_signed());
    if is_link(nt::tag(&entry)?) {
        return Err(link());
    }
    let through = nt::open_in(folder, name, want, Reparse::Through)?;
    if id_of(&through)? == id_of(&entry)? { Ok(through) } else { Err(link()) }
}

fn id_of(file: &File) -> io::Result<Id> {
    let (device, inode) = nt::id(file)?;
    Ok(Id { device, inode })
}

fn kind_of(attributes: u32, tag: u32) -> Kind {
    let is_reparse = attributes & FILE_ATTRIBUTE_REPARSE_POINT != 0;
    if is_reparse && is_link(tag) {
        Kind::Link
    } else if is_reparse && is_special(tag) {
        Kind::Special("socket, pipe or device")
    } else if attributes & FILE_ATTRIBUTE_DEVICE != 0 {
        Kind::Special("device")
    } else if attributes & FILE_ATTRIBUTE_DIRECTORY != 0 {
        Kind::Folder
    } else {
        Kind::File
    }
}

/// Whether a reparse point stands for another name; bit 29 of its tag says so (MS-FSCC, section 2.1.2.1). A tag of
/// zero says nothing, and is taken for the worst.
fn is_link(tag: u32) -> bool {
    const NAME_SURROGATE: u32 = 0x2000_0000;
    tag & NAME_SURROGATE != 0 || tag == 0
}

/// What other systems keep as a special file: sockets, and the FIFOs and devices of the Windows Subsystem for Linux.
fn is_special(tag: u32) -> bool {
    matches!(tag, 0x8000_0023..=0x8000_0026)
}
