//! A relationship with the options of a statement or a load: aliases of both sides, criteria, an order, nested loads.

use std::marker::PhantomData;

use super::{LoadNode, Nested, Relation};
use crate::{
    bindings::sqlservice::database::statements::BinaryOp,
    entity::{Entity, mapper},
    expression::{Expr, FromTable, Node, Operand, Order, OrderBy, RelationshipEnds, operand_node},
    model::{Alias, Model, Record},
    value::IntoValue,
};

/// A relationship with options, made from a model's relationship: `User::DEVICES.filter(Device::ACTIVE.eq(true))`. Joins
/// ([`Select::join_related`](crate::statement::Select::join_related)), conditions ([`any`](Self::any), [`has`](Self::has)) and
/// loads ([`EntityQuery::with`](crate::session::EntityQuery::with), [`Session::load`](crate::Session::load)) take it.
pub struct Related<M, T> {
    pub(crate) position: usize,
    pub(crate) owner: Option<&'static str>,
    pub(crate) target: Option<&'static str>,
    pub(crate) filter: Option<Node>,
    order: Vec<Order>,
    joined: bool,
    nested: Nested,
    of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Clone for Related<M, T> {
    fn clone(&self) -> Self {
        Self {
            position: self.position,
            owner: self.owner,
            target: self.target,
            filter: self.filter.clone(),
            order: self.order.clone(),
            joined: self.joined,
            nested: self.nested.clone(),
            of: PhantomData,
        }
    }
}

impl<M, T> From<Relation<M, T>> for Related<M, T> {
    fn from(relation: Relation<M, T>) -> Self {
        Self {
            position: relation.position,
            owner: None,
            target: None,
            filter: None,
            order: Vec::new(),
            joined: false,
            nested: Nested::default(),
            of: PhantomData,
        }
    }
}

impl<M: Record, T: Record> Related<M, T> {
    /// Sets the alias of the owner in the statement.
    pub const fn of(mut self, owner: Alias<M>) -> Self {
        self.owner = Some(owner.name);
        self
    }

    /// Sets the alias of the other side in the statement. A join of a table with itself needs it.
    pub const fn to(mut self, target: Alias<T>) -> Self {
        self.target = Some(target.name);
        self
    }

    /// Only related rows for which this is true (SQLAlchemy's `and_`). Several filters must all be true.
    pub fn filter(mut self, criterion: impl Operand<bool>) -> Self {
        self.filter = Node::and(self.filter, operand_node(criterion));
        self
    }

    /// Sets the order of a load, in place of the relationship's own.
    pub fn order_by(mut self, keys: impl OrderBy) -> Self {
        keys.keys(&mut self.order);
        self
    }

    /// Also loads a relationship of the objects on the other side: `User::DEVICES.with(Device::KEYS)`.
    pub fn with(mut self, load: impl Loads<T>) -> Self {
        self.nested.push(load.load().node);
        self
    }

    /// Loads the relationship in the query's own statement, by a join. With a filter or an order it is a separate statement.
    pub const fn joined(mut self) -> Self {
        self.joined = true;
        self
    }

    /// Whether any related row fulfils the criterion: `User::DEVICES.any(Device::KIND.eq("phone"))`. In the criterion, columns of
    /// the other side's model are the related row's, also in a self-referential relationship.
    pub fn any(self, criterion: impl Operand<bool>) -> Expr<bool> {
        self.filter(criterion).exists()
    }

    /// Works like `any`, for a relationship to one object: `Device::USER.has(User::NAME.eq("ed"))`.
    pub fn has(self, criterion: impl Operand<bool>) -> Expr<bool> {
        self.any(criterion)
    }

    /// Whether there is any related row at all.
    pub fn exists(self) -> Expr<bool> {
        match RelationshipEnds::new(mapper::<M>(), self.position, self.owner, self.target) {
            Ok(ends) => Expr::new(ends.exists(self.filter)),
            // A model's own constants name its relationships; a missing one has no related rows.
            Err(_) => Expr::new(Node::value(IntoValue::into_value(false))),
        }
    }

