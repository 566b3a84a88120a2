//! Type-erased relationships.

use super::{AnyEntity, AnyInstance, HandlesToDrop};

/// The load state of a relationship.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Never set: a new object has no related objects.
    Unset,
    /// Not loaded.
    Unloaded,
    /// Loaded, or assigned while all of its objects were known.
    Loaded,
    /// Assigned, while its stored objects were not loaded.
    Replaced,
}

/// A relationship of an object, with any model on its other side.
#[doc(hidden)]
#[allow(private_interfaces, reason = "only this crate calls it")]
pub trait AnyRelation {
    fn mode(&self) -> Mode;
    /// Appends its objects; only the added ones if it is not loaded.
    fn list(&self, items: &mut Vec<AnyEntity>);
    /// Returns the address of the object at an index of that list.
    fn address(&self, at: usize) -> Option<usize>;
    /// Returns objects that were removed while it was not loaded, or before they had a row.
    fn gone(&self) -> Vec<AnyEntity>;
    fn set(&mut self, mode: Mode, items: &[AnyEntity], gone: &[AnyEntity]);
    fn is_same(&self, other: &dyn AnyRelation) -> bool;
    fn holds(&self, item: &AnyEntity) -> bool;
    /// Sets its name for error messages, which a relationship that a plugin made lacks.
    fn set_name(&mut self, name: &'static str);
    /// Whether it has no objects and no removed ones.
    fn is_bare(&self) -> bool;
    /// Whether [`gone`](Self::gone) returns any objects.
    fn has_lost(&self) -> bool;
    /// Calls `visit` with its current, removed and shown objects.
    fn visit(&self, visit: &mut dyn FnMut(&dyn AnyInstance));
    /// Moves out the handles that no other version of the owner has, to drop them elsewhere.
    fn take_handles(&mut self, dropped: &mut HandlesToDrop);
    /// Returns the objects that a filtered load found, if the rest is not loaded.
    fn shown(&self) -> Option<Vec<AnyEntity>>;
    /// Sets the objects of a filtered load.
    fn set_shown(&mut self, items: Option<&[AnyEntity]>);

    /// Returns its objects; only the added ones if it is not loaded.
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

    /// Returns the objects that a caller can read.
    fn visible(&self) -> Option<Vec<AnyEntity>> {
        match self.mode() {
            Mode::Loaded | Mode::Replaced => Some(self.items()),
            Mode::Unset | Mode::Unloaded => self.shown(),
        }
    }

    /// Shows the objects of a filtered load, with those added and without those removed since. All others become unloaded.
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

    /// Removes an object from those that it shows.
    fn hide(&mut self, item: &AnyEntity) {
        if let Some(mut shown) = self.shown() {
            shown.retain(|shown| shown != item);
            self.set_shown(Some(&shown));
        }
    }

    /// Sets the loaded objects, with those added and without those removed since.
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

    /// Merges the relationship of another object of the model, if it was set. `whom` maps its objects to those to relate.
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

    /// Replaces its objects.
    fn replace(&mut self, items: &[AnyEntity]) {
        let mode = if matches!(self.mode(), Mode::Unloaded | Mode::Replaced) { Mode::Replaced } else { Mode::Loaded };
        self.set(mode, items, &[]);
    }

    /// Whether it has changes to settle once the row is written.
    fn needs_settling(&self) -> bool {
        match self.mode() {
            Mode::Loaded => self.has_lost(),
            Mode::Unloaded => !self.is_bare(),
            Mode::Unset | Mode::Replaced => true,
        }
    }

    /// Settles its changes, as the row is written.
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
