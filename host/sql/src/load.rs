//! Loads rows of a table and the related rows of its relationships: chooses the statements that read them, and their order.
//!
//! A load reads the rows that match the distinct keys of its owners: a few hundred keys per statement or, where the database
//! has arrays, thousands. A plan is checked as a whole before anything is sent.
//!
//! [`Loading`] does no I/O: its runner reads the plan's own rows first, then requests the next [`LoadStep`], runs its
//! statements and passes their results back.

mod join;
mod keys;
mod owner;
mod planned_load;
mod split_joined;

use std::sync::Arc;

use crate::{
    Batch, BulkStatements, Catalog, Compiled, Dialect, Error, Limits, Result,
    batch::{BatchBuilder, VectorKind},
    bulk::{Bulk, ReadMany, TableName},
    catalog::Entry,
    check::{column, outputs_of},
    compiled::Output,
    schema::{Column, TypeKind},
    statement::Statement,
};
use planned_load::PlannedLoad;
use split_joined::JoinedLayout;

/// A relationship to load. Everything in it is guest-controlled.
#[derive(Clone, Debug)]
pub struct Load {
    /// Its name.
    pub relationship: String,
    /// The positions of loads that start from its rows.
    pub nested: Vec<u32>,
    /// Whether it may join the query that it starts from.
    pub joined: bool,
}

/// Rows of a table and the relationships to load with them. Everything in it is guest-controlled.
#[derive(Clone, Debug)]
pub struct LoadPlan {
    /// The table whose rows the plan starts from.
    pub table: String,
    /// All loads.
    pub loads: Vec<Load>,
    /// The loads that start from the rows of the table.
    pub roots: Vec<u32>,
}

/// A plan that is being executed.
pub struct Loading {
    items: Vec<PlannedLoad>,
    /// The table of the plan's own rows.
    table: TableName,
    root: Batch,
    /// Whether the guest already has the root's rows.
    is_known: bool,
    /// The names of the root's columns.
    root_columns: Vec<String>,
    /// The layout by which the query's rows are split, where loads join it.
    joined: Option<JoinedLayout>,
    /// The position of the next load.
    next: usize,
    catalog: Arc<Catalog>,
    dialect: Dialect,
    limits: Limits,
}

/// The statements of one load.
pub struct LoadStep {
    /// The position of the load.
    pub load: usize,
    /// Its statements.
    pub statements: BulkStatements,
}

/// The rows of one load.
pub struct Loaded {
    /// The position of the load.
    pub load: usize,
    /// The columns of the rows.
    pub columns: Arc<[Output]>,
    /// The rows.
    pub rows: Batch,
}

impl Loading {
    /// Checks a plan.
    ///
    /// # Errors
    ///
    /// A table or a relationship that does not exist; a load without an owner, with several owners, or with a later one.
    pub fn new(plan: &LoadPlan, catalog: Arc<Catalog>, dialect: Dialect, limits: Limits) -> Result<Self> {
        let entry = catalog.named(&plan.table).ok_or_else(|| Error::NoSuchTable(plan.table.clone()))?;
        let table: TableName = (entry.table.schema.clone(), entry.table.name.clone());
        let root_columns = entry.table.columns.iter().map(|column| column.name.clone()).collect();
        let mut items: Vec<PlannedLoad> = Vec::with_capacity(plan.loads.len().min(owner::LOADS));
        for (load, owner) in plan.loads.iter().zip(owner::owners(plan)?) {
            let local = match owner {
                Some(owner) => items.get(owner).map(|item| item.read.table.clone()).unwrap_or_default(),
                None => table.clone(),
            };
            items.push(PlannedLoad::new(load, owner, &local, &catalog)?);
        }
        Ok(Self {
            items,
            table,
            root: Batch::default(),
            is_known: false,
            root_columns,
            joined: None,
            next: 0,
            catalog,
            dialect,
            limits,
        })
    }

