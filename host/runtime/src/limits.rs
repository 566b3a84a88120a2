//! The limits of what a plugin may use of the host, and the count of its memory.

use std::{sync::Arc, time::Duration};

use sqlservice_db::{
    Event,
    observe::{Instruments, Refused},
};
use sqlservice_sql::setters;
use wasmtime::ResourceLimiter;

use crate::{
    bounded::TimeLimits,
    error::{Error, Result},
    memory::{Charge, MemoryBudget},
};

/// The stack of a guest, in bytes. CPython needs more than wasmtime's 512 KiB: its recursion limit expects the stack of a process, so
/// that ordinary programs ended without an error of theirs. The stack counts as memory of the tenant.
pub(crate) const GUEST_STACK: usize = 2 << 20;

/// The elements that all tables of an instance may have together.
const ELEMENTS: usize = 100_000;

/// The limits of all instances of an engine together, and of a component.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EngineLimits {
    /// Instances of all tenants that live at once. 100 by default. A request for one more waits, see [`TenantLimits::instance_wait`].
    pub instances: u32,
    /// Bytes of one memory. 256 MiB by default. The engine reserves address space for as many memories as there may be instances.
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

/// The limits of a tenant's plugins: for each instance, and for all of them together.
///
/// The defaults are safe for untrusted plugins. [`TenantLimits::trusted`] is for plugins that one would also run without a sandbox.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TenantLimits {
    /// Bytes of all memories of one instance together. 256 MiB by default; no single memory exceeds the engine's limit
    /// ([`EngineLimits::memory`]).
    pub memory: usize,
    /// Bytes of all memories of all of the tenant's instances together, and 2 MiB of stack for each. 2 GiB by default. Beyond it no
    /// instance is made and no memory grows.
    pub total_memory: usize,
    /// Wall-clock time of one call. 60 seconds by default. A call that takes longer is stopped, its instance is gone, and its open
    /// transactions are rolled back.
    pub call_time: Option<Duration>,
    /// Wall-clock time for making an instance, once it has a permit. 10 seconds by default.
    pub start_time: Option<Duration>,
    /// Processor time of one call, or of making an instance: that of its own code, and of host functions that complete without waiting.
    /// Waiting does not count. 10 seconds by default. A call that computes longer is stopped as after [`TenantLimits::call_time`].
    pub processor_time: Option<Duration>,
    /// Connections of one granted database that all instances together may have at once, for sessions as well as for schema changes and
    /// reflection. 4 by default. One of the database's connections is always left to others, where it has more than one. Requests for
    /// more wait, as for any connection.
    pub connections: Option<u32>,
    /// New connections per second of a database that is granted with SQL text, whose connections are the tenant's own; those of two
    /// seconds at once. 50 by default. On MySQL and MariaDB each session that sent text needs a new one. Requests for more wait.
    pub new_connections: Option<u32>,
    /// Instances of this tenant that live at once. 25 by default; the engine has no more than [`EngineLimits::instances`] for all, 100
    /// by default. Requests for more wait, first come, first served.
    pub instances: u32,
    /// How long to wait for an instance's permit. 30 seconds by default; zero fails at once. Then the error is
    /// [`crate::Error::InstanceTimeout`]. The time limits of calls do not include it.
    pub instance_wait: Duration,
    /// Callers that may wait for a permit at once. 1,000 by default. One more gets [`crate::Error::InstanceQueueFull`] at once.
    pub instance_waiters: u32,
    /// Handles of one instance: resources, streams, tasks. 10,000 by default. The Rust SDK keeps up to 132 by itself, for databases and
    /// statements that it uses again.
    pub handles: usize,
    /// Bytes that one call may pass to the host. 64 MiB by default.
    pub call_bytes: usize,
    /// Bytes that one call may print, where its output is not discarded ([`Stdio`](crate::Stdio)). 1 MiB by default. Output over this
    /// or one of the next two limits is dropped and reported ([`Event::OutputDropped`](crate::Event)); the plugin's writes still
    /// succeed.
    pub output_bytes: Option<u64>,
    /// Bytes that all instances together may print per second; those of four seconds at once. 256 KiB by default.
    pub output_rate: Option<u64>,
    /// Bytes of one printed line. 8 KiB by default.
    pub output_line: Option<usize>,
    /// Lines of the host's log that all instances together may cause per second; those of ten seconds at once. 10 by default. Lines
    /// over the limit are counted, and the next line has their number.
    pub log_lines: Option<u32>,
    /// The limits of an instance on its databases.
    pub sql: SqlLimits,
}

