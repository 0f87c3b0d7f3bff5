// SPDX-License-Identifier: Apache-2.0
//! Standard base64 with padding (RFC 4648 section 4), to the letter: one text for each value, and no other.

/// Decodes, or says what is wrong.
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, &'static str> {
    if !text.len().is_multiple_of(4) {
        return Err("is not padded base64: its length is no multiple of four");
    }
    let padding = text.iter().rev().take(2).take_while(|&&byte| byte == b'=').count();
    let (body, last) = text.split_at(text.len().saturating_sub(4));
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for quad in body.chunks_exact(4) {
        bytes.extend(&bits(quad, 0)?.to_be_bytes()[1..]);
    }
    if !last.is_empty() {
        let value = bits(last, padding)?;
        // What the padding leaves over has to be zero: otherwise several texts would mean the same.
        if value & ((1 << (8 * padding)) - 1) != 0 {
            return Err("is not base64: it has bits that mean nothing");
        }
        bytes.extend(&value.to_be_bytes()[1..4 - padding]);
    }
    Ok(bytes)
}

/// The 24 bits of four characters, the last `padding` of which are `=`.
fn bits(quad: &[u8], padding: usize) -> Result<u32, &'static str> {
    let (digits, pad) = quad.split_at(4 - padding);
    debug_assert!(pad.iter().all(|&byte| byte == b'='));
    let mut value = 0;
    for &digit in digits {
        let digit = VALUES[usize::from(digit)];
        if digit > 63 {
            return Err("is not base64: it has a character that does not belong there");
        }
        value = value << 6 | u32::from(digit);
    }
    Ok(value << (6 * padding))
}

/// The value of each character; 64 for what is none.
const VALUES: [u8; 256] = {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [64; 256];
    let mut value = 0;
    while value < 64 {
        values[ALPHABET[value as usize] as usize] = value;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648() {
        let vectors =
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba")];
        for (text, value) in vectors {
            assert_eq!(decode(text.as_bytes()).unwrap(), value.as_bytes(), "{text}");
        }
        assert_eq!(decode(b"+/+/").unwrap(), [0xfb, 0xff, 0xbf]);
    }

    #[test]
    fn every_other_text_is_refused() {
        for text in [
            "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "=", "====", "Zg==Zg==", "Z=g=", "Zm9v\n", " Zm9", "Zm9v====",
            "-_-_", "Zm9v=", "Z\u{e9}=",
        ] {
            assert!(decode(text.as_bytes()).is_err(), "{text:?}");
        }
    }
}
