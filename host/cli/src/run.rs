//! `sqlservice run`: calls a function of a plugin and prints its result.

mod answer;
mod configured;
mod listing;

use std::{future::Future, path::PathBuf};

use sqlservice_host::{CompileCache, Engine, EngineBuilder, EngineLimits, Function, Plugin, Stdio, Tenant, Val, wave};

use crate::{
    args::Run,
    cache,
    databases::{self, NamedDatabase},
    exit::Exit,
    failure::{Failure, Result},
    load,
    log::Echo,
    progress::Progress,
};

/// The plugin to run, and its tenant.
struct RunTarget {
    engine: Engine,
    tenant: Tenant,
    databases: Vec<NamedDatabase>,
    component: PathBuf,
    /// The plugin's name, where it is not its file's.
    plugin: Option<String>,
}

/// Runs `run`.
pub(crate) async fn run(asked: &Run, quiet: bool) -> Result<Exit> {
    let target = match (&asked.configured.config, &asked.configured.tenant) {
        (Some(file), Some(tenant)) => configured::target(asked, file, tenant)?,
        _ => target(asked)?,
    };
    let mut plugin = load::runnable(&target.engine, &target.component, quiet)?;
    if let Some(name) = &target.plugin {
        // The configuration's name for the plugin, by which databases record it as an owner of tables.
        plugin = plugin.with_name(name.as_str());
    }
    let Some(name) = &asked.function else {
        return listing::print(&plugin, &load::title(&target.component), asked.json);
    };
    let function = function(&plugin, name)?;
    let arguments = wave::parse(function, &asked.args)?;
    let outcome = interruptible(async {
        for database in &target.databases {
            database.check(&target.tenant).await?;
        }
        call(&plugin, &target.tenant, function, &arguments, quiet).await
    })
    .await;
    // Closing takes a bounded time, and a second Ctrl-C cancels it. Its outcome does not change that of the call.
    let _ = interruptible(async {
        target.tenant.close().await;
        Ok(())
    })
    .await;
    answer::print(outcome?, asked)
}

/// Makes the engine and its only tenant from the options.
fn target(asked: &Run) -> Result<RunTarget> {
    let databases = databases::named(&asked.grants)?;
    let mut grants = Vec::new();
    for database in &databases {
        grants.push((database.name.clone(), database.grant(&asked.grants, asked.pool.settings())?));
    }
    let (engine, tenant) = cache::with(&asked.cache, |cache| {
        let engine = engine(asked, asked.limits.engine(), cache)?;
        let mut builder = engine.tenant("").limits(asked.limits.tenant()).stdio(stdio(asked));
        for (name, grant) in &grants {
            builder = builder.database(name, grant.clone());
        }
        for directory in asked.grants.directories() {
            builder = builder.directory(directory.host, directory.guest, directory.access);
        }
        for (name, value) in &asked.grants.env {
            builder = builder.env(name, value);
        }
        let tenant = builder.build()?;
        Ok((engine, tenant))
    })?;
    Ok(RunTarget { engine, tenant, databases, component: asked.component.clone(), plugin: None })
}

fn engine(
    asked: &Run,
    limits: EngineLimits,
    cache: Option<CompileCache>,
) -> std::result::Result<Engine, sqlservice_host::Error> {
    let mut engine = load::engine(limits);
    if asked.pool.echo {
        engine = engine.observer(Echo);
    }
    cache.into_iter().fold(engine, EngineBuilder::compile_cache).build()
}

/// Returns the destination of the plugin's output: with `--json`, standard output holds the document alone.
fn stdio(asked: &Run) -> Stdio {
    if asked.json { Stdio::Stderr } else { Stdio::Inherit }
}

/// Finds the function. The error for an ambiguous bare name lists all matches.
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

/// Calls a function in a new instance, which is dropped afterwards with everything that it has open.
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

/// Runs work until it is done or Ctrl-C drops it.
async fn interruptible<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        outcome = work => outcome,
        Ok(()) = tokio::signal::ctrl_c() => {
            Err(Failure::new(Exit::Interrupted, "interrupted").help("what the plugin had open is rolled back"))
        }
    }
}
