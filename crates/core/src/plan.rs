// SPDX-License-Identifier: Apache-2.0
//! From files to work: which resources there will be, and the units that threads take, largest first.

use std::cmp::Reverse;
use std::ops::Range;

use crate::digest::Algorithm;
use crate::error::{Error, Result};
use crate::manifest::{MAX_RESOURCES, Method};
use crate::walk::FoundFile;

/// BLAKE3 is a tree, so that one file can be hashed by every core, in pieces of this size. A power of two, as the
/// tree demands; small enough to share out the last file evenly, large enough that opening it again costs nothing.
const PIECE: u64 = 32 << 20;

/// All the work of one run.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// One for each resource, in the order of the files.
    pub(crate) targets: Vec<Target>,
    /// What threads take, largest first, so that the last ones to finish are the small ones.
    pub(crate) units: Vec<Unit>,
    /// How many pieces there are in all; each leaves a chaining value.
    pub(crate) pieces: u32,
}

/// A resource to be: a file, or a range of one.
#[derive(Debug)]
pub(crate) struct Target {
    /// The file's place in the list of files.
    pub(crate) file: u32,
    pub(crate) range: Range<u64>,
    /// The pieces it is hashed in, when it is; their places among all pieces.
    pub(crate) pieces: Range<u32>,
}

/// Bytes that one stream hashes without a break.
#[derive(Debug)]
pub(crate) struct Unit {
    /// The resource's place in the list of targets.
    pub(crate) target: u32,
    pub(crate) range: Range<u64>,
    /// The piece it is, when it is not the whole resource.
    pub(crate) piece: Option<u32>,
}

impl Plan {
    /// Plans the hashing of files.
    pub(crate) fn new(files: &[FoundFile], method: Method, algorithm: Algorithm) -> Result<Self> {
        let mut plan = Self::default();
        for (index, file) in files.iter().enumerate() {
            let index = u32::try_from(index).map_err(|_| too_large())?;
            let size = file.stat.size;
            match method {
                Method::Files => plan.add(index, 0..size, algorithm)?,
                // Empty files have no shards.
                Method::Shards { size: shard } => {
                    if size.div_ceil(shard) > (MAX_RESOURCES - plan.targets.len()) as u64 {
                        return Err(too_large());
                    }
                    let mut start = 0;
                    while start < size {
                        let end = size.min(start.saturating_add(shard));
                        plan.add(index, start..end, algorithm)?;
                        start = end;
                    }
                }
            }
        }
        plan.sort();
        Ok(plan)
    }

    /// Plans the hashing of parts of files: which file, and which of its bytes. Each is a resource of its own.
    pub(crate) fn of_parts(parts: impl Iterator<Item = (u32, Range<u64>)>, algorithm: Algorithm) -> Result<Self> {
        let mut plan = Self::default();
        for (file, range) in parts {
            plan.add(file, range, algorithm)?;
        }
        plan.sort();
        Ok(plan)
    }

    fn sort(&mut self) {
        self.units.sort_by_key(|unit| Reverse(unit.range.end - unit.range.start));
    }

    /// How many bytes there are to hash.
    pub(crate) fn bytes(&self) -> u64 {
        self.targets.iter().map(|target| target.range.end - target.range.start).sum()
    }

    fn add(&mut self, file: u32, range: Range<u64>, algorithm: Algorithm) -> Result<()> {
        let target = u32::try_from(self.targets.len()).map_err(|_| too_large())?;
        let first = self.pieces;
        if algorithm == Algorithm::Blake3 && range.end - range.start > PIECE {
            let mut start = range.start;
            while start < range.end {
                let end = range.end.min(start.saturating_add(PIECE));
                self.units.push(Unit { target, range: start..end, piece: Some(self.pieces) });
                self.pieces = self.pieces.checked_add(1).ok_or_else(too_large)?;
                start = end;
            }
        } else {
            self.units.push(Unit { target, range: range.clone(), piece: None });
        }
        self.targets.push(Target { file, range, pieces: first..self.pieces });
        Ok(())
    }
}

impl Target {
    /// The size that every piece but the last has.
    pub(crate) const PIECE: u64 = PIECE;
}

fn too_large() -> Error {
    Error::ModelTooLarge { limit: MAX_RESOURCES }
}
