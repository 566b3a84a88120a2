//! Objects and their related objects, as the list writes them.

use serde_json::{Map, Value as Json, json};
use sqlservice_sdk::{
    Entity, Error, Many, One, Related, Result, Session, Value, entity::Record, relation::Loads, session::EntityQuery,
};

use crate::{
    change::cell,
    model::{Account, Device, DeviceTag, Kind, Tag, User},
    table::{SetField, Table},
    value,
};

/// A model whose relationships are found by their names.
#[allow(async_fn_in_trait, reason = "guests have one thread")]
pub trait Graph: Table {
    /// Relates a new row to new objects.
    fn relate(&mut self, relationship: &str, json: &Json) -> Result<()>;
    /// What a row is related to, and what of that the tree names.
    fn related(&self, relationship: &str, tree: &Json) -> Result<Json>;
    /// Loads a relationship, and what the tree names, with whatever has rows of the model.
    fn load<W: With<Self>>(onto: W, relationship: &str, tree: &Json) -> Result<W>;
    /// Relates an object to new ones, and to some of these keys no more.
    async fn change(
        this: &mut Entity<Self>,
        session: &Session,
        relationship: &str,
        add: &Json,
        remove: &Json,
    ) -> Result<()>;
}

/// Types that loads can be added to.
pub trait With<M>: Sized {
    /// Loads something as well.
    fn with_load(self, load: impl Loads<M>) -> Self;
}

impl<M: Record> With<M> for EntityQuery<'_, M> {
    fn with_load(self, load: impl Loads<M>) -> Self {
        self.with(load)
    }
}

impl<O: Record, M: Record> With<M> for Related<O, M> {
    fn with_load(self, load: impl Loads<M>) -> Self {
        self.with(load)
    }
}

/// A field that holds related objects.
pub trait Side<T> {
    /// Holds new objects.
    fn fill(&mut self, json: &Json) -> Result<()>;
    /// The objects.
    fn tell(&self, tree: &Json) -> Result<Json>;
    /// Holds one more, or no other one.
    fn put(&mut self, object: Entity<T>);
    /// Holds one less, or none.
    fn take(&mut self, object: &Entity<T>);
}

impl<T: Graph> Side<T> for Many<T> {
    fn fill(&mut self, json: &Json) -> Result<()> {
        self.set(json.as_array().into_iter().flatten().map(object).collect::<Result<Vec<Entity<T>>>>()?);
        Ok(())
    }

    fn tell(&self, tree: &Json) -> Result<Json> {
        self.get()?.iter().map(|object| tell(object, tree)).collect::<Result<Vec<_>>>().map(Json::Array)
    }

    fn put(&mut self, object: Entity<T>) {
        self.push(object);
    }

    fn take(&mut self, object: &Entity<T>) {
        self.remove(object);
    }
}

impl<T: Graph> Side<T> for One<T> {
    fn fill(&mut self, json: &Json) -> Result<()> {
        if !json.is_null() {
            self.set(object::<T>(json)?);
        }
        Ok(())
    }

    fn tell(&self, tree: &Json) -> Result<Json> {
        self.get()?.map_or(Ok(Json::Null), |object| tell(object, tree))
    }

    fn put(&mut self, object: Entity<T>) {
        self.set(object);
    }

    fn take(&mut self, _: &Entity<T>) {
        self.clear();
    }
}

fn no_relationship<M: Table>(name: &str) -> Error {
    Error::other(format!("{:?} has no relationship {name:?}", M::TABLE))
}

