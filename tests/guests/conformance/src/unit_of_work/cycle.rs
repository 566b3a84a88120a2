//! B10 to B12: rows that need each other, and the updates that close such a cycle.

use sqlservice_sdk::prelude::*;

use super::{commit, ok_or_error};
use crate::Saw;

/// People and balls without `post_update`.
mod strict {
    use sqlservice_sdk::prelude::*;

    #[derive(Model, Clone, Debug, Default)]
    #[model(table = "people")]
    pub struct Person {
        #[model(primary_key, generated)]
        pub id: i64,
        #[model(length = 40)]
        pub name: String,
        #[model(foreign_key = "balls.id")]
        pub favorite_id: Option<i64>,
        #[model(foreign_key = "favorite_id")]
        pub favorite: One<Ball>,
        #[model(foreign_key = "person_id")]
        pub balls: Many<Ball>,
    }

    #[derive(Model, Clone, Debug, Default)]
    #[model(table = "balls")]
    pub struct Ball {
        #[model(primary_key, generated)]
        pub id: i64,
        #[model(length = 40)]
        pub name: String,
        #[model(foreign_key = "people.id")]
        pub person_id: Option<i64>,
    }
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "people")]
struct Person {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(foreign_key = "balls.id")]
    favorite_id: Option<i64>,
    #[model(foreign_key = "balls.id")]
    oldest_id: Option<i64>,
    #[model(foreign_key = "balls.id")]
    newest_id: Option<i64>,
    #[model(foreign_key = "favorite_id", post_update)]
    favorite: One<Ball>,
    #[model(foreign_key = "oldest_id", post_update)]
    oldest: One<Ball>,
    #[model(foreign_key = "newest_id", post_update)]
    newest: One<Ball>,
    #[model(foreign_key = "person_id", cascade = "all, delete-orphan")]
    balls: Many<Ball>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "balls")]
struct Ball {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(foreign_key = "people.id")]
    person_id: Option<i64>,
}

async fn open() -> Result<Database, Error> {
    let db = Database::open("default", models![Person, Ball]).await?;
    db.create_all().await?;
    Ok(db)
}

/// The committed rows: people with the names of the balls that they refer to, and balls with those of their people.
async fn rows(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let people = session.all(&select::<Person>().order_by(Person::NAME)).await?;
    let balls = session.all(&select::<Ball>().order_by(Ball::NAME)).await?;
    let ball = |id: Option<i64>| balls.iter().find(|ball| Some(ball.id) == id).map_or("-", |ball| ball.name.as_str());
    let owner = |id| people.iter().find(|person| Some(person.id) == id).map_or("-", |person| person.name.as_str());
    let told = people.iter().map(|person| {
        let favorites = [person.favorite_id, person.oldest_id, person.newest_id].map(ball);
        format!("{}:{}", person.name, favorites.concat())
    });
    let owned = balls.iter().map(|ball| format!("{}:{}", ball.name, owner(ball.person_id)));
    Ok(told.chain(owned).collect::<Vec<_>>().join(" "))
}

fn balls(names: &[&str]) -> Vec<Entity<Ball>> {
    names.iter().map(|name| Entity::new(Ball { name: (*name).to_owned(), ..Ball::default() })).collect()
}

fn person(name: &str, balls: &[Entity<Ball>]) -> Person {
    Person { name: name.to_owned(), balls: Many::from(balls.to_vec()), ..Person::default() }
}

/// B10: nothing is sent of rows that need each other, and the session stays usable.
pub async fn b10_circle() -> Saw {
    let db = Database::open("default", models![strict::Person, strict::Ball]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let ball = Entity::new(strict::Ball { name: "x".to_owned(), ..strict::Ball::default() });
    let mut owner = session.add(strict::Person {
        name: "p".to_owned(),
        favorite: One::from(&ball),
        balls: Many::from([ball.clone()]),
        ..strict::Person::default()
    })?;
    super::mark(&db).await?;
    let mut saw = vec![ok_or_error(session.commit().await)];
    super::mark(&db).await?;
    let count = db.session()?.one(&select_columns(count_all()).from::<strict::Person>()).await?;
    saw.push(format!("{count} {:?} {:?}", owner.status(), ball.status()));
    // Without the cycle the flush succeeds; with an existing row there is no cycle.
    owner.edit().favorite.clear();
    commit(&db, &session).await?;
    owner.edit().favorite.set(&ball);
    commit(&db, &session).await?;
    saw.push(format!("{}", owner.favorite_id == Some(ball.id) && ball.person_id == Some(owner.id)));
    Ok(saw)
}

/// B11: the cycle is closed by an update, and opened by one.
pub async fn b11_post_update() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let all = balls(&["w", "x", "y", "z"]);
    let owner = session.add(Person { favorite: One::from(&all[1]), ..person("p", &all) })?;
    commit(&db, &session).await?;
    let mut saw = vec![rows(&db).await?];
    saw.push(format!("{} {}", owner.favorite_id == Some(all[1].id), owner.favorite.get()?.is_some()));
    session.delete(&owner)?;
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    Ok(saw)
}

/// The same with given keys: the insert leaves out the reference nonetheless.
pub async fn b11_given_keys() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let ball = Entity::new(Ball { id: 10, name: "x".to_owned(), ..Ball::default() });
    let owner = Person { id: 1, favorite: One::from(&ball), ..person("p", std::slice::from_ref(&ball)) };
    let owner = session.add(owner)?;
    commit(&db, &session).await?;
    let mut saw = vec![rows(&db).await?, format!("{:?} {}", owner.favorite_id, session.is_modified(&owner))];
    session.delete(&owner)?;
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    Ok(saw)
}

/// B12: three such columns in one flush are one update, for all rows.
pub async fn b12_together() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    for name in ["p", "q"] {
        let all = balls(&["x", "y", "z"].map(|ball| format!("{name}{ball}")).each_ref().map(String::as_str));
        session.add(Person {
            favorite: One::from(&all[0]),
            oldest: One::from(&all[1]),
            newest: One::from(&all[2]),
            ..person(name, &all)
        })?;
    }
    commit(&db, &session).await?;
    let mut saw = vec![rows(&db).await?];
    // Existing rows need no second update: the balls are inserted first.
    let mut owner = session.query::<Person>().filter(Person::NAME.eq("q")).one().await?;
    let new = balls(&["new"]);
    {
        let mut edit = owner.edit();
        edit.favorite.set(&new[0]);
        edit.newest.set(&new[0]);
        edit.balls.push(&new[0]);
    }
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    // A favorite is deleted after the references to it are cleared.
    session.delete(&new[0])?;
    {
        let mut edit = owner.edit();
        edit.favorite.clear();
        edit.newest.clear();
    }
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    Ok(saw)
}
