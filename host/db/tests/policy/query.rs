//! Random queries: sources of all kinds, joins, groups, windows, compounds and subqueries.
//!
//! Where a limit applies, rows are ordered by all of their columns, so that only equal rows can change places.

use sqlservice_sql::{Dialect, statement::*};

use crate::{
    build::{asc, select},
    maker::{Col, Holds, Made, Maker, Sort},
    tables::TABLES,
};

impl Maker<'_, '_> {
    /// A random query with columns of these sorts, or of random sorts where the list is empty.
    pub fn query(&mut self, depth: usize, sorts: &[Sort]) -> Made {
        if depth > 0 && self.dice.one_in(6) {
            return self.compound(depth - 1, sorts);
        }
        let ctes = self.some_ctes(depth);
        let known = self.ctes.len() - ctes.len();
        self.scopes.push(Vec::new());
        let made = self.select(depth, sorts, ctes);
        self.scopes.pop();
        self.ctes.truncate(known);
        made
    }

    fn select(&mut self, depth: usize, sorts: &[Sort], ctes: Vec<Cte>) -> Made {
        let (source, is_keyed) = self.sources(depth);
        let filter = (!self.dice.one_in(3)).then(|| self.truth(depth.min(2)));
        let sorts: Vec<Sort> = if sorts.is_empty() { self.sorts() } else { sorts.to_vec() };
        let mut select = Select { ctes, filter, ..select(&[], source) };
        let mut columns = Vec::new();
        let kind = self.dice.below(6);
        match kind {
            0 | 1 => self.grouped(&sorts, &mut select, &mut columns),
            2 => self.windowed(&sorts, is_keyed, &mut select, &mut columns),
            _ => {
                for sort in &sorts {
                    let (value, holds) = self.result(*sort, depth.min(2));
                    self.labelled(value, holds, &mut select.columns, &mut columns);
                }
                select.distinct = self.dice.one_in(5);
            }
        }
        // An expression may come before the labels in the order.
        if kind > 1 && !select.distinct && self.dice.one_in(5) {
            let key = self.inner(|maker| maker.int(1));
            select.order_by = vec![asc(key)];
        }
        self.cut(&columns, &mut select.order_by, &mut select.limit, &mut select.offset);
        Made { id: self.arena.select(select), columns }
    }

    pub fn sorts(&mut self) -> Vec<Sort> {
        self.dice.many(1, 3, |dice| dice.of(&[Sort::Int, Sort::Int, Sort::Text, Sort::Truth]))
    }

    /// A result expression, often a plain column.
    fn result(&mut self, sort: Sort, depth: usize) -> (NodeId, Holds) {
        if self.dice.one_in(2)
            && let Some(col) = self.find(|holds| holds.sort() == sort)
        {
            return (self.named(&col), col.holds);
        }
        (self.of_sort(sort, depth), any(sort))
    }

    fn labelled(&mut self, value: NodeId, holds: Holds, nodes: &mut Vec<NodeId>, columns: &mut Vec<(String, Holds)>) {
        let label = self.name("c");
        nodes.push(self.arena.label(value, &label));
        columns.push((label, holds));
    }

    /// Sometimes adds a limit and an offset.
    fn cut(
        &mut self,
        columns: &[(String, Holds)],
        order_by: &mut Vec<Order>,
        limit: &mut Option<NodeId>,
        offset: &mut Option<NodeId>,
    ) {
        if !self.dice.one_in(4) {
            return;
        }
        for (label, _) in columns {
            let key = self.arena.col(label);
            order_by.push(Order { descending: self.dice.one_in(3), ..asc(key) });
        }
        *limit = (!self.dice.one_in(4)).then(|| self.small_count());
        // SQLite 3.51 counts a row for an offset once for each match of an `EXISTS`.
        let skips = self.dice.one_in(3) && self.dialect != Dialect::Sqlite;
        *offset = skips.then(|| self.small_count());
    }

    fn small_count(&mut self) -> NodeId {
        let count = self.dice.of(&[1, 2, 3, 7]);
        self.arena.int(count)
    }

    /// Makes an expression that refers only to sources of the innermost query.
    pub fn inner<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> T {
        let own = self.scopes.pop();
        let around = std::mem::replace(&mut self.scopes, own.into_iter().collect());
        let made = make(self);
        let own = std::mem::replace(&mut self.scopes, around);
        self.scopes.extend(own);
        made
    }

