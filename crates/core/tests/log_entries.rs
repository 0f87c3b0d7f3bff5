// SPDX-License-Identifier: Apache-2.0
//! Log entries of Sigstore bundles: every member is read, none is passed over, and their syntax is kept to the letter.

mod support;

use model_signing_core::{Bundle, Material, json};
use support::bundle_refusal;

const CERTIFICATE: &str = r#"{"rawBytes":"AQ=="}"#;
const HASH: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn entry() -> String {
    format!(
        r#"{{"logIndex":"7","logId":{{"keyId":"AQI="}},"kindVersion":{{"kind":"dsse","version":"0.0.1"}},"integratedTime":"1700000000","inclusionPromise":{{"signedEntryTimestamp":"AwQ="}},"inclusionProof":{{"logIndex":"5","rootHash":"{HASH}","treeSize":"6","hashes":["{HASH}"],"checkpoint":{{"envelope":"o\n6\n"}}}},"canonicalizedBody":"e30="}}"#
    )
}

fn bundle(version: &str, material: &str) -> String {
    // {"predicateType":"https://model_signing/signature/v1.0"}
    let payload = "eyJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIn0=";
    format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.bundle+json;version={version}","verificationMaterial":{{{material}}},"dsseEnvelope":{{"payload":"{payload}","payloadType":"application/vnd.in-toto+json","signatures":[{{"sig":"AQID"}}]}}}}"#
    )
}

