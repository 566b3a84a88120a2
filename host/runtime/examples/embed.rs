//! Embeds a plugin: one SQLite database, one component, one call.

use sqlservice_host::{Engine, Grant, Settings, Val, wave};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let component = std::env::args().nth(1).ok_or("usage: embed COMPONENT")?;

    // Compiled once, run for any number of tenants.
    let engine = Engine::new()?;
    let plugin = engine.load_file(component)?;

    // The plugin knows the database as `default` and nothing else of it. It makes its own tables, which has to be granted.
    let grant = Grant::open("sqlite::memory:", Settings::default())?.schema_changes(true);
    let acme = engine.tenant("acme").database("default", grant).build()?;
    let mut instance = plugin.instantiate(&acme).await?;

    instance.call("seed", &[]).await?;
    let found = instance.call("find-user", &[Val::String("ed".to_owned())]).await?;
    if let Some(found) = found {
        println!("{}", wave::to_string(&found));
    }
    acme.close().await;
    Ok(())
}
