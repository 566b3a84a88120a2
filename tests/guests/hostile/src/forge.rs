//! Models, names, arenas, batches and texts that no SDK would send.

use sqlservice_sdk::{
    bindings::sqlservice::database::{
        databases::Database as RawDatabase,
        rows::{Batch, ColumnData, Strings, Vector},
        sessions::{Session as Raw, TransactionOptions as Options},
        statements::{
            Binary, BinaryOp, Call, ColumnName, Compound, Delete, Insert, InsertSource, Labelled, Node, Root,
            Select as SelectNode, SetOp, SourceTable, Statement,
        },
    },
    prelude::*,
    schema::{self, Models, Table, TypeKind},
    value::{Scalar, Value},
};

use crate::{
    lines,
    model::{User, open},
};

/// A table with a key and a text.
fn table(name: &str) -> Table {
    let mut table = schema::table(name);
    table.columns = vec![schema::column::<i64>("id"), schema::column::<String>("text")];
    table.primary_key = vec!["id".to_owned()];
    table
}

fn changed(change: impl FnOnce(&mut Table)) -> Vec<Table> {
    let mut one = table("one");
    change(&mut one);
    vec![one]
}

fn reference(table: &str, column: &str) -> schema::ForeignKey {
    schema::ForeignKey {
        name: None,
        columns: vec!["id".to_owned()],
        table: table.to_owned(),
        schema: None,
        referred: vec![column.to_owned()],
        on_delete: schema::Action::NoAction,
        on_update: schema::Action::NoAction,
    }
}

/// The error for each invalid model, prefixed with the case.
pub async fn models() -> Result<Vec<String>, Error> {
    let cases: Vec<(&str, Vec<Table>)> = vec![
        ("no name", vec![table("")]),
        ("a NUL in a name", vec![table("a\0b")]),
        ("a name that is too long", vec![table(&"x".repeat(300))]),
        ("two models for one table", vec![table("one"), table("one")]),
        ("no columns", changed(|one| one.columns.clear())),
        ("two columns of one name", changed(|one| one.columns.push(schema::column::<i64>("text")))),
        ("a column without a name", changed(|one| one.columns.push(schema::column::<i64>("")))),
        ("a key of a column that is not", changed(|one| one.primary_key = vec!["nowhere".to_owned()])),
        ("a foreign key to nowhere", changed(|one| one.foreign_keys.push(reference("nowhere", "id")))),
        ("a foreign key to no column", changed(|one| one.foreign_keys.push(reference("one", "nowhere")))),
        (
            "a foreign key of no column",
            changed(|one| {
                one.foreign_keys
                    .push(schema::ForeignKey { columns: vec!["nowhere".to_owned()], ..reference("one", "id") });
            }),
        ),
        (
            "an unequal foreign key",
            changed(|one| {
                let referred = vec!["id".to_owned(), "text".to_owned()];
                one.foreign_keys.push(schema::ForeignKey { referred, ..reference("one", "id") });
            }),
        ),
        ("an index of no column", changed(|one| one.indexes.push(schema::index(&["nowhere"], false)))),
        ("an index without columns", changed(|one| one.indexes.push(schema::index(&[], false)))),
        ("a varchar without a length", changed(|one| one.columns[1].ty.kind = TypeKind::Varchar)),
        (
            "SQL in a type",
            changed(|one| {
                one.columns[1].ty.kind = TypeKind::Other;
                one.columns[1].ty.native = Some("text); DROP TABLE users; --".to_owned());
            }),
        ),
        ("a default of another type", changed(|one| one.columns[0].default = schema::boolean_default(true))),
    ];
    let mut saw = Vec::new();
    for (case, tables) in cases {
        let models = Models { tables, relationships: Vec::new() };
        saw.push(format!("{case}: {}", lines::outcome(Database::open("default", models).await.map(|_| "opened"))));
    }
    Ok(saw)
}

/// A name that would be three statements if it were written into SQL unquoted.
const EVIL: &str = "users\"; DROP TABLE users; --";
const EVIL_TICKS: &str = "users`; DROP TABLE users; -- ";

