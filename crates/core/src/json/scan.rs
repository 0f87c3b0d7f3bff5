// SPDX-License-Identifier: Apache-2.0
//! The two tokens of JSON that take thought: strings and numbers (RFC 8259, sections 6 and 7).

use std::borrow::Cow;

use crate::error::Error;

/// What is wrong with a token, and where.
#[derive(Debug)]
pub(super) struct Flaw {
    reason: &'static str,
    at: usize,
}

impl From<Flaw> for Error {
    fn from(flaw: Flaw) -> Self {
        Self::JsonInvalid { document: "", reason: flaw.reason.into(), offset: flaw.at }
    }
}

/// Reads the string whose opening quote stands at `at`: its text, and where the next token begins.
pub(super) fn string(text: &str, at: usize) -> Result<(Cow<'_, str>, usize), Flaw> {
    let mut unescaped: Option<String> = None;
    let mut run = at + 1;
    loop {
        let end = run + plain_len(&text.as_bytes()[run..]);
        if let Some(unescaped) = &mut unescaped {
            unescaped.push_str(&text[run..end]);
        }
        match text.as_bytes().get(end) {
            Some(b'"') => {
                let string = unescaped.map_or(Cow::Borrowed(&text[run..end]), Cow::Owned);
                return Ok((string, end + 1));
            }
            Some(b'\\') => {
                let (c, next) = escape(text.as_bytes(), end)?;
                unescaped.get_or_insert_with(|| text[run..end].into()).push(c);
                run = next;
            }
            Some(_) => return Err(Flaw { reason: "a control character in a string", at: end }),
            None => return Err(Flaw { reason: "the end of the text inside a string", at: end }),
        }
    }
}

/// How many bytes stand before the next that means something in a string, eight at a time. In each byte of a word the
/// highest bit says whether it does; a borrow may set those of later bytes by mistake, never that of an earlier one.
fn plain_len(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let special = |word: u64| {
        let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
        (below(word, b' ') | is(b'"') | is(b'\\')) & HIGH
    };
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let found = special(u64::from_le_bytes(*word));
        if found != 0 {
            return 8 * index + found.trailing_zeros() as usize / 8;
        }
    }
    let means_nothing = |byte: &&u8| !matches!(byte, b'"' | b'\\' | 0..b' ');
    8 * words.len() + rest.iter().take_while(means_nothing).count()
}

/// Reads again a string that was read before.
pub(super) fn known_string(text: &str, at: usize) -> Cow<'_, str> {
    if text.as_bytes().get(at) != Some(&b'"') {
        return Cow::Borrowed("");
    }
    string(text, at).map_or(Cow::Borrowed(""), |(string, _)| string)
}

/// Finds the end of the number that begins at `at`.
pub(super) fn number(text: &str, at: usize) -> Result<usize, Flaw> {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        let count = bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 { Err(Flaw { reason: "a number without a digit here", at: from }) } else { Ok(from + count) }
    };
    let whole = at + usize::from(bytes.get(at) == Some(&b'-'));
    let mut end = digits(whole)?;
    if bytes[whole] == b'0' && end > whole + 1 {
        return Err(Flaw { reason: "a number with a leading zero", at: whole });
    }
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        end = digits(end + 1 + sign)?;
    }
    Ok(end)
}

/// Reads the escape whose backslash stands at `at`: its character, and where the string goes on.
fn escape(bytes: &[u8], at: usize) -> Result<(char, usize), Flaw> {
    let c = match bytes.get(at + 1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode_escape(bytes, at),
        _ => return Err(Flaw { reason: "an unknown escape in a string", at }),
    };
    Ok((c, at + 2))
}

/// Reads `\uXXXX`, or the two that make a surrogate pair; half a pair is no character and is refused (RFC 7493, 2.1).
fn unicode_escape(bytes: &[u8], at: usize) -> Result<(char, usize), Flaw> {
    let high = unit(bytes, at)?;
    if !(0xd800..0xe000).contains(&high) {
        let c = char::from_u32(high).expect("surrogates are handled below");
        return Ok((c, at + 6));
    }
    let lone = Flaw { reason: "half a surrogate pair in a string", at };
    if high >= 0xdc00 || bytes.get(at + 6..at + 8) != Some(b"\\u") {
        return Err(lone);
    }
    match unit(bytes, at + 6)? {
        low @ 0xdc00..0xe000 => {
            let c = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            Ok((char::from_u32(c).expect("a pair is at most U+10FFFF"), at + 12))
        }
        _ => Err(lone),
    }
}

fn unit(bytes: &[u8], at: usize) -> Result<u32, Flaw> {
    let digits = bytes.get(at + 2..at + 6).ok_or(Flaw { reason: "the end of the text inside an escape", at })?;
    digits.iter().try_fold(0, |value, &digit| {
        let digit = char::from(digit).to_digit(16).ok_or(Flaw { reason: "an escape without four hex digits", at })?;
        Ok(value << 4 | digit)
    })
}

#[cfg(test)]
mod tests {
    use super::plain_len;

    #[test]
    fn the_first_byte_that_means_something_is_found_wherever_it_stands() {
        for len in 0..40 {
            assert_eq!(plain_len(&vec![b'~'; len]), len);
            for (at, byte) in (0..len).flat_map(|at| (0..=u8::MAX).map(move |byte| (at, byte))) {
                let mut bytes = vec![b'"'; len];
                bytes[..at].fill(if at % 2 == 0 { b'!' } else { 0xff });
                bytes[at] = byte;
                let is_special = matches!(byte, b'"' | b'\\' | 0..b' ');
                assert_eq!(plain_len(&bytes), if is_special { at } else { at + 1 }, "{byte} at {at} of {len}");
            }
        }
    }
}
