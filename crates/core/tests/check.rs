// SPDX-License-Identifier: Apache-2.0
//! Does a model match a manifest? What differs is told by name, names come before bytes, and nothing that a resource
//! names can be tolerated away.

mod support;

use std::fs;

use model_signing_core::{
    Algorithm, CheckOptions, Checked, Diff, Digest, HashOptions, Manifest, Method, Rename, Resize, Resource,
    ResourcePath, Result, Serialization, Watch, check_model,
};
use support::{Bench, noise, refusal};

fn signed(bench: &Bench, options: &HashOptions) -> Manifest {
    bench.hash(options).unwrap().manifest
}

fn sharded(size: u64) -> HashOptions {
    HashOptions { method: Method::Shards { size }, ..HashOptions::default() }
}

fn check(bench: &Bench, manifest: &Manifest, options: &CheckOptions) -> Result<Checked> {
    check_model(&bench.model(), manifest, options, &Watch::new())
}

fn diff(bench: &Bench, manifest: &Manifest) -> Diff {
    check(bench, manifest, &CheckOptions::default()).unwrap().diff
}

fn full_diff(bench: &Bench, manifest: &Manifest) -> Diff {
    check(bench, manifest, &CheckOptions { full_diff: true, ..CheckOptions::default() }).unwrap().diff
}

/// The manifest with other ignore paths and link policy than it was made with, as somebody may have signed it.
fn recorded(manifest: &Manifest, ignore_paths: &[&str], allow_symlinks: bool) -> Manifest {
    let ignore_paths = ignore_paths.iter().map(|&path| path.to_owned()).collect();
    let recipe = Serialization { ignore_paths, allow_symlinks, ..manifest.serialization().clone() };
    Manifest::new(manifest.model_name().into(), recipe, manifest.resources().iter()).unwrap()
}

