//! A plugin as it runs for one tenant: what all its instances there share, and no others.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use sqlservice_db::{Scope, observe::Instruments};

use crate::{
    calls::{ActiveCall, ActiveCalls},
    ctx::{SqlCtx, SqlCtxBuilder},
    model_cache::ModelCache,
    plugin::{Plugin, PluginId, WeakPlugin},
    tenant::Tenant,
};

/// What a tenant's instances of one plugin share.
pub(crate) struct InstalledPlugin {
    /// Grants, limits, checked models and compiled statements.
    sql: SqlCtxBuilder,
    instruments: Instruments,
    calls: ActiveCalls,
    /// Whether the last call waited for something.
    waits: AtomicBool,
}

impl InstalledPlugin {
    fn new(tenant: &Tenant, plugin: &Plugin) -> Self {
        let (tenant_name, plugin_name) = (Some(tenant.tenant_name()), Some(plugin.shared_name()));
        let scope = Scope { tenant: tenant_name, plugin: plugin_name, database: None };
        let observer = tenant.observer().cloned();
        let mut sql = SqlCtx::builder()
            .limits(tenant.limits().sql.clone())
            .host_memory(tenant.host_memory())
            .cache(ModelCache::default());
        for (name, grant) in tenant.databases() {
            let scope = Scope { database: Some(name.as_str().into()), ..scope.clone() };
            let instruments = Instruments::new(scope, observer.clone()).with_log_limit(tenant.log_limit());
            let grant = grant.with_instruments(instruments).owned_by(tenant.name(), plugin.name());
            sql = sql.database(name, grant);
        }
        let instruments = Instruments::new(scope, observer).with_log_limit(tenant.log_limit());
        let sql = sql.instruments(instruments.clone());
        Self { sql, instruments, calls: tenant.engine().calls().clone(), waits: AtomicBool::new(false) }
    }

    /// Who is told of calls.
    pub(crate) fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    /// The grants of a new instance.
    pub(crate) fn sql(&self) -> SqlCtx {
        self.sql.build()
    }

    /// The calls that are under way on the engine.
    pub(crate) fn calls(&self) -> &ActiveCalls {
        &self.calls
    }

    /// Begins a call or an instance. Where its calls wait for something anyway, others go on meanwhile.
    pub(crate) async fn begin_call(&self) -> ActiveCall {
        if self.waits.load(Ordering::Relaxed) { self.calls.count() } else { self.calls.begin().await }
    }

    /// Remembers whether the last call waited.
    pub(crate) fn note_wait(&self, waited: bool) {
        // Read by all threads, so it is only written where it changes.
        if self.waits.load(Ordering::Relaxed) != waited {
            self.waits.store(waited, Ordering::Relaxed);
        }
    }
}

/// The plugins that ran for a tenant and are still there.
#[derive(Default)]
pub(crate) struct InstalledPlugins(RwLock<HashMap<PluginId, (WeakPlugin, Arc<InstalledPlugin>)>>);

impl InstalledPlugins {
    /// What the tenant's instances of a plugin share, made at the first one.
    pub(crate) fn of(&self, tenant: &Tenant, plugin: &Plugin) -> Arc<InstalledPlugin> {
        let found = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&plugin.id()).map(|(_, at)| at.clone());
        if let Some(installed) = found {
            return installed;
        }
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // A tenant that outlives many releases of its plugins does not collect them.
        all.retain(|_, (plugin, _)| plugin.is_loaded());
        let new = || (plugin.downgrade(), Arc::new(InstalledPlugin::new(tenant, plugin)));
        all.entry(plugin.id()).or_insert_with(new).1.clone()
    }
}
