// SPDX-License-Identifier: Apache-2.0
//! What belongs to a model: every regular file under its name; ignore rules first; everything else refused by name.
//! On Linux only, whose file systems take names of any bytes.
#![cfg(target_os = "linux")]

mod support;

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use model_signing_core::{HashOptions, Hashed, Method, Result, Watch, escaped_path, hash_model};
use rustix::fs::{Mode, OFlags};
use support::{Bench, example, is_root, names, refusal, skip};

fn hash(path: &Path) -> Result<Hashed> {
    hash_model(path, &HashOptions::default(), &Watch::new())
}

fn ignoring(paths: &[&str]) -> HashOptions {
    HashOptions { ignore_paths: paths.iter().map(PathBuf::from).collect(), ..HashOptions::default() }
}

#[test]
fn what_is_no_regular_file_is_refused_by_name() {
    let bench = Bench::new(&[("a", "1")]);
    fs::create_dir(bench.path("sub")).unwrap();
    bench.fifo("sub/fifo");
    assert_eq!(refusal(bench.hash(&HashOptions::default())), ("SPECIAL_FILE", "sub/fifo".into()));
    let _socket = UnixListener::bind(bench.path("sock")).unwrap();
    assert_eq!(refusal(bench.hash(&ignoring(&["sub"]))), ("SPECIAL_FILE", "sock".into()));
    assert_eq!(refusal(hash(&bench.path("sub/fifo"))).0, "SPECIAL_FILE");
    assert_eq!(refusal(hash(Path::new("/dev/null"))).0, "SPECIAL_FILE");
    if !is_root() {
        return skip("device files", "only root may make them");
    }
    let made = Command::new("mknod").arg(bench.path("null")).args(["c", "1", "3"]).status().unwrap();
    assert!(made.success());
    assert_eq!(refusal(bench.hash(&ignoring(&["sub", "sock"]))), ("SPECIAL_FILE", "null".into()));
    let hashed = bench.hash(&ignoring(&["sub", "sock", "null"])).unwrap();
    assert_eq!(names(&hashed), ["a"]);
    let hidden: Vec<_> = hashed.hidden.ignored.into_iter().collect();
    assert_eq!(hidden, [("null".into(), 1), ("sock".into(), 1), ("sub".into(), 1)]);
}

#[test]
fn names_that_no_statement_can_hold_are_refused_unless_ignored() {
    let bench = Bench::new(&[("a", "1"), ("sub/b", "2")]);
    fs::write(bench.path("sub").join(OsStr::from_bytes(b"x\xffy")), "3").unwrap();
    let error = bench.hash(&HashOptions::default()).unwrap_err();
    assert_eq!(error.code(), "NAME_INVALID");
    assert_eq!(escaped_path(error.path().unwrap()).to_string(), "sub/x\\xffy");
    let hashed = bench.hash(&ignoring(&["sub"])).unwrap();
    assert_eq!((names(&hashed), hashed.hidden.ignored["sub"]), (vec!["a"], 2));

    for name in ["..\\etc", "x\\..\\y", "x\\", "\\x", "\\\\host\\share", "x\\\\y"] {
        let bench = Bench::new(&[("a", "1"), (name, "2")]);
        assert_eq!(refusal(bench.hash(&HashOptions::default())), ("NAME_INVALID", name.into()));
        let hashed = bench.hash(&ignoring(&[name])).unwrap();
        assert_eq!((names(&hashed), hashed.hidden.ignored[name]), (vec!["a"], 1));
    }
}

#[test]
fn odd_names_are_names() {
    let odd = ["a\\b", "...", "..a", "-rf", "*", "[x", "~", "a\tb", "\u{feff}", "<b>&'\"", "CON", "a."];
    let bench = Bench::new(&odd.map(|name| (name, "1")));
    let mut sorted = odd.to_vec();
    sorted.sort_unstable();
    assert_eq!(names(&bench.hash(&HashOptions::default()).unwrap()), sorted);
    let hashed = bench.hash(&ignoring(&["*", "[x"])).unwrap();
    assert_eq!((hashed.manifest.resources().len(), hashed.hidden.ignored.len()), (odd.len() - 2, 2));
}

