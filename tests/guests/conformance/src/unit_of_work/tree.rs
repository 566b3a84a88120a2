//! B06 and B07: self-referential rows.

use sqlservice_sdk::prelude::*;

use super::commit;
use crate::Saw;

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
    #[model(cascade = "all", order_by = "name")]
    children: Many<Node>,
}

fn node(name: &str) -> Node {
    Node { name: name.to_owned(), ..Node::default() }
}

async fn open() -> Result<Database, Error> {
    let db = Database::open("default", models![Node]).await?;
    db.create_all().await?;
    Ok(db)
}

/// The committed rows: each node with its parent.
async fn rows(db: &Database) -> Result<String, Error> {
    let all = db.session()?.all(&select::<Node>().order_by(Node::ID)).await?;
    let name = |id: Option<i64>| all.iter().find(|node| Some(node.id) == id).map(|node| node.name.as_str());
    let mut pairs: Vec<_> = all.iter().map(|node| (node.name.as_str(), name(node.parent_id))).collect();
    pairs.sort_unstable();
    Ok(format!("{pairs:?}"))
}

/// B06: given keys, added in this order.
pub async fn b06_given_keys(order: Vec<u32>) -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let nodes = [(1, None), (2, Some(1)), (3, Some(2))];
    for at in order {
        let (id, parent_id) = nodes[at as usize];
        session.add(Node { id, parent_id, ..node(&format!("n{id}")) })?;
    }
    commit(&db, &session).await?;
    let mut saw = vec![rows(&db).await?];
    for node in session.query::<Node>().order_by(Node::ID).all().await? {
        session.delete(&node)?;
    }
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    Ok(saw)
}

fn tree() -> Node {
    let first = Node { children: Many::from([node("g1")]), ..node("c1") };
    Node { children: Many::from([first, node("c2")]), ..node("root") }
}

/// B07: root -> { c1 -> g1, c2 }, added by the root, and deleted with it.
pub async fn b07_tree(is_loaded: bool) -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let root = session.add(tree())?;
    commit(&db, &session).await?;
    let mut saw = vec![rows(&db).await?];
    let first = root.children.get()?[0].clone();
    let grandchild = first.children.get()?[0].clone();
    saw.push(format!(
        "{} {}",
        grandchild.parent_id == Some(first.id),
        grandchild.parent.get()?.is_some_and(|parent| parent.is(&first))
    ));
    if is_loaded {
        session.delete(&root)?;
        commit(&db, &session).await?;
    } else {
        let other = db.session()?;
        let root = other.get_one::<Node>(root.id).await?;
        other.delete(&root)?;
        commit(&db, &other).await?;
    }
    saw.push(rows(&db).await?);
    Ok(saw)
}

/// A branch moves; then a tree is added by its leaf, so that the root comes last.
pub async fn b07_move() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let root = session.add(tree())?;
    session.commit().await?;
    let (first, second) = (root.children.get()?[0].clone(), root.children.get()?[1].clone());
    let mut grandchild = first.children.get()?[0].clone();
    grandchild.edit().parent.set(&second);
    commit(&db, &session).await?;
    let mut saw = vec![rows(&db).await?];
    saw.push(format!("{} {}", first.children.get()?.len(), second.children.get()?.len()));
    let top = Entity::new(node("top"));
    let middle = Entity::new(Node { parent: One::from(&top), ..node("middle") });
    session.add(Node { parent: One::from(&middle), ..node("bottom") })?;
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    // A tree loaded with one query a level.
    let fresh = db.session()?;
    let filter = Node::NAME.eq("root");
    let found = fresh.query::<Node>().filter(filter).with(Node::CHILDREN.with(Node::CHILDREN)).one().await?;
    let shape: Vec<_> = (found.children.get()?.iter())
        .map(|child| Ok::<_, Error>((child.name.clone(), child.children.get()?.len())))
        .collect::<Result<_, _>>()?;
    saw.push(format!("{shape:?}"));
    Ok(saw)
}
