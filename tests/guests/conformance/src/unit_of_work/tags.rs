//! B08: many-to-many, through a table of keys only and through one with columns of its own.

use sqlservice_sdk::prelude::*;

use super::commit;
use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "items")]
struct Item {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(through = ItemKeyword, order_by = "name")]
    keywords: Many<Keyword>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "keywords")]
struct Keyword {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(through = ItemKeyword)]
    items: Many<Item>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "item_keywords")]
struct ItemKeyword {
    #[model(primary_key, foreign_key = "items.id")]
    item_id: i64,
    #[model(primary_key, foreign_key = "keywords.id")]
    keyword_id: i64,
}

fn keyword(name: &str) -> Keyword {
    Keyword { name: name.to_owned(), ..Keyword::default() }
}

fn item(name: &str) -> Item {
    Item { name: name.to_owned(), ..Item::default() }
}

async fn open() -> Result<Database, Error> {
    let db = Database::open("default", models![Item, Keyword, ItemKeyword]).await?;
    db.create_all().await?;
    Ok(db)
}

/// The committed rows: items, keywords, and their pairs.
async fn rows(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let items = session.all(&select_columns(Item::NAME).order_by(Item::NAME)).await?;
    let keywords = session.all(&select_columns(Keyword::NAME).order_by(Keyword::NAME)).await?;
    let pairs = select_columns((Item::NAME, Keyword::NAME))
        .from::<ItemKeyword>()
        .join::<Item>(Item::ID.eq(ItemKeyword::ITEM_ID))
        .join::<Keyword>(Keyword::ID.eq(ItemKeyword::KEYWORD_ID))
        .order_by((Item::NAME, Keyword::NAME));
    let count = session.one(&select_columns(count_all()).from::<ItemKeyword>()).await?;
    Ok(format!("{items:?} {keywords:?} {:?} {count}", session.all(&pairs).await?))
}

/// B08: insert, a plain update, remove, delete.
pub async fn b08_many_to_many(is_loaded: bool) -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut i1 = session.add(Item { keywords: Many::from([keyword("k1")]), ..item("i1") })?;
    commit(&db, &session).await?;
    let mut saw = vec![rows(&db).await?];
    let (mut session, id) = (session, i1.id);
    let k1 = i1.keywords.get()?[0].id;
    if !is_loaded {
        session = db.session()?;
        i1 = session.get_one::<Item>(id).await?;
    }
    i1.edit().name = "i2".to_owned();
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);

    let k1 = session.get_one::<Keyword>(k1).await?;
    i1.edit().keywords.remove(&k1);
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);

    i1.edit().keywords.push(&k1);
    session.commit().await?;
    session.delete(&i1)?;
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    Ok(saw)
}

/// A pair added on both sides is one row; the side that was not edited is updated.
pub async fn b08_both_sides() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut k1 = Entity::new(keyword("k1"));
    let i1 = session.add(Item { keywords: Many::from([k1.clone(), Entity::new(keyword("k2"))]), ..item("i1") })?;
    k1.edit().items.push(&i1);
    commit(&db, &session).await?;
    let mut saw = vec![rows(&db).await?];
    let k2 = i1.keywords.get()?[1].clone();
    saw.push(format!("{} {}", k1.items.get()?.len(), k2.items.get()?.len()));
    // Removed on both sides.
    let mut i1 = i1;
    i1.edit().keywords.remove(&k1);
    k1.edit().items.remove(&i1);
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    // Removed on one side; the other side is updated.
    i1.edit().keywords.remove(&k2);
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    saw.push(format!("{} {}", k1.items.get()?.len(), k2.items.get()?.len()));
    Ok(saw)
}

/// One side is deleted: its pairs are deleted first, and the other side stays.
pub async fn b08_delete_a_side() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let shared = Entity::new(keyword("shared"));
    let items = session.add_all([
        Item { keywords: Many::from([shared.clone(), Entity::new(keyword("own"))]), ..item("i1") },
        Item { keywords: Many::from([shared.clone()]), ..item("i2") },
    ])?;
    session.commit().await?;
    let other = db.session()?;
    let shared = other.get_one::<Keyword>(shared.id).await?;
    other.delete(&shared)?;
    commit(&db, &other).await?;
    let mut saw = vec![rows(&db).await?];
    // All items and keywords in one flush.
    session.expire_all();
    drop(session);
    let last = db.session()?;
    for item in last.query::<Item>().with(Item::KEYWORDS).all().await? {
        last.delete(&item)?;
        for keyword in item.keywords.get()? {
            last.delete(keyword)?;
        }
    }
    commit(&db, &last).await?;
    saw.push(rows(&db).await?);
    saw.push(format!("{:?}", items[0].status()));
    Ok(saw)
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "orders")]
struct Order {
    #[model(primary_key, generated)]
    id: i64,
    #[model(cascade = "all, delete-orphan")]
    lines: Many<Line>,
}

/// An order's line for an article, with a column of its own.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "order_lines")]
struct Line {
    #[model(primary_key, foreign_key = "orders.id")]
    order_id: i64,
    #[model(primary_key, foreign_key = "articles.id")]
    article_id: i64,
    pieces: i64,
    article: One<Article>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "articles")]
struct Article {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
}

async fn lines(db: &Database) -> Result<String, Error> {
    let rows = select_columns((Article::NAME, Line::PIECES))
        .from::<Line>()
        .join::<Article>(Article::ID.eq(Line::ARTICLE_ID))
        .order_by(Article::NAME);
    Ok(format!("{:?}", db.session()?.all(&rows).await?))
}

/// A secondary table that is a model: its key comes from both parents.
pub async fn b08_with_columns() -> Saw {
    let db = Database::open("default", models![Order, Line, Article]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let article = |name: &str| Entity::new(Article { name: name.to_owned(), ..Article::default() });
    let line = |article: &Entity<Article>, pieces| Line { article: One::from(article), pieces, ..Line::default() };
    let (nut, bolt) = (article("nut"), article("bolt"));
    let mut order = session.add(Order { lines: Many::from([line(&nut, 3), line(&bolt, 4)]), ..Order::default() })?;
    commit(&db, &session).await?;
    let mut saw = vec![lines(&db).await?];
    let mut of_nuts = order.lines.get()?[0].clone();
    saw.push(format!("{}", (of_nuts.order_id, of_nuts.article_id) == (order.id, nut.id)));
    of_nuts.edit().pieces = 5;
    commit(&db, &session).await?;
    saw.push(lines(&db).await?);
    order.edit().lines.remove(&of_nuts);
    commit(&db, &session).await?;
    saw.push(lines(&db).await?);
    session.delete(&order)?;
    commit(&db, &session).await?;
    saw.push(lines(&db).await?);
    Ok(saw)
}
