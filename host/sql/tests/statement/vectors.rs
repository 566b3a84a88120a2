//! The vectors of `tests/languages`: the flushes and loads that an SDK sends, and the statements that they become.

use std::{fs, path::Path, sync::Arc};

use serde_json::Value as Json;
use sqlservice_sql::{
    Batch, Catalog, ColumnData, Dialect, Flush, Limits, Loading, Scalar, Value, Vector,
    flush::{Change, Deletes, Inserts, KeyReference, Updates},
    load::{Load, LoadPlan},
    schema::{
        Action, CascadeKind, Column, ColumnType, DefaultValue, ForeignKey, Index, Models, Relationship, Table, TypeKind,
    },
};

const DIALECTS: [(&str, Dialect); 3] =
    [("sqlite", Dialect::Sqlite), ("postgresql", Dialect::Postgres), ("mariadb", Dialect::Mariadb)];

/// Reads a file of the vectors.
fn read(name: &str) -> Json {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/languages").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn list<'a>(object: &'a Json, key: &str) -> &'a [Json] {
    object.get(key).map_or(&[], |list| list.as_array().unwrap_or_else(|| panic!("{key} is no list: {object}")))
}

fn text(object: &Json, key: &str) -> String {
    object[key].as_str().unwrap_or_else(|| panic!("there is no {key}: {object}")).to_owned()
}

fn texts(object: &Json, key: &str) -> Vec<String> {
    list(object, key).iter().map(|item| item.as_str().expect("a text").to_owned()).collect()
}

fn number<T: TryFrom<u64, Error: std::fmt::Debug>>(value: &Json) -> T {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number")).try_into().expect("a small number")
}

fn kind(name: &str) -> TypeKind {
    use TypeKind as K;
    match name {
        "boolean" => K::Boolean,
        "int16" => K::Int16,
        "int32" => K::Int32,
        "int64" => K::Int64,
        "float64" => K::Float64,
        "decimal" => K::Decimal,
        "text" => K::Text,
        "varchar" => K::Varchar,
        "bytes" => K::Bytes,
        "uuid" => K::Uuid,
        "json" => K::Json,
        "date" => K::Date,
        "time" => K::Time,
        "timestamp" => K::Timestamp,
        "timestamp-tz" => K::TimestampTz,
        other => panic!("there is no type {other:?} in the models"),
    }
}

fn column(column: &Json) -> Column {
    let size = |key: &str| column.get(key).map(number);
    let (length, precision, scale) = (size("length"), size("precision"), size("scale"));
    let ty = ColumnType { length, precision, scale, ..kind(&text(column, "type")).into() };
    let default = match column.get("default") {
        Some(Json::String(word)) if word == "generated-key" => DefaultValue::GeneratedKey,
        Some(Json::Object(literal)) => DefaultValue::Literal(value(&literal["v"])),
        _ => DefaultValue::None,
    };
    Column { nullable: column["nullable"] == Json::Bool(true), default, ..Column::new(text(column, "name"), ty) }
}

fn foreign_key(key: &Json) -> ForeignKey {
    let on_delete = if key["on delete"] == "cascade" { Action::Cascade } else { Action::NoAction };
    let (columns, referred) = (texts(key, "columns"), texts(key, "referred"));
    ForeignKey {
        name: None,
        columns,
        table: text(key, "table"),
        schema: None,
        referred,
        on_delete,
        on_update: Action::NoAction,
    }
}

fn table(table: &Json) -> Table {
    let unique = |columns: &Json| {
        let columns = columns.as_array().expect("columns").iter().map(|name| name.as_str().expect("a name").to_owned());
        Index { name: None, columns: columns.collect(), unique: true }
    };
    Table {
        primary_key: texts(table, "primary key"),
        foreign_keys: list(table, "foreign keys").iter().map(foreign_key).collect(),
        uniques: list(table, "uniques").iter().map(unique).collect(),
        version_column: table.get("version column").map(|_| text(table, "version column")),
        ..Table::new(text(table, "name"), list(table, "columns").iter().map(column).collect())
    }
}

fn relationship(relationship: &Json) -> Relationship {
    let cascade = |word: &String| match word.as_str() {
        "save-update" => CascadeKind::SaveUpdate,
        "delete" => CascadeKind::Delete,
        "delete-orphan" => CascadeKind::DeleteOrphan,
        other => panic!("there is no cascade {other:?}"),
    };
    Relationship {
        name: text(relationship, "name"),
        owner: text(relationship, "owner"),
        target: text(relationship, "target"),
        foreign_key: None,
        through: relationship.get("through").map(|_| text(relationship, "through")),
        collection: relationship["collection"] == Json::Bool(true),
        cascade: texts(relationship, "cascade").iter().map(cascade).collect(),
        passive_deletes: false,
        post_update: false,
        order_by: Vec::new(),
    }
}

fn models(dialect: Dialect) -> Arc<Catalog> {
    let models = read("models.json");
    let tables = list(&models, "tables").iter().map(table).collect();
    let relationships = list(&models, "relationships").iter().map(relationship).collect();
    Arc::new(
        Catalog::declare(Models { tables, relationships }, dialect, &Limits::default(), false).expect("good models"),
    )
}

fn value(json: &Json) -> Value {
    Value::Scalar(match json {
        Json::Null => return Value::NULL,
        Json::Bool(value) => Scalar::Boolean(*value),
        Json::Number(number) => Scalar::Integer(number.as_i64().expect("an integer")),
        Json::String(text) => Scalar::Text(text.clone()),
        other => panic!("no value of the vectors: {other}"),
    })
}

