// SPDX-License-Identifier: Apache-2.0
//! Takes a range of a file out of the page cache, so that what is measured next comes from the disk. The cache may
//! hold on to it: what is dirty or mapped elsewhere stays, and so does a file system that lives in memory.

use std::ops::Range;

use super::Shared;
#[cfg(target_os = "linux")]
use super::{map::Map, next_window, shown, vanished};
use crate::error::Result;
use crate::walk::FoundFile;

/// Lets the page cache forget a range of a file; whether it did, as far as this user may know.
#[cfg(target_os = "linux")]
pub(crate) fn forget(found: &FoundFile, range: &Range<u64>, shared: &Shared<'_>) -> Result<bool> {
    let path = shown(found);
    let (file, stat) = shared.tree.open_file(found.place()).map_err(|error| vanished(path, error))?;
    stat.expect(&found.stat, path)?;
    if range.is_empty() {
        return Ok(true);
    }
    // Without a length it is to the end, with the last page, which is no whole one.
    let len = if range.end == stat.size { 0 } else { range.end - range.start };
    let advice = rustix::fs::Advice::DontNeed;
    if rustix::fs::fadvise(&file, range.start, std::num::NonZeroU64::new(len), advice).is_err() {
        return Ok(false);
    }
    let Some(map) = Map::new(&file, range, shared) else { return Ok(false) };
    let mut rest = range.clone();
    while !rest.is_empty() {
        let window = next_window(&rest);
        if !map.is_cold(&window) {
            return Ok(false);
        }
        rest.start = window.end;
    }
    Ok(true)
}

/// There is no way to say that here.
#[cfg(not(target_os = "linux"))]
#[allow(clippy::unnecessary_wraps, reason = "the same shape as on Linux, where files have to be opened for it")]
pub(crate) fn forget(_: &FoundFile, _: &Range<u64>, _: &Shared<'_>) -> Result<bool> {
    Ok(false)
}
