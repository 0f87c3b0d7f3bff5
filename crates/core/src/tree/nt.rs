// SPDX-License-Identifier: Apache-2.0
//! The calls of Windows that the file tree is made of. A name is opened relative to the handle of its folder, as one
//! name and nothing else: no drive, no `..`, no reserved device, no short form, no limit of 260 characters.

use std::ffi::{OsStr, OsString, c_void};
use std::fs::{File, OpenOptions};
use std::io;
use std::mem::{MaybeUninit, offset_of, size_of};
use std::os::windows::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _};
use std::path::Path;
use std::ptr;

use windows_sys::Wdk::Foundation::OBJECT_ATTRIBUTES;
use windows_sys::Wdk::Storage::FileSystem::{
    FILE_OPEN, FILE_OPEN_REPARSE_POINT, FILE_SYNCHRONOUS_IO_NONALERT, NtCreateFile,
};
use windows_sys::Win32::Foundation::{
    ERROR_INVALID_PARAMETER, ERROR_NO_MORE_FILES, ERROR_NOT_SUPPORTED, RtlNtStatusToDosError, UNICODE_STRING,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_ATTRIBUTE_TAG_INFO, FILE_BASIC_INFO, FILE_FLAG_BACKUP_SEMANTICS,
    FILE_FULL_DIR_INFO, FILE_ID_INFO, FILE_INFO_BY_HANDLE_CLASS, FILE_LIST_DIRECTORY, FILE_READ_ATTRIBUTES,
    FILE_READ_DATA, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_STANDARD_INFO, FILE_TYPE_DISK,
    FileAttributeTagInfo, FileBasicInfo, FileFullDirectoryInfo, FileFullDirectoryRestartInfo, FileIdInfo,
    FileStandardInfo, GetFileInformationByHandle, GetFileInformationByHandleEx, GetFileType, SECURITY_ANONYMOUS,
    SYNCHRONIZE,
};

/// What a handle is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// To look at the entry, and to reach what is beneath it.
    Attributes,
    /// To list a folder.
    Entries,
    /// To read a file. Nobody can open it for writing meanwhile, and it is refused while somebody has: the times of a
    /// file need not show what was written through a handle that is still open.
    Content,
}

/// Whether an entry that stands for something else is opened itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reparse {
    /// The entry itself.
    Itself,
    /// What the driver that put it there makes of it: the content that was moved to another place.
    Through,
}

/// An entry of a folder, as the folder lists it.
pub(super) struct Listed {
    pub(super) name: OsString,
    pub(super) attributes: u32,
    /// What it stands for, if its attributes say that it does.
    pub(super) tag: u32,
}

const SHARE_ALL: u32 = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

impl Want {
    fn access(self) -> u32 {
        let more = match self {
            Self::Attributes => 0,
            Self::Entries => FILE_LIST_DIRECTORY,
            Self::Content => FILE_READ_DATA,
        };
        FILE_READ_ATTRIBUTES | SYNCHRONIZE | more
    }

    fn share(self) -> u32 {
        if self == Self::Content { FILE_SHARE_READ | FILE_SHARE_DELETE } else { SHARE_ALL }
    }
}

/// Opens something by its path, through links. Should it be a pipe, its owner does not learn who came.
pub(super) fn open_path(path: &Path, want: Want) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.access_mode(want.access()).share_mode(want.share()).custom_flags(FILE_FLAG_BACKUP_SEMANTICS);
    options.security_qos_flags(SECURITY_ANONYMOUS).open(path)
}

/// Whether a handle is of a file or folder; it could be of a console or a pipe.
pub(super) fn is_on_disk(file: &File) -> bool {
    // SAFETY: the handle is open.
    unsafe { GetFileType(file.as_raw_handle()) == FILE_TYPE_DISK }
}

/// Opens an entry of a folder by its name.
pub(super) fn open_in(folder: &File, name: &OsStr, want: Want, reparse: Reparse) -> io::Result<File> {
    let mut wide = wide_name(name)?;
    let length = u16::try_from(wide.len() * 2).map_err(|_| io::ErrorKind::InvalidFilename)?;
    let object_name = UNICODE_STRING { Length: length, MaximumLength: length, Buffer: wide.as_mut_ptr() };
    let object = OBJECT_ATTRIBUTES {
        Length: small_size_of::<OBJECT_ATTRIBUTES>(),
        RootDirectory: folder.as_raw_handle(),
        ObjectName: &raw const object_name,
        // Without the flag for it case is not ignored where the file system tells it apart.
        Attributes: 0,
        ..OBJECT_ATTRIBUTES::default()
    };
    let options = match reparse {
        Reparse::Itself => FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_REPARSE_POINT,
        Reparse::Through => FILE_SYNCHRONOUS_IO_NONALERT,
    };
    let mut handle = ptr::null_mut();
    let mut status_block = MaybeUninit::uninit();
    // SAFETY: every pointer is to a value of the right type that outlives the call, or null where that is allowed.
    let status = unsafe {
        NtCreateFile(
            &raw mut handle,
            want.access(),
            &raw const object,
            status_block.as_mut_ptr(),
            ptr::null(),
            0,
            want.share(),
            FILE_OPEN,
            options,
            ptr::null(),
            0,
        )
    };
    if status < 0 {
        // SAFETY: the function takes any number.
        let code = unsafe { RtlNtStatusToDosError(status) };
        return Err(io::Error::from_raw_os_error(code.cast_signed()));
    }
    // SAFETY: the call succeeded, so that the handle is open, and nobody else has it.
    Ok(unsafe { File::from_raw_handle(handle) })
}

