//! Pages of objects, each of which begins after the last row of the one before (keyset pagination).

use std::{fmt, str::FromStr};

use super::EntityQuery;
use crate::{
    Entity, Error, Result, Value,
    bindings::sqlservice::database::statements::{BinaryOp, ListOp, Node as Form, UnaryOp},
    entity::Record,
    expression::{Node, Order},
    value::{Interval, Scalar},
};

/// Some objects of a query, and the key of the next page.
#[derive(Debug)]
pub struct Page<M: Record> {
    /// The objects, in the query's order.
    pub items: Vec<Entity<M>>,
    /// The argument of [`EntityQuery::page`] for the next page; `None` after the last one.
    pub next: Option<PageKey>,
}

/// The position of a row in the order of a query, for [`EntityQuery::page`]. It can leave the plugin as a text (`to_string`) and
/// return (`parse`): it holds values of the row's columns, which are bound like all others, so a forged key finds other rows and
/// does no harm.
#[derive(Clone, Debug, PartialEq)]
pub struct PageKey(Vec<Value>);

/// An expression of the order.
struct OrderKey {
    node: Node,
    descending: bool,
    /// Whether nulls come first, where there can be nulls.
    nulls_first: Option<bool>,
}

impl<M: Record> EntityQuery<'_, M> {
    /// Returns one page of at most `size` objects: those after a position in the query's order, or the first ones. If an index has
    /// the order, the thousandth page is as fast as the first. Rows that are inserted or deleted before the position shift nothing.
    ///
    /// The primary key orders rows that are equal in the query's order. On every database, nulls come last in an ascending order
    /// and first in a descending one, unless the order sets `nulls_first` or `nulls_last`.
    ///
    /// ```no_run
    /// # use sqlservice_sdk::prelude::*;
    /// # #[derive(Model, Clone, Debug)] struct User { #[model(primary_key, generated)] id: i64, name: String }
    /// # async fn example(session: &Session) -> Result<(), Error> {
    /// let first = session.query::<User>().order_by(User::NAME).page(20, None).await?;
    /// if let Some(next) = &first.next {
    ///     let second = session.query::<User>().order_by(User::NAME).page(20, Some(next)).await?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] for a page of size 0, for a query with a limit, an offset or groups, and for a position in another order.
    pub async fn page(mut self, size: u64, after: Option<&PageKey>) -> Result<Page<M>> {
        if size == 0 {
            return Err(Error::invalid("a page has at least one object"));
        }
        if self.select.is_cut() || self.select.is_grouped() {
            return Err(Error::invalid("a page takes the place of a limit and an offset, and groups have no pages"));
        }
        let keys = self.keys();
        if let Some(PageKey(values)) = after {
            let condition = after_key(&keys, values)?;
            self.select = self.select.only(Some(condition));
        }
        let columns: Vec<usize> = keys.iter().map(|key| self.select.position_of(&key.node)).collect();
        self.select = self.select.ordered(orders(&keys)).at_most(size.saturating_add(1));
        let (mut items, values) = self.read(None, &columns).await?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let next = if items.len() > size { values.into_iter().nth(size - 1).map(PageKey) } else { None };
        items.truncate(size);
        self.load_with(&items).await?;
        Ok(Page { items, next })
    }

    /// Returns the order, completed by the primary key.
    fn keys(&self) -> Vec<OrderKey> {
        let key = |order: &Order| OrderKey {
            node: order.node.clone(),
            descending: order.descending,
            nulls_first: order.nullable.then(|| order.nulls_first.unwrap_or(order.descending)),
        };
        let mut keys: Vec<OrderKey> = self.select.order().iter().map(key).collect();
        for node in self.select.key_columns() {
            if !keys.iter().any(|key| key.node.is_same_column(&node)) {
                keys.push(OrderKey { node, descending: false, nulls_first: None });
            }
        }
        keys
    }
}

