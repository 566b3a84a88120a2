//! `sqlservice run`: calls a function of a plugin and prints what it answers.

mod answer;
mod listing;

use std::future::Future;

use sqlservice_host::{Engine, EngineBuilder, Function, Plugin, Stdio, Tenant, Val, wave};

use crate::{
    args::Run,
    cache,
    databases::{self, Named},
    exit::Exit,
    failure::{Failure, Result},
    load,
    log::Echo,
    progress::Progress,
};

/// Does what `run` was asked for.
pub(crate) async fn run(asked: &Run, quiet: bool) -> Result<Exit> {
    let named = databases::named(&asked.grants)?;
    let (engine, tenant) = tenant(asked, &named)?;
    let plugin = load::runnable(&engine, &asked.component, quiet)?;
    let Some(name) = &asked.function else {
        return listing::print(&plugin, &load::title(&asked.component), asked.json);
    };
    let function = function(&plugin, name)?;
    let arguments = wave::parse(function, &asked.args)?;
    let outcome = interruptible(async {
        for database in &named {
            database.check(&tenant).await?;
        }
        call(&plugin, &tenant, function, &arguments, quiet).await
    })
    .await;
    // Bounded; a second Ctrl-C does not wait for it. Its outcome changes nothing of the call's.
    let _ = interruptible(async {
        tenant.close().await;
        Ok(())
    })
    .await;
    answer::print(outcome?, asked)
}

/// The engine, and the only tenant that it has.
fn tenant(asked: &Run, named: &[Named]) -> Result<(Engine, Tenant)> {
    // Standard output holds the document alone.
    let stdio = if asked.json { Stdio::Stderr } else { Stdio::Inherit };
    let mut databases = Vec::new();
    for database in named {
        databases.push((&database.name, database.grant(&asked.grants, asked.pool.settings())?));
    }
    cache::with(&asked.cache, |cache| {
        let mut engine = load::engine(asked.limits.engine());
        if asked.pool.echo {
            engine = engine.observer(Echo);
        }
        let engine = cache.into_iter().fold(engine, EngineBuilder::compile_cache).build()?;
        let mut builder = engine.tenant("").limits(asked.limits.tenant()).stdio(stdio);
        for (name, grant) in &databases {
            builder = builder.database(*name, grant.clone());
        }
        for directory in asked.grants.directories() {
            builder = builder.directory(directory.host, directory.guest, directory.access);
        }
        for (name, value) in &asked.grants.env {
            builder = builder.env(name, value);
        }
        let tenant = builder.build()?;
        Ok((engine, tenant))
    })
}

/// Finds the function, and says so where a bare name means several.
fn function<'a>(plugin: &'a Plugin, name: &str) -> Result<&'a Function> {
    let several: Vec<_> =
        plugin.functions().iter().filter(|f| f.name() == name).map(Function::qualified_name).collect();
    plugin.function(name).map_err(|error| {
        if several.len() < 2 {
            return error.into();
        }
        let message = format!("several interfaces export a function {name:?}; which one is meant?");
        Failure::new(Exit::Usage, message).help(several.join("\n"))
    })
}

/// Calls it in an instance of its own, which is gone afterwards with all that it had open.
async fn call(
    plugin: &Plugin,
    tenant: &Tenant,
    function: &Function,
    arguments: &[Val],
    quiet: bool,
) -> Result<Option<Val>> {
    let _progress = Progress::start(format!("running {}", function.name()), quiet);
    let mut instance = plugin.instantiate(tenant).await?;
    Ok(instance.call_function(function, arguments).await?)
}

/// Does work until it is done or Ctrl-C drops it.
async fn interruptible<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        outcome = work => outcome,
        Ok(()) = tokio::signal::ctrl_c() => {
            Err(Failure::new(Exit::Interrupted, "interrupted").help("what the plugin had open is rolled back"))
        }
    }
}
