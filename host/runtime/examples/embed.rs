//! Embeds a plugin: one SQLite database, one component, one call.

use sqlservice_host::{Grant, Host, Settings, Val, wave};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let component = std::env::args().nth(1).ok_or("usage: embed COMPONENT")?;

    // The plugin knows the database as `default` and nothing else of it.
    let host = Host::builder().database("default", Grant::open("sqlite::memory:", Settings::default())?).build()?;
    let plugin = host.load_file(component)?;
    let mut instance = plugin.instantiate().await?;

    instance.call("seed", &[]).await?;
    let found = instance.call("find-user", &[Val::String("ed".to_owned())]).await?;
    if let Some(found) = found {
        println!("{}", wave::to_string(&found));
    }
    host.close().await;
    Ok(())
}
