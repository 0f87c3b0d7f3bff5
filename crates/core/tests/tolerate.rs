// SPDX-License-Identifier: Apache-2.0
//! What a check may look past: unsigned entries of any kind when that is asked for, the signature file itself, links
//! when the statement says so; never anything on the way to what a resource names.
//! On Linux only, whose file systems take names of any bytes.
#![cfg(target_os = "linux")]

mod support;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use model_signing_core::{CheckOptions, Checked, HashOptions, Manifest, Result, Watch, check_model};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use support::{Bench, refusal};

fn signed(bench: &Bench) -> Manifest {
    bench.hash(&HashOptions::default()).unwrap().manifest
}

fn check(bench: &Bench, manifest: &Manifest, options: &CheckOptions) -> Result<Checked> {
    check_model(&bench.model(), manifest, options, &Watch::new())
}

fn tolerant() -> CheckOptions {
    CheckOptions { ignore_unsigned_files: true, ..CheckOptions::default() }
}

#[test]
fn unsigned_entries_of_every_kind_are_counted_and_not_looked_at() {
    let bench = Bench::new(&[("a", "1"), ("sub/b", "2")]);
    let manifest = signed(&bench);
    bench.write("sub/new", "3");
    bench.write("more/x", "4");
    bench.write("more/y", "5");
    bench.write("..\\z", "6");
    bench.fifo("sub/fifo");
    bench.link("nowhere", "dangling");
    bench.link(".", "circle");
    fs::write(bench.path("sub").join(OsStr::from_bytes(b"\xff")), "7").unwrap();
    assert_eq!(refusal(check(&bench, &manifest, &CheckOptions::default())).0, "NAME_INVALID");
    let checked = check(&bench, &manifest, &tolerant()).unwrap();
    assert!(checked.diff.is_empty());
    assert_eq!((checked.hidden.unsigned, checked.hidden.ignored.len()), (8, 0));
    let full = check(&bench, &manifest, &CheckOptions { full_diff: true, ..tolerant() }).unwrap();
    assert!(full.diff.is_empty());
}