fn equal() -> Diff {
    Diff { changed: Some(vec![]), renamed: Some(vec![]), ..Diff::default() }
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn the_model_that_was_signed_passes_in_every_way_of_hashing() {
    let bench = Bench::new(&[("a", ""), ("sub/b", "12345"), ("sub/c", "1234567890"), (".git/x", "1")]);
    for algorithm in Algorithm::ALL {
        for options in [HashOptions::default(), sharded(5), sharded(3), sharded(1000)] {
            let manifest = signed(&bench, &HashOptions { algorithm, ..options });
            let watch = Watch::new();
            let checked = check_model(&bench.model(), &manifest, &CheckOptions::default(), &watch).unwrap();
            assert!(checked.diff == equal() && checked.diff.is_empty());
            assert_eq!(checked.hidden.ignored.into_iter().collect::<Vec<_>>(), [(".git".into(), 1)]);
            assert_eq!(watch.progress().files_done, manifest.resources().len() as u64);
        }
    }
}

#[test]
fn names_are_compared_before_a_byte_is_read() {
    let bench = Bench::new(&[("a", "1"), ("b", "2"), ("sub/c", "3")]);
    let manifest = signed(&bench, &HashOptions::default());
    bench.write("a", "x");
    bench.write("z", "4");
    fs::rename(bench.path("sub"), bench.path("pub")).unwrap();
    let watch = Watch::new();
    let found = check_model(&bench.model(), &manifest, &CheckOptions::default(), &watch).unwrap().diff;
    assert_eq!((found.missing.clone(), found.extra.clone()), (list(&["sub/c"]), list(&["pub/c", "z"])));
    assert!(found.changed.is_none() && found.renamed.is_none() && !found.is_empty());
    assert_eq!(watch.progress().bytes_total, 0);

    let found = full_diff(&bench, &manifest);
    assert_eq!((found.missing.clone(), found.extra.clone()), (list(&["sub/c"]), list(&["pub/c", "z"])));
    assert_eq!(found.renamed, Some(vec![Rename { from: "sub/c".into(), to: "pub/c".into() }]));
    let changed: Vec<_> = found.changed.as_ref().unwrap().iter().map(|change| change.name.as_str()).collect();
    assert!(changed == ["a"] && !found.is_empty());
}

#[test]
fn a_changed_byte_is_told_with_both_digests() {
    let bench = Bench::new(&[("a", "1"), ("b", "12345678")]);
    let manifest = signed(&bench, &HashOptions::default());
    let in_shards = signed(&bench, &sharded(3));
    bench.write("b", "12345x78");
    let actual = signed(&bench, &HashOptions::default());
    let found = diff(&bench, &manifest);
    let [change] = &found.changed.as_ref().unwrap()[..] else { panic!("{found:?}") };
    assert_eq!((change.name.as_str(), &change.expected), ("b", manifest.resources().get(1).unwrap().digest()));
    assert!(&change.actual == actual.resources().get(1).unwrap().digest() && !found.is_empty());
    let found = diff(&bench, &in_shards);
    let changed: Vec<_> = found.changed.as_ref().unwrap().iter().map(|change| change.name.as_str()).collect();
    assert!(changed == ["b:3:6"] && !found.is_empty());
}

#[test]
fn sizes_are_compared_with_what_the_shards_add_up_to() {
    let before = noise(1, 20);
    for (size, after) in [(10, 30), (10, 10), (10, 21), (10, 19), (7, 21), (20, 40), (100, 120), (10, 0), (20, 0)] {
        let bench = Bench::new(&[("a", "1")]);
        bench.write("b", &before);
        let manifest = signed(&bench, &sharded(size));
        bench.write("b", [&before[..], &noise(1, 200)[20..]].concat().split_at(after).0);
        let resized = vec![Resize { path: "b".into(), expected: 20, actual: after as u64 }];
        let found = diff(&bench, &manifest);
        assert_eq!(found, Diff { resized: resized.clone(), ..Diff::default() }, "{size} {after}");
        let found = full_diff(&bench, &manifest);
        assert!(found.resized == resized && !found.is_empty(), "{size} {after}");
    }
}

#[test]
fn empty_files_are_no_part_of_shards() {
    let bench = Bench::new(&[("a", "1")]);
    let (files, shards) = (signed(&bench, &HashOptions::default()), signed(&bench, &sharded(9)));
    bench.write("empty", "");
    assert_eq!(diff(&bench, &files).extra, ["empty"]);
    assert_eq!(diff(&bench, &shards), equal());
    assert_eq!(check(&bench, &shards, &CheckOptions::default()).unwrap().hidden.unsigned, 1);
    let strict = CheckOptions { no_hidden_files: true, ..CheckOptions::default() };
    assert_eq!(check(&bench, &shards, &strict).unwrap_err().code(), "HIDDEN_FILES");
    bench.write("empty", "no more");
    assert_eq!(diff(&bench, &shards).extra, ["empty"]);
}

#[test]
fn shards_that_are_not_those_of_the_recipe_never_pass() {
    let bench = Bench::new(&[("a", "0123456789")]);
    let honest = signed(&bench, &sharded(5));
    let all: Vec<_> = honest.resources().iter().collect();
    let of = |resources: Vec<Resource<'_>>| {
        let manifest = Manifest::new("m".into(), honest.serialization().clone(), resources).unwrap();
        check(&bench, &manifest, &CheckOptions::default()).map(|checked| checked.diff)
    };
    assert_eq!(of(all.clone()).unwrap(), equal());
    let path = ResourcePath::parse("a").unwrap();
    let any = Digest::new(Algorithm::Sha256, &[1; 32]).unwrap();
    for listed in [
        vec![all[0].clone()],
        vec![all[1].clone()],
        vec![all[0].clone(), all[1].clone(), Resource::shard(&path, 3..8, any)],
        vec![Resource::shard(&path, 0..10, any)],
        vec![Resource::shard(&path, 9..10, any)],
        vec![Resource::file(&path, any)],
    ] {
        match of(listed.clone()) {
            Ok(found) => assert!(!found.is_empty(), "{listed:?}"),
            Err(error) => assert_eq!(error.code(), "SHARDS_INCOMPLETE", "{listed:?}"),
        }
    }
}

#[test]
fn the_git_set_is_excused_recorded_or_not_unless_that_is_refused() {
    let bench = Bench::new(&[("a", "1")]);
    let manifest = signed(&bench, &HashOptions::default());
    bench.write(".git/config", "2");
    bench.write("sub/.gitignore", "3");
    let strict = CheckOptions { ignore_git_paths: false, ..CheckOptions::default() };
    for ignored in [&[][..], &[".git", ".github", "keep"], &["./.git/"], &[".git//."]] {
        let manifest = recorded(&manifest, ignored, false);
        let checked = check(&bench, &manifest, &CheckOptions::default()).unwrap();
        assert_eq!((checked.diff.extra, checked.hidden.ignored[".git"]), (list(&["sub/.gitignore"]), 1));
        let checked = check(&bench, &manifest, &strict).unwrap();
        assert_eq!(checked.diff.extra, [".git/config", "sub/.gitignore"]);
        assert!(checked.hidden.ignored.is_empty());
    }
}

