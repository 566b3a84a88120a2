//! A plugin installed for one tenant: the state that all its instances for this tenant share, and no others.

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

/// The state that a tenant's instances of one plugin share.
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

    /// The instruments that report calls.
    pub(crate) fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    /// Makes the SQL context of a new instance, with its grants.
    pub(crate) fn sql(&self) -> SqlCtx {
        self.sql.build()
    }

    /// The engine's active calls.
    pub(crate) fn calls(&self) -> &ActiveCalls {
        &self.calls
    }

    /// Begins a call or the making of an instance. Does not yield first where the plugin's calls wait anyway: other calls run
    /// meanwhile.
    pub(crate) async fn begin_call(&self) -> ActiveCall {
        if self.waits.load(Ordering::Relaxed) { self.calls.count() } else { self.calls.begin().await }
    }

    /// Records whether the last call waited.
    pub(crate) fn note_wait(&self, waited: bool) {
        // All threads read the flag, so it is only written when it changes.
        if self.waits.load(Ordering::Relaxed) != waited {
            self.waits.store(waited, Ordering::Relaxed);
        }
    }
}

/// The plugins that ran for a tenant and are still loaded.
#[derive(Default)]
pub(crate) struct InstalledPlugins(RwLock<HashMap<PluginId, (WeakPlugin, Arc<InstalledPlugin>)>>);

impl InstalledPlugins {
    /// Returns the state that the tenant's instances of a plugin share. The first call makes it.
    pub(crate) fn of(&self, tenant: &Tenant, plugin: &Plugin) -> Arc<InstalledPlugin> {
        let found = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&plugin.id()).map(|(_, at)| at.clone());
        if let Some(installed) = found {
            return installed;
        }
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Plugins that were dropped are removed, as a tenant may outlive many releases of its plugins.
        all.retain(|_, (plugin, _)| plugin.is_loaded());
        let new = || (plugin.downgrade(), Arc::new(InstalledPlugin::new(tenant, plugin)));
        all.entry(plugin.id()).or_insert_with(new).1.clone()
    }
}
