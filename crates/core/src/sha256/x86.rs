// SPDX-License-Identifier: Apache-2.0
//! Two interleaved streams on the SHA extensions of x86-64.
//!
//! The bound is 64 cycles for a block of one lane: 32 `sha256rnds2`, one every 2 cycles on AMD's CPUs. Intel's take
//! one every 3 (Raptor Cove): 96 cycles there, of the 128 that one stream takes on both. No AVX is asked for:
//! some CPUs have these instructions without it, and its encoding gains nothing (64 cycles either way on Zen 4).
//! The bench `kernels` shows whether a compiler still holds the line.

use core::arch::x86_64::{
    __m128i, _MM_HINT_T0, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_loadu_si128, _mm_prefetch,
    _mm_set_epi8, _mm_set_epi32, _mm_setzero_si128, _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32,
    _mm_shuffle_epi8, _mm_shuffle_epi32,
};
use std::arch::is_x86_feature_detected;
use std::hint::black_box;

use super::constants::ROUND_CONSTANTS;
use super::{Block, Kernel, State};

/// How many bytes ahead of a block its lane's memory is asked for. The CPU's own prefetching ends with each page;
/// asked half a page early, a model in the page cache costs 6 % less (1, 2, 4 and 8 KiB do alike).
const LOOK_AHEAD: usize = 2048;

/// Private, so that [`kernel`] is the only way to it.
static KERNEL: Kernel = Kernel { name: "sha-ni x2", lanes: 2, compress_pair };

/// The kernel, if this CPU has the instructions. The standard library asks the CPU once and remembers.
pub(super) fn kernel() -> Option<&'static Kernel> {
    let here =
        is_x86_feature_detected!("sha") && is_x86_feature_detected!("ssse3") && is_x86_feature_detected!("sse4.1");
    here.then_some(&KERNEL)
}

fn compress_pair(states: [&mut State; 2], blocks: [&[Block]; 2]) {
    // SAFETY: only reached through `KERNEL`, which `kernel` hands out where these features were detected.
    unsafe { compress_pair_sha(states, blocks) }
}

#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
fn compress_pair_sha([a_state, b_state]: [&mut State; 2], [a_blocks, b_blocks]: [&[Block]; 2]) {
    let (mut a, mut b) = (Lane::load(a_state), Lane::load(b_state));
    for (a_block, b_block) in a_blocks.iter().zip(b_blocks) {
        // The sixteen registers hold both states, both message windows and two temporaries. `black_box` puts these
        // copies into memory at once; left alone, the compiler spills a live state instead, and the reload stands in
        // the chain of rounds: 71 cycles a block, not 64, on Zen 4.
        let before = black_box([a.abef, a.cdgh, b.abef, b.cdgh]);
        look_ahead(a_block);
        look_ahead(b_block);
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

/// Asks for what the next blocks will need. It may lie beyond the data: nothing is read, and the CPU drops what is
/// not mapped.
#[inline]
#[target_feature(enable = "sse2")]
fn look_ahead(block: &Block) {
    _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(LOOK_AHEAD).cast());
}

/// One stream in registers: the working words in the order the instructions want, and sixteen message words.
struct Lane {
    abef: __m128i,
    cdgh: __m128i,
    window: [__m128i; 4],
}

impl Lane {
    #[inline]
    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    fn load(state: &State) -> Self {
        let word = state.map(u32::cast_signed);
        Self {
            abef: _mm_set_epi32(word[0], word[1], word[4], word[5]),
            cdgh: _mm_set_epi32(word[2], word[3], word[6], word[7]),
            window: [_mm_setzero_si128(); 4],
        }
    }

    /// Fills the window with a block's big-endian words.
    #[inline]
    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    fn take(&mut self, block: &Block) {
        let big_endian = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
        for (words, bytes) in self.window.iter_mut().zip(block.as_chunks::<16>().0) {
            // SAFETY: `bytes` is sixteen readable bytes, and this load asks for no alignment.
            *words = _mm_shuffle_epi8(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }, big_endian);
        }
    }

    /// Rounds 4 `STEP` to 4 `STEP` + 3; then the words just used make room for those of four steps later.
    #[inline]
    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    fn four_rounds<const STEP: usize>(&mut self) {
        let [k0, k1, k2, k3] = ROUND_CONSTANTS[STEP].map(u32::cast_signed);
        let input = _mm_add_epi32(self.window[STEP % 4], _mm_set_epi32(k3, k2, k1, k0));
        // Two rounds make the new ABEF, and the old one is the new CDGH; twice, and both names are right again.
        self.cdgh = _mm_sha256rnds2_epu32(self.cdgh, self.abef, input);
        self.abef = _mm_sha256rnds2_epu32(self.abef, self.cdgh, _mm_shuffle_epi32(input, 0b00_00_11_10));
        if STEP < 12 {
            let (w0, w4) = (self.window[STEP % 4], self.window[(STEP + 1) % 4]);
            let (w8, w12) = (self.window[(STEP + 2) % 4], self.window[(STEP + 3) % 4]);
            let w9 = _mm_alignr_epi8(w12, w8, 4);
            self.window[STEP % 4] = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(w0, w4), w9), w12);
        }
    }

    #[inline]
    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    fn add(&mut self, abef: __m128i, cdgh: __m128i) {
        self.abef = _mm_add_epi32(self.abef, abef);
        self.cdgh = _mm_add_epi32(self.cdgh, cdgh);
    }

    #[inline]
    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    fn store(self, state: &mut State) {
        let Self { abef, cdgh, .. } = self;
        let words = [
            _mm_extract_epi32(abef, 3),
            _mm_extract_epi32(abef, 2),
            _mm_extract_epi32(cdgh, 3),
            _mm_extract_epi32(cdgh, 2),
            _mm_extract_epi32(abef, 1),
            _mm_extract_epi32(abef, 0),
            _mm_extract_epi32(cdgh, 1),
            _mm_extract_epi32(cdgh, 0),
        ];
        *state = words.map(i32::cast_unsigned);
    }
}