    /// Returns the statements that read the plan's own rows by their primary keys. A repeated key is read once, and a key with
    /// a null belongs to no row.
    ///
    /// # Errors
    ///
    /// Keys of another number or kind of columns than the table's primary key.
    pub fn by_keys(&self, keys: &Batch) -> Result<BulkStatements> {
        keys.validate()?;
        let entry = self.entry()?;
        let by = entry.table.primary_key.clone();
        if by.is_empty() || keys.columns.len() != by.len() {
            let (table, got, wanted) = (&self.table.1, keys.columns.len(), by.len());
            return Err(Error::invalid(format!("a key of {table:?} has {wanted} columns, not {got}")));
        }
        keys::check_kinds(&columns(entry, &by)?, keys)?;
        let all: Vec<_> = keys.columns.iter().collect();
        let read = ReadMany { table: self.table.clone(), by, secondary: None, order_by: Vec::new() };
        self.statements(read, keys::pick(&all, &keys::distinct(&all, keys.rows))?)
    }

    /// Returns the query with the loads that join it, if some request it and it is possible; the caller then runs this query
    /// instead. If it does not compile, the caller calls [`Loading::without_joins`].
    pub fn join(&mut self, query: &Statement) -> Option<Statement> {
        let (statement, joined) = join::join(query, self.entry().ok()?, &self.items)?;
        self.joined = Some(joined);
        Some(statement)
    }

    /// Discards the joins, so that the query runs without any load.
    pub fn without_joins(&mut self) {
        self.joined = None;
    }

    /// Returns the result columns of the plan's own rows, where a query reads them.
    #[must_use]
    pub fn columns_of(&self, query: &Compiled) -> Arc<[Output]> {
        match &self.joined {
            Some(joined) => query.outputs.iter().take(joined.width).cloned().collect(),
            None => Arc::clone(&query.outputs),
        }
    }

    /// Returns the result columns of the plan's own rows, where they are read by primary key.
    #[must_use]
    pub fn columns(&self) -> Arc<[Output]> {
        let all = |entry: &Entry| outputs_of(&entry.table.columns.iter().collect::<Vec<_>>()).into();
        self.entry().map(all).unwrap_or_default()
    }

    /// Checks that a statement is a query whose first columns are those of the table.
    ///
    /// # Errors
    ///
    /// A statement that is not such a query.
    pub fn check_query(&self, query: &Compiled) -> Result<()> {
        if query.writes {
            return Err(Error::invalid("a plan starts from a query, not from a change"));
        }
        let entry = self.entry()?;
        // Only an expression has an unknown kind; a column never does.
        let is_it = |(output, column): (&Output, &Column)| {
            output.name == column.name && output.ty.as_ref().is_some_and(|ty| ty.kind == column.ty.kind)
        };
        let columns = &entry.table.columns;
        if query.outputs.len() >= columns.len() && query.outputs.iter().zip(columns).all(is_it) {
            return Ok(());
        }
        let table = &self.table.1;
        Err(Error::invalid(format!("the query of a plan begins with all columns of {table:?} in their declared order")))
    }

    /// Takes the rows of the query or the read by keys: the plan's own rows, and those of joined loads. Returns the number of
    /// rows that they make in the result.
    pub fn take_root(&mut self, rows: Batch) -> u64 {
        let Some(joined) = &self.joined else {
            self.root = rows;
            return self.root.rows.into();
        };
        self.root = joined.root(&rows);
        let mut count = u64::from(self.root.rows);
        for part in &joined.parts {
            if let Some(item) = self.items.get_mut(part.load) {
                item.rows = part.rows(item, &rows);
                item.is_done = true;
                count = count.saturating_add(item.rows.rows.into());
            }
        }
        count
    }

    /// Takes rows that the guest already has, with these columns.
    ///
    /// # Errors
    ///
    /// Columns that the table does not have, values of another kind than their columns, another number of columns than names,
    /// or a missing column that a load starts from.
    pub fn take_known(&mut self, names: Vec<String>, rows: Batch) -> Result<()> {
        rows.validate()?;
        let known = columns(self.entry()?, &names)?;
        if names.len() != rows.columns.len() {
            return Err(Error::invalid("rows that are known have as many columns as are named"));
        }
        keys::check_kinds(&known, &rows)?;
        let needed = self.items.iter().filter(|item| item.owner.is_none()).flat_map(|item| &item.local);
        if let Some(missing) = needed.into_iter().find(|name| !names.contains(name)) {
            let message = format!("a load starts from the column {missing:?}, which is not among those known");
            return Err(Error::invalid(message));
        }
        self.root_columns = names;
        self.root = rows;
        self.is_known = true;
        Ok(())
    }

