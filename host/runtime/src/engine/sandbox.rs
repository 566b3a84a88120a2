//! The wasmtime engine: its compiler settings, its memory pool for instances, and its epoch.

use std::{
    sync::{Arc, Weak},
    thread,
    time::Duration,
};

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::{
    limits::{EngineLimits, GUEST_STACK},
    turns::Turns,
};

/// The interval of the epoch, at which a guest that computes yields to the other tasks of its thread.
const TICK: Duration = Duration::from_millis(10);

/// The core instances that a component may have: Rust guests have 3, Python's 14.
const CORES: u32 = 20;

/// The memories that all of a component's core instances may have together.
const MEMORIES: u32 = 2;

/// The tables that all of a component's core instances may have together.
const TABLES: u32 = 20;

/// The bytes of each table that stay resident in its slot after an instance, see [`resident_memory`].
const RESIDENT_TABLE: usize = 32 << 10;

/// wasmtime's engine, whose epoch advances until the [`Turns`] of its guests are dropped.
pub(crate) struct Sandbox {
    pub(crate) engine: Engine,
}

impl Sandbox {
    pub(crate) fn new(limits: &EngineLimits, turns: &Arc<Turns>) -> wasmtime::Result<Self> {
        let pool = InstanceAllocationStrategy::Pooling(pool(limits));
        let engine = Engine::new(config().allocation_strategy(pool))?;
        tick(engine.clone(), Arc::downgrade(turns));
        Ok(Self { engine })
    }
}

/// Makes an engine without a pool for instances, for a process that compiles for a [`Sandbox`].
pub(crate) fn engine_to_compile() -> wasmtime::Result<Engine> {
    Engine::new(&config())
}

/// The bytes of stack for the host's own calls, beyond [`GUEST_STACK`] on the same stack.
const HOST_STACK: usize = 2 << 20;

/// Returns the settings that compiled code depends on, and the sizes of its stacks.
fn config() -> Config {
    let mut config = Config::new();
    config.max_wasm_stack(GUEST_STACK).async_stack_size(GUEST_STACK + HOST_STACK);
    config.wasm_component_model(true).wasm_component_model_async(true).epoch_interruption(true);
    config
}

fn pool(limits: &EngineLimits) -> PoolingAllocationConfig {
    // Enough of each for all instances together, so that no component takes the slots of another one's instance.
    let of_all = |of_one: u32| limits.instances.saturating_mul(of_one);
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(limits.instances)
        .total_core_instances(of_all(CORES))
        .total_memories(of_all(MEMORIES))
        .total_tables(of_all(TABLES))
        .max_core_instances_per_component(CORES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_memory_size(limits.memory)
        .linear_memory_keep_resident(resident_memory())
        .table_keep_resident(RESIDENT_TABLE)
        .pagemap_scan(Enabled::Auto);
    pool
}

/// Returns the bytes of an instance's memory that stay resident in its slot after it, and are zeroed by hand. Memory that is returned
/// to the kernel instead costs a system call, an interrupt of every other processor, and a page fault for each page of the next
/// instance: a fresh instance takes 54 µs of processor time that way, and 19 µs with resident memory. More of it would let a plugin
/// that writes much slow the next instance in its slot.
fn resident_memory() -> usize {
    // Where the kernel lists the written pages (Linux 6.7 and later), only these are kept; elsewhere the memory's first pages are.
    if PoolingAllocationConfig::is_pagemap_scan_available() { 256 << 10 } else { 128 << 10 }
}

/// Starts the thread that advances the epoch. Its ticks only make guests yield; they are no budget, as the epoch also advances while a
/// guest waits in the host.
fn tick(engine: Engine, turns: Weak<Turns>) {
    let tick = move || {
        while let Some(turns) = turns.upgrade() {
            turns.take_back();
            drop(turns);
            thread::sleep(TICK);
            engine.increment_epoch();
        }
    };
    if let Err(error) = thread::Builder::new().name("sqlservice-epoch".to_owned()).spawn(tick) {
        tracing::error!(%error, "no thread for the epoch: a guest that computes is not interrupted");
    }
}
