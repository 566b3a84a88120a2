//! The compiler of the sandbox, the memory that it sets aside for instances, and its clock.

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

/// How often a guest that computes lets others of its thread go on.
const TICK: Duration = Duration::from_millis(10);

/// The core instances that a component may have: Rust guests have 3, Python's 14.
const CORES: u32 = 20;

/// The memories that all of a component's core instances may have together.
const MEMORIES: u32 = 2;

/// The tables that all of a component's core instances may have together.
const TABLES: u32 = 20;

/// How much of each table of an instance stays with its place when it is gone, see [`resident_memory`].
const RESIDENT_TABLE: usize = 32 << 10;

/// wasmtime's engine, whose epoch advances as long as the turns of its guests are there.
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

/// An engine that has no room for instances, for a process that compiles for a [`Sandbox`].
pub(crate) fn engine_to_compile() -> wasmtime::Result<Engine> {
    Engine::new(&config())
}

/// What the host's own calls have beyond that, on the same stack.
const HOST_STACK: usize = 2 << 20;

/// What compiled code depends on, and the stacks that it runs on.
fn config() -> Config {
    let mut config = Config::new();
    config.max_wasm_stack(GUEST_STACK).async_stack_size(GUEST_STACK + HOST_STACK);
    config.wasm_component_model(true).wasm_component_model_async(true).epoch_interruption(true);
    config
}

fn pool(limits: &EngineLimits) -> PoolingAllocationConfig {
    // As many of each as all instances may have together, so that no component takes the room of another one's instance.
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

/// How much of an instance's memory stays with its place when it is gone, and is written over by hand. What is given back to the
/// kernel instead costs a system call, an interruption of every other processor, and a fault for each page of the next instance: a
/// fresh instance took 54 µs of processor so, and takes 19. More would let a plugin that writes much slow the next one of its place.
fn resident_memory() -> usize {
    // Only pages that were written are, where the kernel tells which (Linux 6.7 and later); else the memory's first ones are.
    if PoolingAllocationConfig::is_pagemap_scan_available() { 256 << 10 } else { 128 << 10 }
}

/// The ticks only make guests yield; they are no budget, as an epoch goes on while a guest waits in the host.
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
