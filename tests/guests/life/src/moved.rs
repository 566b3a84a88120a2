//! A child that gets another parent in the flush that deletes its old one.

use sqlservice_sdk::prelude::*;

use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "parents")]
pub struct Parent {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(length = 40)]
    pub name: String,
    #[model(cascade = "all, delete-orphan", order_by = "name")]
    pub children: Many<Child>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "children")]
pub struct Child {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(foreign_key = "parents.id")]
    pub parent_id: i64,
    #[model(length = 40)]
    pub name: String,
    pub parent: One<Parent>,
    #[model(cascade = "all, delete-orphan")]
    pub toys: Many<Toy>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "toys")]
pub struct Toy {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(foreign_key = "children.id")]
    pub child_id: i64,
    pub child: One<Child>,
}

pub fn child(name: &str) -> Entity<Child> {
    Entity::new(Child { name: name.to_owned(), toys: Many::from([Toy::default()]), ..Child::default() })
}

pub fn parent(name: &str) -> Parent {
    Parent { name: name.to_owned(), ..Parent::default() }
}

pub async fn open() -> Result<Database, Error> {
    let db = Database::open("default", models![Parent, Child, Toy]).await?;
    db.create_all().await?;
    Ok(db)
}

/// The committed rows: parents, children with their parents, and toys with their children.
pub async fn rows(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let parents = session.all(&select_columns(Parent::NAME).order_by(Parent::NAME)).await?;
    let children = select_columns((Child::NAME, Parent::NAME))
        .from::<Child>()
        .join::<Parent>(Parent::ID.eq(Child::PARENT_ID))
        .order_by(Child::NAME);
    let toys =
        select_columns(Child::NAME).from::<Toy>().join::<Child>(Child::ID.eq(Toy::CHILD_ID)).order_by(Child::NAME);
    let (children, toys) = (session.all(&children).await?, session.all(&toys).await?);
    let children: Vec<String> = children.into_iter().map(|(child, parent)| format!("{child}:{parent}")).collect();
    Ok(format!("{} | {} | {}", parents.join(" "), children.join(" "), toys.join(" ")))
}

/// `moved` gets another parent, `left` does not, and `old` is deleted.
pub async fn moved(way: &str, deletes_first: bool, is_loaded: bool) -> Saw {
    let db = open().await?;
    let first = db.session()?;
    let old = Parent { children: Many::from([child("left"), child("moved")]), ..parent("old") };
    first.add_all([old, parent("kept")])?;
    first.commit().await?;
    drop(first);

    let session = db.session()?;
    let mut old = session.query::<Parent>().filter(Parent::NAME.eq("old")).one().await?;
    let mut kept = session.query::<Parent>().filter(Parent::NAME.eq("kept")).one().await?;
    let mut moved = session.query::<Child>().filter(Child::NAME.eq("moved")).one().await?;
    if is_loaded {
        let both = [old.clone(), kept.clone()];
        session.load(&both, Parent::CHILDREN).await?;
        session.load(std::slice::from_ref(&moved), Child::PARENT).await?;
    }
    if deletes_first {
        session.delete(&old)?;
    }
    if way.contains("removed") {
        old.edit().children.remove(&moved);
    }
    if way.contains("cleared") {
        moved.edit().parent.clear();
    }
    let mut new = Entity::new(parent("new"));
    match way.split(' ').next().unwrap_or_default() {
        "push" => kept.edit().children.push(&moved),
        "parent" => moved.edit().parent.set(&kept),
        "key" => moved.edit().parent_id = kept.id,
        "push-new" => {
            new.edit().children.push(&moved);
            session.add(&new)?;
        }
        "parent-new" => moved.edit().parent.set(&new),
        "twice" => {
            // The last parent keeps it, and the one in between is deleted.
            let mut between = session.add(parent("between"))?;
            session.flush().await?;
            between.edit().children.push(&moved);
            session.flush().await?;
            session.delete(&between)?;
            kept.edit().children.push(&moved);
        }
        "to-one-that-goes" => {
            kept.edit().children.push(&moved);
            session.delete(&kept)?;
        }
        "parent-that-goes" => {
            moved.edit().parent.set(&kept);
            session.delete(&kept)?;
        }
        "deleted" => {
            kept.edit().children.push(&moved);
            session.delete(&moved)?;
        }
        _ => {}
    }
    if !deletes_first {
        session.delete(&old)?;
    }
    session.commit().await?;
    let mut saw = vec![rows(&db).await?];
    let has = |parent: &Entity<Parent>| match parent.children.get() {
        Ok(children) => children.iter().any(|child| child.is(&moved)).to_string(),
        Err(_) => "?".to_owned(),
    };
    saw.push(format!("{:?} {} {}", moved.status(), has(&kept), has(&new)));
    // Nothing is pending, and nothing is deleted later.
    session.commit().await?;
    saw.push((rows(&db).await? == saw.first().map_or("", String::as_str)).to_string());
    Ok(saw)
}
