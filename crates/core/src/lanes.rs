// SPDX-License-Identifier: Apache-2.0
//! One hasher over all algorithms, and how many of them one core should run side by side.
//!
//! SHA-256 and `BLAKE2b` are serial inside one message, so a core is kept busy with several. BLAKE3 is a tree: it
//! fills the core from one message, and pieces of one message can be hashed on many cores and joined.

use blake3::hazmat::{self, ChainingValue, HasherExt, Mode};

use crate::digest::{Algorithm, Digest};
use crate::sha256::{self, Sha256};

/// The most hashers that [`update_many`] gains from.
pub(crate) const MAX_LANES: usize = 4;

/// How many hashers of this algorithm one core should be given at once, on this CPU.
pub(crate) fn lanes(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::Sha256 => sha256::lanes(),
        Algorithm::Blake2b => blake2b_simd::many::degree().min(MAX_LANES),
        Algorithm::Blake3 => 1,
    }
}

/// One computation of one digest, fed in pieces of any length.
pub(crate) enum Hasher {
    Sha256(Sha256),
    Blake2b(blake2b_simd::State),
    /// On the heap: its two kilobytes would make every move of the others as dear.
    Blake3(Box<blake3::Hasher>),
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Blake2b => Self::Blake2b(blake2b_simd::State::new()),
            Algorithm::Blake3 => Self::Blake3(Box::new(blake3::Hasher::new())),
        }
    }

    /// The part of a BLAKE3 computation that covers one piece of a longer message: the one that starts `input_offset`
    /// bytes into it, a multiple of the length of the pieces.
    pub(crate) fn blake3_piece(input_offset: u64) -> Self {
        let mut hasher = Box::new(blake3::Hasher::new());
        hasher.set_input_offset(input_offset);
        Self::Blake3(hasher)
    }

    pub(crate) fn update(&mut self, data: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(data),
            Self::Blake2b(hasher) => {
                hasher.update(data);
            }
            Self::Blake3(hasher) => {
                hasher.update(data);
            }
        }
    }

    pub(crate) fn finalize(self) -> Digest {
        let digest = match self {
            Self::Sha256(hasher) => Digest::new(Algorithm::Sha256, &hasher.finalize()),
            Self::Blake2b(hasher) => Digest::new(Algorithm::Blake2b, hasher.finalize().as_bytes()),
            Self::Blake3(hasher) => Digest::new(Algorithm::Blake3, hasher.finalize().as_bytes()),
        };
        digest.expect("each algorithm gives as many bytes as its digest has")
    }

    /// The value that stands for a piece in [`blake3_join`]; a piece has at least one byte.
    ///
    /// # Panics
    /// When this is no [`Self::blake3_piece`].
    pub(crate) fn chaining_value(&self) -> ChainingValue {
        match self {
            Self::Blake3(hasher) => hasher.finalize_non_root(),
            _ => panic!("only BLAKE3 has pieces"),
        }
    }
}

/// Appends to each hasher its own data, side by side where this CPU gains from it. Lengths may differ; what one has
/// more than the others runs alone.
///
/// # Panics
/// When hashers of `BLAKE2b` and of another algorithm are mixed.
pub(crate) fn update_many(all: &mut [(&mut Hasher, &[u8])]) {
    match all {
        [(Hasher::Blake2b(_), _), _, ..] => {
            blake2b_simd::many::update_many(all.iter_mut().map(|(hasher, data)| match hasher {
                Hasher::Blake2b(hasher) => (hasher, *data),
                _ => panic!("hashers of one algorithm at a time"),
            }));
        }
        [(Hasher::Sha256(a), a_data), (Hasher::Sha256(b), b_data), rest @ ..] => {
            sha256::update_pair(a, a_data, b, b_data);
            update_many(rest);
        }
        [(one, data), rest @ ..] => {
            one.update(data);
            update_many(rest);
        }
        [] => {}
    }
}

/// The BLAKE3 digest of a message, from the chaining values of its pieces in order. All are `piece_len` bytes long,
/// a power of two from 1024 on, but for the last, which may be shorter.
///
/// # Panics
/// When these are not the pieces of such a message, or when there is only one: its digest is not made by joining.
pub(crate) fn blake3_join(total_len: u64, piece_len: u64, chaining_values: &[ChainingValue]) -> Digest {
    assert!(piece_len.is_power_of_two() && piece_len >= 1024, "a piece of {piece_len} bytes is no subtree");
    assert!(chaining_values.len() >= 2, "a single piece is its own root");
    assert_eq!(total_len.div_ceil(piece_len), chaining_values.len() as u64, "one chaining value for each piece");
    let [left, right] = halves(total_len, piece_len, chaining_values);
    let root = hazmat::merge_subtrees_root(&left, &right, Mode::Hash);
    Digest::new(Algorithm::Blake3, root.as_bytes()).expect("BLAKE3 gives 32 bytes")
}

