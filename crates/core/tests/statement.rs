// SPDX-License-Identifier: Apache-2.0
//! Statements: written and read back, in both dialects; every rule of the format refused by its own code and field.

use model_signing_core::statement::{Dialect, Form, ReadOptions, Statement, read, write, write_as};
use model_signing_core::{
    Algorithm, DEFAULT_SHARD_SIZE, Digest, Error, Manifest, Method, Resource, ResourcePath, Serialization,
};
use proptest::prelude::*;
use sha2::Digest as _;

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const FILES: &str = r#""allow_symlinks":false,"hash_type":"sha256","method":"files""#;
const SHARDS: &str = r#""allow_symlinks":false,"hash_type":"sha256","method":"shards","shard_size":10"#;

fn accepted(text: &str) -> Statement {
    read(text.as_bytes(), &ReadOptions { allow_legacy: true }).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[track_caller]
fn refused(text: &str, code: &str, field: &str) {
    match read(text.as_bytes(), &ReadOptions { allow_legacy: true }) {
        Err(error @ Error::StatementInvalid { .. }) => {
            let found = match &error {
                Error::StatementInvalid { field, .. } => field.clone(),
                _ => unreachable!(),
            };
            assert_eq!((error.code(), found.as_str()), (code, field), "{error}");
            assert!(error.to_string().len() < 1000);
        }
        other => panic!("{other:?}: {text}"),
    }
}

fn root(digests: &[&str]) -> String {
    let mut hasher = sha2::Sha256::new();
    for digest in digests {
        hasher.update(Digest::from_hex(Algorithm::Sha256, digest).unwrap().as_bytes());
    }
    Digest::new(Algorithm::Sha256, &hasher.finalize()).unwrap().to_hex()
}

fn resource(name: &str, digest: &str) -> String {
    format!(r#"{{"algorithm":"sha256","digest":"{digest}","name":"{name}"}}"#)
}

fn subject(name: &str, root: &str) -> String {
    format!(r#"[{{"digest":{{"sha256":"{root}"}},"name":"{name}"}}]"#)
}

fn statement_of(resources: &str, serialization: &str, subject: &str) -> String {
    format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","predicate":{{"resources":[{resources}],"serialization":{{{serialization}}}}},"predicateType":"https://model_signing/signature/v1.0","subject":{subject}}}"#
    )
}

/// A statement that is right but for the names, all with one digest.
fn named(names: &[&str], serialization: &str) -> String {
    let resources: Vec<_> = names.iter().map(|name| resource(name, A)).collect();
    statement_of(&resources.join(","), serialization, &subject("m", &root(&vec![A; names.len()])))
}

fn good() -> String {
    statement_of(&resource("a", A), FILES, &subject("m", &root(&[A])))
}

fn legacy(subjects: &str) -> String {
    format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{subjects}],"predicateType":"https://model_signing/Digests/v0.1","predicate":{{"unused":""}}}}"#
    )
}

fn legacy_file(name: &str) -> String {
    format!(
        r#"{{"name":"{name}","digest":{{"sha256":"{A}"}},"annotations":{{"actual_hash_algorithm":"file-sha256"}}}}"#
    )
}

#[test]
fn the_bytes_are_canonical() {
    let digest = |hex| Digest::from_hex(Algorithm::Sha256, hex).unwrap();
    let path = |name: &str| ResourcePath::parse(name).unwrap();
    let resources =
        vec![Resource::shard(&path("b"), 0..3, digest(B)), Resource::shard(&path("a\"\n\u{1f}é"), 0..10, digest(A))];
    let ignore_paths = vec!["z".into(), ".git".into()];
    let recipe = Serialization {
        method: Method::Shards { size: 10 },
        algorithm: Algorithm::Sha256,
        allow_symlinks: true,
        ignore_paths,
    };
    let manifest = Manifest::new("m".into(), recipe, resources).unwrap();
    let expected = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","predicate":{{"resources":[{{"algorithm":"sha256","digest":"{A}","name":"a\"\n\u001fé:0:10"}},{{"algorithm":"sha256","digest":"{B}","name":"b:0:3"}}],"serialization":{{"allow_symlinks":true,"hash_type":"sha256","ignore_paths":[".git","z"],"method":"shards","shard_size":10}}}},"predicateType":"https://model_signing/signature/v1.0","subject":[{{"digest":{{"sha256":"{}"}},"name":"m"}}]}}"#,
        root(&[A, B])
    );
    assert_eq!(String::from_utf8(write(&manifest)).unwrap(), expected);
    let python = String::from_utf8(write_as(&manifest, Dialect::Python { single_file: false })).unwrap();
    assert_eq!(python, expected.replace("\"algorithm\":\"sha256\"", "\"algorithm\":\"sha256-sharded-10\""));
    assert_eq!(accepted(&python).manifest.resources(), manifest.resources());
}

