//! Deeply nested loads of a self-referential table.

use sqlservice_sdk::{prelude::*, relation::Related};

use super::{Node, chain};
use crate::case::{Case, each, kind, same};

/// A load of children nested to this many levels.
fn levels(count: usize) -> Related<Node, Node> {
    let mut load = Related::from(Node::CHILDREN);
    for _ in 1..count {
        load = Node::CHILDREN.with(load);
    }
    load
}

pub(super) async fn loads_nest_as_deep_as_is_said(db: &Database) -> Case {
    let session = db.session()?;
    let [a, b, c] = chain(&session).await?;
    let other = db.session()?;
    let found = other.query::<Node>().filter(Node::ID.eq(a.id)).with(levels(20)).one().await?;
    let path = |node: &Node| node.path.clone();
    let below = found.children.get()?[0].clone();
    let last = below.children.get()?[0].clone();
    same("paths", (each(&found.children, path), each(&below.children, path)), ("b".to_owned(), "c".to_owned()))?;
    same("the last", (each(&last.children, path), last.id, below.id), (String::new(), c.id, b.id))
}

/// Loads nested beyond the limit are refused, however they were built; they do not crash the plugin.
pub(super) async fn loads_that_nest_too_deep_are_refused(db: &Database) -> Case {
    let session = db.session()?;
    let [a, ..] = chain(&session).await?;
    drop(levels(100_000));
    let refused = kind(&session.query::<Node>().with(levels(20_000)).all().await);
    same("a query", refused.split(':').next().unwrap_or_default(), "invalid")?;
    let refused = kind(&session.load(std::slice::from_ref(&a), levels(20_000)).await);
    same("a load", refused.split(':').next().unwrap_or_default(), "invalid")?;
    same("the session goes on", session.query::<Node>().with(levels(3)).all().await?.len(), 3)
}
