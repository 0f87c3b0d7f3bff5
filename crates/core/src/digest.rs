// SPDX-License-Identifier: Apache-2.0
//! The names and values of digests: which algorithm, which bytes.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::error::Error;

/// A hash algorithm of the OMS algorithm registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Algorithm {
    /// SHA-256, the default of the specification.
    #[default]
    Sha256,
    /// `BLAKE2b` with 512 bits of output.
    Blake2b,
    /// BLAKE3 with 256 bits of output; the one algorithm that hashes a single file on many cores.
    Blake3,
}

impl Algorithm {
    /// Every algorithm, in the order they are listed to people.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Blake2b, Self::Blake3];

    /// The name written into statements and typed on command lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Blake2b => "blake2b",
            Self::Blake3 => "blake3",
        }
    }

    /// How many bytes a digest has.
    #[must_use]
    pub const fn digest_len(self) -> usize {
        match self {
            Self::Sha256 | Self::Blake3 => 32,
            Self::Blake2b => 64,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
            .ok_or_else(|| Error::AlgorithmUnknown { name: name.into() })
    }
}

/// The digest of a file, of a range of a file, or of a whole model. It knows its algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    bytes: [u8; 64],
}

impl Digest {
    /// Takes the raw bytes of a digest; `None` when their number does not fit the algorithm.
    #[must_use]
    pub fn new(algorithm: Algorithm, raw: &[u8]) -> Option<Self> {
        let mut bytes = [0; 64];
        let place = bytes.get_mut(..algorithm.digest_len())?;
        if raw.len() != place.len() {
            return None;
        }
        place.copy_from_slice(raw);
        Some(Self { algorithm, bytes })
    }

    /// Reads lowercase hexadecimal; `None` for anything else, upper case included.
    #[must_use]
    pub fn from_hex(algorithm: Algorithm, hex: &str) -> Option<Self> {
        if hex.len() != algorithm.digest_len() * 2 {
            return None;
        }
        let mut raw = [0; 64];
        for (byte, pair) in raw.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            *byte = hex_value(pair[0])? << 4 | hex_value(pair[1])?;
        }
        Self::new(algorithm, &raw[..algorithm.digest_len()])
    }

    /// The algorithm that made it.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The raw bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.algorithm.digest_len()]
    }

    /// Lowercase hexadecimal.
    #[must_use]
    pub fn to_hex(&self) -> String {
        let mut hex = String::with_capacity(self.algorithm.digest_len() * 2);
        self.push_hex(&mut hex);
        hex
    }

    /// Appends the lowercase hexadecimal form, for writers of a million digests.
    pub fn push_hex(&self, out: &mut String) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        for &byte in self.as_bytes() {
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// Digests of one algorithm in a row, without a gap: those of a million files are 32 MB and one piece of memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digests {
    algorithm: Algorithm,
    bytes: Vec<u8>,
}

impl Digests {
    pub(crate) const fn new(algorithm: Algorithm) -> Self {
        Self { algorithm, bytes: Vec::new() }
    }

    /// That many places, to be filled in any order.
    pub(crate) fn places(algorithm: Algorithm, count: usize) -> Self {
        Self { algorithm, bytes: vec![0; count * algorithm.digest_len()] }
    }

    pub(crate) const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// All of them, one behind the other.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Digest> {
        (0..self.bytes.len() / self.algorithm.digest_len()).map(|index| self.get(index))
    }

    pub(crate) fn get(&self, index: usize) -> Digest {
        Digest::new(self.algorithm, &self.bytes[self.place(index)]).expect("every place has the length of a digest")
    }

    /// A digest of another algorithm has no place here.
    pub(crate) fn set(&mut self, index: usize, digest: &Digest) {
        assert_eq!(digest.algorithm, self.algorithm);
        let place = self.place(index);
        self.bytes[place].copy_from_slice(digest.as_bytes());
    }

    /// A digest of another algorithm has no place here.
    pub(crate) fn push(&mut self, digest: &Digest) {
        assert_eq!(digest.algorithm, self.algorithm);
        self.bytes.extend_from_slice(digest.as_bytes());
    }

    fn place(&self, index: usize) -> Range<usize> {
        let len = self.algorithm.digest_len();
        index * len..(index + 1) * len
    }
}

/// `algorithm:hex`, the form that people compare.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, self.to_hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_written() {
        for algorithm in Algorithm::ALL {
            assert_eq!(algorithm.name().parse::<Algorithm>().unwrap(), algorithm);
        }
        for wrong in ["", "SHA256", "sha-256", "blake2", "blake2b "] {
            assert!(wrong.parse::<Algorithm>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn hex_is_strict() {
        let hex = "00ff10".to_owned() + &"ab".repeat(29);
        let digest = Digest::from_hex(Algorithm::Sha256, &hex).unwrap();
        assert_eq!(digest.to_hex(), hex);
        assert_eq!(digest.to_string(), format!("sha256:{hex}"));
        assert!(Digest::from_hex(Algorithm::Sha256, &hex.to_uppercase()).is_none());
        assert!(Digest::from_hex(Algorithm::Sha256, &hex[..62]).is_none());
        assert!(Digest::from_hex(Algorithm::Blake2b, &hex).is_none());
        assert!(Digest::from_hex(Algorithm::Sha256, &hex.replace("ff", "fg")).is_none());
    }
}
