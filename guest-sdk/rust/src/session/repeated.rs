//! Statements that come again: the second time one is prepared, and from then on neither its text nor its columns cross the
//! sandbox.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use rustc_hash::FxHashMap;

use super::prepared::Plan;
use crate::{bindings::sqlservice::database::statements::Statement, expression::Lowered};

/// The most statements that are remembered. Each can be a handle, of which a plugin has a limited number.
const MOST: usize = 32;

/// The statements of a database and of its connections and sessions, the least recently used forgotten first.
#[derive(Default)]
pub struct Repeated {
    known: RefCell<FxHashMap<u64, Entry>>,
    clock: Cell<u64>,
    /// How many parameters a statement of the database has at most; 0 where nothing limits them.
    parameters: u32,
}

struct Entry {
    used: u64,
    /// What was prepared; nothing before it came again, and where it cannot be.
    kept: Option<(Statement, Rc<Plan>)>,
}

/// What is known of a statement.
pub(crate) enum Known {
    /// It is best sent as it is.
    Nothing,
    /// It came before: it is worth to be prepared, and kept under this number.
    Again(u64),
    /// It is prepared.
    Prepared(Rc<Plan>),
}

/// Parameters of a statement where no limit is known: what every database takes.
const PARAMETERS: u32 = 32_000;

impl Repeated {
    pub(crate) fn new(parameters: u32) -> Rc<Self> {
        Rc::new(Self { parameters, ..Self::default() })
    }

    /// How many parameters one statement has at most.
    pub(crate) fn parameters(&self) -> usize {
        let most = if self.parameters == 0 { PARAMETERS } else { self.parameters.min(PARAMETERS) };
        most as usize
    }

    /// Looks for a statement, and remembers that it came.
    pub(crate) fn look(&self, lowered: &mut Lowered) -> Known {
        let Some(number) = lowered.fingerprint() else { return Known::Nothing };
        self.clock.set(self.clock.get() + 1);
        let mut known = self.known.borrow_mut();
        let Some(entry) = known.get_mut(&number) else {
            if known.len() >= MOST
                && let Some(oldest) = known.iter().min_by_key(|(_, entry)| entry.used).map(|(&number, _)| number)
            {
                known.remove(&oldest);
            }
            known.insert(number, Entry { used: self.clock.get(), kept: None });
            return Known::Nothing;
        };
        entry.used = self.clock.get();
        match &entry.kept {
            None => Known::Again(number),
            Some((statement, plan)) if *statement == lowered.statement => Known::Prepared(Rc::clone(plan)),
            // Another one of the same number.
            Some(_) => Known::Nothing,
        }
    }

    /// Keeps what a statement was prepared to.
    pub(crate) fn keep(&self, number: u64, statement: Statement, plan: &Rc<Plan>) {
        if let Some(entry) = self.known.borrow_mut().get_mut(&number) {
            entry.kept = Some((statement, Rc::clone(plan)));
        }
    }
}
