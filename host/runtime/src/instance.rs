//! A running plugin: one store, its calls one after the other.

use std::time::Duration;

use wasmtime::component::{self, Val};

use crate::{
    calls,
    error::{Error, Result},
    function::Function,
    known::StatementCounts,
    plugin::{Plugin, Sandbox},
};

/// An instance of a plugin, with memory and handles of its own.
///
/// Dropping it, also in the middle of a call, rolls back what it has open and gives its connections back.
pub struct Instance {
    plugin: Plugin,
    /// Gone while a call runs and after one that did not end well: a store cannot be used after a trap.
    sandbox: Option<Sandbox>,
    instance: component::Instance,
    call_time: Option<Duration>,
    /// Whether it has been called before.
    called: bool,
}

impl Instance {
    pub(crate) fn new(
        plugin: Plugin,
        sandbox: Sandbox,
        instance: component::Instance,
        call_time: Option<Duration>,
    ) -> Self {
        Self { plugin, sandbox: Some(sandbox), instance, call_time, called: false }
    }

    /// Calls a function by its name.
    ///
    /// # Errors
    /// When there is no such function, the arguments do not fit, or the call traps or takes too long. After a trap, a
    /// deadline, or a dropped call the instance says [`Error::Poisoned`]. An error result of the function is no error
    /// here: it is in the value.
    pub async fn call(&mut self, name: &str, arguments: &[Val]) -> Result<Option<Val>> {
        let plugin = self.plugin.clone();
        self.call_function(plugin.function(name)?, arguments).await
    }

    /// Calls a function of this instance's plugin.
    ///
    /// # Errors
    /// As [`Instance::call`].
    pub async fn call_function(&mut self, function: &Function, arguments: &[Val]) -> Result<Option<Val>> {
        let wanted = function.arity();
        if wanted != arguments.len() {
            let given = arguments.len();
            let signature = function.signature();
            return Err(Error::Arguments(format!("{signature} takes {wanted} arguments, not {given}")));
        }
        if self.sandbox.is_none() {
            return Err(Error::Poisoned);
        }
        // A new instance has just let others go on.
        let is_new = !std::mem::replace(&mut self.called, true);
        let _under_way = if is_new { self.plugin.calls().count() } else { self.plugin.begin_call().await };
        let mut sandbox = self.sandbox.take().ok_or(Error::Poisoned)?;
        let store = &mut sandbox.store;
        let callee = self.instance.get_func(&mut *store, function.index).ok_or(Error::Poisoned)?;
        let mut results = vec![Val::Bool(false); function.results()];
        let call = async {
            let outer =
                store.run_concurrent(async |accessor| callee.call_concurrent(accessor, arguments, &mut results).await);
            outer.await.and_then(|inner| inner)
        };
        let call = calls::watched(call, |waited| self.plugin.note_wait(waited));
        let outcome = match self.call_time {
            Some(limit) => tokio::time::timeout(limit, call).await.map_err(|_| Error::Deadline(limit))?,
            None => call.await,
        };
        outcome.map_err(Error::Trap)?;
        self.sandbox = Some(sandbox);
        Ok(results.into_iter().next())
    }

    /// How many of this instance's statements were found compiled, and how many had to be. Nothing once it is poisoned.
    #[must_use]
    pub fn statements(&self) -> StatementCounts {
        self.sandbox.as_ref().map_or_else(StatementCounts::default, |sandbox| sandbox.store.data().statements())
    }
}
