// SPDX-License-Identifier: Apache-2.0
//! What is particular about Windows: how names are written, what stands for another name, who holds a file open.
//! Runs under Wine, too; what Wine has not is skipped, and said.
#![cfg(windows)]

mod support;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::os::windows::ffi::OsStringExt as _;
use std::os::windows::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use model_signing_core::{
    Bundle, CheckOptions, Error, HashOptions, Manifest, Method, Resource, ResourcePath, Watch, check_model, digest_of,
    escaped_path, hash_model,
};
use support::{Bench, names, refusal, skip};

fn hash(path: impl AsRef<Path>) -> Result<Vec<String>, Error> {
    let hashed = hash_model(path.as_ref(), &HashOptions::default(), &Watch::new())?;
    Ok(names(&hashed).into_iter().map(str::to_owned).collect())
}

fn followed() -> HashOptions {
    HashOptions { allow_symlinks: true, ..HashOptions::default() }
}

fn model() -> Bench {
    Bench::new(&[("a", "1"), ("sub/b", "2"), ("sub/deep/c", "3")])
}

/// The same path, which Windows then takes literally.
fn verbatim(bench: &Bench, name: &str) -> PathBuf {
    let mut path = fs::canonicalize(bench.model()).unwrap().into_os_string();
    assert!(path.to_str().unwrap().starts_with(r"\\?\"));
    path.push("\\");
    path.push(name.replace('/', "\\"));
    path.into()
}

/// A folder that stands for another: a junction, which needs no rights; under Wine what it shows as one.
fn junction(target: &Path, link: &Path) -> bool {
    // What is started under Wine may take a moment longer.
    let is_there = || {
        (0..100).any(|_| {
            link.exists() || {
                thread::sleep(Duration::from_millis(20));
                false
            }
        })
    };
    let made = |program: &str, args: &[&OsStr]| {
        Command::new(program).args(args).output().is_ok_and(|output| output.status.success()) && is_there()
    };
    let mklink = [OsStr::new("/c"), "mklink".as_ref(), "/J".as_ref(), link.as_ref(), target.as_ref()];
    if made("cmd", &mklink) {
        return true;
    }
    let unix = |path: &Path| {
        let answer = Command::new("winepath").arg("-u").arg(path).output().ok()?;
        Some(OsString::from(String::from_utf8(answer.stdout).ok()?.trim_end()))
    };
    let (Some(target), Some(link_name)) = (unix(target), unix(link)) else { return false };
    made("start", &["/wait".as_ref(), "/unix".as_ref(), "/bin/ln".as_ref(), "-s".as_ref(), &target, &link_name])
}

#[test]
fn names_have_slashes_and_paths_may_have_either() {
    let bench = model();
    let expected = ["a", "sub/b", "sub/deep/c"];
    assert_eq!(hash(bench.model()).unwrap(), expected);
    let written = bench.model().into_os_string().into_string().unwrap();
    for spelling in [written.replace('\\', "/"), written.clone() + "\\", written.clone() + "/.", written.to_uppercase()]
    {
        assert_eq!(hash(spelling).unwrap(), expected);
    }
    assert_eq!(hash(verbatim(&bench, "sub")).unwrap(), ["b", "deep/c"]);
    let ignored = HashOptions { ignore_paths: vec![r"sub\deep".into(), r".\a".into()], ..HashOptions::default() };
    assert_eq!(names(&bench.hash(&ignored).unwrap()), ["sub/b"]);
    let absolute = HashOptions { ignore_paths: vec![bench.path(r"sub\deep")], ..HashOptions::default() };
    assert_eq!(names(&bench.hash(&absolute).unwrap()), ["a", "sub/b"]);
    for outside in [r"..\x", r"\x", "C:x", r"C:\x", r"\\host\share\x"] {
        let options = HashOptions { ignore_paths: vec![outside.into()], ..HashOptions::default() };
        assert_eq!(refusal(bench.hash(&options)).0, "IGNORE_PATH_INVALID", "{outside}");
    }
}

#[test]
fn a_file_is_a_model_by_any_spelling() {
    let bench = model();
    for spelling in ["a", r".\a", r"sub\..\a", "sub/../a", r"a\"] {
        assert_eq!(hash(bench.path(spelling)).unwrap(), ["a"], "{spelling}");
    }
    assert_eq!(refusal(hash(r"C:\")).0, "MODEL_NAMELESS");
    assert_eq!(refusal(hash(bench.path("none"))).0, "MODEL_NOT_FOUND");
}

#[test]
fn names_that_windows_reads_in_its_own_way_are_names() {
    let bench = Bench::new(&[("z", "9")]);
    let mut odd = Vec::new();
    for name in ["nul", "con.txt", "aux", "com1.bin", "dot.", "space "] {
        match fs::write(verbatim(&bench, name), name) {
            Ok(()) => odd.push(name),
            Err(error) => skip(name, &error.to_string()),
        }
    }
    assert!(!odd.is_empty());
    let hashed = bench.hash(&HashOptions::default()).unwrap();
    for name in odd {
        let found = hashed.manifest.resources().iter().find(|resource| resource.name() == name);
        assert_eq!(*found.unwrap().digest(), digest_of(name.as_bytes()), "{name}");
    }
}

#[test]
fn paths_of_any_length_are_reached() {
    let deep = "folder-of-twenty-4.56/".repeat(60) + "file";
    let bench = Bench::new(&[]);
    let path = verbatim(&bench, &deep);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "1").unwrap();
    assert!(path.as_os_str().len() > 1300);
    assert_eq!(hash(bench.model()).unwrap(), [deep]);
    let ignored = HashOptions { ignore_paths: vec!["folder-of-twenty-4.56".into()], ..HashOptions::default() };
    bench.write("a", "1");
    let hashed = bench.hash(&ignored).unwrap();
    assert_eq!((names(&hashed), hashed.hidden.files()), (vec!["a"], 1));
}

#[test]
fn a_name_that_is_no_unicode_is_refused_by_name() {
    let bench = Bench::new(&[("a", "1")]);
    fs::create_dir(bench.path("sub")).unwrap();
    let name = OsString::from_wide(&[u16::from(b'x'), 0xd800, u16::from(b'y')]);
    if let Err(error) = fs::write(bench.path("sub").join(&name), "1") {
        return skip("names that are no Unicode", &error.to_string());
    }
    let error = hash(bench.model()).unwrap_err();
    assert_eq!(error.code(), "NAME_INVALID");
    assert_eq!(escaped_path(error.path().unwrap()).to_string(), r"sub\\x\xed\xa0\x80y");
}

#[test]
fn a_junction_is_a_link() {
    let bench = model();
    fs::create_dir(bench.around().join("out")).unwrap();
    fs::write(bench.around().join("out").join("secret"), "4").unwrap();
    if !junction(&bench.path("sub"), &bench.path("inside")) {
        return skip("junctions", "neither mklink nor ln made one");
    }
    assert_eq!(refusal(hash(bench.model())), ("SYMLINK_FORBIDDEN", "inside".into()));
    let hashed = bench.hash(&followed()).unwrap();
    assert_eq!(names(&hashed), ["a", "inside/b", "inside/deep/c", "sub/b", "sub/deep/c"]);

    assert!(junction(&bench.around().join("out"), &bench.path("outside")));
    assert_eq!(refusal(bench.hash(&followed())), ("SYMLINK_OUTSIDE", "outside".into()));
    let anywhere = HashOptions { allow_external_symlinks: true, ..followed() };
    assert_eq!(names(&bench.hash(&anywhere).unwrap())[3], "outside/secret");
    // Ignored, it is counted as one entry and not gone into.
    let ignored = HashOptions { ignore_paths: vec!["outside".into(), "inside".into()], ..HashOptions::default() };
    assert_eq!(bench.hash(&ignored).unwrap().hidden.files(), 2);
}

#[test]
fn a_junction_in_the_place_of_a_signed_folder_is_refused() {
    let bench = model();
    let manifest = bench.hash(&HashOptions::default()).unwrap().manifest;
    fs::rename(bench.path("sub"), bench.around().join("moved")).unwrap();
    if !junction(&bench.around().join("moved"), &bench.path("sub")) {
        return skip("junctions", "neither mklink nor ln made one");
    }
    let options = CheckOptions { ignore_unsigned_files: true, ..CheckOptions::default() };
    let checked = check_model(&bench.model(), &manifest, &options, &Watch::new());
    assert_eq!(refusal(checked), ("SYMLINK_FORBIDDEN", "sub".into()));
}

#[test]
fn a_file_that_somebody_writes_to_is_refused_by_name() {
    let bench = model();
    let writer = OpenOptions::new().write(true).open(bench.path("sub/b")).unwrap();
    let error = hash(bench.model()).unwrap_err();
    assert_eq!(
        (error.code(), error.hint().unwrap()),
        ("IO_ERROR", "close the program that has it open, then try again")
    );
    assert_eq!(error.path(), Some(Path::new("sub/b")));
    drop(writer);
    // Who keeps everybody out is told from who is not there.
    let exclusive = OpenOptions::new().read(true).share_mode(0).open(bench.path("a")).unwrap();
    assert_eq!(refusal(hash(bench.model())), ("IO_ERROR", "a".into()));
    drop(exclusive);
    let reader = File::open(bench.path("a")).unwrap();
    assert_eq!(hash(bench.model()).unwrap().len(), 3);
    drop(reader);
}

#[test]
fn nobody_writes_to_a_file_while_it_is_hashed() {
    let bench = Bench::new(&[]);
    File::create(bench.path("large")).unwrap().set_len(400 << 20).unwrap();
    let watch = Watch::new();
    thread::scope(|scope| {
        let hashing = scope.spawn(|| hash_model(&bench.model(), &HashOptions::default(), &watch));
        while watch.progress().bytes_done == 0 {
            assert!(!hashing.is_finished());
            thread::yield_now();
        }
        let refused = OpenOptions::new().write(true).open(bench.path("large")).is_err();
        assert!(refused || hashing.is_finished());
        // To move it away is nobody's harm, and seen at the end.
        let moved = fs::rename(bench.path("large"), bench.around().join("elsewhere")).is_ok();
        let result = hashing.join().unwrap();
        if moved && watch.progress().bytes_done < 400 << 20 {
            assert_eq!(refusal(result).0, "FILE_CHANGED");
        }
    });
}

#[test]
fn a_stream_beside_the_content_is_never_opened() {
    let bench = Bench::new(&[("a", "1")]);
    let is_there = fs::write(bench.path("a:stream"), "hidden").is_ok();
    if !is_there {
        skip("alternate streams", "this file system has none; their names are refused nevertheless");
    }
    assert_eq!(hash(bench.model()).unwrap(), ["a"]);
    for name in ["a:stream", "a::$DATA"] {
        assert!(hash(bench.path(name)).is_err(), "{name}");
        // What a statement calls so is a file that is missing.
        let path = ResourcePath::parse(name).unwrap();
        let digest = digest_of(b"hidden");
        let resources = vec![Resource::file(&path, digest)];
        let recipe = bench.hash(&HashOptions::default()).unwrap().manifest.serialization().clone();
        let manifest = Manifest::new("m".into(), recipe, resources).unwrap();
        let options = CheckOptions { full_diff: true, ..CheckOptions::default() };
        let diff = check_model(&bench.model(), &manifest, &options, &Watch::new()).unwrap().diff;
        assert_eq!((diff.missing, diff.extra), (vec![name.to_owned()], vec!["a".to_owned()]));
    }
}

#[test]
fn the_signature_is_known_by_its_number() {
    let bench = model();
    let manifest = bench.hash(&HashOptions::default()).unwrap().manifest;
    bench.write("model.sig", "signature");
    let extra = |bundle: PathBuf| {
        let options = CheckOptions { bundle: Some(bundle), ..CheckOptions::default() };
        check_model(&bench.model(), &manifest, &options, &Watch::new()).unwrap().diff.extra
    };
    assert!(extra(bench.path("model.sig")).is_empty());
    assert!(extra(bench.path(r"sub\..\MODEL.SIG")).is_empty());
    assert_eq!(extra(bench.path("a")), ["model.sig"]);
}

#[test]
fn what_is_no_file_is_no_signature() {
    let bench = model();
    for path in [Path::new("NUL"), &bench.model(), Path::new(r"\\.\NUL")] {
        let code = Bundle::open(path).unwrap_err().code();
        assert_eq!(code, "BUNDLE_UNREADABLE", "{}", path.display());
    }
    assert_eq!(Bundle::open(&bench.path("none.sig")).unwrap_err().code(), "BUNDLE_NOT_FOUND");
}

#[test]
fn ranges_of_a_large_file_are_read_where_they_are() {
    let bench = Bench::new(&[]);
    let bytes = support::noise(3, 9_000_007);
    bench.write("w", &bytes);
    let options = HashOptions { method: Method::Shards { size: 1_000_003 }, ..HashOptions::default() };
    let hashed = bench.hash(&options).unwrap();
    for resource in hashed.manifest.resources().iter() {
        let range = resource.range().unwrap();
        let part = &bytes[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
        assert_eq!(*resource.digest(), digest_of(part));
    }
}
