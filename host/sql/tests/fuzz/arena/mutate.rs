//! Statements broken on purpose: any node anywhere, any position, lists of any length.

use sqlservice_sql::statement::*;

use crate::{dice::Dice, names};

/// Breaks a statement in a few places.
pub(super) fn mutate(statement: &mut Statement, dice: &mut Dice<'_, '_>) {
    for _ in 0..=dice.below(4) {
        let count = statement.nodes.len();
        let (one, other) = (dice.below(count), dice.below(count));
        match dice.below(7) {
            0 => statement.nodes.swap(one, other),
            1 => statement.nodes[one] = statement.nodes[other].clone(),
            2 => statement.nodes.truncate(one.max(1)),
            3 => statement.nodes.extend_from_within(one..),
            4 => statement.nodes[one] = garbage(dice, count),
            5 => statement.root = Root::Select(id(dice, count)),
            _ => positions(&mut statement.nodes[one], &mut |position| *position = id(dice, count)),
        }
    }
}

fn id(dice: &mut Dice<'_, '_>, count: usize) -> NodeId {
    if dice.one_in(4) { dice.edge() as u32 } else { dice.below(count + 2) as u32 }
}

/// Makes a node of random positions and names.
fn garbage(dice: &mut Dice<'_, '_>, count: usize) -> Node {
    let ids = |dice: &mut Dice<'_, '_>| dice.many(0, 5, |dice| id(dice, count));
    let one = |dice: &mut Dice<'_, '_>| id(dice, count);
    match dice.below(12) {
        0 => Node::Listed(Listed {
            op: dice.of(&[ListOp::Between, ListOp::RowValues, ListOp::InList, ListOp::Coalesce, ListOp::And]),
            items: ids(dice),
        }),
        1 => Node::Call(Call {
            function: names::name(dice),
            arguments: ids(dice),
            distinct: dice.one_in(2),
            filter: dice.maybe(one),
        }),
        2 => Node::Case(Case { whens: vec![], otherwise: dice.maybe(one) }),
        3 => Node::Column(ColumnName { table: dice.maybe(names::name), name: names::name(dice) }),
        4 => Node::Excluded(names::name(dice)),
        5 => Node::Join(Join {
            kind: dice.of(&[JoinKind::Cross, JoinKind::Full, JoinKind::Right]),
            left: one(dice),
            right: one(dice),
            on: dice.maybe(one),
        }),
        6 => Node::Compound(Compound {
            ctes: vec![Cte { name: names::name(dice), columns: vec![], query: one(dice), recursive: true }],
            op: SetOp::UnionAll,
            parts: ids(dice),
            order_by: vec![],
            limit: dice.maybe(one),
            offset: dice.maybe(one),
        }),
        7 => Node::Subquery(SourceQuery { query: one(dice), alias: names::name(dice), lateral: dice.one_in(2) }),
        8 => Node::Parameter(dice.edge() as u32),
        9 => Node::Literal(names::value(dice)),
        10 => Node::Exists(one(dice)),
        _ => Node::Binary(Binary { op: BinaryOp::JsonGet, left: one(dice), right: one(dice) }),
    }
}

/// Calls `change` for most of the positions that a node names.
fn positions(node: &mut Node, change: &mut impl FnMut(&mut NodeId)) {
    match node {
        Node::Unary((_, id)) | Node::Exists(id) | Node::ScalarQuery(id) => change(id),
        Node::Binary(binary) => {
            change(&mut binary.left);
            change(&mut binary.right);
        }
        Node::Listed(listed) => listed.items.iter_mut().for_each(change),
        Node::Matching(matching) => change(&mut matching.pattern),
        Node::Membership(membership) => change(&mut membership.query),
        Node::Call(call) => call.arguments.iter_mut().chain(&mut call.filter).for_each(change),
        Node::Cast(cast) => change(&mut cast.value),
        Node::Case(case) => case.whens.iter_mut().for_each(|when| change(&mut when.then)),
        Node::Window(window) => change(&mut window.call),
        Node::Label(label) => change(&mut label.value),
        Node::Subquery(subquery) => change(&mut subquery.query),
        Node::Join(join) => [&mut join.left, &mut join.right].into_iter().chain(&mut join.on).for_each(change),
        Node::Select(select) => {
            let ids = select.columns.iter_mut().chain(&mut select.source).chain(&mut select.filter);
            ids.chain(&mut select.limit).chain(&mut select.offset).for_each(change);
        }
        Node::Compound(compound) => compound.parts.iter_mut().chain(&mut compound.limit).for_each(change),
        Node::Literal(_) | Node::Parameter(_) | Node::Column(_) | Node::Excluded(_) | Node::Table(_) => {}
    }
}
