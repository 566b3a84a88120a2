//! Objects as plain data: their loaded columns, and those of their loaded related objects.

use std::{collections::BTreeSet, fmt};

use crate::{
    Entity,
    entity::{AnyEntity, Record},
    relation::AnyRelation,
    value::{Value, deferred::is_unloaded},
};

/// The parts of an object that [`Entity::to_dict_with`] includes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DictOptions {
    /// Columns only.
    pub exclude_relationships: bool,
    /// The relationships of related objects, too, as far as they are loaded.
    pub include_nested_relationships: bool,
}

/// An object as data: names and values in the order of the fields, columns first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dict(pub Vec<(&'static str, DictValue)>);

/// The value of a name in a [`Dict`].
#[derive(Clone, Debug, PartialEq)]
pub enum DictValue {
    /// A column's value.
    Column(Value),
    /// A related object, or none.
    One(Option<Dict>),
    /// Related objects.
    Many(Vec<Dict>),
}

impl Dict {
    /// Returns the value of a name.
    pub fn get(&self, name: &str) -> Option<&DictValue> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

impl<M: Record> Entity<M> {
    /// Returns its columns, and those of its loaded related objects; nothing is read. With this crate's feature `serde_json`, the
    /// result serializes: `serde_json::to_string(&user.to_dict())`.
    pub fn to_dict(&self) -> Dict {
        self.to_dict_with(DictOptions::default())
    }

    /// Like `to_dict`, with more or fewer related objects.
    ///
    /// A reference back to an object on the path to it is left out. In a list, and where an object was included elsewhere, only its
    /// columns are included.
    pub fn to_dict_with(&self, options: DictOptions) -> Dict {
        to_dict(&self.erase(), options, &mut DictWalk::default())
    }
}

/// Returns the loaded columns of an object.
fn columns(object: &AnyEntity) -> Dict {
    let mapper = object.0.mapper();
    let value = |(at, name): (usize, &&'static str)| (*name, object.0.value(at));
    let known = mapper.fields.iter().enumerate().map(value).filter(|(_, value)| !is_unloaded(value));
    Dict(known.map(|(name, value)| (name, DictValue::Column(value))).collect())
}

/// The greatest depth of related objects. A circular graph ends at objects that were included before, a long chain at this depth.
const DEPTH: usize = 64;

/// The objects that were included so far, each once: a graph may have more paths through it than memory holds.
#[derive(Default)]
struct DictWalk {
    all: BTreeSet<usize>,
    /// The path from the first object to the current one.
    path: Vec<usize>,
}

fn to_dict(object: &AnyEntity, options: DictOptions, walk: &mut DictWalk) -> Dict {
    walk.all.insert(object.address());
    let mut dict = columns(object);
    let depth = walk.path.len();
    let tells_more = depth == 0 || options.include_nested_relationships;
    if tells_more && !options.exclude_relationships && depth <= DEPTH {
        walk.path.push(object.address());
        relationships(object, options, walk, &mut dict);
        walk.path.pop();
    }
    dict
}

fn relationships(object: &AnyEntity, options: DictOptions, walk: &mut DictWalk, dict: &mut Dict) {
    let mapper = object.0.mapper();
    for (at, relation) in mapper.relations.iter().enumerate() {
        let mut found = None;
        object.0.with_relation(at, &mut |now: &dyn AnyRelation, _| {
            found = now.visible();
        });
        let Some(items) = found else { continue };
        let value = if relation.collection {
            DictValue::Many(items.iter().map(|item| nested_dict(item, options, walk)).collect())
        } else {
            match items.first() {
                None => DictValue::One(None),
                Some(item) if walk.path.contains(&item.address()) => continue,
                Some(item) => DictValue::One(Some(nested_dict(item, options, walk))),
            }
        };
        dict.0.push((relation.field, value));
    }
}

/// Returns an object, or only its columns if it was included already.
fn nested_dict(object: &AnyEntity, options: DictOptions, walk: &mut DictWalk) -> Dict {
    if walk.all.contains(&object.address()) { columns(object) } else { to_dict(object, options, walk) }
}

/// Names and values in readable form.
impl fmt::Display for Dict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (name, value) in &self.0 {
            match value {
                DictValue::Column(value) => map.entry(name, &crate::value::Shown(value)),
                DictValue::One(None) => map.entry(name, &format_args!("null")),
                DictValue::One(Some(dict)) => map.entry(name, &format_args!("{dict}")),
                DictValue::Many(dicts) => {
                    let dicts: Vec<String> = dicts.iter().map(ToString::to_string).collect();
                    map.entry(name, &format_args!("[{}]", dicts.join(", ")))
                }
            };
        }
        map.finish()
    }
}

#[cfg(feature = "serde_json")]
mod json {
    //! Dictionaries through serde: decimals as texts, so that no digit is lost; JSON documents as the values that they contain.

    use serde::{
        Serialize, Serializer,
        ser::{SerializeMap as _, SerializeSeq as _},
    };

    use super::{Dict, DictValue, Value};
    use crate::value::{Date, Interval, Scalar, Time, Timestamp, TimestampTz, Uuid};

    impl Serialize for Dict {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(self.0.len()))?;
            for (name, value) in &self.0 {
                map.serialize_entry(name, value)?;
            }
            map.end()
        }
    }

    impl Serialize for DictValue {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Column(value) => Cell(value).serialize(serializer),
                Self::One(dict) => dict.serialize(serializer),
                Self::Many(dicts) => dicts.serialize(serializer),
            }
        }
    }

    struct Cell<'a>(&'a Value);

    impl Serialize for Cell<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                Value::Scalar(scalar) => One(scalar).serialize(serializer),
                Value::Array(array) => {
                    let mut list = serializer.serialize_seq(Some(array.items.len()))?;
                    for item in &array.items {
                        list.serialize_element(&One(item))?;
                    }
                    list.end()
                }
            }
        }
    }

    struct One<'a>(&'a Scalar);

    impl Serialize for One<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                Scalar::Null => serializer.serialize_none(),
                Scalar::Boolean(value) => serializer.serialize_bool(*value),
                Scalar::Integer(value) => serializer.serialize_i64(*value),
                Scalar::Unsigned(value) => serializer.serialize_u64(*value),
                Scalar::Float(value) => serializer.serialize_f64(*value),
                Scalar::Decimal(text) | Scalar::Text(text) => serializer.serialize_str(text),
                Scalar::Json(text) => match serde_json::from_str::<serde_json::Value>(text) {
                    Ok(document) => document.serialize(serializer),
                    Err(_) => serializer.serialize_str(text),
                },
                Scalar::Bytes(bytes) => serializer.serialize_bytes(bytes),
                Scalar::Uuid((high, low)) => serializer.collect_str(&Uuid::from_u64_pair(*high, *low)),
                Scalar::Date(days) => serializer.collect_str(&Date::from_days(*days)),
                Scalar::Time(time) => serializer.collect_str(&Time::from_microseconds(*time)),
                Scalar::Timestamp(moment) => serializer.collect_str(&Timestamp::from_microseconds(*moment)),
                Scalar::TimestampTz(moment) => serializer.collect_str(&TimestampTz::from_microseconds(*moment)),
                Scalar::Interval(Interval { months, days, microseconds }) => {
                    let mut map = serializer.serialize_map(Some(3))?;
                    map.serialize_entry("months", months)?;
                    map.serialize_entry("days", days)?;
                    map.serialize_entry("microseconds", microseconds)?;
                    map.end()
                }
                other => serializer.collect_str(&format_args!("{other:?}")),
            }
        }
    }
}
