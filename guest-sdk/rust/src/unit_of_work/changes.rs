//! Encodes a flush plan as the contract's changes: rows with the same columns together, column by column. The file is long as it
//! has a function for each kind of change.

mod post_update;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    delete_order,
    flush_plan::{FlushPlan, Pair, is_null},
    load::{encode, stored},
};
use crate::{
    Error, Result,
    bindings::sqlservice::database::{
        rows::Batch,
        sessions::{Change, Deletes, Inserts, KeyReference, KnownRows, Updates},
    },
    instance::{AnyEntity, Status},
    mapping::{Mapper, ModelId},
    value::{
        Value,
        column::{null, typed},
    },
};

/// The objects that a change writes.
pub(super) enum ChangeSubject {
    /// Inserted objects, and the columns that are returned for them.
    Inserts(Vec<AnyEntity>, Vec<usize>),
    /// Updated objects, and the columns that are returned for them.
    Updates(Vec<AnyEntity>, Vec<usize>),
    /// Rows for which nothing is returned.
    Rest,
}

/// The changes to send, each with its subject.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) contract: Vec<Change>,
    pub(super) about: Vec<ChangeSubject>,
    /// The change and the row of each new object, indexed by the object's place in the flush.
    places: Vec<Option<(u32, u32)>>,
    flush: u64,
}

/// Objects of one model whose rows have the same columns.
struct Group {
    mapper: &'static Mapper,
    columns: Vec<usize>,
    objects: Vec<AnyEntity>,
}

/// Groups objects that have the same columns to write. Objects with generated keys keep their order: such an object joins no group
/// before the last one of its model.
///
/// `is_alike` may return a cheap token: consecutive objects of a model with the same token have the same columns.
fn groups(
    objects: &[AnyEntity],
    is_alike: impl Fn(&AnyEntity, &Mapper) -> Option<u32>,
    columns: impl Fn(&AnyEntity, &Mapper) -> Vec<usize>,
) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: FxHashMap<(ModelId, Vec<usize>), usize> = FxHashMap::default();
    let mut newest: FxHashMap<ModelId, usize> = FxHashMap::default();
    let mut last: Option<usize> = None;
    let mut glance: Option<(ModelId, u32)> = None;
    for object in objects {
        let mapper = object.0.mapper();
        let seen = is_alike(object, mapper).map(|alike| (mapper.of, alike));
        if seen.is_some() && seen == glance {
            if let Some(group) = last.and_then(|at| groups.get_mut(at)) {
                group.objects.push(object.clone());
            }
            continue;
        }
        glance = seen;
        let columns = columns(object, mapper);
        let is_last = |group: &Group| group.mapper.of == mapper.of && group.columns == columns;
        let at = match last.filter(|&at| groups.get(at).is_some_and(is_last)) {
            Some(at) => at,
            None => {
                let is_made = !object.0.has_row() && object.0.wants_key();
                let before = if is_made { newest.get(&mapper.of).copied() } else { None };
                let next = groups.len();
                let at = *known.entry((mapper.of, columns.clone())).or_insert(next);
                let at = if before.is_some_and(|before| at < before) { next } else { at };
                if at == next {
                    known.insert((mapper.of, columns.clone()), at);
                    groups.push(Group { mapper, columns, objects: Vec::new() });
                }
                if is_made {
                    newest.insert(mapper.of, at);
                }
                at
            }
        };
        last = Some(at);
        if let Some(group) = groups.get_mut(at) {
            group.objects.push(object.clone());
        }
    }
    groups
}

fn count(rows: usize) -> Result<u32> {
    u32::try_from(rows).map_err(|_| Error::invalid("more than 2^32 rows in a flush"))
}

