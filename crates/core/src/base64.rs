// SPDX-License-Identifier: Apache-2.0
//! Standard base64 with padding (RFC 4648 section 4), to the letter: one text for each value, and no other.

/// Decodes, or says what is wrong.
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut bytes = text.to_vec();
    let len = decode_in_place(&mut bytes)?;
    bytes.truncate(len);
    Ok(bytes)
}

/// Decodes to the front of the text's own place, and says how many bytes these are.
pub(crate) fn decode_in_place(text: &mut [u8]) -> Result<usize, &'static str> {
    if !text.len().is_multiple_of(4) {
        return Err("is not padded base64: its length is no multiple of four");
    }
    let padding = text.iter().rev().take(2).take_while(|&&byte| byte == b'=').count();
    let Some(last) = (text.len() / 4).checked_sub(1) else { return Ok(0) };
    for at in 0..last {
        let triple = bits(quad(text, at), 0)?.to_be_bytes();
        text[3 * at..3 * at + 3].copy_from_slice(&triple[1..]);
    }
    let value = bits(quad(text, last), padding)?;
    // What the padding leaves over has to be zero: otherwise several texts would mean the same.
    if value & ((1 << (8 * padding)) - 1) != 0 {
        return Err("is not base64: it has bits that mean nothing");
    }
    let (start, end) = (3 * last, 3 * last + 3 - padding);
    text[start..end].copy_from_slice(&value.to_be_bytes()[1..4 - padding]);
    Ok(end)
}

fn quad(text: &[u8], at: usize) -> [u8; 4] {
    text[4 * at..4 * at + 4].try_into().expect("four bytes are four")
}

/// The 24 bits of four characters, the last `padding` of which are `=`.
fn bits(mut quad: [u8; 4], padding: usize) -> Result<u32, &'static str> {
    debug_assert!(quad[4 - padding..].iter().all(|&byte| byte == b'='));
    quad[4 - padding..].fill(ZERO);
    let [a, b, c, d] = quad.map(|digit| u32::from(VALUES[usize::from(digit)]));
    if a | b | c | d > 63 {
        return Err("is not base64: it has a character that does not belong there");
    }
    Ok(a << 18 | b << 12 | c << 6 | d)
}

/// The character whose value is zero.
const ZERO: u8 = b'A';

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
