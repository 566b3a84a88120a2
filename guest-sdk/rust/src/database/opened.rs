//! Databases that were opened before: who opens one again with the same models gets it without a crossing, with the statements
//! that it knows.

use std::{cell::RefCell, rc::Rc};

use super::Limits;
use crate::{bindings::sqlservice::database::databases as contract, schema::Models, statement::StatementCache};

/// The most that are kept. Each has handles of the host's, of which a plugin has a limited number.
const MOST: usize = 4;

/// A database of the contract's, and what its connections and sessions sent.
pub(super) struct OpenDatabase {
    pub(super) contract: contract::Database,
    pub(super) limits: Limits,
    pub(super) statements: Rc<StatementCache>,
}

struct CachedDatabase {
    name: String,
    models: Models,
    opened: Rc<OpenDatabase>,
}

thread_local! {
    /// The last one opened last.
    static KEPT: RefCell<Vec<CachedDatabase>> = const { RefCell::new(Vec::new()) };
}

/// What is kept of a name and models.
pub(super) fn find(name: &str, models: &Models) -> Option<Rc<OpenDatabase>> {
    KEPT.with_borrow_mut(|kept| {
        // One that reflected tables which were not declared is another one than was opened.
        kept.retain(|kept| !kept.opened.statements.is_reflected());
        let at = kept.iter().position(|kept| kept.name == name && kept.models == *models)?;
        // It is the last one to be thrown away now.
        kept[at..].rotate_left(1);
        kept.last().map(|kept| Rc::clone(&kept.opened))
    })
}

/// Keeps what was opened.
pub(super) fn keep(name: &str, models: Models, opened: &Rc<OpenDatabase>) {
    KEPT.with_borrow_mut(|kept| {
        if kept.len() >= MOST {
            kept.remove(0);
        }
        kept.push(CachedDatabase { name: name.to_owned(), models, opened: Rc::clone(opened) });
    });
}
