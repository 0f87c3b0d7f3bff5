// SPDX-License-Identifier: Apache-2.0
//! What is really signed: the payload behind its type and length (DSSE v1 pre-authentication encoding, PAE).

use crate::manifest::Manifest;
use crate::statement::{self, Dialect};

/// The payload type of in-toto statements.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// A statement behind its encoding, in one piece of memory: what is signed of a million files is there once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    bytes: Vec<u8>,
    payload_at: usize,
}

impl Message {
    /// What is signed about a manifest.
    #[must_use]
    pub fn about(manifest: &Manifest, dialect: Dialect) -> Self {
        let mut text = pae_header(IN_TOTO, statement::expected_len(manifest));
        let payload_at = text.len();
        statement::append(&mut text, manifest, dialect);
        Self::behind(payload_at, text.into_bytes())
    }

    /// Puts the right encoding in the place of what stands before the payload. Where it has another length, the payload
    /// moves.
    pub(crate) fn behind(payload_at: usize, mut bytes: Vec<u8>) -> Self {
        let header = pae_header(IN_TOTO, bytes.len() - payload_at).into_bytes();
        let header_len = header.len();
        bytes.splice(..payload_at, header);
        bytes.shrink_to_fit();
        Self { bytes, payload_at: header_len }
    }

    /// The bytes that a signature covers.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The statement.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.bytes[self.payload_at..]
    }

    /// The same bytes, and where in them the payload begins.
    #[must_use]
    pub fn into_parts(self) -> (Vec<u8>, usize) {
        (self.bytes, self.payload_at)
    }
}

/// The pre-authentication encoding of a payload.
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    [pae_header(payload_type, payload.len()).as_bytes(), payload].concat()
}

/// What stands before the payload in its encoding: hash this, then the payload, and no large payload is copied.
#[must_use]
pub fn pae_header(payload_type: &str, payload_len: usize) -> String {
    format!("DSSEv1 {} {payload_type} {payload_len} ", payload_type.len())
}

/// What legacy statements were signed over: the version in capitals, and for the payload its Python notation
/// (`b'…'`), though the length is that of the payload. Up to four bytes for each of a payload that is not ASCII.
#[must_use]
pub fn legacy_pae(payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEV1 {} {IN_TOTO} {} b", IN_TOTO.len(), payload.len()).into_bytes();
    out.reserve(payload.len() + payload.len() / 8 + 2);
    let quote = if payload.contains(&b'\'') && !payload.contains(&b'"') { b'"' } else { b'\'' };
    out.push(quote);
    for &byte in payload {
        push_python_byte(&mut out, byte, quote);
    }
    out.push(quote);
    out
}

fn push_python_byte(out: &mut Vec<u8>, byte: u8, quote: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'\t' => out.extend(b"\\t"),
        b'\n' => out.extend(b"\\n"),
        b'\r' => out.extend(b"\\r"),
        b'\\' => out.extend(b"\\\\"),
        _ if byte == quote => out.extend([b'\\', quote]),
        b' '..=b'~' => out.push(byte),
        _ => out.extend([b'\\', b'x', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_and_payload_stand_behind_their_lengths() {
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
        assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
        assert_eq!(pae_header(IN_TOTO, 3), "DSSEv1 28 application/vnd.in-toto+json 3 ");
    }

    #[test]
    fn a_message_is_the_encoding_of_its_payload() {
        let payload = b"{}".to_vec();
        for before in ["", "x", &"x".repeat(500)] {
            let message = Message::behind(before.len(), [before.as_bytes(), &payload].concat());
            assert_eq!(message.as_bytes(), pae(IN_TOTO, &payload));
            assert_eq!(message.payload(), payload);
        }
    }

    #[test]
    fn legacy_payloads_stand_in_python_notation() {
        let notation = |payload: &[u8]| {
            let head = format!("DSSEV1 28 application/vnd.in-toto+json {} ", payload.len());
            String::from_utf8(legacy_pae(payload)).unwrap().strip_prefix(&head).unwrap().to_owned()
        };
        assert_eq!(notation(b""), "b''");
        assert_eq!(notation(b"{\"a\": 1}"), "b'{\"a\": 1}'");
        assert_eq!(notation(b"it's"), "b\"it's\"");
        assert_eq!(notation(b"\"it's\""), "b'\"it\\'s\"'");
        assert_eq!(notation(b"\\\t\n\r\0\x1f \x7e\x7f\x80\xff"), "b'\\\\\\t\\n\\r\\x00\\x1f ~\\x7f\\x80\\xff'");
    }
}
