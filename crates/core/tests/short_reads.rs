// SPDX-License-Identifier: Apache-2.0
//! A file system may give less than was asked for, on every read. Here one does: a library that stands before the
//! system's own shortens each of them.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use support::{Bench, example, noise, skip};

/// Every read gives at most 1000 bytes, and every third one a single byte.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/types.h>
#include <unistd.h>

static size_t cut(size_t count) {
  static _Atomic unsigned calls;
  size_t most = calls++ % 3 == 0 ? 1 : 1000;
  return count < most ? count : most;
}

ssize_t pread64(int file, void *to, size_t count, off64_t at) {
  ssize_t (*next)(int, void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pread64");
  return next(file, to, cut(count), at);
}

ssize_t read(int file, void *to, size_t count) {
  ssize_t (*next)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
  return next(file, to, cut(count));
}
"#;

fn shim(bench: &Bench) -> Option<PathBuf> {
    let (source, library) = (bench.around().join("shim.c"), bench.around().join("shim.so"));
    fs::write(&source, SHIM).unwrap();
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl").output();
    match compiled {
        Ok(output) if output.status.success() => Some(library),
        _ => {
            skip("short reads", "there is no C compiler");
            None
        }
    }
}

#[test]
fn short_reads_change_no_digest() {
    let bench = Bench::new(&[]);
    for (name, len) in [("a", 3), ("b", 1000), ("c", 1001), ("d", 100_000), ("e", 131_072), ("sub/f", 0)] {
        bench.write(name, noise(9, len));
    }
    let Some(library) = shim(&bench) else { return };
    for algorithm in ["sha256", "blake2b", "blake3"] {
        let digest = |preload: Option<&PathBuf>| {
            let mut command = Command::new(example());
            command.arg(bench.model()).arg(algorithm);
            if let Some(library) = preload {
                command.env("LD_PRELOAD", library);
            }
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        };
        assert_eq!(digest(Some(&library)), digest(None), "{algorithm}");
    }
}