fn is_null(node: &Node) -> Node {
    Node::with([node.clone()], |[node]| Form::Unary((UnaryOp::IsNull, node)))
}

/// Returns the order for the database, with nulls ordered by an expression that all databases support.
fn orders(keys: &[OrderKey]) -> Vec<Order> {
    let mut orders = Vec::new();
    for OrderKey { node, descending, nulls_first } in keys {
        if let Some(first) = nulls_first {
            orders.push(Order::new(is_null(node), *first, false));
        }
        orders.push(Order::new(node.clone(), *descending, false));
    }
    orders
}

/// Builds the condition for the rows after a position.
fn after_key(keys: &[OrderKey], values: &[Value]) -> Result<Node> {
    let is_null_value = |value: &Value| matches!(value, Value::Scalar(Scalar::Null));
    let fits = |(key, value): (&OrderKey, &Value)| key.nulls_first.is_some() || !is_null_value(value);
    if keys.len() != values.len() || !keys.iter().zip(values).all(fits) {
        return Err(Error::invalid("this place is one in the order of another query"));
    }
    // A comparison of row values lets an index find the position.
    let is_uniform = keys
        .iter()
        .all(|key| key.nulls_first.is_none() && Some(key.descending) == keys.first().map(|first| first.descending));
    if is_uniform && keys.len() > 1 {
        let row = |nodes: Vec<Node>| Node::list(ListOp::RowValues, nodes);
        let columns = row(keys.iter().map(|key| key.node.clone()).collect());
        let place = row(values.iter().cloned().map(Node::value).collect());
        let op = if keys.first().is_some_and(|key| key.descending) { BinaryOp::Less } else { BinaryOp::Greater };
        return Ok(Node::binary(op, columns, place));
    }
    let mut rest: Option<Node> = None;
    for (OrderKey { node, descending, nulls_first }, value) in keys.iter().zip(values).rev() {
        let is_null_there = is_null_value(value);
        let equal = if is_null_there {
            is_null(node)
        } else {
            Node::binary(BinaryOp::Equal, node.clone(), Node::value(value.clone()))
        };
        let after = match (is_null_there, nulls_first) {
            (true, Some(true)) => Some(Node::with([node.clone()], |[node]| Form::Unary((UnaryOp::IsNotNull, node)))),
            (true, _) => None,
            (false, nulls_first) => {
                let op = if *descending { BinaryOp::Less } else { BinaryOp::Greater };
                let after = Node::binary(op, node.clone(), Node::value(value.clone()));
                Some(match nulls_first {
                    Some(false) => Node::list(ListOp::Or, [after, is_null(node)]),
                    _ => after,
                })
            }
        };
        let tied = rest.map(|rest| Node::all(vec![equal, rest]));
        rest = Some(Node::list(ListOp::Or, after.into_iter().chain(tied)));
    }
    Ok(rest.unwrap_or_else(|| Node::list(ListOp::Or, [])))
}

impl fmt::Display for PageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, value) in self.0.iter().enumerate() {
            f.write_str(if position > 0 { "." } else { "" })?;
            match value {
                Value::Scalar(scalar) => write_scalar(f, scalar)?,
                // Databases order arrays differently. This text is one that `parse` refuses.
                Value::Array(_) => f.write_str("?")?,
            }
        }
        Ok(())
    }
}

