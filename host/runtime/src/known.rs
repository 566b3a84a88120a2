//! What a guest's models make of a database, kept so that opening it again and repeating a statement cost little.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use sqlservice_sql::{
    Cache, Catalog, Compiled, Dialect, Limits, Result, compile,
    schema::{Models, Table},
    statement::Statement,
};

use crate::ctx::Grant;

/// How many sets of models are kept; a guest has one a database.
const MODELS: usize = 8;

/// How many statements were found compiled, and how many had to be compiled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatementCounts {
    /// Found.
    pub hits: u64,
    /// Compiled, or refused.
    pub misses: u64,
}

#[derive(Debug, Default)]
struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
}

/// The tables of an opened database, and the statements that were compiled for them.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) catalog: Arc<Catalog>,
    compiled: Mutex<Cache>,
    counters: Arc<Counters>,
}

impl Known {
    fn new(catalog: Catalog, counters: Arc<Counters>) -> Arc<Self> {
        Arc::new(Self { catalog: Arc::new(catalog), compiled: Mutex::default(), counters })
    }

    /// The same with reflected tables.
    pub(crate) fn with(&self, tables: &[Table]) -> Arc<Self> {
        let mut catalog = Catalog::clone(&self.catalog);
        catalog.add_reflected(tables);
        Self::new(catalog, self.counters.clone())
    }

    /// Compiles a statement, or finds it compiled.
    pub(crate) fn compile(&self, statement: Statement, dialect: Dialect, limits: &Limits) -> Result<Arc<Compiled>> {
        if let Some(compiled) = self.cache().get(&statement) {
            self.counters.hits.fetch_add(1, Ordering::Relaxed);
            return Ok(compiled);
        }
        self.counters.misses.fetch_add(1, Ordering::Relaxed);
        let compiled = Arc::new(compile(&statement, &self.catalog, dialect, limits)?);
        self.cache().put(statement, Arc::clone(&compiled));
        Ok(compiled)
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one guest has declared so far. Never shared between guests: how long a statement takes would tell one of the other.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    /// By the name of the database, the last one opened last.
    models: Vec<(String, Models, Arc<Known>)>,
    counters: Arc<Counters>,
}

impl Declared {
    /// Checks models, or finds that they were checked.
    pub(crate) fn declare(&mut self, name: &str, models: Models, grant: &Grant, limits: &Limits) -> Result<Arc<Known>> {
        let same = self.models.iter().position(|(of, declared, _)| of == name && *declared == models);
        if let Some(at) = same {
            let found = self.models.remove(at);
            let known = found.2.clone();
            self.models.push(found);
            return Ok(known);
        }
        let catalog = Catalog::declare(models.clone(), grant.database.dialect(), limits, grant.raw_sql)?;
        let known = Known::new(catalog, self.counters.clone());
        if self.models.len() >= MODELS {
            self.models.remove(0);
        }
        self.models.push((name.to_owned(), models, known.clone()));
        Ok(known)
    }

    pub(crate) fn counts(&self) -> StatementCounts {
        StatementCounts {
            hits: self.counters.hits.load(Ordering::Relaxed),
            misses: self.counters.misses.load(Ordering::Relaxed),
        }
    }
}