    /// Makes a query that refers to no source of the enclosing queries.
    fn apart<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> T {
        let around = std::mem::take(&mut self.scopes);
        let made = make(self);
        self.scopes = around;
        made
    }

    fn aggregate(&mut self, sort: Sort) -> NodeId {
        let name = match sort {
            Sort::Int => self.dice.of(&["sum", "count", "min", "max", "avg"]),
            Sort::Text => self.dice.of(&["min", "max"]),
            Sort::Truth => "count",
        };
        let argument = self.inner(|maker| maker.of_sort(sort, 1));
        let distinct = self.dice.one_in(5);
        let filter = (self.can.aggregate_filter && self.dice.one_in(5)).then(|| self.inner(|maker| maker.truth(1)));
        let arguments = if name == "count" && !distinct && self.dice.one_in(2) { vec![] } else { vec![argument] };
        let call = self.arena.add(Node::Call(Call { function: name.into(), arguments, distinct, filter }));
        if sort == Sort::Truth {
            let small = self.small();
            return self.arena.bin(call, BinaryOp::Greater, small);
        }
        call
    }

    fn grouped(&mut self, sorts: &[Sort], select: &mut Select, columns: &mut Vec<(String, Holds)>) {
        for sort in sorts {
            if self.dice.one_in(3) && *sort != Sort::Truth {
                let fallible = if *sort == Sort::Int && self.dice.one_in(3) {
                    self.inner(Self::fallible_int).map(|key| (key, Holds::Int))
                } else {
                    None
                };
                let plain = self.inner(|maker| maker.find(|holds| holds.sort() == *sort));
                let plain = plain.map(|col| (self.named(&col), col.holds));
                if let Some((key, holds)) = fallible.or(plain) {
                    select.group_by.push(key);
                    self.labelled(key, holds, &mut select.columns, columns);
                    continue;
                }
            }
            let value = self.aggregate(*sort);
            self.labelled(value, any(*sort), &mut select.columns, columns);
        }
        if self.dice.one_in(3) {
            let (value, small) = (self.aggregate(Sort::Int), self.small());
            select.having = Some(self.arena.bin(value, BinaryOp::GreaterEqual, small));
        }
    }

    fn windowed(&mut self, sorts: &[Sort], is_keyed: bool, select: &mut Select, columns: &mut Vec<(String, Holds)>) {
        // Only one window: MariaDB confuses the orders of several whose keys are constants.
        let first = sorts.iter().position(|sort| *sort == Sort::Int);
        for (at, sort) in sorts.iter().enumerate() {
            let is_window = Some(at) == first;
            let (value, holds) = if is_window { (self.window(is_keyed), Holds::Int) } else { self.result(*sort, 1) };
            self.labelled(value, holds, &mut select.columns, columns);
        }
    }

    fn window(&mut self, is_keyed: bool) -> NodeId {
        let argument = self.inner(|maker| maker.int(1));
        let key = self.inner(|maker| maker.int(1));
        let partition_by = if self.dice.one_in(2) { vec![self.inner(|maker| maker.int(1))] } else { vec![] };
        let mut order_by = vec![asc(key)];
        let names: &[&str] = if is_keyed {
            for col in self.scopes.last().cloned().unwrap_or_default() {
                if col.holds == Holds::Id {
                    let column = self.named(&col);
                    order_by.push(asc(column));
                }
            }
            &["row_number", "lag", "first_value", "sum", "rank"]
        } else {
            &["rank", "dense_rank", "sum", "count", "max"]
        };
        let name = self.dice.of(names);
        let arguments = if matches!(name, "row_number" | "rank" | "dense_rank") { vec![] } else { vec![argument] };
        let call = self.arena.call(name, &arguments);
        self.arena.add(Node::Window(Window { call, partition_by, order_by, frame: None }))
    }

    fn compound(&mut self, depth: usize, sorts: &[Sort]) -> Made {
        let sorts: Vec<Sort> = if sorts.is_empty() { self.sorts() } else { sorts.to_vec() };
        let parts: Vec<Made> = (0..2 + usize::from(self.dice.one_in(4))).map(|_| self.query(depth, &sorts)).collect();
        let mut columns = parts[0].columns.clone();
        for part in &parts[1..] {
            for ((_, holds), (_, other)) in columns.iter_mut().zip(&part.columns) {
                *holds = if holds == other { *holds } else { any(holds.sort()) };
            }
        }
        let op = self.dice.of(&[SetOp::Union, SetOp::UnionAll, SetOp::Except, SetOp::Intersect]);
        let ids: Vec<NodeId> = parts.iter().map(|part| part.id).collect();
        let mut compound = crate::build::compound(op, &ids);
        self.cut(&columns, &mut compound.order_by, &mut compound.limit, &mut compound.offset);
        Made { id: self.arena.add(Node::Compound(compound)), columns }
    }