#[test]
fn a_model_of_one_file_is_a_dot_for_python() {
    let python = Dialect::Python { single_file: true };
    for serialization in [FILES, SHARDS] {
        let ours = accepted(&named(&["x:0:9"], serialization));
        assert!(!ours.single_file_dot);
        let written = String::from_utf8(write_as(&ours.manifest, python)).unwrap();
        let dotted = accepted(&written);
        assert!(dotted.single_file_dot);
        assert_eq!(dotted.manifest.resources().get(0).unwrap().path(), ".");
        assert_eq!(
            dotted.manifest.resources().get(0).unwrap().range(),
            ours.manifest.resources().get(0).unwrap().range()
        );
        assert_eq!((dotted.manifest.model_name(), dotted.manifest.root()), ("m", ours.manifest.root()));
    }
    refused(&named(&[".", "a"], FILES), "RESOURCE_NAME_INVALID", "predicate.resources[0].name");
    refused(&named(&["-", "."], FILES), "RESOURCE_NAME_INVALID", "predicate.resources[1].name");
    assert!(accepted(&named(&[".:10:12", ".:0:10"], SHARDS)).single_file_dot);
}

#[test]
fn every_tolerance_is_kept() {
    accepted(&good());
    let spaced = good().replace(',', " ,\r\n\t").replace(':', " : ").replace("https : ", "https:");
    assert_eq!(accepted(&spaced), accepted(&good()));
    let escaped = good().replace("\"name\":\"a\"", r#""n\u0061me":"\u0061""#);
    assert_eq!(accepted(&escaped), accepted(&good()));
    let listed = [resource("b", B), resource("a", A)].join(",");
    let any_order = accepted(&statement_of(&listed, FILES, &subject("m", &root(&[B, A]))));
    assert_eq!(any_order.manifest.root().to_hex(), root(&[B, A]));
    for shard_size in ["10", "10.0", "1e1", "1.0E+01"] {
        let shards = SHARDS.replace(":10", &format!(":{shard_size}"));
        let read = accepted(&named(&["a:10:20", "b:x:0:1", "a:0:10"], &shards));
        assert_eq!(read.manifest.serialization().method, Method::Shards { size: 10 });
    }
    let sizes = [("1000000000.0", DEFAULT_SHARD_SIZE), ("9223372036854775807", i64::MAX.cast_unsigned())];
    for (text, size) in sizes {
        let read = accepted(&named(&["a:0:1"], &SHARDS.replace(":10", &format!(":{text}"))));
        assert_eq!(read.manifest.serialization().method, Method::Shards { size });
    }
    let largest = named(&["a:0:9223372036854775807"], &SHARDS.replace(":10", ":9223372036854775807"));
    assert_eq!(accepted(&largest).manifest.resources().get(0).unwrap().range(), Some(0..i64::MAX.cast_unsigned()));
    let label = named(&["a:0:10"], &SHARDS.replace("sha256", "sha256-sharded-10"));
    assert_eq!(accepted(&label).manifest, accepted(&named(&["a:0:10"], SHARDS)).manifest);
    let mixed = named(&["a:0:10", "a:10:11"], SHARDS).replacen("\"sha256\"", "\"sha256-sharded-10\"", 1);
    accepted(&mixed);
    let odd = FILES.to_owned() + r#","ignore_paths":["","[","../x","/abs","a//b","\u0000"]"#;
    assert_eq!(accepted(&named(&["a"], &odd)).manifest.serialization().ignore_paths.len(), 6);
    accepted(&good().replace("[{\"digest\"", "[{\"annotations\":7,\"uri\":null,\"digest\""));
    accepted(&good().replace("{\"sha256\"", "{\"gitCommit\":1,\"sha256\""));
    accepted(&good().replace("\"name\":\"a\"", "\"annotations\":{\"x\":[]},\"mediaType\":\"y\",\"name\":\"a\""));
}

#[test]
fn unknown_members_are_told() {
    let text = good()
        .replace("{\"_type\"", "{\"x\":1,\"_type\"")
        .replace("\"resources\":", "\"y\":[],\"resources\":")
        .replace("\"method\"", "\"z\":{},\"method\"");
    assert_eq!(accepted(&text).unknown_members, ["x", "predicate.y", "predicate.serialization.z"]);
}

#[test]
fn the_envelope_of_the_statement_is_checked() {
    let member = "STATEMENT_MEMBER_INVALID";
    let without = |name: &str| good().replacen(&format!("\"{name}\":"), "\"other\":", 1);
    refused("[]", member, "$");
    for name in ["_type", "predicateType", "subject", "predicate"] {
        refused(&without(name), member, name);
    }
    refused(&without("resources"), member, "predicate.resources");
    refused(&without("serialization"), member, "predicate.serialization");
    refused(&good().replace("Statement/v1", "Statement/v0.1"), "STATEMENT_TYPE_UNKNOWN", "_type");
    refused(&good().replace("signature/v1.0", "signature/v1.1"), "PREDICATE_TYPE_UNKNOWN", "predicateType");
    refused(&good().replace("\"https://in-toto.io/Statement/v1\"", "1"), member, "_type");
    refused(&good().replace("\"predicate\":{", "\"predicate\":7,\"x\":{"), member, "predicate");
    let error = read(legacy(&legacy_file("a")).as_bytes(), &ReadOptions::default()).unwrap_err();
    assert_eq!((error.code(), error.hint().is_some()), ("LEGACY_FORBIDDEN", true));
    assert_eq!(read(b"{\"a\":1,\"a\":1}", &ReadOptions::default()).unwrap_err().code(), "JSON_INVALID");
    assert_eq!(read((good() + "x").as_bytes(), &ReadOptions::default()).unwrap_err().code(), "JSON_INVALID");
}

#[test]
fn the_subject_is_checked() {
    let with = |subject: &str| statement_of(&resource("a", A), FILES, subject);
    let one = subject("m", &root(&[A]));
    refused(&with("[]"), "SUBJECT_INVALID", "subject");
    refused(&with(&one.replace('}', "},{}").replacen("},{}", "}", 1)), "SUBJECT_INVALID", "subject");
    refused(&with(&one.replace("\"m\"", "\"\"")), "SUBJECT_INVALID", "subject[0].name");
    refused(&with(&one.replace("name", "x")), "SUBJECT_INVALID", "subject[0].name");
    refused(&with(&one.replace("\"m\"", &format!("\"{}\"", "m".repeat(4097)))), "SUBJECT_INVALID", "subject[0].name");
    refused(&with(&one.replace("sha256", "sha512")), "SUBJECT_INVALID", "subject[0].digest.sha256");
    refused(&with(&one.replace("digest", "x")), "SUBJECT_INVALID", "subject[0].digest.sha256");
    refused(&with(&subject("m", &A.to_uppercase())), "DIGEST_INVALID", "subject[0].digest.sha256");
    refused(&with(&subject("m", &A[1..])), "DIGEST_INVALID", "subject[0].digest.sha256");
    refused(&with(&subject("m", B)), "ROOT_DIGEST_MISMATCH", "subject[0].digest.sha256");
    refused(&with("{}"), "STATEMENT_MEMBER_INVALID", "subject");
    refused(&with("[1]"), "STATEMENT_MEMBER_INVALID", "subject[0]");
    refused(&with(&one.replace("\"m\"", "1")), "STATEMENT_MEMBER_INVALID", "subject[0].name");
}

#[test]
fn the_serialization_is_checked() {
    let with = |serialization: &str| named(&["a"], serialization);
    let field = |member: &str| format!("predicate.serialization.{member}");
    for member in ["allow_symlinks", "hash_type", "method"] {
        refused(&with(&FILES.replace(member, "x")), "STATEMENT_MEMBER_INVALID", &field(member));
        refused(
            &with(&FILES.replace(&format!("\"{member}\":"), &format!("\"{member}\":[],\"x\":"))),
            "STATEMENT_MEMBER_INVALID",
            &field(member),
        );
    }
    refused(&with(&FILES.replace("\"files\"", "\"Files\"")), "SERIALIZATION_UNKNOWN", &field("method"));
    for hash in ["blake2", "SHA256", "md5", ""] {
        let text = with(&FILES.replace("sha256", hash));
        refused(&text, "HASH_ALGORITHM_UNKNOWN", &field("hash_type"));
    }
    for hash in ["sha256-sharded-9", "sha256-sharded-010", "sha256-sharded-", "sha256-sharded-10-sharded-10"] {
        let text = named(&["a:0:10"], &SHARDS.replace("sha256", hash));
        refused(&text, "HASH_ALGORITHM_UNKNOWN", &field("hash_type"));
    }
    refused(&with(&FILES.replace("sha256", "sha256-sharded-10")), "HASH_ALGORITHM_UNKNOWN", &field("hash_type"));
    for size in ["0", "-1", "10.7", "1e-1", "9223372036854775808", "18446744073709551626", "1e400"] {
        let text = named(&["a:0:10"], &SHARDS.replace(":10", &format!(":{size}")));
        refused(&text, "SHARD_SIZE_UNREADABLE", &field("shard_size"));
    }
    refused(&with(&SHARDS.replace(",\"shard_size\":10", "")), "SHARD_SIZE_UNREADABLE", &field("shard_size"));
    refused(&with(&SHARDS.replace("shards\"", "files\"")), "SHARD_SIZE_UNREADABLE", &field("shard_size"));
    refused(&with(&SHARDS.replace(":10", ":\"10\"")), "STATEMENT_MEMBER_INVALID", &field("shard_size"));
    refused(&with(&(FILES.to_owned() + ",\"ignore_paths\":null")), "STATEMENT_MEMBER_INVALID", &field("ignore_paths"));
    refused(
        &with(&(FILES.to_owned() + ",\"ignore_paths\":[\"\",1]")),
        "STATEMENT_MEMBER_INVALID",
        &field("ignore_paths[1]"),
    );
    let many = format!("{FILES},\"ignore_paths\":[{}\"\"]", "\"\",".repeat(250_000));
    refused(&with(&many), "STATEMENT_MEMBER_INVALID", &field("ignore_paths[250000]"));
}

#[test]
fn every_resource_is_checked() {
    let second = |entry: &str| {
        let resources = [&resource("a", A), entry].join(",");
        statement_of(&resources, FILES, &subject("m", &root(&[A, B])))
    };
    let entry = resource("b", B);
    accepted(&second(&entry));
    let field = |member: &str| format!("predicate.resources[1].{member}");
    refused(&statement_of("", FILES, &subject("m", &root(&[]))), "RESOURCES_EMPTY", "predicate.resources");
    refused(&second("null"), "STATEMENT_MEMBER_INVALID", "predicate.resources[1]");
    for member in ["algorithm", "digest", "name"] {
        refused(&second(&entry.replace(member, "x")), "STATEMENT_MEMBER_INVALID", &field(member));
    }
    refused(&second(&entry.replace("\"b\"", "false")), "STATEMENT_MEMBER_INVALID", &field("name"));
    for digest in ["", &B[1..], &B.to_uppercase(), &B.replacen('b', "g", 1), &B.repeat(2)] {
        refused(&second(&resource("b", digest)), "DIGEST_INVALID", &field("digest"));
    }
    for label in ["blake3", "md5", "SHA256", "sha256-sharded-10", "file-sha256"] {
        refused(&second(&entry.replace("sha256", label)), "HASH_ALGORITHM_DIFFERS", &field("algorithm"));
    }
    for name in ["", "/b", "../b", "b/..", "b//c", "./b", "b/", "b\\u0000", "..\\\\b", "\\\\b", "C:\\\\b"] {
        refused(&second(&resource(name, B)), "RESOURCE_NAME_INVALID", &field("name"));
    }
    refused(&second(&resource(&"b".repeat(4097), B)), "RESOURCE_NAME_INVALID", &field("name"));
    refused(&second(&resource("a", B)), "RESOURCE_DUPLICATE", &field("name"));
    refused(&second(&resource("a/b", B)), "RESOURCE_NAME_INVALID", &field("name"));
    refused(&named(&["a/b/c", "a-b", "a/b0", "a/b"], FILES), "RESOURCE_NAME_INVALID", "predicate.resources[0].name");
    accepted(&named(&["a/b/c", "a-b", "a", "ab/c"].map(|name| if name == "a" { "a0" } else { name }), FILES));
}

#[test]
fn shards_cover_their_file_once() {
    let field = |index: usize| format!("predicate.resources[{index}].name");
    for label in
        ["sha256-sharded-9", "sha256-sharded-010", "sha256-sharded-10.0", "sha256-sharded-", "blake3-sharded-10"]
    {
        let text = named(&["a:0:10"], SHARDS).replacen("\"sha256\"", &format!("\"{label}\""), 1);
        refused(&text, "HASH_ALGORITHM_DIFFERS", "predicate.resources[0].algorithm");
    }
    let unreadable = [
        "a",
        "a:0",
        "a:0:",
        "a::10",
        "a:0:010",
        "a:00:10",
        "a:+0:10",
        "a:-0:10",
        "a:0: 10",
        "a:0x0:10",
        "a:0:1e1",
        "a:0:9223372036854775808",
        "a:0:18446744073709551616",
        ":0:10",
        "../a:0:10",
        "a/:0:10",
        "/a:0:10",
        "..:0:10",
    ];
    for name in unreadable {
        refused(&named(&[name], SHARDS), "RESOURCE_NAME_INVALID", &field(0));
    }
    for (names, index) in [
        (&["a:1:10"][..], 0),
        (&["a:0:0"], 0),
        (&["a:0:11"], 0),
        (&["a:10:0"], 0),
        (&["a:0:9", "a:9:10"], 0),
        (&["a:0:10", "a:11:12"], 1),
        (&["a:0:10", "a:9:19"], 1),
        (&["a:0:10", "a:0:9"], 1),
        (&["a:20:30", "b:0:1", "a:0:10"], 0),
        (&["a:0:10", "a:10:9223372036854775807"], 1),
    ] {
        let refused = read(named(names, SHARDS).as_bytes(), &ReadOptions::default()).unwrap_err();
        assert_eq!(refused.code(), "SHARDS_INCOMPLETE", "{names:?}");
        let same_start = names == ["a:0:10", "a:0:9"];
        assert!(same_start || refused.to_string().contains(&field(index)), "{names:?}: {refused}");
    }
    refused(&named(&["a:0:10", "b:0:1", "a:0:10"], SHARDS), "RESOURCE_DUPLICATE", &field(2));
    refused(&named(&["a/b:0:1", "a:0:10"], SHARDS), "RESOURCE_NAME_INVALID", &field(0));
    accepted(&named(&["a:0:10", "a:10:20", "a:20:21", "a:b:0:1"], SHARDS));
}

#[test]
fn legacy_statements_are_files_as_subjects() {
    let one = legacy_file("a/b");
    let statement = accepted(&legacy(&[one.clone(), legacy_file("a.c")].join(",")));
    assert_eq!((statement.form, statement.single_file_dot), (Form::Legacy, false));
    assert_eq!(statement.manifest.model_name(), "");
    assert_eq!(statement.manifest.serialization().method, Method::Files);
    assert!(accepted(&legacy(&legacy_file("."))).single_file_dot);
    refused(&legacy(""), "RESOURCES_EMPTY", "subject");
    refused(&legacy(&[one.clone(), one.clone()].join(",")), "RESOURCE_DUPLICATE", "subject[1].name");
    refused(&legacy(&legacy_file("../a")), "RESOURCE_NAME_INVALID", "subject[0].name");
    refused(&legacy(&one.replace("name", "x")), "SUBJECT_INVALID", "subject[0].name");
    refused(&legacy(&one.replace("\"sha256\"", "\"x\"")), "SUBJECT_INVALID", "subject[0].digest.sha256");
    refused(&legacy(&one.replace(A, "0")), "DIGEST_INVALID", "subject[0].digest.sha256");
    let label = "subject[0].annotations.actual_hash_algorithm";
    refused(&legacy(&one.replace("file-sha256", "file-blake2")), "HASH_ALGORITHM_DIFFERS", label);
    refused(&legacy(&one.replace("annotations", "x")), "SUBJECT_INVALID", label);
}

#[test]
fn nothing_broken_panics() {
    let text = named(&["a:0:10", "a:10:11", "é\\n:0:1"], SHARDS);
    accepted(&text);
    for end in 0..text.len() {
        let error = read(&text.as_bytes()[..end], &ReadOptions::default()).unwrap_err();
        assert_eq!(error.code(), "JSON_INVALID", "{end}");
    }
    let original = accepted(&text);
    for bit in 0..text.len() * 8 {
        let mut bytes = text.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(statement) = read(&bytes, &ReadOptions { allow_legacy: true }) {
            assert_eq!(statement.manifest.root(), original.manifest.root(), "bit {bit}");
        }
    }
}

fn name() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-c.:\"\\\\\u{1}-\u{1f}\u{7f}é\u{2028}\u{ffff}\u{10000}]{1,6}",
        any::<String>().prop_map(|text| text.replace(['/', '\0'], "_")),
    ];
    proptest::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"))
}

