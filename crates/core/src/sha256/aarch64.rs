// SPDX-License-Identifier: Apache-2.0
//! Two interleaved streams on the SHA-256 instructions of Armv8.
//!
//! The same shape as on x86-64: one stream is bound by the latency of `sha256h`, two by its throughput. Thirty-two
//! vector registers hold both lanes and most constants, so the compiler needs no steering. Tested under emulation;
//! its speed on real hardware is not measured yet.

use core::arch::aarch64::{
    uint32x4_t, vaddq_u32, vld1q_u8, vld1q_u32, vreinterpretq_u32_u8, vrev32q_u8, vsha256h2q_u32, vsha256hq_u32,
    vsha256su0q_u32, vsha256su1q_u32, vst1q_u32,
};
use std::arch::is_aarch64_feature_detected;

use super::constants::ROUND_CONSTANTS;
use super::{Block, Kernel, State};

/// Private, so that [`kernel`] is the only way to it.
static KERNEL: Kernel = Kernel { name: "armv8-sha2 x2", lanes: 2, compress_pair };

/// The kernel, if this CPU has the instructions. The standard library asks the system once and remembers.
pub(super) fn kernel() -> Option<&'static Kernel> {
    is_aarch64_feature_detected!("sha2").then_some(&KERNEL)
}

fn compress_pair(states: [&mut State; 2], blocks: [&[Block]; 2]) {
    // SAFETY: only reached through `KERNEL`, which `kernel` hands out where this feature was detected.
    unsafe { compress_pair_sha2(states, blocks) }
}

#[target_feature(enable = "neon,sha2")]
fn compress_pair_sha2([a_state, b_state]: [&mut State; 2], [a_blocks, b_blocks]: [&[Block]; 2]) {
    let (mut a, mut b) = (Lane::load(a_state), Lane::load(b_state));
    for (a_block, b_block) in a_blocks.iter().zip(b_blocks) {
        let before = [a.abcd, a.efgh, b.abcd, b.efgh];
        a.take(a_block);
        b.take(b_block);
        // Both lanes' four rounds back to back: each waits out the latency of the other.
        macro_rules! rounds {
            ($($step:literal)*) => { $( a.four_rounds::<$step>(); b.four_rounds::<$step>(); )* };
        }
        rounds!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        a.add(before[0], before[1]);
        b.add(before[2], before[3]);
    }
    a.store(a_state);
    b.store(b_state);
}

/// One stream in registers: the working words, and sixteen message words.
struct Lane {
    abcd: uint32x4_t,
    efgh: uint32x4_t,
    window: [uint32x4_t; 4],
}

impl Lane {
    #[inline]
    #[target_feature(enable = "neon,sha2")]
    fn load(state: &State) -> Self {
        let halves = state.as_chunks::<4>().0;
        let (abcd, efgh) = (load_words(&halves[0]), load_words(&halves[1]));
        Self { abcd, efgh, window: [abcd; 4] }
    }

    /// Fills the window with a block's big-endian words.
    #[inline]
    #[target_feature(enable = "neon,sha2")]
    fn take(&mut self, block: &Block) {
        for (words, bytes) in self.window.iter_mut().zip(block.as_chunks::<16>().0) {
            // SAFETY: `bytes` is sixteen readable bytes, and this load asks for no alignment.
            *words = vreinterpretq_u32_u8(vrev32q_u8(unsafe { vld1q_u8(bytes.as_ptr()) }));
        }
    }

    /// Rounds 4 `STEP` to 4 `STEP` + 3; then the words just used make room for those of four steps later.
    #[inline]
    #[target_feature(enable = "neon,sha2")]
    fn four_rounds<const STEP: usize>(&mut self) {
        let input = vaddq_u32(self.window[STEP % 4], load_words(&ROUND_CONSTANTS[STEP]));
        let abcd = self.abcd;
        self.abcd = vsha256hq_u32(abcd, self.efgh, input);
        self.efgh = vsha256h2q_u32(self.efgh, abcd, input);
        if STEP < 12 {
            let (w0, w4) = (self.window[STEP % 4], self.window[(STEP + 1) % 4]);
            let (w8, w12) = (self.window[(STEP + 2) % 4], self.window[(STEP + 3) % 4]);
            self.window[STEP % 4] = vsha256su1q_u32(vsha256su0q_u32(w0, w4), w8, w12);
        }
    }

    #[inline]
    #[target_feature(enable = "neon,sha2")]
    fn add(&mut self, abcd: uint32x4_t, efgh: uint32x4_t) {
        self.abcd = vaddq_u32(self.abcd, abcd);
        self.efgh = vaddq_u32(self.efgh, efgh);
    }

    #[inline]
    #[target_feature(enable = "neon,sha2")]
    fn store(self, state: &mut State) {
        let halves = state.as_chunks_mut::<4>().0;
        store_words(&mut halves[0], self.abcd);
        store_words(&mut halves[1], self.efgh);
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn load_words(words: &[u32; 4]) -> uint32x4_t {
    // SAFETY: four readable words, aligned as words.
    unsafe { vld1q_u32(words.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn store_words(place: &mut [u32; 4], words: uint32x4_t) {
    // SAFETY: room for four words, aligned as words.
    unsafe { vst1q_u32(place.as_mut_ptr(), words) }
}
