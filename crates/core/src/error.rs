// SPDX-License-Identifier: Apache-2.0
//! Everything that can go wrong while saying what a model is. One line says what and where, `hint` what to do.
//!
//! Paths are data: `path()` gives the raw one, `Display` an escaped one. Codes are a contract: never renamed,
//! never reused, the same list in the TypeScript facade (a test compares the two).

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::escape::{escaped, escaped_path};
use crate::refusal::{is_in_use, is_out_of_descriptors};
pub use crate::rule::{BundleRule, Rule};

/// The result of everything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a model or a statement was refused.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A hash algorithm that the registry does not have.
    AlgorithmUnknown {
        /// The name as given.
        name: String,
    },
    /// A shard size outside 1 to 2^53-1.
    ShardSizeInvalid {
        /// The size as given.
        size: u64,
    },
    /// An ignore path that could never mean anything inside the model.
    IgnorePathInvalid {
        /// The path as given.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The caller's signal asked to stop.
    Cancelled,
    /// The model path does not exist.
    ModelNotFound {
        /// The model path as given.
        path: PathBuf,
    },
    /// The model path has no last component to name the model by.
    ModelNameless {
        /// The model path as given.
        path: PathBuf,
    },
    /// Nothing in the model would be signed.
    ModelEmpty {
        /// The model path as given.
        path: PathBuf,
    },
    /// More files, or more folders behind links, than any honest model has.
    ModelTooLarge {
        /// The most there may be.
        limit: usize,
    },
    /// Files that nobody signed were excused, and nothing was to be.
    HiddenFiles {
        /// How many.
        files: u64,
    },
    /// A symbolic link, and links are not allowed.
    SymlinkForbidden {
        /// The link, relative to the model.
        path: PathBuf,
    },
    /// A symbolic link to nothing.
    SymlinkDangling {
        /// The link, relative to the model.
        path: PathBuf,
    },
    /// A symbolic link to something outside the model.
    SymlinkOutside {
        /// The link, relative to the model.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// A symbolic link that leads back into a folder it is in.
    SymlinkCycle {
        /// The link, relative to the model.
        path: PathBuf,
    },
    /// An entry that is neither a regular file nor a folder.
    SpecialFile {
        /// The entry, relative to the model.
        path: PathBuf,
        /// Which kind of entry.
        kind: &'static str,
    },
    /// A name that no statement can record.
    NameInvalid {
        /// The entry, relative to the model.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A file that was not the same at the end of its hashing as at the beginning.
    FileChanged {
        /// The file, relative to the model.
        path: PathBuf,
        /// What was seen to change.
        what: &'static str,
    },
    /// The operating system refused.
    Io {
        /// What was being done, as a verb: `open`, `read`.
        action: &'static str,
        /// The file or folder it was done to.
        path: PathBuf,
        /// The operating system's own word.
        source: io::Error,
    },
    /// Text that is not strict JSON.
    JsonInvalid {
        /// Which text: `bundle` or `statement`; empty as long as nobody has said.
        document: &'static str,
        /// What is wrong with it.
        reason: String,
        /// Bytes before the place.
        offset: usize,
    },
    /// A statement that breaks a rule of the format.
    StatementInvalid {
        /// Which rule.
        rule: Rule,
        /// The member, as a path: `predicate.resources[3].digest`.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A bundle that breaks a rule of the format.
    BundleInvalid {
        /// Which rule.
        rule: BundleRule,
        /// The member, as a path: `dsseEnvelope.signatures[0].sig`.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Two manifests whose digests say nothing about each other.
    ManifestsIncomparable {
        /// How one was made.
        manifest: String,
        /// How the other was made.
        other: String,
    },
    /// The signature file does not exist.
    BundleNotFound {
        /// Its path.
        path: PathBuf,
    },
    /// The signature is no regular file, or longer than any bundle.
    BundleUnreadable {
        /// The path of its file; nothing where it is bytes.
        path: Option<PathBuf>,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A defect of this program.
    Internal {
        /// What was seen.
        reason: String,
    },
}

impl Error {
    /// Every code there is, sorted.
    pub const CODES: [&'static str; 48] = [
        "ALGORITHM_UNKNOWN",
        "BUNDLE_BASE64_INVALID",
        "BUNDLE_MATERIAL_INVALID",
        "BUNDLE_MEDIA_TYPE_UNKNOWN",
        "BUNDLE_MEMBER_INVALID",
        "BUNDLE_NOT_FOUND",
        "BUNDLE_PAYLOAD_TYPE_UNKNOWN",
        "BUNDLE_SIGNATURES_INVALID",
        "BUNDLE_STATEMENT_MISSING",
        "BUNDLE_UNREADABLE",
        "CANCELLED",
        "DIGEST_INVALID",
        "FILE_CHANGED",
        "HASH_ALGORITHM_DIFFERS",
        "HASH_ALGORITHM_UNKNOWN",
        "HIDDEN_FILES",
        "IGNORE_PATH_INVALID",
        "INTERNAL",
        "IO_ERROR",
        "JSON_INVALID",
        "LEGACY_FORBIDDEN",
        "MANIFESTS_INCOMPARABLE",
        "MODEL_EMPTY",
        "MODEL_NAMELESS",
        "MODEL_NOT_FOUND",
        "MODEL_TOO_LARGE",
        "NAME_INVALID",
        "PERMISSION_DENIED",
        "PREDICATE_TYPE_UNKNOWN",
        "RESOURCES_EMPTY",
        "RESOURCES_TOO_MANY",
        "RESOURCE_DUPLICATE",
        "RESOURCE_NAME_INVALID",
        "ROOT_DIGEST_MISMATCH",
        "SERIALIZATION_UNKNOWN",
        "SHARDS_INCOMPLETE",
        "SHARD_SIZE_INVALID",
        "SHARD_SIZE_UNREADABLE",
        "SPECIAL_FILE",
        "STATEMENT_MEMBER_INVALID",
        "STATEMENT_TYPE_UNKNOWN",
        "SUBJECT_INVALID",
        "SYMLINK_CYCLE",
        "SYMLINK_DANGLING",
        "SYMLINK_FORBIDDEN",
        "SYMLINK_OUTSIDE",
        "TOO_MANY_OPEN_FILES",
        "UNSUPPORTED",
    ];

    /// The stable name of this kind of error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::AlgorithmUnknown { .. } => "ALGORITHM_UNKNOWN",
            Self::ShardSizeInvalid { .. } => "SHARD_SIZE_INVALID",
            Self::IgnorePathInvalid { .. } => "IGNORE_PATH_INVALID",
            Self::Cancelled => "CANCELLED",
            Self::ModelNotFound { .. } => "MODEL_NOT_FOUND",
            Self::ModelNameless { .. } => "MODEL_NAMELESS",
            Self::ModelEmpty { .. } => "MODEL_EMPTY",
            Self::ModelTooLarge { .. } => "MODEL_TOO_LARGE",
            Self::HiddenFiles { .. } => "HIDDEN_FILES",
            Self::SymlinkForbidden { .. } => "SYMLINK_FORBIDDEN",
            Self::SymlinkDangling { .. } => "SYMLINK_DANGLING",
            Self::SymlinkOutside { .. } => "SYMLINK_OUTSIDE",
            Self::SymlinkCycle { .. } => "SYMLINK_CYCLE",
            Self::SpecialFile { .. } => "SPECIAL_FILE",
            Self::NameInvalid { .. } => "NAME_INVALID",
            Self::FileChanged { .. } => "FILE_CHANGED",
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => "PERMISSION_DENIED",
                io::ErrorKind::Unsupported => "UNSUPPORTED",
                _ if is_out_of_descriptors(source) => "TOO_MANY_OPEN_FILES",
                _ => "IO_ERROR",
            },
            Self::JsonInvalid { .. } => "JSON_INVALID",
            Self::StatementInvalid { rule, .. } => rule.code(),
            Self::BundleInvalid { rule, .. } => rule.code(),
            Self::ManifestsIncomparable { .. } => "MANIFESTS_INCOMPARABLE",
            Self::BundleNotFound { .. } => "BUNDLE_NOT_FOUND",
            Self::BundleUnreadable { .. } => "BUNDLE_UNREADABLE",
            Self::Internal { .. } => "INTERNAL",
        }
    }

    /// The file, folder or link this is about, when there is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::IgnorePathInvalid { path, .. }
            | Self::ModelNotFound { path }
            | Self::ModelNameless { path }
            | Self::ModelEmpty { path }
            | Self::SymlinkForbidden { path }
            | Self::SymlinkDangling { path }
            | Self::SymlinkOutside { path, .. }
            | Self::SymlinkCycle { path }
            | Self::SpecialFile { path, .. }
            | Self::NameInvalid { path, .. }
            | Self::FileChanged { path, .. }
            | Self::BundleNotFound { path }
            | Self::Io { path, .. } => Some(path),
            Self::BundleUnreadable { path, .. } => path.as_deref(),
            _ => None,
        }
    }

    /// What the reader can do about it, as an instruction; in terms of this library's options.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::AlgorithmUnknown { .. } => "use sha256, blake2b or blake3",
            Self::ShardSizeInvalid { .. } => "give a number of bytes from 1 to 9007199254740991",
            Self::IgnorePathInvalid { .. } => "give paths of files or folders inside the model",
            Self::ModelNotFound { .. } => "check the path",
            Self::ModelNameless { .. } => "give the model's own folder or file",
            Self::ModelEmpty { .. } => "check the path and the ignore paths",
            Self::ModelTooLarge { .. } => "split the model, or raise the shard size",
            Self::HiddenFiles { .. } => "remove them, or allow hidden files",
            Self::SymlinkForbidden { .. } => "replace the link by its target, ignore it, or allow symbolic links",
            Self::SymlinkDangling { .. } => "repair, remove or ignore the link",
            Self::SymlinkOutside { .. } => "copy the target into the model, or allow external symbolic links",
            Self::SymlinkCycle { .. } => "remove or ignore the link",
            Self::SpecialFile { .. } => "remove it, or ignore it",
            Self::NameInvalid { .. } => "rename it, or ignore it",
            Self::FileChanged { .. } => "stop what writes to the model, then try again",
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => "give this user read access, or ignore the path",
                io::ErrorKind::InvalidFilename => "check the path",
                _ if is_in_use(source) => "close the program that has it open, then try again",
                _ if is_out_of_descriptors(source) => "raise the limit of open files (ulimit -n), or use fewer threads",
                _ => "check the disk, then try again",
            },
            Self::StatementInvalid { rule: Rule::Legacy, .. } => "allow legacy statements, if you know who made it",
            Self::ManifestsIncomparable { .. } => {
                "make both with the same hash algorithm, serialization and shard size"
            }
            Self::BundleNotFound { .. } | Self::BundleUnreadable { path: Some(_), .. } => {
                "check the path of the signature"
            }
            Self::BundleUnreadable { path: None, .. }
            | Self::BundleInvalid { .. }
            | Self::JsonInvalid { .. }
            | Self::StatementInvalid { .. } => "get the signature again from who made it",
            Self::Internal { .. } => "please report this, with the message",
            Self::Cancelled => return None,
        })
    }

    /// Says which text was no JSON; who read the inner text has said it already.
    pub(crate) fn in_document(mut self, name: &'static str) -> Self {
        if let Self::JsonInvalid { document, .. } = &mut self {
            *document = if document.is_empty() { name } else { document };
        }
        self
    }

    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>, source: impl Into<io::Error>) -> Self {
        Self::Io { action, path: path.into(), source: source.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlgorithmUnknown { name } => write!(f, "unknown hash algorithm '{}'", escaped(name)),
            Self::ShardSizeInvalid { size } => write!(f, "shard size {size} is out of range"),
            Self::IgnorePathInvalid { path, reason } => write!(f, "ignore path '{}' {reason}", escaped_path(path)),
            Self::Cancelled => f.write_str("cancelled"),
            Self::ModelNotFound { path } => write!(f, "model '{}' does not exist", escaped_path(path)),
            Self::ModelNameless { path } => write!(f, "model '{}' has no name to sign", escaped_path(path)),
            Self::ModelEmpty { path } => write!(f, "model '{}' has no files to hash", escaped_path(path)),
            Self::ModelTooLarge { limit } => {
                write!(f, "the model has more than {limit} files, shards or folders behind links")
            }
            Self::HiddenFiles { files } => {
                write!(f, "the model has {files} files that nobody signed and that were excused")
            }
            Self::SymlinkForbidden { path } => {
                write!(f, "'{}' is a symbolic link, and these are not allowed", escaped_path(path))
            }
            Self::SymlinkDangling { path } => write!(f, "symbolic link '{}' leads nowhere", escaped_path(path)),
            Self::SymlinkOutside { path, target } => {
                let (path, target) = (escaped_path(path), escaped_path(target));
                write!(f, "symbolic link '{path}' leads out of the model, to '{target}'")
            }
            Self::SymlinkCycle { path } => {
                write!(f, "symbolic link '{}' leads back to a folder it is in", escaped_path(path))
            }
            Self::SpecialFile { path, kind } => {
                write!(f, "'{}' is a {kind}, not a regular file", escaped_path(path))
            }
            Self::NameInvalid { path, reason } => write!(f, "the name '{}' {reason}", escaped_path(path)),
            Self::FileChanged { path, what } => {
                write!(f, "'{}' changed while it was hashed: {what}", escaped_path(path))
            }
            Self::Io { action, path, source } => {
                write!(f, "cannot {action} '{}': {}", escaped_path(path), words(source))
            }
            Self::JsonInvalid { document, reason, offset } => {
                let colon = if document.is_empty() { "" } else { ": " };
                write!(f, "{document}{colon}not valid JSON at byte {offset}: {}", escaped(reason))
            }
            Self::StatementInvalid { field, reason, .. } => {
                write!(f, "statement: {}: {}", escaped(field), escaped(reason))
            }
            Self::BundleInvalid { field, reason, .. } => write!(f, "bundle: {}: {}", escaped(field), escaped(reason)),
            Self::ManifestsIncomparable { manifest, other } => {
                write!(f, "the manifests cannot be compared: one is of {manifest}, the other of {other}")
            }
            Self::BundleNotFound { path } => write!(f, "the signature '{}' does not exist", escaped_path(path)),
            Self::BundleUnreadable { path: Some(path), reason } => {
                write!(f, "the signature '{}' {reason}", escaped_path(path))
            }
            Self::BundleUnreadable { path: None, reason } => write!(f, "the signature {reason}"),
            Self::Internal { reason } => write!(f, "internal error: {}", escaped(reason)),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// The operating system's words, without the number that Rust puts behind them.
fn words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error ").map_or_else(|| text.clone(), |(words, _)| words.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_unique() {
        assert!(Error::CODES.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn a_message_is_one_line_whatever_the_name() {
        let error = Error::FileChanged { path: "a\nerror: \u{1b}[0mfine".into(), what: "it shrank" };
        assert_eq!(error.to_string(), "'a\\nerror: \\u{1b}[0mfine' changed while it was hashed: it shrank");
        assert_eq!(error.path(), Some(Path::new("a\nerror: \u{1b}[0mfine")));
    }

    #[test]
    fn refusals_of_the_system_have_their_own_codes() {
        let denied = Error::io("open", "x", io::ErrorKind::PermissionDenied);
        assert_eq!(denied.code(), "PERMISSION_DENIED");
        assert_eq!(Error::io("read", "x", io::ErrorKind::UnexpectedEof).code(), "IO_ERROR");
        let too_long = Error::io("find", "x", io::ErrorKind::InvalidFilename);
        assert_eq!((too_long.code(), too_long.hint()), ("IO_ERROR", Some("check the path")));
    }

    #[test]
    #[cfg(unix)]
    fn the_system_speaks_in_words_only() {
        let error = Error::io("read", "x", io::Error::from_raw_os_error(libc::EIO));
        let words = if cfg!(target_env = "musl") { "I/O error" } else { "Input/output error" };
        assert_eq!(error.to_string(), format!("cannot read 'x': {words}"));
    }
}
