//! The cost of tenants: many are created, each with a database of its own, called once and dropped, twice.
//!
//! `cargo run --release --example tenants -- COMPONENT 5000`, with a component that exports `echo`.

use std::time::Instant;

use sqlservice_host::{Engine, Grant, Settings, Tenant, Val};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let component = arguments.next().ok_or("usage: tenants COMPONENT [NUMBER]")?;
    let number: u32 = arguments.next().map_or(Ok(5_000), |number| number.parse())?;
    let engine = Engine::new()?;
    let plugin = engine.load_file(component)?;
    println!("tenants {number}");

    let make = |at: u32| -> Result<Tenant> {
        let grant = Grant::open(&format!("sqlite:tenant-{at}.db"), Settings::default())?;
        Ok(engine.tenant(format!("tenant {at}")).claim("number", i64::from(at)).database("default", grant).build()?)
    };
    // The first instance creates what all tenants share.
    plugin.instantiate(&make(0)?).await?;

    let (before, start) = (resident()?, Instant::now());
    let tenants = (0..number).map(make).collect::<Result<Vec<_>>>()?;
    report("made", number, start, before)?;

    let start = Instant::now();
    for tenant in &tenants {
        plugin.instantiate(tenant).await?.call("echo", &[Val::String("x".to_owned())]).await?;
    }
    report("called", number, start, before)?;

    let start = Instant::now();
    drop(tenants);
    report("dropped", number, start, before)?;

    // Growth beyond the first round is memory that tenants leaked.
    let (before, start) = (resident()?, Instant::now());
    for at in 0..number {
        plugin.instantiate(&make(at)?).await?.call("echo", &[Val::String("x".to_owned())]).await?;
    }
    report("the second time", number, start, before)
}

/// Prints the time and the additional memory of each tenant.
fn report(what: &str, number: u32, start: Instant, before: u64) -> Result<()> {
    let time = start.elapsed().as_secs_f64() * 1e6 / f64::from(number);
    let bytes = resident()?.saturating_sub(before) / u64::from(number);
    println!("microseconds each, {what}: {time:.1}");
    println!("bytes each, {what}: {bytes}");
    Ok(())
}

/// The resident memory of this process in bytes.
fn resident() -> Result<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = pages.split_whitespace().nth(1).ok_or("no second field")?.parse()?;
    Ok(pages * 4_096)
}
