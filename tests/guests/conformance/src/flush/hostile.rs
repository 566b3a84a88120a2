//! T-32 and T-68 for units of work: malformed changes, and changes beyond the host's limits.

use sqlservice_sdk::{
    bindings::sqlservice::database::{
        databases::Database as Raw,
        rows::Batch,
        sessions::{Change, Deletes, Inserts, TransactionOptions as Options, Updates},
    },
    prelude::*,
};

use super::{
    Node, Page, all,
    change::{Insert, Update, integers, key, texts},
    open, refusal,
};
use crate::Saw;

/// A batch that claims a number of rows and has no columns.
fn said(rows: u32) -> Batch {
    Batch { rows, columns: Vec::new() }
}

fn nothing(table: &str, rows: u32) -> [Change; 3] {
    let (table, columns, links) = (table.to_owned(), Vec::new(), Vec::new());
    let returning = Vec::new();
    let insert = Inserts { table: table.clone(), columns: columns.clone(), rows: said(rows), links, returning };
    let (links, returning) = (Vec::new(), Vec::new());
    let update = Updates {
        table: table.clone(),
        keys: said(rows),
        versions: None,
        columns,
        rows: said(rows),
        links,
        returning,
        stored: None,
    };
    let delete = Deletes { table, keys: said(rows), versions: None, stored: None, strict: false };
    [Change::Inserts(insert), Change::Updates(update), Change::Deletes(delete)]
}

pub async fn t68_changes() -> Saw {
    let (db, session) = open().await?;
    let mut saw = Vec::new();
    for rows in [u32::MAX, 400_000] {
        for change in nothing("nodes", rows).into_iter().skip(usize::from(rows < u32::MAX)) {
            saw.push(refusal(session.flush(vec![change]).await));
        }
    }
    let lie = || Insert::into("nodes", &["name"]).rows(400_000, vec![texts(&["a"])]).done();
    saw.push(refusal(session.flush(vec![lie()]).await));
    let twice = Insert::into("nodes", &["parent_id", "name"]).rows(2, vec![integers(&[None; 2]), texts(&["a", "b"])]);
    saw.push(refusal(session.flush(vec![twice.links(&[(1, 0, 0, 0), (1, 0, 0, 0)]).done()]).await));
    // Nothing was sent, and the session is still usable.
    saw.push(refusal(session.flush(vec![Insert::into("nodes", &["name"]).rows(1, vec![texts(&["c"])]).done()]).await));
    session.commit().await?;
    saw.push(format!("{:?}", db.session()?.all(&select_columns(Node::NAME)).await?));
    Ok(saw)
}

/// Rows returned by a change, against the host's limit of bytes.
pub async fn t32_change_bytes(rows: u32) -> Saw {
    let (db, session) = open().await?;
    let ids: Vec<i64> = (0..rows.into()).collect();
    let long = "x".repeat(40);
    let many = || texts(&vec![long.as_str(); ids.len()]);
    let versions = key(&vec![1; ids.len()]);
    let insert = Insert::into("pages", &["id", "version", "text"]);
    session.flush(vec![insert.rows(rows, vec![key(&ids), versions, many()]).done()]).await?;
    let update = || {
        let versions = vec![1; ids.len()];
        Update::of("pages", &["text"]).keys(&ids).versions(&versions).rows(vec![many()])
    };
    let mut saw = vec![refusal(session.flush(vec![update().returning(&["text"])]).await)];
    // The change was undone, so the versions are unchanged.
    saw.push(refusal(session.flush(vec![update().done()]).await));
    session.commit().await?;
    saw.push(format!("{:?}", db.session()?.all(&select_columns(Page::VERSION).distinct()).await?));
    Ok(saw)
}

/// A chain of rows, one statement each: none is slow, all together exceed the time limit.
pub async fn t32_change_time(rows: u32) -> Saw {
    let (db, session) = open().await?;
    let links: Vec<_> = (1..rows).map(|row| (row, 0, 0, row - 1)).collect();
    let (none, names) = (vec![None; rows as usize], vec!["x"; rows as usize]);
    let chain = Insert::into("nodes", &["parent_id", "name"]).rows(rows, vec![integers(&none), texts(&names)]);
    let mut saw = vec![refusal(session.flush(vec![chain.links(&links).done()]).await)];
    session.rollback().await?;
    let session = Raw::open("default".to_owned(), all()).await?.begin(Options::default()).await?;
    saw.push(refusal(session.flush(vec![Insert::into("nodes", &["name"]).rows(1, vec![texts(&["c"])]).done()]).await));
    session.commit().await?;
    saw.push(format!("{:?}", db.session()?.all(&select_columns(Node::NAME)).await?));
    Ok(saw)
}