impl Changes {
    /// Encodes the changes of a plan.
    pub(super) fn new(plan: &FlushPlan) -> Result<Self> {
        let places = vec![None; plan.involved.len()];
        let mut changes = Self { places, flush: plan.serial, ..Self::default() };
        let post_updates: FxHashSet<(usize, usize)> = (plan.post_updates.iter())
            .flat_map(|(object, columns)| columns.iter().map(|&column| (object.address(), column)))
            .collect();
        changes.inserts(plan, &post_updates)?;
        changes.updates(plan, &post_updates)?;
        changes.post_updates(plan)?;
        changes.new_pairs(plan)?;
        changes.old_pairs(plan)?;
        changes.deletes(plan, &post_updates)?;
        Ok(changes)
    }

    fn push(&mut self, change: Change, about: ChangeSubject) {
        self.contract.push(change);
        self.about.push(about);
    }

    /// Returns the change and the row of a new object.
    fn place(&self, object: &AnyEntity) -> Option<(u32, u32)> {
        let place = object.0.state().place(self.flush)?;
        self.places.get(place).copied().flatten()
    }

    /// Returns the key references of columns whose values come from rows that the flush inserts.
    fn links(
        &self,
        plan: &FlushPlan,
        objects: &[AnyEntity],
        columns: &[usize],
        post_updates: Option<&FxHashSet<(usize, usize)>>,
    ) -> Vec<KeyReference> {
        let mut links = Vec::new();
        for (row, object) in (0..).zip(objects) {
            for (at, source) in plan.sources.of(object) {
                if post_updates.is_some_and(|columns| columns.contains(&(object.address(), *at))) {
                    continue;
                }
                let column = columns.iter().position(|column| column == at).and_then(|at| u16::try_from(at).ok());
                if let (Some(column), Some((of_change, of_row))) = (column, self.place(&source.object)) {
                    links.push(KeyReference { row, column, of_change, of_row });
                }
            }
        }
        links
    }

    fn inserts(&mut self, plan: &FlushPlan, post_updates: &FxHashSet<(usize, usize)>) -> Result<()> {
        let columns = |object: &AnyEntity, mapper: &Mapper| -> Vec<usize> {
            let made = mapper.generated.filter(|_| object.0.wants_key());
            let is_left = |column: &usize| {
                mapper.defaulted.contains(column)
                    && plan.sources.get(object, *column).is_none()
                    && is_null(&object.0.value(*column))
            };
            // A column that a post-update writes is null until then.
            let is_late = |column: &usize| {
                !post_updates.is_empty()
                    && post_updates.contains(&(object.address(), *column))
                    && !is_null(&object.0.value(*column))
            };
            let all = 0..mapper.columns.len();
            all.filter(|column| Some(*column) != made && !is_left(column) && !is_late(column)).collect()
        };
        let glance = |object: &AnyEntity, mapper: &Mapper| {
            (mapper.defaulted.is_empty() && post_updates.is_empty()).then(|| u32::from(object.0.wants_key()))
        };
        let groups = groups(&plan.inserts, glance, columns);
        for (change, group) in (0..).zip(&groups) {
            for (row, object) in (0..).zip(&group.objects) {
                let place = object.0.state().place(self.flush).and_then(|place| self.places.get_mut(place));
                place.into_iter().for_each(|place| *place = Some((change, row)));
            }
        }
        for Group { mapper, columns, objects } in groups {
            let made = mapper.generated.into_iter().chain(mapper.defaulted.iter().copied());
            let returning: Vec<usize> = made.filter(|column| !columns.contains(column)).collect();
            let cells = encode(&objects, &columns)?;
            mapper.unset.check(&columns, &cells, objects.len(), |row, column| {
                objects.get(row).is_some_and(|object| plan.is_assigned(object, column))
            })?;
            let inserts = Inserts {
                table: mapper.table.to_owned(),
                columns: mapper.names(&columns),
                rows: Batch { rows: count(objects.len())?, columns: cells },
                links: self.links(plan, &objects, &columns, Some(post_updates)),
                returning: mapper.names(&returning),
            };
            self.push(Change::Inserts(inserts), ChangeSubject::Inserts(objects, returning));
        }
        Ok(())
    }

