//! The parts of `test_cycles.py` about `post_update` on the list's side: rows that need each other.

use sqlservice_sdk::prelude::*;

use crate::case::{Case, cases, count, each, kind, one, rows, same};

cases! { [Person, Ball, Team, Player, Ship, Captain, Stamped, Table, Seat, Leg]:
    a_list_is_written_after_both, a_list_goes_with_its_owner, an_unloaded_list_goes_with_its_owner,
    both_go_by_hand, a_favourite_is_replaced, an_orphan_goes, a_ball_is_added_later, a_ball_moves_to_a_new_person,
    a_new_person_takes_old_balls, it_is_written_after_a_rollback, it_goes_in_a_savepoint,
    a_list_of_several_columns, a_list_of_several_columns_goes, a_one_to_one_from_both_sides,
    a_row_is_switched_in_a_circle, without_it_rows_that_need_each_other_are_refused,
    times_of_the_later_update_come_back, rows_with_keys_of_several_columns,
    foreign_keys_that_are_never_null,
}

/// A person whose balls use `post_update`, and whose favourite is inserted first.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "people")]
struct Person {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(foreign_key = "balls.id")]
    favourite_id: Option<i64>,
    #[model(foreign_key = "person_id", post_update, cascade = "all, delete-orphan", order_by = "name")]
    balls: Many<Ball>,
    #[model(foreign_key = "favourite_id")]
    favourite: One<Ball>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "balls")]
struct Ball {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(foreign_key = "people.id")]
    person_id: Option<i64>,
    #[model(foreign_key = "person_id")]
    person: One<Person>,
}

/// The same with a composite key, which the team is given.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "teams")]
struct Team {
    #[model(primary_key)]
    city: i64,
    #[model(primary_key)]
    number: i64,
    #[model(foreign_key = "players.id")]
    lead_id: Option<i64>,
    #[model(foreign_key = "team_city, team_number", post_update)]
    players: Many<Player>,
    #[model(foreign_key = "lead_id")]
    lead: One<Player>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "players", foreign_key(columns(team_city, team_number), refers = "teams(city, number)"))]
struct Player {
    #[model(primary_key, generated)]
    id: i64,
    team_city: Option<i64>,
    team_number: Option<i64>,
}

/// A ship with a captain, who is aboard a ship.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "ships")]
struct Ship {
    #[model(primary_key)]
    id: i64,
    #[model(foreign_key = "captains.id")]
    captain_id: Option<i64>,
    #[model(foreign_key = "captain_id")]
    captain: One<Captain>,
    #[model(foreign_key = "ship_id", post_update)]
    aboard: One<Captain>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "captains")]
struct Captain {
    #[model(primary_key)]
    id: i64,
    #[model(foreign_key = "ships.id")]
    ship_id: Option<i64>,
}

/// A row that refers to another one, and has the time of its last update.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "stamped")]
struct Stamped {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "stamped.id")]
    next_id: Option<i64>,
    #[model(on_update = now)]
    updated: Option<Timestamp>,
    #[model(post_update)]
    next: One<Stamped>,
}

/// A table and its seats, which have keys of two columns.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "tables", foreign_key(columns(best_row, best_number), refers = "seats(row, number)"))]
struct Table {
    #[model(primary_key, generated)]
    id: i64,
    best_row: Option<i64>,
    best_number: Option<i64>,
    #[model(foreign_key = "table_id", post_update, cascade = "all, delete-orphan")]
    seats: Many<Seat>,
    #[model(foreign_key = "best_row, best_number")]
    best: One<Seat>,
    #[model(post_update, cascade = "all, delete-orphan")]
    legs: Many<Leg>,
}

/// A leg whose foreign key is not nullable, so no `post_update` can set or clear it.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "legs")]
struct Leg {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "tables.id")]
    table_id: i64,
    #[model(post_update)]
    table: One<Table>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "seats")]
struct Seat {
    #[model(primary_key)]
    row: i64,
    #[model(primary_key)]
    number: i64,
    #[model(foreign_key = "tables.id")]
    table_id: Option<i64>,
}

fn ball(name: &str) -> Entity<Ball> {
    Entity::new(Ball { name: name.to_owned(), ..Ball::default() })
}

/// A transient person with these balls, the first of which is its favourite.
fn person(name: &str, balls: &[&str]) -> Entity<Person> {
    let balls: Vec<Entity<Ball>> = balls.iter().map(|name| ball(name)).collect();
    let favourite = balls.first().map(One::from).unwrap_or_default();
    Entity::new(Person { name: name.to_owned(), balls: balls.into(), favourite, ..Person::default() })
}

