// SPDX-License-Identifier: Apache-2.0
//! Statements that other implementations signed are read: the files of the shared vectors, where they are present.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use model_signing_core::json::{Limits, Reader};
use model_signing_core::statement::{Form, ReadOptions, Statement, read};
use model_signing_core::{Algorithm, Digest, Error, Method, Result, dsse};
use sha2::{Digest as _, Sha256};

const LEGACY: ReadOptions = ReadOptions { allow_legacy: true };

fn vectors() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors");
    let folder = std::env::var_os("MODEL_SIGNING_VECTORS").map_or_else(|| beside.into(), PathBuf::from);
    if !folder.is_dir() {
        let why = format!("none at '{}'; MODEL_SIGNING_VECTORS can name their folder", folder.display());
        support::skip("vectors", &why);
        return None;
    }
    Some(folder)
}

fn payload(bundle: &Path) -> Vec<u8> {
    let text = fs::read(bundle).unwrap();
    let read = || -> Result<String> {
        let refuse = |field, reason| Error::Internal { reason: format!("{field} {reason}") };
        let mut json = Reader::new(&text, Limits::default(), refuse)?;
        let mut payload = String::new();
        json.object(|json, member| match member {
            "dsseEnvelope" => json.object(|json, member| {
                if member == "payload" {
                    payload = json.string()?.into_owned();
                    return Ok(());
                }
                json.skip()
            }),
            _ => json.skip(),
        })?;
        json.end()?;
        Ok(payload)
    };
    base64(&read().unwrap_or_else(|error| panic!("{}: {error}", bundle.display())))
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut count) = (Vec::new(), 0, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let value = ALPHABET.iter().position(|&letter| letter == byte).expect("base64");
        bits = bits << 6 | value;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count).unwrap());
            bits &= (1 << count) - 1;
        }
    }
    out
}

fn names(statement: &Statement) -> Vec<&str> {
    statement.manifest.resources().names().collect()
}

/// Every bundle that is well formed, with the model's name and its resources.
const V1: [(&str, &str, &[&str]); 24] = [
    ("python/v0.3.1-p256.sig", "m13", &["a.bin", "a/q"]),
    ("python/v0.3.1-p384.sig", "m13", &["a.bin", "a/q"]),
    ("python/v1.0.0-p256.sig", "m13", &["a.bin", "a/q"]),
    ("python/v1.0.0-p384.sig", "m13", &["a.bin", "a/q"]),
    ("python/v1.0.1-p256.sig", "m13", &["a.bin", "a/q"]),
    ("python/v1.0.1-p384.sig", "m13", &["a.bin", "a/q"]),
    ("python/v1.1.1-p256.sig", "model", &["a.bin", "a/q"]),
    ("python/v1.1.1-p384.sig", "model", &["a.bin", "a/q"]),
    ("go/certificate.sig", "model", GO),
    ("go/key-p256.sig", "model", GO),
    ("go/key-p384.sig", "model", GO),
    ("go/key-p521.sig", "model", GO),
    ("go/key-single-file.sig", "single.bin", &["single.bin"]),
    ("go/oci.sig", "oci-manifest", &["config.json", "sub/a-b.txt", "weights.bin"]),
    ("historical/v0.3.1-elliptic-key/bundle.sig", "signme-1", &["."]),
    ("historical/v1.0.0-certificate/bundle.sig", "v1.0.0-certificate", TWO),
    ("historical/v1.0.0-sigstore/bundle.sig", "v1.0.0-sigstore", TWO),
    ("historical/v1.0.1-elliptic-key/bundle.sig", "v1.0.1-elliptic-key", TWO),
    ("historical/v1.1.0-certificate/bundle.sig", "v1.1.0-certificate", TWO),
    ("historical/v1.1.0-elliptic-key/bundle.sig", "v1.1.0-elliptic-key", TWO),
    ("historical/v1.1.0-sigstore/bundle.sig", "v1.1.0-sigstore", TWO),
    ("oms/test-vectors/v1.0/valid/certificate.bundle.json", "model", TWO),
    ("oms/test-vectors/v1.0/valid/key.bundle.json", "model", TWO),
    ("oms/test-vectors/v1.0/valid/sigstore.bundle.json", "v1.1.0-sigstore", TWO),
];
const GO: &[&str] = &["config.json", "empty", "sub/a-b.txt", "weights.bin"];
const TWO: &[&str] = &["signme-1", "signme-2"];

