//! Statements that are wrong, hostile, or beyond a database's capabilities: each is an error of the right kind.

use sqlservice_sql::{Compiled, Dialect, Error, Limits, Result, Scalar, compile, error::Limited, statement::*};

use crate::build::*;

fn compiled(statement: &Statement, dialect: Dialect) -> Result<Compiled> {
    compile(statement, &catalog(dialect), dialect, &Limits::default())
}

/// Returns the error of a statement on SQLite, the dialect that refuses the fewest statements.
fn error(make: impl FnOnce(Arena) -> Statement) -> Error {
    compiled(&make(Arena::default()), Dialect::Sqlite).expect_err("refused")
}

fn invalid(make: impl FnOnce(Arena) -> Statement) -> String {
    match error(make) {
        Error::Invalid { message, .. } => message,
        other => panic!("{other:?} is not invalid"),
    }
}

#[test]
fn t21_positions_have_to_be_before_their_node() {
    let node = |op| Node::Unary((op, 0));
    for (child, position) in [(1, 1), (2, 1), (u32::MAX, 1), (0, 0)] {
        let mut nodes = vec![Node::Literal(Scalar::Integer(1).into()); position];
        nodes.push(Node::Unary((UnaryOp::Negate, child)));
        let statement = Statement { nodes, root: Root::Select(0) };
        let error = compiled(&statement, Dialect::Sqlite).expect_err("refused");
        assert!(matches!(error, Error::Invalid { node: Some(at), .. } if at as usize == position), "{error:?}");
    }
    let statement = Statement { nodes: vec![], root: Root::Select(0) };
    assert!(matches!(compiled(&statement, Dialect::Sqlite), Err(Error::Invalid { .. })));
    let _ = node(UnaryOp::Not);
}

#[test]
fn t21_nodes_have_to_be_of_the_right_kind() {
    invalid(|mut a| {
        let one = a.int(1);
        a.query(select(&[one], one))
    });
    invalid(|mut a| {
        let users = a.from("users");
        a.query(select(&[users], users))
    });
    invalid(|mut a| {
        let one = a.int(1);
        let label = a.label(one, "x");
        let not = a.un(UnaryOp::Negate, label);
        a.query(select(&[not], None))
    });
    invalid(|mut a| {
        let one = a.int(1);
        a.add(Node::Exists(one));
        a.end(Root::Select(one))
    });
    invalid(|mut a| {
        let (one, users) = (a.int(1), a.from("users"));
        let sum = a.bin(one, BinaryOp::Add, one);
        a.query(Select { limit: Some(sum), ..select(&[one], users) })
    });
    invalid(|mut a| {
        let (users, devices, logs) = (a.from("users"), a.from("devices"), a.from("logs"));
        let right = a.join(JoinKind::Cross, devices, logs, 0);
        let joined = a.join(JoinKind::Cross, users, right, 0);
        let id = a.col("users.id");
        a.query(select(&[id], joined))
    });
}

#[test]
fn t21_operands_have_to_be_as_many_as_needed() {
    let alone = |node: Node| {
        invalid(move |mut a| {
            let one = a.int(1);
            let node = a.add(node);
            a.query(select(&[one, node], None))
        })
    };
    for op in [ListOp::InList, ListOp::NotInList, ListOp::Between, ListOp::Coalesce, ListOp::RowValues] {
        alone(Node::Listed(Listed { op, items: vec![] }));
    }
    alone(Node::Listed(Listed { op: ListOp::Between, items: vec![0, 0] }));
    alone(Node::Listed(Listed { op: ListOp::RowValues, items: vec![0, 0] }));
    alone(Node::Case(Case { whens: vec![], otherwise: Some(0) }));
    alone(Node::Select(select(&[], None)));
    alone(Node::Compound(compound(SetOp::Union, &[])));
    for escape in ['%', '_', 'e', '7', '\0', 'é'] {
        let (value, pattern) = (0, 0);
        alone(Node::Matching(Matching { value, pattern, escape: Some(escape), ignore_case: false, negated: false }));
    }
}

#[test]
fn t21_a_dag_that_grows_exponentially_is_refused() {
    for levels in [30, 50, 60] {
        let error = error(|mut a| {
            let mut node = a.int(1);
            for _ in 0..levels {
                node = a.bin(node, BinaryOp::Add, node);
            }
            a.query(select(&[node], None))
        });
        assert!(matches!(error, Error::Limit { what: Limited::StatementSize, .. }), "{error:?}");
    }
}

#[test]
fn t21_shared_literals_are_not_copied_without_limit() {
    let error = error(|mut a| {
        let large = a.text(&"x".repeat(1 << 20));
        let list = a.listed(ListOp::InList, &vec![large; 10_000]);
        a.query(select(&[list], None))
    });
    assert!(matches!(error, Error::Limit { what: Limited::StatementSize, .. }), "{error:?}");
}

