//! The threats of names, SQL text in models, functions and oversized results.

use sqlservice_sdk::{
    bindings::sqlservice::database::{
        databases::Database as RawDatabase,
        sessions::TransactionOptions as Options,
        statements::{Insert, InsertSource, Node, Root, Statement},
    },
    prelude::*,
    schema::{self, Check, DefaultValue, Models, Table, TypeKind},
    value::{Scalar, Value},
};

use crate::{
    lines::{self, outcome},
    model::{User, open},
};

/// A table with a key, and a column, an index and a unique key that have the table's own name.
fn table(name: &str) -> Table {
    let mut table = schema::table(name);
    table.columns = vec![schema::column::<i64>("id"), schema::column::<i64>(name)];
    table.primary_key = vec!["id".to_owned()];
    table
}

fn models(tables: Vec<Table>) -> Models {
    Models { tables, relationships: Vec::new() }
}

/// Inserts a row of 1 and a number into a table without a Rust type.
async fn insert_into(table: &Table, value: i64) -> Result<(), Error> {
    let nodes = [1, value].map(|value| Node::Literal(Value::Scalar(Scalar::Integer(value))));
    let root = Root::Insert(Insert {
        table: table.name.clone(),
        schema: None,
        columns: table.columns.iter().map(|column| column.name.clone()).collect(),
        source: InsertSource::Values(vec![vec![0, 1]]),
        conflict: None,
        returning: Vec::new(),
    });
    let db = RawDatabase::open("default".to_owned(), models(vec![table.clone()])).await?;
    let session = db.begin(Options::default()).await?;
    session.execute(Statement { nodes: nodes.to_vec(), root }, Vec::new(), RunOptions::default()).await?;
    Ok(session.commit().await?)
}

/// The value in the row of such a table.
async fn stored(db: &Database, table: &Table) -> Result<i64, Error> {
    let name = table.columns.last().map(|column| column.name.clone()).unwrap_or_default();
    let value = select_columns(column::<i64>(table.name.clone(), name)).from_table(table.name.clone());
    db.session()?.one(&value).await
}

/// Whether every use of a name keeps it exactly.
async fn kept(name: &str) -> Result<bool, Error> {
    let mut made = table(name);
    made.indexes = vec![schema::Index {
        name: Some(format!("i{}", name.chars().skip(1).collect::<String>())),
        ..schema::index(&[name], false)
    }];
    let db = Database::open("default", models(vec![made.clone()])).await?;
    db.create_all().await?;
    insert_into(&made, 7).await?;
    let value = stored(&db, &made).await?;
    let found = Database::open("default", models(Vec::new())).await?.reflect().await?;
    let named = |table: &Table| {
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        table.name == name
            && columns == ["id", name]
            && table.indexes.iter().any(|index| index.name == made.indexes[0].name)
    };
    let same = found.iter().any(named);
    db.drop_all().await?;
    Ok(value == 7 && same)
}

pub async fn names() -> Result<Vec<String>, Error> {
    let long = |bytes: usize| "n".repeat(bytes);
    let cases: Vec<(&str, String)> = vec![
        ("quotes", "a\"b'c\"\"d''".to_owned()),
        ("backticks", "a`b``c".to_owned()),
        ("a statement", "x\"; DROP TABLE users; --".to_owned()),
        ("a statement in ticks", "x`; DROP TABLE users; -- -".to_owned()),
        ("brackets and dots", "a.b].[c".to_owned()),
        ("a backslash", "a\\\"b\\".to_owned()),
        ("a placeholder", "%s ? $1 :x {0}".to_owned()),
        ("a comment", "/*!50000 x */ --".to_owned()),
        ("a reserved word", "select".to_owned()),
        ("a function", "current_user".to_owned()),
        ("a look-alike", "usеrs".to_owned()),
        ("a wide quote", "a\u{ff02}b\u{2019}c".to_owned()),
        ("from right to left", "a\u{202e}b".to_owned()),
        ("63 bytes", long(63)),
        ("NUL", "a\0b".to_owned()),
        ("a line", "a\nb".to_owned()),
        ("nothing", String::new()),
        ("256 bytes", long(256)),
        ("10 kB", long(10_000)),
        ("sqlite's", "sqlite_x".to_owned()),
        ("SQLite's in capitals", "SQLITE_SEQUENCE".to_owned()),
        ("PostgreSQL's", "pg_class".to_owned()),
        ("64 bytes", long(64)),
        ("a blank at the end", "users ".to_owned()),
        ("a character past U+FFFF", "a\u{1f600}b".to_owned()),
    ];
    let mut saw = Vec::new();
    for (case, name) in cases {
        let told = match kept(&name).await {
            Ok(kept) => format!("kept {kept}"),
            Err(Error::Invalid(_)) => "refused".to_owned(),
            Err(other) => lines::error(&other),
        };
        saw.push(format!("{case}: {told}"));
    }
    Ok(saw)
}

