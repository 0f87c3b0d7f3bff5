// SPDX-License-Identifier: Apache-2.0
//! The file tree on Unix: `openat2` with `RESOLVE_BENEATH` where the kernel has it, one component at a time elsewhere.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
#[cfg(unix)]
use std::os::unix::ffi::OsStrExt;
#[cfg(target_os = "wasi")]
use std::os::wasi::ffi::OsStrExt;
use std::path::{Component, Path};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};

use super::{Entry, Id, Kind, Place, Stat};

/// What tells files of one device apart.
pub(crate) type Inode = u64;

/// The handle of a model's root folder.
#[derive(Debug)]
pub(crate) struct Tree {
    root: OwnedFd,
    #[cfg(target_os = "linux")]
    has_openat2: bool,
}

/// A FIFO must not block the opening, a link must not be followed, a child process must not inherit.
const SAFE: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The root's handle only stands for a place; listing the root opens it again.
#[cfg(target_os = "linux")]
const HANDLE: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const HANDLE: OFlags = SAFE.union(OFlags::DIRECTORY);

impl Tree {
    /// Takes hold of a folder by its real path.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        let root = rustix::fs::open(root, HANDLE, Mode::empty())?;
        Ok(Self {
            #[cfg(target_os = "linux")]
            has_openat2: has_openat2(&root),
            root,
        })
    }

    /// Opens a file for reading and says what was opened. Whether that is what was meant is for the caller to check.
    pub(crate) fn open_file(&self, place: Place<'_>) -> io::Result<(File, Stat)> {
        let file = File::from(self.open_at(place, SAFE)?);
        let stat = stat_of(&rustix::fs::fstat(&file)?);
        Ok((file, stat))
    }

    /// Opens a file once more, past the page cache. Fails where the file system cannot do that.
    #[cfg(target_os = "linux")]
    pub(crate) fn open_direct(&self, place: Place<'_>) -> io::Result<(File, Stat)> {
        let file = File::from(self.open_at(place, SAFE | OFlags::DIRECT)?);
        let stat = stat_of(&rustix::fs::fstat(&file)?);
        Ok((file, stat))
    }

    /// Lists a folder, sorted by name, so that the first error found is the same on every run.
    pub(crate) fn list(&self, place: Place<'_>) -> io::Result<(Folder, Vec<Entry>)> {
        let folder = Folder(self.open_at(place, SAFE | OFlags::DIRECTORY)?);
        let mut entries = Vec::new();
        // Of its own, because reading moves it.
        let listing = rustix::fs::openat(&folder.0, ".", SAFE | OFlags::DIRECTORY, Mode::empty())?;
        for entry in Dir::new(listing)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => folder.stat(name)?.kind,
                known => kind_of(known),
            };
            entries.push(Entry { name: name.into(), kind });
        }
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok((folder, entries))
    }

    /// Looks at an entry without opening or following it.
    pub(crate) fn stat(&self, place: Place<'_>) -> io::Result<Stat> {
        let found = match place {
            Place::Root => rustix::fs::fstat(&self.root),
            Place::Beneath(name) => rustix::fs::statat(&self.root, name.as_str(), AtFlags::SYMLINK_NOFOLLOW),
            Place::Real(path) => rustix::fs::lstat(path),
        };
        match found {
            Err(rustix::io::Errno::NAMETOOLONG) => self.open_file(place).map(|(_, stat)| stat),
            found => Ok(stat_of(&found?)),
        }
    }

    fn open_at(&self, place: Place<'_>, flags: OFlags) -> io::Result<OwnedFd> {
        match place {
            Place::Root => Ok(rustix::fs::openat(&self.root, ".", flags, Mode::empty())?),
            Place::Beneath(name) => self.open_beneath(Path::new(name.as_str()), flags),
            Place::Real(path) => self.open_real(path, flags),
        }
    }

    #[cfg(target_os = "linux")]
    fn open_beneath(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        use rustix::fs::ResolveFlags;
        if self.has_openat2 && path.as_os_str().len() < PATH_MAX {
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
            return openat2(self.root.as_fd(), path, flags, resolve);
        }
        open_by_component(self.root.as_fd(), path, flags)
    }

    #[cfg(not(target_os = "linux"))]
    fn open_beneath(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        open_by_component(self.root.as_fd(), path, flags)
    }

    #[cfg(target_os = "linux")]
    fn open_real(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        if self.has_openat2 && path.as_os_str().len() < PATH_MAX {
            return openat2(CWD, path, flags, rustix::fs::ResolveFlags::NO_SYMLINKS);
        }
        open_by_component(CWD, path, flags)
    }

    #[cfg(not(target_os = "linux"))]
    #[allow(clippy::unused_self, reason = "the same shape as on Linux, where the kernel's abilities matter")]
    fn open_real(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        open_by_component(CWD, path, flags)
    }
}