    fn updates(&mut self, plan: &FlushPlan, post_updates: &FxHashSet<(usize, usize)>) -> Result<()> {
        let mut objects = plan.updates.clone();
        objects.sort_by_cached_key(|object| object.0.stored_key());
        let columns = |object: &AnyEntity, _: &Mapper| {
            let mut columns = plan.columns(object);
            columns.retain(|column| !post_updates.contains(&(object.address(), *column)));
            columns
        };
        for Group { mapper, columns, objects } in groups(&objects, |_, _| None, columns) {
            if columns.is_empty() {
                continue;
            }
            let touched = mapper.touched.iter().copied();
            let returning: Vec<usize> = touched.filter(|column| !columns.contains(column)).collect();
            // A row switch updates the row of the deleted object.
            let row = |object: &AnyEntity| plan.row_switches.get(&object.address()).unwrap_or(object).clone();
            let rows: Vec<AnyEntity> = objects.iter().map(row).collect();
            let rows_count = count(objects.len())?;
            let batch = |columns| Batch { rows: rows_count, columns };
            let versions = mapper.version.map(|version| stored(&rows, &[version])).transpose()?.map(batch);
            let updates = Updates {
                table: mapper.table.to_owned(),
                keys: batch(stored(&rows, &mapper.key)?),
                versions,
                columns: mapper.names(&columns),
                rows: batch(encode(&objects, &columns)?),
                links: self.links(plan, &objects, &columns, Some(post_updates)),
                returning: mapper.names(&returning),
                stored: unique_values(mapper, &rows, &stored_columns(plan, mapper, &columns))?,
            };
            self.push(Change::Updates(updates), ChangeSubject::Updates(objects, returning));
        }
        Ok(())
    }

    /// Inserts rows of secondary tables.
    fn new_pairs(&mut self, plan: &FlushPlan) -> Result<()> {
        for pairs in by_table(&plan.new_pairs) {
            let Some(first) = pairs.first() else { continue };
            let columns: Vec<String> = first.cells.iter().map(|(name, ..)| name.clone()).collect();
            let mut links = Vec::new();
            let mut values: Vec<Vec<Value>> = vec![Vec::with_capacity(pairs.len()); columns.len()];
            for (row, pair) in (0..).zip(&pairs) {
                for (position, (_, object, column)) in pair.cells.iter().enumerate() {
                    let place = self.place(object);
                    if let (Some((of_change, of_row)), Ok(column)) = (place, u16::try_from(position)) {
                        links.push(KeyReference { row, column, of_change, of_row });
                    }
                    let is_made = place.is_some() && object.0.wants_key();
                    let value = if is_made { null() } else { object.0.value(*column) };
                    values.get_mut(position).into_iter().for_each(|values| values.push(value.clone()));
                }
            }
            let rows = Batch { rows: count(pairs.len())?, columns: values.into_iter().map(typed).collect() };
            let table = first.table.clone();
            self.push(
                Change::Inserts(Inserts { table, columns, rows, links, returning: Vec::new() }),
                ChangeSubject::Rest,
            );
        }
        Ok(())
    }

