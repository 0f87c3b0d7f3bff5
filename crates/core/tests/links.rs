// SPDX-License-Identifier: Apache-2.0
//! Symbolic links: refused unless allowed, followed only inside the model unless that is allowed too, never in
//! circles, and whatever is followed is listed under the path it was reached by (OMS section 6.1.1).
#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::fs::symlink;

use model_signing_core::{HashOptions, Watch, hash_model};
use support::{Bench, names, refusal};

fn followed() -> HashOptions {
    HashOptions { allow_symlinks: true, ..HashOptions::default() }
}

fn followed_anywhere() -> HashOptions {
    HashOptions { allow_external_symlinks: true, ..followed() }
}

/// A model with a file, a folder with two files, and room for links.
fn model() -> Bench {
    Bench::new(&[("a", "1"), ("sub/b", "2"), ("sub/deep/c", "3")])
}

#[test]
fn a_link_is_refused_unless_links_are_allowed() {
    for target in ["a", "sub", "nowhere", "/", "."] {
        let bench = model();
        bench.link(target, "sub/l");
        let external_alone = HashOptions { allow_external_symlinks: true, ..HashOptions::default() };
        for options in [HashOptions::default(), external_alone] {
            assert_eq!(refusal(bench.hash(&options)), ("SYMLINK_FORBIDDEN", "sub/l".into()), "{target}");
        }
    }
}

#[test]
fn links_to_files_have_the_digest_of_the_file() {
    let bench = model();
    bench.link("sub/b", "relative");
    bench.link(bench.path("sub/b"), "absolute");
    bench.link("sub/../../m/./sub//b", "winding");
    bench.link("relative", "chained");
    let hashed = bench.hash(&followed()).unwrap();
    assert_eq!(names(&hashed), ["a", "absolute", "chained", "relative", "sub/b", "sub/deep/c", "winding"]);
    let digest = |name| *hashed.manifest.resources().iter().find(|r| r.name() == name).unwrap().digest();
    for name in ["relative", "absolute", "winding", "chained"] {
        assert_eq!(digest(name), digest("sub/b"));
    }
    assert!(hashed.manifest.serialization().allow_symlinks);
}

#[test]
fn what_is_in_a_linked_folder_is_listed_under_each_link() {
    let bench = model();
    bench.link("sub", "one");
    bench.link(bench.path("sub"), "two");
    bench.link("../a", "sub/up");
    let hashed = bench.hash(&followed()).unwrap();
    let listed: Vec<_> = names(&hashed).into_iter().map(str::to_owned).collect();
    let expected: Vec<_> = ["one", "sub", "two"]
        .iter()
        .flat_map(|folder| ["b", "deep/c", "up"].map(|file| format!("{folder}/{file}")))
        .collect();
    assert_eq!(listed, [vec!["a".to_owned()], expected].concat());
}

#[test]
fn links_inside_linked_folders_are_links_too() {
    let bench = Bench::new(&[("x/y/f", "1"), ("other/g", "2")]);
    bench.link("x", "l");
    bench.link("../../other", "x/y/k");
    let hashed = bench.hash(&followed()).unwrap();
    assert_eq!(names(&hashed), ["l/y/f", "l/y/k/g", "other/g", "x/y/f", "x/y/k/g"]);
    bench.link("nowhere", "x/y/n");
    assert_eq!(refusal(bench.hash(&followed())), ("SYMLINK_DANGLING", "l/y/n".into()));
}

#[test]
fn a_link_to_nothing_is_refused() {
    for target in ["nowhere", "sub/nowhere", "a/below-a-file", "/nowhere/at/all", "sub/b/"] {
        let bench = model();
        bench.link(target, "l");
        for options in [followed(), followed_anywhere()] {
            assert_eq!(refusal(bench.hash(&options)), ("SYMLINK_DANGLING", "l".into()), "{target}");
        }
    }
}

#[test]
fn circles_are_refused() {
    for (links, at) in [
        (vec![("l", "l")], "l"),
        (vec![("l", ".")], "l"),
        (vec![("l", "../m")], "l"),
        (vec![("k", "l"), ("l", "k")], "k"),
        (vec![("sub/l", "..")], "sub/l"),
        (vec![("sub/l", "../sub")], "sub/l"),
        (vec![("sub/deep/l", "../../sub")], "sub/deep/l"),
        (vec![("sub/l", "../other"), ("other/k", "../sub")], "other/k/l"),
        (vec![("sub/l", "../other/x"), ("other/x/k", "../../sub/deep"), ("sub/deep/j", "..")], "other/x/k/j/l"),
    ] {
        let bench = model();
        bench.write("other/x/f", "4");
        for (name, target) in &links {
            bench.link(target, name);
        }
        for options in [followed(), followed_anywhere()] {
            let found = refusal(bench.hash(&options));
            assert_eq!(found, ("SYMLINK_CYCLE", at.into()), "{links:?}");
        }
    }
}

