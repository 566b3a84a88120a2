//! B09: many-to-many between objects of one model, and a many-to-one favorite.

use sqlservice_sdk::prelude::*;

use super::commit;
use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "places")]
struct Place {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(foreign_key = "places.id")]
    favorite_id: Option<i64>,
    #[model(post_update)]
    favorite: One<Place>,
    #[model(through = Road, foreign_key = "from_id", order_by = "name")]
    leads_to: Many<Place>,
    #[model(through = Road, foreign_key = "to_id", order_by = "name")]
    reached_from: Many<Place>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "roads")]
struct Road {
    #[model(primary_key, foreign_key = "places.id")]
    from_id: i64,
    #[model(primary_key, foreign_key = "places.id")]
    to_id: i64,
}

/// The committed rows: all roads by the names of their ends, and the favorites.
async fn rows(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let places = session.all(&select::<Place>().order_by(Place::NAME)).await?;
    let name = |id: i64| places.iter().find(|place| place.id == id).map_or("?", |place| place.name.as_str());
    let roads = session.all(&select::<Road>()).await?;
    let mut roads: Vec<_> = roads.iter().map(|road| format!("{}{}", name(road.from_id), name(road.to_id))).collect();
    roads.sort();
    let favorites = places.iter().filter_map(|place| Some(format!("{}:{}", place.name, name(place.favorite_id?))));
    Ok(format!("{} {roads:?} {:?}", places.len(), favorites.collect::<Vec<_>>()))
}

fn names(places: &Many<Place>) -> Result<Vec<String>, Error> {
    Ok(places.get()?.iter().map(|place| place.name.clone()).collect())
}

/// Seven roads between five places, added from either end.
pub async fn b09_graph() -> Saw {
    let db = Database::open("default", models![Place, Road]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let mut places: Vec<_> =
        ["a", "b", "c", "d", "e"].map(|name| Entity::new(Place { name: name.to_owned(), ..Place::default() })).into();
    for (from, to) in [(0, 1), (0, 2), (1, 2), (2, 0), (3, 3), (3, 4)] {
        let to = places[to].clone();
        places[from].edit().leads_to.push(to);
    }
    let last = places[4].clone();
    places[1].edit().reached_from.push(&last);
    let favorite = places[4].clone();
    places[0].edit().favorite.set(favorite);
    session.add_all(places.clone())?;
    commit(&db, &session).await?;
    let mut saw = vec![rows(&db).await?];
    let sides: Vec<_> = (places.iter())
        .map(|place| Ok::<_, Error>((names(&place.leads_to)?.concat(), names(&place.reached_from)?.concat())))
        .collect::<Result<_, _>>()?;
    saw.push(format!("{sides:?}"));

    let other = db.session()?;
    let found =
        other.query::<Place>().with(Place::LEADS_TO).with(Place::REACHED_FROM).order_by(Place::NAME).all().await?;
    let sides: Vec<_> = (found.iter())
        .map(|place| Ok::<_, Error>((names(&place.leads_to)?.concat(), names(&place.reached_from)?.concat())))
        .collect::<Result<_, _>>()?;
    saw.push(format!("{sides:?}"));
    // A place is deleted, with the roads from it and to it.
    other.delete(&found[2])?;
    commit(&db, &other).await?;
    saw.push(rows(&db).await?);
    saw.push(format!("{:?} {:?}", names(&found[0].leads_to)?, names(&found[1].leads_to)?));
    for place in [0, 1, 3, 4] {
        other.delete(&found[place])?;
    }
    commit(&db, &other).await?;
    saw.push(rows(&db).await?);
    Ok(saw)
}