impl TenantLimits {
    /// Limits for plugins that one would also run without a sandbox: the default ones, but without limits on time, the rows of a
    /// result, the memory of all instances together, connections, output and lines of the log.
    #[must_use]
    pub fn trusted() -> Self {
        Self {
            total_memory: usize::MAX,
            call_time: None,
            start_time: None,
            processor_time: None,
            connections: None,
            new_connections: None,
            output_bytes: None,
            output_rate: None,
            output_line: None,
            log_lines: None,
            sql: SqlLimits::trusted(),
            ..Self::default()
        }
    }

    /// The time limits of a call.
    pub(crate) fn of_call(&self) -> TimeLimits {
        TimeLimits { wall: self.call_time, processor: self.processor_time }
    }

    /// The time limits of making an instance.
    pub(crate) fn of_start(&self) -> TimeLimits {
        TimeLimits { wall: self.start_time, processor: self.processor_time }
    }
}

impl Default for TenantLimits {
    fn default() -> Self {
        Self {
            memory: 256 << 20,
            total_memory: 2 << 30,
            call_time: Some(Duration::from_secs(60)),
            start_time: Some(Duration::from_secs(10)),
            processor_time: Some(Duration::from_secs(10)),
            connections: Some(4),
            new_connections: Some(50),
            instances: 25,
            instance_wait: Duration::from_secs(30),
            instance_waiters: 1_000,
            handles: 10_000,
            call_bytes: 64 << 20,
            output_bytes: Some(1 << 20),
            output_rate: Some(256 << 10),
            output_line: Some(8 << 10),
            log_lines: Some(10),
            sql: SqlLimits::default(),
        }
    }
}

setters!(TenantLimits {
    memory: usize,
    total_memory: usize,
    call_time? Duration,
    start_time? Duration,
    processor_time? Duration,
    connections? u32,
    new_connections? u32,
    instances: u32,
    instance_wait: Duration,
    instance_waiters: u32,
    handles: usize,
    call_bytes: usize,
    output_bytes? u64,
    output_rate? u64,
    output_line? usize,
    log_lines? u32,
    sql: SqlLimits,
});

/// Counts all of a store's memories together, and all of its tables: limits for each of them would allow a multiple.
#[derive(Debug)]
pub(crate) struct MemoryLimit {
    allowed: usize,
    used: usize,
    elements: usize,
    total: Arc<MemoryBudget>,
    /// The charge of the stack, all of which a guest may use.
    _stack: Charge,
    instruments: Instruments,
    /// Whether the observer got an event for a refused limit.
    told: bool,
}

impl MemoryLimit {
    /// Makes the limit of a new instance.
    ///
    /// # Errors
    /// [`Error::NoRoom`] where the tenant's memory budget has no room for its stack.
    pub(crate) fn new(allowed: usize, total: &Arc<MemoryBudget>, instruments: Instruments) -> Result<Self> {
        let full = |_| Error::NoRoom(wasmtime::format_err!("the memory of the tenant's instances is in use"));
        let stack = total.charge(GUEST_STACK).map_err(full)?;
        Ok(Self { allowed, used: 0, elements: 0, total: Arc::clone(total), _stack: stack, instruments, told: false })
    }

