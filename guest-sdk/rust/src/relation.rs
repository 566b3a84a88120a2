//! The relationships of an object: [`Many`] and [`One`], which record whether they were loaded, and never load anything by themselves. The
//! file is long as both have the same operations, which are changed together.

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
/// For a new object it is empty. For an object that was read it is *unloaded* until a query or a call loads it:
/// [`Query::with`](crate::session::EntityQuery::with), [`Session::load`](crate::Session::load). Objects can be added and removed without
/// loading it.
pub struct Many<T> {
    mode: Mode,
    /// Shared with other versions of the owner, and `None` if empty, as rows come by the thousand.
    items: Option<Rc<Vec<Entity<T>>>>,
    /// Objects that were removed while it was not loaded, or that had no row: a comparison of versions shows neither.
    gone: Option<Rc<Vec<Entity<T>>>>,
    /// The objects that a filtered load found, while the rest is not loaded.
    shown: Option<Rc<Vec<Entity<T>>>>,
    name: &'static str,
}

/// The object on the other side of a many-to-one or one-to-one relationship, or nothing.
///
/// For a new object it is `None`. For an object that was read it is *unloaded* until it is loaded, as a [`Many`] is. It can be set without
/// loading it.
pub struct One<T> {
    mode: Mode,
    item: Option<Entity<T>>,
    /// Objects that were replaced since the last flush.
    gone: Option<Rc<Vec<Entity<T>>>>,
    /// The result of a filtered load, while the object itself is not loaded.
    shown: Option<Rc<Option<Entity<T>>>>,
    name: &'static str,
}

/// Returns the shared items; none if there are none.
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

/// Equal if both hold the same objects in the same load state.
impl<T> PartialEq for Many<T> {
    fn eq(&self, other: &Self) -> bool {
        self.mode == other.mode
            && known(&self.items) == known(&other.items)
            && known(&self.gone) == known(&other.gone)
            && self.shown == other.shown
    }
}

/// Equal if both hold the same object in the same load state.
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
    /// Returns the relationship of a row that was read: not loaded.
    #[doc(hidden)]
    pub fn unloaded(name: &'static str) -> Self {
        Self { mode: Mode::Unloaded, name, ..Self::default() }
    }

    /// Returns the objects.
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

    /// Returns the objects as handles that can be edited.
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

    /// Removes an object from the relationship. The object itself stays unchanged.
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

    /// Replaces all objects by others. If a filtered load read it, only the objects that it shows are replaced.
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
    /// Whether the objects are loaded, or those of a filtered load.
    pub fn is_loaded(&self) -> bool {
        self.mode != Mode::Unloaded || self.shown.is_some()
    }

    /// Whether a filtered load read it: there may be more objects than it shows.
    pub fn is_filtered(&self) -> bool {
        self.shown.is_some()
    }
}

/// Items that are available without a load, which no relationship's items are.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a relationship is no list: it may not be loaded",
    label = "write `.get()?` behind it",
    note = "`for device in user.devices.get()? {{ … }}`, or `user.devices.handles()?` for handles that can be edited"
)]
pub trait AlwaysLoaded {}

/// The items of a relationship, for [`AlwaysLoaded`]: the compiler shows the trait's message only if the bound is on another type than the
/// iterator itself.
#[doc(hidden)]
pub struct Items<T>(PhantomData<fn() -> T>);

/// Never applies: it exists for the compiler's message at a loop.
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

/// Never applies: it exists for the compiler's message at a loop.
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
    /// Returns the relationship of a row that was read: not loaded.
    #[doc(hidden)]
    pub fn unloaded(name: &'static str) -> Self {
        Self { mode: Mode::Unloaded, name, ..Self::default() }
    }

    /// Returns the object, or `None`.
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

    /// Sets the object.
    pub fn set(&mut self, item: impl Into<Entity<T>>) {
        self.put(Some(item.into()));
    }

    /// Sets no object.
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
    /// Whether the object is loaded, or the result of a filtered load is.
    pub fn is_loaded(&self) -> bool {
        self.mode != Mode::Unloaded || self.shown.is_some()
    }

    /// Whether a filtered load read it: if it has no object, the filter may exclude an existing one.
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

/// Declares a relationship to a model. The derive generates calls of this.
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

/// Returns the relationships that a model declares.
#[doc(hidden)]
pub fn relate<M: Model>() -> Vec<Relationship> {
    M::relations().into_iter().map(|declared| declared.relationship).collect()
}

/// Returns the relationships that some models declare.
#[doc(hidden)]
pub fn relationships<const N: usize>(models: [fn() -> Vec<Relationship>; N]) -> Vec<Relationship> {
    models.into_iter().flat_map(|relate| relate()).collect()
}

/// A relationship of a model: `User::DEVICES`. It is an argument of [`EntityQuery::with`](crate::session::EntityQuery::with) and
/// [`Session::load`](crate::Session::load).
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
    /// Returns the relationship of this name. The derive generates calls of this.
    #[doc(hidden)]
    pub const fn new(name: &'static str, position: usize) -> Self {
        Self { name, position, of: PhantomData }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.name
    }
}
