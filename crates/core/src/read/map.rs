// SPDX-License-Identifier: Apache-2.0
//! A range of a file as memory, let go again window by window, so that a file of any size costs one window of memory.
//! The map is made once: madvise takes the memory lock shared, mmap would take it alone.

use std::ffi::c_void;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::ptr::{self, NonNull};

use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, munmap};

use super::Shared;
use super::guard::Watched;
use crate::error::{Error, Result};

/// A read-only map of a range of a file.
#[derive(Debug)]
pub(super) struct Map {
    base: NonNull<c_void>,
    len: usize,
    /// The file offset of `base`: the start of the range, rounded down to a page.
    origin: u64,
    watched: Option<Watched>,
    present: Range<usize>,
}

impl Map {
    /// Maps a range. `None` where that cannot be done; then the file is read.
    pub(super) fn new(file: &File, range: &Range<u64>, shared: &Shared<'_>) -> Option<Self> {
        if !cfg!(target_os = "linux") && shared.guard.is_none() {
            return None;
        }
        let page = rustix::param::page_size() as u64;
        let origin = range.start / page * page;
        let len = usize::try_from(range.end - origin).ok()?;
        // SAFETY: a fresh private read-only map at an address of the kernel's choice harms no memory of anyone.
        let base = unsafe { mmap(ptr::null_mut(), len, ProtFlags::READ, MapFlags::PRIVATE, file, origin) }.ok()?;
        let base = NonNull::new(base)?;
        let watched = shared.guard.as_ref().and_then(|guard| guard.watch(base.as_ptr() as usize, len));
        let map = Self { base, len, origin, watched, present: 0..0 };
        map.advise(0..len, Advice::Sequential);
        Some(map)
    }

    /// Whether the bytes may be touched. An unguarded map only answers what is cached.
    pub(super) fn is_guarded(&self) -> bool {
        self.watched.is_some()
    }

    /// All bytes of the map. Only those of the window made present are meant to be touched.
    pub(super) fn bytes(&self) -> &[u8] {
        debug_assert!(self.is_guarded());
        // SAFETY: the map is `len` bytes long, readable, and lives as long as `self`; a page that is gone reads as
        // zeros through the guard. Still doubted: another process that writes to the file changes these bytes while
        // they are borrowed. They are only fed to hash functions, which read each byte once and branch on none, and a
        // change is refused afterwards by the file's times; the abstract machine has no word for memory like this.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr().cast(), self.len) }
    }

    /// Says which bytes of the map a window is. Its pages come when they are touched, sixteen at a time: asking for
    /// all of them at once (`MADV_POPULATE_READ`) costs a quarter more system time.
    pub(super) fn present(&mut self, window: &Range<u64>) -> Range<usize> {
        self.present = self.place(window);
        self.present.clone()
    }

    /// Lets the present window go, after making sure that it was there while it was read.
    pub(super) fn release(&mut self, path: &Path) -> Result<()> {
        if self.present.is_empty() {
            return Ok(());
        }
        if self.watched.as_ref().is_some_and(Watched::was_hit) {
            return Err(Error::FileChanged { path: path.into(), what: "it shrank, or a page of it could not be read" });
        }
        let present = std::mem::take(&mut self.present);
        #[cfg(target_os = "linux")]
        self.advise(present, Advice::LinuxDontNeed);
        #[cfg(not(target_os = "linux"))]
        self.advise(present, Advice::DontNeed);
        Ok(())
    }

    /// Whether most of a window would have to come from the disk. A few pages stand for all of them.
    #[cfg(target_os = "linux")]
    pub(super) fn is_cold(&self, window: &Range<u64>) -> bool {
        const SAMPLES: usize = 8;
        let place = self.place(window);
        let page = rustix::param::page_size();
        let step = (place.len() / SAMPLES).max(1);
        let samples = place.clone().step_by(step).take(SAMPLES);
        let (mut asked, mut absent) = (0, 0);
        for at in samples {
            let address = self.base.as_ptr().wrapping_byte_add(at / page * page);
            let mut is_present = 0u8;
            // SAFETY: the page lies in the map, and one page is answered by one byte.
            if unsafe { libc::mincore(address, 1, &raw mut is_present) } != 0 {
                return false;
            }
            asked += 1;
            absent += usize::from(is_present & 1 == 0);
        }
        absent * 2 > asked
    }

    fn place(&self, window: &Range<u64>) -> Range<usize> {
        // The map holds the window, whose offsets therefore fit into memory.
        let place = |offset: u64| usize::try_from(offset - self.origin).unwrap_or(self.len);
        place(window.start)..place(window.end)
    }

    /// Advice is advice: where it is not taken, everything still works.
    fn advise(&self, place: Range<usize>, advice: Advice) {
        let start = place.start / rustix::param::page_size() * rustix::param::page_size();
        let address = self.base.as_ptr().wrapping_byte_add(start);
        // SAFETY: the range lies in a private read-only map of a file, of which no advice given here loses anything.
        let _ = unsafe { madvise(address, place.end - start, advice) };
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // First the guard lets go of the addresses, then they may become somebody else's.
        self.watched = None;
        // SAFETY: the map is ours, and nobody holds a borrow of its bytes.
        let _ = unsafe { munmap(self.base.as_ptr(), self.len) };
    }
}

// SAFETY: the map is memory that belongs to no thread.
unsafe impl Send for Map {}