/// Two tables whose names are equal up to the length at which a database would truncate them, each with a row of its own;
/// and two whose long columns make long names of indexes.
pub async fn collisions() -> Result<Vec<String>, Error> {
    let mut saw = Vec::new();
    for length in [62, 63, 64, 255] {
        let twins = ["a", "b"].map(|end| table(&format!("{}{end}", "t".repeat(length - 1))));
        saw.push(format!("{length}: {}", outcome(apart(&twins).await)));
    }
    let twins = ["a", "b"].map(|end| {
        let mut one = table(&format!("{}{end}", "i".repeat(60)));
        let name = one.name.clone();
        one.indexes = vec![schema::index(&[&name], false)];
        one.uniques = vec![schema::index(&[&name], true)];
        one
    });
    saw.push(format!("derived: {}", outcome(apart(&twins).await)));
    Ok(saw)
}

async fn apart(twins: &[Table; 2]) -> Result<String, Error> {
    let db = match Database::open("default", models(twins.to_vec())).await {
        Err(Error::Invalid(_)) => return Ok("refused".to_owned()),
        db => db?,
    };
    let made = db.create_all().await?.len();
    for (table, value) in twins.iter().zip([1, 2]) {
        insert_into(table, value).await?;
    }
    let values = (stored(&db, &twins[0]).await?, stored(&db, &twins[1]).await?);
    let dropped = db.drop_all().await?.len();
    Ok(format!("{made} made, {values:?}, {dropped} dropped"))
}

/// The error for SQL text in models.
pub async fn text() -> Result<Vec<String>, Error> {
    const EVIL: &str = "1 = 1); DROP TABLE users; --";
    let changed = |change: &dyn Fn(&mut Table)| {
        let mut one = table("smuggled");
        change(&mut one);
        one
    };
    let native = |one: &mut Table| {
        one.columns[1].ty.kind = TypeKind::Other;
        one.columns[1].ty.native = Some("money".to_owned());
    };
    let cases = [
        ("a check", changed(&|one| one.checks.push(Check { name: None, expression: EVIL.to_owned() }))),
        ("an honest check", changed(&|one| one.checks.push(Check { name: None, expression: "id > 0".to_owned() }))),
        ("a default", changed(&|one| one.columns[1].default = DefaultValue::Expression(EVIL.to_owned()))),
        ("an update's default", changed(&|one| one.columns[1].on_update = DefaultValue::Expression(EVIL.to_owned()))),
        ("a computed column", changed(&|one| one.columns[1].computed = Some(EVIL.to_owned()))),
        ("a type of the database's own", changed(&native)),
        ("an index of an expression", changed(&|one| one.indexes.push(schema::index(&["lower(id)"], false)))),
        (
            "a key with an action",
            changed(&|one| one.uniques.push(schema::index(&["id) ON CONFLICT REPLACE --"], true))),
        ),
    ];
    let mut saw = Vec::new();
    for (case, one) in cases {
        let opened = Database::open("default", models(vec![one])).await;
        saw.push(format!("{case}: {}", outcome(opened.map(|_| "opened"))));
    }
    // Constants and comments are quoted, so any text is allowed there.
    let mut one = table("quoted");
    one.comment = Some("'; DROP TABLE users; -- \\".to_owned());
    one.columns.push(schema::column::<String>("text"));
    one.columns[2].default = schema::text_default(TypeKind::Text, "'); DROP TABLE users; -- \\");
    schema::set_length(&mut one.columns[2].ty, 50);
    let db = Database::open("default", models(vec![one.clone()])).await?;
    db.create_all().await?;
    one.columns.truncate(2);
    insert_into(&one, 1).await?;
    let text = select_columns(column::<String>("quoted", "text")).from_table("quoted");
    saw.push(db.session()?.one(&text).await?);
    db.drop_all().await?;
    Ok(saw)
}

