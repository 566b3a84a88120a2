//! Statements under the rules of a policy: the SQL that replaces a table.

use std::sync::Arc;

use sqlservice_sql::{
    Catalog, Dialect, Error, Limits, Policy, Result, Rules, Value, compile,
    policy::{Allow, Claims, TablePolicy},
    schema::{Check, DefaultValue, Index, Models, Table, TypeKind},
    statement::*,
};

use crate::build::*;

fn notes() -> Table {
    let slug = Index { name: None, columns: vec!["slug".into()], unique: true };
    let columns =
        vec![nullable("slug", TypeKind::Text), nullable("text", TypeKind::Text), nullable("size", TypeKind::Int64)];
    Table { uniques: vec![slug], ..table("notes", columns) }
}

fn rule() -> TablePolicy {
    TablePolicy::new()
        .read(["id", "slug", "text", "size"], "tenant_id = :tenant")
        .insert(["slug", "text", "size"])
        .set("tenant_id", ":tenant")
        .update(["text", "size"], "")
        .delete("")
        .check("length(text) < 10")
        .mask("text", "owner_id = :user")
        .allow(Allow::Aggregate)
        .allow(Allow::Returning)
        .allow(Allow::Upsert)
}

/// A check that was lost by the order of the builder's calls would admit every value.
#[test]
fn t53_a_check_holds_whether_inserts_and_updates_are_allowed_before_or_after_it() {
    type Step = fn(TablePolicy) -> TablePolicy;
    let insert: Step = |policy| policy.insert(["slug"]).set("tenant_id", ":tenant");
    let update: Step = |policy| policy.update(["text"], "");
    let check: Step = |policy| policy.check("length(text) < 10");
    let orders = [
        [insert, update, check],
        [insert, check, update],
        [update, insert, check],
        [update, check, insert],
        [check, insert, update],
        [check, update, insert],
    ];
    for order in orders {
        let policy = order.into_iter().fold(TablePolicy::new(), |policy, step| step(policy));
        let checks = [policy.insert.and_then(|insert| insert.check), policy.update.and_then(|update| update.check)];
        assert_eq!(checks, [Some("length(text) < 10".to_owned()), Some("length(text) < 10".to_owned())]);
    }
}

fn bound(rule: TablePolicy) -> Rules {
    let claims: Claims = [("tenant", 7_i64), ("user", 3)].map(|(name, value)| (name.into(), Value::from(value))).into();
    Policy::new([("notes".to_owned(), rule)]).expect("a policy").bind(&claims).expect("claims")
}

fn catalog(rule: TablePolicy, dialect: Dialect) -> Catalog {
    let rules = bound(rule);
    let models = Models { tables: vec![notes()], relationships: Vec::new() };
    let catalog = Catalog::declare(models, dialect, &Limits::default(), false).expect("models");
    catalog.under(Arc::new(rules), dialect).expect("models under rules")
}

fn text(make: &dyn Fn(Arena) -> Statement, dialect: Dialect) -> Result<String> {
    let compiled = compile(&make(Arena::default()), &catalog(rule(), dialect), dialect, &Limits::default())?;
    Ok(compiled.sql.to_string())
}

/// The query that replaces the table on SQLite, without its closing bracket.
const SEEN: &str = "(SELECT \"notes\".\"id\", \"notes\".\"slug\", CASE WHEN \"notes\".\"owner_id\" = ? THEN \"notes\".\"text\" END \
                    AS \"text\", \"notes\".\"size\" FROM \"notes\" WHERE \"notes\".\"tenant_id\" = ?";

fn sqlite(make: &dyn Fn(Arena) -> Statement) -> String {
    text(make, Dialect::Sqlite).expect("a statement")
}

fn error(make: &dyn Fn(Arena) -> Statement) -> Error {
    text(make, Dialect::Sqlite).expect_err("it is refused")
}

/// Adds `1 / size > 1`, which can fail where a size is 0.
fn quotient(a: &mut Arena) -> NodeId {
    let (size, one) = (a.col("size"), a.int(1));
    let quotient = a.bin(one, BinaryOp::Divide, size);
    a.bin(quotient, BinaryOp::Greater, one)
}

