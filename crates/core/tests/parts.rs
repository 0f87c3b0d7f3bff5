// SPDX-License-Identifier: Apache-2.0
//! Parts of a model, hashed to be measured: the same errors as hashing all of it, and no byte too few.

mod support;

use model_signing_core::{Algorithm, EngineOptions, HashOptions, Listed, Part, Watch};
use support::Bench;

fn list(bench: &Bench) -> Listed {
    Listed::new(&bench.model(), &HashOptions::default(), &Watch::new()).unwrap()
}

fn code(outcome: model_signing_core::Result<u64>) -> &'static str {
    outcome.unwrap_err().code()
}

#[test]
fn the_list_is_what_would_be_hashed() {
    let bench = Bench::new(&[("a", "123"), ("b/c", "45"), (".gitignore", "*")]);
    let listed = list(&bench);
    assert_eq!(listed.model().name(), "m");
    let mut files: Vec<_> = (0..).map_while(|file| listed.name(file)).zip(listed.sizes()).collect();
    files.sort_unstable();
    assert_eq!(files, [("a", 3), ("b/c", 2)]);
}

#[test]
fn parts_are_hashed_by_every_algorithm_and_in_every_manner() {
    let bench = Bench::new(&[("small", "123")]);
    bench.write("large", vec![7; (40 << 20) + 5]);
    let listed = list(&bench);
    let large = u32::from(listed.name(0) != Some("large"));
    let parts = [
        Part { file: 1 - large, range: 0..3 },
        Part { file: large, range: 0..4 << 20 },
        Part { file: large, range: (4 << 20)..(40 << 20) + 5 },
    ];
    for algorithm in Algorithm::ALL {
        for (mmap, fill_cache) in [(true, false), (false, true)] {
            let engine = EngineOptions { mmap, fill_cache, ..EngineOptions::default() };
            listed.forget(&parts, &Watch::new()).unwrap();
            let bytes = listed.hash(&parts, algorithm, &engine, &Watch::new()).unwrap();
            assert_eq!(bytes, (40 << 20) + 8, "{algorithm}");
        }
    }
}

#[test]
fn a_part_that_is_not_there_is_refused() {
    let bench = Bench::new(&[("a", "123")]);
    let listed = list(&bench);
    #[allow(clippy::reversed_empty_ranges, reason = "this is what is to be refused")]
    let wrong = [vec![], vec![(0, 0..4)], vec![(1, 0..1)], vec![(0, 2..1)]];
    for parts in wrong {
        let parts: Vec<_> = parts.into_iter().map(|(file, range)| Part { file, range }).collect();
        let hashed = listed.hash(&parts, Algorithm::Sha256, &EngineOptions::default(), &Watch::new());
        assert_eq!(code(hashed), "INTERNAL");
        assert_eq!(code(listed.forget(&parts, &Watch::new())), "INTERNAL");
    }
}

#[test]
fn a_file_that_changed_since_it_was_listed_is_an_error() {
    let bench = Bench::new(&[("a", "123")]);
    let listed = list(&bench);
    bench.write("a", "1234");
    let parts = [Part { file: 0, range: 0..3 }];
    let hashed = listed.hash(&parts, Algorithm::Sha256, &EngineOptions::default(), &Watch::new());
    assert_eq!(code(hashed), "FILE_CHANGED");
    assert_eq!(code(listed.forget(&parts, &Watch::new())), "FILE_CHANGED");
}

#[test]
fn an_empty_model_and_a_wish_to_stop() {
    let bench = Bench::new(&[]);
    let nothing = Listed::new(&bench.model(), &HashOptions::default(), &Watch::new());
    assert_eq!(nothing.unwrap_err().code(), "MODEL_EMPTY");
    bench.write("a", "123");
    let (listed, watch) = (list(&bench), Watch::new());
    watch.cancel();
    let parts = [Part { file: 0, range: 0..3 }];
    assert_eq!(code(listed.hash(&parts, Algorithm::Sha256, &EngineOptions::default(), &watch)), "CANCELLED");
    assert_eq!(code(listed.forget(&parts, &watch)), "CANCELLED");
}