fn nested(depth: usize) -> Statement {
    let mut a = Arena::default();
    // The literal and the select are levels too.
    let mut node = a.lit(Scalar::Boolean(true));
    for _ in 2..depth {
        node = a.un(UnaryOp::Not, node);
    }
    a.query(select(&[node], None))
}

#[test]
fn t19_nesting_has_a_limit() {
    for dialect in DIALECTS {
        compiled(&nested(64), dialect).expect("64 levels");
        for depth in [65, 66, 10_000, 190_000] {
            let error = compiled(&nested(depth), dialect).expect_err("refused");
            assert_eq!(error, Error::Limit { what: Limited::Depth, allowed: 64 });
        }
    }
}

#[test]
fn t19_queries_nest_without_harm() {
    let mut a = Arena::default();
    let one = a.int(1);
    let mut query = a.select(select(&[one], None));
    for _ in 0..30 {
        let source = a.sub(query, "inner", false);
        let column = a.col("inner.column1");
        let column = a.label(column, "column1");
        query = a.select(select(&[column], source));
    }
    let statement = a.end(Root::Select(query));
    for dialect in DIALECTS {
        compiled(&statement, dialect).expect("allowed");
    }
}

#[test]
fn t19_parameters_have_limits() {
    for (position, fits) in [(32_765, true), (32_766, false), (u32::MAX, false)] {
        let statement = {
            let mut a = Arena::default();
            let parameter = a.par(position);
            a.query(select(&[parameter], None))
        };
        let result = compiled(&statement, Dialect::Sqlite);
        assert_eq!(result.is_ok(), fits, "{position}");
        if let Ok(compiled) = result {
            assert_eq!(compiled.parameters, position + 1);
        }
    }
    let mut a = Arena::default();
    let parameter = a.par(0);
    let list = a.listed(ListOp::InList, &vec![parameter; 40_000]);
    let statement = a.query(select(&[list], None));
    let error = compiled(&statement, Dialect::Sqlite).expect_err("refused");
    assert_eq!(error, Error::Limit { what: Limited::Parameters, allowed: 32_766 });
    // PostgreSQL's placeholders have numbers, so the repeated parameter is one placeholder.
    assert_eq!(compiled(&statement, Dialect::Postgres).expect("one parameter").placeholders.len(), 1);
}

#[test]
fn t19_text_and_nodes_have_limits() {
    let mut a = Arena::default();
    let (users, email) = (a.from("users"), a.col("email"));
    let isnt = a.un(UnaryOp::IsNull, email);
    let list = a.listed(ListOp::And, &vec![isnt; 1_000]);
    let statement = a.query(Select { filter: Some(list), ..select(&[email], users) });
    let small = Limits::default().statement_bytes(1_000);
    let error = compile(&statement, &catalog(Dialect::Sqlite), Dialect::Sqlite, &small).expect_err("refused");
    assert_eq!(error, Error::Limit { what: Limited::StatementSize, allowed: 1_000 });
    let few = Limits::default().nodes(3);
    let error = compile(&statement, &catalog(Dialect::Sqlite), Dialect::Sqlite, &few).expect_err("refused");
    assert_eq!(error, Error::Limit { what: Limited::StatementSize, allowed: 3 });
    // A long list is halved repeatedly, so that no database has to nest it a thousand levels deep.
    let text = compiled(&statement, Dialect::Sqlite).expect("allowed").sql;
    assert!(text.contains(") AND ("));
}

#[test]
fn t19_no_text_passes_its_limit_by_the_quotes_of_its_names() {
    let mut a = Arena::default();
    let (users, email) = (a.from("users"), a.col("email"));
    let label = a.label(email, &"\"".repeat(60));
    let statement = a.query(select(&[label], users));
    for dialect in DIALECTS {
        let whole = compile(&statement, &catalog(dialect), dialect, &Limits::default()).expect("allowed").sql.len();
        for most in 0..=whole {
            let limits = Limits::default().statement_bytes(most);
            let answer = compile(&statement, &catalog(dialect), dialect, &limits);
            assert_eq!(answer.is_ok(), most == whole, "{most} of {whole} bytes on {dialect:?}");
        }
    }
}