#[test]
fn t53_a_table_is_a_query_of_what_is_seen_wherever_it_stands() {
    let plain = sqlite(&|mut a| {
        let (notes, id) = (a.from("notes"), a.col("id"));
        a.query(select(&[id], notes))
    });
    assert_eq!(plain, format!("SELECT \"notes\".\"id\" FROM {SEEN}) AS \"notes\""));
    let joined = sqlite(&|mut a| {
        let source =
            |alias: &str| Node::Table(SourceTable { table: "notes".into(), schema: None, alias: Some(alias.into()) });
        let (x, y) = (a.add(source("x")), a.add(source("y")));
        let (one, other) = (a.col("x.id"), a.col("y.size"));
        let on = a.eq(one, other);
        let join = a.join(JoinKind::Left, x, y, on);
        a.query(select(&[one], join))
    });
    let on = "\"x\".\"id\" = \"y\".\"size\"";
    assert_eq!(joined, format!("SELECT \"x\".\"id\" FROM {SEEN}) AS \"x\" LEFT JOIN {SEEN}) AS \"y\" ON {on}"));
    let nested = sqlite(&|mut a| {
        let (notes, id) = (a.from("notes"), a.col("id"));
        let query = a.select(select(&[id], notes));
        let exists = a.add(Node::Exists(query));
        let scalar = a.add(Node::ScalarQuery(query));
        a.query(select(&[exists, scalar], None))
    });
    // Both subqueries have the rule. A scalar query can fail where it has several rows, so it counts as fallible.
    assert_eq!(nested.matches("\"tenant_id\" = ?").count(), 2, "{nested}");
}

#[test]
fn t53_what_a_value_can_make_fail_stays_behind_a_fence() {
    for (dialect, fence) in [
        (Dialect::Sqlite, "LIMIT -1) AS"),
        (Dialect::Postgres, "OFFSET 0) AS"),
        (Dialect::Mariadb, "LIMIT 18446744073709551615) AS"),
    ] {
        let filtered = text(
            &|mut a| {
                let (notes, id, filter) = (a.from("notes"), a.col("id"), quotient(&mut a));
                a.query(Select { filter: Some(filter), ..select(&[id], notes) })
            },
            dialect,
        );
        assert!(filtered.as_ref().is_ok_and(|text| text.contains(fence)), "{filtered:?}");
        let returned = text(
            &|mut a| {
                let (notes, value) = (a.from("notes"), quotient(&mut a));
                a.query(select(&[value], notes))
            },
            dialect,
        );
        assert!(returned.as_ref().is_ok_and(|text| !text.contains(fence)), "{returned:?}");
    }
    let changed = sqlite(&|mut a| {
        let (id, one, fails) = (a.col("id"), a.int(5), quotient(&mut a));
        let found = a.eq(id, one);
        let both = a.listed(ListOp::And, &[fails, found]);
        a.end(Root::Delete(Delete { filter: Some(both), ..delete("notes") }))
    });
    let rule = "(\"notes\".\"tenant_id\" = ?) AND (\"notes\".\"id\" = ?)";
    let expected =
        format!("DELETE FROM \"notes\" WHERE ({rule}) AND CASE WHEN {rule} THEN (? / \"notes\".\"size\") > ? END");
    assert_eq!(changed, expected);
}

#[test]
fn t53_constants_of_a_rule_have_placeholders_of_their_own() {
    // The statement and its rules have integer literals, each in its own arena.
    let statement = |mut a: Arena| {
        let (one, notes, id) = (a.int(1), a.from("notes"), a.col("id"));
        let filter = a.eq(id, one);
        a.query(Select { filter: Some(filter), ..select(&[id], notes) })
    };
    let catalog = catalog(rule(), Dialect::Postgres);
    let compiled = compile(&statement(Arena::default()), &catalog, Dialect::Postgres, &Limits::default());
    let placeholders = compiled.expect("a statement").placeholders;
    let literals: Vec<_> = placeholders.into_iter().map(|placeholder| placeholder.source).collect();
    let expected = [3_i64, 7, 1].map(|value| sqlservice_sql::compiled::ValueSource::Literal(value.into()));
    assert_eq!(literals, expected);
}

#[test]
fn t53_inserts_have_the_columns_that_the_host_fills() {
    let row = |mut a: Arena, source: &dyn Fn(&mut Arena) -> InsertSource| {
        let source = source(&mut a);
        a.end(Root::Insert(insert("notes", &["size", "text"], source)))
    };
    let values = sqlite(&|a| row(a, &|a| InsertSource::Values(vec![vec![a.int(1), a.text("x")]])));
    assert_eq!(values, "INSERT INTO \"notes\" (\"size\", \"text\", \"tenant_id\") VALUES (?, ?, ?)");
    // The rows of an insert are checked before it is sent, so they have to be values.
    let query = error(&|a| {
        row(a, &|a| {
            let (notes, size, text) = (a.from("notes"), a.col("size"), a.col("text"));
            InsertSource::Query(a.select(select(&[size, text], notes)))
        })
    });
    assert!(matches!(query, Error::Denied(_)), "{query:?}");
    let preset = error(&|mut a| {
        let one = a.int(1);
        a.end(Root::Insert(insert("notes", &["tenant_id"], InsertSource::Values(vec![vec![one]]))))
    });
    assert_eq!(preset, Error::NoSuchColumn { table: Some("notes".into()), column: "tenant_id".into() });
}

