// SPDX-License-Identifier: Apache-2.0
//! Two streams one after the other, with the `sha2` crate's compression: right on every CPU, no faster than one.

use sha2::block_api::compress256;

use super::{Block, Kernel, State};

pub(super) static KERNEL: Kernel = Kernel { name: "portable", lanes: 1, compress_pair };

fn compress_pair([a, b]: [&mut State; 2], [a_blocks, b_blocks]: [&[Block]; 2]) {
    let both = a_blocks.len().min(b_blocks.len());
    compress256(a, &a_blocks[..both]);
    compress256(b, &b_blocks[..both]);
}
