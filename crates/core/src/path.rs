// SPDX-License-Identifier: Apache-2.0
//! The name of a file inside a model. To have one is to have a safe one: parsing is the validation.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

/// The longest name, in bytes.
pub(crate) const MAX_LEN: usize = 4096;

/// A relative path with `/` between its parts: UTF-8, byte-exact, no `.`, `..` or empty part, no NUL.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourcePath(Box<str>);

impl ResourcePath {
    /// Checks and takes a name. The error says what is wrong, as the end of "the name X …".
    pub fn parse(name: impl Into<Box<str>>) -> Result<Self, &'static str> {
        let name = name.into();
        match flaw(&name) {
            Some(reason) => Err(reason),
            None => Ok(Self(name)),
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for ResourcePath {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for ResourcePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ResourcePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// What makes a name unsafe or ambiguous. A backslash is a legal character of a name, but no name may change its
/// meaning where the backslash separates: read that way too, it has to stay a plain relative path.
pub(crate) fn flaw(name: &str) -> Option<&'static str> {
    let bytes = name.as_bytes();
    if name.is_empty() {
        return Some("is empty");
    }
    if bytes.len() > MAX_LEN {
        return Some("is longer than 4096 bytes");
    }
    if bytes.contains(&0) {
        return Some("contains a NUL byte");
    }
    let has_drive = matches!(bytes, [drive, b':', b'\\', ..] if drive.is_ascii_alphabetic());
    if bytes[0] == b'/' || bytes[0] == b'\\' || has_drive {
        return Some("is absolute");
    }
    name.split(['/', '\\']).find_map(|part| match part {
        "" => Some("has an empty part"),
        "." => Some("has a '.' part"),
        ".." => Some("has a '..' part"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_but_honest_names_are_legal() {
        for name in [
            "a", "a/b", ".git", "a:0:10", "...", "..a/b..", "a b", "a\nb", "C:", "C:x", "C:/x", "a\\b", "é", "e\u{301}",
        ] {
            assert_eq!(ResourcePath::parse(name).unwrap().as_str(), name);
        }
        assert!(ResourcePath::parse("x".repeat(MAX_LEN)).is_ok());
    }

    #[test]
    fn names_that_could_leave_the_model_are_refused() {
        for name in [
            "",
            "/",
            "/a",
            "a/",
            "a//b",
            ".",
            "./a",
            "a/.",
            "a/./b",
            "..",
            "../a",
            "a/..",
            "a/../b",
            "a\0b",
            "\\a",
            "..\\a",
            "a\\..\\b",
            "a/b\\..",
            "\\\\host\\share",
            "C:\\a",
            "a\\",
        ] {
            assert!(ResourcePath::parse(name).is_err(), "{name:?}");
        }
        assert!(ResourcePath::parse("x".repeat(MAX_LEN + 1)).is_err());
    }
}