/// Writes [`Graph`]: the relationships of each model, with their constants and the model on the other side.
macro_rules! graphs {
    ($($model:ident { $($field:ident $constant:ident $target:ident),* })*) => {$(
        #[allow(unused_variables, reason = "a model may have no relationships")]
        impl Graph for $model {
            fn relate(&mut self, relationship: &str, json: &Json) -> Result<()> {
                match relationship {
                    $(stringify!($field) => self.$field.fill(json),)*
                    _ => Err(no_relationship::<Self>(relationship)),
                }
            }

            fn related(&self, relationship: &str, tree: &Json) -> Result<Json> {
                match relationship {
                    $(stringify!($field) => self.$field.tell(tree),)*
                    _ => Err(no_relationship::<Self>(relationship)),
                }
            }

            fn load<W: With<Self>>(onto: W, relationship: &str, tree: &Json) -> Result<W> {
                match relationship {
                    $(stringify!($field) => {
                        Ok(onto.with_load(loads(Related::<Self, $target>::from($model::$constant), tree)?))
                    })*
                    _ => Err(no_relationship::<Self>(relationship)),
                }
            }

            async fn change(
                this: &mut Entity<Self>,
                session: &Session,
                relationship: &str,
                add: &Json,
                remove: &Json,
            ) -> Result<()> {
                match relationship {
                    $(stringify!($field) => {
                        for key in remove.as_array().into_iter().flatten() {
                            let object = session.get_one::<$target>(self::key(key)?).await?;
                            this.edit().$field.take(&object);
                        }
                        for new in add.as_array().into_iter().flatten() {
                            this.edit().$field.put(object::<$target>(new)?);
                        }
                        Ok(())
                    })*
                    _ => Err(no_relationship::<Self>(relationship)),
                }
            }
        }
    )*};
}

graphs! {
    User { devices DEVICES Device }
    Device { user USER User, tags TAGS Tag }
    Tag {}
    DeviceTag {}
    Account {}
    Kind {}
}

/// Loads all that a tree names.
pub fn loads<M: Graph, W: With<M>>(mut onto: W, tree: &Json) -> Result<W> {
    for (relationship, tree) in tree.as_object().into_iter().flatten() {
        onto = M::load(onto, relationship, tree)?;
    }
    Ok(onto)
}

/// A primary key of one column.
pub fn key(json: &Json) -> Result<Value> {
    value::scalar(json).map(Value::Scalar)
}

/// A new object and those related to it.
pub fn object<M: Graph>(json: &Json) -> Result<Entity<M>> {
    let mut model = M::initial();
    for (name, value) in json.as_object().into_iter().flatten() {
        if M::COLUMNS.contains(&name.as_str()) {
            M::column(name, SetField { row: &mut model, value })?;
        } else {
            model.relate(name, value)?;
        }
    }
    Ok(Entity::new(model))
}

/// An object with its columns, and the relationships that a tree names.
pub fn tell<M: Graph>(object: &Entity<M>, tree: &Json) -> Result<Json> {
    let columns = M::COLUMNS.iter().map(|&name| Ok((name.to_owned(), cell::<M>(object, name)?)));
    let mut told = columns.collect::<Result<Map<String, Json>>>()?;
    for (relationship, tree) in tree.as_object().into_iter().flatten() {
        told.insert(relationship.clone(), object.related(relationship, tree)?);
    }
    Ok(told.into())
}

/// Which relationships an object that the list wrote says something of, as a tree of names: what has no form of a value.
pub fn said(json: &Json) -> Json {
    let is_related = |value: &Json| value.is_array() || value.is_object() && value::scalar(value).is_err();
    let related = json.as_object().into_iter().flatten().filter(|(_, value)| is_related(value));
    let inner = related.map(|(name, value)| {
        let objects = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        (name.clone(), objects.iter().map(said).fold(json!({}), merged))
    });
    Json::Object(inner.collect())
}

/// Names of two trees as one.
fn merged(mut one: Json, other: Json) -> Json {
    if let (Json::Object(one), Json::Object(other)) = (&mut one, other) {
        for (name, tree) in other {
            let before = one.remove(&name).unwrap_or_else(|| json!({}));
            one.insert(name, merged(before, tree));
        }
    }
    one
}

/// The tree of paths like `devices.tags`.
pub fn tree(paths: &[String]) -> Json {
    let path = |path: &String| path.rsplit('.').fold(json!({}), |inner, name| json!({name: inner}));
    paths.iter().map(path).fold(json!({}), merged)
}