#[test]
fn t53_a_check_is_made_of_the_values_before_anything_is_sent() {
    let statement = |mut a: Arena| {
        let text = a.par(0);
        a.end(Root::Update(update("notes", vec![set("text", text)])))
    };
    let catalog = catalog(rule(), Dialect::Sqlite);
    let compiled =
        compile(&statement(Arena::default()), &catalog, Dialect::Sqlite, &Limits::default()).expect("a statement");
    let check = |value: Value| {
        compiled.conditions.iter().try_for_each(|condition| condition.check(std::slice::from_ref(&value)))
    };
    assert_eq!(compiled.conditions.len(), 1);
    assert_eq!(check("short".into()), Ok(()));
    for refused in [Value::from("much too long"), Value::NULL] {
        assert!(matches!(check(refused), Err(Error::Denied(_))));
    }
    // The check does not depend on the size.
    let size = sqlite(&|mut a| {
        let one = a.int(1);
        a.end(Root::Update(update("notes", vec![set("size", one)])))
    });
    assert_eq!(size, "UPDATE \"notes\" SET \"size\" = ? WHERE \"notes\".\"tenant_id\" = ?");
}

#[test]
fn t53_an_upsert_finds_rows_of_its_owner_only() {
    let upsert = |mut a: Arena| {
        let (slug, text) = (a.text("a"), a.text("b"));
        let excluded = a.add(Node::Excluded("size".into()));
        let action = ConflictAction::Update(vec![set("size", excluded)]);
        let conflict = Some(Conflict { columns: vec!["slug".into()], action, filter: None });
        let source = InsertSource::Values(vec![vec![slug, text]]);
        a.end(Root::Insert(Insert { conflict, ..insert("notes", &["slug", "text"], source) }))
    };
    let written = sqlite(&upsert);
    let conflict = "ON CONFLICT (\"slug\", \"tenant_id\") DO UPDATE SET \"size\" = excluded.\"size\" WHERE";
    assert!(written.contains(conflict), "{written}");
    // MariaDB's upsert updates the row of any unique key that conflicts, also a row of another tenant.
    assert!(matches!(text(&upsert, Dialect::Mariadb), Err(Error::Unsupported { .. })));
}

#[test]
fn t53_no_common_table_expression_stands_in_front_of_a_table() {
    for name in ["notes", "NOTES"] {
        let refused = error(&|mut a| {
            let one = a.int(1);
            let query = a.select(select(&[one], None));
            let cte = Cte { name: name.into(), columns: vec![], query, recursive: false };
            a.query(Select { ctes: vec![cte], ..select(&[one], None) })
        });
        assert!(matches!(refused, Error::Denied(_)), "{refused:?}");
    }
}

#[test]
fn t53_what_is_not_allowed_by_name_is_denied() {
    let bare = || TablePolicy::new().read(["id", "slug", "text", "size"], "tenant_id = :tenant").delete("");
    let refused = |make: &dyn Fn(Arena) -> Statement| {
        let catalog = catalog(bare(), Dialect::Postgres);
        compile(&make(Arena::default()), &catalog, Dialect::Postgres, &Limits::default())
            .map(|compiled| compiled.sql.to_string())
    };
    let count = refused(&|mut a| {
        let (notes, count) = (a.from("notes"), a.call("count", &[]));
        a.query(select(&[count], notes))
    });
    let returned = refused(&|mut a| {
        let id = a.col("id");
        a.end(Root::Delete(Delete { returning: vec![id], ..delete("notes") }))
    });
    let locked = refused(&|mut a| {
        let (notes, id) = (a.from("notes"), a.col("id"));
        let lock = Locking { for_share: false, no_wait: false, skip_locked: false, tables: vec![] };
        a.query(Select { lock: Some(lock), ..select(&[id], notes) })
    });
    let inserted = refused(&|mut a| {
        let one = a.int(1);
        a.end(Root::Insert(insert("notes", &["size"], InsertSource::Values(vec![vec![one]]))))
    });
    for told in [count, returned, locked, inserted] {
        assert!(matches!(told, Err(Error::Denied(_))), "{told:?}");
    }
}

