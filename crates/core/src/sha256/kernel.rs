// SPDX-License-Identifier: Apache-2.0
//! Which code advances two streams on this CPU: chosen at run time, by what the CPU says it can do.

use sha2::block_api::compress256;

#[cfg(target_arch = "aarch64")]
use super::aarch64 as native;
use super::portable;
#[cfg(target_arch = "x86_64")]
use super::x86 as native;
use super::{Block, Sha256, State};

/// One way to advance two streams. Whoever holds one is on a CPU that can run it.
pub struct Kernel {
    pub(super) name: &'static str,
    /// How many streams run in the time of one.
    pub(super) lanes: usize,
    /// Compresses as many blocks of each stream as the shorter of the two slices has.
    pub(super) compress_pair: fn([&mut State; 2], [&[Block]; 2]),
}

/// Every kernel this CPU can run, the best one first.
pub fn kernels() -> impl Iterator<Item = &'static Kernel> {
    native::kernel().into_iter().chain([&portable::KERNEL])
}

/// The name of the kernel that [`update_pair`](super::update_pair) uses on this CPU.
#[must_use]
pub fn kernel_name() -> &'static str {
    best().name
}

/// How many streams one core should be given at once.
pub(crate) fn lanes() -> usize {
    best().lanes
}

pub(super) fn best() -> &'static Kernel {
    native::kernel().unwrap_or(&portable::KERNEL)
}

impl Kernel {
    /// What reports call it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Appends bytes to two messages with this kernel, whichever is the best one.
    ///
    /// # Panics
    /// As [`Sha256::update`].
    pub fn update_pair(&self, a: &mut Sha256, a_data: &[u8], b: &mut Sha256, b_data: &[u8]) {
        let (a_blocks, b_blocks) = (a.absorb(a_data), b.absorb(b_data));
        let both = a_blocks.len().min(b_blocks.len());
        let ((a_pair, a_alone), (b_pair, b_alone)) = (a_blocks.split_at(both), b_blocks.split_at(both));
        (self.compress_pair)([&mut a.state, &mut b.state], [a_pair, b_pair]);
        compress256(&mut a.state, a_alone);
        compress256(&mut b.state, b_alone);
    }
}

#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
mod native {
    /// No interleaved kernel for this architecture.
    pub(super) const fn kernel() -> Option<&'static super::Kernel> {
        None
    }
}
