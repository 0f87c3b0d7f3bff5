// SPDX-License-Identifier: Apache-2.0
//! The NIST vectors for SHA-256, on every kernel of this CPU and in both of its lanes.

use std::io::Write;

use model_signing_core::sha256::{Kernel, Sha256, kernels};
use proptest::collection::vec;
use proptest::prelude::*;

const SHORT: &str = include_str!("vectors/SHA256ShortMsg.rsp");
const LONG: &str = include_str!("vectors/SHA256LongMsg.rsp");
const MONTE: &str = include_str!("vectors/SHA256Monte.rsp");

type Digest = [u8; 32];

/// Each message runs in both lanes, beside the messages that stand one and seven places on; in one update and in two.
#[test]
fn messages_have_their_digests_in_every_lane() {
    let vectors: Vec<_> = messages(SHORT).chain(messages(LONG)).collect();
    assert_eq!(vectors.len(), 65 + 10);
    let kernels = every_kernel();
    for kernel in &kernels {
        for (index, (a, a_digest)) in vectors.iter().enumerate() {
            for distance in [1, 7] {
                let (b, b_digest) = &vectors[(index + distance) % vectors.len()];
                for cut in [0, 1, 63, 64, 65, 200] {
                    let name = kernel.name();
                    let context = format!("{name}: {} bytes beside {}, cut at {cut}", a.len(), b.len());
                    assert_eq!(pair(kernel, [a, b], cut), [*a_digest, *b_digest], "{context}");
                    assert_eq!(pair(kernel, [b, a], cut), [*b_digest, *a_digest], "{context}, lanes exchanged");
                }
            }
        }
    }
    let names: Vec<_> = kernels.iter().map(|kernel| kernel.name()).collect();
    say(&format!("NIST's vectors, in every lane of: {}", names.join(", ")));
}

#[test]
fn messages_have_their_digests_alone() {
    for (message, digest) in messages(SHORT).chain(messages(LONG)) {
        assert_eq!(alone(&message), digest, "{} bytes", message.len());
    }
}

/// SHAVS section 6.4, in each lane, beside a message of its own that is never as long.
#[test]
fn monte_carlo_in_every_lane() {
    let seed = digest(values(MONTE, "Seed").next().unwrap());
    let checkpoints: Vec<_> = values(MONTE, "MD").map(digest).collect();
    assert_eq!(checkpoints.len(), 100);
    for kernel in every_kernel() {
        for lane in [0, 1] {
            let mut seed = seed;
            for (count, checkpoint) in checkpoints.iter().enumerate() {
                let mut last = [seed; 3];
                for round in 0..1000 {
                    let other = vec![0xa5; (round * 7) % 96];
                    let message = last.concat();
                    let beside = if lane == 0 { [&message, &other] } else { [&other, &message] };
                    last = [last[1], last[2], pair(kernel, beside.map(Vec::as_slice), 0)[lane]];
                }
                seed = last[2];
                assert_eq!(seed, *checkpoint, "{}, lane {lane}, count {count}", kernel.name());
            }
        }
    }
}

/// Lengths around the block's, and whole blocks more often than chance would have them.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![0..200_usize, (0..12_usize).prop_map(|blocks| blocks * 64)].prop_flat_map(|len| vec(any::<u8>(), len))
}

proptest! {
    #[test]
    fn any_splits_equal_the_one_shot_digest(pieces in vec((piece(), piece(), any::<bool>()), 0..8)) {
        for kernel in kernels() {
            let (mut a, mut b) = (Sha256::new(), Sha256::new());
            let (mut a_message, mut b_message) = (Vec::new(), Vec::new());
            for (a_piece, b_piece, together) in &pieces {
                if *together {
                    kernel.update_pair(&mut a, a_piece, &mut b, b_piece);
                } else {
                    a.update(a_piece);
                    b.update(b_piece);
                }
                a_message.extend_from_slice(a_piece);
                b_message.extend_from_slice(b_piece);
            }
            prop_assert_eq!(a.finalize(), oracle(&a_message), "{}", kernel.name());
            prop_assert_eq!(b.finalize(), oracle(&b_message), "{}", kernel.name());
        }
    }
}

fn every_kernel() -> Vec<&'static Kernel> {
    let all: Vec<_> = kernels().collect();
    if all.len() == 1 {
        say("SKIPPED: this CPU has no SHA-256 instructions, so no interleaved kernel was tested");
    }
    all
}

/// Not `eprintln!`, which the test harness swallows when a test passes.
fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn pair(kernel: &Kernel, messages: [&[u8]; 2], cut: usize) -> [Digest; 2] {
    let [(a_head, a_tail), (b_head, b_tail)] = messages.map(|message| message.split_at(cut.min(message.len())));
    let (mut a, mut b) = (Sha256::new(), Sha256::new());
    kernel.update_pair(&mut a, a_head, &mut b, b_head);
    kernel.update_pair(&mut a, a_tail, &mut b, b_tail);
    [a.finalize(), b.finalize()]
}

fn alone(message: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(message);
    hasher.finalize()
}

fn oracle(message: &[u8]) -> Digest {
    <sha2::Sha256 as sha2::Digest>::digest(message).into()
}

/// The messages of a response file with their digests. The empty message is written as a byte of which no bit counts.
fn messages(file: &'static str) -> impl Iterator<Item = (Vec<u8>, Digest)> {
    let bits = values(file, "Len").map(|len| len.parse::<usize>().unwrap());
    let texts = values(file, "Msg").map(bytes);
    let whole = bits.zip(texts).map(|(bits, text)| text[..bits / 8].to_vec());
    whole.zip(values(file, "MD").map(digest))
}

fn values(file: &'static str, key: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().filter_map(move |line| line.strip_prefix(key)?.strip_prefix(" = "))
}

fn digest(hex: &str) -> Digest {
    bytes(hex).try_into().unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    let (pairs, odd) = hex.as_bytes().as_chunks::<2>();
    assert!(odd.is_empty(), "whole bytes");
    pairs.iter().map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}