/// Entries that are errors where nothing excuses them; the code, and how one is made in a folder.
type Odd = (&'static str, fn(&Path));

const ODD: [Odd; 8] = [
    ("SYMLINK_FORBIDDEN", |folder| symlink(".", folder.join("circle")).unwrap()),
    ("SYMLINK_FORBIDDEN", |folder| symlink("nowhere", folder.join("dangling")).unwrap()),
    ("SYMLINK_FORBIDDEN", |folder| symlink("/etc/hostname", folder.join("outside")).unwrap()),
    ("SPECIAL_FILE", |folder| drop(UnixListener::bind(folder.join("socket")).unwrap())),
    ("SPECIAL_FILE", |folder| mknodat(CWD, folder.join("fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap()),
    ("NAME_INVALID", |folder| fs::write(folder.join("..\\z"), "").unwrap()),
    ("NAME_INVALID", |folder| fs::write(folder.join(OsStr::from_bytes(b"\xff")), "").unwrap()),
    ("NAME_INVALID", |folder| symlink(".", folder.join(OsStr::from_bytes(b"\xfe"))).unwrap()),
];

/// In a folder of its own, in the git set, and both times beside a file that the manifest names, or alone.
#[test]
fn whatever_lies_below_an_ignored_path_is_counted_and_not_looked_at() {
    for (code, make) in ODD {
        for (folder, place) in [("logs", "logs"), ("logs", "logs/old"), (".git", ".git"), (".git", ".git/refs")] {
            for named in [true, false] {
                let bench = Bench::new(&[("a", "1")]);
                fs::create_dir_all(bench.path(place)).unwrap();
                if named {
                    bench.write(&format!("{place}/named"), "2");
                }
                let all = HashOptions { ignore_git_paths: false, ..HashOptions::default() };
                let manifest = bench.hash(&all).unwrap().manifest;
                let ignoring = CheckOptions { ignore_paths: vec![folder.into()], ..CheckOptions::default() };
                make(&bench.path(place));
                let checked = check(&bench, &manifest, &ignoring).unwrap();
                assert_eq!((checked.diff.is_empty(), checked.hidden.ignored[folder]), (true, 1), "{place}");
                let strict = CheckOptions { ignore_git_paths: false, ..CheckOptions::default() };
                assert_eq!(refusal(check(&bench, &manifest, &strict)).0, code, "{place}");
                let left_out = HashOptions { ignore_paths: vec![folder.into()], ..HashOptions::default() };
                assert_eq!(bench.hash(&left_out).unwrap().hidden.ignored[folder], 1 + u64::from(named), "{place}");
            }
        }
    }
}

#[test]
fn nothing_is_tolerated_in_the_place_of_a_named_resource() {
    for replace in ["file", "folder"] {
        for (kind, code) in [("fifo", "SPECIAL_FILE"), ("link", "SYMLINK_FORBIDDEN"), ("dangling", "SYMLINK_FORBIDDEN")]
        {
            let bench = Bench::new(&[("a", "1"), ("sub/b", "2"), ("twin/b", "2")]);
            let manifest = signed(&bench);
            let place = if replace == "file" { "sub/b" } else { "sub" };
            if replace == "file" {
                fs::remove_file(bench.path(place)).unwrap();
            } else {
                fs::remove_dir_all(bench.path(place)).unwrap();
            }
            match kind {
                "fifo" => bench.fifo(place),
                "link" => bench.link(bench.path(if replace == "file" { "twin/b" } else { "twin" }), place),
                _ => bench.link("nowhere", place),
            }
            assert_eq!(refusal(check(&bench, &manifest, &tolerant())), (code, place.into()), "{kind} for {replace}");
        }
    }
}

#[test]
fn a_file_for_a_folder_and_a_folder_for_a_file_are_seen() {
    let bench = Bench::new(&[("a", "1"), ("sub/b", "2")]);
    let manifest = signed(&bench);
    fs::remove_dir_all(bench.path("sub")).unwrap();
    bench.write("sub", "2");
    fs::remove_file(bench.path("a")).unwrap();
    bench.write("a/x", "1");
    for full_diff in [false, true] {
        let found = check(&bench, &manifest, &CheckOptions { full_diff, ..tolerant() }).unwrap().diff;
        assert!(!found.is_empty());
        assert_eq!(found.missing, ["a", "sub/b"]);
        // The file stands where a named folder was, and is therefore not among what is tolerated.
        assert_eq!(found.extra, ["sub"]);
    }
}

#[test]
fn the_signature_is_excused_by_what_it_is_not_by_its_name() {
    let bench = Bench::new(&[("a", "1")]);
    let manifest = signed(&bench);
    bench.write("sub/model.sig", "signature");
    let extra = |bundle: Option<&str>| {
        let bundle = bundle.map(|name| bench.path(name));
        check(&bench, &manifest, &CheckOptions { bundle, ..CheckOptions::default() }).unwrap().diff.extra
    };
    assert_eq!(extra(None), ["sub/model.sig"]);
    assert!(extra(Some("sub/model.sig")).is_empty());
    assert!(extra(Some("sub/../sub//model.sig")).is_empty());
    assert_eq!(extra(Some("sub/other.sig")), ["sub/model.sig"]);
    // A copy elsewhere is another file; the same file elsewhere is the same one.
    fs::copy(bench.path("sub/model.sig"), bench.around().join("model.sig")).unwrap();
    assert_eq!(extra(Some("../model.sig")), ["sub/model.sig"]);
    fs::create_dir(bench.around().join("same")).unwrap();
    fs::hard_link(bench.path("sub/model.sig"), bench.around().join("same/model.sig")).unwrap();
    assert!(extra(Some("../same/model.sig")).is_empty());
    bench.link("same/model.sig", "../led.sig");
    assert!(extra(Some("../led.sig")).is_empty());
    bench.write("model.sig", "another file of that name");
    assert_eq!(extra(Some("sub/model.sig")), ["model.sig"]);
}

#[test]
fn a_signature_is_excused_under_its_own_name_only() {
    let bench = Bench::new(&[("a", "1")]);
    let manifest = bench.hash(&HashOptions { ignore_paths: vec!["cache".into()], ..HashOptions::default() });
    let manifest = manifest.unwrap().manifest;
    bench.write("model.sig", "text of anybody's");
    bench.write("cache/x", "2");
    fs::hard_link(bench.path("model.sig"), bench.path("template.jinja")).unwrap();
    fs::hard_link(bench.path("model.sig"), bench.path("cache/page.html")).unwrap();
    let options = CheckOptions { bundle: Some(bench.path("model.sig")), ..CheckOptions::default() };
    let checked = check(&bench, &manifest, &options).unwrap();
    assert_eq!((checked.diff.extra, checked.hidden.ignored["cache"]), (vec!["template.jinja".into()], 2));
}

#[test]
fn a_signature_that_a_resource_names_is_a_file_like_any_other() {
    let bench = Bench::new(&[("a", "1"), ("model.sig", "old")]);
    let manifest = signed(&bench);
    let options = CheckOptions { bundle: Some(bench.path("model.sig")), ..CheckOptions::default() };
    assert!(check(&bench, &manifest, &options).unwrap().diff.is_empty());
    bench.write("model.sig", "new");
    assert_eq!(check(&bench, &manifest, &options).unwrap().diff.changed.unwrap()[0].name, "model.sig");
}

#[test]
fn the_signature_is_not_counted_as_hidden() {
    let bench = Bench::new(&[("a", "1")]);
    let manifest = signed(&bench);
    bench.write(".git/model.sig", "signature");
    bench.write(".git/x", "2");
    let options = CheckOptions { bundle: Some(bench.path(".git/model.sig")), ..CheckOptions::default() };
    let checked = check(&bench, &manifest, &options).unwrap();
    assert!(checked.diff.is_empty());
    assert_eq!(checked.hidden.ignored[".git"], 1);
}

#[test]
fn links_are_followed_when_the_statement_says_so() {
    let bench = Bench::new(&[("a", "1"), ("sub/b", "2")]);
    bench.link("sub", "l");
    let followed = HashOptions { allow_symlinks: true, ..HashOptions::default() };
    let manifest = bench.hash(&followed).unwrap().manifest;
    assert!(check(&bench, &manifest, &CheckOptions::default()).unwrap().diff.is_empty());

    fs::create_dir(bench.around().join("out")).unwrap();
    fs::write(bench.around().join("out/b"), "2").unwrap();
    fs::remove_file(bench.path("l")).unwrap();
    bench.link("../out", "l");
    for options in [CheckOptions::default(), tolerant()] {
        assert_eq!(refusal(check(&bench, &manifest, &options)), ("SYMLINK_OUTSIDE", "l".into()));
    }
    let anywhere = CheckOptions { allow_external_symlinks: true, ..CheckOptions::default() };
    assert!(check(&bench, &manifest, &anywhere).unwrap().diff.is_empty());

    // Where the statement says that none were followed, no option follows one.
    fs::remove_file(bench.path("l")).unwrap();
    let strict = signed(&bench);
    bench.link("sub", "l");
    assert_eq!(refusal(check(&bench, &strict, &anywhere)), ("SYMLINK_FORBIDDEN", "l".into()));
}

#[test]
fn what_is_excused_can_be_refused_before_anything_is_hashed() {
    let bench = Bench::new(&[("a", "1")]);
    let manifest = signed(&bench);
    let strict = CheckOptions { no_hidden_files: true, ..tolerant() };
    assert!(check(&bench, &manifest, &strict).unwrap().diff.is_empty());
    bench.write(".git/config", "2");
    bench.write("new", "3");
    assert_eq!(refusal(check(&bench, &manifest, &strict)).0, "HIDDEN_FILES");
    assert_eq!(check(&bench, &manifest, &tolerant()).unwrap().hidden.files(), 2);
}