#[test]
fn t27_functions_outside_the_list_are_denied() {
    let names = [
        "set_config",
        "pg_sleep",
        "pg_terminate_backend",
        "lo_import",
        "dblink",
        "query_to_xml",
        "load_extension",
        "writefile",
        "fts3_tokenizer",
        "sleep",
        "benchmark",
        "load_file",
        "get_lock",
        "LOWER",
        "lower(",
        "",
        "nextval",
        "random",
        "version",
        "user",
        "current_user",
        "database",
        "char",
        "zeroblob",
        "randomblob",
    ];
    for name in names {
        for dialect in DIALECTS {
            let mut a = Arena::default();
            let (users, one) = (a.from("users"), a.int(1));
            let call = a.call(name, &[one]);
            let statement = a.query(select(&[call], users));
            let error = compiled(&statement, dialect).expect_err("denied");
            assert!(matches!(&error, Error::Denied(what) if what.contains("function")), "{name}: {error:?}");
        }
    }
}

#[test]
fn t19_functions_that_repeat_their_argument_have_a_limit() {
    let nested = |literal: usize| {
        let mut a = Arena::default();
        let text = a.text(&"x".repeat(literal));
        let mut value = a.call("length", &[text]);
        for _ in 0..55 {
            value = a.call("floor", &[value]);
        }
        a.query(select(&[value], None))
    };
    // Each level makes the text four times as long, with four times as many copies of the literal.
    for literal in [1, 100_000] {
        let error = compiled(&nested(literal), Dialect::Sqlite).expect_err("too long");
        assert!(matches!(error, Error::Limit { what: Limited::StatementSize, .. }), "{error:?}");
    }
    compiled(&nested(1), Dialect::Postgres).expect("each is written once there");
}

#[test]
fn functions_take_what_they_take() {
    let call = |name: &'static str, count: usize| {
        invalid(move |mut a| {
            let one = a.int(1);
            let call = a.call(name, &vec![one; count]);
            a.query(select(&[call], None))
        })
    };
    assert!(call("lower", 0).contains("1 to 1"));
    call("count", 2);
    call("now", 1);
    call("substr", 4);
    assert!(call("row_number", 0).contains("window"));
    invalid(|mut a| {
        let one = a.text("a");
        let call = a.call("lower", &[one]);
        let window = Window { call, partition_by: vec![], order_by: vec![], frame: None };
        let window = a.add(Node::Window(window));
        a.query(select(&[window], None))
    });
    invalid(|mut a| {
        let one = a.text("a");
        let call = Call { function: "lower".into(), arguments: vec![one], distinct: true, filter: None };
        let call = a.add(Node::Call(call));
        a.query(select(&[call], None))
    });
}

#[test]
fn t30_unknown_tables_and_columns_are_errors() {
    for table in ["sqlite_schema", "information_schema", "pg_catalog", "nowhere", "Users"] {
        let error = error(|mut a| {
            let (source, one) = (a.from(table), a.int(1));
            a.query(select(&[one], source))
        });
        assert_eq!(error, Error::NoSuchTable(table.into()));
    }
    for (column, table) in
        [("gone", None), ("users.gone", Some("users")), ("devices.id", Some("devices")), ("rowid", None)]
    {
        let error = error(|mut a| {
            let (source, column) = (a.from("users"), a.col(column));
            a.query(select(&[column], source))
        });
        let name = column.split('.').next_back().expect("a name");
        assert_eq!(error, Error::NoSuchColumn { table: table.map(Into::into), column: name.into() });
    }
    // An alias hides the table's own name.
    error(|mut a| {
        let (source, column) = (a.from("users as u"), a.col("users.id"));
        a.query(select(&[column], source))
    });
    // A subquery that is not lateral cannot refer to the other sources of its query.
    error(|mut a| {
        let (users, devices) = (a.from("users"), a.from("devices"));
        let id = a.col("users.id");
        let inner = a.select(select(&[id], devices));
        let source = a.sub(inner, "s", false);
        let joined = a.join(JoinKind::Cross, users, source, 0);
        a.query(select(&[id], joined))
    });
    // A common table expression is not visible outside of its query.
    error(|mut a| {
        let one = a.int(1);
        let query = a.select(select(&[one], None));
        let cte = Cte { name: "c".into(), columns: vec![], query, recursive: false };
        let c = a.from("c");
        let column = a.col("c.column1");
        let inner = a.select(Select { ctes: vec![cte], ..select(&[column], c) });
        let exists = a.add(Node::Exists(inner));
        a.query(select(&[exists], c))
    });
}

#[test]
fn t21_names_have_to_be_clear() {
    invalid(|mut a| {
        let (one, two) = (a.from("users"), a.from("users"));
        let joined = a.join(JoinKind::Cross, one, two, 0);
        let id = a.col("users.id");
        a.query(select(&[id], joined))
    });
    let message = invalid(|mut a| {
        let (one, two) = (a.from("users"), a.from("devices"));
        let joined = a.join(JoinKind::Cross, one, two, 0);
        let id = a.col("id");
        a.query(select(&[id], joined))
    });
    assert!(message.contains("several sources"));
    invalid(|mut a| {
        let (users, id) = (a.from("users"), a.col("id"));
        let inner = a.select(select(&[id, id], users));
        let source = a.sub(inner, "s", false);
        let id = a.col("s.id");
        a.query(select(&[id], source))
    });
    for bad in ["", "a\0b", "a\nb", &"x".repeat(300)] {
        invalid(|mut a| {
            let one = a.int(1);
            let label = a.label(one, bad);
            a.query(select(&[label], None))
        });
        invalid(|mut a| {
            let (users, one) = (a.from(&format!("users as {bad}")), a.int(1));
            a.query(select(&[one], users))
        });
    }
}

