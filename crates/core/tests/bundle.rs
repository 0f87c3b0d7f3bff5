// SPDX-License-Identifier: Apache-2.0
//! Bundles: every form that is read, every rule that is kept, and nothing that makes the reader panic.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use model_signing_core::statement::Form;
use model_signing_core::{ArtifactBundle, Bundle, Content, Material, MessageDigest, dsse};
use support::{bundle_refusal, skip};

const KEY: &str = r#"{"publicKey":{"hint":"ab"},"tlogEntries":[]}"#;

fn bundle_with(material: &str, signatures: &str) -> String {
    // {"predicateType":"https://model_signing/signature/v1.0"}
    let payload = "eyJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIn0=";
    format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{material},"dsseEnvelope":{{"payload":"{payload}","payloadType":"application/vnd.in-toto+json","signatures":{signatures}}}}}"#
    )
}

fn good() -> String {
    bundle_with(KEY, r#"[{"sig":"AQID","keyid":""}]"#)
}

/// What stands before the payload is shorter than the encoding that takes its place.
fn envelope_first() -> String {
    let good = good();
    let (head, envelope) = good[1..good.len() - 1].split_at(good.find(r#","dsseEnvelope""#).unwrap() - 1);
    format!("{{{},{head}}}", &envelope[1..])
}

#[test]
fn a_bundle_is_read() {
    let bundle = Bundle::read(good().as_bytes()).unwrap();
    assert_eq!(bundle.seal.material, Material::KeyHint("ab".into()));
    assert_eq!((bundle.seal.signature.as_slice(), bundle.form), (&[1, 2, 3][..], Form::V1));
    assert!(bundle.message().starts_with(b"DSSEv1 28 application/vnd.in-toto+json 56 {"));
}

#[test]
fn a_payload_is_the_same_wherever_it_stands_and_however_it_is_spelt() {
    let payload = br#"{"predicateType":"https://model_signing/signature/v1.0"}"#;
    for text in [good(), good().replacen("eyJ", "\\u0065yJ", 1), envelope_first()] {
        let bundle = Bundle::read(text.as_bytes()).unwrap();
        assert_eq!(bundle.envelope.payload(), payload);
        assert_eq!(*bundle.message(), dsse::pae(dsse::IN_TOTO, payload));
    }
}

#[test]
fn what_may_differ_does() {
    for signatures in [r#"[{"sig":"AQID"}]"#, r#"[{"sig":"AQID","keyid":null}]"#, r#"[ {"keyid":"x","sig":"AQID"} ]"#] {
        assert!(Bundle::read(bundle_with(KEY, signatures).as_bytes()).is_ok(), "{signatures}");
    }
    let other_spelling = good().replace(".v0.3+json", "+json;version=0.3").replace("mediaType", "media\\u0054ype");
    assert!(Bundle::read(other_spelling.as_bytes()).is_ok());
    let chain = r#"{"x509CertificateChain":{"certificates":[{"rawBytes":"AQ=="},{"rawBytes":"Ag=="}]}}"#;
    let bundle = Bundle::read(bundle_with(chain, r#"[{"sig":"AQID"}]"#).as_bytes()).unwrap();
    assert_eq!(bundle.seal.material, Material::Chain(vec![vec![1], vec![2]]));
    let stamped =
        KEY.replace("[]", r#"[],"timestampVerificationData":{"rfc3161Timestamps":[{"signedTimestamp":"Aw=="}]}"#);
    let bundle = Bundle::read(bundle_with(&stamped, r#"[{"sig":"AQID"}]"#).as_bytes()).unwrap();
    assert_eq!(bundle.seal.timestamps, [[3]]);
}

#[test]
fn every_rule_has_its_code_and_names_the_member() {
    let sig = r#"[{"sig":"AQID"}]"#;
    let many = format!("[{}]", vec![r#"{"rawBytes":"AQ=="}"#; 17].join(","));
    let cases = [
        (good().replace("\"ab\"", "1"), "BUNDLE_MEMBER_INVALID", "verificationMaterial.publicKey.hint"),
        (good().replacen('{', r#"{"x":1,"#, 1), "BUNDLE_MEMBER_INVALID", "x"),
        (good().replace(r#""keyid":"""#, r#""kid":"""#), "BUNDLE_MEMBER_INVALID", "dsseEnvelope.signatures[0].kid"),
        (good().replace("v0.3+json", "v0.4+json"), "BUNDLE_MEDIA_TYPE_UNKNOWN", "mediaType"),
        (good().replace("in-toto+json\"", "in-toto+xml\""), "BUNDLE_PAYLOAD_TYPE_UNKNOWN", "dsseEnvelope.payloadType"),
        (bundle_with(KEY, "[]"), "BUNDLE_SIGNATURES_INVALID", "dsseEnvelope.signatures"),
        (
            bundle_with(KEY, r#"[{"sig":"AQ=="},{"sig":"AQ=="}]"#),
            "BUNDLE_SIGNATURES_INVALID",
            "dsseEnvelope.signatures",
        ),
        (bundle_with(KEY, r#"[{"keyid":""}]"#), "BUNDLE_MEMBER_INVALID", "dsseEnvelope.signatures[0].sig"),
        (good().replace("AQID", "AQI"), "BUNDLE_BASE64_INVALID", "dsseEnvelope.signatures[0].sig"),
        (good().replace("AQID", &"A".repeat((1 << 20) + 4)), "BUNDLE_MEMBER_INVALID", "dsseEnvelope.signatures[0].sig"),
        (good().replace("AQID", "AR=="), "BUNDLE_BASE64_INVALID", "dsseEnvelope.signatures[0].sig"),
        (bundle_with("{}", sig), "BUNDLE_MATERIAL_INVALID", "verificationMaterial"),
        (
            bundle_with(r#"{"publicKey":{"hint":"a"},"certificate":{"rawBytes":"AQ=="}}"#, sig),
            "BUNDLE_MATERIAL_INVALID",
            "verificationMaterial",
        ),
        (
            bundle_with(&format!(r#"{{"x509CertificateChain":{{"certificates":{many}}}}}"#), sig),
            "BUNDLE_MATERIAL_INVALID",
            "verificationMaterial.x509CertificateChain.certificates",
        ),
        (
            bundle_with(r#"{"x509CertificateChain":{"certificates":[]}}"#, sig),
            "BUNDLE_MEMBER_INVALID",
            "verificationMaterial.x509CertificateChain.certificates",
        ),
        (good() + " x", "JSON_INVALID", ""),
        (good().replacen('{', r#"{"mediaType":"x","#, 1), "JSON_INVALID", ""),
        (String::new(), "JSON_INVALID", ""),
        ("[]".into(), "BUNDLE_MEMBER_INVALID", "$"),
    ];
    for (text, code, field) in cases {
        assert_eq!(bundle_refusal(&text), (code, field.to_owned()), "{text}");
    }
}

/// Bare bytes that were signed, instead of the envelope.
fn over_bytes(message: &str) -> String {
    let good = good();
    format!(r#"{},"messageSignature":{message}}}"#, &good[..good.find(r#","dsseEnvelope""#).unwrap()])
}

#[test]
fn only_a_statement_vouches_for_a_model() {
    let digest = r#"{"algorithm":"SHA2_256","digest":"BAU="}"#;
    let text = over_bytes(&format!(r#"{{"messageDigest":{digest},"signature":"AQID"}}"#));
    assert_eq!(bundle_refusal(&text), ("BUNDLE_STATEMENT_MISSING", "messageSignature".into()));
    let ArtifactBundle { seal, content } = ArtifactBundle::read(text.as_bytes()).unwrap();
    let value = vec![4, 5];
    assert_eq!(content, Content::Message(Some(MessageDigest { algorithm: "SHA2_256".into(), value })));
    assert_eq!(seal.signature, [1, 2, 3]);
    let bare = ArtifactBundle::read(over_bytes(r#"{"signature":"AQID"}"#).as_bytes()).unwrap();
    assert_eq!(bare.content, Content::Message(None));
    // {"predicateType":"x"}
    let payload = "eyJwcmVkaWNhdGVUeXBlIjoieCJ9";
    let other = good().replace(&good()[good().find("eyJ").unwrap()..=good().find("=\"").unwrap()], payload);
    assert_eq!(bundle_refusal(&other).0, "PREDICATE_TYPE_UNKNOWN");
    let read = ArtifactBundle::read(other.as_bytes()).unwrap();
    let Content::Statement(envelope) = read.content else { panic!("a statement is a statement") };
    assert_eq!(envelope.payload(), br#"{"predicateType":"x"}"#);
    for (message, field) in [
        ("{}", "messageSignature.signature"),
        (r#"{"signature":"AQID","x":1}"#, "messageSignature.x"),
        (r#"{"messageDigest":{},"signature":"AQID"}"#, "messageSignature.messageDigest.algorithm"),
        (r#"{"messageDigest":{"algorithm":"x"},"signature":"AQID"}"#, "messageSignature.messageDigest.digest"),
        (r#"{"messageDigest":{"algorithm":1},"signature":"AQID"}"#, "messageSignature.messageDigest.algorithm"),
    ] {
        assert_eq!(bundle_refusal(&over_bytes(message)), ("BUNDLE_MEMBER_INVALID", field.into()), "{message}");
    }
    let both = good().replacen('{', r#"{"messageSignature":{"signature":"AQID"},"#, 1);
    assert_eq!(bundle_refusal(&both), ("BUNDLE_MEMBER_INVALID", "messageSignature".into()));
}

#[test]
fn bytes_are_bounded_as_files_are() {
    let error = Bundle::read(vec![b' '; (512 << 20) + 1]).unwrap_err();
    assert_eq!((error.code(), error.path()), ("BUNDLE_UNREADABLE", None));
    assert_eq!(error.to_string(), "the signature is longer than any signature, 512 MiB");
}

#[test]
fn what_is_no_json_is_named() {
    let message = |text: &str| Bundle::read(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(message("{"), "bundle: not valid JSON at byte 1: the end of the text where a member name should be");
    // {"a":1,"a":2}
    let payload = bundle_with(KEY, "[]").replace(
        "eyJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIn0=",
        "eyJhIjoxLCJhIjoyfQ==",
    );
    let signed = payload.replace("\"signatures\":[]", r#""signatures":[{"sig":"AQ=="}]"#);
    assert_eq!(message(&signed), "statement: not valid JSON at byte 7: the member name 'a' a second time");
}

#[test]
fn nothing_makes_the_reader_panic() {
    let good = good().into_bytes();
    for end in 0..good.len() {
        assert!(Bundle::read(&good[..end]).is_err());
    }
    for bit in 0..good.len() * 8 {
        let mut flipped = good.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let _ = Bundle::read(flipped);
    }
}

#[test]
fn a_file_is_opened_without_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let code = |path: &Path| Bundle::open(path).unwrap_err().code();
    assert_eq!(code(&folder.path().join("none")), "BUNDLE_NOT_FOUND");
    assert_eq!(code(folder.path()), "BUNDLE_UNREADABLE");
    fs::write(folder.path().join("good"), good()).unwrap();
    assert!(Bundle::open(&folder.path().join("good")).is_ok());
}

#[test]
fn bundles_of_other_implementations_are_read() {
    let vectors = std::env::var_os("MODEL_SIGNING_VECTORS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"), PathBuf::from);
    if !vectors.is_dir() {
        return skip("bundles of other implementations", "there are none beside the repository");
    }
    let mut count = 0;
    for folder in ["python", "go", "historical"] {
        for entry in
            walk(&vectors.join(folder)).into_iter().filter(|path| path.extension().is_some_and(|end| end == "sig"))
        {
            let bundle = Bundle::open(&entry).unwrap_or_else(|error| panic!("{}: {error}", entry.display()));
            assert_eq!(bundle.form == Form::Legacy, entry.to_string_lossy().contains("v0.2.0"), "{}", entry.display());
            count += 1;
        }
    }
    assert!(count >= 20, "{count}");
    for entry in walk(&vectors.join("oms/test-vectors/v1.0/invalid")) {
        assert!(
            Bundle::open(&entry).is_err() || entry.ends_with("missing-tlog-entries.bundle.json"),
            "{}",
            entry.display()
        );
    }
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
