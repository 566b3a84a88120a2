//! The cost of instances of a component: a new one with its first call, a later call, and the memory of idle ones.
//!
//! `cargo run --release --example instances -- COMPONENT FUNCTION [NUMBER]`, with a function without parameters; its
//! database is an empty one in memory. The component is compiled before, and loaded from the cache as in a host.

use std::time::{Duration, Instant};

use sqlservice_host::{CompileCache, Engine, EngineLimits, Grant, Settings, TenantLimits};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The number of measurements of each time.
const ROUNDS: usize = 21;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: instances COMPONENT FUNCTION [NUMBER]";
    let (component, function) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let number: usize = arguments.next().map_or(Ok(100), |number| number.parse())?;
    let cache = std::env::temp_dir().join("sqlservice-instances");
    let compiling = Instant::now();
    Engine::builder().compile_cache(CompileCache::open(&cache)?).build()?.load_file(&component)?;
    report("compiled, or found compiled", compiling.elapsed());

    let room = EngineLimits::default().instances(u32::try_from(number + 1)?);
    let engine = Engine::builder().limits(room).compile_cache(CompileCache::open(&cache)?).build()?;
    let loading = Instant::now();
    let plugin = engine.load_file(&component)?;
    report("loaded from the cache", loading.elapsed());
    let grant = Grant::open("sqlite::memory:", Settings::default())?.schema_changes(true);
    let limits = TenantLimits::trusted().instances(u32::try_from(number + 1)?);
    let tenant = engine.tenant("acme").limits(limits).database("default", grant).build()?;

    let (mut first, mut later) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mut instance = plugin.instantiate(&tenant).await?;
        instance.call(&function, &[]).await?;
        first.push(start.elapsed());
        let start = Instant::now();
        instance.call(&function, &[]).await?;
        later.push(start.elapsed());
    }
    report("a new instance and its first call", median(first));
    report("a later call", median(later));

    let before = used()?;
    let mut idle = Vec::new();
    for _ in 0..number {
        let mut instance = plugin.instantiate(&tenant).await?;
        instance.call(&function, &[]).await?;
        idle.push(instance);
    }
    let bytes = used()?.saturating_sub(before);
    println!("{number} instances that were called and wait: {} MiB", bytes >> 20);
    drop(idle);
    tenant.close().await;
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn report(what: &str, time: Duration) {
    println!("{what}: {:.2} ms", time.as_secs_f64() * 1e3);
}

/// The memory of this process in bytes, with shared pages of instances counted once.
fn used() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup")?;
    let line = text.lines().find(|line| line.starts_with("Pss:")).ok_or("no sum")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse::<u64>()? * 1_024)
}
