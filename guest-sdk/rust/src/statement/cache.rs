//! A cache of repeated statements. A statement is prepared the second time it is sent; from then on, neither its nodes nor the
//! columns of its results cross the sandbox boundary.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use rustc_hash::FxHashMap;

use super::PreparedPlan;
use crate::{bindings::sqlservice::database::statements::Statement, expression::Lowered};

/// The most statements that are cached. Each can hold a handle of the host, and a plugin has a limited number of handles.
const MOST: usize = 32;

/// The statements of a database and of its connections and sessions. The least recently used is evicted first.
#[derive(Default)]
pub struct StatementCache {
    known: RefCell<FxHashMap<u64, Entry>>,
    clock: Cell<u64>,
    /// The most parameters of one statement of the database; 0 without a limit.
    parameters: u32,
    /// Whether undeclared tables were reflected.
    is_reflected: Cell<bool>,
}

struct Entry {
    used: u64,
    /// The prepared statement; nothing until the statement is sent again, or where it cannot be prepared.
    kept: Option<(Statement, Rc<PreparedPlan>)>,
}

/// The result of looking a statement up.
pub(crate) enum CacheLookup {
    /// The statement was not sent before, or another one has its fingerprint: send it unprepared.
    New,
    /// The statement was sent before: prepare it, and cache the prepared statement under this fingerprint.
    Repeated(u64),
    /// The statement is prepared.
    Prepared(Rc<PreparedPlan>),
}

/// The most parameters of a statement that the SDK uses: every database accepts as many.
const PARAMETERS: u32 = 32_000;

impl StatementCache {
    pub(crate) fn new(parameters: u32) -> Rc<Self> {
        Rc::new(Self { parameters, ..Self::default() })
    }

    /// The most parameters of one statement.
    pub(crate) fn parameters(&self) -> usize {
        let most = if self.parameters == 0 { PARAMETERS } else { self.parameters.min(PARAMETERS) };
        most as usize
    }

    /// Records that undeclared tables were reflected, so that a later `open` opens the database anew.
    pub(crate) fn set_reflected(&self) {
        self.is_reflected.set(true);
    }

    /// Whether undeclared tables of the database were reflected.
    pub(crate) fn is_reflected(&self) -> bool {
        self.is_reflected.get()
    }

    /// Looks a statement up, and records that it was sent.
    pub(crate) fn get(&self, lowered: &mut Lowered) -> CacheLookup {
        let Some(number) = lowered.fingerprint() else { return CacheLookup::New };
        self.clock.set(self.clock.get() + 1);
        let mut known = self.known.borrow_mut();
        let Some(entry) = known.get_mut(&number) else {
            if known.len() >= MOST
                && let Some(oldest) = known.iter().min_by_key(|(_, entry)| entry.used).map(|(&number, _)| number)
            {
                known.remove(&oldest);
            }
            known.insert(number, Entry { used: self.clock.get(), kept: None });
            return CacheLookup::New;
        };
        entry.used = self.clock.get();
        match &entry.kept {
            None => CacheLookup::Repeated(number),
            Some((statement, plan)) if *statement == lowered.statement => CacheLookup::Prepared(Rc::clone(plan)),
            // Another statement has the same fingerprint.
            Some(_) => CacheLookup::New,
        }
    }

    /// Caches the prepared form of a statement.
    pub(crate) fn keep(&self, number: u64, statement: Statement, plan: &Rc<PreparedPlan>) {
        if let Some(entry) = self.known.borrow_mut().get_mut(&number) {
            entry.kept = Some((statement, Rc::clone(plan)));
        }
    }
}