#[test]
fn t53_a_policy_by_which_rows_change_hands_is_refused() {
    let refused = |rule: TablePolicy| {
        let error = Policy::new([("notes".to_owned(), rule)]).expect_err("it is refused");
        (error.rule, error.message)
    };
    let read = || TablePolicy::new().read(["id", "owner"], "owner = :user");
    assert_eq!(refused(read().update(["owner"], "")).0, "update.columns");
    assert_eq!(refused(read().insert(["owner"]).set("owner", ":user")).0, "insert.set.owner");
    assert_eq!(refused(read().insert(["id"]).set("owner", "id")).0, "insert.set.owner");
    assert_eq!(refused(TablePolicy::new().delete("id = 1")).0, "delete");
    assert_eq!(refused(read().mask("note", "true")).0, "mask.note");
    assert_eq!(refused(read().insert(["id"]).check("length(text) < 5")).0, "insert.check");
    assert_eq!(refused(read().insert(["id"]).check("exists (select 1 from t where t.id = 1)")).0, "insert.check");
    assert_eq!(refused(read().allow(Allow::Upsert)).0, "allow");
}

#[test]
fn t53_a_reflection_has_what_is_seen_and_no_name_of_what_is_not() {
    let hidden = nullable("tenant_id", TypeKind::Int64);
    let mut real = notes();
    real.columns.extend([hidden.clone(), nullable("owner_id", TypeKind::Int64)]);
    real.columns[2].comment = Some("a slug".into());
    let index = |columns: &[&str]| Index {
        name: Some("i".into()),
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        unique: true,
    };
    real.uniques = vec![index(&["tenant_id", "slug"]), index(&["owner_id", "slug"]), index(&["tenant_id"])];
    real.checks = vec![Check { name: None, expression: "owner_id > 0".into() }];
    real.foreign_keys = vec![key("size", "notes"), key("owner_id", "notes"), key("size", "people")];
    let people = table("people", vec![hidden]);
    let seen = bound(rule()).visible(vec![people, real]);
    let [notes] = seen.as_slice() else { panic!("{seen:?}") };
    let names: Vec<_> = notes.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["id", "slug", "text", "size"]);
    // Among the rows of one tenant, a unique key is unique without the tenant's column.
    assert_eq!(notes.uniques, [Index { name: None, ..index(&["slug"]) }]);
    assert_eq!((notes.primary_key.as_slice(), notes.checks.len()), (["id".to_owned()].as_slice(), 0));
    assert_eq!(notes.foreign_keys.len(), 1);
    assert!(notes.columns[2].nullable, "it is masked");
}

#[test]
fn t53_a_reflected_key_is_unique_among_the_visible_rows() {
    let mut real = notes();
    real.columns.push(nullable("tenant_id", TypeKind::Int64));
    let columns = vec!["tenant_id".to_owned(), "slug".to_owned()];
    real.uniques = vec![Index { name: Some("i".into()), columns: columns.clone(), unique: true }];
    let mut linked = key("slug", "notes");
    (linked.columns, linked.referred) = (columns.clone(), columns);
    real.foreign_keys = vec![linked];
    let seen = |filter: &str| {
        let read = TablePolicy::new().read(["slug"], filter).insert(["slug"]).set("tenant_id", ":tenant");
        let tables = bound(read).visible(vec![real.clone()]);
        let table = tables.into_iter().next().expect("the table");
        (table.uniques.len(), table.foreign_keys.iter().map(|key| key.columns.clone()).collect::<Vec<_>>())
    };
    let slug = vec![vec!["slug".to_owned()]];
    for filter in ["tenant_id = :tenant", "(:tenant = notes.tenant_id and size > 1) and slug <> 'a'"] {
        assert_eq!(seen(filter), (1, slug.clone()), "{filter}");
    }
    // Rows of several tenants are visible, though all rows that the guest inserts are of one.
    for filter in
        ["", "tenant_id = :tenant or size = 0", "tenant_id >= :tenant", "not (tenant_id = :tenant)", "tenant_id = size"]
    {
        assert_eq!(seen(filter), (0, vec![]), "{filter}");
    }
}

/// Adds a scalar query that counts the rows where `1 / size > 1`, which can fail where a size is 0.
fn counted(a: &mut Arena) -> NodeId {
    let (notes, filter, count) = (a.from("notes"), quotient(a), a.call("count", &[]));
    let query = a.select(Select { filter: Some(filter), ..select(&[count], notes) });
    a.add(Node::ScalarQuery(query))
}