/// Converts rows to a batch of mixed columns.
fn batch(rows: &[Json]) -> Batch {
    let rows: Vec<Vec<Value>> =
        rows.iter().map(|row| row.as_array().expect("a row").iter().map(value).collect()).collect();
    let width = rows.first().map_or(0, Vec::len);
    let cells = |at: usize| rows.iter().map(|row| row[at].clone()).collect();
    let columns = (0..width).map(|at| ColumnData { validity: vec![], values: Vector::Mixed(cells(at)) }).collect();
    Batch { rows: u32::try_from(rows.len()).expect("few"), columns }
}

fn link(link: &Json) -> KeyReference {
    KeyReference {
        row: number(&link[0]),
        column: number(&link[1]),
        of_change: number(&link[2]),
        of_row: number(&link[3]),
    }
}

fn change(change: &Json) -> Change {
    let (keys, columns, rows) = (batch(list(change, "keys")), texts(change, "columns"), batch(list(change, "rows")));
    let versions = change.get("versions").map(|_| batch(list(change, "versions")));
    let (links, returning) = (list(change, "links").iter().map(link).collect(), texts(change, "returning"));
    if change.get("inserts").is_some() {
        return Change::Inserts(Inserts { table: text(change, "inserts"), columns, rows, links, returning });
    }
    if change.get("updates").is_some() {
        let table = text(change, "updates");
        return Change::Updates(Updates { table, keys, versions, columns, rows, links, returning, stored: None });
    }
    Change::Deletes(Deletes { table: text(change, "deletes"), keys, versions, stored: None, strict: false })
}

fn shown(batch: &Batch, row: usize) -> String {
    let cell = |value| match value {
        value if value == Value::NULL => "null".to_owned(),
        Value::Scalar(Scalar::Integer(number)) => number.to_string(),
        Value::Scalar(Scalar::Text(text)) => text,
        other => format!("{other:?}"),
    };
    let cells = (0..batch.columns.len()).map(|column| cell(batch.value(row, column)));
    format!("({})", cells.collect::<Vec<_>>().join(", "))
}

fn rows(batch: &Batch) -> Vec<String> {
    (0..batch.rows as usize).map(|row| shown(batch, row)).collect()
}

/// Runs a flush against a simulated database that counts keys from 100 on. Returns its statements with their rows, and its results.
fn flush(changes: &[Json], dialect: Dialect) -> (Vec<String>, Vec<Batch>) {
    let changes = changes.iter().map(change).collect();
    let mut flush = Flush::new(changes, models(dialect), dialect, Limits::default()).expect("good changes");
    let (mut sent, mut next) = (Vec::new(), 100..);
    while let Some(mut work) = flush.next_step().expect("work") {
        while let Some(chunk) = work.statements.next() {
            let chunk = chunk.expect("a statement");
            let given: Vec<String> = chunk.rows.clone().map(|row| shown(work.statements.batch(), row)).collect();
            sent.push(format!("{} {}", chunk.compiled.sql, given.join(" ")));
            let keys: Vec<Json> = next.by_ref().take(chunk.rows.len()).map(|key: u64| Json::from(vec![key])).collect();
            let keys = if chunk.compiled.outputs.is_empty() {
                Batch { columns: vec![], ..batch(&keys) }
            } else {
                batch(&keys)
            };
            let count = u64::from(keys.rows);
            flush.take(&mut work, &chunk.rows, keys, count);
        }
        flush.end(&work).expect("an end");
    }
    (sent, flush.finish().expect("what came back"))
}

#[test]
fn each_flush_is_its_statements() {
    for vector in read("flushes.json").as_array().expect("a list") {
        for (name, dialect) in DIALECTS {
            let (sent, returned) = flush(list(vector, "changes"), dialect);
            assert_eq!(sent, texts(vector, name), "{} on {name}", vector["name"]);
            let expected: Vec<_> =
                list(vector, "returned").iter().map(|rows| batch(rows.as_array().expect("rows"))).collect();
            let shown = |batches: &[Batch]| batches.iter().map(rows).collect::<Vec<_>>();
            assert_eq!(shown(&returned), shown(&expected), "{} on {name}", vector["name"]);
        }
    }
}

/// Returns a plan's statements, each with its keys. The vector contains the result of each load.
fn load(vector: &Json, dialect: Dialect) -> Vec<String> {
    let numbers = |json: &Json, key: &str| list(json, key).iter().map(number).collect::<Vec<u32>>();
    let load =
        |load: &Json| Load { relationship: text(load, "relationship"), nested: numbers(load, "nested"), joined: false };
    let plan = LoadPlan {
        table: text(vector, "table"),
        loads: list(vector, "loads").iter().map(load).collect(),
        roots: numbers(vector, "first loads"),
    };
    let mut loading = Loading::new(&plan, models(dialect), dialect, Limits::default()).expect("a plan");
    loading.take_known(texts(&vector["known"], "columns"), batch(list(&vector["known"], "rows"))).expect("known rows");
    let (mut sent, mut answers) = (Vec::new(), list(vector, "answers").iter());
    while let Some(mut step) = loading.next_step().expect("a step") {
        while let Some(chunk) = step.statements.next() {
            let chunk = chunk.expect("a statement");
            let keys: Vec<String> = chunk.rows.clone().map(|row| shown(step.statements.batch(), row)).collect();
            sent.push(format!("{} {}", chunk.compiled.sql, keys.join(" ")));
        }
        let answer = batch(answers.next().and_then(Json::as_array).expect("an answer for each load"));
        loading.take(step.load, vec![answer]).expect("its rows");
    }
    loading.finish().expect("all loads");
    sent
}

#[test]
fn each_load_is_its_statements() {
    for vector in read("loads.json").as_array().expect("a list") {
        for (name, dialect) in DIALECTS {
            assert_eq!(load(vector, dialect), texts(vector, name), "{} on {name}", vector["name"]);
        }
    }
}
