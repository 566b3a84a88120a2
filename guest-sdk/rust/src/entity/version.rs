//! The versions of an object: each links to the next one, so that a handle finds the newest from any version.

use std::{cell::OnceCell, rc::Rc};

use super::free::free_related;
use crate::model::Record;

/// A version of an object, which never changes while a handle holds it.
pub(crate) struct Version<M> {
    pub(crate) value: M,
    next: OnceCell<Rc<Version<M>>>,
    /// Frees the value's related objects. A field, since `drop` has no bound on the model.
    free: fn(&mut M),
}

impl<M: Record> Version<M> {
    pub(crate) fn new(value: M) -> Rc<Self> {
        Self::freed_by(value, free_related::<M>)
    }
}

impl<M> Version<M> {
    fn freed_by(value: M, free: fn(&mut M)) -> Rc<Self> {
        Rc::new(Self { value, next: OnceCell::new(), free })
    }

    /// Links a version after this one, which is the newest.
    pub(crate) fn follow(&self, next: Rc<Self>) {
        // The newest version has no next one, so this replaces none.
        let _ = self.next.set(next);
    }

    /// Returns the value of the newest version.
    pub(crate) fn newest(&self) -> &M {
        let mut at = self;
        while let Some(next) = at.next.get() {
            at = next;
        }
        &at.value
    }
}

/// Frees any number of versions, and of objects reachable from these, without recursion.
impl<M> Drop for Version<M> {
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(version) = next {
            next = Rc::into_inner(version).and_then(|mut version| version.next.take());
        }
        (self.free)(&mut self.value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_found_from_any_version_and_old_ones_are_freed() {
        let first = Version::freed_by(0, |_| {});
        let mut newest = Rc::clone(&first);
        for number in 1..200_000 {
            let next = Version::freed_by(number, |_| {});
            newest.follow(Rc::clone(&next));
            newest = next;
        }
        assert_eq!(*first.newest(), 199_999);
        let second = Rc::downgrade(first.next.get().expect("there is one"));
        drop(first);
        assert!(second.upgrade().is_none(), "no handle has it any more");
        assert_eq!(newest.value, 199_999);
    }
}