/// Lists a folder whose handle wants entries.
pub(super) fn list(folder: &File) -> io::Result<Vec<Listed>> {
    // As 64-bit words, for the alignment of what is written into it.
    let mut buffer = vec![0u64; 8192];
    let mut listed = Vec::new();
    let mut class = FileFullDirectoryRestartInfo;
    loop {
        match query(folder, class, buffer.as_mut_ptr().cast(), buffer.len() * 8) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(ERROR_NO_MORE_FILES.cast_signed()) => return Ok(listed),
            Err(error) => return Err(error),
        }
        class = FileFullDirectoryInfo;
        take_entries(&buffer, &mut listed)?;
    }
}

/// Attributes and times.
pub(super) fn basic(file: &File) -> io::Result<FILE_BASIC_INFO> {
    ask(file, FileBasicInfo)
}

/// The size.
pub(super) fn standard(file: &File) -> io::Result<FILE_STANDARD_INFO> {
    ask(file, FileStandardInfo)
}

/// The tag that says what a reparse point stands for.
pub(super) fn tag(file: &File) -> io::Result<u32> {
    Ok(ask::<FILE_ATTRIBUTE_TAG_INFO>(file, FileAttributeTagInfo)?.ReparseTag)
}

/// The volume and the number of a file on it. Volumes without numbers of 128 bits have some of 64.
pub(super) fn id(file: &File) -> io::Result<(u64, [u8; 16])> {
    match ask::<FILE_ID_INFO>(file, FileIdInfo) {
        Ok(id) => Ok((id.VolumeSerialNumber, id.FileId.Identifier)),
        Err(error) if is_not_offered(&error) => short_id(file),
        Err(error) => Err(error),
    }
}

fn short_id(file: &File) -> io::Result<(u64, [u8; 16])> {
    let mut found = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open, and the place is of the type that is written to it.
    if unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut found) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let number = u128::from(found.nFileIndexHigh) << 32 | u128::from(found.nFileIndexLow);
    Ok((found.dwVolumeSerialNumber.into(), number.to_le_bytes()))
}

fn is_not_offered(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(i32::cast_unsigned);
    matches!(code, Some(ERROR_INVALID_PARAMETER | ERROR_NOT_SUPPORTED))
}

/// A name as one name: what would lead through a folder or to a stream beside the content is none.
fn wide_name(name: &OsStr) -> io::Result<Vec<u16>> {
    let wide: Vec<u16> = name.encode_wide().collect();
    let separators = [0, u16::from(b'/'), u16::from(b'\\'), u16::from(b':')];
    if wide.is_empty() || wide.iter().any(|unit| separators.contains(unit)) {
        return Err(io::Error::new(io::ErrorKind::InvalidFilename, "no file can have this name on Windows"));
    }
    Ok(wide)
}

/// Asks for something of a fixed size.
fn ask<T: Default + Copy>(file: &File, class: FILE_INFO_BY_HANDLE_CLASS) -> io::Result<T> {
    let mut answer = T::default();
    query(file, class, (&raw mut answer).cast(), size_of::<T>())?;
    Ok(answer)
}

fn query(file: &File, class: FILE_INFO_BY_HANDLE_CLASS, place: *mut c_void, len: usize) -> io::Result<()> {
    let len = u32::try_from(len).map_err(io::Error::other)?;
    // SAFETY: the handle is open, and both callers give a place of as many writable bytes as they say, aligned for
    // what the class writes there: plain numbers, for which any bytes are valid.
    if unsafe { GetFileInformationByHandleEx(file.as_raw_handle(), class, place, len) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Reads the entries that a call left in a buffer: each says how far it is to the next.
fn take_entries(buffer: &[u64], listed: &mut Vec<Listed>) -> io::Result<()> {
    // SAFETY: the same bytes, seen one by one.
    let bytes = unsafe { std::slice::from_raw_parts(buffer.as_ptr().cast::<u8>(), size_of_val(buffer)) };
    let beyond = || io::Error::new(io::ErrorKind::InvalidData, "the system's list of the folder cannot be read");
    let mut rest = bytes;
    loop {
        let number = |offset: usize| -> io::Result<u32> {
            let bytes = rest.get(offset..offset + 4).ok_or_else(beyond)?;
            Ok(u32::from_le_bytes(bytes.try_into().map_err(io::Error::other)?))
        };
        let start = offset_of!(FILE_FULL_DIR_INFO, FileName);
        let length = number(offset_of!(FILE_FULL_DIR_INFO, FileNameLength))? as usize;
        let name = rest.get(start..start.saturating_add(length)).ok_or_else(beyond)?;
        let wide: Vec<u16> = name.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
        listed.push(Listed {
            name: OsString::from_wide(&wide),
            attributes: number(offset_of!(FILE_FULL_DIR_INFO, FileAttributes))?,
            // Of a reparse point, which has no extended attributes, this is the tag.
            tag: number(offset_of!(FILE_FULL_DIR_INFO, EaSize))?,
        });
        match number(offset_of!(FILE_FULL_DIR_INFO, NextEntryOffset))? as usize {
            0 => return Ok(()),
            next => rest = rest.get(next..).ok_or_else(beyond)?,
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "of a structure of a few words")]
const fn small_size_of<T>() -> u32 {
    size_of::<T>() as u32
}
