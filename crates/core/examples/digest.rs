// SPDX-License-Identifier: Apache-2.0
//! Prints what a model is: `digest MODEL [sha256|blake2b|blake3] [shard size] [threads] [streams] [map|read]`.
//! 0 stands for what the core chooses.

use std::io::{BufWriter, Write, stdout};
use std::path::Path;
use std::process::ExitCode;

use model_signing_core::{Algorithm, EngineOptions, HashOptions, Method, Watch, escaped, hash_model};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, rest @ ..] = arguments.as_slice() else {
        eprintln!(
            "usage: digest MODEL [sha256|blake2b|blake3] [shard size, 0 for whole files] [threads] [streams] [map|read]"
        );
        return ExitCode::from(2);
    };
    let number = |at: usize| rest.get(at).and_then(|text| text.parse::<u64>().ok()).filter(|&number| number > 0);
    let algorithm = rest.first().map_or(Ok(Algorithm::Sha256), |name| name.parse());
    let result = algorithm.and_then(|algorithm| {
        let method = number(1).map_or(Method::Files, |size| Method::Shards { size });
        let count = |at: usize| number(at).and_then(|count| usize::try_from(count).ok()?.try_into().ok());
        let mmap = rest.get(4).is_none_or(|manner| manner != "read");
        let engine = EngineOptions { threads: count(2), streams: count(3), mmap, ..EngineOptions::default() };
        let options = HashOptions { algorithm, method, engine, ..HashOptions::default() };
        hash_model(Path::new(model), &options, &Watch::new())
    });
    match result {
        Ok(hashed) => {
            let mut out = BufWriter::new(stdout().lock());
            for resource in hashed.manifest.resources().iter() {
                let _ = writeln!(out, "{} {}", resource.digest().to_hex(), escaped(resource.name()));
            }
            let _ = writeln!(out, "{} {}", hashed.manifest.root(), escaped(hashed.manifest.model_name()));
            if out.flush().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("{error}\n{}", error.hint().unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}
