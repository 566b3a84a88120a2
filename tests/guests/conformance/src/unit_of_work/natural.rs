//! Natural keys that change: the rows that refer to them follow.

use sqlservice_sdk::prelude::*;

use super::{commit, ok_or_error};
use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "users")]
struct User {
    #[model(primary_key, length = 20)]
    name: String,
    #[model(length = 20)]
    full: String,
    #[model(order_by = "email")]
    addresses: Many<Address>,
    #[model(through = UserItem, order_by = "name")]
    items: Many<Item>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "addresses")]
struct Address {
    #[model(primary_key, length = 20)]
    email: String,
    #[model(foreign_key = "users.name", on_update = "cascade", length = 20)]
    user_name: Option<String>,
    user: One<User>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "items")]
struct Item {
    #[model(primary_key, length = 20)]
    name: String,
    #[model(through = UserItem, order_by = "name")]
    users: Many<User>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "user_items")]
struct UserItem {
    #[model(primary_key, foreign_key = "users.name", on_update = "cascade", length = 20)]
    user_name: String,
    #[model(primary_key, foreign_key = "items.name", on_update = "cascade", length = 20)]
    item_name: String,
}

async fn open() -> Result<(Database, Session), Error> {
    let db = Database::open("default", models![User, Address, Item, UserItem]).await?;
    db.create_all().await?;
    let session = db.session()?;
    Ok((db, session))
}

fn user(name: &str) -> User {
    User { name: name.to_owned(), full: name.to_owned(), ..User::default() }
}

fn address(email: &str) -> Address {
    Address { email: email.to_owned(), ..Address::default() }
}

fn names(addresses: &[Entity<Address>]) -> String {
    addresses.iter().map(|it| it.user_name.as_deref().unwrap_or("-")).collect::<Vec<_>>().join(" ")
}

async fn stored(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let addresses = session.all(&select_columns((Address::EMAIL, Address::USER_NAME)).order_by(Address::EMAIL)).await?;
    let pairs = select_columns((UserItem::USER_NAME, UserItem::ITEM_NAME));
    let pairs = session.all(&pairs.order_by((UserItem::USER_NAME, UserItem::ITEM_NAME))).await?;
    Ok(format!("{addresses:?} {pairs:?}"))
}

/// `ON UPDATE CASCADE` writes the new key into referring rows; their objects are updated, loaded by any query.
pub async fn natural_followed() -> Saw {
    let (db, session) = open().await?;
    let mut jack = session.add(User { addresses: Many::from([address("1"), address("2")]), ..user("jack") })?;
    let alone = session.add(Address { user_name: Some("jack".to_owned()), ..address("3") })?;
    let other = session.add(Address { user: One::from(&Entity::new(user("fred"))), ..address("4") })?;
    commit(&db, &session).await?;
    let mut all: Vec<Entity<Address>> = jack.addresses.handles()?;
    // An address that was related by its foreign key alone is in the list.
    if !all.contains(&alone) {
        return Err(Error::other("the third one is not there"));
    }
    all.push(other);
    jack.edit().name = "ed".to_owned();
    commit(&db, &session).await?;
    let mut saw = vec![names(&all), stored(&db).await?];
    saw.push(format!(
        "{} {}",
        session.get_one::<User>("ed").await?.is(&jack),
        session.get::<User>("jack").await?.is_none()
    ));
    // Nothing is left to write, and another column edited along with the key is written as usual.
    saw.push(format!("{}", session.dirty().len()));
    jack.edit().name = "wendy".to_owned();
    all[0].edit().email = "0".to_owned();
    all[1].edit().user_name = Some("fred".to_owned());
    commit(&db, &session).await?;
    saw.extend([names(&all), stored(&db).await?]);
    saw.push(format!("{:?}", jack.addresses.get()?.iter().map(|it| it.email.clone()).collect::<String>()));
    // A rollback restores the keys, and so does a failed flush.
    jack.edit().name = "x".to_owned();
    session.flush().await?;
    saw.push(names(&all));
    session.rollback().await?;
    saw.extend([names(&all), stored(&db).await?]);
    jack.edit().name = "fred".to_owned();
    saw.push(ok_or_error(session.flush().await).split(' ').next().unwrap_or_default().to_owned());
    saw.push(names(&all));
    session.rollback().await?;
    saw.push(names(&all));
    Ok(saw)
}

