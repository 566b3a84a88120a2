//! The tables of the database, the guest's declarations of them, and the policy between the two.

use std::collections::BTreeMap;

use sqlservice_sql::{
    Scalar, Value,
    policy::{Allow, Claims, Policy, Rules, TablePolicy},
    schema::{Column, DefaultValue, ForeignKey, Index, Models, Relationship, Table, TypeKind},
};

use crate::build::{column, nullable, table, varchar};

/// The claims of the guest's tenant.
pub const TENANT: i64 = 7;
pub const USER: i64 = 3;

/// The tables that the guest sees; referenced ones come first.
pub const TABLES: [&str; 4] = ["projects", "notes", "docs", "pins"];

/// The policy's condition for the visible rows of a table.
pub fn rule(table: &str) -> &'static str {
    match table {
        "notes" => "tenant_id = :tenant and (owner_id = :user or is_open)",
        "docs" => {
            "tenant_id = :tenant and project_id in (select m.project_id from members as m where m.user_id = :user)"
        }
        _ => "tenant_id = :tenant",
    }
}

/// The policy's condition for the rows that may be updated and deleted.
pub fn own(table: &str) -> &'static str {
    if table == "notes" { "owner_id = :user" } else { "" }
}

/// Binds the claims in an expression of the policy, as SQL text.
pub fn bound(rule: &str) -> String {
    rule.replace(":tenant", &TENANT.to_string()).replace(":user", &USER.to_string())
}

pub fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The columns that the guest may read.
pub fn read(table: &str) -> &'static [&'static str] {
    match table {
        "projects" => &["id", "slug", "title", "budget", "parent_id"],
        "notes" => &["id", "owner_id", "is_open", "project_id", "body", "n", "word", "pattern", "secret"],
        "docs" => &["id", "project_id", "size", "doc", "version"],
        _ => &["project_id", "note_id", "weight"],
    }
}

/// The columns that the guest may fill in an insert.
pub fn inserted(table: &str) -> Vec<&'static str> {
    read(table).iter().copied().filter(|name| *name != "owner_id").collect()
}

/// The columns that the guest may update.
pub fn updated(table: &str) -> &'static [&'static str] {
    match table {
        "projects" => &["title", "budget", "parent_id", "slug"],
        "notes" => &["project_id", "body", "n", "word", "pattern", "secret"],
        "docs" => &["size", "doc", "version"],
        _ => &["weight"],
    }
}

/// The policy of a table: it allows aggregates and `RETURNING`, and upserts into projects.
pub fn policy(table: &str) -> TablePolicy {
    let mut policy = TablePolicy::new()
        .read(read(table).iter().copied(), rule(table))
        .insert(inserted(table))
        .set("tenant_id", ":tenant")
        .update(updated(table).iter().copied(), own(table))
        .delete(own(table))
        .allow(Allow::Aggregate)
        .allow(Allow::Returning);
    match table {
        "projects" => policy = policy.allow(Allow::Upsert),
        "notes" => {
            policy = policy.set("owner_id", ":user").mask("secret", "owner_id = :user").check("length(body) < 30");
        }
        _ => {}
    }
    policy
}

pub fn claims() -> Claims {
    let integer = |value| Value::Scalar(Scalar::Integer(value));
    Claims::from([("tenant".to_owned(), integer(TENANT)), ("user".to_owned(), integer(USER))])
}

pub fn rules_of(tables: BTreeMap<String, TablePolicy>) -> Rules {
    Policy::new(tables).expect("a good policy").bind(&claims()).expect("all claims")
}

pub fn rules() -> Rules {
    rules_of(TABLES.map(|name| (name.to_owned(), policy(name))).into())
}

fn by_default(name: &str, value: i64) -> Column {
    Column { default: DefaultValue::Literal(Scalar::Integer(value).into()), ..column(name, TypeKind::Int64) }
}

fn unique(columns: &[&str]) -> Index {
    Index { name: None, columns: strings(columns), unique: true }
}

fn key(columns: &[&str], table: &str, referred: &[&str]) -> ForeignKey {
    ForeignKey {
        name: None,
        columns: strings(columns),
        table: table.to_owned(),
        schema: None,
        referred: strings(referred),
        on_delete: Default::default(),
        on_update: Default::default(),
    }
}

