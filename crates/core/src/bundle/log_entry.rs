// SPDX-License-Identifier: Apache-2.0
//! An entry of a transparency log, as a bundle carries it. Its syntax is read here, to the letter; what it proves is
//! for the Sigstore method to say. Members that proto3 JSON leaves out when they are zero may be absent.

use super::member::{broken, decoded, each, only, required, unknown};
use crate::error::{BundleRule, Result};
use crate::json::{Kind, Reader};

/// The length of every hash of a log's tree: SHA-256.
const HASH_LEN: usize = 32;

/// What a log says about its entry. Nothing of it is authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// The place in the log, over all of its shards.
    pub log_index: u64,
    /// Which log it is.
    pub log_id: Vec<u8>,
    /// The kind of the body, like `dsse`.
    pub kind: String,
    /// The version of that kind, like `0.0.1`.
    pub version: String,
    /// When the log took it, in seconds since 1970; zero where the log gives no time.
    pub integrated_time: u64,
    /// The log's signature on its word to include it.
    pub inclusion_promise: Option<Vec<u8>>,
    /// That it was included.
    pub inclusion_proof: Option<InclusionProof>,
    /// The body as it was hashed into the log.
    pub canonicalized_body: Vec<u8>,
}

/// The way from an entry to the root of a log's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// The place in this tree.
    pub log_index: u64,
    /// The root of the tree.
    pub root_hash: Vec<u8>,
    /// How many entries the tree has.
    pub tree_size: u64,
    /// The siblings on the way up.
    pub hashes: Vec<Vec<u8>>,
    /// What the log signed about the tree.
    pub checkpoint: Option<String>,
}

impl LogEntry {
    pub(super) fn read(json: &mut Reader<'_>) -> Result<Self> {
        let field = json.field();
        let (mut log_index, mut integrated_time) = (0, 0);
        let (mut log_id, mut kind_version, mut promise, mut proof, mut body) = (None, None, None, None, None);
        json.object(|json, member| {
            match member {
                "logIndex" => log_index = whole(json)?,
                "logId" => log_id = Some(only(json, "keyId", decoded)?),
                "kindVersion" => kind_version = Some(read_kind_version(json)?),
                "integratedTime" => integrated_time = whole(json)?,
                "inclusionPromise" => promise = Some(only(json, "signedEntryTimestamp", decoded)?),
                "inclusionProof" => proof = Some(InclusionProof::read(json)?),
                "canonicalizedBody" => body = Some(decoded(json)?),
                _ => return Err(unknown(json)),
            }
            Ok(())
        })?;
        let (kind, version) = required(kind_version, &format!("{field}.kindVersion"))?;
        Ok(Self {
            log_index,
            log_id: required(log_id, &format!("{field}.logId"))?,
            kind,
            version,
            integrated_time,
            inclusion_promise: promise,
            inclusion_proof: proof,
            canonicalized_body: required(body, &format!("{field}.canonicalizedBody"))?,
        })
    }
}

impl InclusionProof {
    fn read(json: &mut Reader<'_>) -> Result<Self> {
        let field = json.field();
        let (mut log_index, mut tree_size) = (0, 0);
        let (mut root_hash, mut hashes, mut checkpoint) = (None, Vec::new(), None);
        json.object(|json, member| {
            match member {
                "logIndex" => log_index = whole(json)?,
                "rootHash" => root_hash = Some(hash(json)?),
                "treeSize" => tree_size = whole(json)?,
                "hashes" => each(json, |json| {
                    hashes.push(hash(json)?);
                    Ok(())
                })?,
                "checkpoint" => {
                    checkpoint = Some(only(json, "envelope", |json| Ok(json.string()?.into_owned()))?);
                }
                _ => return Err(unknown(json)),
            }
            Ok(())
        })?;
        let root_hash = required(root_hash, &format!("{field}.rootHash"))?;
        Ok(Self { log_index, root_hash, tree_size, hashes, checkpoint })
    }
}

fn read_kind_version(json: &mut Reader<'_>) -> Result<(String, String)> {
    let field = json.field();
    let (mut kind, mut version) = (None, None);
    json.object(|json, member| {
        match member {
            "kind" => kind = Some(json.string()?.into_owned()),
            "version" => version = Some(json.string()?.into_owned()),
            _ => return Err(unknown(json)),
        }
        Ok(())
    })?;
    Ok((required(kind, &format!("{field}.kind"))?, required(version, &format!("{field}.version"))?))
}

fn hash(json: &mut Reader<'_>) -> Result<Vec<u8>> {
    let bytes = decoded(json)?;
    if bytes.len() == HASH_LEN {
        return Ok(bytes);
    }
    Err(broken(BundleRule::Material, &json.field(), format!("is not {HASH_LEN} bytes long")))
}

/// Reads a 63-bit integer: proto3 JSON writes it as a string, and lets readers take a number.
fn whole(json: &mut Reader<'_>) -> Result<u64> {
    let value = if json.kind()? == Kind::Number { json.number()?.as_u64() } else { digits(&json.string()?) };
    value.ok_or_else(|| broken(BundleRule::Member, &json.field(), "is not a whole number from 0 to 2^63-1"))
}

/// The value of decimal digits, in their one spelling.
fn digits(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if !plain {
        return None;
    }
    text.parse().ok().filter(|&value: &u64| i64::try_from(value).is_ok())
}