#[test]
fn the_git_set_is_left_out_at_the_root_only() {
    let files =
        [".git/config", ".git/objects/1", ".gitattributes", ".github", ".gitignore", ".gitmodules", "sub/.git/x"];
    let bench = Bench::new(&files.map(|name| (name, "1")));
    let hashed = bench.hash(&HashOptions::default()).unwrap();
    assert_eq!(names(&hashed), [".gitmodules", "sub/.git/x"]);
    let hidden: Vec<_> = hashed.hidden.ignored.iter().map(|(rule, count)| (rule.as_str(), *count)).collect();
    assert_eq!(hidden, [(".git", 2), (".gitattributes", 1), (".github", 1), (".gitignore", 1)]);
    let recorded = &hashed.manifest.serialization().ignore_paths;
    assert_eq!(*recorded, [".git", ".gitattributes", ".github", ".gitignore"]);
    let all = bench.hash(&HashOptions { ignore_git_paths: false, ..HashOptions::default() }).unwrap();
    assert_eq!(names(&all), files);
    assert!(all.hidden.ignored.is_empty() && all.manifest.serialization().ignore_paths.is_empty());
}

#[test]
fn one_file_is_a_model_named_as_it_was_given() {
    let bench = Bench::new(&[("w.bin", "1"), ("sub/x", "2"), (".gitignore", "3")]);
    let expected = hash(&bench.path("w.bin")).unwrap().manifest;
    assert_eq!((expected.resources().get(0).unwrap().name(), expected.model_name()), ("w.bin", "w.bin"));
    for spelling in ["w.bin/", "w.bin/.", "sub/../w.bin", ".//w.bin", "sub/..//./w.bin//"] {
        assert_eq!(hash(&bench.path(spelling)).unwrap().manifest, expected, "{spelling}");
    }
    // It is the file that was asked for, whatever the rules say.
    assert_eq!(names(&hash(&bench.path(".gitignore")).unwrap()), [".gitignore"]);
    let sharded = HashOptions { method: Method::Shards { size: 1 }, ..HashOptions::default() };
    let sharded = hash_model(&bench.path("w.bin"), &sharded, &Watch::new()).unwrap();
    assert_eq!(names(&sharded), ["w.bin:0:1"]);
}

#[test]
fn every_spelling_of_a_path_is_the_same_model() {
    let bench = Bench::new(&[("a/b/c", "1"), ("a/d", "2")]);
    let expected = hash(&bench.path("a")).unwrap().manifest;
    assert_eq!((expected.model_name(), expected.resources().len()), ("a", 2));
    let lines = |folder: &str, spelling: &str| {
        let out = Command::new(example()).arg(spelling).current_dir(bench.path(folder)).output().unwrap();
        (String::from_utf8(out.stdout).unwrap(), out.status.success())
    };
    let (plain, _) = lines(".", "a");
    assert!(plain.ends_with(&format!("{} a\n", expected.root())));
    for spelling in ["a/", "a//", "./a/", ".//a/.", "a/b/..", "a//b/../", "../m/a", "a/b/../../a"] {
        assert_eq!(hash(&bench.path(spelling)).unwrap().manifest, expected, "{spelling}");
        assert_eq!(lines(".", spelling), (plain.clone(), true), "{spelling}");
    }
    for (folder, spelling) in [("a", "."), ("a", "./"), ("a/b", ".."), ("a/b", "../"), ("a/b", "../../a")] {
        assert_eq!(lines(folder, spelling), (plain.clone(), true), "{folder} {spelling}");
    }
}

#[test]
fn models_that_are_not_there_or_hold_nothing_are_refused() {
    let bench = Bench::new(&[]);
    fs::create_dir_all(bench.path("x/y/z")).unwrap();
    assert_eq!(refusal(hash(&bench.model())).0, "MODEL_EMPTY");
    bench.write("x/.git", "inside");
    bench.write(".gitignore", "1");
    assert_eq!(names(&hash(&bench.model()).unwrap()), ["x/.git"]);
    assert_eq!(refusal(bench.hash(&ignoring(&["x"]))).0, "MODEL_EMPTY");
    bench.write("x/.git", "");
    let sharded = HashOptions { method: Method::Shards { size: 9 }, ..HashOptions::default() };
    assert_eq!(refusal(bench.hash(&sharded)).0, "MODEL_EMPTY");
    for missing in ["nothing", "x/nothing/", "x/.git/below"] {
        assert_eq!(refusal(hash(&bench.path(missing))).0, "MODEL_NOT_FOUND", "{missing}");
    }
    assert_eq!(refusal(hash(Path::new(""))).0, "MODEL_NOT_FOUND");
    assert_eq!(refusal(hash(Path::new("/"))).0, "MODEL_NAMELESS");
    for size in [0, 1 << 53, u64::MAX] {
        let sharded = HashOptions { method: Method::Shards { size }, ..HashOptions::default() };
        assert_eq!(refusal(bench.hash(&sharded)).0, "SHARD_SIZE_INVALID");
    }
}

