//! What an object is related to: [`Many`] and [`One`], which know whether they were loaded, and never load anything by
//! themselves. It is long: both have the same operations, which are changed together.

mod any;
mod load;
mod related;

use std::{fmt, marker::PhantomData, rc::Rc};

use rustc_hash::FxHashSet;

pub(crate) use self::load::{LoadNode, Nested};
pub use self::related::{Load, Loads, Related};
use crate::{
    Error, Result,
    entity::{Entity, mapper},
    error::Unloaded,
    model::{Model, Record},
    schema::{Relationship, Table},
};
pub use crate::{
    instance::{AnyRelation, Mode},
    mapping::{Cascades, RelationshipDeclaration},
};

/// The objects on the other side of a one-to-many or many-to-many relationship.
///
/// Of a new object it is empty. Of an object that was read it is *unloaded* until a query or a call loads it:
/// [`Query::with`](crate::session::EntityQuery::with), [`Session::load`](crate::Session::load). To add objects and to remove
/// them it need not be loaded.
pub struct Many<T> {
    mode: Mode,
    /// Shared with other versions of the owner, and nothing where there are none: rows come by the thousand.
    items: Option<Rc<Vec<Entity<T>>>>,
    /// What was taken away of what is not known, or before it had a row: neither is seen by comparing.
    gone: Option<Rc<Vec<Entity<T>>>>,
    /// What a load with a filter found, while the rest is not known.
    shown: Option<Rc<Vec<Entity<T>>>>,
    name: &'static str,
}

/// The object on the other side of a many-to-one or one-to-one relationship, or nothing.
///
/// Of a new object it is nothing. Of an object that was read it is *unloaded* until it is loaded, as a [`Many`] is. To
/// set it, it need not be loaded.
pub struct One<T> {
    mode: Mode,
    item: Option<Entity<T>>,
    /// What was there since the last flush and is not any more.
    gone: Option<Rc<Vec<Entity<T>>>>,
    /// What a load with a filter found, while the object itself is not known.
    shown: Option<Rc<Option<Entity<T>>>>,
    name: &'static str,
}

/// What is shared, or nothing.
fn known<T>(items: &Option<Rc<Vec<T>>>) -> &[T] {
    items.as_ref().map_or(&[], |items| items.as_slice())
}

fn shared<T>(items: Vec<T>) -> Option<Rc<Vec<T>>> {
    (!items.is_empty()).then(|| Rc::new(items))
}

impl<T> Clone for Many<T> {
    fn clone(&self) -> Self {
        Self {
            mode: self.mode,
            items: self.items.clone(),
            gone: self.gone.clone(),
            shown: self.shown.clone(),
            name: self.name,
        }
    }
}

impl<T> Clone for One<T> {
    fn clone(&self) -> Self {
        Self {
            mode: self.mode,
            item: self.item.clone(),
            gone: self.gone.clone(),
            shown: self.shown.clone(),
            name: self.name,
        }
    }
}

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self { mode: Mode::Unset, items: None, gone: None, shown: None, name: "" }
    }
}

impl<T> Default for One<T> {
    fn default() -> Self {
        Self { mode: Mode::Unset, item: None, gone: None, shown: None, name: "" }
    }
}

/// The same objects, as far as both are known.
impl<T> PartialEq for Many<T> {
    fn eq(&self, other: &Self) -> bool {
        self.mode == other.mode
            && known(&self.items) == known(&other.items)
            && known(&self.gone) == known(&other.gone)
            && self.shown == other.shown
    }
}

/// The same object, as far as both are known.
impl<T> PartialEq for One<T> {
    fn eq(&self, other: &Self) -> bool {
        self.mode == other.mode && self.item == other.item && self.shown == other.shown
    }
}

impl<T> fmt::Debug for Many<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_loaded(), &self.shown) {
            (false, _) => f.write_str("Many(unloaded)"),
            (true, Some(shown)) => write!(f, "Many({})", shown.len()),
            (true, None) => write!(f, "Many({})", known(&self.items).len()),
        }
    }
}

impl<T> fmt::Debug for One<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_loaded(), self.shown.as_deref().unwrap_or(&self.item)) {
            (false, _) => f.write_str("One(unloaded)"),
            (true, None) => f.write_str("One(nothing)"),
            (true, Some(_)) => f.write_str("One"),
        }
    }
}

fn unloaded<T: Model>(name: &'static str) -> Error {
    Error::Unloaded(Unloaded { relation: name, target: T::TABLE })
}

impl<T: Record> Many<T> {
    /// What a row has that was read: the objects are not known.
    #[doc(hidden)]
    pub fn unloaded(name: &'static str) -> Self {
        Self { mode: Mode::Unloaded, name, ..Self::default() }
    }

