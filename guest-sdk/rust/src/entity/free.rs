//! Frees related objects in a loop, as recursion over a long chain of objects would overflow a guest's stack.

use std::cell::RefCell;

use crate::{instance::HandlesToDrop, model::Record};

thread_local! {
    /// The handles still to drop, while a loop further up the stack drops one after the other.
    static LEFT: RefCell<Option<HandlesToDrop>> = const { RefCell::new(None) };
}

/// Drops the related objects of a model that is dropped. The same loop drops the objects related to these.
pub(super) fn free_related<M: Record>(model: &mut M) {
    let mut dropped = HandlesToDrop::new();
    let mut at = 0;
    while let Some(relation) = model.relation_mut(at) {
        // Most relationships are empty.
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
    // A thread that ends may have lost the list already. A guest has no thread that ends before the guest does.
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
    // Not borrowed while a handle is dropped, which may add more handles.
    while let Some(handle) = LEFT.with_borrow_mut(|left| left.as_mut().and_then(Vec::pop)) {
        drop(handle);
    }
    LEFT.set(None);
}
