//! Row locks: a guest can lock visible rows, and no others.

use std::collections::BTreeMap;

use sqlservice_sql::{
    Error,
    policy::{Allow, TablePolicy},
    statement::{JoinKind, Locking, Select, Statement},
};

use super::{Shared, ids, is_denied, on_each, query, usual};
use crate::build::{Arena, asc, select};

/// Allows locks. One rule refers to the rows of another table by an alias, one by the table's name.
fn locking(policies: &mut BTreeMap<String, TablePolicy>) {
    for (name, policy) in policies.iter_mut() {
        policy.mask.clear();
        policy.allow.insert(Allow::Lock);
        let filter = match name.as_str() {
            "docs" => {
                "exists (select 1 from members as m where m.project_id = docs.project_id and m.user_id = :user) \
                       and tenant_id = :tenant"
            }
            "pins" => {
                "exists (select 1 from members where members.project_id = pins.project_id and members.user_id = :user) \
                       and tenant_id = :tenant"
            }
            _ => continue,
        };
        policy.read.as_mut().expect("granted").filter = Some(filter.to_owned());
    }
}

fn lock() -> Option<Locking> {
    Some(Locking { for_share: false, no_wait: false, skip_locked: false, tables: Vec::new() })
}

fn locked(source: impl FnOnce(&mut Arena) -> (u32, u32)) -> Statement {
    query(|arena| {
        let (source, key) = source(arena);
        Select { lock: lock(), order_by: vec![asc(key)], ..select(&[key], source) }
    })
}

/// Returns the keys of the rows that a locking query returns; `None` where it is refused.
async fn keys(shared: &Shared, statement: &Statement) -> Option<Vec<i64>> {
    match shared.compile(statement) {
        Ok(_) => Some(ids(&shared.rows(statement).await)),
        Err(error) => {
            let is_refused = is_denied(&error) || matches!(error, Error::Unsupported { .. });
            assert!(is_refused, "{error:?}");
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_locks_are_denied_unless_they_are_allowed() {
    on_each(usual, async |shared| {
        let statement = locked(|arena| (arena.from("docs"), arena.col("docs.id")));
        assert_eq!(keys(shared, &statement).await, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_rows_that_are_locked_are_rows_that_are_seen() {
    on_each(locking, async |shared| {
        let can = shared.dialect.capabilities().row_locking;
        let plain = locked(|arena| (arena.from("docs as d"), arena.col("d.id")));
        assert_eq!(keys(shared, &plain).await, can.then(|| vec![1]));
        let joined = locked(|arena| {
            let (docs, projects) = (arena.from("docs as d"), arena.from("projects as p"));
            let (of, id) = (arena.col("d.project_id"), arena.col("p.id"));
            let on = arena.eq(of, id);
            (arena.join(JoinKind::Inner, docs, projects, on), arena.col("d.id"))
        });
        assert_eq!(keys(shared, &joined).await, can.then(|| vec![1]));
        let outer = locked(|arena| {
            let (projects, docs) = (arena.from("projects as p"), arena.from("docs as d"));
            let (of, id) = (arena.col("d.project_id"), arena.col("p.id"));
            let on = arena.eq(of, id);
            (arena.join(JoinKind::Left, projects, docs, on), id)
        });
        assert_eq!(keys(shared, &outer).await, None, "the rule would stand beside the join");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_no_alias_stands_in_front_of_a_source_of_a_rule() {
    on_each(locking, async |shared| {
        // Where the table is not wrapped in a subquery, the rule refers to its rows by the guest's alias.
        for alias in ["m", "M", "members", "MEMBERS", "docs", "d"] {
            let statement =
                locked(|arena| (arena.from(&format!("docs as {alias}")), arena.col(&format!("{alias}.id"))));
            if let Some(keys) = keys(shared, &statement).await {
                assert_eq!(keys, [1], "{}", shared.compile(&statement).expect("it was").sql);
            }
            let statement =
                locked(|arena| (arena.from(&format!("pins as {alias}")), arena.col(&format!("{alias}.note_id"))));
            if let Some(keys) = keys(shared, &statement).await {
                assert_eq!(keys, [1, 3], "{}", shared.compile(&statement).expect("it was").sql);
            }
        }
    })
    .await;
}
