// SPDX-License-Identifier: Apache-2.0
//! The one way a name leaves the program: nothing in it can move a cursor, hide text or forge a line.

use std::fmt::{self, Write};
use std::path::Path;

/// Displays untrusted text with every control, bidirectional mark, invisible or undecodable part made visible.
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a>(&'a [u8]);

/// Wraps text, or the raw bytes of a name, for display.
#[must_use]
pub fn escaped<T: AsRef<[u8]> + ?Sized>(text: &T) -> Escaped<'_> {
    Escaped(text.as_ref())
}

/// Wraps a file-system path for display; what is not Unicode shows as escaped bytes.
#[must_use]
pub fn escaped_path(path: &Path) -> Escaped<'_> {
    Escaped(path.as_os_str().as_encoded_bytes())
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\\' => f.write_str("\\\\")?,
                    '\n' => f.write_str("\\n")?,
                    '\r' => f.write_str("\\r")?,
                    '\t' => f.write_str("\\t")?,
                    c if is_deceptive(c) => write!(f, "\\u{{{:x}}}", u32::from(c))?,
                    c => f.write_char(c)?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Characters that act on the screen instead of standing on it: controls (C0, C1), bidirectional marks
/// (Unicode UAX #9), line separators, zero-width and other invisible format characters, tags.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_made_visible() {
        let forged = "ok.bin\n\u{1b}[2Jsha256:00 \u{202e}gnp\u{200b}.exe\u{9b}1m";
        assert_eq!(escaped(forged).to_string(), "ok.bin\\n\\u{1b}[2Jsha256:00 \\u{202e}gnp\\u{200b}.exe\\u{9b}1m");
    }

    #[test]
    fn honest_names_stay_readable() {
        for name in ["weights-00001-of-00002.safetensors", "naïve/模型.bin", "a b'\"<&>:1:2", "e\u{301}"] {
            assert_eq!(escaped(name).to_string(), name);
        }
    }

    #[test]
    fn escapes_cannot_be_confused_with_text() {
        assert_eq!(escaped("\\n").to_string(), "\\\\n");
        assert_eq!(escaped(b"a\xff/\xc3(").to_string(), "a\\xff/\\xc3(");
    }
}
