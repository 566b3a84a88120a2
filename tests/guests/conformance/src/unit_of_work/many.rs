//! B21: a thousand parents with three children each.

use sqlservice_sdk::prelude::*;

use super::commit;
use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "parents")]
struct Parent {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    children: Many<Child>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "children")]
struct Child {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "parents.id", index)]
    parent_id: Option<i64>,
    #[model(length = 40)]
    name: String,
}

/// The number of children whose rows have the ids and parents of their objects.
async fn right(db: &Database, parents: &[Entity<Parent>]) -> Result<usize, Error> {
    let rows = select_columns((Child::ID, Child::NAME, Parent::ID, Parent::NAME))
        .from::<Child>()
        .join::<Parent>(Child::PARENT_ID.eq(Parent::ID));
    let mut rows = db.session()?.all(&rows).await?;
    rows.sort_unstable();
    let mut known = Vec::new();
    for parent in parents {
        for child in parent.children.get()? {
            if child.parent_id == Some(parent.id) {
                known.push((child.id, child.name.clone(), parent.id, parent.name.clone()));
            }
        }
    }
    known.sort_unstable();
    Ok(known.iter().filter(|child| rows.binary_search(child).is_ok()).count())
}

pub async fn b21_many(parents: u32) -> Saw {
    let db = Database::open("default", models![Parent, Child]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let parents: Vec<Parent> = (0..parents)
        .map(|at| {
            let child = |of: u32| Child { name: format!("c{at:05}-{of}"), ..Child::default() };
            Parent { name: format!("p{at:05}"), children: (0..3).map(child).collect(), ..Parent::default() }
        })
        .collect();
    let mut parents = session.add_all(parents)?;
    commit(&db, &session).await?;
    let count = db.session()?.one(&select_columns(count_all()).from::<Child>()).await?;
    let mut saw = vec![format!("{} of {count}", right(&db, &parents).await?)];
    let in_order = parents.windows(2).all(|pair| pair[0].id < pair[1].id);
    saw.push(format!("{in_order}"));
    // All children move to the next parent, and every name changes.
    let children = parents.iter().map(|parent| parent.children.handles()).collect::<Result<Vec<_>, _>>()?;
    let count = children.len();
    for (at, parent) in parents.iter_mut().enumerate() {
        let mut edit = parent.edit();
        edit.name = format!("q{at:05}");
        edit.children.set(&children[(at + 1) % count]);
    }
    commit(&db, &session).await?;
    saw.push(format!("{} {}", right(&db, &parents).await?, parents[0].children.get()?[0].name));
    for parent in &parents {
        for child in parent.children.get()? {
            session.delete(child)?;
        }
        session.delete(parent)?;
    }
    commit(&db, &session).await?;
    let left = db.session()?.one(&select_columns(count_all()).from::<Child>()).await?;
    saw.push(format!("{left}"));
    Ok(saw)
}