/// The tables that the guest declares.
fn seen() -> Vec<Table> {
    let number = |name| nullable(name, TypeKind::Int64);
    let text = |name| nullable(name, TypeKind::Text);
    let mut projects =
        table("projects", vec![column("slug", varchar(20)), text("title"), number("budget"), number("parent_id")]);
    projects.uniques = vec![unique(&["slug"])];
    projects.foreign_keys = vec![key(&["parent_id"], "projects", &["id"])];
    let mut notes = table(
        "notes",
        vec![
            column("owner_id", TypeKind::Int64),
            column("is_open", TypeKind::Boolean),
            number("project_id"),
            text("body"),
            number("n"),
            text("word"),
            text("pattern"),
            text("secret"),
        ],
    );
    notes.foreign_keys = vec![key(&["project_id"], "projects", &["id"])];
    let mut docs = table(
        "docs",
        vec![column("project_id", TypeKind::Int64), number("size"), text("doc"), column("version", TypeKind::Int64)],
    );
    docs.foreign_keys = vec![key(&["project_id"], "projects", &["id"])];
    docs.version_column = Some("version".to_owned());
    let mut pins = table(
        "pins",
        vec![column("project_id", TypeKind::Int64), column("note_id", TypeKind::Int64), number("weight")],
    );
    pins.columns.remove(0);
    pins.primary_key = strings(&["project_id", "note_id"]);
    pins.foreign_keys = vec![key(&["project_id"], "projects", &["id"]), key(&["note_id"], "notes", &["id"])];
    vec![projects, notes, docs, pins]
}

/// The models that the guest declares.
pub fn models() -> Models {
    let to = |owner: &str, name: &str, target: &str, collection: bool, through: Option<&str>| Relationship {
        name: name.to_owned(),
        owner: owner.to_owned(),
        target: target.to_owned(),
        foreign_key: None,
        through: through.map(str::to_owned),
        collection,
        cascade: Vec::new(),
        passive_deletes: false,
        post_update: false,
        order_by: Vec::new(),
    };
    let relationships = vec![
        to("projects", "parent", "projects", false, None),
        to("projects", "children", "projects", true, None),
        to("projects", "notes", "notes", true, None),
        to("projects", "docs", "docs", true, None),
        to("projects", "pinned", "notes", true, Some("pins")),
        to("notes", "project", "projects", false, None),
        to("notes", "pinned_in", "projects", true, Some("pins")),
        to("docs", "project", "projects", false, None),
    ];
    Models { tables: seen(), relationships }
}

/// The tables of the database, with the columns for tenant and owner. Foreign and unique keys that would reveal hidden rows are left out,
/// as no rewriting can prevent that. In the copy, the tenant and owner columns have defaults.
pub fn physical(is_copy: bool) -> Vec<Table> {
    let hidden = |name, value| if is_copy { by_default(name, value) } else { column(name, TypeKind::Int64) };
    let mut tables = seen();
    for table in &mut tables {
        table.columns.push(hidden("tenant_id", TENANT));
        table.foreign_keys.clear();
        if let Some(owner) = table.columns.iter_mut().find(|column| column.name == "owner_id") {
            *owner = hidden("owner_id", USER);
        }
        match table.name.as_str() {
            "projects" => {
                table.uniques = vec![unique(&["tenant_id", "id"])];
                table.uniques.push(unique(if is_copy { &["slug"] } else { &["tenant_id", "slug"] }));
                table.foreign_keys = vec![key(&["tenant_id", "parent_id"], "projects", &["tenant_id", "id"])];
            }
            "pins" => {
                table.foreign_keys = vec![key(&["tenant_id", "project_id"], "projects", &["tenant_id", "id"])];
            }
            _ => {}
        }
    }
    let mut members = table("members", vec![column("user_id", TypeKind::Int64), column("project_id", TypeKind::Int64)]);
    members.columns.remove(0);
    members.primary_key = strings(&["user_id", "project_id"]);
    tables.push(members);
    tables
}
