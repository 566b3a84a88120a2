//! Relationships as a session sees them, which knows no models.

use std::rc::Rc;

use super::{Many, Mode, One, known, shared};
use crate::{
    Entity,
    entity::{AnyEntity, AnySlot, Dropped, Record},
};

/// A relationship of an object, whatever is on its other side.
#[doc(hidden)]
#[allow(private_interfaces, reason = "only this crate calls it")]
pub trait AnyRelation {
    fn mode(&self) -> Mode;
    /// Appends what is there; what was added where the rest is not known.
    fn list(&self, items: &mut Vec<AnyEntity>);
    /// Who is at a place of that list.
    fn address(&self, at: usize) -> Option<usize>;
    /// What was taken away where the rest is not known, or before it had a row.
    fn gone(&self) -> Vec<AnyEntity>;
    fn set(&mut self, mode: Mode, items: &[AnyEntity], gone: &[AnyEntity]);
    fn is_same(&self, other: &dyn AnyRelation) -> bool;
    fn holds(&self, item: &AnyEntity) -> bool;
    /// Tells it its name, which one that a plugin made does not know: an error names it.
    fn set_name(&mut self, name: &'static str);
    /// Whether it has nothing and lost nothing.
    fn is_bare(&self) -> bool;
    /// Whether there is something in [`gone`](Self::gone).
    fn has_lost(&self) -> bool;
    /// Calls with everything that it has, lost and shows.
    fn visit(&self, visit: &mut dyn FnMut(&dyn AnySlot));
    /// Takes the handles out that no other version of the owner has, to drop them elsewhere.
    fn take_handles(&mut self, dropped: &mut Dropped);
    /// What a load with a filter found, where the rest is not known.
    fn shown(&self) -> Option<Vec<AnyEntity>>;
    /// Shows this, and knows nothing else.
    fn set_shown(&mut self, items: Option<&[AnyEntity]>);

    /// What is there; what was added where the rest is not known.
    fn items(&self) -> Vec<AnyEntity> {
        let mut items = Vec::new();
        self.list(&mut items);
        items
    }

    /// Whether it has the same objects in the same order.
    fn has_same_items(&self, other: &dyn AnyRelation) -> bool {
        let mut places = (0..).map(|at| (self.address(at), other.address(at)));
        places.find(|(one, two)| one != two || one.is_none()).is_some_and(|(one, two)| one == two)
    }

    /// What can be read of it.
    fn visible(&self) -> Option<Vec<AnyEntity>> {
        match self.mode() {
            Mode::Loaded | Mode::Replaced => Some(self.items()),
            Mode::Unset | Mode::Unloaded => self.shown(),
        }
    }

    /// Some of its rows were read, with what was added and taken away since. The others are not known any more.
    fn show(&mut self, mut items: Vec<AnyEntity>) {
        if self.mode() == Mode::Unloaded {
            let (added, gone) = (self.items(), self.gone());
            items.retain(|item| !gone.contains(item) && !added.contains(item));
            items.extend(added);
        } else {
            self.set(Mode::Unloaded, &[], &[]);
        }
        self.set_shown(Some(&items));
    }

    /// An object that it shows went away.
    fn hide(&mut self, item: &AnyEntity) {
        if let Some(mut shown) = self.shown() {
            shown.retain(|shown| shown != item);
            self.set_shown(Some(&shown));
        }
    }

    /// What was read, with what was added and taken away since.
    fn load(&mut self, mut items: Vec<AnyEntity>) {
        if self.mode() == Mode::Unloaded {
            let (added, gone) = (self.items(), self.gone());
            items.retain(|item| !gone.contains(item) && !added.contains(item));
            items.extend(added);
        } else if self.mode() == Mode::Replaced {
            items = self.items();
        }
        self.set(Mode::Loaded, &items, &[]);
    }

    /// What another object of the model says, as far as it says anything, of `whom` its objects stand for.
    fn take_over(&mut self, other: &dyn AnyRelation, whom: &dyn Fn(&AnyEntity) -> AnyEntity) {
        let said: Vec<AnyEntity> = other.items().iter().map(whom).collect();
        match other.mode() {
            Mode::Unset => {}
            Mode::Loaded | Mode::Replaced => self.replace(&said),
            Mode::Unloaded => {
                let gone: Vec<AnyEntity> = other.gone().iter().map(whom).collect();
                let mut items = self.items();
                items.retain(|item| !gone.contains(item) && !said.contains(item));
                items.extend(said);
                let lost = if self.mode() == Mode::Unloaded { [self.gone(), gone].concat() } else { Vec::new() };
                self.set(self.mode(), &items, &lost);
            }
        }
    }

    /// Something else than what is there.
    fn replace(&mut self, items: &[AnyEntity]) {
        let mode = if matches!(self.mode(), Mode::Unloaded | Mode::Replaced) { Mode::Replaced } else { Mode::Loaded };
        self.set(mode, items, &[]);
    }

    /// Whether it says something that the row has by now.
    fn needs_settling(&self) -> bool {
        match self.mode() {
            Mode::Loaded => self.has_lost(),
            Mode::Unloaded => !self.is_bare(),
            Mode::Unset | Mode::Replaced => true,
        }
    }

    /// The row is written: what was said is so.
    fn settle(&mut self) {
        match self.mode() {
            Mode::Unloaded => {
                let shown = self.shown();
                self.set(Mode::Unloaded, &[], &[]);
                self.set_shown(shown.as_deref());
            }
            _ => self.set(Mode::Loaded, &self.items(), &[]),
        }
    }
}

/// The objects of one model.
fn downcast<T: Record>(items: &[AnyEntity]) -> Vec<Entity<T>> {
    items.iter().filter_map(AnyEntity::downcast).collect()
}

fn erase<T: Record>(items: &[Entity<T>]) -> Vec<AnyEntity> {
    items.iter().map(Entity::erase).collect()
}

/// Takes handles apart that are shared with no other version.
fn take_unshared<T: Record>(handles: &mut Option<Rc<Vec<Entity<T>>>>, dropped: &mut Dropped) {
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

    fn visit(&self, visit: &mut dyn FnMut(&dyn AnySlot)) {
        let all = known(&self.items).iter().chain(known(&self.gone)).chain(known(&self.shown));
        all.for_each(|item| visit(&*item.slot));
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

    fn take_handles(&mut self, dropped: &mut Dropped) {
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
        // What nobody set is what nobody knows.
        let quiet = |mode| matches!(mode, Mode::Unset | Mode::Unloaded);
        (self.mode == other.mode() || (quiet(self.mode) && quiet(other.mode())))
            && (known(&self.items).is_empty() && other.is_bare() || self.has_same_items(other))
            // What is known says by itself what is not there any more.
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

    fn visit(&self, visit: &mut dyn FnMut(&dyn AnySlot)) {
        let shown = self.shown.as_deref().and_then(Option::as_ref);
        self.item.iter().chain(known(&self.gone)).chain(shown).for_each(|item| visit(&*item.slot));
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

    fn take_handles(&mut self, dropped: &mut Dropped) {
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
