// SPDX-License-Identifier: Apache-2.0
//! Runs a piece of work on a thread of its own and settles a promise with what it comes back with.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use model_signing_core as core;
use napi::bindgen_prelude::{Either, Env, Object, Result, ToNapiValue, TypeName};

use crate::Outcome;

/// Starts the work. A panic in it becomes a failure: it would end the whole process otherwise.
pub(crate) fn spawn<T, W>(env: &Env, work: W) -> Result<Object<'_>>
where
    T: ToNapiValue + TypeName + Send + 'static,
    W: FnOnce() -> core::Result<T> + Send + 'static,
{
    let (deferred, promise) = env.create_deferred()?;
    let refused = deferred.clone();
    let settle = move || {
        deferred.resolve(answer(outcome(work)));
    };
    if let Err(error) = thread::Builder::new().name("model-signing".into()).spawn(settle) {
        let reason = format!("no thread could be started: {error}");
        refused.resolve(answer(Either::B(core::Error::Internal { reason }.into())));
    }
    Ok(promise)
}

/// One closure type for every way to settle.
fn answer<T>(outcome: Outcome<T>) -> impl FnOnce(Env) -> Result<Outcome<T>> {
    move |_| Ok(outcome)
}

fn outcome<T>(work: impl FnOnce() -> core::Result<T>) -> Outcome<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Either::A(value),
        Ok(Err(error)) => Either::B(error.into()),
        Err(panic) => Either::B(core::Error::Internal { reason: panic_text(&*panic) }.into()),
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panicked: {}", text.unwrap_or("no message"))
}