    fn some_ctes(&mut self, depth: usize) -> Vec<Cte> {
        if depth == 0 || !self.dice.one_in(5) {
            return Vec::new();
        }
        let name = self.name("w");
        let is_tree = self.dice.one_in(3) && self.changed != Some("projects");
        let made = self.apart(|maker| if is_tree { maker.tree(&name) } else { maker.query(depth - 1, &[]) });
        self.ctes.push((name.clone(), made.columns));
        vec![Cte { name, columns: Vec::new(), query: made.id, recursive: is_tree }]
    }

    /// A recursive query of projects and their descendants.
    fn tree(&mut self, name: &str) -> Made {
        let mut columns = Vec::new();
        let mut part = |maker: &mut Self, is_first: bool| {
            let alias = maker.name("t");
            let mut source = maker.arena.from(&format!("projects as {alias}"));
            maker.scopes.push(Self::columns_of("projects", &alias));
            let id = maker.arena.col(&format!("{alias}.id"));
            let budget = maker.arena.col(&format!("{alias}.budget"));
            if !is_first {
                let whole = maker.arena.from(name);
                let label: &(String, Holds) = &columns[0];
                let (parent, above) =
                    (maker.arena.col(&format!("{alias}.parent_id")), maker.arena.col(&format!("{name}.{}", label.0)));
                let on = maker.arena.eq(parent, above);
                source = maker.arena.join(JoinKind::Inner, source, whole, on);
            }
            let filter = maker.dice.one_in(2).then(|| maker.truth(1));
            let mut select = Select { filter, ..select(&[], source) };
            let mut own = Vec::new();
            maker.labelled(id, Holds::Id, &mut select.columns, &mut own);
            maker.labelled(budget, Holds::Number, &mut select.columns, &mut own);
            if is_first {
                columns = own;
            }
            maker.scopes.pop();
            maker.arena.select(select)
        };
        let parts = [part(self, true), part(self, false)];
        let whole = crate::build::compound(SetOp::Union, &parts);
        Made { id: self.arena.add(Node::Compound(whole)), columns }
    }

    /// A source with its joins, and whether its key columns identify its rows.
    pub fn sources(&mut self, depth: usize) -> (NodeId, bool) {
        let (mut source, columns, mut is_keyed) = self.one_source(depth, false);
        self.see(columns);
        for _ in 0..2 {
            if self.tables == 0 || !self.dice.one_in(3) {
                break;
            }
            let lateral = self.can.lateral && depth > 0 && self.dice.one_in(4);
            let (right, columns, keyed) = self.one_source(depth.min(1), lateral);
            is_keyed &= keyed;
            source = self.joined(source, right, columns, lateral);
        }
        (source, is_keyed)
    }