/// A table of the guest's own with hostile names only: it is created, used and dropped under exactly these names.
#[derive(Model, Clone)]
#[model(table = "evil\"; DROP TABLE users; --`")]
struct Evil {
    #[model(primary_key, column = "id\"`) --")]
    id: i64,
    #[model(column = "'; DROP TABLE users; --", comment = "'; DROP TABLE users; -- \\")]
    text: String,
}

pub async fn names() -> Result<Vec<String>, Error> {
    let session = open().await?.session()?;
    let mut saw = Vec::new();
    for evil in [EVIL, EVIL_TICKS, "sqlite_master", "pg_catalog.pg_user", "mysql.user", "information_schema.tables"] {
        let table = select_columns(count_all()).from_table(evil);
        saw.push(lines::outcome(session.one(&table).await).replace(evil, "<table>"));
        let column = select_columns(column::<i64>("users", evil)).from::<User>();
        saw.push(lines::outcome(session.one(&column).await).replace(evil, "<column>"));
        let call = select_columns(function::<i64>(evil, User::ID));
        saw.push(lines::outcome(session.one(&call).await).replace(evil, "<function>"));
        session.rollback().await?;
    }
    for evil in [EVIL, EVIL_TICKS] {
        // A label may be any text without a trailing blank, which MariaDB refuses, and is kept exactly.
        let evil = evil.trim_end();
        let label = select_columns(User::ID.label(evil)).order_by(User::ID).limit(1);
        let mut rows = session.stream(&label, 0).await?;
        let kept = rows.columns().next() == Some(evil);
        saw.push(format!("label kept {kept}, {:?}", rows.next_batch().await?.map(|rows| rows.len())));
        session.rollback().await?;
    }
    let db = Database::open("default", models![Evil]).await?;
    saw.push(db.create_all().await?.len().to_string());
    let text = "'); DROP TABLE users; --";
    let session = db.begin().await?;
    session.insert_many(&[Evil { id: 1, text: text.to_owned() }]).await?;
    let same = session.one(&select::<Evil>().filter(Evil::TEXT.eq(text))).await?.text == text;
    session.commit().await?;
    saw.push(same.to_string());
    saw.push(db.drop_all().await?.len().to_string());
    Ok(saw)
}

fn number(value: i64) -> Node {
    Node::Literal(Value::Scalar(Scalar::Integer(value)))
}

fn binary(left: u32, right: u32) -> Node {
    Node::Binary(Binary { op: BinaryOp::Add, left, right })
}

fn select_of(columns: Vec<u32>, source: Option<u32>, limit: Option<u32>) -> Node {
    Node::Select(SelectNode {
        ctes: Vec::new(),
        columns,
        distinct: false,
        source,
        where_: None,
        group_by: Vec::new(),
        having: None,
        order_by: Vec::new(),
        limit,
        offset: None,
        lock: None,
    })
}

fn users() -> Node {
    Node::Table(SourceTable { table: "users".to_owned(), schema: None, alias: None })
}

fn selecting(nodes: Vec<Node>) -> Statement {
    let root = Root::Select(nodes.len().saturating_sub(1) as u32);
    Statement { nodes, root }
}

/// A compound of this many selects of a number each.
pub fn numbers(count: u32) -> Statement {
    let selects = (0..count).flat_map(|at| [number(at.into()), select_of(vec![2 * at], None, None)]);
    let mut nodes: Vec<Node> = selects.collect();
    nodes.push(Node::Compound(Compound {
        ctes: Vec::new(),
        op: SetOp::UnionAll,
        parts: (0..count).map(|at| 2 * at + 1).collect(),
        order_by: Vec::new(),
        limit: None,
        offset: None,
    }));
    selecting(nodes)
}