    fn old_pairs(&mut self, plan: &FlushPlan) -> Result<()> {
        for pairs in by_table(&plan.old_pairs) {
            let Some(first) = pairs.first() else { continue };
            let cell = |pair: &Pair, name: &String| {
                let cell = pair.cells.iter().find(|(column, ..)| column == name);
                // The row already follows the key of a row that is updated before.
                let value = |object: &AnyEntity, column: usize| match pair.follows.contains(name) {
                    true if object.status() == Status::Persistent => object.0.value(column),
                    _ => object.0.stored_value(column),
                };
                cell.map(|(_, object, column)| value(object, *column)).ok_or_else(|| {
                    Error::invalid(format!(
                        "{:?} is between two tables and has a primary key of its own: make its rows a model that both have Many of",
                        pair.table
                    ))
                })
            };
            let key = |name| Ok(typed(pairs.iter().map(|pair| cell(pair, name)).collect::<Result<_>>()?));
            let columns = first.primary_key.iter().map(key).collect::<Result<_>>()?;
            let keys = Batch { rows: count(pairs.len())?, columns };
            self.push(
                Change::Deletes(Deletes {
                    table: first.table.clone(),
                    keys,
                    versions: None,
                    stored: None,
                    strict: true,
                }),
                ChangeSubject::Rest,
            );
        }
        Ok(())
    }

    fn deletes(&mut self, plan: &FlushPlan, post_updates: &FxHashSet<(usize, usize)>) -> Result<()> {
        let is_open = |object: &AnyEntity, column: usize| post_updates.contains(&(object.address(), column));
        // Tables whose written rows may take unique values of the deleted rows.
        let writes = |change: &Change| match change {
            Change::Inserts(inserts) => Some(inserts.table.clone()),
            Change::Updates(updates) => updates.stored.as_ref().map(|_| updates.table.clone()),
            Change::Deletes(_) => None,
        };
        let takers: FxHashSet<String> = self.contract.iter().filter_map(writes).collect();
        for (mapper, objects) in delete_order::order(&plan.deletes, is_open) {
            let rows = count(objects.len())?;
            let batch = |columns| Batch { rows, columns };
            let versions = mapper.version.map(|version| stored(&objects, &[version])).transpose()?.map(batch);
            let keys = batch(stored(&objects, &mapper.key)?);
            let table = mapper.table.to_owned();
            let uniques = if takers.contains(&table) { mapper.uniques.concat() } else { Vec::new() };
            let stored = unique_values(mapper, &objects, &uniques)?;
            self.push(Change::Deletes(Deletes { table, keys, versions, stored, strict: false }), ChangeSubject::Rest);
        }
        Ok(())
    }
}

/// Returns the columns whose stored values are sent to the host: those of unique keys, and foreign keys that must be released
/// before the key that they refer to changes.
fn stored_columns(plan: &FlushPlan, mapper: &Mapper, columns: &[usize]) -> Vec<usize> {
    let mut stored_columns = mapper.unique_with(columns);
    for (_, local) in plan.followers.held.iter().filter(|(of, _)| *of == mapper.of) {
        if local.iter().any(|column| columns.contains(column)) {
            stored_columns.extend(local);
        }
    }
    stored_columns.sort_unstable();
    stored_columns.dedup();
    stored_columns
}

/// Returns the stored values of these columns, if there are any: the host finds the rows that take values which others free.
fn unique_values(mapper: &Mapper, objects: &[AnyEntity], columns: &[usize]) -> Result<Option<KnownRows>> {
    if columns.is_empty() {
        return Ok(None);
    }
    let rows = Batch { rows: count(objects.len())?, columns: stored(objects, columns)? };
    Ok(Some(KnownRows { columns: mapper.names(columns), rows }))
}

/// Groups pairs by table, without duplicates: both sides of a relationship may have added the same pair.
fn by_table(pairs: &[Pair]) -> Vec<Vec<&Pair>> {
    let mut tables: Vec<Vec<&Pair>> = Vec::new();
    let mut seen = FxHashSet::default();
    for pair in pairs {
        let cells: Vec<(&str, usize)> =
            pair.cells.iter().map(|(name, object, _)| (name.as_str(), object.address())).collect();
        if !seen.insert((pair.table.as_str(), cells)) {
            continue;
        }
        match tables.iter_mut().find(|pairs| pairs.first().is_some_and(|first| first.table == pair.table)) {
            Some(pairs) => pairs.push(pair),
            None => tables.push(vec![pair]),
        }
    }
    tables
}