/// Each ball with its person, and each person with its favourite.
async fn seen(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let balls = session.query::<Ball>().order_by(Ball::NAME).with(Ball::PERSON).all().await?;
    let people = session.query::<Person>().order_by(Person::NAME).with(Person::FAVOURITE).all().await?;
    let balls = balls.iter().map(|it| format!("{}<{}", one(&it.person, |person| person.name.clone()), it.name));
    let people = people.iter().map(|it| format!("{}>{}", it.name, one(&it.favourite, |ball| ball.name.clone())));
    Ok(balls.chain(people).collect::<Vec<_>>().join(" "))
}

async fn made(session: &Session) -> Result<Entity<Person>, Error> {
    let ed = session.add(person("ed", &["a", "b", "c"]))?;
    session.commit().await?;
    Ok(ed)
}

async fn a_list_is_written_after_both(db: &Database) -> Case {
    let session = db.session()?;
    let ed = made(&session).await?;
    same("rows", seen(db).await?, "ed<a ed<b ed<c ed>a")?;
    let a = ed.favourite.get()?.cloned().ok_or("no favourite")?;
    same("objects", (a.person_id, ed.favourite_id), (Some(ed.id), Some(a.id)))?;
    same("both sides", one(&a.person, |person| person.name.clone()), "ed")?;
    // Nothing is pending.
    same("dirty", session.dirty().len(), 0)
}

async fn a_list_goes_with_its_owner(db: &Database) -> Case {
    let session = db.session()?;
    let ed = made(&session).await?;
    session.add(person("jo", &["d"]))?;
    session.commit().await?;
    session.delete(&ed)?;
    session.commit().await?;
    same("rows", seen(db).await?, "jo<d jo>d")
}

async fn an_unloaded_list_goes_with_its_owner(db: &Database) -> Case {
    let session = db.session()?;
    let ed = made(&session).await?;
    let other = db.session()?;
    let ed = other.get_one::<Person>(ed.id).await?;
    other.delete(&ed)?;
    other.commit().await?;
    same("rows", seen(db).await?, "")
}

async fn both_go_by_hand(db: &Database) -> Case {
    let session = db.session()?;
    made(&session).await?;
    let other = db.session()?;
    let (balls, ed) = (other.query::<Ball>().all().await?, other.query::<Person>().one().await?);
    balls.iter().try_for_each(|ball| other.delete(ball))?;
    other.delete(&ed)?;
    other.commit().await?;
    same("rows", (count::<Ball>(db).await?, count::<Person>(db).await?), (0, 0))
}

async fn a_favourite_is_replaced(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = made(&session).await?;
    let new = ball("d");
    ed.edit().favourite.set(&new);
    ed.edit().balls.push(&new);
    session.commit().await?;
    same("rows", seen(db).await?, "ed<a ed<b ed<c ed<d ed>d")?;
    let b = ed.balls.get()?[1].clone();
    ed.edit().favourite.set(&b);
    session.commit().await?;
    same("by an old one", seen(db).await?, "ed<a ed<b ed<c ed<d ed>b")
}

async fn an_orphan_goes(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = made(&session).await?;
    let all = ed.balls.handles()?;
    ed.edit().balls.remove(&all[0]);
    ed.edit().favourite.set(&all[1]);
    session.commit().await?;
    same("rows", seen(db).await?, "ed<b ed<c ed>b")?;
    // A favourite cannot be deleted while it is referred to.
    ed.edit().balls.remove(&all[1]);
    same("needed", kind(&session.commit().await), "foreign key")?;
    ed.edit().favourite.clear();
    session.commit().await?;
    same("rows", seen(db).await?, "ed<c ed>-")
}

async fn a_ball_is_added_later(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = made(&session).await?;
    ed.edit().balls.push(ball("d"));
    session.commit().await?;
    same("rows", seen(db).await?, "ed<a ed<b ed<c ed<d ed>a")
}

async fn a_ball_moves_to_a_new_person(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = made(&session).await?;
    let all = ed.balls.handles()?;
    let mut jo = person("jo", &["d"]);
    jo.edit().balls.push(&all[1]);
    ed.edit().balls.remove(&all[1]);
    session.add(&jo)?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed<a jo<b ed<c jo<d ed>a jo>d")?;
    // And the old person is deleted.
    jo.edit().balls.push(&all[0]);
    session.delete(&ed)?;
    session.commit().await?;
    same("rows", seen(db).await?, "jo<a jo<b jo<d jo>d")
}