#[test]
fn a_hundred_thousand_files_in_one_folder_are_all_listed() {
    let bench = Bench::new(&[]);
    for number in 0..100_000 {
        File::create(bench.path(&format!("{number:05}"))).unwrap();
    }
    let hashed = bench.hash(&HashOptions::default()).unwrap();
    let listed = names(&hashed);
    assert_eq!((listed.len(), listed[0], listed[99_999]), (100_000, "00000", "99999"));
}

#[test]
fn depth_is_no_matter_and_names_end_at_4096_bytes() {
    let deep = "d/".repeat(1000) + "f";
    let bench = Bench::new(&[(&deep, "1")]);
    assert_eq!(names(&bench.hash(&HashOptions::default()).unwrap()), [deep]);

    let bench = Bench::new(&[("a", "1")]);
    let folder = vec!["x".repeat(255); 15].join("/") + "/" + &"y".repeat(99);
    let longest = format!("{folder}/{}", "z".repeat(4095 - folder.len()));
    make_by_steps(&bench, &longest);
    assert_eq!(names(&bench.hash(&HashOptions::default()).unwrap()), ["a", &longest]);
    let too_long = longest + "z";
    make_by_steps(&bench, &too_long);
    assert_eq!(refusal(bench.hash(&HashOptions::default())), ("NAME_INVALID", too_long));
    assert_eq!(names(&bench.hash(&ignoring(&[&"x".repeat(255)])).unwrap()), ["a"]);
}

/// No path this long fits into one system call.
fn make_by_steps(bench: &Bench, name: &str) {
    let mut parts: Vec<_> = name.split('/').collect();
    let file = parts.pop().unwrap();
    let open = OFlags::DIRECTORY | OFlags::RDONLY;
    let mut at = rustix::fs::open(bench.model(), open, Mode::empty()).unwrap();
    for part in parts {
        let _ = rustix::fs::mkdirat(&at, part, Mode::RWXU);
        at = rustix::fs::openat(&at, part, open, Mode::empty()).unwrap();
    }
    rustix::fs::openat(&at, file, OFlags::CREATE | OFlags::WRONLY, Mode::RWXU).unwrap();
}

#[test]
fn what_may_not_be_read_is_refused_unless_ignored() {
    if !is_root() {
        return skip("unreadable files", "only root can become somebody else");
    }
    for (locked, mode) in [("sub/x", 0o000), ("sub", 0o000), ("sub", 0o444), ("sub", 0o311)] {
        let bench = Bench::new(&[("a", "1"), ("sub/x", "2"), (".git/y", "3")]);
        fs::set_permissions(bench.path(".git"), Permissions::from_mode(0o000)).unwrap();
        assert!(as_nobody(&bench).status.success());
        fs::set_permissions(bench.path(locked), Permissions::from_mode(mode)).unwrap();
        let refused = as_nobody(&bench);
        let told = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && refused.stdout.is_empty());
        assert!(told.contains("'sub") && told.contains("denied") && told.contains("give this user"), "{told}");
    }
}

#[test]
fn what_may_not_be_read_is_refused_before_hours_of_hashing() {
    if !is_root() {
        return skip("unreadable files", "only root can become somebody else");
    }
    // More than any machine hashes at once, so that the small file's turn would come after some.
    let bench = Bench::new(&[("x", "1")]);
    let sparse = (0..256).map(|number| fs::File::create(bench.path(&format!("w{number}"))).unwrap());
    if sparse.map(|file| file.set_len(1 << 40)).any(|made| made.is_err()) {
        return skip("unreadable files beside large ones", "the file system takes no file of 1 TiB");
    }
    fs::set_permissions(bench.path("x"), Permissions::from_mode(0o000)).unwrap();
    let refused = as_nobody(&bench);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(told.contains("'x'") && told.contains("denied"), "{told}");
}

/// Runs the example without root's rights, and for ten seconds at most.
fn as_nobody(bench: &Bench) -> Output {
    let program = bench.around().join("digest");
    fs::copy(example(), &program).unwrap();
    fs::set_permissions(bench.around(), Permissions::from_mode(0o755)).unwrap();
    Command::new("timeout").arg("10").arg(program).arg(bench.model()).uid(65534).gid(65534).output().unwrap()
}