    fn see(&mut self, columns: Vec<Col>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.extend(columns);
        }
    }

    fn joined(&mut self, left: NodeId, right: NodeId, columns: Vec<Col>, lateral: bool) -> NodeId {
        let kinds = [JoinKind::Inner, JoinKind::Left, JoinKind::Left, JoinKind::Right, JoinKind::Full, JoinKind::Cross];
        let mut kind = self.dice.of(&kinds);
        if lateral && matches!(kind, JoinKind::Right | JoinKind::Full) || kind == JoinKind::Full && !self.can.full_join
        {
            kind = JoinKind::Left;
        }
        let before: Vec<Col> = self.scopes.last().cloned().unwrap_or_default();
        let fitting = |holds: Holds| {
            let of = |cols: &[Col]| cols.iter().filter(|col| col.holds == holds).cloned().collect::<Vec<_>>();
            (of(&before), of(&columns))
        };
        let (mut lefts, mut rights) = fitting(Holds::Id);
        if lefts.is_empty() || rights.is_empty() {
            (lefts, rights) = fitting(Holds::Int);
        }
        self.see(columns.clone());
        if lefts.is_empty() || rights.is_empty() {
            let on = self.inner(|maker| maker.truth(1));
            let kind = if kind == JoinKind::Full { JoinKind::Left } else { kind };
            return self.arena.join(kind, left, right, on);
        }
        let (near, far) = (self.dice.below(lefts.len()), self.dice.below(rights.len()));
        let (near, far) = (self.named(&lefts[near]), self.named(&rights[far]));
        let mut on = self.arena.eq(near, far);
        if kind != JoinKind::Full && self.dice.one_in(3) {
            let more = self.inner(|maker| maker.truth(1));
            on = self.arena.listed(ListOp::And, &[on, more]);
        }
        self.arena.join(kind, left, right, on)
    }

    /// A table, a common table expression or a subquery, with its columns, and whether its key columns identify its rows.
    fn one_source(&mut self, depth: usize, lateral: bool) -> (NodeId, Vec<Col>, bool) {
        self.tables = self.tables.saturating_sub(1);
        let alias = self.name("t");
        if lateral || (depth > 0 && self.tables > 0 && self.dice.one_in(4)) {
            let made =
                if lateral { self.query(depth - 1, &[]) } else { self.apart(|maker| maker.query(depth - 1, &[])) };
            return (self.arena.sub(made.id, &alias, lateral), made.under(&alias), false);
        }
        if !self.ctes.is_empty() && self.dice.one_in(2) {
            let at = self.dice.below(self.ctes.len());
            let (name, columns) = self.ctes[at].clone();
            let made = Made { id: 0, columns };
            return (self.arena.from(&format!("{name} as {alias}")), made.under(&alias), false);
        }
        let table = self.dice.of(&TABLES);
        let table = if self.changed != Some(table) {
            table
        } else if table == "pins" {
            "docs"
        } else {
            "pins"
        };
        (self.arena.from(&format!("{table} as {alias}")), Self::columns_of(table, &alias), true)
    }

    /// A scalar subquery with an aggregate.
    pub fn scalar(&mut self, sort: Sort, depth: usize) -> Option<NodeId> {
        if self.tables == 0 {
            return None;
        }
        self.scopes.push(Vec::new());
        let (source, _) = self.sources(depth - 1);
        let filter = (!self.dice.one_in(4)).then(|| self.truth(depth - 1));
        let value = self.aggregate(sort);
        let label = self.name("c");
        let column = self.arena.label(value, &label);
        self.scopes.pop();
        let query = self.arena.select(Select { filter, ..select(&[column], source) });
        Some(self.arena.add(Node::ScalarQuery(query)))
    }

    /// A scalar subquery by a slug, which is unique among visible rows.
    pub fn scalar_by_slug(&mut self) -> Option<NodeId> {
        if self.tables == 0 || self.changed == Some("projects") {
            return None;
        }
        let slug = self.column(|holds| holds == Holds::Slug)?;
        let alias = self.name("t");
        let source = self.arena.from(&format!("projects as {alias}"));
        let (own, id) = (self.arena.col(&format!("{alias}.slug")), self.arena.col(&format!("{alias}.id")));
        let filter = Some(self.arena.eq(own, slug));
        let query = self.arena.select(Select { filter, ..select(&[id], source) });
        Some(self.arena.add(Node::ScalarQuery(query)))
    }

    pub fn exists(&mut self, depth: usize) -> Option<NodeId> {
        if self.tables == 0 {
            return None;
        }
        self.scopes.push(Vec::new());
        let (source, _) = self.sources(depth - 1);
        let filter = Some(self.truth(depth - 1));
        let one = self.arena.int(1);
        self.scopes.pop();
        let query = self.arena.select(Select { filter, ..select(&[one], source) });
        Some(self.arena.add(Node::Exists(query)))
    }

    pub fn membership(&mut self, depth: usize) -> Option<NodeId> {
        if self.tables == 0 {
            return None;
        }
        let sort = self.dice.of(&[Sort::Int, Sort::Text]);
        let value = self.of_sort(sort, 0);
        let query = self.query(depth - 1, &[sort]).id;
        Some(self.arena.add(Node::Membership(Membership { value, query, negated: self.dice.one_in(3) })))
    }
}

fn any(sort: Sort) -> Holds {
    match sort {
        Sort::Int => Holds::Int,
        Sort::Text => Holds::Text,
        Sort::Truth => Holds::Truth,
    }
}