async fn a_new_person_takes_old_balls(db: &Database) -> Case {
    let session = db.session()?;
    let balls = session.add_all(["a", "b"].map(ball))?;
    session.commit().await?;
    same("alone", seen(db).await?, "-<a -<b")?;
    let ed = Person { name: "ed".to_owned(), favourite: One::from(&balls[1]), ..Person::default() };
    session.add(Person { balls: Many::from(balls), ..ed })?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed<a ed<b ed>b")
}

async fn it_is_written_after_a_rollback(db: &Database) -> Case {
    let session = db.session()?;
    let ed = session.add(person("ed", &["a", "b"]))?;
    session.flush().await?;
    session.rollback().await?;
    let a = ed.balls.get()?[0].clone();
    same("back", (ed.id, ed.favourite_id, a.person_id), (0, None, None))?;
    session.add(&ed)?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed<a ed<b ed>a")
}

async fn it_goes_in_a_savepoint(db: &Database) -> Case {
    let session = db.session()?;
    let ed = made(&session).await?;
    let savepoint = session.begin_nested().await?;
    session.delete(&ed)?;
    session.flush().await?;
    savepoint.rollback().await?;
    let a = ed.balls.get()?[0].clone();
    same("back", (a.person_id, ed.favourite_id), (Some(ed.id), Some(a.id)))?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed<a ed<b ed<c ed>a")?;
    session.delete(&ed)?;
    session.commit().await?;
    same("rows", seen(db).await?, "")
}

fn team(players: &[Entity<Player>]) -> Team {
    let lead = players.first().map(One::from).unwrap_or_default();
    Team { city: 1, number: 2, players: players.to_vec().into(), lead, ..Team::default() }
}

async fn a_list_of_several_columns(db: &Database) -> Case {
    let session = db.session()?;
    let players = [(), ()].map(|()| Entity::new(Player::default()));
    let mut team = session.add(team(&players))?;
    session.commit().await?;
    let query = select_columns((Player::TEAM_CITY, Player::TEAM_NUMBER)).order_by(Player::ID);
    rows(db, "players", &query, "[(Some(1), Some(2)), (Some(1), Some(2))]").await?;
    same("lead", team.lead_id, Some(players[0].id))?;
    team.edit().players.remove(&players[1]);
    session.commit().await?;
    rows(db, "one left", &query, "[(Some(1), Some(2)), (None, None)]").await
}

async fn a_list_of_several_columns_goes(db: &Database) -> Case {
    let session = db.session()?;
    let players = [(), ()].map(|()| Entity::new(Player::default()));
    let team = session.add(team(&players))?;
    session.commit().await?;
    session.delete(&team)?;
    session.delete(&players[0])?;
    session.commit().await?;
    let query = select_columns((Player::ID, Player::TEAM_CITY));
    rows(db, "players", &query, &format!("[({}, None)]", players[1].id)).await?;
    same("teams", count::<Team>(db).await?, 0)
}

async fn a_one_to_one_from_both_sides(db: &Database) -> Case {
    let session = db.session()?;
    let captain = Entity::new(Captain { id: 7, ..Captain::default() });
    let ship = Ship { id: 1, captain: One::from(&captain), aboard: One::from(&captain), ..Ship::default() };
    let mut ship = session.add(ship)?;
    session.commit().await?;
    let query = select_columns((Ship::ID, Ship::CAPTAIN_ID));
    rows(db, "ships", &query, "[(1, Some(7))]").await?;
    rows(db, "captains", &select_columns((Captain::ID, Captain::SHIP_ID)), "[(7, Some(1))]").await?;
    let other = Entity::new(Captain { id: 8, ..Captain::default() });
    ship.edit().captain.set(&other);
    ship.edit().aboard.set(&other);
    session.commit().await?;
    let captains = select_columns((Captain::ID, Captain::SHIP_ID)).order_by(Captain::ID);
    rows(db, "replaced", &captains, "[(7, None), (8, Some(1))]").await?;
    session.delete(&ship)?;
    session.delete(&other)?;
    session.commit().await?;
    rows(db, "gone", &captains, "[(7, None)]").await
}

