// SPDX-License-Identifier: Apache-2.0
//! The canonical spelling of a string (RFC 8785, section 3.2.2.2): what must be escaped is, in one way, and nothing else.

/// Appends `text` as a JSON string.
pub fn push_string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(plain) = rest.bytes().position(|byte| byte == b'"' || byte == b'\\' || byte < b' ') {
        out.push_str(&rest[..plain]);
        push_escape(out, rest.as_bytes()[plain]);
        rest = &rest[plain + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

fn push_escape(out: &mut String, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        0x08 => out.push_str("\\b"),
        b'\t' => out.push_str("\\t"),
        b'\n' => out.push_str("\\n"),
        0x0c => out.push_str("\\f"),
        b'\r' => out.push_str("\\r"),
        _ => {
            out.push_str("\\u00");
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_must_be_is_escaped() {
        let mut out = String::new();
        push_string(&mut out, "a\"\\/\u{8}\t\n\u{c}\r\0\u{1f}\u{7f}é\u{2028}\u{10ffff}<&>");
        assert_eq!(out, "\"a\\\"\\\\/\\b\\t\\n\\f\\r\\u0000\\u001f\u{7f}é\u{2028}\u{10ffff}<&>\"");
    }
}