/// A folder that is being listed, for looking at its entries.
#[derive(Debug)]
pub(crate) struct Folder(OwnedFd);

impl Folder {
    /// Looks at an entry of this folder by its name, without following it.
    pub(crate) fn stat(&self, name: &OsStr) -> io::Result<Stat> {
        Ok(stat_of(&rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?))
    }

    /// The folder's own identity.
    pub(crate) fn id(&self) -> io::Result<Id> {
        Ok(stat_of(&rustix::fs::fstat(&self.0)?).id)
    }
}

/// Looks again at a file that is open.
pub(crate) fn stat_open(file: &File) -> io::Result<Stat> {
    Ok(stat_of(&rustix::fs::fstat(file)?))
}

/// Opens a file by its path, through links, for reading; `None` where it is no regular file. A FIFO in its place must
/// not hold up who opens it.
pub(crate) fn open_regular(path: &Path) -> io::Result<Option<File>> {
    let file = File::from(rustix::fs::open(path, SAFE.difference(OFlags::NOFOLLOW), Mode::empty())?);
    Ok((stat_open(&file)?.kind == Kind::File).then_some(file))
}

/// Reads at a place of a file, perhaps less than there is room for.
pub(crate) fn read_once(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, buffer, offset);
    #[cfg(target_os = "wasi")]
    return Ok(rustix::io::pread(file, buffer, offset)?);
}

/// Which file a path leads to, through links.
pub(crate) fn identity(path: &Path) -> Option<Id> {
    Some(stat_of(&rustix::fs::stat(path).ok()?).id)
}

/// The longest path that one system call takes, its NUL included.
#[cfg(target_os = "linux")]
const PATH_MAX: usize = 4096;

/// Kernels before 5.6 lack the call, and some sandboxes deny it by EPERM.
#[cfg(target_os = "linux")]
fn has_openat2(root: &OwnedFd) -> bool {
    use rustix::fs::ResolveFlags;
    rustix::fs::openat2(root, ".", SAFE | OFlags::DIRECTORY, Mode::empty(), ResolveFlags::BENEATH).is_ok()
}

#[cfg(target_os = "linux")]
fn openat2(at: impl AsFd, path: &Path, flags: OFlags, resolve: rustix::fs::ResolveFlags) -> io::Result<OwnedFd> {
    // A rename anywhere on the system can make the kernel unsure, which it says by EAGAIN.
    for _ in 0..64 {
        match rustix::fs::openat2(&at, path, flags, Mode::empty(), resolve) {
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
            answer => return Ok(answer?),
        }
    }
    Err(rustix::io::Errno::AGAIN.into())
}

/// Opens folder after folder, each refused when it is a link. Only the last handle is kept.
fn open_by_component(at: impl AsFd, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let mut folder: Option<OwnedFd> = None;
    let mut parts = path.components().peekable();
    while let Some(part) = parts.next() {
        let name = match part {
            Component::Normal(name) => name.as_bytes(),
            Component::RootDir => b"/",
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        };
        let flags = if parts.peek().is_some() { SAFE | OFlags::DIRECTORY } else { flags };
        let next = match &folder {
            None => rustix::fs::openat(&at, name, flags, Mode::empty())?,
            Some(folder) => rustix::fs::openat(folder, name, flags, Mode::empty())?,
        };
        folder = Some(next);
    }
    folder.ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

fn kind_of(found: FileType) -> Kind {
    match found {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Link,
        #[cfg(unix)]
        FileType::Fifo => Kind::Special("FIFO"),
        #[cfg(unix)]
        FileType::Socket => Kind::Special("socket"),
        FileType::CharacterDevice => Kind::Special("character device"),
        FileType::BlockDevice => Kind::Special("block device"),
        FileType::Unknown => Kind::Special("entry of unknown kind"),
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_lossless,
    clippy::unnecessary_cast,
    clippy::useless_conversion,
    reason = "the fields' types differ between systems; sizes and nanoseconds are never negative"
)]
fn stat_of(found: &rustix::fs::Stat) -> Stat {
    Stat {
        kind: kind_of(FileType::from_raw_mode(found.st_mode)),
        size: found.st_size as u64,
        id: Id { device: found.st_dev as u64, inode: found.st_ino as u64 },
        #[cfg(unix)]
        modified: (found.st_mtime as i64, found.st_mtime_nsec as u32),
        #[cfg(unix)]
        changed: (found.st_ctime as i64, found.st_ctime_nsec as u32),
        #[cfg(target_os = "wasi")]
        modified: (found.st_mtim.tv_sec, found.st_mtim.tv_nsec as u32),
        #[cfg(target_os = "wasi")]
        changed: (found.st_ctim.tv_sec, found.st_ctim.tv_nsec as u32),
    }
}