/// The error for functions that are not allowed, in every position.
pub async fn functions(names: Vec<String>) -> Result<Vec<String>, Error> {
    let session = open().await?.session()?;
    let mut saw = Vec::new();
    for name in names {
        let call = || function::<i64>(&name, literal(1_i64));
        let said = [
            session.all(&select_columns(call()).from::<User>()).await.map(|_| 0),
            session.all(&select_columns(User::ID).filter(call().eq(1))).await.map(|_| 0),
            session.all(&select_columns(User::ID).order_by(call())).await.map(|_| 0),
            session.all(&select_columns(call().over(window())).from::<User>()).await.map(|_| 0),
            session.execute(&update::<User>().set(User::NOTE, call().cast::<String>())).await,
            session.execute(&delete::<User>().filter(call().eq(1))).await,
        ];
        let denied = said.iter().filter(|said| matches!(said, Err(Error::Denied(_)))).count();
        saw.push(format!("{name}: {denied} of {} denied", said.len()));
    }
    saw.push(select_all_users(&session).await?);
    Ok(saw)
}

async fn select_all_users(session: &Session) -> Result<String, Error> {
    let notes = select_columns((User::NAME, User::NOTE)).order_by(User::ID);
    Ok(format!("{:?}", session.all(&notes).await?))
}

/// Reads more rows than any host has memory for, until it is stopped: the cross join of three times all users.
pub async fn rows() -> Result<Vec<String>, Error> {
    let session = open().await?.session()?;
    let (second, third) = (alias::<User>("second"), alias::<User>("third"));
    let bomb = select_columns((User::ID, User::ID.of(second), User::ID.of(third)))
        .from::<User>()
        .join_alias(second, literal(true))
        .join_alias(third, literal(true));
    let mut rows = session.stream(&bomb, u32::MAX).await?;
    let mut read = 0;
    let mut largest = 0;
    let end = loop {
        match rows.next_batch().await {
            Ok(Some(batch)) => {
                read += batch.len();
                largest = largest.max(batch.len());
            }
            Ok(None) => break "the end".to_owned(),
            Err(error) => break lines::error(&error),
        }
    };
    drop(rows);
    let after = select_columns(count_all()).from::<User>();
    // The refused statement has ended its transaction.
    let mut saw = vec![format!("{read} rows, {end}"), format!("{largest} at once")];
    saw.push(outcome(session.one(&after).await));
    session.rollback().await?;
    saw.push(outcome(session.all(&bomb).await.map(|rows| rows.len())));
    session.rollback().await?;
    saw.push(outcome(session.one(&after).await));
    Ok(saw)
}

/// Selects a value of a mebibyte doubled this many times.
pub async fn cell(doublings: u32) -> Result<Vec<String>, Error> {
    let session = open().await?.session()?;
    session.execute(&update::<User>().set(User::NOTE, "x".repeat(1 << 20))).await?;
    let mut text = User::NOTE.expr();
    for _ in 0..doublings {
        text = (&text).concat(&text);
    }
    let said = session.one(&select_columns(text).limit(1)).await;
    let mut saw = vec![outcome(said.map(|text| format!("{:?}", text.map(|text| text.len()))))];
    session.rollback().await?;
    saw.push(outcome(session.one(&select_columns(count_all()).from::<User>()).await));
    Ok(saw)
}