/// Any manifest that can be made of files on a disk.
fn manifest() -> impl Strategy<Value = Manifest> {
    let files = proptest::collection::btree_map(name(), (any::<u8>(), 1_u64..100), 1..8);
    let method = prop_oneof![Just(Method::Files), (1_u64..50).prop_map(|size| Method::Shards { size })];
    let ignored = proptest::collection::btree_set(any::<String>(), 0..4);
    let algorithm = proptest::sample::select(Algorithm::ALL.to_vec());
    let parts = ("\\PC{1,20}", files, method, ignored, algorithm, any::<bool>());
    parts.prop_filter_map("no safe name", |(model_name, files, method, ignored, algorithm, allow_symlinks)| {
        let inside = |name: &str| {
            files.keys().any(|file| name.strip_prefix(file.as_str()).is_some_and(|rest| rest.starts_with('/')))
        };
        let mut resources = Vec::new();
        for (name, &(byte, len)) in files.iter().filter(|(name, _)| !inside(name)) {
            let Ok(path) = ResourcePath::parse(name.as_str()) else { continue };
            let digest = Digest::new(algorithm, &vec![byte; algorithm.digest_len()]).unwrap();
            match method {
                Method::Files => resources.push(Resource::file(&path, digest)),
                Method::Shards { size } => resources.extend(
                    (0..len.div_ceil(size)).map(|n| Resource::shard(&path, n * size..len.min((n + 1) * size), digest)),
                ),
            }
        }
        let ignore_paths = ignored.into_iter().collect();
        Manifest::new(model_name, Serialization { method, algorithm, allow_symlinks, ignore_paths }, resources).ok()
    })
}

proptest! {
    #[test]
    fn reading_is_the_inverse_of_writing(manifest in manifest()) {
        let written = write(&manifest);
        let statement = read(&written, &ReadOptions::default()).unwrap();
        prop_assert_eq!(&statement.manifest, &manifest);
        prop_assert_eq!(statement.unknown_members.len(), 0);
        prop_assert_eq!(write(&statement.manifest), written);
        let python = write_as(&manifest, Dialect::Python { single_file: false });
        prop_assert_eq!(read(&python, &ReadOptions::default()).unwrap().manifest, manifest);
    }
}
