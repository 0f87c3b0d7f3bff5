// SPDX-License-Identifier: Apache-2.0
//! What is really signed: the payload behind its type and length (DSSE v1 pre-authentication encoding, PAE).

/// The payload type of in-toto statements.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

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
