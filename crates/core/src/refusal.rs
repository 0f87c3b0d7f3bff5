// SPDX-License-Identifier: Apache-2.0
//! What a refusal of the operating system means, where the standard library has no word for it.

use std::io;

/// Whether the system met a link where none may be followed, or went in circles.
pub(crate) fn is_link_loop(error: &io::Error) -> bool {
    is_one_of(error, numbers::LINK_LOOP)
}

/// Whether the system would not open something because it is a socket.
pub(crate) fn is_socket(error: &io::Error) -> bool {
    is_one_of(error, numbers::SOCKET)
}

/// Whether there are too many open files.
pub(crate) fn is_out_of_descriptors(error: &io::Error) -> bool {
    is_one_of(error, numbers::OUT_OF_DESCRIPTORS)
}

/// Whether another program has the file open and lets nobody read it, or is writing to it.
pub(crate) fn is_in_use(error: &io::Error) -> bool {
    is_one_of(error, numbers::IN_USE)
}

fn is_one_of(error: &io::Error, numbers: &[i32]) -> bool {
    error.raw_os_error().is_some_and(|number| numbers.contains(&number))
}

#[cfg(not(windows))]
mod numbers {
    pub(super) const LINK_LOOP: &[i32] = &[libc::ELOOP];
    pub(super) const SOCKET: &[i32] = &[libc::ENXIO, libc::EOPNOTSUPP];
    pub(super) const OUT_OF_DESCRIPTORS: &[i32] = &[libc::EMFILE, libc::ENFILE];
    /// Files can always be read there.
    pub(super) const IN_USE: &[i32] = &[];
}

#[cfg(windows)]
mod numbers {
    use windows_sys::Win32::Foundation as system;

    pub(super) const LINK_LOOP: &[i32] =
        &[system::ERROR_STOPPED_ON_SYMLINK.cast_signed(), system::ERROR_CANT_RESOLVE_FILENAME.cast_signed()];
    /// A socket is recognised before it is opened.
    pub(super) const SOCKET: &[i32] = &[];
    pub(super) const OUT_OF_DESCRIPTORS: &[i32] = &[system::ERROR_TOO_MANY_OPEN_FILES.cast_signed()];
    pub(super) const IN_USE: &[i32] =
        &[system::ERROR_SHARING_VIOLATION.cast_signed(), system::ERROR_LOCK_VIOLATION.cast_signed()];
}
