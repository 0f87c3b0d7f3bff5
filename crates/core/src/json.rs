// SPDX-License-Identifier: Apache-2.0
//! The one strict JSON reader (RFC 8259). It pulls values out of bytes and builds no tree, so a statement of a million
//! resources costs its text and what the caller keeps. UTF-8 without a mark, nothing after the document, no member
//! name twice at any level (skipped ones too), bounded depth and strings, positions and member paths in errors.

mod names;
mod number;
mod scan;
mod step;
mod write;

use std::borrow::Cow;
use std::fmt;

use crate::error::{Error, Result};
use names::Names;
pub use number::Number;
pub use write::push_string;

/// How deep arrays and objects may nest. The reader recurses once per level, so this also bounds its stack.
pub const MAX_DEPTH: usize = 64;

/// What a document may contain.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How deep arrays and objects may nest; more than [`MAX_DEPTH`] counts as that.
    pub depth: usize,
    /// The longest string or member name in bytes, unescaped, where the caller sets no other limit.
    pub string: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: MAX_DEPTH, string: 1 << 20 }
    }
}

/// The kinds of JSON values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`
    Null,
}

/// Makes the caller's own error out of a member path and what is wrong with the value there.
pub type Refuse = fn(field: String, reason: String) -> Error;

/// Reads past one whole document of a format that is not known here, as strictly as if it were.
pub fn check(bytes: &[u8]) -> Result<()> {
    let refuse: Refuse = |field, reason| Error::Internal { reason: format!("{field} {reason}") };
    let mut json = Reader::new(bytes, Limits { string: bytes.len(), ..Limits::default() }, refuse)?;
    json.skip()?;
    json.end()
}

/// Reads one document from its first value to its end.
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    open: Vec<Open>,
    names: Names,
    /// Whether this part was read before, so that its names are known to be unique.
    again: bool,
    limits: Limits,
    refuse: Refuse,
}

/// A value's place in a document, to come back to.
#[derive(Debug, Clone)]
pub struct Mark {
    at: usize,
    open: Vec<Open>,
}

/// A container around the current value, and which of its values that is.
#[derive(Debug, Clone, Copy)]
enum Open {
    Object { name_at: usize },
    Array { index: usize },
}

impl<'a> Reader<'a> {
    /// Starts at the first value. Values of a kind that was not asked for become errors made by `refuse`.
    pub fn new(bytes: &'a [u8], limits: Limits, refuse: Refuse) -> Result<Self> {
        let invalid = |reason: &str, offset| Error::JsonInvalid { document: "", reason: reason.into(), offset };
        let text = std::str::from_utf8(bytes).map_err(|error| invalid("not UTF-8", error.valid_up_to()))?;
        if text.starts_with('\u{feff}') {
            return Err(invalid("a byte order mark", 0));
        }
        if u32::try_from(text.len()).is_err() {
            return Err(invalid("longer than 4 GiB", 0));
        }
        Ok(Self { text, at: 0, open: Vec::new(), names: Names::default(), again: false, limits, refuse })
    }

    /// Reads an object, calling `member` with each name; it must read or skip the value.
    pub fn object(&mut self, mut member: impl FnMut(&mut Self, &str) -> Result<()>) -> Result<()> {
        self.enter(Kind::Object, Open::Object { name_at: self.at })?;
        let first = self.names.len();
        if !self.take(b'}') {
            loop {
                let name = self.member_name(first)?;
                member(self, &name)?;
                if !self.comma_or(b'}')? {
                    break;
                }
            }
        }
        if let Some(at) = self.names.leave(first, self.text) {
            return Err(self.duplicate(at));
        }
        self.open.pop();
        Ok(())
    }

    /// Reads an array, calling `element` with each index; it must read or skip the value.
    pub fn array(&mut self, mut element: impl FnMut(&mut Self, usize) -> Result<()>) -> Result<()> {
        self.enter(Kind::Array, Open::Array { index: 0 })?;
        if !self.take(b']') {
            for index in 0.. {
                *self.innermost() = Open::Array { index };
                element(self, index)?;
                if !self.comma_or(b']')? {
                    break;
                }
            }
        }
        self.open.pop();
        Ok(())
    }

