//! Relationships of objects with erased types, for the unit of work, which does not depend on models.

use std::rc::Rc;

use super::{Many, One, known, shared};
use crate::{
    entity::Entity,
    instance::{AnyEntity, AnyInstance, AnyRelation, HandlesToDrop, Mode},
    model::Record,
};

/// The objects of one model among these.
fn downcast<T: Record>(items: &[AnyEntity]) -> Vec<Entity<T>> {
    items.iter().filter_map(AnyEntity::downcast).collect()
}

fn erase<T: Record>(items: &[Entity<T>]) -> Vec<AnyEntity> {
    items.iter().map(Entity::erase).collect()
}

/// Moves handles to the drop list, unless another version shares them.
fn take_unshared<T: Record>(handles: &mut Option<Rc<Vec<Entity<T>>>>, dropped: &mut HandlesToDrop) {
    if let Some(handles) = handles.take().and_then(Rc::into_inner) {
        handles.into_iter().for_each(|handle| handle.take_apart(dropped));
    }
}

#[allow(private_interfaces, reason = "only this crate calls it")]
impl<T: Record> AnyRelation for Many<T> {
    fn mode(&self) -> Mode {
        self.mode
    }

    fn list(&self, items: &mut Vec<AnyEntity>) {
        items.extend(known(&self.items).iter().map(Entity::erase));
    }

    fn address(&self, at: usize) -> Option<usize> {
        known(&self.items).get(at).map(Entity::address)
    }

    fn gone(&self) -> Vec<AnyEntity> {
        erase(known(&self.gone))
    }

    fn visit(&self, visit: &mut dyn FnMut(&dyn AnyInstance)) {
        let all = known(&self.items).iter().chain(known(&self.gone)).chain(known(&self.shown));
        all.for_each(|item| visit(&*item.instance));
    }

    fn shown(&self) -> Option<Vec<AnyEntity>> {
        self.shown.as_ref().map(|shown| erase(shown))
    }

    fn set_shown(&mut self, items: Option<&[AnyEntity]>) {
        self.shown = items.map(|items| Rc::new(downcast(items)));
    }

    fn set_name(&mut self, name: &'static str) {
        self.name = name;
    }

    fn is_bare(&self) -> bool {
        known(&self.items).is_empty() && known(&self.gone).is_empty()
    }

    fn has_lost(&self) -> bool {
        !known(&self.gone).is_empty()
    }

    fn take_handles(&mut self, dropped: &mut HandlesToDrop) {
        take_unshared(&mut self.items, dropped);
        take_unshared(&mut self.gone, dropped);
        take_unshared(&mut self.shown, dropped);
    }

    fn holds(&self, item: &AnyEntity) -> bool {
        known(&self.items).iter().any(|known| known.address() == item.address())
    }

    fn set(&mut self, mode: Mode, items: &[AnyEntity], gone: &[AnyEntity]) {
        let (items, gone) = (shared(downcast(items)), shared(downcast(gone)));
        *self = Self { mode, items, gone, shown: None, name: self.name };
    }

    fn is_same(&self, other: &dyn AnyRelation) -> bool {
        // An unset relationship and an unloaded one count as equal.
        let quiet = |mode| matches!(mode, Mode::Unset | Mode::Unloaded);
        (self.mode == other.mode() || (quiet(self.mode) && quiet(other.mode())))
            && (known(&self.items).is_empty() && other.is_bare() || self.has_same_items(other))
            // The items of a known relationship already show what was removed.
            && (!quiet(self.mode) || !self.has_lost() && other.is_bare() || self.gone() == other.gone())
    }
}

#[allow(private_interfaces, reason = "only this crate calls it")]
impl<T: Record> AnyRelation for One<T> {
    fn mode(&self) -> Mode {
        self.mode
    }

    fn list(&self, items: &mut Vec<AnyEntity>) {
        items.extend(self.item.as_ref().map(Entity::erase));
    }

    fn address(&self, at: usize) -> Option<usize> {
        self.item.as_ref().filter(|_| at == 0).map(Entity::address)
    }

    fn gone(&self) -> Vec<AnyEntity> {
        erase(known(&self.gone))
    }

    fn visit(&self, visit: &mut dyn FnMut(&dyn AnyInstance)) {
        let shown = self.shown.as_deref().and_then(Option::as_ref);
        self.item.iter().chain(known(&self.gone)).chain(shown).for_each(|item| visit(&*item.instance));
    }

    fn shown(&self) -> Option<Vec<AnyEntity>> {
        self.shown.as_ref().map(|shown| shown.iter().map(Entity::erase).collect())
    }

    fn set_shown(&mut self, items: Option<&[AnyEntity]>) {
        self.shown = items.map(|items| Rc::new(items.first().and_then(AnyEntity::downcast)));
    }

    fn set_name(&mut self, name: &'static str) {
        self.name = name;
    }

    fn is_bare(&self) -> bool {
        self.item.is_none() && known(&self.gone).is_empty()
    }

    fn has_lost(&self) -> bool {
        !known(&self.gone).is_empty()
    }

    fn take_handles(&mut self, dropped: &mut HandlesToDrop) {
        let shown = self.shown.take().and_then(|shown| Rc::try_unwrap(shown).ok()).flatten();
        self.item.take().into_iter().chain(shown).for_each(|item| item.take_apart(dropped));
        take_unshared(&mut self.gone, dropped);
    }

    fn holds(&self, item: &AnyEntity) -> bool {
        self.item.as_ref().is_some_and(|known| known.address() == item.address())
    }

    fn set(&mut self, mode: Mode, items: &[AnyEntity], gone: &[AnyEntity]) {
        let item = items.first().and_then(AnyEntity::downcast);
        *self = Self { mode, item, gone: shared(downcast(gone)), shown: None, name: self.name };
    }

    fn is_same(&self, other: &dyn AnyRelation) -> bool {
        let quiet = |mode| matches!(mode, Mode::Unset | Mode::Unloaded);
        (self.mode == other.mode() || (quiet(self.mode) && quiet(other.mode())))
            && match &self.item {
                None => other.address(0).is_none(),
                Some(item) => other.holds(&item.erase()),
            }
    }
}
