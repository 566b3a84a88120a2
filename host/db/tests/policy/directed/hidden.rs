//! Columns that are not granted do not exist for a guest, wherever a statement names them.

use sqlservice_sql::{
    Error,
    statement::{Insert, InsertSource, JoinKind, Node, Root, Select, Statement, Update, Window},
};

use super::{ids_where, on_each, query, statement, usual};
use crate::build::{Arena, asc, insert, select, set, update};

/// Queries of projects that name a column at different places.
fn queries(column: &str) -> Vec<Statement> {
    let of = |place: fn(&mut Arena, u32, &mut Select)| {
        query(|arena| {
            let (source, id) = (arena.from("projects"), arena.col("id"));
            let hidden = arena.col(column);
            let mut select = select(&[id], source);
            place(arena, hidden, &mut select);
            select
        })
    };
    vec![
        of(|_, hidden, select| select.columns.push(hidden)),
        of(|arena, hidden, select| {
            let seven = arena.int(7);
            select.filter = Some(arena.eq(hidden, seven));
        }),
        of(|_, hidden, select| select.order_by = vec![asc(hidden)]),
        of(|_, hidden, select| select.group_by = vec![hidden]),
        of(|arena, hidden, select| {
            let max = arena.call("max", &[hidden]);
            select.columns = vec![max];
        }),
        of(|arena, hidden, select| {
            let call = arena.call("row_number", &[]);
            let order_by = vec![asc(hidden)];
            let window = arena.add(Node::Window(Window { call, partition_by: vec![], order_by, frame: None }));
            select.columns.push(window);
        }),
        of(|arena, hidden, select| {
            let other = arena.from("docs as d");
            let id = arena.col("d.id");
            let on = arena.eq(hidden, id);
            let source = select.source.expect("a source");
            select.source = Some(arena.join(JoinKind::Left, source, other, on));
            select.columns = vec![id];
        }),
    ]
}

fn assert_missing(error: &Error, column: &str) {
    let is_it = matches!(error, Error::NoSuchColumn { column: name, .. } if name == column);
    assert!(is_it, "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_a_hidden_column_is_in_no_query() {
    on_each(usual, async |shared| {
        // A hidden column gives the same error as one that does not exist.
        for column in ["tenant_id", "nowhere"] {
            for statement in queries(&format!("projects.{column}")).iter().chain(&queries(column)) {
                assert_missing(&shared.refused(statement), column);
            }
        }
        let inside = ids_where("projects", |arena| {
            let (source, one) = (arena.from("docs as d"), arena.int(1));
            let (hidden, seven) = (arena.col("projects.tenant_id"), arena.int(7));
            let filter = Some(arena.eq(hidden, seven));
            let inner = arena.select(Select { filter, ..select(&[one], source) });
            arena.add(Node::Exists(inner))
        });
        assert_missing(&shared.refused(&inside), "tenant_id");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_a_hidden_column_is_in_no_change() {
    on_each(usual, async |shared| {
        let can = shared.dialect.capabilities();
        let value = statement(|arena| {
            let hidden = arena.col("projects.tenant_id");
            Root::Update(update("projects", vec![set("budget", hidden)]))
        });
        let filter = statement(|arena| {
            let (hidden, eight) = (arena.col("tenant_id"), arena.int(8));
            let filter = Some(arena.eq(hidden, eight));
            Root::Delete(sqlservice_sql::statement::Delete { filter, ..crate::build::delete("projects") })
        });
        let mut all = vec![value, filter];
        if can.update_returning {
            all.push(statement(|arena| {
                let (one, hidden) = (arena.int(1), arena.col("tenant_id"));
                Root::Update(Update { returning: vec![hidden], ..update("projects", vec![set("budget", one)]) })
            }));
        }
        all.push(statement(|arena| {
            let (slug, hidden) = (arena.text("s"), arena.col("projects.tenant_id"));
            let source = InsertSource::Values(vec![vec![slug]]);
            Root::Insert(Insert { returning: vec![hidden], ..insert("projects", &["slug"], source) })
        }));
        for statement in &all {
            assert_missing(&shared.refused(statement), "tenant_id");
        }
    })
    .await;
}
