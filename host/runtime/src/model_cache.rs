//! Caches a plugin's checked models and compiled statements, so that opening a database again and repeating a statement cost little.

use std::sync::{
    Arc, Mutex, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use sqlservice_db::observe::{Event, Instruments, Statement as Shown, StatementCompiled};
use sqlservice_sql::{
    Cache, Catalog, Compiled, Dialect, Limits, Result, Rules, Weight, compile,
    schema::{Models, Table},
    statement::Statement,
};

use crate::{grant::Grant, tables::GrantedTables};

/// The sets of models that are kept; a plugin has one per database.
const MODELS: usize = 8;

/// The most bytes of a set of models that is kept in the cache.
const LARGEST: usize = 1 << 20;

/// The tables of an opened database, and the statements that were compiled for them.
#[derive(Debug)]
pub(crate) struct CompiledCatalog {
    pub(crate) catalog: Arc<Catalog>,
    /// The approximate bytes of its tables.
    pub(crate) weight: usize,
    compiled: Mutex<Cache>,
}

impl CompiledCatalog {
    fn new(catalog: Catalog) -> Arc<Self> {
        let weight = catalog.tables().into_iter().map(Weight::weight).fold(0, usize::saturating_add);
        Arc::new(Self { catalog: Arc::new(catalog), weight, compiled: Mutex::default() })
    }

    /// Returns a copy with reflected tables, for the one guest that reflected them.
    pub(crate) fn with(&self, tables: &[Table]) -> Arc<Self> {
        let mut catalog = Catalog::clone(&self.catalog);
        catalog.add_reflected(tables);
        Self::new(catalog)
    }

    /// Compiles a statement, or returns the cached compiled one.
    pub(crate) fn compile(
        &self,
        statement: Statement,
        dialect: Dialect,
        limits: &Limits,
        instruments: &Instruments,
    ) -> Result<Arc<Compiled>> {
        let began = instruments.now();
        let found = self.cache().get(&statement);
        let is_hit = found.is_some();
        // Not under the lock, so that other guests of the plugin need not wait for it.
        let compiled = found.map_or_else(|| self.compile_anew(statement, dialect, limits), Ok);
        if let Some(began) = began {
            let shown = compiled.as_deref().ok().map(Shown::of);
            instruments
                .tell(|scope| Event::StatementCompiled(StatementCompiled::new(scope, shown, is_hit, began.elapsed())));
        }
        compiled
    }

    fn compile_anew(&self, statement: Statement, dialect: Dialect, limits: &Limits) -> Result<Arc<Compiled>> {
        let compiled = Arc::new(compile(&statement, &self.catalog, dialect, limits)?);
        self.cache().put(statement, Arc::clone(&compiled));
        Ok(compiled)
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Checked models and compiled statements, which all instances of one plugin with the same grants share. Cloning it is cheap; all
/// clones are one cache. It holds a bounded number of both.
///
/// Never share one cache between two plugins or two tenants: the time of a statement would reveal the statements of the other, and one
/// could evict the other's entries.
#[derive(Clone, Debug, Default)]
pub struct ModelCache(Arc<RwLock<Vec<CachedModels>>>);

/// One set of models, with everything that its check depends on.
#[derive(Debug)]
struct CachedModels {
    name: String,
    dialect: Dialect,
    raw_sql: bool,
    tables: GrantedTables,
    rules: Option<Arc<Rules>>,
    limits: Limits,
    models: Models,
    known: Arc<CompiledCatalog>,
    /// The cache's logical time of its last use.
    used: AtomicU64,
}

impl CachedModels {
    fn is(&self, name: &str, models: &Models, grant: &Grant, limits: &Limits) -> bool {
        self.name == name
            && self.dialect == grant.database.dialect()
            && self.raw_sql == grant.allows_text()
            && self.tables == grant.tables
            && self.rules.as_ref().map(Arc::as_ptr) == grant.rules.as_ref().map(Arc::as_ptr)
            && self.limits == *limits
            && self.models == *models
    }
}

impl ModelCache {
    /// Checks models, or returns the cached catalog of models that were checked before.
    pub(crate) fn declare(
        &self,
        name: &str,
        models: Models,
        grant: &Grant,
        limits: &Limits,
    ) -> Result<Arc<CompiledCatalog>> {
        if let Some(known) = self.find(name, &models, grant, limits) {
            return Ok(known);
        }
        grant.tables.check(&models)?;
        let (dialect, raw_sql, tables) = (grant.database.dialect(), grant.allows_text(), grant.tables.clone());
        // Not under the lock, so that other guests of the plugin need not wait for it.
        let mut catalog = Catalog::declare(models.clone(), dialect, limits, raw_sql)?;
        let rules = grant.rules.clone();
        if let Some(rules) = &rules {
            catalog = catalog.under(Arc::clone(rules), dialect)?;
        }
        let known = CompiledCatalog::new(catalog);
        if known.weight > LARGEST {
            // It is not cached: its charge lasts as long as it is open, and it is checked again the next time.
            return Ok(known);
        }
        let (name, limits) = (name.to_owned(), *limits);
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = all.iter().find(|declared| declared.is(&name, &models, grant, &limits)) {
            return Ok(other.known.clone());
        }
        let used = |declared: &CachedModels| declared.used.load(Ordering::Relaxed);
        let now = all.iter().map(used).max().unwrap_or(0).saturating_add(1);
        if all.len() >= MODELS
            && let Some(oldest) = (0..all.len()).min_by_key(|at| all.get(*at).map(used))
        {
            all.swap_remove(oldest);
        }
        all.push(CachedModels {
            name,
            dialect,
            raw_sql,
            tables,
            rules,
            limits,
            models,
            known: known.clone(),
            used: now.into(),
        });
        Ok(known)
    }

    fn find(&self, name: &str, models: &Models, grant: &Grant, limits: &Limits) -> Option<Arc<CompiledCatalog>> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = all.iter().find(|declared| declared.is(name, models, grant, limits))?;
        let latest = all.iter().map(|declared| declared.used.load(Ordering::Relaxed)).max().unwrap_or(0);
        // Most plugins have one set of models, whose last use need not be updated.
        if found.used.load(Ordering::Relaxed) < latest {
            found.used.store(latest.saturating_add(1), Ordering::Relaxed);
        }
        Some(found.known.clone())
    }
}