#[test]
fn statements_of_every_release_are_read() {
    let Some(folder) = vectors() else { return };
    for (bundle, model_name, resources) in V1 {
        let statement = read(&payload(&folder.join(bundle)), &ReadOptions::default()).expect(bundle);
        assert_eq!(statement.form, Form::V1, "{bundle}");
        assert_eq!(statement.manifest.model_name(), model_name, "{bundle}");
        assert_eq!(names(&statement), resources, "{bundle}");
        assert_eq!(statement.single_file_dot, resources == ["."], "{bundle}");
        assert_eq!(statement.manifest.serialization().method, Method::Files, "{bundle}");
        assert_eq!(statement.unknown_members, [""; 0], "{bundle}");
    }
}

#[test]
fn what_was_ignored_is_kept_as_recorded() {
    let Some(folder) = vectors() else { return };
    let ignored = |bundle: &str| {
        let statement = read(&payload(&folder.join(bundle)), &ReadOptions::default()).unwrap();
        statement.manifest.serialization().ignore_paths.clone()
    };
    assert_eq!(ignored("python/v1.0.0-p256.sig"), [""; 0]);
    assert_eq!(ignored("go/oci.sig"), [""; 0]);
    assert_eq!(ignored("go/key-p256.sig"), [".git", ".gitignore", ".gitattributes", ".github"]);
    let recorded = ["ignore-me", ".gitattributes", "model.sig", ".github", ".gitignore", ".git"];
    assert_eq!(ignored("historical/v1.1.0-certificate/bundle.sig"), recorded);
}

#[test]
fn legacy_statements_are_read_when_allowed() {
    let Some(folder) = vectors() else { return };
    for (bundle, files) in [
        ("python/v0.2.0-p256.sig", ["a.bin", "a/q"]),
        ("python/v0.2.0-p384.sig", ["a.bin", "a/q"]),
        ("historical/v0.2.0-certificate/bundle.sig", ["signme-1", "signme-2"]),
    ] {
        let payload = payload(&folder.join(bundle));
        let statement = read(&payload, &LEGACY).expect(bundle);
        assert_eq!((statement.form, statement.manifest.model_name()), (Form::Legacy, ""), "{bundle}");
        assert_eq!(names(&statement), files, "{bundle}");
        assert_eq!(read(&payload, &ReadOptions::default()).unwrap_err().code(), "LEGACY_FORBIDDEN", "{bundle}");
    }
}

/// The expected digest is of bytes that OpenSSL found the signatures in both bundles to be over
/// (`openssl dgst -sha256 -verify`).
#[test]
fn the_legacy_encoding_is_what_was_signed() {
    let Some(folder) = vectors() else { return };
    for bundle in ["python/v0.2.0-p256.sig", "python/v0.2.0-p384.sig"] {
        let hash = Sha256::digest(dsse::legacy_pae(&payload(&folder.join(bundle))));
        let hash = Digest::new(Algorithm::Sha256, &hash).unwrap();
        assert_eq!(hash.to_hex(), "6fa9b2ec85b4d1d5c44811864d31845bc97b740c25138a81fb914e084799b497", "{bundle}");
    }
}

#[test]
fn a_foreign_predicate_is_called_foreign() {
    let Some(folder) = vectors() else { return };
    let bundle = folder.join("oms/test-vectors/v1.0/invalid-payload/wrong-predicate.bundle.json");
    assert_eq!(read(&payload(&bundle), &LEGACY).unwrap_err().code(), "PREDICATE_TYPE_UNKNOWN");
}
