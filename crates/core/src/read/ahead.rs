// SPDX-License-Identifier: Apache-2.0
//! Reads cold windows of a file before they are asked for, past the page cache into huge pages: on a disk that gives
//! 2 GB/s this costs 0.01 CPU seconds per GB, where reading through the cache costs up to 0.5.
//!
//! A few threads only wait for the disk. They own what they read into, so that a run can end without them.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::block::Block;
use super::map::Map;
use super::{Shared, next_window, shown, vanished};
use crate::error::{Error, Result};
use crate::walk::FoundFile;
use crate::watch::Watch;

/// How often a wait for the disk looks whether the run was cancelled.
const IMPATIENCE: Duration = Duration::from_millis(10);

/// Windows that one lane has on their way.
const DEPTH: usize = 2;

/// Windows that all lanes of a run have in memory, 48 MiB of them. A lane that gets no block looks at its window
/// through the map, as if it were cached.
const BLOCKS: usize = 12;

/// Threads that wait for the disk, where fewer than so many hash. More of them on few cores only made the disk jump
/// between files: 16 read a quarter slower than 4.
const THREADS: usize = 4;

/// The threads that wait for the disk; started when the first cold window is met, ended with the run.
#[derive(Debug)]
pub(crate) struct Readers {
    desk: Arc<Desk>,
    blocks: Mutex<Blocks>,
    most: usize,
}

/// Blocks not in use, and how many there are at all.
#[derive(Debug, Default)]
struct Blocks {
    spare: Vec<Block>,
    made: usize,
}

/// One lane's windows to come, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    file: Option<Arc<File>>,
    coming: VecDeque<Coming>,
    /// Where the next window to ask for begins.
    asked: u64,
    at_hand: Option<Block>,
}

#[derive(Debug)]
struct Coming {
    window: Range<u64>,
    answer: Arc<Answer>,
}

#[derive(Debug, Default)]
struct Desk {
    orders: Mutex<Orders>,
    bell: Condvar,
}

#[derive(Debug, Default)]
struct Orders {
    open: VecDeque<Order>,
    threads: usize,
    idle: usize,
    is_closed: bool,
}

#[derive(Debug)]
struct Order {
    file: Arc<File>,
    window: Range<u64>,
    block: Block,
    answer: Arc<Answer>,
}

#[derive(Debug, Default)]
struct Answer {
    filled: Mutex<Option<(Block, io::Result<usize>)>>,
    bell: Condvar,
}

impl Readers {
    /// For so many hashing threads.
    pub(crate) fn new(threads: usize) -> Self {
        Self { desk: Arc::default(), blocks: Mutex::default(), most: threads.max(THREADS) }
    }

    fn block(&self) -> Option<Block> {
        let mut blocks = lock(&self.blocks);
        if let Some(block) = blocks.spare.pop() {
            return Some(block);
        }
        let is_allowed = blocks.made < BLOCKS;
        blocks.made += usize::from(is_allowed);
        is_allowed.then(Block::new)
    }

    fn take_back(&self, block: Option<Block>) {
        lock(&self.blocks).spare.extend(block);
    }

    fn order(&self, order: Order) {
        let mut orders = lock(&self.desk.orders);
        orders.open.push_back(order);
        if orders.idle < orders.open.len() && orders.threads < self.most {
            let desk = Arc::clone(&self.desk);
            if thread::Builder::new().name("model-read".into()).spawn(move || desk.serve()).is_ok() {
                orders.threads += 1;
            }
        }
        // When the system has no thread left, those that are there do it, or else who asked.
        let own = if orders.threads == 0 { orders.open.pop_front() } else { None };
        drop(orders);
        match own {
            Some(order) => order.fill(),
            None => self.desk.bell.notify_one(),
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        let mut orders = lock(&self.desk.orders);
        orders.is_closed = true;
        orders.open.clear();
        drop(orders);
        self.desk.bell.notify_all();
    }
}

impl Desk {
    fn serve(&self) {
        while let Some(order) = self.take() {
            order.fill();
        }
    }

