//! Frees what objects are related to, one object after the other: a chain of objects is longer than a guest's stack is deep.

use std::cell::RefCell;

use crate::{instance::HandlesToDrop, model::Record};

thread_local! {
    /// What still is to be dropped, while a loop further up the stack drops one after the other.
    static LEFT: RefCell<Option<HandlesToDrop>> = const { RefCell::new(None) };
}

/// Drops what a model that goes away is related to. What that leads to in its turn is dropped by the same loop.
pub(super) fn free_related<M: Record>(model: &mut M) {
    let mut dropped = HandlesToDrop::new();
    let mut at = 0;
    while let Some(relation) = model.relation_mut(at) {
        // Most have nothing.
        if !relation.is_bare() || relation.shown().is_some() {
            relation.take_handles(&mut dropped);
        }
        at += 1;
    }
    if !dropped.is_empty() {
        drop_all(dropped);
    }
}

fn drop_all(mut dropped: HandlesToDrop) {
    // A thread that ends has no list any more; guests have none that ends before they do.
    let is_inside = LEFT.try_with(|left| {
        let mut left = left.borrow_mut();
        match left.as_mut() {
            Some(left) => {
                left.append(&mut dropped);
                true
            }
            None => {
                *left = Some(std::mem::take(&mut dropped));
                false
            }
        }
    });
    if is_inside != Ok(false) {
        return;
    }
    // Not borrowed while something is dropped, which may put more there.
    while let Some(handle) = LEFT.with_borrow_mut(|left| left.as_mut().and_then(Vec::pop)) {
        drop(handle);
    }
    LEFT.set(None);
}
