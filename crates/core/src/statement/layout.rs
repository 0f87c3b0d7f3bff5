// SPDX-License-Identifier: Apache-2.0
//! Do the resources together describe files that can exist? Each path once, no file inside a file, shards that cover
//! their file exactly once.

use std::cmp::Ordering;
use std::ops::Range;

use super::{DOT, broken};
use crate::error::{Error, Result, Rule};
use crate::json::excerpt;
use crate::manifest::Method;
use crate::resources::Resources;

/// Checks the resources in the order they are listed in, so that errors can say which entry of `list` is meant.
pub(super) fn check(resources: &Resources, method: Method, list: &str) -> Result<()> {
    if resources.is_empty() {
        return Err(broken(Rule::Empty, list, "lists nothing, so it would verify anything"));
    }
    let checked = Layout { resources, list };
    let order = checked.order();
    for shards in order.chunk_by(|&a, &b| checked.path(a) == checked.path(b)) {
        checked.unique(shards)?;
        if let Method::Shards { size } = method {
            checked.tiles(shards, size)?;
        }
    }
    order.windows(2).try_for_each(|pair| checked.apart(pair[0], pair[1]))
}

/// Whether the list is about one file that it calls `.`; true of one entry is true of all that pass [`check`].
pub(super) fn is_dot(resources: &Resources) -> bool {
    resources.paths().next() == Some(DOT)
}

struct Layout<'a> {
    resources: &'a Resources,
    list: &'a str,
}

impl Layout<'_> {
    /// The indices sorted by path part by part, then by position: a folder's content follows at once what has the
    /// folder's name, and equal names keep their listed order. Four bytes an entry, and quick when nearly sorted.
    fn order(&self) -> Vec<u32> {
        let count = u32::try_from(self.resources.len()).expect("the number of entries was checked");
        let mut order: Vec<u32> = (0..count).collect();
        let place = |index: u32| self.range(index).map(|range| (range.start, range.end));
        order.sort_by(|&a, &b| by_parts(self.path(a), self.path(b)).then_with(|| place(a).cmp(&place(b))));
        order
    }

    fn unique(&self, shards: &[u32]) -> Result<()> {
        match shards.windows(2).find(|pair| self.name(pair[0]) == self.name(pair[1])) {
            Some(pair) => Err(self.refuse(Rule::Duplicate, pair[1], "is listed twice")),
            None => Ok(()),
        }
    }

    /// OMS section 6.3: from 0 without gap or overlap, every shard but the last of exactly the size.
    fn tiles(&self, shards: &[u32], size: u64) -> Result<()> {
        let mut covered = 0;
        for (place, &index) in shards.iter().enumerate() {
            let range = self.range(index).unwrap_or_default();
            let length = range.end.checked_sub(range.start).filter(|&length| 0 < length && length <= size);
            let is_last = place + 1 == shards.len();
            if range.start != covered {
                return Err(self.refuse(Rule::Shards, index, &format!("does not begin at byte {covered}")));
            }
            match length {
                None => return Err(self.refuse(Rule::Shards, index, &format!("has not 1 to {size} bytes"))),
                Some(length) if length < size && !is_last => {
                    return Err(self.refuse(
                        Rule::Shards,
                        index,
                        &format!("is not the last, and shorter than {size} bytes"),
                    ));
                }
                Some(_) => covered = range.end,
            }
        }
        Ok(())
    }

    /// A path cannot be a file and a folder; nor can the model itself be a file and have others beside it.
    fn apart(&self, first: u32, second: u32) -> Result<()> {
        let (above, below) = (self.path(first), self.path(second));
        if above == below {
            return Ok(());
        }
        if let Some(dot) = [first, second].into_iter().find(|&index| self.path(index) == DOT) {
            return Err(self.refuse(Rule::Name, dot, "stands for a model of one file, but others are listed"));
        }
        if below.strip_prefix(above).is_some_and(|rest| rest.starts_with('/')) {
            return Err(self.refuse(Rule::Name, second, "lies inside what is listed as a file"));
        }
        Ok(())
    }

    fn refuse(&self, rule: Rule, index: u32, reason: &str) -> Error {
        let name = excerpt(self.name(index));
        broken(rule, format!("{}[{index}].name", self.list), format!("'{name}' {reason}"))
    }

    fn name(&self, index: u32) -> &str {
        self.resources.name(index as usize)
    }

    fn path(&self, index: u32) -> &str {
        self.resources.path(index as usize)
    }

    fn range(&self, index: u32) -> Option<Range<u64>> {
        self.resources.at(index as usize).range()
    }
}

/// Compares paths part by part: as bytes, with `/` before every other.
fn by_parts(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let rank = |byte: &u8| if *byte == b'/' { 0 } else { *byte };
    a.get(same).map(rank).cmp(&b.get(same).map(rank))
}