#[test]
fn what_lies_outside_is_refused_unless_that_is_allowed_too() {
    for (target, listed) in [("../m2", "l/f"), ("../m2/f", "l"), ("../m/../m2", "l/f")] {
        let bench = model();
        fs::create_dir(bench.around().join("m2")).unwrap();
        fs::write(bench.around().join("m2/f"), "out").unwrap();
        bench.link(target, "l");
        assert_eq!(refusal(bench.hash(&followed())), ("SYMLINK_OUTSIDE", "l".into()), "{target}");
        let hashed = bench.hash(&followed_anywhere()).unwrap();
        assert_eq!(names(&hashed), ["a", listed, "sub/b", "sub/deep/c"]);
    }
}

#[test]
fn a_link_that_leaves_from_an_inner_link_is_outside_too() {
    let bench = model();
    fs::write(bench.around().join("secret"), "out").unwrap();
    symlink(bench.around().join("secret"), bench.path("sub/deep/out")).unwrap();
    bench.link("sub/deep", "l");
    assert_eq!(refusal(bench.hash(&followed())), ("SYMLINK_OUTSIDE", "l/out".into()));
    assert!(names(&bench.hash(&followed_anywhere()).unwrap()).contains(&"l/out"));
}

#[test]
fn a_folder_outside_that_holds_the_model_is_a_circle() {
    let bench = model();
    bench.link("../..", "sub/up");
    assert_eq!(refusal(bench.hash(&followed())), ("SYMLINK_OUTSIDE", "sub/up".into()));
    let (code, path) = refusal(bench.hash(&HashOptions { ignore_git_paths: false, ..followed_anywhere() }));
    // Other entries of the folder around may be refused first, but it is never walked for ever.
    assert!(code == "SYMLINK_CYCLE" && path == "sub/up/m/sub/up", "{code} {path}");
}

#[test]
fn links_to_special_files_are_refused() {
    let bench = model();
    bench.link("/dev/null", "l");
    assert_eq!(refusal(bench.hash(&followed_anywhere())), ("SPECIAL_FILE", "l".into()));
    assert_eq!(refusal(bench.hash(&followed())), ("SYMLINK_OUTSIDE", "l".into()));
}

#[test]
fn ignored_links_are_not_even_looked_at() {
    let bench = model();
    for (name, target) in [("l1", "nowhere"), ("l2", "l2"), ("l3", "/dev/null"), ("l4", "sub")] {
        bench.link(target, name);
    }
    let ignore_paths: Vec<_> = ["l1", "l2", "l3", "l4"].map(Into::into).into();
    for options in [HashOptions::default(), followed()] {
        let hashed = bench.hash(&HashOptions { ignore_paths: ignore_paths.clone(), ..options }).unwrap();
        assert_eq!(names(&hashed), ["a", "sub/b", "sub/deep/c"]);
        assert_eq!(hashed.hidden.ignored.values().copied().collect::<Vec<_>>(), [1; 4]);
    }
}

#[test]
fn ignore_paths_mean_names_whatever_the_links() {
    let bench = model();
    bench.link("sub", "l");
    let hide = |path: &str| {
        let hashed = bench.hash(&HashOptions { ignore_paths: vec![path.into()], ..followed() }).unwrap();
        assert_eq!(hashed.hidden.ignored.len(), 1);
        names(&hashed).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(hide("l/deep"), ["a", "l/b", "sub/b", "sub/deep/c"]);
    assert_eq!(hide("sub"), ["a", "l/b", "l/deep/c"]);
}

#[test]
fn folders_that_links_double_at_every_level_end_in_an_error() {
    let bench = Bench::new(&[("a", "1")]);
    for level in 0..40 {
        let folder = format!("f{level}");
        fs::create_dir(bench.path(&folder)).unwrap();
        for name in ["x", "y"] {
            bench.link(format!("../f{}", level + 1), &format!("{folder}/{name}"));
        }
    }
    fs::create_dir(bench.path("f40")).unwrap();
    assert_eq!(refusal(bench.hash(&followed())).0, "MODEL_TOO_LARGE");
}

#[test]
fn the_root_may_be_a_link_and_one_file_may_be_reached_by_one() {
    let bench = model();
    let (folder, file) = (bench.around().join("current"), bench.around().join("weights"));
    symlink("m", &folder).unwrap();
    symlink("m/sub/b", &file).unwrap();
    let direct = bench.hash(&HashOptions::default()).unwrap();
    let linked = hash_model(&folder, &HashOptions::default(), &Watch::new()).unwrap();
    assert_eq!(linked.manifest, direct.manifest);
    assert!(linked.model.is_link() && !direct.model.is_link());
    let linked = hash_model(&file, &HashOptions::default(), &Watch::new()).unwrap();
    assert_eq!((names(&linked), linked.manifest.model_name()), (vec!["weights"], "b"));
    assert!(linked.model.is_link());
    let nothing = bench.around().join("nothing");
    symlink("m/nowhere", &nothing).unwrap();
    let (code, path) = refusal(hash_model(&nothing, &HashOptions::default(), &Watch::new()));
    assert_eq!((code, path), ("SYMLINK_DANGLING", nothing.to_string_lossy().into_owned()));
}