/// The left half of a tree is the largest power of two of bytes that leaves something to the right; so it is always
/// whole pieces.
fn halves(len: u64, piece_len: u64, chaining_values: &[ChainingValue]) -> [ChainingValue; 2] {
    let left_len = hazmat::left_subtree_len(len);
    let middle = usize::try_from(left_len / piece_len).expect("fewer than there are chaining values");
    let (left, right) = chaining_values.split_at(middle);
    [merge(left_len, piece_len, left), merge(len - left_len, piece_len, right)]
}

fn merge(len: u64, piece_len: u64, chaining_values: &[ChainingValue]) -> ChainingValue {
    if let [piece] = chaining_values {
        return *piece;
    }
    let [left, right] = halves(len, piece_len, chaining_values);
    hazmat::merge_subtrees_non_root(&left, &right, Mode::Hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// The same bytes as the official BLAKE3 vectors are made from.
    fn counting(len: usize) -> Vec<u8> {
        (0..=250).cycle().take(len).collect()
    }

    fn one_shot(algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        match algorithm {
            Algorithm::Sha256 => <sha2::Sha256 as sha2::Digest>::digest(message).to_vec(),
            Algorithm::Blake2b => blake2b_simd::blake2b(message).as_bytes().to_vec(),
            Algorithm::Blake3 => blake3::hash(message).as_bytes().to_vec(),
        }
    }

    fn digest(algorithm: Algorithm, message: &[u8]) -> String {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(message);
        hasher.finalize().to_string()
    }

    /// RFC 7693 appendix A, and the reference implementation's vectors.
    #[test]
    fn blake2b_gives_known_answers() {
        let empty = "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419\
                     d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce";
        let abc = "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1\
                   7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923";
        assert_eq!(digest(Algorithm::Blake2b, b""), format!("blake2b:{empty}"));
        assert_eq!(digest(Algorithm::Blake2b, b"abc"), format!("blake2b:{abc}"));
    }

    /// The official vectors: one block, a whole chunk, and one byte into the second.
    #[test]
    fn blake3_gives_known_answers() {
        for (len, known) in [
            (0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
            (1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"),
            (1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"),
            (1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"),
        ] {
            assert_eq!(digest(Algorithm::Blake3, &counting(len)), format!("blake3:{known}"), "{len} bytes");
        }
    }

    #[test]
    fn a_core_is_given_as_many_lanes_as_it_gains_from() {
        for algorithm in Algorithm::ALL {
            assert!((1..=MAX_LANES).contains(&lanes(algorithm)), "{algorithm}");
        }
        assert_eq!(lanes(Algorithm::Sha256), if sha256::kernel_name() == "portable" { 1 } else { 2 });
    }

    #[test]
    #[should_panic(expected = "one algorithm")]
    fn algorithms_are_not_mixed_in_one_call() {
        let (mut a, mut b) = (Hasher::new(Algorithm::Blake2b), Hasher::new(Algorithm::Sha256));
        update_many(&mut [(&mut a, b"a"), (&mut b, b"b")]);
    }

    #[test]
    #[should_panic(expected = "its own root")]
    fn a_single_piece_is_not_joined() {
        blake3_join(1024, 1024, &[[0; 32]]);
    }

    #[test]
    #[should_panic(expected = "one chaining value for each piece")]
    fn a_missing_piece_is_noticed() {
        blake3_join(4097, 1024, &[[0; 32]; 4]);
    }

    /// Lengths around the block sizes (64 and 128), and whole blocks more often than chance would have them.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![0..300_usize, (0..20_usize).prop_map(|blocks| blocks * 64)]
            .prop_flat_map(|len| vec(any::<u8>(), len))
    }

    proptest! {
        #[test]
        fn any_lanes_with_any_splits_equal_the_one_shot_digest(
            algorithm in prop::sample::select(&Algorithm::ALL[..]),
            rounds in vec(vec(piece(), 5), 0..6),
            lanes in 1..=5_usize,
        ) {
            let mut hashers: Vec<_> = (0..lanes).map(|_| Hasher::new(algorithm)).collect();
            let mut messages = vec![Vec::new(); lanes];
            for round in &rounds {
                let mut all: Vec<_> = hashers.iter_mut().zip(round.iter().map(Vec::as_slice)).collect();
                update_many(&mut all);
                messages.iter_mut().zip(round).for_each(|(message, piece)| message.extend_from_slice(piece));
            }
            for (hasher, message) in hashers.into_iter().zip(messages) {
                let digest = hasher.finalize();
                prop_assert_eq!(digest.as_bytes(), one_shot(algorithm, &message));
            }
        }

        #[test]
        fn joined_pieces_equal_the_one_shot_digest(
            piece_len in (10..14_u32).prop_map(|power| 1_usize << power),
            len in 1025..200_000_usize,
            cut in 1..5000_usize,
        ) {
            let message = counting(len.max(piece_len + 1));
            let values: Vec<_> = message.chunks(piece_len).zip(0..).map(|(piece, index)| {
                let mut subtree = Hasher::blake3_piece(index * piece_len as u64);
                piece.chunks(cut).for_each(|part| subtree.update(part));
                subtree.chaining_value()
            }).collect();
            let joined = blake3_join(message.len() as u64, piece_len as u64, &values);
            prop_assert_eq!(joined.as_bytes(), one_shot(Algorithm::Blake3, &message));
        }
    }
}
