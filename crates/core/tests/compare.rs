// SPDX-License-Identifier: Apache-2.0
//! How do two manifests differ? As a model and a manifest would, and only where digests can be compared.

mod support;

use model_signing_core::statement::{Dialect, ReadOptions, read, write_as};
use model_signing_core::{
    Algorithm, CheckOptions, HashOptions, Manifest, Method, Rename, Serialization, Watch, check_model,
    compare_manifests, hash_model,
};
use support::Bench;

fn signed(bench: &Bench, options: &HashOptions) -> Manifest {
    bench.hash(options).unwrap().manifest
}

fn sharded(size: u64) -> HashOptions {
    HashOptions { method: Method::Shards { size }, ..HashOptions::default() }
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn two_manifests_are_compared_by_the_same_rules_as_a_model() {
    let bench = Bench::new(&[("kept", "1"), ("moved", "22"), ("gone", "333"), ("other", "4444")]);
    for options in [HashOptions::default(), sharded(2)] {
        let before = signed(&bench, &options);
        assert!(compare_manifests(&before, &before).unwrap().is_empty());
        let changed = Bench::new(&[("kept", "1"), ("there", "22"), ("new", "55555"), ("other", "4x44")]);
        let after = signed(&changed, &options);
        let found = compare_manifests(&before, &after).unwrap();
        let full = CheckOptions { full_diff: true, ..CheckOptions::default() };
        assert_eq!(found, check_model(&changed.model(), &before, &full, &Watch::new()).unwrap().diff);
        assert_eq!((found.missing.clone(), found.extra.clone()), (list(&["gone", "moved"]), list(&["new", "there"])));
        assert_eq!(found.renamed.unwrap(), [Rename { from: "moved".into(), to: "there".into() }]);
        assert_eq!(found.changed.unwrap().len(), 1);
    }
}

#[test]
fn manifests_that_were_made_differently_say_nothing_about_each_other() {
    let bench = Bench::new(&[("a", "12345")]);
    let files = signed(&bench, &HashOptions::default());
    let blake3 = HashOptions { algorithm: Algorithm::Blake3, ..HashOptions::default() };
    for (options, how) in [
        (blake3, "whole files by blake3"),
        (sharded(2), "shards of 2 bytes by sha256"),
        (sharded(3), "shards of 3 bytes by sha256"),
    ] {
        let error = compare_manifests(&files, &signed(&bench, &options)).unwrap_err();
        assert_eq!(error.code(), "MANIFESTS_INCOMPARABLE");
        let told = format!("the manifests cannot be compared: one is of whole files by sha256, the other of {how}");
        assert_eq!(error.to_string(), told);
    }
    let two = signed(&bench, &sharded(2));
    assert!(compare_manifests(&two, &signed(&bench, &sharded(3))).is_err());
    let recipe = Serialization { ignore_paths: list(&["x"]), allow_symlinks: true, ..two.serialization().clone() };
    let recorded = Manifest::new("another".into(), recipe, two.resources().iter()).unwrap();
    assert!(compare_manifests(&two, &recorded).unwrap().is_empty(), "digests are what counts");
}

#[test]
fn the_only_file_is_the_same_by_its_name_and_as_a_dot() {
    let bench = Bench::new(&[("a", "1"), ("b", "2")]);
    let file = hash_model(&bench.model().join("a"), &HashOptions::default(), &Watch::new()).unwrap().manifest;
    let payload = write_as(&file, Dialect::Python { single_file: true });
    let dot = read(&payload, &ReadOptions { allow_legacy: false }).unwrap().manifest;
    assert_eq!(dot.resources().get(0).unwrap().name(), ".");
    assert!(compare_manifests(&dot, &file).unwrap().is_empty());
    assert!(compare_manifests(&file, &dot).unwrap().is_empty());
    let both = compare_manifests(&dot, &signed(&bench, &HashOptions::default())).unwrap();
    assert_eq!((both.missing, both.extra), (list(&["."]), list(&["a", "b"])));
}
