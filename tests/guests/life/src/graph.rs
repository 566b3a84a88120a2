//! Moves in a tree, and moves of grandchildren.

use sqlservice_sdk::prelude::*;

use crate::{
    Saw,
    moved::{Child, Parent, Toy, child, open, parent, rows},
};

#[derive(Model, Clone, Debug, Default)]
#[model(table = "nodes")]
struct Node {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "nodes.id")]
    parent_id: Option<i64>,
    #[model(length = 40)]
    name: String,
    parent: One<Node>,
    #[model(cascade = "all, delete-orphan", order_by = "name")]
    children: Many<Node>,
}

fn node(name: &str, children: Vec<Node>) -> Node {
    Node { name: name.to_owned(), children: Many::from(children), ..Node::default() }
}

async fn tree() -> Result<(Database, Session), Error> {
    let db = Database::open("default", models![Node]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let leaves = |name: &str| vec![node(&format!("{name}1"), Vec::new()), node(&format!("{name}2"), Vec::new())];
    session.add(node("a", vec![node("b", leaves("b")), node("c", leaves("c"))]))?;
    session.add(node("z", Vec::new()))?;
    session.commit().await?;
    let session = db.session()?;
    Ok((db, session))
}

async fn nodes(db: &Database) -> Result<String, Error> {
    let all = db.session()?.all(&select::<Node>().order_by(Node::NAME)).await?;
    let name = |id: Option<i64>| all.iter().find(|node| Some(node.id) == id).map_or("", |node| node.name.as_str());
    let shown: Vec<String> = all.iter().map(|node| format!("{}:{}", node.name, name(node.parent_id))).collect();
    Ok(shown.join(" "))
}

async fn named(session: &Session, name: &str) -> Result<Entity<Node>, Error> {
    session.query::<Node>().filter(Node::NAME.eq(name)).one().await
}

/// `a` has `b` and `c`, which have two each; `z` has none.
pub async fn moved(way: &str, is_loaded: bool) -> Saw {
    if way.starts_with("grandchild") {
        return grandchild(way).await;
    }
    let (db, session) = tree().await?;
    let a = named(&session, "a").await?;
    if is_loaded {
        session.load(std::slice::from_ref(&a), Node::CHILDREN.with(Node::CHILDREN)).await?;
    }
    let (mut b, mut b1, mut z) =
        (named(&session, "b").await?, named(&session, "b1").await?, named(&session, "z").await?);
    let c = named(&session, "c").await?;
    session.delete(&a)?;
    match way {
        "subtree" => z.edit().children.push(&b),
        "leaf" => b1.edit().parent.set(&z),
        "leaf by key" => b1.edit().parent_id = Some(z.id),
        // The new parent is deleted with the old one.
        "within" => b1.edit().parent.set(&c),
        // A leaf becomes the parent of its former parent, and both stay.
        "turned" => {
            b1.edit().parent.set(&z);
            b.edit().parent.set(&b1);
        }
        "to a new node" => {
            let mut new = session.add(node("new", Vec::new()))?;
            new.edit().parent.set(&z);
            new.edit().children.push(&b1);
        }
        "to a root" => b.edit().parent.clear(),
        _ => {}
    }
    session.commit().await?;
    Ok(vec![nodes(&db).await?])
}

/// A toy whose child loses its parent.
async fn grandchild(way: &str) -> Saw {
    let db = open().await?;
    let session = db.session()?;
    session.add(Parent { children: Many::from([child("left")]), ..parent("old") })?;
    session.add(Parent { children: Many::from([child("other")]), ..parent("kept") })?;
    session.commit().await?;
    let session = db.session()?;
    let old = session.query::<Parent>().filter(Parent::NAME.eq("old")).one().await?;
    let left = session.query::<Child>().filter(Child::NAME.eq("left")).one().await?;
    let mut other = session.query::<Child>().filter(Child::NAME.eq("other")).one().await?;
    let mut toy = session.query::<Toy>().filter(Toy::CHILD_ID.eq(left.id)).one().await?;
    let kept = session.query::<Parent>().filter(Parent::NAME.eq("kept")).one().await?;
    session.delete(&old)?;
    match way {
        "grandchild push" => other.edit().toys.push(&toy),
        "grandchild parent" => toy.edit().child.set(&other),
        "grandchild key" => toy.edit().child_id = other.id,
        // The toy's new child has itself moved to a parent that is deleted, too.
        "grandchild of one that goes" => {
            toy.edit().child.set(&other);
            session.delete(&kept)?;
        }
        _ => {}
    }
    session.commit().await?;
    Ok(vec![rows(&db).await?])
}