    /// Whether this object is among those on the other side (or, for a [`One`](crate::One), is the one there). Objects are compared
    /// by primary key: an object without a row is not contained.
    pub fn contains(self, object: &Entity<T>) -> Expr<bool> {
        let alias = self.target;
        let key = T::KEY_AT.iter().zip(T::KEY).map(|(&at, &name)| {
            let column = Node::column(Some(FromTable::of::<T>(alias)), name);
            Node::binary(BinaryOp::Equal, column, Node::value(Model::column_value(&**object, at)))
        });
        let key: Expr<bool> = Expr::new(Node::all(key.collect()));
        self.any(key)
    }
}

impl<M: Record, T: Record> Relation<M, T> {
    /// Sets the alias of the owner in the statement: `Employee::BOSS.of(worker)`.
    pub fn of(self, owner: Alias<M>) -> Related<M, T> {
        Related::from(self).of(owner)
    }

    /// Sets the alias of the other side in the statement: `select::<Employee>().join_related(Employee::BOSS.to(boss))`.
    pub fn to(self, target: Alias<T>) -> Related<M, T> {
        Related::from(self).to(target)
    }

    /// Only related rows for which this is true: in a join, in a condition, and in a load, which then shows only these rows and
    /// leaves the others unchanged.
    pub fn filter(self, criterion: impl Operand<bool>) -> Related<M, T> {
        Related::from(self).filter(criterion)
    }

    /// Loads the relationship in this order: `User::DEVICES.order_by(Device::RANK.desc())`.
    pub fn order_by(self, keys: impl OrderBy) -> Related<M, T> {
        Related::from(self).order_by(keys)
    }

    /// Also loads a relationship of the objects on the other side: `User::DEVICES.with(Device::KEYS)`.
    pub fn with(self, load: impl Loads<T>) -> Related<M, T> {
        Related::from(self).with(load)
    }

    /// Loads the relationship in the query's own statement, by a join.
    pub fn joined(self) -> Related<M, T> {
        Related::from(self).joined()
    }

    /// Whether any related row fulfils the criterion: `User::DEVICES.any(Device::KIND.eq("phone"))`. See [`Related::any`].
    pub fn any(self, criterion: impl Operand<bool>) -> Expr<bool> {
        Related::from(self).any(criterion)
    }

    /// Works like `any`, for a relationship to one object: `Device::USER.has(User::NAME.eq("ed"))`.
    pub fn has(self, criterion: impl Operand<bool>) -> Expr<bool> {
        Related::from(self).has(criterion)
    }

    /// Whether there is any related row at all.
    pub fn exists(self) -> Expr<bool> {
        Related::from(self).exists()
    }

    /// Whether this object is among those on the other side. See [`Related::contains`].
    pub fn contains(self, object: &Entity<T>) -> Expr<bool> {
        Related::from(self).contains(object)
    }
}

/// A relationship to load, with the nested loads of its other side.
pub struct Load<M> {
    pub(crate) node: LoadNode,
    of: PhantomData<fn() -> M>,
}

/// A load that fits objects of a model: one of its relationships, with or without options.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that is loaded with a `{M}`",
    label = "not a relationship of `{M}`",
    note = "name a relationship by its constant: `User::DEVICES`, `User::DEVICES.with(Device::KEYS)`, `User::DEVICES.filter(…)`"
)]
pub trait Loads<M> {
    /// The load.
    #[doc(hidden)]
    fn load(self) -> Load<M>;
}

impl<M> Loads<M> for Load<M> {
    fn load(self) -> Self {
        self
    }
}

impl<M: Record, T: Record> Loads<M> for Relation<M, T> {
    fn load(self) -> Load<M> {
        Related::from(self).load()
    }
}

impl<M: Record, T: Record> Loads<M> for Related<M, T> {
    fn load(self) -> Load<M> {
        let Self { position, owner, target, filter, order, joined, nested, of: _ } = self;
        let is_named = owner.is_some() || target.is_some();
        Load { node: LoadNode { position, joined, nested, filter, order, is_named }, of: PhantomData }
    }
}
