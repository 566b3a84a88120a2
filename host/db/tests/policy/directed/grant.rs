//! Operations that need a grant, and checks of written values.

use std::collections::BTreeMap;

use sqlservice_db::{Error, RunOptions};
use sqlservice_sql::{
    Error as StatementError, Value,
    policy::{Allow, TablePolicy},
    statement::{Insert, InsertSource, NodeId, Root, Update},
};

use super::{Shared, is_denied, on_each, statement, text};
use crate::build::{Arena, delete, insert, set, update};

fn bare(policies: &mut BTreeMap<String, TablePolicy>) {
    let pins = policies.get_mut("pins").expect("a table");
    (pins.insert, pins.update, pins.delete) = (None, None, None);
    let projects = policies.get_mut("projects").expect("a table");
    projects.allow.remove(&Allow::Returning);
    projects.update.as_mut().expect("granted").columns = vec!["title".to_owned()];
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_what_is_not_granted_is_denied() {
    on_each(bare, async |shared| {
        let set_weight = statement(|arena| {
            let one = arena.int(1);
            Root::Update(update("pins", vec![set("weight", one)]))
        });
        let pin = statement(|arena| {
            let one = arena.int(1);
            Root::Insert(insert("pins", &["project_id", "note_id"], InsertSource::Values(vec![vec![one, one]])))
        });
        let remove = statement(|_| Root::Delete(delete("pins")));
        let set_budget = statement(|arena| {
            let one = arena.int(1);
            Root::Update(update("projects", vec![set("budget", one)]))
        });
        let returned = statement(|arena| {
            let (slug, id) = (arena.text("s"), arena.col("id"));
            let source = InsertSource::Values(vec![vec![slug]]);
            Root::Insert(Insert { returning: vec![id], ..insert("projects", &["slug"], source) })
        });
        for statement in [set_weight, pin, remove, set_budget, returned] {
            assert!(is_denied(&shared.refused(&statement)));
        }
        if shared.dialect.capabilities().update_returning {
            let returned = statement(|arena| {
                let (title, id) = (arena.text("s"), arena.col("id"));
                Root::Update(Update { returning: vec![id], ..update("projects", vec![set("title", title)]) })
            });
            assert!(is_denied(&shared.refused(&returned)));
        }
    })
    .await;
}

/// Runs a statement with parameters, and checks that it is denied and that no transaction is open.
async fn refused_at_run(shared: &Shared, root: impl FnOnce(&mut Arena) -> Root, parameters: Vec<Value>) {
    let statement = statement(root);
    let session = shared.database.session();
    let compiled = shared.compile(&statement).expect("its values are not known yet");
    let answer = session.execute(compiled, parameters, RunOptions::default()).await;
    match answer.map(|answer| answer.affected) {
        Err(Error::Statement(StatementError::Denied(_))) => {}
        other => panic!("{other:?}"),
    }
    assert!(!session.in_transaction(), "nothing was sent");
}

const LONG: &str = "much longer than the thirty characters that the check allows";

fn note(arena: &mut Arena, body: NodeId) -> Root {
    let (yes, n) = (arena.lit(sqlservice_sql::Scalar::Boolean(true)), arena.int(1));
    Root::Insert(insert("notes", &["body", "is_open", "n"], InsertSource::Values(vec![vec![body, yes, n]])))
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_a_check_refuses_rows_before_anything_is_sent() {
    on_each(super::usual, async |shared| {
        for value in [text(LONG), Value::NULL] {
            refused_at_run(
                shared,
                |arena| {
                    let body = arena.par(0);
                    note(arena, body)
                },
                vec![value.clone()],
            )
            .await;
            let changed = |arena: &mut Arena| {
                let body = arena.par(0);
                Root::Update(update("notes", vec![set("body", body)]))
            };
            refused_at_run(shared, changed, vec![value]).await;
        }
        refused_at_run(
            shared,
            |arena| {
                let body = arena.text(LONG);
                note(arena, body)
            },
            vec![],
        )
        .await;
        // A value that only the database can compute cannot be checked before.
        let computed = statement(|arena| {
            let word = arena.col("notes.word");
            Root::Update(update("notes", vec![set("body", word)]))
        });
        assert!(is_denied(&shared.refused(&computed)));
        let missing = statement(|arena| {
            let yes = arena.lit(sqlservice_sql::Scalar::Boolean(true));
            Root::Insert(insert("notes", &["is_open"], InsertSource::Values(vec![vec![yes]])))
        });
        assert!(is_denied(&shared.refused(&missing)));
        // A change of other columns cannot violate the check.
        let other = statement(|arena| {
            let one = arena.int(1);
            Root::Update(update("notes", vec![set("n", one)]))
        });
        assert_eq!(shared.alone(&other).await.expect("done").affected, 1);
        let fitting = statement(|arena| {
            let body = arena.text("short");
            note(arena, body)
        });
        assert_eq!(shared.alone(&fitting).await.expect("done").affected, 1);
    })
    .await;
}