    /// Returns the next load's statements; `None` at the end. A load without keys has no statements.
    ///
    /// # Errors
    ///
    /// Keys that do not fit into a statement within the limits.
    pub fn next_step(&mut self) -> Result<Option<LoadStep>> {
        let left = self.items.iter().enumerate().skip(self.next);
        let Some((load, item)) = left.into_iter().find(|(_, item)| !item.is_done) else { return Ok(None) };
        let statements = self.statements(item.read.clone(), self.keys(item)?)?;
        self.next = load.saturating_add(1);
        Ok(Some(LoadStep { load, statements }))
    }

    /// Takes the results of a load's statements and returns the number of rows.
    ///
    /// # Errors
    ///
    /// A column of more than 4 GiB.
    pub fn take(&mut self, load: usize, returned: Vec<Batch>) -> Result<u64> {
        let Some(item) = self.items.get_mut(load) else { return Ok(0) };
        let several = returned.len() > 1;
        let mut rows = Batch::concat(returned)?;
        if several && let Some(once) = item.once(&rows) {
            rows = once;
        }
        item.rows = rows;
        Ok(item.rows.rows.into())
    }

    /// Returns the plan's own rows and those of all loads.
    ///
    /// # Errors
    ///
    /// None for a plan whose rows are within their limits.
    pub fn finish(self) -> Result<(Batch, Vec<Loaded>)> {
        let loaded = |(load, item): (usize, PlannedLoad)| {
            let PlannedLoad { columns, rows, .. } = item;
            let rows = if rows.columns.is_empty() { empty(&columns)? } else { rows };
            Ok(Loaded { load, columns, rows })
        };
        // If no statement ran, an empty result still needs the table's columns.
        let told = self.columns();
        let root = if self.root.columns.is_empty() && !self.is_known { empty(&told)? } else { self.root };
        Ok((root, self.items.into_iter().enumerate().map(loaded).collect::<Result<_>>()?))
    }

    fn entry(&self) -> Result<&Entry> {
        let (schema, name) = &self.table;
        self.catalog.entry(schema.as_deref(), name).ok_or_else(|| Error::NoSuchTable(name.clone()))
    }

    /// Returns the distinct keys of a load's owners, without those that no row can have.
    fn keys(&self, item: &PlannedLoad) -> Result<Batch> {
        let (rows, names): (&Batch, Vec<&String>) = match item.owner.and_then(|owner| self.items.get(owner)) {
            Some(owner) => (&owner.rows, owner.columns.iter().map(|column| &column.name).collect()),
            None => (&self.root, self.root_columns.iter().collect()),
        };
        let before = item.owner.and_then(|owner| self.items.get(owner)).map_or(0, |owner| owner.before);
        if rows.rows == 0 {
            return Ok(Batch::default());
        }
        let at = |name: &String| names.iter().skip(before).position(|known| *known == name);
        let columns = item.local.iter().map(|name| rows.columns.get(at(name)?.saturating_add(before)));
        let columns: Option<Vec<_>> = columns.collect();
        let columns = columns.ok_or_else(|| Error::invalid("a load starts from columns that are not there"))?;
        let mut distinct = keys::distinct(&columns, rows.rows);
        keys::keep_representable(&item.read.finders(&self.catalog)?, &columns, &mut distinct);
        keys::pick(&columns, &distinct)
    }

    /// Returns the statements that read rows by keys.
    fn statements(&self, read: ReadMany, keys: Batch) -> Result<BulkStatements> {
        BulkStatements::of(Bulk::Read(read), Arc::new(keys), Arc::clone(&self.catalog), self.dialect, self.limits)
    }
}

fn columns<'a>(entry: &'a Entry, names: &[String]) -> Result<Vec<&'a Column>> {
    names.iter().map(|name| column(entry, name)).collect()
}

/// Makes a batch of no rows with these columns.
fn empty(columns: &[Output]) -> Result<Batch> {
    let kind = |column: &Output| column.ty.as_ref().map_or(VectorKind::from(TypeKind::Other), VectorKind::from);
    BatchBuilder::with_capacity(&columns.iter().map(kind).collect::<Vec<_>>(), 0).finish()
}
