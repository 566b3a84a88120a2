//! A cache of opened databases. To open one again with the same models needs no call of the host, and returns it with its cached
//! statements.

use std::{cell::RefCell, rc::Rc};

use super::Limits;
use crate::{bindings::sqlservice::database::databases as contract, schema::Models, statement::StatementCache};

/// The most databases that are cached. Each holds handles of the host, and a plugin has a limited number of handles.
const MOST: usize = 4;

/// A database of the contract, with its limits and the statement cache of its connections and sessions.
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
    /// The cached databases. The most recently opened is the last.
    static KEPT: RefCell<Vec<CachedDatabase>> = const { RefCell::new(Vec::new()) };
}

/// Returns the cached database of this name and these models.
pub(super) fn find(name: &str, models: &Models) -> Option<Rc<OpenDatabase>> {
    KEPT.with_borrow_mut(|kept| {
        // A database that reflected undeclared tables differs from the one that an `open` should return.
        kept.retain(|kept| !kept.opened.statements.is_reflected());
        let at = kept.iter().position(|kept| kept.name == name && kept.models == *models)?;
        // The most recently opened is evicted last.
        kept[at..].rotate_left(1);
        kept.last().map(|kept| Rc::clone(&kept.opened))
    })
}

/// Caches an opened database. Evicts the least recently opened where the cache is full.
pub(super) fn keep(name: &str, models: Models, opened: &Rc<OpenDatabase>) {
    KEPT.with_borrow_mut(|kept| {
        if kept.len() >= MOST {
            kept.remove(0);
        }
        kept.push(CachedDatabase { name: name.to_owned(), models, opened: Rc::clone(opened) });
    });
}