    fn take(&self) -> Option<Order> {
        let mut orders = lock(&self.orders);
        loop {
            if orders.is_closed {
                return None;
            }
            if let Some(order) = orders.open.pop_front() {
                return Some(order);
            }
            orders.idle += 1;
            orders = self.bell.wait(orders).unwrap_or_else(PoisonError::into_inner);
            orders.idle -= 1;
        }
    }
}

impl Order {
    fn fill(mut self) {
        let filled = self.block.fill(&self.file, &self.window);
        *lock(&self.answer.filled) = Some((self.block, filled));
        self.answer.bell.notify_one();
    }
}

impl Ahead {
    /// Forgets the file before.
    pub(super) fn start(&mut self, readers: &Readers) {
        readers.take_back(self.at_hand.take());
        self.file = None;
        self.coming.clear();
    }

    /// The window at the start of `rest`, when it had to come from the disk: which bytes of `bytes` it is. `None`
    /// when it is in the page cache, where looking at it through the map is cheaper.
    pub(super) fn next<'a>(
        &mut self,
        rest: &Range<u64>,
        map: &Map,
        found: &'a FoundFile,
        shared: &Shared<'a>,
    ) -> Result<Option<Range<usize>>> {
        shared.readers.take_back(self.at_hand.take());
        if self.coming.is_empty() {
            // A new file, or a stretch of it that was cached.
            self.asked = rest.start;
        }
        self.ask(rest.end, map, found, shared)?;
        let Some(coming) = self.coming.pop_front() else { return Ok(None) };
        let (mut block, mut filled) = coming.answer.wait(shared.watch)?;
        let path = shown(found);
        if filled.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::InvalidInput) {
            // A file system with another alignment than the usual one: through the cache then, from here on.
            let file = self.file.insert(Arc::new(open(found, shared, false)?));
            filled = block.fill(file, &coming.window);
        }
        let count = filled.map_err(|error| Error::io("read", path, error))?;
        let skip = Block::skip(&coming.window);
        let end = skip + usize::try_from(coming.window.end - coming.window.start).unwrap_or(usize::MAX);
        self.at_hand = Some(block);
        if count < end {
            return Err(Error::FileChanged { path: path.into(), what: "it shrank" });
        }
        Ok(Some(skip..end))
    }

    /// The memory of the window at hand.
    pub(super) fn bytes(&self) -> &[u8] {
        self.at_hand.as_ref().map_or(&[], Block::bytes)
    }

    /// Orders cold windows until enough are on their way. A cached one ends the look-ahead until it is reached.
    fn ask<'a>(&mut self, end: u64, map: &Map, found: &'a FoundFile, shared: &Shared<'a>) -> Result<()> {
        while self.coming.len() < DEPTH && self.asked < end {
            let window = next_window(&(self.asked..end));
            if !map.is_cold(&window) {
                break;
            }
            let Some(block) = shared.readers.block() else { break };
            let file = match &self.file {
                Some(file) => Arc::clone(file),
                None => Arc::clone(self.file.insert(Arc::new(open(found, shared, !shared.manner.fill_cache)?))),
            };
            let answer = Arc::new(Answer::default());
            self.asked = window.end;
            let order = Order { file, window: window.clone(), block, answer: Arc::clone(&answer) };
            self.coming.push_back(Coming { window, answer });
            shared.readers.order(order);
        }
        Ok(())
    }
}

/// Opens the file once more, past the cache if that is wanted and the file system can.
fn open<'a>(found: &'a FoundFile, shared: &Shared<'a>, past_cache: bool) -> Result<File> {
    let path: &Path = shown(found);
    let direct = if past_cache { shared.tree.open_direct(found.place()).ok() } else { None };
    let (file, stat) = match direct {
        Some(opened) => opened,
        None => shared.tree.open_file(found.place()).map_err(|error| vanished(path, error))?,
    };
    stat.expect(&found.stat, path)?;
    Ok(file)
}

impl Answer {
    fn wait(&self, watch: &Watch) -> Result<(Block, io::Result<usize>)> {
        let mut filled = lock(&self.filled);
        loop {
            if let Some(answer) = filled.take() {
                return Ok(answer);
            }
            watch.check()?;
            filled = self.bell.wait_timeout(filled, IMPATIENCE).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// No code panics while it holds one of these locks, and nothing behind them can be left half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
