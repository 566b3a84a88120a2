//! Visitors of the ids in a statement's nodes. An id is the position of another node.

use crate::bindings::sqlservice::database::statements::{self, ConflictAction, InsertSource, Root};

/// Returns all ids in a node.
#[cfg(test)]
pub(crate) fn ids(node: &statements::Node) -> Vec<u32> {
    let mut ids = Vec::new();
    each_id(&mut node.clone(), &mut |id| ids.push(*id));
    ids
}

/// Visits every id in a node.
pub(super) fn each_id(node: &mut statements::Node, visit: &mut impl FnMut(&mut u32)) {
    use statements::Node as N;
    match node {
        N::Literal(_) | N::Parameter(_) | N::Column(_) | N::Excluded(_) | N::Table(_) => {}
        N::Unary((_, id)) | N::Exists(id) | N::ScalarQuery(id) => visit(id),
        N::Binary(it) => [&mut it.left, &mut it.right].into_iter().for_each(visit),
        N::Listed(it) => it.items.iter_mut().for_each(visit),
        N::Matching(it) => [&mut it.value, &mut it.pattern].into_iter().for_each(visit),
        N::Membership(it) => [&mut it.value, &mut it.query].into_iter().for_each(visit),
        N::Call(it) => it.arguments.iter_mut().chain(&mut it.filter).for_each(visit),
        N::Cast(it) => visit(&mut it.value),
        N::Case(it) => {
            let whens = it.whens.iter_mut().flat_map(|when| [&mut when.condition, &mut when.then]);
            whens.chain(&mut it.otherwise).for_each(visit);
        }
        N::Window(it) => {
            let orders = it.order_by.iter_mut().map(|order| &mut order.expression);
            std::iter::once(&mut it.call).chain(&mut it.partition_by).chain(orders).for_each(visit);
        }
        N::Label(it) => visit(&mut it.value),
        N::Subquery(it) => visit(&mut it.query),
        N::Join(it) => [&mut it.left, &mut it.right].into_iter().chain(&mut it.on).for_each(visit),
        N::Select(it) => each_select_id(it, visit),
        N::Compound(it) => {
            let orders = it.order_by.iter_mut().map(|order| &mut order.expression);
            let ctes = it.ctes.iter_mut().map(|cte| &mut cte.query);
            let rest = it.parts.iter_mut().chain(&mut it.limit).chain(&mut it.offset);
            ctes.chain(rest).chain(orders).for_each(visit);
        }
    }
}

fn each_select_id(it: &mut statements::Select, visit: &mut impl FnMut(&mut u32)) {
    let ctes = it.ctes.iter_mut().map(|cte| &mut cte.query);
    let orders = it.order_by.iter_mut().map(|order| &mut order.expression);
    let clauses = it.source.iter_mut().chain(&mut it.where_).chain(&mut it.group_by).chain(&mut it.having);
    ctes.chain(&mut it.columns).chain(clauses).chain(orders).chain(&mut it.limit).chain(&mut it.offset).for_each(visit);
}

/// Visits every id in a root.
pub(super) fn each_root_id(root: &mut Root, visit: &mut impl FnMut(&mut u32)) {
    match root {
        Root::Select(id) => visit(id),
        Root::Insert(it) => {
            match &mut it.source {
                InsertSource::Values(rows) => rows.iter_mut().flatten().for_each(&mut *visit),
                InsertSource::Query(id) => visit(id),
                InsertSource::Defaults => {}
            }
            if let Some(conflict) = &mut it.conflict {
                if let ConflictAction::Update(assignments) = &mut conflict.action {
                    assignments.iter_mut().for_each(|assignment| visit(&mut assignment.value));
                }
                conflict.where_.iter_mut().for_each(&mut *visit);
            }
            it.returning.iter_mut().for_each(visit);
        }
        Root::Update(it) => {
            let values = it.assignments.iter_mut().map(|assignment| &mut assignment.value);
            values.chain(&mut it.source).chain(&mut it.where_).chain(&mut it.returning).for_each(visit);
        }
        Root::Delete(it) => it.source.iter_mut().chain(&mut it.where_).chain(&mut it.returning).for_each(visit),
    }
}