#[test]
fn t53_queries_in_what_is_returned_or_resolves_a_conflict_choose_rows_of_their_own() {
    let returned = [
        sqlite(&|mut a| {
            let count = counted(&mut a);
            a.end(Root::Delete(Delete { returning: vec![count], ..delete("notes") }))
        }),
        sqlite(&|mut a| {
            let (one, count) = (a.int(1), counted(&mut a));
            a.end(Root::Update(Update { returning: vec![count], ..update("notes", vec![set("size", one)]) }))
        }),
        sqlite(&|mut a| {
            let (text, count) = (a.text("b"), counted(&mut a));
            let source = InsertSource::Values(vec![vec![text]]);
            a.end(Root::Insert(Insert { returning: vec![count], ..insert("notes", &["text"], source) }))
        }),
        sqlite(&|mut a| {
            let (slug, text, count) = (a.text("a"), a.text("b"), counted(&mut a));
            let action = ConflictAction::Update(vec![set("size", count)]);
            let conflict = Some(Conflict { columns: vec!["slug".into()], action, filter: None });
            let source = InsertSource::Values(vec![vec![slug, text]]);
            a.end(Root::Insert(Insert { conflict, ..insert("notes", &["slug", "text"], source) }))
        }),
    ];
    for text in returned {
        assert!(text.contains("LIMIT -1) AS"), "{text}");
    }
}

#[test]
fn t53_a_row_of_defaults_is_an_insert() {
    let read = TablePolicy::new().read(["id", "slug", "text", "size"], "tenant_id = :tenant");
    let catalog = catalog(read, Dialect::Sqlite);
    let statement = Arena::default().end(Root::Insert(insert("notes", &[], InsertSource::Defaults)));
    let refused = compile(&statement, &catalog, Dialect::Sqlite, &Limits::default());
    assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
}

#[test]
fn t53_what_a_model_sets_by_itself_is_checked() {
    let by_itself = |value: DefaultValue| {
        let mut table = notes();
        table.columns[2].on_update = value;
        let models = Models { tables: vec![table], relationships: Vec::new() };
        let catalog = Catalog::declare(models, Dialect::Sqlite, &Limits::default(), false).expect("models");
        let catalog = catalog.under(Arc::new(bound(rule())), Dialect::Sqlite).expect("models under rules");
        let mut a = Arena::default();
        let one = a.int(1);
        let statement = a.end(Root::Update(update("notes", vec![set("size", one)])));
        let compiled = compile(&statement, &catalog, Dialect::Sqlite, &Limits::default())?;
        compiled.conditions.iter().try_for_each(|condition| condition.check(&[]))
    };
    assert_eq!(by_itself(DefaultValue::Literal("short".into())), Ok(()));
    assert!(matches!(by_itself(DefaultValue::Literal("much too long".into())), Err(Error::Denied(_))));
}

#[test]
fn t19_what_rules_add_to_a_statement_is_bounded() {
    let many = |count: usize| {
        let mut a = Arena::default();
        let text = a.col("text");
        let equal = a.eq(text, text);
        let filter = a.listed(ListOp::And, &vec![equal; count]);
        a.end(Root::Delete(Delete { filter: Some(filter), ..delete("notes") }))
    };
    let catalog = catalog(rule(), Dialect::Sqlite);
    let compiled = |count| compile(&many(count), &catalog, Dialect::Sqlite, &Limits::default());
    assert!(compiled(100).is_ok());
    // The statement has fewer nodes than the limit, but the column's mask is written at each use.
    assert!(matches!(compiled(90_000), Err(Error::Limit { .. })), "{:?}", compiled(90_000).map(|_| ()));
}

#[test]
fn t21_conditions_of_a_change_are_looked_at_once_each() {
    let mut a = Arena::default();
    let items: Vec<NodeId> = (0..60_000)
        .map(|_| {
            let (id, one) = (a.col("id"), a.int(1));
            a.eq(id, one)
        })
        .collect();
    let fails = quotient(&mut a);
    let filter = a.listed(ListOp::And, &[items, vec![fails]].concat());
    let statement = a.end(Root::Delete(Delete { filter: Some(filter), ..delete("notes") }));
    let catalog = catalog(rule(), Dialect::Sqlite);
    let began = std::time::Instant::now();
    let compiled = compile(&statement, &catalog, Dialect::Sqlite, &Limits::default().statement_bytes(64 << 20));
    assert!(matches!(&compiled, Ok(_) | Err(Error::Limit { .. })), "{:?}", compiled.map(|_| ()));
    assert!(began.elapsed() < std::time::Duration::from_secs(3), "{:?}", began.elapsed());
}
