// SPDX-License-Identifier: Apache-2.0
//! The watch over a run, as a JavaScript object. It is polled; nothing calls into JavaScript from a hashing thread.

use std::sync::Arc;

use model_signing_core as core;
use napi_derive::napi;

/// How far a run is.
#[napi(object, object_from_js = false)]
pub struct Progress {
    /// Files or shards hashed.
    pub files_done: f64,
    /// Files or shards to hash, as far as they are known.
    pub files_total: f64,
    /// Bytes hashed.
    pub bytes_done: f64,
    /// Bytes to hash, as far as they are known.
    pub bytes_total: f64,
}

/// Looks at one run, and can stop it.
#[napi]
pub struct Watch {
    shared: Arc<core::Watch>,
}

#[napi]
impl Watch {
    /// A watch to hand to a run.
    #[napi(constructor)]
    #[allow(clippy::new_without_default, reason = "only JavaScript makes these")]
    pub fn new() -> Self {
        Self { shared: Arc::new(core::Watch::new()) }
    }

    /// How far the run is.
    #[napi]
    #[allow(clippy::cast_precision_loss, reason = "for showing to people; exact up to 9 PB")]
    pub fn progress(&self) -> Progress {
        let progress = self.shared.progress();
        Progress {
            files_done: progress.files_done as f64,
            files_total: progress.files_total as f64,
            bytes_done: progress.bytes_done as f64,
            bytes_total: progress.bytes_total as f64,
        }
    }

    /// Asks the run to stop.
    #[napi]
    pub fn cancel(&self) {
        self.shared.cancel();
    }

    pub(crate) fn shared(&self) -> Arc<core::Watch> {
        Arc::clone(&self.shared)
    }
}

/// Whoever starts a run holds its watch until the end. So when the watch goes, the whole environment goes: a worker
/// was terminated, and nobody waits for the result any more.
impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.cancel();
    }
}