    /// The objects.
    ///
    /// # Errors
    /// [`Error::Unloaded`] where they are not loaded.
    pub fn get(&self) -> Result<&[Entity<T>]> {
        match &self.shown {
            Some(shown) => Ok(shown),
            None if self.is_loaded() => Ok(known(&self.items)),
            None => Err(unloaded::<T>(self.name)),
        }
    }

    /// The objects as handles that can be edited.
    ///
    /// # Errors
    /// [`Error::Unloaded`] where they are not loaded.
    pub fn handles(&self) -> Result<Vec<Entity<T>>> {
        self.get().map(<[_]>::to_vec)
    }

    /// Adds an object.
    pub fn push(&mut self, item: impl Into<Entity<T>>) {
        let item = item.into();
        if self.mode == Mode::Unset {
            self.mode = Mode::Loaded;
        }
        if let Some(gone) = &mut self.gone {
            Rc::make_mut(gone).retain(|gone| !gone.is(&item));
        }
        if let Some(shown) = &mut self.shown
            && !shown.iter().any(|shown| shown.is(&item))
        {
            Rc::make_mut(shown).push(item.clone());
        }
        if !known(&self.items).iter().any(|known| known.is(&item)) {
            item.come_back();
            Rc::make_mut(self.items.get_or_insert_default()).push(item);
        }
    }

    /// Takes an object away; it stays what it is otherwise.
    pub fn remove(&mut self, item: &Entity<T>) {
        let held = known(&self.items).len();
        for list in [&mut self.items, &mut self.shown].into_iter().flatten() {
            Rc::make_mut(list).retain(|known| !known.is(item));
        }
        let is_lost = known(&self.items).len() < held && !item.has_row();
        if (is_lost || self.mode == Mode::Unloaded) && !known(&self.gone).iter().any(|gone| gone.is(item)) {
            Rc::make_mut(self.gone.get_or_insert_default()).push(item.clone());
        }
    }

    /// Takes all objects away and puts others in their place. Where a load with a filter read it, those that it shows are taken
    /// away and no others.
    pub fn set<I: Into<Entity<T>>>(&mut self, items: impl IntoIterator<Item = I>) {
        if let Some(shown) = self.shown.clone() {
            let items: Vec<Entity<T>> = items.into_iter().map(Into::into).collect();
            shown.iter().filter(|shown| !items.iter().any(|item| item.is(shown))).for_each(|gone| self.remove(gone));
            items.iter().filter(|item| !shown.iter().any(|shown| shown.is(item))).for_each(|item| self.push(item));
            self.shown = Some(Rc::new(items));
            return;
        }
        self.mode = if matches!(self.mode, Mode::Unloaded | Mode::Replaced) { Mode::Replaced } else { Mode::Loaded };
        let items: Vec<Entity<T>> = items.into_iter().map(Into::into).collect();
        let before: FxHashSet<usize> = known(&self.items).iter().map(Entity::address).collect();
        let now: FxHashSet<usize> = items.iter().map(Entity::address).collect();
        items.iter().filter(|item| !before.contains(&item.address())).for_each(Entity::come_back);
        let all = known(&self.gone).iter().chain(known(&self.items));
        let is_lost = |item: &&Entity<T>| !item.has_row() && !now.contains(&item.address());
        self.gone = shared(all.filter(is_lost).cloned().collect());
        self.items = shared(items);
    }
}

impl<T> Many<T> {
    /// Whether the objects are known, or those that a load with a filter asked for.
    pub fn is_loaded(&self) -> bool {
        self.mode != Mode::Unloaded || self.shown.is_some()
    }

    /// Whether a load with a filter read it: there may be more of them than it shows.
    pub fn is_filtered(&self) -> bool {
        self.shown.is_some()
    }
}

/// What no relationship's items are: there, whether or not they were loaded.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a relationship is no list: it may not be loaded",
    label = "write `.get()?` behind it",
    note = "`for device in user.devices.get()? {{ … }}`, or `user.devices.handles()?` for handles that can be edited"
)]
pub trait AlwaysLoaded {}

/// The items of a relationship, for [`AlwaysLoaded`]: the compiler tells what is missing of another type than the one that it was
/// asked for.
#[doc(hidden)]
pub struct Items<T>(PhantomData<fn() -> T>);

/// Never: it is there for what the compiler says to a loop.
#[doc(hidden)]
impl<T> Iterator for Many<T>
where
    Items<T>: AlwaysLoaded,
{
    type Item = Entity<T>;

    fn next(&mut self) -> Option<Entity<T>> {
        None
    }
}

/// Never: it is there for what the compiler says to a loop.
#[doc(hidden)]
impl<T> Iterator for &Many<T>
where
    Items<T>: AlwaysLoaded,
{
    type Item = Entity<T>;

    fn next(&mut self) -> Option<Entity<T>> {
        None
    }
}

