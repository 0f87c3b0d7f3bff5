// SPDX-License-Identifier: Apache-2.0
//! Runs a plan: N threads, each hashing M independent streams at once on its core.
//!
//! A core hashes two SHA-256 streams in the time of one, so that a thread keeps several files open and feeds them to
//! the kernel together. The number of threads is a parameter, not another path: one thread is the same code.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::digest::{Algorithm, Digests};
use crate::error::{Error, Result};
use crate::lanes::{self, Hasher};
use crate::plan::{Plan, Target, Unit};
use crate::read::{Manner, Reader, Shared};
use crate::tree::Tree;
use crate::walk::FoundFile;
use crate::watch::Watch;

/// What is fed to the kernel between two looks at the wish to stop.
const STEP: usize = 1 << 20;

/// Streams whose parts end at multiples of this never leave half a block behind (`BLAKE2b` has the longest, 128).
const BLOCK: usize = 128;

/// Everything a run needs to know.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) files: &'a [FoundFile],
    pub(crate) plan: &'a Plan,
    pub(crate) algorithm: Algorithm,
    pub(crate) threads: NonZeroUsize,
    /// Streams a thread; `None` for what is best.
    pub(crate) streams: Option<NonZeroUsize>,
    pub(crate) manner: Manner,
    pub(crate) watch: &'a Watch,
}

impl Run<'_> {
    /// Hashes every target of the plan; the digests come in the targets' order.
    pub(crate) fn hash(&self) -> Result<Digests> {
        let streams = self.streams.map_or_else(|| lanes::lanes(self.algorithm), NonZeroUsize::get);
        let threads = self.threads.get().min(self.plan.units.len().max(1));
        let shared = Shared::new(self.tree, self.watch, self.manner, threads);
        let queue = Queue { units: &self.plan.units, next: AtomicUsize::new(0), is_over: AtomicBool::new(false) };
        let work = || Worker::new(self, &shared, &queue, streams).work();
        let done = thread::scope(|scope| {
            // A thread that the system refuses is one thread fewer: the others take its units.
            let others: Vec<_> = (1..threads)
                .map_while(|_| thread::Builder::new().name("model-hash".into()).spawn_scoped(scope, work).ok())
                .collect();
            let own = work();
            others.into_iter().map(|other| other.join().unwrap_or_else(|_| Err(panicked()))).chain([own]).collect()
        });
        self.collect(done)
    }

    fn collect(&self, done: Vec<Result<Done>>) -> Result<Digests> {
        let targets = &self.plan.targets;
        let mut digests = Digests::places(self.algorithm, targets.len());
        let mut whole = 0;
        let mut chains = vec![[0; 32]; self.plan.pieces as usize];
        let mut cancelled = false;
        for done in done {
            match done {
                Ok(done) => {
                    whole += done.targets.len();
                    done.targets
                        .iter()
                        .zip(done.digests.iter())
                        .for_each(|(&at, digest)| digests.set(at as usize, &digest));
                    done.chains.into_iter().for_each(|(piece, chain)| chains[piece as usize] = chain);
                }
                Err(Error::Cancelled) => cancelled = true,
                Err(error) => return Err(error),
            }
        }
        if cancelled {
            return Err(Error::Cancelled);
        }
        for (at, target) in targets.iter().enumerate().filter(|(_, target)| !target.pieces.is_empty()) {
            let length = target.range.end - target.range.start;
            let pieces = target.pieces.start as usize..target.pieces.end as usize;
            digests.set(at, &lanes::blake3_join(length, Target::PIECE, &chains[pieces]));
            whole += 1;
        }
        if whole == targets.len() {
            Ok(digests)
        } else {
            Err(Error::Internal { reason: "a unit was not hashed".into() })
        }
    }
}

/// The units not yet taken.
#[derive(Debug)]
struct Queue<'a> {
    units: &'a [Unit],
    next: AtomicUsize,
    /// Set by the first thread that fails, so that the others do not go on for minutes.
    is_over: AtomicBool,
}

/// What one thread hashed.
#[derive(Debug)]
struct Done {
    /// The targets that it hashed as a whole, and the digest of each.
    targets: Vec<u32>,
    digests: Digests,
    /// The pieces of other targets, and the chaining value of each.
    chains: Vec<(u32, [u8; 32])>,
}

struct Worker<'a> {
    run: &'a Run<'a>,
    queue: &'a Queue<'a>,
    lanes: Vec<Lane<'a>>,
    done: Done,
}