    /// Reads a string within the document's limit. It is borrowed unless it has escapes.
    pub fn string(&mut self) -> Result<Cow<'a, str>> {
        self.string_within(self.limits.string)
    }

    /// Reads a string of at most `limit` bytes, unescaped: for the few that are long by nature.
    pub fn string_within(&mut self, limit: usize) -> Result<Cow<'a, str>> {
        self.want(Kind::String)?;
        self.quoted(limit)
    }

    /// Reads a number, as its text.
    pub fn number(&mut self) -> Result<Number<'a>> {
        self.want(Kind::Number)?;
        let end = scan::number(self.text, self.at)?;
        let text = &self.text[self.at..end];
        self.at = end;
        Ok(Number::new(text))
    }

    /// Reads `true` or `false`.
    pub fn bool(&mut self) -> Result<bool> {
        self.want(Kind::Bool)?;
        let value = self.text[self.at..].starts_with("true");
        self.word(if value { "true" } else { "false" })?;
        Ok(value)
    }

    /// Reads `null`.
    pub fn null(&mut self) -> Result<()> {
        self.want(Kind::Null)?;
        self.word("null")
    }

    /// Reads past any value, as strictly as if it were wanted.
    pub fn skip(&mut self) -> Result<()> {
        match self.kind()? {
            Kind::Object => self.object(|json, _| json.skip()),
            Kind::Array => self.array(|json, _| json.skip()),
            Kind::String => self.string().map(drop),
            Kind::Number => self.number().map(drop),
            Kind::Bool => self.bool().map(drop),
            Kind::Null => self.null(),
        }
    }

    /// What the next value is.
    pub fn kind(&mut self) -> Result<Kind> {
        self.space();
        match self.text.as_bytes().get(self.at) {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'"') => Ok(Kind::String),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'n') => Ok(Kind::Null),
            _ => Err(self.unexpected("a value")),
        }
    }

    /// Makes sure that the next value is of a kind.
    pub fn want(&mut self, wanted: Kind) -> Result<()> {
        let found = self.kind()?;
        if found == wanted { Ok(()) } else { Err(self.refuse(format!("is {found}, not {wanted}"))) }
    }

    /// Makes sure that nothing but white space follows the document.
    pub fn end(&mut self) -> Result<()> {
        self.space();
        if self.at == self.text.len() { Ok(()) } else { Err(self.unexpected("the end")) }
    }

    /// How many bytes of the text were read.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.at
    }

    /// Remembers the next value's place.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { at: self.at, open: self.open.clone() }
    }

    /// Goes back to a value of this document that was read or skipped before.
    pub fn revisit(&mut self, mark: &Mark) {
        self.at = mark.at;
        self.open.clone_from(&mark.open);
        self.again = true;
    }

    /// The path of the current value, like `predicate.resources[3].digest`; `$` for the document itself.
    #[must_use]
    pub fn field(&self) -> String {
        let mut path = String::new();
        for open in &self.open {
            match *open {
                Open::Array { index } => path.extend(["[", &index.to_string(), "]"]),
                Open::Object { name_at } => {
                    let dot = if path.is_empty() { "" } else { "." };
                    path.push_str(dot);
                    path.push_str(&excerpt(&scan::known_string(self.text, name_at)));
                }
            }
        }
        if path.is_empty() { "$".into() } else { path }
    }

    /// The caller's error about the current value.
    #[must_use]
    pub fn refuse(&self, reason: impl Into<String>) -> Error {
        (self.refuse)(self.field(), reason.into())
    }
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("at", &self.at).field("field", &self.field()).finish_non_exhaustive()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Object => "an object",
            Self::Array => "an array",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Bool => "true or false",
            Self::Null => "null",
        })
    }
}

/// The beginning of untrusted text, short enough for a message of one line.
pub(crate) fn excerpt(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 100;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests;
