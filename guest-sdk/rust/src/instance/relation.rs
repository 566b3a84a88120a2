//! Relationships whose models are not known.

use super::{AnyEntity, AnyInstance, HandlesToDrop};

/// What is known of a relationship.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It was never set: a new object is related to nothing.
    Unset,
    /// It was not read.
    Unloaded,
    /// It was read, or said to be what it is.
    Loaded,
    /// It is said to be something else than what it is, which was not read.
    Replaced,
}

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
    fn visit(&self, visit: &mut dyn FnMut(&dyn AnyInstance));
    /// Takes the handles out that no other version of the owner has, to drop them elsewhere.
    fn take_handles(&mut self, dropped: &mut HandlesToDrop);
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