pub async fn nodes() -> Result<Vec<String>, Error> {
    let cases: Vec<(&str, Statement)> = vec![
        ("nothing", selecting(Vec::new())),
        ("a root that is not there", Statement { nodes: vec![number(1)], root: Root::Select(7) }),
        ("a root that is no query", selecting(vec![number(1)])),
        ("a node that names itself", selecting(vec![binary(0, 0), select_of(vec![0], None, None)])),
        ("a node that names a later one", selecting(vec![binary(1, 1), number(1), select_of(vec![0], None, None)])),
        ("a node that names none", selecting(vec![binary(u32::MAX, 9), select_of(vec![0], None, None)])),
        ("no columns", selecting(vec![select_of(Vec::new(), None, None)])),
        ("a table as a value", selecting(vec![users(), select_of(vec![0], None, None)])),
        ("a value as a table", selecting(vec![number(1), select_of(vec![0], Some(0), None)])),
        ("a parameter that nobody gives", selecting(vec![Node::Parameter(3), select_of(vec![0], None, None)])),
        ("a parameter far away", selecting(vec![Node::Parameter(u32::MAX), select_of(vec![0], None, None)])),
        ("a limit that is a column", limited_by_a_column()),
        ("a label in an expression", labelled()),
        ("half of what a function takes", call("substr", 0)),
        ("a function that sleeps", call("sleep", 1)),
        (
            "excluded outside of an upsert",
            selecting(vec![users(), Node::Excluded("name".to_owned()), select_of(vec![1], Some(0), None)]),
        ),
        ("an endless depth", deep(100_000)),
        ("a text that doubles", doubling(200)),
        ("a hundred thousand nodes", many(100_000)),
        ("an insert of nothing", inserting(vec!["id".to_owned()], Vec::new())),
        ("an insert of an unequal row", inserting(vec!["id".to_owned(), "name".to_owned()], vec![vec![0]])),
        ("an insert of one column twice", inserting(vec!["id".to_owned(), "id".to_owned()], vec![vec![0, 0]])),
        ("a condition that is a query", deleting(Some(99))),
    ];
    let models = models![User];
    let db = RawDatabase::open("default".to_owned(), models).await?;
    let mut saw = Vec::new();
    for (case, statement) in cases {
        let session: Raw = db.begin(Options::default()).await?;
        let answer = session.execute(statement, Vec::new(), RunOptions::default()).await;
        saw.push(format!("{case}: {}", lines::outcome(answer.map(|_| "answered").map_err(Error::from))));
        session.rollback().await?;
    }
    Ok(saw)
}

fn limited_by_a_column() -> Statement {
    let column = Node::Column(ColumnName { table: None, name: "id".to_owned() });
    selecting(vec![users(), column, select_of(vec![1], Some(0), Some(1))])
}

fn labelled() -> Statement {
    let label = Node::Label(Labelled { value: 0, label: "x".to_owned() });
    selecting(vec![number(1), label, binary(1, 1), select_of(vec![2], None, None)])
}

fn call(function: &str, arguments: usize) -> Statement {
    let call = Call { function: function.to_owned(), arguments: vec![0; arguments], distinct: false, filter: None };
    selecting(vec![number(1), Node::Call(call), select_of(vec![1], None, None)])
}

/// Nodes that each contain the one before.
fn deep(depth: u32) -> Statement {
    let mut nodes = vec![number(1)];
    nodes.extend((0..depth).map(|below| binary(below, 0)));
    nodes.push(select_of(vec![depth], None, None));
    selecting(nodes)
}

/// Nodes that each contain the one before twice.
fn doubling(depth: u32) -> Statement {
    let mut nodes = vec![number(1)];
    nodes.extend((0..depth).map(|below| binary(below, below)));
    nodes.push(select_of(vec![depth], None, None));
    selecting(nodes)
}

fn many(count: u32) -> Statement {
    let mut nodes: Vec<Node> = (0..count).map(|n| number(n.into())).collect();
    nodes.push(select_of((0..count).collect(), None, None));
    selecting(nodes)
}

fn inserting(columns: Vec<String>, rows: Vec<Vec<u32>>) -> Statement {
    let root = Root::Insert(Insert {
        table: "users".to_owned(),
        schema: None,
        columns,
        source: InsertSource::Values(rows),
        conflict: None,
        returning: Vec::new(),
    });
    Statement { nodes: vec![number(1)], root }
}

