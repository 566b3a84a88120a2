//! What a plugin may use of the host, and the count of its memory.

use std::time::Duration;

use sqlservice_sql::setters;
use wasmtime::ResourceLimiter;

use crate::ctx::SqlLimits;

/// What all instances of an engine have together, and what a component may be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EngineLimits {
    /// Instances that live at once, of all tenants together. 100 by default. Who asks for one more waits for its turn, see
    /// [`TenantLimits::instance_wait`].
    pub instances: u32,
    /// Bytes of one memory. 256 MiB by default. The engine reserves the address space of as many as there may be instances.
    pub memory: usize,
    /// Bytes of a component. 64 MiB by default.
    pub component_bytes: u64,
}

impl Default for EngineLimits {
    fn default() -> Self {
        Self { instances: 100, memory: 256 << 20, component_bytes: 64 << 20 }
    }
}

setters!(EngineLimits { instances: u32, memory: usize, component_bytes: u64 });

/// What each instance of a tenant may use, and how many it may have.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TenantLimits {
    /// Bytes of all memories of one instance together. 256 MiB by default; no memory has more than the engine's
    /// ([`EngineLimits::memory`]).
    pub memory: usize,
    /// How long one call may take by the wall clock. None by default. A call that takes longer is stopped, its instance is
    /// gone, and what it had open is rolled back.
    pub call_time: Option<Duration>,
    /// Instances of this tenant that live at once. 100 by default; the engine has no more than
    /// [`EngineLimits::instances`] for all. Who asks for one more waits for its turn: first come, first served.
    pub instances: u32,
    /// How long to wait for a place for an instance. 30 seconds by default; zero fails at once. Then the answer is
    /// [`crate::Error::InstanceTimeout`]. The time of calls does not count it.
    pub instance_wait: Duration,
    /// How many may wait for a place at once. 1,000 by default. One more gets [`crate::Error::InstanceQueueFull`] at once.
    pub instance_waiters: u32,
    /// Handles of one instance: resources, streams, tasks. 10,000 by default. The Rust SDK keeps up to 132 by itself, for databases
    /// and statements that come again.
    pub handles: usize,
    /// Bytes that one call may hand to the host. 64 MiB by default.
    pub call_bytes: usize,
    /// What an instance may do with its databases.
    pub sql: SqlLimits,
}

impl Default for TenantLimits {
    fn default() -> Self {
        Self {
            memory: 256 << 20,
            call_time: None,
            instances: 100,
            instance_wait: Duration::from_secs(30),
            instance_waiters: 1_000,
            handles: 10_000,
            call_bytes: 64 << 20,
            sql: SqlLimits::default(),
        }
    }
}

setters!(TenantLimits {
    memory: usize,
    call_time? Duration,
    instances: u32,
    instance_wait: Duration,
    instance_waiters: u32,
    handles: usize,
    call_bytes: usize,
    sql: SqlLimits,
});

/// Counts the memories of a store together, as one limit a memory would be as many limits as there are memories.
#[derive(Debug)]
pub(crate) struct MemoryLimit {
    allowed: usize,
    used: usize,
}

impl MemoryLimit {
    pub(crate) fn new(allowed: usize) -> Self {
        Self { allowed, used: 0 }
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let used = self.used.saturating_add(desired.saturating_sub(current));
        let fits = used <= self.allowed;
        if fits {
            self.used = used;
        }
        Ok(fits)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= 100_000)
    }
}
