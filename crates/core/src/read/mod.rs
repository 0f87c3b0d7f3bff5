// SPDX-License-Identifier: Apache-2.0
//! How the bytes of a file reach a hasher, the cheapest way there is for each part of it:
//! small files by one read; pages in the cache through a map; pages on the disk past the cache, read ahead.

#[cfg(target_os = "linux")]
mod ahead;
#[cfg(target_os = "linux")]
mod block;
mod forget;
#[cfg(unix)]
mod guard;
#[cfg(unix)]
mod map;

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

use crate::error::{Error, Result};
use crate::refusal::{is_link_loop, is_socket};
use crate::tree::{Tree, read_once, stat_open};
use crate::walk::FoundFile;
use crate::watch::Watch;

#[cfg(target_os = "linux")]
pub(crate) use ahead::Readers;
pub(crate) use forget::forget;
#[cfg(unix)]
pub(crate) use guard::Guard;

/// Files up to this size are read in one call: making and dropping a map costs more than copying.
const SMALL: u64 = 128 << 10;

/// What is looked at, mapped, and read past the cache at a time. Windows lie at multiples of this in the file, so
/// that direct reads are aligned; whole huge pages hold one.
#[cfg(unix)]
const WINDOW: u64 = 4 << 20;

/// How reading is to be done.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux is told all of it"))]
pub(crate) struct Manner {
    /// Look at cached pages through maps; else copy them.
    pub(crate) mmap: bool,
    /// Leave what had to come from the disk in the page cache.
    pub(crate) fill_cache: bool,
}

/// What every reader of a run shares.
#[derive(Debug)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux is told all of it"))]
pub(crate) struct Shared<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) watch: &'a Watch,
    pub(crate) manner: Manner,
    #[cfg(unix)]
    pub(crate) guard: Option<Guard>,
    #[cfg(target_os = "linux")]
    pub(crate) readers: Readers,
}

/// Hands out a range of a file, part by part. One for each lane, used for file after file.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    shared: &'a Shared<'a>,
    buffer: Vec<u8>,
    #[cfg(target_os = "linux")]
    ahead: ahead::Ahead,
    open: Option<Open<'a>>,
}

/// The file being read.
#[derive(Debug)]
struct Open<'a> {
    found: &'a FoundFile,
    file: File,
    /// What was not yet handed out nor is in `part`.
    rest: Range<u64>,
    part: Part,
    #[cfg(unix)]
    map: Option<map::Map>,
}

/// The bytes being handed out: where they lie, and which of them are not yet consumed.
#[derive(Debug)]
enum Part {
    Buffer(Range<usize>),
    #[cfg(unix)]
    Map(Range<usize>),
    #[cfg(target_os = "linux")]
    Ahead(Range<usize>),
}

impl<'a> Shared<'a> {
    /// Prepares for a run on so many threads.
    pub(crate) fn new(tree: &'a Tree, watch: &'a Watch, manner: Manner, threads: usize) -> Self {
        #[cfg(not(target_os = "linux"))]
        let _ = threads;
        Self {
            tree,
            watch,
            manner,
            #[cfg(unix)]
            guard: manner.mmap.then(Guard::install).flatten(),
            #[cfg(target_os = "linux")]
            readers: Readers::new(threads),
        }
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(shared: &'a Shared<'a>) -> Self {
        Self {
            shared,
            buffer: Vec::new(),
            #[cfg(target_os = "linux")]
            ahead: ahead::Ahead::default(),
            open: None,
        }
    }

    /// Opens a file, makes sure it is the one that was found, and gets ready to hand out a range of it.
    pub(crate) fn open(&mut self, found: &'a FoundFile, range: Range<u64>) -> Result<()> {
        let file = expect_readable(self.shared.tree, found)?;
        #[cfg(unix)]
        let map = if range.end - range.start > SMALL { map::Map::new(&file, &range, self.shared) } else { None };
        #[cfg(target_os = "linux")]
        self.ahead.start(&self.shared.readers);
        self.open = Some(Open {
            found,
            file,
            rest: range,
            part: Part::Buffer(0..0),
            #[cfg(unix)]
            map,
        });
        Ok(())
    }

    /// The bytes at hand; empty before the first `advance` and after the last byte.
    pub(crate) fn ready(&self) -> &[u8] {
        let Some(open) = &self.open else { return &[] };
        match &open.part {
            Part::Buffer(range) => &self.buffer[range.clone()],
            #[cfg(unix)]
            Part::Map(range) => open.map.as_ref().map_or(&[], |map| &map.bytes()[range.clone()]),
            #[cfg(target_os = "linux")]
            Part::Ahead(range) => &self.ahead.bytes()[range.clone()],
        }
    }

    /// Says that the first `count` bytes of `ready` are done with.
    pub(crate) fn consume(&mut self, count: usize) {
        let Some(open) = &mut self.open else { return };
        match &mut open.part {
            Part::Buffer(range) => range.start += count,
            #[cfg(unix)]
            Part::Map(range) => range.start += count,
            #[cfg(target_os = "linux")]
            Part::Ahead(range) => range.start += count,
        }
    }

    /// Gets the next bytes once `ready` is empty. `false` when there are none left: then the file was closed, and
    /// what was handed out is what was there from first to last.
    pub(crate) fn advance(&mut self) -> Result<bool> {
        let Some(open) = &mut self.open else { return Ok(false) };
        let path = shown(open.found);
        #[cfg(unix)]
        if let Some(map) = &mut open.map {
            map.release(path)?;
        }
        if open.rest.is_empty() {
            open.expect_end()?;
            // A small file was read by one call: the last look at all files comes soon enough, and sees no less.
            if open.found.stat.size > SMALL {
                let stat = stat_open(&open.file).map_err(|error| Error::io("look at", path, error))?;
                stat.expect(&open.found.stat, path)?;
            }
            self.open = None;
            return Ok(false);
        }
        #[cfg(unix)]
        let window = next_window(&open.rest);
        #[cfg(target_os = "linux")]
        if let Some(map) = &open.map {
            let (found, shared) = (open.found, self.shared);
            if let Some(part) = self.ahead.next(&open.rest, map, found, shared)? {
                open.part = Part::Ahead(part);
                open.rest.start = window.end;
                return Ok(true);
            }
        }
        #[cfg(unix)]
        if let Some(map) = open.map.as_mut().filter(|map| map.is_guarded()) {
            open.part = Part::Map(map.present(&window));
            open.rest.start = window.end;
            return Ok(true);
        }
        let count = open.read_into(&mut self.buffer)?;
        open.part = Part::Buffer(0..count);
        Ok(true)
    }
}

impl Open<'_> {
    /// Makes sure that the file ends where its size says, if no read has seen it yet: some file systems do not know the
    /// sizes of their files, and say 0.
    fn expect_end(&self) -> Result<()> {
        let was_seen = matches!(&self.part, Part::Buffer(range) if range.end > 0);
        if was_seen || self.rest.end != self.found.stat.size {
            return Ok(());
        }
        expect_end(&self.file, self.rest.end, shown(self.found))
    }