/// Two users swap their names: their addresses follow.
pub async fn natural_swapped() -> Saw {
    let (db, session) = open().await?;
    let mut jack = session.add(User { addresses: Many::from([address("1")]), ..user("jack") })?;
    let mut fred = session.add(User { addresses: Many::from([address("2")]), ..user("fred") })?;
    commit(&db, &session).await?;
    let all: Vec<Entity<Address>> = [&jack, &fred]
        .iter()
        .map(|user| user.addresses.handles().map(|all| all[0].clone()))
        .collect::<Result<_, _>>()?;
    jack.edit().name = "fred".to_owned();
    fred.edit().name = "jack".to_owned();
    commit(&db, &session).await?;
    let full = db.session()?.all(&select_columns((User::NAME, User::FULL)).order_by(User::NAME)).await?;
    Ok(vec![names(&all), stored(&db).await?, format!("{full:?}")])
}

/// Rows of a secondary table follow on both sides; one is removed in the flush in which a key changes.
pub async fn natural_between() -> Saw {
    let (db, session) = open().await?;
    let item = |name: &str| Entity::new(Item { name: name.to_owned(), ..Item::default() });
    let (one, mut two, three) = (item("1"), item("2"), item("3"));
    let mut jack = session.add(User { items: Many::from([&one, &two]), ..user("jack") })?;
    let fred = session.add(User { items: Many::from([&two]), ..user("fred") })?;
    commit(&db, &session).await?;
    let pair = session.get_one::<UserItem>(("jack", "2")).await?;
    jack.edit().name = "ed".to_owned();
    two.edit().name = "9".to_owned();
    commit(&db, &session).await?;
    let mut saw = vec![stored(&db).await?, format!("{} {}", pair.user_name, pair.item_name)];
    saw.push(format!("{}", session.get_one::<UserItem>(("ed", "9")).await?.is(&pair)));
    jack.edit().name = "wendy".to_owned();
    jack.edit().items.remove(&one);
    jack.edit().items.push(three);
    commit(&db, &session).await?;
    saw.push(stored(&db).await?);
    let told =
        |user: &Entity<User>| user.items.get().map(|all| all.iter().map(|item| item.name.clone()).collect::<String>());
    saw.push(format!("{:?} {:?}", told(&jack)?, told(&fred)?));
    Ok(saw)
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "countries")]
struct Country {
    #[model(primary_key, length = 8)]
    code: String,
    states: Many<State>,
}

/// Its key contains the key of its country.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "states")]
struct State {
    #[model(primary_key, foreign_key = "countries.code", on_update = "cascade", length = 8)]
    country: String,
    #[model(primary_key, length = 8)]
    code: String,
    #[model(length = 20)]
    name: String,
    cities: Many<City>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(
    table = "cities",
    foreign_key(columns(country, state), refers = "states(country, code)", on_update = "cascade")
)]
struct City {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 8)]
    country: Option<String>,
    #[model(length = 8)]
    state: Option<String>,
    state_of: One<State>,
}

