//! The statement of a load with a filter or an order of its own, for the keys of some owners.

use crate::{
    Result,
    bindings::sqlservice::database::statements::{self, BinaryOp, ListOp, Node as Form},
    expression::{Children, Node, Order, RelationshipEnds},
    mapping::{Mapper, RelationshipMapping},
    unit_of_work::SeparateLoad,
    value::Value,
};

/// Parses a relationship's order, such as `rank` or `rank desc`: the column, and whether it is descending.
fn order_key<'a>(text: &'a str, columns: &[&'static str]) -> (&'a str, bool) {
    let words = text.rsplit_once(' ').filter(|_| !columns.contains(&text));
    match words.map(|(name, word)| (name.trim_end(), word)) {
        Some((name, word)) if word.eq_ignore_ascii_case("desc") => (name, true),
        Some((name, word)) if word.eq_ignore_ascii_case("asc") => (name, false),
        _ => (text, false),
    }
}

/// Builds the statement, which returns all columns of the other side, then those that identify the owner.
pub(super) fn select(
    separate: &SeparateLoad,
    relation: &RelationshipMapping,
    target: &'static Mapper,
    keys: &[Vec<Value>],
) -> Result<Node> {
    let ends = RelationshipEnds::new(separate.owner, separate.node.position, None, None)?;
    let column = |name: &str| Node::column(Some(ends.target.clone()), name.to_owned());
    let finders = ends.finders();
    let mut conditions = vec![among(&finders, keys)];
    conditions.extend(separate.node.filter.clone());
    let mut orders = separate.node.order.clone();
    if orders.is_empty() {
        orders.extend(relation.order_by.iter().map(|text| {
            let (name, descending) = order_key(text, target.columns);
            Order::new(column(name), descending, false)
        }));
    }
    // Rows that are equal so far are ordered by the primary key, as everywhere.
    orders.extend(target.names(&target.key).iter().map(|name| Order::new(column(name), false, false)));
    let mut children = Children::default();
    let columns: Vec<Node> = target.columns.iter().map(|name| column(name)).chain(finders).collect();
    let select = statements::Select {
        ctes: Vec::new(),
        columns: children.all(columns),
        distinct: false,
        source: Some(children.add(ends.related())),
        where_: Some(children.add(Node::all(conditions))),
        group_by: Vec::new(),
        having: None,
        order_by: orders.iter().map(|order| order.key(&mut children)).collect(),
        limit: None,
        offset: None,
        lock: None,
    };
    Ok(children.node(Form::Select(select)))
}

/// Builds the condition that columns equal one of these keys. The last key is repeated up to a power of two keys, so that few
/// distinct statements occur.
fn among(columns: &[Node], keys: &[Vec<Value>]) -> Node {
    let written = keys.len().next_power_of_two();
    let keys = keys.iter().chain(keys.last().into_iter().cycle()).take(written);
    if let [column] = columns {
        let values = keys.flat_map(|key| key.first().cloned()).map(Node::value);
        return Node::list(ListOp::InList, std::iter::once(column.clone()).chain(values));
    }
    let equal = |key: &Vec<Value>| {
        let pairs = columns.iter().zip(key);
        let pairs =
            pairs.map(|(column, value)| Node::binary(BinaryOp::Equal, column.clone(), Node::value(value.clone())));
        Node::all(pairs.collect())
    };
    Node::list(ListOp::Or, keys.map(equal))
}
