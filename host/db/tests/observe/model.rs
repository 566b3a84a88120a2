//! Models of users who own devices, and statements, flushes and loads on them.

use std::sync::Arc;

use sqlservice_db::Database;
use sqlservice_sql::{
    Batch, BulkStatements, Catalog, ColumnData, Compiled, Dialect, Flush, InsertMany, Limits, Loading, Vector,
    batch::{ColumnBuilder, VectorKind},
    compile,
    flush::{Change, Inserts, KeyReference},
    load::{Load, LoadPlan},
    schema::{Index, Models, Relationship, Table, TypeKind},
};

use crate::build::{Arena, column, key, nullable, select, table, varchar};

pub struct Model {
    pub catalog: Arc<Catalog>,
    dialect: Dialect,
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn texts(values: &[&str]) -> ColumnData {
    let mut column = ColumnBuilder::new(VectorKind::Text, values.len());
    values.iter().for_each(|value| column.push_str(value).expect("room"));
    column.finish()
}

fn batch(columns: Vec<ColumnData>, rows: usize) -> Batch {
    Batch { rows: u32::try_from(rows).expect("few"), columns }
}

impl Model {
    pub fn new(database: &Database) -> Self {
        let mut users = table("users", vec![column("name", varchar(64))]);
        users.uniques = vec![Index { name: None, columns: vec!["name".into()], unique: true }];
        let mut devices = table("devices", vec![nullable("user_id", TypeKind::Int64), column("name", varchar(64))]);
        devices.foreign_keys = vec![key("user_id", "users")];
        let relationship = Relationship {
            name: "devices".into(),
            owner: "users".into(),
            target: "devices".into(),
            foreign_key: None,
            through: None,
            collection: true,
            cascade: vec![],
            passive_deletes: false,
            post_update: false,
            order_by: vec![],
        };
        let models = Models { tables: vec![users, devices], relationships: vec![relationship] };
        let dialect = database.dialect();
        let catalog = Catalog::declare(models, dialect, &Limits::default(), false).expect("good models");
        Self { catalog: Arc::new(catalog), dialect }
    }

    pub fn tables(&self) -> Vec<Table> {
        self.catalog.declared(&[]).expect("all").into_iter().cloned().collect()
    }

    /// A query of all users.
    pub fn users(&self) -> Arc<Compiled> {
        let mut arena = Arena::default();
        let (id, name, from) = (arena.col("id"), arena.col("name"), arena.from("users"));
        let statement = arena.query(select(&[id, name], from));
        Arc::new(compile(&statement, &self.catalog, self.dialect, &Limits::default()).expect("a query"))
    }

    /// Inserts of users with these names.
    pub fn new_users(&self, users: &[&str]) -> BulkStatements {
        let target =
            InsertMany { schema: None, table: "users".into(), columns: names(&["name"]), returning: Vec::new() };
        let rows = Arc::new(batch(vec![texts(users)], users.len()));
        BulkStatements::new(target, rows, Arc::clone(&self.catalog), self.dialect, Limits::default()).expect("it fits")
    }

    /// A flush that inserts a user with a device.
    pub fn new_owner(&self, user: &str, device: &str) -> Flush {
        let no_user = ColumnData { validity: vec![0], values: Vector::Integers(vec![0]) };
        let users = Inserts {
            table: "users".into(),
            columns: names(&["name"]),
            rows: batch(vec![texts(&[user])], 1),
            links: Vec::new(),
            returning: Vec::new(),
        };
        let devices = Inserts {
            table: "devices".into(),
            columns: names(&["user_id", "name"]),
            rows: batch(vec![no_user, texts(&[device])], 1),
            links: vec![KeyReference { row: 0, column: 0, of_change: 0, of_row: 0 }],
            returning: Vec::new(),
        };
        let changes = vec![Change::Inserts(users), Change::Inserts(devices)];
        Flush::new(changes, Arc::clone(&self.catalog), self.dialect, Limits::default()).expect("good changes")
    }

    /// A plan that loads users with their devices, one statement for each table.
    pub fn owners(&self) -> Loading {
        let load = Load { relationship: "devices".into(), nested: Vec::new(), joined: false };
        let plan = LoadPlan { table: "users".into(), loads: vec![load], roots: vec![0] };
        Loading::new(&plan, Arc::clone(&self.catalog), self.dialect, Limits::default()).expect("a good plan")
    }
}