/// A chain of keys, each of which contains the one before.
pub async fn natural_chain() -> Saw {
    let db = Database::open("default", models![Country, State, City]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let state = |code: &str, cities: usize| State {
        code: code.to_owned(),
        cities: Many::from((0..cities).map(|_| City::default()).collect::<Vec<_>>()),
        ..State::default()
    };
    let states = Many::from([state("a", 2), state("b", 1)]);
    let mut country = session.add(Country { code: "x".to_owned(), states })?;
    commit(&db, &session).await?;
    let mut states: Vec<Entity<State>> = country.states.handles()?;
    let cities: Vec<Entity<City>> =
        states.iter().map(|state| state.cities.handles()).collect::<Result<Vec<_>, _>>()?.concat();
    let objects = |states: &[Entity<State>]| {
        let states = states.iter().map(|it| format!("{}{}", it.country, it.code));
        let cities = cities
            .iter()
            .map(|it| format!("{}{}", it.country.as_deref().unwrap_or("-"), it.state.as_deref().unwrap_or("-")));
        states.chain(cities).collect::<Vec<_>>().join(" ")
    };
    let rows = async || {
        let session = db.session()?;
        let states = select_columns((State::COUNTRY, State::CODE, State::NAME)).order_by(State::CODE);
        let cities = select_columns((City::COUNTRY, City::STATE)).order_by((City::STATE, City::ID));
        Ok::<_, Error>(format!("{:?} {:?}", session.all(&states).await?, session.all(&cities).await?))
    };
    // Along with the key, another column of a row whose own key follows.
    country.edit().code = "y".to_owned();
    states[0].edit().name = "A".to_owned();
    commit(&db, &session).await?;
    let mut saw = vec![objects(&states), rows().await?];
    saw.push(format!("{}", session.get_one::<State>(("y", "a")).await?.is(&states[0])));
    // The second key of the chain alone, then the first together with a deleted row.
    states[1].edit().code = "c".to_owned();
    commit(&db, &session).await?;
    saw.push(objects(&states));
    session.delete(&cities[2])?;
    session.flush().await?;
    country.edit().code = "z".to_owned();
    session.delete(&states[1])?;
    commit(&db, &session).await?;
    saw.extend([objects(&states[..1]), rows().await?]);
    Ok(saw)
}

/// A self-referential table whose references the flush updates, without the database's cascade.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "nodes")]
struct Node {
    #[model(primary_key, length = 20)]
    name: String,
    #[model(foreign_key = "nodes.name", length = 20)]
    parent_name: Option<String>,
    #[model(passive_updates = false, order_by = "name")]
    children: Many<Node>,
    parent: One<Node>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "owners")]
struct Owner {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20, unique)]
    name: String,
    #[model(passive_updates = false, order_by = "id")]
    pets: Many<Pet>,
}

/// It refers to a unique text that is no primary key.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "pets")]
struct Pet {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "owners.name", length = 20)]
    owner_name: Option<String>,
}

/// The flush updates rows that refer to a changed key, loaded or not.
pub async fn natural_updated() -> Saw {
    let db = Database::open("default", models![Node, Owner, Pet]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let node = |name: &str| Node { name: name.to_owned(), ..Node::default() };
    session.add(Node { children: Many::from([node("n11"), node("n12")]), ..node("n1") })?;
    let pets = Many::from([Pet::default(), Pet::default()]);
    session.add(Owner { name: "ed".to_owned(), pets, ..Owner::default() })?;
    session.commit().await?;
    let rows = async || {
        let session = db.session()?;
        let nodes = session.all(&select_columns((Node::NAME, Node::PARENT_NAME)).order_by(Node::NAME)).await?;
        let pets = session.all(&select_columns(Pet::OWNER_NAME)).await?;
        Ok::<_, Error>(format!("{nodes:?} {pets:?}"))
    };
    // No referring row is loaded.
    let session = db.session()?;
    let mut top = session.get_one::<Node>("n1").await?;
    let mut owner = session.query::<Owner>().one().await?;
    top.edit().name = "m1".to_owned();
    owner.edit().name = "jo".to_owned();
    commit(&db, &session).await?;
    let mut saw = vec![rows().await?];
    let children = top.children.handles()?;
    saw.push(children.iter().map(|it| it.parent_name.clone().unwrap_or_default()).collect::<Vec<_>>().join(" "));
    // A child is moved by its foreign key in the same flush.
    top.edit().name = "n1".to_owned();
    let mut child = children[0].clone();
    child.edit().parent_name = None;
    commit(&db, &session).await?;
    saw.push(rows().await?);
    Ok(saw)
}
