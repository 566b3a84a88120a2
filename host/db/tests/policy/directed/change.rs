//! Changes under rules: the tenant of written rows, and the rows that a change may reach.

use sqlservice_sql::{
    Dialect, Error,
    statement::{
        Assignment, BinaryOp, Conflict, ConflictAction, Delete, InsertSource, Node, NodeId, Root, Select, SetOp,
        Statement, Update,
    },
};

use super::{Shared, integer, is_denied, on_each, query, statement, text, usual};
use crate::build::{Arena, compound, delete, insert, select, set, update};

/// An insert of projects from a query that returns a slug and a budget.
fn inserted(query: impl FnOnce(&mut Arena) -> NodeId) -> Statement {
    statement(|arena| {
        let source = InsertSource::Query(query(arena));
        Root::Insert(insert("projects", &["slug", "budget"], source))
    })
}

fn slugs(arena: &mut Arena, table: &str, before: &str) -> Select {
    let (source, id) = (arena.from(table), arena.col("id"));
    let (before, slug) = (arena.text(before), arena.cast(id, sqlservice_sql::schema::TypeKind::Text));
    let slug = arena.bin(before, sqlservice_sql::statement::BinaryOp::Concat, slug);
    let five = arena.int(5);
    let (slug, five) = (arena.label(slug, "s"), arena.label(five, "b"));
    select(&[slug, five], source)
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_rows_from_queries_become_those_of_who_asks() {
    let united = |op: SetOp| {
        inserted(move |arena| {
            let (notes, docs) = (slugs(arena, "notes", "n"), slugs(arena, "docs", "d"));
            let parts = [arena.select(notes), arena.select(docs)];
            arena.add(Node::Compound(compound(op, &parts)))
        })
    };
    let plain = |change: fn(&mut Arena, &mut Select)| {
        inserted(move |arena| {
            let mut notes = slugs(arena, "notes", "n");
            change(arena, &mut notes);
            arena.select(notes)
        })
    };
    let nested = inserted(|arena| {
        let one = arena.int(1);
        let parts: Vec<NodeId> = ["notes", "docs"]
            .iter()
            .map(|table| {
                let (own, other) = (slugs(arena, table, "x"), slugs(arena, table, "y"));
                let own = arena.select(Select { limit: Some(one), ..own });
                let other = arena.select(other);
                arena.add(Node::Compound(compound(SetOp::UnionAll, &[own, other])))
            })
            .collect();
        arena.add(Node::Compound(compound(SetOp::Union, &parts)))
    });
    on_each(usual, async |shared| {
        let grouped = plain(|arena, select| {
            let (id, count) = (arena.col("id"), arena.call("count", &[]));
            select.group_by = vec![id];
            select.columns[1] = count;
        });
        let several = [
            (united(SetOp::Union), 3),
            (united(SetOp::UnionAll), 3),
            (united(SetOp::Except), 2),
            (plain(|_, _| ()), 2),
            (plain(|_, select| select.distinct = true), 2),
            (grouped, 2),
            (nested.clone(), 3),
        ];
        for (statement, count) in several {
            let sql = "select count(*), count(case when tenant_id = 7 then 1 end) from projects where id > 4";
            let (answer, after) = shared.then(&statement, sql).await;
            assert_eq!(answer.affected, count, "{}", shared.compile(&statement).expect("it was").sql);
            assert_eq!([after.value(0, 0), after.value(0, 1)], [integer(count as i64), integer(count as i64)]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_a_column_that_the_host_fills_is_neither_given_nor_changed() {
    on_each(usual, async |shared| {
        for (table, column) in [("projects", "tenant_id"), ("notes", "owner_id"), ("notes", "tenant_id")] {
            let given = statement(|arena| {
                let (eight, title) = (arena.int(8), arena.text("t"));
                let text = if table == "projects" { "slug" } else { "body" };
                Root::Insert(insert(table, &[text, column], InsertSource::Values(vec![vec![title, eight]])))
            });
            let changed = statement(|arena| {
                let eight = arena.int(8);
                Root::Update(update(table, vec![set(column, eight)]))
            });
            for statement in [given, changed] {
                let error = shared.refused(&statement);
                let is_hidden = matches!(&error, Error::NoSuchColumn { column: name, .. } if name == column);
                // The owner of a note can be read.
                assert!(if column == "owner_id" { is_denied(&error) } else { is_hidden }, "{error:?}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_rows_of_defaults_become_those_of_who_asks() {
    let defaults = |policies: &mut std::collections::BTreeMap<String, sqlservice_sql::policy::TablePolicy>| {
        policies.get_mut("notes").expect("a table").insert.as_mut().expect("granted").check = None;
    };
    on_each(defaults, async |shared| {
        // A column without a default would make the insert fail, so the test only checks that its text sets the tenant.
        let row = statement(|_| Root::Insert(insert("notes", &[], InsertSource::Defaults)));
        let compiled = shared.compile(&row).expect("a row");
        assert!(compiled.sql.to_string().contains("tenant_id"), "{}", compiled.sql);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_changes_find_rows_of_who_asks_only() {
    on_each(usual, async |shared| {
        let changed = statement(|arena| {
            let value = arena.text("taken");
            Root::Update(update("notes", vec![set("body", value)]))
        });
        let (answer, after) = shared.then(&changed, "select count(*) from notes where body = 'taken'").await;
        assert_eq!(
            (answer.affected, after.value(0, 0)),
            (1, integer(1)),
            "note 2 is read, and not the guest's to change"
        );
        let removed = statement(|_| Root::Delete(crate::build::delete("pins")));
        let (answer, after) = shared.then(&removed, "select count(*) from pins").await;
        assert_eq!((answer.affected, after.value(0, 0)), (2, integer(1)));
        if shared.dialect.capabilities().update_source {
            let beside = statement(|arena| {
                let (source, value) = (arena.from("docs as d"), arena.int(9));
                let (of, id) = (arena.col("d.project_id"), arena.col("projects.id"));
                let filter = Some(arena.eq(of, id));
                let source = Some(source);
                Root::Update(Update { source, filter, ..update("projects", vec![set("budget", value)]) })
            });
            let (answer, after) = shared.then(&beside, "select max(id) from projects where budget = 9").await;
            assert_eq!((answer.affected, after.value(0, 0)), (1, integer(1)));
        }
    })
    .await;
}

fn upsert(columns: &[&str], key: &[&str], assignments: Vec<Assignment>, row: Vec<NodeId>) -> Root {
    let action = if assignments.is_empty() { ConflictAction::Nothing } else { ConflictAction::Update(assignments) };
    let columns_of_key = key.iter().map(|name| (*name).to_owned()).collect();
    let conflict = Some(Conflict { columns: columns_of_key, action, filter: None });
    let source = InsertSource::Values(vec![row]);
    Root::Insert(sqlservice_sql::statement::Insert { conflict, ..insert("projects", columns, source) })
}

async fn assert_theirs_is_theirs(shared: &Shared, statement: &Statement) {
    let session = shared.database.session();
    let answer = shared.execute(&session, statement).await;
    if answer.is_ok() {
        let sql = "select tenant_id, title, budget from projects where id = 2";
        let after = crate::place::run(&session, sql).await.expect("read").first_batch;
        assert_eq!([0, 1, 2].map(|at| after.value(0, at)), [integer(8), text("theirs"), integer(100)]);
    }
    session.rollback().await.expect("rolled back");
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_an_upsert_takes_no_row_of_others() {
    on_each(usual, async |shared| {
        // By a slug that another tenant also uses: an own row is inserted or updated.
        for slug in ["a", "b"] {
            let by_slug = statement(|arena| {
                let row = vec![arena.text(slug), arena.text("mine now")];
                let title = arena.add(Node::Excluded("title".to_owned()));
                upsert(&["slug", "title"], &["slug"], vec![set("title", title)], row)
            });
            assert_theirs_is_theirs(shared, &by_slug).await;
            let compiled = shared.compile(&by_slug);
            match shared.dialect {
                Dialect::Mariadb => assert!(matches!(compiled, Err(Error::Unsupported { .. })), "it takes any key"),
                _ => assert_eq!(shared.alone(&by_slug).await.expect("done").affected, 1),
            }
        }
        // By the key of another tenant's row.
        for assigns in [true, false] {
            let by_key = statement(|arena| {
                let row = vec![arena.int(2), arena.text("new"), arena.text("mine now")];
                let title = arena.add(Node::Excluded("title".to_owned()));
                let assignments = if assigns { vec![set("title", title)] } else { vec![] };
                upsert(&["id", "slug", "title"], &[], assignments, row)
            });
            assert_theirs_is_theirs(shared, &by_key).await;
        }
        // A hidden column does not exist in the excluded row either.
        let hidden = statement(|arena| {
            let row = vec![arena.text("a"), arena.int(1)];
            let tenant = arena.add(Node::Excluded("tenant_id".to_owned()));
            upsert(&["slug", "budget"], &["slug"], vec![set("budget", tenant)], row)
        });
        assert!(!matches!(shared.refused(&hidden), Error::Invalid { .. }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_no_upsert_where_none_is_allowed() {
    let without = |policies: &mut std::collections::BTreeMap<String, sqlservice_sql::policy::TablePolicy>| {
        policies.get_mut("projects").expect("a table").allow.remove(&sqlservice_sql::policy::Allow::Upsert);
    };
    on_each(without, async |shared| {
        let nothing = statement(|arena| {
            let row = vec![arena.text("a")];
            upsert(&["slug"], &["slug"], vec![], row)
        });
        assert!(is_denied(&shared.refused(&nothing)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_what_is_returned_of_other_sources_is_what_is_seen_of_them() {
    // Of the projects with a greater key than the note's project, 2 and 3 are another tenant's.
    let changed = |make: fn(NodeId, NodeId, NodeId, Vec<NodeId>) -> Root| {
        statement(|arena| {
            let (projects, own, other) =
                (arena.from("projects"), arena.col("notes.project_id"), arena.col("projects.id"));
            let filter = arena.bin(other, BinaryOp::Greater, own);
            let returned = ["notes.id", "projects.id", "projects.title", "notes.secret"].map(|name| arena.col(name));
            let body = arena.text("changed");
            make(projects, filter, body, returned.into())
        })
    };
    let updated = changed(|source, filter, body, returning| {
        let update = update("notes", vec![set("body", body)]);
        Root::Update(Update { source: Some(source), filter: Some(filter), returning, ..update })
    });
    let deleted = changed(|source, filter, _, returning| {
        Root::Delete(Delete { source: Some(source), filter: Some(filter), returning, ..delete("notes") })
    });
    on_each(usual, async |shared| {
        for statement in [&updated, &deleted] {
            if !shared.dialect.capabilities().source_returning {
                assert!(matches!(shared.refused(statement), Error::Unsupported { .. }));
                continue;
            }
            let secret = query(|arena| {
                let (notes, secret, id, one) =
                    (arena.from("notes"), arena.col("secret"), arena.col("id"), arena.int(1));
                let filter = Some(arena.eq(id, one));
                Select { filter, ..select(&[secret], notes) }
            });
            let secret = shared.rows(&secret).await[0][0].clone();
            let expected = vec![integer(1), integer(4), text("no member"), secret];
            assert_eq!(shared.rows(statement).await, [expected]);
        }
    })
    .await;
}
