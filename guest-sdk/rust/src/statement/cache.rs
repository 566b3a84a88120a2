//! Statements that come again: the second time one is prepared, and from then on neither its text nor its columns cross the
//! sandbox.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use rustc_hash::FxHashMap;

use super::PreparedPlan;
use crate::{bindings::sqlservice::database::statements::Statement, expression::Lowered};

/// The most statements that are remembered. Each can be a handle, of which a plugin has a limited number.
const MOST: usize = 32;

/// The statements of a database and of its connections and sessions, the least recently used forgotten first.
#[derive(Default)]
pub struct StatementCache {
    known: RefCell<FxHashMap<u64, Entry>>,
    clock: Cell<u64>,
    /// How many parameters a statement of the database has at most; 0 where nothing limits them.
    parameters: u32,
    /// Whether tables were reflected that were not declared.
    is_reflected: Cell<bool>,
}

struct Entry {
    used: u64,
    /// What was prepared; nothing before it came again, and where it cannot be.
    kept: Option<(Statement, Rc<PreparedPlan>)>,
}

/// What the cache has of a statement.
pub(crate) enum CacheLookup {
    /// It was not sent before, or another one has its number: send it as it is.
    New,
    /// It was sent before: prepare it, and keep the prepared statement under this number.
    Repeated(u64),
    /// It is prepared.
    Prepared(Rc<PreparedPlan>),
}

/// Parameters of a statement where no limit is known: what every database takes.
const PARAMETERS: u32 = 32_000;

impl StatementCache {
    pub(crate) fn new(parameters: u32) -> Rc<Self> {
        Rc::new(Self { parameters, ..Self::default() })
    }

    /// How many parameters one statement has at most.
    pub(crate) fn parameters(&self) -> usize {
        let most = if self.parameters == 0 { PARAMETERS } else { self.parameters.min(PARAMETERS) };
        most as usize
    }

    /// The database has tables that were not declared: a later `open` makes another one.
    pub(crate) fn set_reflected(&self) {
        self.is_reflected.set(true);
    }

    /// Whether the database has tables that were not declared.
    pub(crate) fn is_reflected(&self) -> bool {
        self.is_reflected.get()
    }

    /// Looks for a statement, and remembers that it came.
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
            // Another one of the same number.
            Some(_) => CacheLookup::New,
        }
    }

    /// Keeps what a statement was prepared to.
    pub(crate) fn keep(&self, number: u64, statement: Statement, plan: &Rc<PreparedPlan>) {
        if let Some(entry) = self.known.borrow_mut().get_mut(&number) {
            entry.kept = Some((statement, Rc::clone(plan)));
        }
    }
}