    /// Copies the next bytes into a buffer: all of a small file in one call, and the end of it is seen by the same
    /// call, for the buffer has room for a byte more.
    fn read_into(&mut self, buffer: &mut Vec<u8>) -> Result<usize> {
        let path = shown(self.found);
        let want = usize::try_from((self.rest.end - self.rest.start).min(SMALL)).unwrap_or(usize::MAX);
        if buffer.len() <= want {
            buffer.resize(want + 1, 0);
        }
        let ends_file = self.rest.end == self.found.stat.size && self.rest.end - self.rest.start == want as u64;
        let room = if ends_file { want + 1 } else { want };
        let count = read_at(&self.file, &mut buffer[..room], self.rest.start, want)
            .map_err(|error| Error::io("read", path, error))?;
        if count != want {
            let what = if count < want { "it shrank" } else { "it grew" };
            return Err(Error::FileChanged { path: path.into(), what });
        }
        self.rest.start += want as u64;
        Ok(want)
    }
}

/// Makes sure that a file can be read, and is the one that was found.
pub(crate) fn expect_readable(tree: &Tree, found: &FoundFile) -> Result<File> {
    let path = shown(found);
    let (file, stat) = tree.open_file(found.place()).map_err(|error| vanished(path, error))?;
    stat.expect(&found.stat, path)?;
    Ok(file)
}

/// Makes sure that a file is as empty as its size says, where nothing of it is hashed.
pub(crate) fn expect_empty(tree: &Tree, found: &FoundFile) -> Result<()> {
    expect_end(&expect_readable(tree, found)?, 0, shown(found))
}

fn expect_end(file: &File, at: u64, path: &Path) -> Result<()> {
    match read_at(file, &mut [0], at, 1).map_err(|error| Error::io("read", path, error))? {
        0 => Ok(()),
        _ => Err(Error::FileChanged { path: path.into(), what: "it grew" }),
    }
}

/// Reads until `enough` bytes are there or the file ends. A file system may give less than was asked for.
fn read_at(file: &File, buffer: &mut [u8], offset: u64, enough: usize) -> io::Result<usize> {
    let mut count = 0;
    while count < enough {
        let at = offset + count as u64;
        match read_once(file, &mut buffer[count..], at) {
            Ok(0) => break,
            Ok(read) => count += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

/// From the start of a range to the next multiple of the window size.
#[cfg(unix)]
fn next_window(rest: &Range<u64>) -> Range<u64> {
    let boundary = (rest.start / WINDOW + 1) * WINDOW;
    rest.start..boundary.min(rest.end)
}

fn shown(found: &FoundFile) -> &Path {
    Path::new(found.name.as_str())
}

/// A file that was there a moment ago and cannot be opened as what it was.
fn vanished(path: &Path, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Error::FileChanged { path: path.into(), what: "it was removed" }
        }
        _ if is_link_loop(&error) || is_socket(&error) => {
            Error::FileChanged { path: path.into(), what: "it was replaced" }
        }
        _ => Error::io("open", path, error),
    }
}
