// SPDX-License-Identifier: Apache-2.0
//! The bytes of a signature file: a regular file of a bounded length, opened without waiting for anybody.

use std::io::{self, Read as _};
use std::path::Path;

use crate::error::{Error, Result};
use crate::tree::open_regular;

/// The longest bundle. A model of a million files has one of 180 MB.
pub(crate) const MAX_LEN: usize = 512 << 20;

const TOO_LONG: &str = "is longer than any signature, 512 MiB";

/// Reads a signature file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let not_found = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Error::BundleNotFound { path: path.into() },
        _ => Error::io("open the signature", path, error),
    };
    let unreadable = |reason| Error::BundleUnreadable { path: Some(path.into()), reason };
    let Some(file) = open_regular(path).map_err(not_found)? else {
        return Err(unreadable("is not a regular file"));
    };
    let len = file.metadata().map_err(not_found)?.len();
    if len > MAX_LEN as u64 {
        return Err(unreadable(TOO_LONG));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or_default() + 1);
    let read = file.take(MAX_LEN as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| Error::io("read the signature", path, error))?;
    if bytes.len() > MAX_LEN { Err(unreadable(TOO_LONG)) } else { Ok(bytes) }
}

/// Refuses bytes that are longer than any signature file would be.
pub(crate) fn check_len(bytes: &[u8]) -> Result<()> {
    if bytes.len() > MAX_LEN { Err(Error::BundleUnreadable { path: None, reason: TOO_LONG }) } else { Ok(()) }
}