/// One stream: where its bytes come from, and the hasher they go to while it is busy.
struct Lane<'a> {
    reader: Reader<'a>,
    busy: Option<(&'a Unit, Hasher)>,
}

impl<'a> Queue<'a> {
    fn take(&self) -> Option<&'a Unit> {
        self.units.get(self.next.fetch_add(1, Ordering::Relaxed))
    }
}

impl<'a> Worker<'a> {
    fn new(run: &'a Run<'a>, shared: &'a Shared<'a>, queue: &'a Queue<'a>, streams: usize) -> Self {
        let lanes = (0..streams).map(|_| Lane { reader: Reader::new(shared), busy: None }).collect();
        let done = Done { targets: Vec::new(), digests: Digests::new(run.algorithm), chains: Vec::new() };
        Self { run, queue, lanes, done }
    }

    fn work(mut self) -> Result<Done> {
        match self.hash_all() {
            Ok(()) => Ok(self.done),
            Err(error) => {
                self.queue.is_over.store(true, Ordering::Relaxed);
                Err(error)
            }
        }
    }

    fn hash_all(&mut self) -> Result<()> {
        while !self.queue.is_over.load(Ordering::Relaxed) {
            self.run.watch.check()?;
            if !self.fill()? {
                return Ok(());
            }
            let bytes = self.step();
            self.run.watch.did(0, bytes);
        }
        Err(Error::Cancelled)
    }

    /// Sees to it that every lane has bytes at hand, of its unit or of the next. `false` when all work is done.
    fn fill(&mut self) -> Result<bool> {
        let mut is_busy = false;
        for lane in &mut self.lanes {
            while lane.reader.ready().is_empty() {
                if let Some((unit, hasher)) = lane.busy.take() {
                    if lane.reader.advance()? {
                        lane.busy = Some((unit, hasher));
                        continue;
                    }
                    finish(unit, hasher, &mut self.done);
                    self.run.watch.did(u64::from(unit.piece.is_none() || is_last(unit, self.run.plan)), 0);
                }
                let Some(unit) = self.queue.take() else { break };
                let target = &self.run.plan.targets[unit.target as usize];
                lane.reader.open(&self.run.files[target.file as usize], unit.range.clone())?;
                lane.busy = Some((unit, hasher_for(unit, target, self.run.algorithm)));
            }
            is_busy |= lane.busy.is_some();
        }
        Ok(is_busy)
    }

    /// Feeds all lanes equally much, so that the kernel always has as many streams as there are; the shortest part
    /// at hand sets the measure, the others stay at whole blocks.
    fn step(&mut self) -> u64 {
        let mut busy: Vec<&mut Lane<'_>> = Vec::with_capacity(lanes::MAX_LANES);
        busy.extend(self.lanes.iter_mut().filter(|lane| lane.busy.is_some()));
        let measure = busy.iter().map(|lane| lane.reader.ready().len()).min().unwrap_or(0).min(STEP);
        let share = |at_hand: &[u8]| if at_hand.len() == measure { measure } else { measure / BLOCK * BLOCK };
        let mut feed = Vec::with_capacity(lanes::MAX_LANES);
        for lane in &mut busy {
            let at_hand = lane.reader.ready();
            if let Some((_, hasher)) = &mut lane.busy {
                feed.push((hasher, &at_hand[..share(at_hand)]));
            }
        }
        lanes::update_many(&mut feed);
        drop(feed);
        let mut bytes = 0;
        for lane in busy {
            let count = share(lane.reader.ready());
            lane.reader.consume(count);
            bytes += count as u64;
        }
        bytes
    }
}

fn hasher_for(unit: &Unit, target: &Target, algorithm: Algorithm) -> Hasher {
    match unit.piece {
        Some(_) => Hasher::blake3_piece(unit.range.start - target.range.start),
        None => Hasher::new(algorithm),
    }
}

fn finish(unit: &Unit, hasher: Hasher, done: &mut Done) {
    if let Some(piece) = unit.piece {
        return done.chains.push((piece, hasher.chaining_value()));
    }
    done.targets.push(unit.target);
    done.digests.push(&hasher.finalize());
}

/// Of a resource in pieces, the piece that ends it stands for it in the count of files.
fn is_last(unit: &Unit, plan: &Plan) -> bool {
    let whole: &Range<u64> = &plan.targets[unit.target as usize].range;
    unit.range.end == whole.end
}

fn panicked() -> Error {
    Error::Internal { reason: "a hashing thread panicked".into() }
}