    /// Sends one event per instance to the observer, as a guest may retry without end.
    fn tell(&mut self, limit: &str) {
        if !std::mem::replace(&mut self.told, true) {
            self.instruments.tell(|scope| Event::Refused(Refused::new(scope, "limit", Some(limit))));
        }
    }
}

impl Drop for MemoryLimit {
    fn drop(&mut self) {
        self.total.give_back(self.used);
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        let used = self.used.saturating_add(more);
        let fits = used <= self.allowed && self.total.take(more);
        if fits {
            self.used = used;
        } else {
            self.tell("memory");
        }
        Ok(fits)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let elements = self.elements.saturating_add(desired.saturating_sub(current));
        let fits = elements <= ELEMENTS;
        if fits {
            self.elements = elements;
        } else {
            self.tell("table-elements");
        }
        Ok(fits)
    }
}

/// The limits of a guest on databases. Every number is the largest that is allowed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SqlLimits {
    /// Open connections and sessions. 64 by default.
    pub sessions: u32,
    /// Open cursors. 64 by default.
    pub cursors: u32,
    /// Rows of one result. A million by default.
    pub rows: Option<u64>,
    /// Bytes of the rows that one `load`, `flush` or `insert-many` returns: all of them are returned at once, so the host holds them
    /// and the guest's memory must have room for them. 64 MiB by default.
    pub answer_bytes: u64,
    /// Bytes that the host keeps for all of a tenant's guests together: arguments of calls that run or wait, prepared statements, and
    /// the tables of open databases. 128 MiB by default. More is refused as a limit of bytes.
    pub host_bytes: usize,
    /// Bytes of one batch of rows. 1 MiB by default; it must fit the guest's memory.
    pub batch_bytes: u32,
    /// Rows of one batch. 8,192 by default.
    pub batch_rows: u32,
    /// Time of one statement, and of each later batch of its cursor. 30 seconds by default; a lower setting of the database takes
    /// precedence.
    pub statement_time: Option<std::time::Duration>,
    /// Time of one transaction. 60 seconds by default: until it ends, other sessions wait for its locks and its connection.
    pub transaction_time: Option<std::time::Duration>,
    /// Time that one transaction may be open without a running call; noticed after twice that at the latest. 10 seconds by default.
    pub idle_transaction_time: Option<std::time::Duration>,
    /// The limits of one statement.
    pub statement: sqlservice_sql::Limits,
}

impl SqlLimits {
    /// Limits for plugins that one would also run without a sandbox: the default ones, but without limits on rows, time and the bytes
    /// that the host keeps.
    #[must_use]
    pub fn trusted() -> Self {
        let times =
            Self { statement_time: None, transaction_time: None, idle_transaction_time: None, ..Self::default() };
        Self { rows: None, host_bytes: usize::MAX, ..times }
    }
}

/// Safe for untrusted plugins; see [`SqlLimits::trusted`].
impl Default for SqlLimits {
    fn default() -> Self {
        Self {
            sessions: 64,
            cursors: 64,
            rows: Some(1_000_000),
            answer_bytes: 64 << 20,
            host_bytes: 128 << 20,
            batch_bytes: 1 << 20,
            batch_rows: 8_192,
            statement_time: Some(std::time::Duration::from_secs(30)),
            transaction_time: Some(std::time::Duration::from_secs(60)),
            idle_transaction_time: Some(std::time::Duration::from_secs(10)),
            statement: sqlservice_sql::Limits::default(),
        }
    }
}

sqlservice_sql::setters!(SqlLimits {
    sessions: u32,
    cursors: u32,
    rows? u64,
    answer_bytes: u64,
    host_bytes: usize,
    batch_bytes: u32,
    batch_rows: u32,
    statement_time? std::time::Duration,
    transaction_time? std::time::Duration,
    idle_transaction_time? std::time::Duration,
    statement: sqlservice_sql::Limits,
});