#[test]
fn what_lies_beside_a_named_file_in_an_ignored_folder_is_excused() {
    let bench = Bench::new(&[("a", "1"), (".git/config", "2"), ("logs/old/x", "3")]);
    let manifest = signed(&bench, &HashOptions { ignore_git_paths: false, ..HashOptions::default() });
    bench.write(".git/HEAD", "4");
    bench.write(".git/objects/1", "5");
    bench.write("logs/old/y", "6");
    let options = CheckOptions { ignore_paths: vec!["logs".into()], ..CheckOptions::default() };
    let checked = check(&bench, &manifest, &options).unwrap();
    assert_eq!(checked.diff, equal());
    assert_eq!(checked.hidden.ignored.into_iter().collect::<Vec<_>>(), [(".git".into(), 2), ("logs".into(), 1)]);
    assert_eq!(check(&bench, &manifest, &CheckOptions::default()).unwrap().diff.extra, ["logs/old/y"]);
}

#[test]
fn ignore_paths_excuse_what_no_resource_names_wherever_one_stands() {
    let bench = Bench::new(&[("a", "1"), ("sub/b", "2")]);
    // The working directory of this test holds a folder called src.
    bench.write("src/x", "3");
    let manifest = signed(&bench, &HashOptions { ignore_paths: vec!["src".into()], ..HashOptions::default() });
    assert_eq!(manifest.resources().len(), 2);
    bench.write("src/y/z", "4");
    bench.write("sub/new", "5");
    let checked = check(&bench, &manifest, &CheckOptions::default()).unwrap();
    assert_eq!((checked.diff.extra, checked.hidden.ignored["src"]), (list(&["sub/new"]), 2));
    for chosen in ["sub/new".into(), bench.path("sub/new"), "sub".into()] {
        let options = CheckOptions { ignore_paths: vec![chosen], ..CheckOptions::default() };
        let checked = check(&bench, &manifest, &options).unwrap();
        assert_eq!(checked.diff, equal());
    }
    let outside = CheckOptions { ignore_paths: vec!["../m".into()], ..CheckOptions::default() };
    assert_eq!(refusal(check(&bench, &manifest, &outside)).0, "IGNORE_PATH_INVALID");
    // Junk that others recorded is no error and hides nothing.
    let junk = recorded(&manifest, &["../src", "/etc", "[", "", ".", "sub/../sub", "src"], false);
    assert_eq!(diff(&bench, &junk).extra, ["sub/new"]);
}

#[test]
fn what_a_resource_names_is_hashed_below_any_ignored_path() {
    let bench = Bench::new(&[("a", "1"), (".git/config", "2"), ("sub/deep/b", "3")]);
    let all = signed(&bench, &HashOptions { ignore_git_paths: false, ..HashOptions::default() });
    let manifest = recorded(&all, &[".git", "sub", "sub/deep/b", "a"], false);
    bench.write(".git/extra", "4");
    bench.write("sub/deep/extra", "5");
    let lenient = CheckOptions { ignore_unsigned_files: true, ..CheckOptions::default() };
    for options in [CheckOptions { ignore_paths: vec!["a".into(), "sub/deep".into()], ..lenient.clone() }, lenient] {
        let checked = check(&bench, &manifest, &options).unwrap();
        assert_eq!((checked.diff, checked.hidden.unsigned), (equal(), 0));
        assert_eq!(checked.hidden.ignored.values().sum::<u64>(), 2);
        bench.write(".git/config", "x");
        bench.write("sub/deep/b", "x");
        let found = check(&bench, &manifest, &options).unwrap().diff;
        let changed: Vec<_> = found.changed.unwrap().into_iter().map(|change| change.name).collect();
        assert_eq!(changed, [".git/config", "sub/deep/b"]);
        bench.write(".git/config", "2");
        bench.write("sub/deep/b", "3");
    }
}

#[test]
fn one_file_is_checked_by_its_name() {
    let bench = Bench::new(&[("w", "1"), ("v", "1")]);
    let hashed = |name| model_signing_core::hash_model(&bench.path(name), &HashOptions::default(), &Watch::new());
    let manifest = hashed("w").unwrap().manifest;
    let check = |name| check_model(&bench.path(name), &manifest, &CheckOptions::default(), &Watch::new()).unwrap().diff;
    assert_eq!(check("w"), equal());
    assert_eq!((check("v").missing, check("v").extra), (list(&["w"]), list(&["v"])));
}

#[test]
fn a_model_without_files_lacks_them_all() {
    let bench = Bench::new(&[("a", "1")]);
    let manifest = signed(&bench, &HashOptions::default());
    fs::remove_file(bench.path("a")).unwrap();
    assert_eq!(diff(&bench, &manifest).missing, ["a"]);
    assert!(!full_diff(&bench, &manifest).is_empty());
}