#[test]
fn conditions_are_truth_values_and_arithmetic_is_for_numbers() {
    invalid(|mut a| {
        let (users, name, id) = (a.from("users"), a.col("name"), a.col("id"));
        a.query(Select { filter: Some(name), ..select(&[id], users) })
    });
    invalid(|mut a| {
        let (users, name) = (a.from("users"), a.col("name"));
        let sum = a.bin(name, BinaryOp::Add, name);
        a.query(select(&[sum], users))
    });
    invalid(|mut a| {
        let (one, two) = (a.int(1), a.int(2));
        let row = a.listed(ListOp::RowValues, &[one, two]);
        let same = a.eq(row, one);
        a.query(select(&[same], None))
    });
}

#[test]
fn queries_fit_together() {
    invalid(|mut a| {
        let (one, two) = (a.int(1), a.int(2));
        let (left, right) = (a.select(select(&[one], None)), a.select(select(&[one, two], None)));
        let whole = a.add(Node::Compound(compound(SetOp::Union, &[left, right])));
        a.end(Root::Select(whole))
    });
    invalid(|mut a| {
        let (users, id) = (a.from("users"), a.col("users.id"));
        let part = a.select(select(&[id], users));
        let whole = compound(SetOp::Union, &[part, part]);
        let whole = a.add(Node::Compound(Compound { order_by: vec![asc(id)], ..whole }));
        a.end(Root::Select(whole))
    });
    invalid(|mut a| {
        let (one, two) = (a.int(1), a.int(2));
        let query = a.select(select(&[one, two], None));
        let scalar = a.add(Node::ScalarQuery(query));
        a.query(select(&[scalar], None))
    });
    for limit in [Scalar::Integer(-1), Scalar::Text("1".into()), Scalar::Null, Scalar::Unsigned(u64::MAX)] {
        invalid(|mut a| {
            let (one, limit) = (a.int(1), a.lit(limit));
            a.query(Select { limit: Some(limit), ..select(&[one], None) })
        });
    }
    let frame = Frame { unit: FrameUnit::Rows, start: FrameBound::Following(2), end: FrameBound::Preceding(1) };
    invalid(|mut a| {
        let (users, id) = (a.from("users"), a.col("id"));
        let call = a.call("sum", &[id]);
        let window = Window { call, partition_by: vec![], order_by: vec![], frame: Some(frame) };
        let window = a.add(Node::Window(window));
        a.query(select(&[window], users))
    });
}

#[test]
fn changes_fit_their_tables() {
    let one_row = |columns: &'static [&'static str], count: usize| {
        move |mut a: Arena| {
            let one = a.int(1);
            let rows = InsertSource::Values(vec![vec![one; count]]);
            a.end(Root::Insert(insert("users", columns, rows)))
        }
    };
    invalid(one_row(&["age"], 2));
    invalid(one_row(&["age", "age"], 2));
    invalid(one_row(&[], 0));
    assert!(matches!(error(one_row(&["gone"], 1)), Error::NoSuchColumn { .. }));
    invalid(|a| a.end(Root::Insert(insert("users", &["age"], InsertSource::Values(vec![])))));
    invalid(|a| a.end(Root::Insert(insert("users", &["age"], InsertSource::Defaults))));
    invalid(|a| a.end(Root::Update(update("users", vec![]))));
    invalid(|mut a| {
        let one = a.int(1);
        a.end(Root::Update(update("users", vec![set("age", one), set("age", one)])))
    });
    // Values of an insert cannot refer to columns, and excluded rows exist only in upserts.
    error(|mut a| {
        let age = a.col("age");
        a.end(Root::Insert(insert("users", &["age"], InsertSource::Values(vec![vec![age]]))))
    });
    invalid(|mut a| {
        let age = a.add(Node::Excluded("age".into()));
        a.end(Root::Update(update("users", vec![set("age", age)])))
    });
    invalid(|mut a| {
        let one = a.int(1);
        let conflict = Conflict { columns: vec!["age".into()], action: ConflictAction::Nothing, filter: None };
        let statement = insert("users", &["age"], InsertSource::Values(vec![vec![one]]));
        a.end(Root::Insert(Insert { conflict: Some(conflict), ..statement }))
    });
}