fn with_entries(entries: &str) -> String {
    bundle("0.3", &format!(r#""certificate":{CERTIFICATE},"tlogEntries":{entries}"#))
}

fn with_entry(entry: &str) -> String {
    with_entries(&format!("[{entry}]"))
}

#[test]
fn every_member_is_read() {
    let bundle = Bundle::read(with_entry(&entry()).as_bytes()).unwrap();
    assert_eq!(bundle.seal.material, Material::Certificate(vec![1]));
    let [entry] = bundle.seal.log_entries.as_slice() else { panic!("{:?}", bundle.seal.log_entries) };
    assert_eq!((entry.log_index, entry.integrated_time), (7, 1_700_000_000));
    assert_eq!((entry.log_id.as_slice(), entry.canonicalized_body.as_slice()), (&[1, 2][..], &b"{}"[..]));
    assert_eq!((entry.kind.as_str(), entry.version.as_str()), ("dsse", "0.0.1"));
    assert_eq!(entry.inclusion_promise.as_deref(), Some(&[3, 4][..]));
    let proof = entry.inclusion_proof.as_ref().unwrap();
    assert_eq!((proof.log_index, proof.tree_size, proof.hashes.len()), (5, 6, 1));
    assert_eq!((proof.root_hash.as_slice(), proof.checkpoint.as_deref()), (&[0; 32][..], Some("o\n6\n")));
}

#[test]
fn zeros_may_be_left_out_and_numbers_may_be_numbers() {
    let short = format!(
        r#"{{"logId":{{"keyId":""}},"kindVersion":{{"kind":"","version":""}},"inclusionProof":{{"rootHash":"{HASH}"}},"canonicalizedBody":""}}"#
    );
    let bundle = Bundle::read(with_entry(&short).as_bytes()).unwrap();
    let entry = &bundle.seal.log_entries[0];
    assert_eq!((entry.log_index, entry.integrated_time, entry.inclusion_promise.as_ref()), (0, 0, None));
    let proof = entry.inclusion_proof.as_ref().unwrap();
    assert_eq!(
        (proof.log_index, proof.tree_size, proof.hashes.is_empty(), proof.checkpoint.as_ref()),
        (0, 0, true, None)
    );
    for (text, value) in [("7", 7), ("9223372036854775807", i64::MAX.unsigned_abs()), ("\"0\"", 0), ("1e3", 1000)] {
        let bundle = Bundle::read(with_entry(&entry_with("\"7\"", text)).as_bytes()).unwrap();
        assert_eq!(bundle.seal.log_entries[0].log_index, value, "{text}");
    }
}

fn entry_with(from: &str, to: &str) -> String {
    let changed = entry().replacen(from, to, 1);
    assert_ne!(changed, entry(), "{from}");
    changed
}

#[test]
fn every_rule_has_its_code_and_names_the_member() {
    let at = |member: &str| format!("verificationMaterial.tlogEntries[0].{member}");
    let member = "BUNDLE_MEMBER_INVALID";
    let cases = [
        (entry_with(r#""logIndex":"7""#, r#""logIndex":"-1""#), member, at("logIndex")),
        (entry_with(r#""logIndex":"7""#, r#""logIndex":"07""#), member, at("logIndex")),
        (entry_with(r#""logIndex":"7""#, r#""logIndex":"7.5""#), member, at("logIndex")),
        (entry_with(r#""logIndex":"7""#, r#""logIndex":"""#), member, at("logIndex")),
        (entry_with(r#""logIndex":"7""#, r#""logIndex":" 7""#), member, at("logIndex")),
        (entry_with(r#""logIndex":"7""#, r#""logIndex":9223372036854775808"#), member, at("logIndex")),
        (entry_with(r#""logIndex":"7""#, r#""logIndex":"9223372036854775808""#), member, at("logIndex")),
        (entry_with(r#""logIndex":"7""#, r#""logIndex":null"#), member, at("logIndex")),
        (entry_with(r#""logIndex":"7""#, r#""log_index":"7""#), member, at("log_index")),
        (entry_with(r#""logIndex":"7","#, r#""logIndex":"7","more":1,"#), member, at("more")),
        (entry_with(r#"{"keyId":"AQI="}"#, "{}"), member, at("logId.keyId")),
        (entry_with(r#"{"keyId":"AQI="}"#, r#"{"keyId":"AQI=","x":1}"#), member, at("logId.x")),
        (entry_with(r#""logId":{"keyId":"AQI="},"#, ""), member, at("logId")),
        (entry_with("AQI=", "AQI"), "BUNDLE_BASE64_INVALID", at("logId.keyId")),
        (entry_with(r#","version":"0.0.1""#, ""), member, at("kindVersion.version")),
        (entry_with(r#","version":"0.0.1""#, r#","version":1"#), member, at("kindVersion.version")),
        (entry_with(r#""inclusionPromise":{"#, r#""inclusionPromise":{"x":1,"#), member, at("inclusionPromise.x")),
        (entry_with(r#""inclusionProof":{"#, r#""inclusionProof":{"x":1,"#), member, at("inclusionProof.x")),
        (entry_with(r#"["AAAA"#, r#"["AAAAAAAA"#), "BUNDLE_MATERIAL_INVALID", at("inclusionProof.hashes[0]")),
        (entry_with(r#"rootHash":"AAAA"#, r#"rootHash":""#), "BUNDLE_MATERIAL_INVALID", at("inclusionProof.rootHash")),
        (entry_with(r#""envelope":"o\n6\n""#, ""), member, at("inclusionProof.checkpoint.envelope")),
        (entry_with(r#","canonicalizedBody":"e30=""#, ""), member, at("canonicalizedBody")),
    ];
    for (entry, code, field) in cases {
        assert_eq!(bundle_refusal(&with_entry(&entry)), (code, field), "{entry}");
    }
    let hashes = vec![format!("\"{HASH}\""); 65].join(",");
    let many = entry_with(&format!("[\"{HASH}\"]"), &format!("[{hashes}]"));
    assert_eq!(bundle_refusal(&with_entry(&many)), ("BUNDLE_MATERIAL_INVALID", at("inclusionProof.hashes")));
    let crowd = format!("[{}]", vec![entry(); 33].join(","));
    assert_eq!(
        bundle_refusal(&with_entries(&crowd)),
        ("BUNDLE_MATERIAL_INVALID", "verificationMaterial.tlogEntries".into())
    );
    let twice = entry_with(r#""logIndex":"7""#, r#""logIndex":"7","logIndex":"7""#);
    assert_eq!(bundle_refusal(&with_entry(&twice)).0, "JSON_INVALID");
}

#[test]
fn old_forms_are_of_chains_with_log_entries_only() {
    let chain = format!(r#""x509CertificateChain":{{"certificates":[{CERTIFICATE}]}}"#);
    let entries = format!(r#""tlogEntries":[{}]"#, entry());
    for version in ["0.1", "0.2", "0.3"] {
        let bundle = Bundle::read(bundle(version, &format!("{chain},{entries}")).as_bytes()).unwrap();
        assert_eq!((bundle.seal.material, bundle.seal.log_entries.len()), (Material::Chain(vec![vec![1]]), 1));
    }
    for material in [
        chain,
        format!(r#""certificate":{CERTIFICATE},{entries}"#),
        format!(r#""publicKey":{{"hint":"ab"}},{entries}"#),
    ] {
        assert!(Bundle::read(bundle("0.3", &material).as_bytes()).is_ok());
        for version in ["0.1", "0.2"] {
            let (code, field) = bundle_refusal(&bundle(version, &material));
            assert_eq!((code, field.as_str()), ("BUNDLE_MEDIA_TYPE_UNKNOWN", "mediaType"));
        }
    }
    let (code, _) = bundle_refusal(&bundle("0.4", r#""publicKey":{"hint":"ab"}"#));
    assert_eq!(code, "BUNDLE_MEDIA_TYPE_UNKNOWN");
}

#[test]
fn nothing_makes_the_reader_panic() {
    let good = with_entry(&entry()).into_bytes();
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
fn documents_of_other_formats_are_looked_at_as_strictly() {
    let long = format!("\"{}\"", "a".repeat(2 << 20));
    for text in ["{}", "[1,\"a\",null,true]", " {\"a\":{\"b\":[]}} ", long.as_str()] {
        assert!(json::check(text.as_bytes()).is_ok(), "{}", &text[..text.len().min(40)]);
    }
    let deep = "[".repeat(100_000);
    for text in
        ["", "{", "{}x", "{} {}", r#"{"a":1,"a":1}"#, r#"{"a":{"b":1,"b":1}}"#, "\u{feff}{}", "nul", deep.as_str()]
    {
        let error = json::check(text.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "JSON_INVALID", "{}", &text[..text.len().min(40)]);
    }
}
