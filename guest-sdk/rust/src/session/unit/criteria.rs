//! Loads with a filter or an order of their own: a statement of the SDK's for each, for the keys of some hundred owners at a time.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    Key, Mapped, Mapper, Unit,
    key::{names_row, of_columns},
    load::finder,
};
use crate::{
    Error, Executor, Result, Value,
    bindings::sqlservice::database::{
        rows::ColumnData,
        statements::{self, BinaryOp, ListOp, Node as Form},
    },
    entity::AnyEntity,
    expression::{Arena, Ends, Kids, Node, Order},
    relation::LoadNode,
    session::{Rows, RunOptions},
    statement::Sendable,
};

/// How many values of keys a statement has at most.
const VALUES: usize = 512;

/// A load of its own.
pub(super) struct Apart {
    /// The model of the owners.
    pub(super) owner: &'static Mapper,
    pub(super) owners: Vec<AnyEntity>,
    pub(super) node: LoadNode,
}

/// A relationship's column and whether greater values come first, as a model says it: `rank`, `rank desc`.
fn order_key<'a>(text: &'a str, columns: &[&'static str]) -> (&'a str, bool) {
    let words = text.rsplit_once(' ').filter(|_| !columns.contains(&text));
    match words.map(|(name, word)| (name.trim_end(), word)) {
        Some((name, word)) if word.eq_ignore_ascii_case("desc") => (name, true),
        Some((name, word)) if word.eq_ignore_ascii_case("asc") => (name, false),
        _ => (text, false),
    }
}

impl Unit {
    /// Reads related rows and gives them to their owners. All that were read.
    pub(super) async fn load_apart(
        self: &Rc<Self>,
        apart: &Apart,
        anew: bool,
        options: RunOptions,
    ) -> Result<Vec<AnyEntity>> {
        let Apart { owner, owners, node } = apart;
        let relation = owner.relation(node.position)?;
        let target = (relation.target)();
        let mut of_owner: FxHashMap<Key, Vec<AnyEntity>> = FxHashMap::default();
        let mut all = Vec::new();
        let session = self.session();
        let width = relation.near.len().max(1);
        for keys in keys(relation, owners).chunks((VALUES / width).max(1)) {
            let select = select(apart, relation, target, keys)?;
            let sent = session.with(options).send(Sendable::Statement(Arena::query(&select)), 0).await?;
            let mut rows: Rows<()> = Rows::new(sent, 0);
            while let Some(mut batch) = rows.next_raw().await? {
                if batch.rows == 0 {
                    continue;
                }
                let own = target.columns.len().min(batch.columns.len());
                let finders = batch.columns.split_off(own);
                let finders: Vec<&ColumnData> = finders.iter().collect();
                let malformed = |_| Error::other("the host sent a malformed batch");
                let keys = of_columns(&finders, batch.rows as usize).map_err(malformed)?;
                let items = (target.absorb)(self, rows.about().get(..own).unwrap_or_default(), batch, anew)?;
                for (key, item) in keys.into_iter().zip(&items) {
                    if let Some(key) = key {
                        of_owner.entry(key).or_default().push(item.clone());
                    }
                }
                all.extend(items);
            }
        }
        for owner in owners {
            let items = key_of(relation, owner).and_then(|(key, _)| of_owner.get(&key).cloned());
            self.take_apart(owner, node, items.unwrap_or_default());
        }
        Ok(all)
    }

    /// Gives an owner what was read for it. What it says otherwise and was not written stays.
    fn take_apart(&self, owner: &AnyEntity, node: &LoadNode, items: Vec<AnyEntity>) {
        let (mut is_changed, mut is_unloaded) = (false, false);
        owner.0.look(node.position, &mut |now, stored| {
            is_changed = stored.is_some_and(|stored| !now.is_same(stored));
            is_unloaded = now.mode() == crate::relation::Mode::Unloaded;
        });
        if is_changed && !is_unloaded {
            return;
        }
        self.remember_read(owner);
        owner.0.learn_relation(node.position, &mut |relation| {
            if node.filter.is_some() {
                relation.show(items.clone());
            } else if is_unloaded {
                relation.load(items.clone());
            } else {
                relation.set(crate::relation::Mode::Loaded, &items, &[]);
            }
        });
    }
}

/// The key by which rows are an owner's; nothing where a part of it is null.
fn key_of(relation: &Mapped, owner: &AnyEntity) -> Option<(Key, Vec<Value>)> {
    let values: Vec<Value> = relation.near.iter().map(|&column| finder(relation, owner, column)).collect();
    names_row(&values).then(|| (Key::of(&values), values))
}

/// The keys of owners, each once.
fn keys(relation: &Mapped, owners: &[AnyEntity]) -> Vec<Vec<Value>> {
    let mut seen = FxHashSet::default();
    let keys = owners.iter().filter_map(|owner| key_of(relation, owner));
    keys.filter(|(key, _)| seen.insert(key.clone())).map(|(_, values)| values).collect()
}

/// The statement: all columns of the other side, then those that tell whose a row is.
fn select(apart: &Apart, relation: &Mapped, target: &'static Mapper, keys: &[Vec<Value>]) -> Result<Node> {
    let ends = Ends::new(apart.owner, apart.node.position, None, None)?;
    let column = |name: &str| Node::column(Some(ends.target.clone()), name.to_owned());
    let finders = ends.finders();
    let mut conditions = vec![among(&finders, keys)];
    conditions.extend(apart.node.filter.clone());
    let mut orders = apart.node.order.clone();
    if orders.is_empty() {
        orders.extend(relation.order_by.iter().map(|text| {
            let (name, descending) = order_key(text, target.columns);
            Order::new(column(name), descending, false)
        }));
    }
    // What is equal so far comes in the order of the primary key, as everywhere.
    orders.extend(target.names(&target.key).iter().map(|name| Order::new(column(name), false, false)));
    let mut kids = Kids::default();
    let columns: Vec<Node> = target.columns.iter().map(|name| column(name)).chain(finders).collect();
    let select = statements::Select {
        ctes: Vec::new(),
        columns: kids.all(columns),
        distinct: false,
        source: Some(kids.add(ends.related())),
        where_: Some(kids.add(Node::all(conditions))),
        group_by: Vec::new(),
        having: None,
        order_by: orders.iter().map(|order| order.key(&mut kids)).collect(),
        limit: None,
        offset: None,
        lock: None,
    };
    Ok(kids.node(Form::Select(select)))
}

/// Columns that are one of these keys. The last key is written again until there are as many as a power of two, so that few texts
/// come again and again.
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
