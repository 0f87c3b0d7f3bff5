// SPDX-License-Identifier: Apache-2.0
//! SHA-256 (FIPS 180-4) as a resumable stream, and two streams interleaved on one core.
//!
//! One stream waits on itself: 32 `sha256rnds2` in series, 4 cycles each. A second, independent stream fills the
//! gaps, so two files, or two shards, cost hardly more than one. Single streams are the `sha2` crate's.

#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
mod constants;
mod kernel;
mod portable;

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86;

use sha2::block_api::compress256;

pub(crate) use kernel::lanes;
pub use kernel::{Kernel, kernel_name, kernels};

/// What one compression takes in.
pub(crate) type Block = [u8; 64];
/// The eight working words between two compressions.
pub(crate) type State = [u32; 8];

/// The initial hash value, FIPS 180-4 section 5.3.3.
const INITIAL: State =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// One SHA-256 computation, fed in pieces of any length; it owns no memory beyond itself.
#[derive(Debug, Clone)]
pub struct Sha256 {
    state: State,
    /// The bytes so far; the last `total % 64` of them wait in `buffer`.
    total: u64,
    buffer: Block,
}

impl Sha256 {
    /// Begins an empty message.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: INITIAL, total: 0, buffer: [0; 64] }
    }

    /// Appends bytes to the message.
    ///
    /// # Panics
    /// When the message reaches 2^61 bytes, which SHA-256 cannot count (FIPS 180-4 section 5.1.1).
    pub fn update(&mut self, data: &[u8]) {
        let blocks = self.absorb(data);
        compress256(&mut self.state, blocks);
    }

    /// Ends the message and gives its digest.
    #[must_use]
    pub fn finalize(mut self) -> [u8; 32] {
        let held = self.held();
        let mut end = [0; 128];
        end[..held].copy_from_slice(&self.buffer[..held]);
        end[held] = 0x80;
        let len = if held < 56 { 64 } else { 128 };
        end[len - 8..len].copy_from_slice(&(self.total * 8).to_be_bytes());
        compress256(&mut self.state, end[..len].as_chunks().0);

        let mut digest = [0; 32];
        for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(self.state) {
            *bytes = word.to_be_bytes();
        }
        digest
    }

    /// Counts the data, completes the waiting block with the front of it, keeps the tail, and gives back the whole blocks
    /// between: the only part that is still to be compressed.
    fn absorb<'data>(&mut self, data: &'data [u8]) -> &'data [Block] {
        let held = self.held();
        self.total = self.total_with(data);
        let (front, data) = data.split_at(if held == 0 { 0 } else { data.len().min(64 - held) });
        self.buffer[held..held + front.len()].copy_from_slice(front);
        if held > 0 {
            if held + front.len() < 64 {
                return &[];
            }
            compress256(&mut self.state, &[self.buffer]);
        }
        let (blocks, tail) = data.as_chunks();
        self.buffer[..tail.len()].copy_from_slice(tail);
        blocks
    }

    fn held(&self) -> usize {
        (self.total % 64) as usize
    }

    fn total_with(&self, data: &[u8]) -> u64 {
        let total = self.total.checked_add(data.len() as u64);
        total.filter(|&total| total < 1 << 61).expect("a SHA-256 message is shorter than 2^61 bytes")
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

/// Appends bytes to two messages at once, with the best kernel of this CPU.
///
/// Any two lengths are right. The gain is where both have whole blocks: what one message has more of runs alone.
///
/// # Panics
/// As [`Sha256::update`].
pub fn update_pair(a: &mut Sha256, a_data: &[u8], b: &mut Sha256, b_data: &[u8]) {
    kernel::best().update_pair(a, a_data, b, b_data);
}
