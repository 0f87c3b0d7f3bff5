// SPDX-License-Identifier: Apache-2.0
//! The steps that the reader takes between values: into a container, over a name, a comma, a space. And the errors of
//! each, which say what was found where something else should be.

use std::borrow::Cow;

use super::{Kind, MAX_DEPTH, Open, Reader, excerpt, scan};
use crate::error::{Error, Result};

impl<'a> Reader<'a> {
    pub(super) fn enter(&mut self, kind: Kind, open: Open) -> Result<()> {
        self.want(kind)?;
        if self.open.len() >= self.limits.depth.min(MAX_DEPTH) {
            return Err(self.syntax("nested too deeply"));
        }
        self.at += 1;
        self.open.push(open);
        Ok(())
    }

    pub(super) fn member_name(&mut self, first: usize) -> Result<Cow<'a, str>> {
        self.space();
        if self.text.as_bytes().get(self.at) != Some(&b'"') {
            return Err(self.unexpected("a member name"));
        }
        let name_at = self.at;
        let name = self.quoted(self.limits.string)?;
        *self.innermost() = Open::Object { name_at };
        if !self.again && self.names.repeats(first, name_at, &name, self.text) {
            return Err(self.duplicate(name_at));
        }
        if self.take(b':') { Ok(name) } else { Err(self.unexpected("a colon")) }
    }

    pub(super) fn innermost(&mut self) -> &mut Open {
        self.open.last_mut().expect("only called inside a container")
    }

    pub(super) fn comma_or(&mut self, end: u8) -> Result<bool> {
        if self.take(b',') {
            Ok(true)
        } else if self.take(end) {
            Ok(false)
        } else {
            Err(self.unexpected(if end == b'}' { "a comma or '}'" } else { "a comma or ']'" }))
        }
    }

    pub(super) fn quoted(&mut self, limit: usize) -> Result<Cow<'a, str>> {
        let (string, end) = scan::string(self.text, self.at)?;
        if string.len() > limit {
            return Err(self.syntax(&format!("a string of more than {limit} bytes")));
        }
        self.at = end;
        Ok(string)
    }

    pub(super) fn word(&mut self, word: &str) -> Result<()> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.unexpected("a value"));
        }
        self.at += word.len();
        Ok(())
    }

    pub(super) fn take(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.text.as_bytes().get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    pub(super) fn space(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    pub(super) fn duplicate(&self, at: usize) -> Error {
        let name = scan::known_string(self.text, at);
        Error::JsonInvalid {
            document: "",
            reason: format!("the member name '{}' a second time", excerpt(&name)),
            offset: at,
        }
    }

    pub(super) fn unexpected(&self, wanted: &str) -> Error {
        match self.text[self.at..].chars().next() {
            Some(found) => self.syntax(&format!("'{found}' where {wanted} should be")),
            None => self.syntax(&format!("the end of the text where {wanted} should be")),
        }
    }

    pub(super) fn syntax(&self, reason: &str) -> Error {
        Error::JsonInvalid { document: "", reason: reason.into(), offset: self.at }
    }
}