fn write_scalar(f: &mut fmt::Formatter<'_>, scalar: &Scalar) -> fmt::Result {
    let mut bytes = |tag: char, bytes: &[u8]| {
        write!(f, "{tag}")?;
        bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    };
    match scalar {
        Scalar::Text(text) => bytes('t', text.as_bytes()),
        Scalar::Decimal(text) => bytes('d', text.as_bytes()),
        Scalar::Json(text) => bytes('j', text.as_bytes()),
        Scalar::Bytes(value) => bytes('x', value),
        Scalar::Null => f.write_str("n"),
        Scalar::Boolean(value) => write!(f, "b{}", u8::from(*value)),
        Scalar::Integer(value) => write!(f, "i{value}"),
        Scalar::Unsigned(value) => write!(f, "u{value}"),
        Scalar::Float(value) => write!(f, "f{}", value.to_bits()),
        Scalar::Uuid((high, low)) => write!(f, "g{high}_{low}"),
        Scalar::Date(value) => write!(f, "D{value}"),
        Scalar::Time(value) => write!(f, "T{value}"),
        Scalar::Timestamp(value) => write!(f, "S{value}"),
        Scalar::TimestampTz(value) => write!(f, "Z{value}"),
        Scalar::Interval(Interval { months, days, microseconds }) => write!(f, "V{months}_{days}_{microseconds}"),
        _ => f.write_str("?"),
    }
}

impl FromStr for PageKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let values = text.split('.').map(|part| read_scalar(part).map(Value::Scalar)).collect::<Option<_>>();
        values.map(Self).ok_or_else(|| Error::invalid("this is not the text of a place in an order"))
    }
}

fn read_scalar(part: &str) -> Option<Scalar> {
    let tag = part.chars().next()?;
    let rest = part.get(tag.len_utf8()..)?;
    let text = || String::from_utf8(read_bytes(rest)?).ok();
    Some(match tag {
        'n' if rest.is_empty() => Scalar::Null,
        'b' => Scalar::Boolean(rest.parse::<u8>().ok().filter(|value| *value < 2)? == 1),
        'i' => Scalar::Integer(rest.parse().ok()?),
        'u' => Scalar::Unsigned(rest.parse().ok()?),
        'f' => Scalar::Float(f64::from_bits(rest.parse().ok()?)),
        't' => Scalar::Text(text()?),
        'd' => Scalar::Decimal(text()?),
        'j' => Scalar::Json(text()?),
        'x' => Scalar::Bytes(read_bytes(rest)?),
        'g' => {
            let (high, low) = rest.split_once('_')?;
            Scalar::Uuid((high.parse().ok()?, low.parse().ok()?))
        }
        'D' => Scalar::Date(rest.parse().ok()?),
        'T' => Scalar::Time(rest.parse().ok()?),
        'S' => Scalar::Timestamp(rest.parse().ok()?),
        'Z' => Scalar::TimestampTz(rest.parse().ok()?),
        'V' => {
            let mut parts = rest.split('_');
            let (months, days) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            let microseconds = parts.next()?.parse().ok()?;
            if parts.next().is_some() {
                return None;
            }
            Scalar::Interval(Interval { months, days, microseconds })
        }
        _ => return None,
    })
}

fn read_bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) || !hex.is_ascii() {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    (0..hex.len()).step_by(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_from_its_text() {
        let scalars = [
            Scalar::Null,
            Scalar::Boolean(true),
            Scalar::Integer(-7),
            Scalar::Unsigned(u64::MAX),
            Scalar::Float(-0.1),
            Scalar::Text("ä.b 'x' _".to_owned()),
            Scalar::Text(String::new()),
            Scalar::Decimal("-1.50".to_owned()),
            Scalar::Bytes(vec![0, 255, b'.']),
            Scalar::Uuid((u64::MAX, 1)),
            Scalar::Date(-1),
            Scalar::Time(5),
            Scalar::Timestamp(-6),
            Scalar::TimestampTz(7),
            Scalar::Interval(Interval { months: -1, days: 2, microseconds: -3 }),
        ];
        let key = PageKey(scalars.into_iter().map(Value::Scalar).collect());
        assert_eq!(key.to_string().parse::<PageKey>(), Ok(key));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "i", "ix", "t1", "tzz", "b2", "i1.", "n1", "V1_2", "V1_2_3_4", "?", "ä", "tä"] {
            assert!(text.parse::<PageKey>().is_err(), "{text}");
        }
    }
}