fn deleting(where_: Option<u32>) -> Statement {
    let root =
        Root::Delete(Delete { table: "users".to_owned(), schema: None, source: None, where_, returning: Vec::new() });
    Statement { nodes: vec![number(1)], root }
}

pub async fn batches() -> Result<Vec<String>, Error> {
    let ids = |ids: Vec<i64>| ColumnData { validity: None, values: Vector::Integers(ids) };
    let texts = |offsets: Vec<u32>, data: &str| ColumnData {
        validity: None,
        values: Vector::Texts(Strings { offsets, data: data.to_owned() }),
    };
    let names = || texts(vec![0, 1, 2], "ab");
    let two = |columns| Batch { rows: 2, columns };
    let both = || vec!["id".to_owned(), "name".to_owned()];
    let cases: Vec<(&str, Vec<String>, Batch)> = vec![
        ("fewer values than rows", both(), two(vec![ids(vec![50]), names()])),
        ("more values than rows", both(), two(vec![ids(vec![50, 51, 52]), names()])),
        ("fewer columns than names", both(), two(vec![ids(vec![50, 51])])),
        ("more columns than names", vec!["id".to_owned()], two(vec![ids(vec![50, 51]), names()])),
        ("too few offsets", both(), two(vec![ids(vec![50, 51]), texts(vec![0, 1], "ab")])),
        ("no offsets", both(), two(vec![ids(vec![50, 51]), texts(Vec::new(), "ab")])),
        ("offsets past the end", both(), two(vec![ids(vec![50, 51]), texts(vec![0, 1, 9], "ab")])),
        ("offsets that go back", both(), two(vec![ids(vec![50, 51]), texts(vec![0, 2, 1], "ab")])),
        ("offsets in a character", both(), two(vec![ids(vec![50, 51]), texts(vec![0, 1, 2], "ä")])),
        ("a huge offset", both(), two(vec![ids(vec![50, 51]), texts(vec![0, u32::MAX, u32::MAX], "ab")])),
        (
            "too little validity",
            both(),
            Batch {
                rows: 9,
                columns: vec![ColumnData { validity: Some(vec![255]), values: Vector::Integers(vec![0; 9]) }; 2],
            },
        ),
        ("rows without columns", Vec::new(), Batch { rows: u32::MAX, columns: Vec::new() }),
        ("rows that nobody can hold", both(), Batch { rows: u32::MAX, columns: vec![ids(Vec::new()), names()] }),
        ("a column that is not there", vec!["id".to_owned(), EVIL.to_owned()], two(vec![ids(vec![50, 51]), names()])),
        ("a column twice", vec!["id".to_owned(); 2], two(vec![ids(vec![50, 51]), ids(vec![50, 51])])),
    ];
    let db = RawDatabase::open("default".to_owned(), models![User]).await?;
    let mut saw = Vec::new();
    for (case, columns, batch) in cases {
        let session: Raw = db.begin(Options::default()).await?;
        let answer = session.insert_many("users".to_owned(), columns, batch, Vec::new(), RunOptions::default()).await;
        let answer = answer.map(|answer| format!("{} inserted", answer.affected)).map_err(Error::from);
        saw.push(format!("{case}: {}", lines::outcome(answer)));
        session.rollback().await?;
    }
    Ok(saw)
}

pub async fn text() -> Result<Vec<String>, Error> {
    let db = open().await?;
    let mut saw = Vec::new();
    for sql in [
        "COMMIT",
        "rollback",
        "BEGIN",
        "  /* */ START TRANSACTION",
        "END",
        "SAVEPOINT x",
        "RELEASE x",
        "-- nothing\nCOMMIT",
        "INSERT INTO users (id, name) VALUES (901, 'x'); COMMIT",
        "SELECT 1; DROP TABLE users",
        "",
        ";",
        "-- nothing",
    ] {
        let session = db.begin().await?;
        crate::model::add(&session, 900).await?;
        let result = raw::execute(&session, sql, params![]).await;
        saw.push(format!("{sql:?}: {}", if result.is_ok() { "ran" } else { "refused" }));
        // Whatever the text said, the session can still roll back its transaction.
        session.rollback().await?;
    }
    Ok(saw)
}
