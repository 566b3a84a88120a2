//! Copies of nodes in which one source is renamed.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Inner, Node, NodeKind};
use crate::bindings::sqlservice::database::statements::{self, Node as Form};

impl Node {
    /// Whether it is a single table, without joins.
    pub(crate) fn is_table(&self) -> bool {
        matches!(self.0.shape, NodeKind::Form(Form::Table(_)))
    }

    /// Whether the source is, or joins, a table or subquery of this name.
    pub(crate) fn provides(&self, name: &str) -> bool {
        let mut stack = vec![self];
        while let Some(node) = stack.pop() {
            match &node.0.shape {
                NodeKind::Form(Form::Table(table)) if table.alias.as_ref().unwrap_or(&table.table) == name => {
                    return true;
                }
                NodeKind::Form(Form::Subquery(query)) if query.alias == name => return true,
                NodeKind::Form(Form::Join(join)) => {
                    stack.extend([join.left, join.right].iter().filter_map(|&at| node.child(at)))
                }
                _ => {}
            }
        }
        false
    }

    /// The greatest number after this prefix among the table aliases in the node; 0 where there is none.
    pub(crate) fn deepest(&self, prefix: &str) -> u32 {
        let (mut deepest, mut stack, mut seen) = (0, vec![self], FxHashSet::default());
        while let Some(node) = stack.pop() {
            if !seen.insert(Rc::as_ptr(&node.0)) {
                continue;
            }
            if let NodeKind::Form(Form::Table(statements::SourceTable { alias: Some(alias), .. })) = &node.0.shape
                && let Some(number) = alias.strip_prefix(prefix).and_then(|number| number.parse::<u32>().ok())
            {
                deepest = deepest.max(number);
            }
            stack.extend(&node.0.children);
        }
        deepest
    }

    /// Returns a copy in which columns of the source `table` refer to `alias` instead. Subqueries that have `table` as a source of
    /// their own are left unchanged.
    pub(crate) fn renamed(&self, table: &str, alias: &str) -> Self {
        let mut made: FxHashMap<*const Inner, Self> = FxHashMap::default();
        let mut stack = vec![(self, 0)];
        while let Some((node, next)) = stack.last_mut() {
            let node = *node;
            let hides = |node: &Self| match &node.0.shape {
                NodeKind::Form(Form::Select(select)) => {
                    select.source.and_then(|at| node.child(at)).is_some_and(|source| source.provides(table))
                }
                _ => false,
            };
            if *next == 0 && hides(node) {
                made.insert(Rc::as_ptr(&node.0), node.clone());
                stack.pop();
                continue;
            }
            if let Some(child) = node.0.children.get(*next) {
                *next += 1;
                if !made.contains_key(&Rc::as_ptr(&child.0)) {
                    stack.push((child, 0));
                }
                continue;
            }
            stack.pop();
            let new = node.renamed_one(table, alias, &made);
            made.insert(Rc::as_ptr(&node.0), new);
        }
        made.remove(&Rc::as_ptr(&self.0)).unwrap_or_else(|| self.clone())
    }

    /// Returns the node with its children replaced by their renamed copies.
    fn renamed_one(&self, table: &str, alias: &str, made: &FxHashMap<*const Inner, Self>) -> Self {
        if let NodeKind::Column(Some(source), name) = &self.0.shape
            && source.name() == table
        {
            let mut source = source.clone();
            source.alias = Some(alias.to_owned().into());
            return Self::column(Some(source), name.clone());
        }
        let child = |child: &Self| made.get(&Rc::as_ptr(&child.0)).unwrap_or(child).clone();
        let children: Vec<Self> = self.0.children.iter().map(child).collect();
        let is_same = |(old, new): (&Self, &Self)| Rc::ptr_eq(&old.0, &new.0);
        if self.0.children.iter().zip(&children).all(is_same) {
            return self.clone();
        }
        Self::new(self.0.shape.clone(), children)
    }

    fn child(&self, at: u32) -> Option<&Self> {
        self.0.children.get(at as usize)
    }
}