impl<T: Record, I: Into<Entity<T>>> FromIterator<I> for Many<T> {
    fn from_iter<A: IntoIterator<Item = I>>(items: A) -> Self {
        let items: Vec<Entity<T>> = items.into_iter().map(Into::into).collect();
        items.iter().for_each(Entity::come_back);
        Self { mode: Mode::Loaded, items: shared(items), ..Self::default() }
    }
}

impl<T: Record, I: Into<Entity<T>>, const N: usize> From<[I; N]> for Many<T> {
    fn from(items: [I; N]) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Record, I: Into<Entity<T>>> From<Vec<I>> for Many<T> {
    fn from(items: Vec<I>) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Record> One<T> {
    /// What a row has that was read: the object is not known.
    #[doc(hidden)]
    pub fn unloaded(name: &'static str) -> Self {
        Self { mode: Mode::Unloaded, name, ..Self::default() }
    }

    /// The object, or nothing.
    ///
    /// # Errors
    /// [`Error::Unloaded`] where it is not loaded.
    pub fn get(&self) -> Result<Option<&Entity<T>>> {
        match &self.shown {
            Some(shown) => Ok(shown.as_ref().as_ref()),
            None if self.is_loaded() => Ok(self.item.as_ref()),
            None => Err(unloaded::<T>(self.name)),
        }
    }

    /// Another object takes its place.
    pub fn set(&mut self, item: impl Into<Entity<T>>) {
        self.put(Some(item.into()));
    }

    /// Nothing takes its place.
    pub fn clear(&mut self) {
        self.put(None);
    }

    fn put(&mut self, item: Option<Entity<T>>) {
        self.mode = if matches!(self.mode, Mode::Unloaded | Mode::Replaced) { Mode::Replaced } else { Mode::Loaded };
        self.shown = None;
        if self.item == item {
            return;
        }
        if let Some(item) = &item {
            item.come_back();
            if let Some(gone) = &mut self.gone {
                Rc::make_mut(gone).retain(|gone| gone != item);
            }
        }
        if let Some(before) = std::mem::replace(&mut self.item, item) {
            Rc::make_mut(self.gone.get_or_insert_default()).push(before);
        }
    }
}

impl<T> One<T> {
    /// Whether the object is known, or whether it is one that a load with a filter asked for.
    pub fn is_loaded(&self) -> bool {
        self.mode != Mode::Unloaded || self.shown.is_some()
    }

    /// Whether a load with a filter read it: nothing there may be something that the filter leaves out.
    pub fn is_filtered(&self) -> bool {
        self.shown.is_some()
    }
}

impl<T: Record> From<Entity<T>> for One<T> {
    fn from(item: Entity<T>) -> Self {
        item.come_back();
        Self { mode: Mode::Loaded, item: Some(item), ..Self::default() }
    }
}

impl<T: Record> From<T> for One<T> {
    fn from(model: T) -> Self {
        Entity::new(model).into()
    }
}

impl<T: Record> From<&Entity<T>> for One<T> {
    fn from(item: &Entity<T>) -> Self {
        item.clone().into()
    }
}

/// A relationship to a model. The derive writes these.
#[doc(hidden)]
pub fn relation<T: Record>(
    relationship: Relationship,
    secondary: Option<fn() -> Table>,
    field: &'static str,
    cascades: Cascades,
    passive_updates: bool,
) -> RelationshipDeclaration {
    RelationshipDeclaration {
        relationship,
        target: mapper::<T>,
        target_table: T::table,
        secondary,
        field,
        cascades,
        passive_updates,
    }
}

/// What a model declares of its relationships.
#[doc(hidden)]
pub fn relate<M: Model>() -> Vec<Relationship> {
    M::relations().into_iter().map(|declared| declared.relationship).collect()
}

/// What some models declare of their relationships.
#[doc(hidden)]
pub fn relationships<const N: usize>(models: [fn() -> Vec<Relationship>; N]) -> Vec<Relationship> {
    models.into_iter().flat_map(|relate| relate()).collect()
}

/// A relationship of a model: `User::DEVICES`. What [`EntityQuery::with`](crate::session::EntityQuery::with) and
/// [`Session::load`](crate::Session::load) take.
pub struct Relation<M, T> {
    pub(crate) name: &'static str,
    pub(crate) position: usize,
    of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Clone for Relation<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Relation<M, T> {}

impl<M, T> Relation<M, T> {
    /// The relationship of this name. The derive makes these.
    #[doc(hidden)]
    pub const fn new(name: &'static str, position: usize) -> Self {
        Self { name, position, of: PhantomData }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.name
    }
}