/// A new captain takes over the row of the captain deleted with the ship, and is aboard another ship.
async fn a_row_is_switched_in_a_circle(db: &Database) -> Case {
    let session = db.session()?;
    let captain = Entity::new(Captain { id: 7, ..Captain::default() });
    let ship = Ship { id: 1, captain: One::from(&captain), aboard: One::from(&captain), ..Ship::default() };
    let ship = session.add(ship)?;
    session.commit().await?;
    session.delete(&ship)?;
    session.delete(&captain)?;
    let new = Entity::new(Captain { id: 7, ..Captain::default() });
    session.add(Ship { id: 2, captain: One::from(&new), aboard: One::from(&new), ..Ship::default() })?;
    session.commit().await?;
    rows(db, "ships", &select_columns((Ship::ID, Ship::CAPTAIN_ID)), "[(2, Some(7))]").await?;
    rows(db, "captains", &select_columns((Captain::ID, Captain::SHIP_ID)), "[(7, Some(2))]").await
}

/// The child's side of the relationship does not use `post_update`.
async fn without_it_rows_that_need_each_other_are_refused(db: &Database) -> Case {
    let session = db.session()?;
    let (mut a, mut ed) = (ball("a"), person("ed", &[]));
    ed.edit().favourite.set(&a);
    a.edit().person.set(&ed);
    session.add(&ed)?;
    let refused = kind(&session.commit().await);
    same("refused", refused.starts_with("CircularDependency"), true)?;
    a.edit().person = One::default();
    ed.edit().balls.push(&a);
    session.commit().await?;
    same("rows", (seen(db).await?, each(&ed.balls, |ball| ball.name.clone())), ("ed<a ed>a".to_owned(), "a".to_owned()))
}

/// The update that closes the cycle counts as an update: values that the database sets in it are read by the next query.
async fn times_of_the_later_update_come_back(db: &Database) -> Case {
    let session = db.session()?;
    let mut all = [(), (), ()].map(|()| Entity::new(Stamped::default()));
    let (first, second) = (all[0].clone(), all[1].clone());
    all[0].edit().next.set(&second);
    all[1].edit().next.set(&first);
    session.add_all(&all)?;
    session.commit().await?;
    for it in &all {
        session.get_one::<Stamped>(it.id).await?;
    }
    let stored = db.session()?.all(&select_columns(Stamped::UPDATED).order_by(Stamped::ID)).await?;
    let mut said: Vec<(i64, Option<Timestamp>)> = all.iter().map(|it| (it.id, it.updated)).collect();
    said.sort_by_key(|(id, _)| *id);
    same("times", said.into_iter().map(|(_, updated)| updated).collect::<Vec<_>>(), stored)?;
    same("some", all.iter().filter(|it| it.updated.is_some()).count(), 2)?;
    same("dirty", session.dirty().len(), 0)
}

async fn rows_with_keys_of_several_columns(db: &Database) -> Case {
    let session = db.session()?;
    let seats = [(1, 1), (1, 2), (2, 1)].map(|(row, number)| Entity::new(Seat { row, number, table_id: None }));
    let best = One::from(&seats[1]);
    let table = session.add(Table { seats: seats.to_vec().into(), best, ..Table::default() })?;
    session.add(Seat { row: 2, number: 2, table_id: None })?;
    session.commit().await?;
    let query = select_columns((Seat::ROW, Seat::NUMBER)).filter(Seat::TABLE_ID.eq(table.id));
    rows(db, "seats", &query.order_by((Seat::ROW, Seat::NUMBER)), "[(1, 1), (1, 2), (2, 1)]").await?;
    same("best", (table.best_row, table.best_number), (Some(1), Some(2)))?;
    session.delete(&table)?;
    session.commit().await?;
    rows(db, "what is left", &select_columns((Seat::ROW, Seat::NUMBER)), "[(2, 2)]").await
}

async fn foreign_keys_that_are_never_null(db: &Database) -> Case {
    let session = db.session()?;
    let table = session.add(Table { legs: Many::from([Leg::default(), Leg::default()]), ..Table::default() })?;
    session.add(Leg { table: One::from(&table), ..Leg::default() })?;
    session.commit().await?;
    rows(db, "legs", &select_columns(Leg::TABLE_ID), &format!("[{0}, {0}, {0}]", table.id)).await?;
    session.delete(&table)?;
    session.commit().await?;
    same("gone", (count::<Leg>(db).await?, count::<Table>(db).await?), (0, 0))
}
