//! `test_naturalpks.py`, and relationships to unique columns other than the primary key.

mod key;
mod owned;
mod unique;

use sqlservice_sdk::prelude::*;

use self::{
    key::{
        a_changed_key_is_found, a_child_comes_with_a_changed_key, a_child_goes_with_a_changed_key,
        a_child_moves_with_its_key, a_freed_key_is_taken, a_one_to_one_follows, a_savepoint_takes_keys_back,
        keys_are_exchanged_while_children_move, keys_of_children_follow, unloaded_children_follow,
    },
    owned::{
        a_child_that_moves_by_a_unique_column_stays, a_child_that_moves_to_an_owner_that_goes, a_code_is_handed_on,
        an_orphan_of_a_unique_column_goes, children_go_by_a_unique_column,
    },
    unique::{
        a_changed_column_is_followed, a_child_comes_and_goes_by_its_foreign_key, a_child_moves_by_its_own_side,
        a_deleted_child_leaves_the_list, a_list_tells_its_children, a_new_child_is_told, a_new_owner_is_told,
        a_rollback_tells_both_sides, an_owner_goes, composite_columns_are_told,
    },
};
use crate::case::{cases, rows};

cases! { [Account, Entry, Detail, Owner, Thing, Grid, Cell, Crate, Lid]:
    a_changed_key_is_found, keys_of_children_follow, unloaded_children_follow, a_child_comes_with_a_changed_key,
    a_child_goes_with_a_changed_key, a_child_moves_with_its_key, a_one_to_one_follows, a_savepoint_takes_keys_back,
    a_list_tells_its_children, a_child_moves_by_its_own_side, a_child_comes_and_goes_by_its_foreign_key,
    a_new_owner_is_told, a_new_child_is_told, a_deleted_child_leaves_the_list, an_owner_goes,
    a_rollback_tells_both_sides, a_changed_column_is_followed, composite_columns_are_told,
    children_go_by_a_unique_column, an_orphan_of_a_unique_column_goes, a_child_that_moves_by_a_unique_column_stays,
    a_child_that_moves_to_an_owner_that_goes, a_code_is_handed_on, keys_are_exchanged_while_children_move,
    a_freed_key_is_taken,
}

/// An account with a text as primary key, which changes.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "accounts")]
struct Account {
    #[model(primary_key, length = 20)]
    name: String,
    #[model(cascade = "all, delete-orphan", order_by = "number")]
    entries: Many<Entry>,
    #[model(cascade = "all, delete-orphan")]
    detail: One<Detail>,
}

/// An entry whose key contains its account's.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "entries")]
struct Entry {
    #[model(primary_key, foreign_key = "accounts.name", on_update = "cascade", length = 20)]
    account_name: String,
    #[model(primary_key)]
    number: i64,
    note: Option<i64>,
    account: One<Account>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "details")]
struct Detail {
    #[model(primary_key, foreign_key = "accounts.name", on_update = "cascade", length = 20)]
    account_name: String,
    note: Option<i64>,
}

/// An owner to whose unique code things refer.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "owners")]
struct Owner {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20, unique)]
    code: String,
    #[model(order_by = "name")]
    things: Many<Thing>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "things")]
struct Thing {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(foreign_key = "owners.code", on_update = "cascade", length = 20)]
    owner_code: Option<String>,
    owner: One<Owner>,
}

/// A grid to whose place cells refer, in another column order than its unique key's.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "grids", unique(columns(y, x)))]
struct Grid {
    #[model(primary_key, generated)]
    id: i64,
    x: i64,
    y: i64,
    cells: Many<Cell>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "cells", foreign_key(columns(grid_y, grid_x), refers = "grids(y, x)"))]
struct Cell {
    #[model(primary_key, generated)]
    id: i64,
    grid_x: Option<i64>,
    grid_y: Option<i64>,
    grid: One<Grid>,
}

/// A box whose lids cannot exist without it, and refer to its unique code.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "boxes")]
struct Crate {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20, unique)]
    code: String,
    #[model(cascade = "all, delete-orphan", order_by = "name")]
    lids: Many<Lid>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "lids")]
struct Lid {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(foreign_key = "boxes.code", length = 20)]
    box_code: String,
    owner: One<Crate>,
}

fn entry(number: i64) -> Entry {
    Entry { number, ..Entry::default() }
}

fn account(name: &str, entries: &[i64]) -> Account {
    let entries: Vec<Entry> = entries.iter().map(|number| entry(*number)).collect();
    Account { name: name.to_owned(), entries: entries.into(), ..Account::default() }
}

fn owner(code: &str, things: &[&str]) -> Owner {
    let things: Vec<Thing> = things.iter().map(|name| thing(name)).collect();
    Owner { code: code.to_owned(), things: things.into(), ..Owner::default() }
}

fn thing(name: &str) -> Thing {
    Thing { name: name.to_owned(), ..Thing::default() }
}

async fn entries(db: &Database, wanted: &str) -> crate::case::Case {
    let query = select_columns((Entry::ACCOUNT_NAME, Entry::NUMBER)).order_by((Entry::ACCOUNT_NAME, Entry::NUMBER));
    rows(db, "entries", &query, wanted).await
}

async fn things(db: &Database, wanted: &str) -> crate::case::Case {
    rows(db, "things", &select_columns((Thing::NAME, Thing::OWNER_CODE)).order_by(Thing::NAME), wanted).await
}
