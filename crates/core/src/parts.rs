// SPDX-License-Identifier: Apache-2.0
//! A model that is measured, not signed: listed once, then hashed in chosen parts by the one engine, in any manner.
//! Nothing of it is kept, and nothing is written; all it can change is what the page cache holds.

use std::ops::Range;
use std::path::Path;

use crate::digest::Algorithm;
use crate::error::{Error, Result};
use crate::hash::{EngineOptions, HashOptions, hash_plan, look_again, open_tree, rules};
use crate::manifest::{Manifest, Method, Serialization};
use crate::model::Model;
use crate::plan::Plan;
use crate::read::{self, Manner, Shared};
use crate::resources::Resources;
use crate::tree::Tree;
use crate::walk::{FoundFile, walk};
use crate::watch::Watch;

/// A model whose files are known.
#[derive(Debug)]
pub struct Listed {
    model: Model,
    tree: Tree,
    files: Vec<FoundFile>,
}

/// Bytes of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The file's place in the list.
    pub file: u32,
    /// Which of its bytes.
    pub range: Range<u64>,
}

impl Listed {
    /// Lists a model by the same rules that hash it.
    pub fn new(path: &Path, options: &HashOptions, watch: &Watch) -> Result<Self> {
        let model = Model::open(path)?;
        let rules = rules(&model, options)?;
        let tree = open_tree(&model)?;
        let files = walk(&model, &tree, &rules, watch)?.files;
        if files.is_empty() {
            return Err(Error::ModelEmpty { path: path.into() });
        }
        Ok(Self { model, tree, files })
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The size of every file, in the order of the list.
    pub fn sizes(&self) -> impl Iterator<Item = u64> {
        self.files.iter().map(|file| file.stat.size)
    }

    /// The name of a file, relative to the model.
    #[must_use]
    pub fn name(&self, file: u32) -> Option<&str> {
        self.files.get(file as usize).map(|file| file.name.as_str())
    }

    /// Does with some parts what hashing a model does with all of them, up to the manifest; says how many bytes these
    /// were. No part may be given twice.
    pub fn hash(&self, parts: &[Part], algorithm: Algorithm, engine: &EngineOptions, watch: &Watch) -> Result<u64> {
        self.check(parts)?;
        let plan = Plan::of_parts(parts.iter().map(|part| (part.file, part.range.clone())), algorithm)?;
        let digests = hash_plan(&self.tree, &self.files, &plan, algorithm, engine, watch)?;
        look_again(&self.tree, parts.iter().map(|part| &self.files[part.file as usize]), watch)?;
        let named = |part: &Part| {
            let file = &self.files[part.file as usize];
            (file.name.as_str(), (part.range != (0..file.stat.size)).then(|| part.range.clone()))
        };
        let resources = Resources::hashed(parts.iter().map(named), digests);
        Manifest::hashed(self.model.name().into(), recipe(algorithm), resources)?;
        Ok(plan.bytes())
    }

    /// Lets the page cache forget some parts, and no others; says how many of their bytes it holds on to. It may: pages
    /// that are dirty, or that somebody has mapped, or whose file system lives in memory.
    pub fn forget(&self, parts: &[Part], watch: &Watch) -> Result<u64> {
        self.check(parts)?;
        let shared = Shared::new(&self.tree, watch, Manner { mmap: false, fill_cache: false }, 1);
        let mut kept = 0;
        for Part { file, range } in parts {
            watch.check()?;
            let found = &self.files[*file as usize];
            kept += if read::forget(found, range, &shared)? { 0 } else { range.end - range.start };
        }
        Ok(kept)
    }

    fn check(&self, parts: &[Part]) -> Result<()> {
        let fits = |part: &Part| {
            let size = self.files.get(part.file as usize).map(|file| file.stat.size);
            part.range.start <= part.range.end && size.is_some_and(|size| part.range.end <= size)
        };
        if !parts.is_empty() && parts.iter().all(fits) {
            return Ok(());
        }
        Err(Error::Internal { reason: "a part to measure is not in the model".into() })
    }
}

/// What is measured is recorded nowhere; a manifest wants a recipe all the same.
fn recipe(algorithm: Algorithm) -> Serialization {
    Serialization { method: Method::Files, algorithm, allow_symlinks: false, ignore_paths: Vec::new() }
}
