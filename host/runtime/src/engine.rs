//! The compiler and the clock of the sandbox.

use std::{
    sync::{Arc, Weak},
    thread,
    time::Duration,
};

use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::limits::HostLimits;

/// How often a guest that computes lets others of its thread go on.
const TICK: Duration = Duration::from_millis(10);

/// An engine whose epoch ticks as long as it lives.
#[derive(Clone)]
pub(crate) struct Ticking {
    pub(crate) engine: Engine,
    _alive: Arc<()>,
}

impl Ticking {
    pub(crate) fn new(limits: &HostLimits) -> wasmtime::Result<Self> {
        let engine = Engine::new(&config(limits))?;
        let alive = Arc::new(());
        tick(engine.clone(), Arc::downgrade(&alive));
        Ok(Self { engine, _alive: alive })
    }
}

fn config(limits: &HostLimits) -> Config {
    // A component is several core instances: Rust guests have 3, Python's 14, each with tables and memories of its own.
    let cores = limits.instances.saturating_mul(14);
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(limits.instances)
        .total_core_instances(cores)
        .total_memories(limits.instances.saturating_mul(2))
        .total_tables(limits.instances.saturating_mul(4))
        .max_core_instances_per_component(20)
        .max_tables_per_component(20)
        .max_memory_size(limits.memory)
        .linear_memory_keep_resident(128 << 10);
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .wasm_component_model_async(true)
        .epoch_interruption(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// The ticks only make guests yield; they are no budget, as an epoch goes on while a guest waits in the host.
fn tick(engine: Engine, alive: Weak<()>) {
    let tick = move || {
        while alive.strong_count() > 0 {
            thread::sleep(TICK);
            engine.increment_epoch();
        }
    };
    if let Err(error) = thread::Builder::new().name("sqlservice-epoch".to_owned()).spawn(tick) {
        tracing::error!(%error, "no thread for the epoch: a guest that computes is not interrupted");
    }
}
