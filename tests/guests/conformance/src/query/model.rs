//! Users with devices, teams and bosses.

use sqlservice_sdk::prelude::*;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "users")]
pub struct User {
    #[model(primary_key)]
    pub id: i64,
    #[model(length = 40)]
    pub name: String,
    pub age: Option<i64>,
    #[model(foreign_key = "users.id")]
    pub boss_id: Option<i64>,
    pub boss: One<User>,
    #[model(foreign_key = "boss_id", order_by = "name desc")]
    pub staff: Many<User>,
    #[model(order_by = "kind desc, rank", cascade = "all, delete-orphan")]
    pub devices: Many<Device>,
    #[model(through = Member, order_by = "code desc")]
    pub teams: Many<Team>,
    #[model(through = Friend)]
    pub friends: Many<User>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "devices")]
pub struct Device {
    #[model(primary_key)]
    pub id: i64,
    #[model(foreign_key = "users.id")]
    pub user_id: Option<i64>,
    #[model(length = 20)]
    pub kind: String,
    pub rank: i64,
    pub user: One<User>,
    pub apps: Many<App>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "apps")]
pub struct App {
    #[model(primary_key)]
    pub id: i64,
    #[model(foreign_key = "devices.id")]
    pub device_id: i64,
    #[model(length = 20)]
    pub name: String,
    pub device: One<Device>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "teams")]
pub struct Team {
    #[model(primary_key, length = 20)]
    pub code: String,
    pub size: i64,
    #[model(through = Member)]
    pub users: Many<User>,
}

#[derive(Model, Clone, Debug)]
#[model(table = "members")]
pub struct Member {
    #[model(primary_key, foreign_key = "users.id")]
    pub user_id: i64,
    #[model(primary_key, length = 20, foreign_key = "teams.code")]
    pub team: String,
}

#[derive(Model, Clone, Debug)]
#[model(table = "friends")]
pub struct Friend {
    #[model(primary_key, foreign_key = "users.id")]
    pub a: i64,
    #[model(primary_key, foreign_key = "users.id")]
    pub b: i64,
}

/// A room has a composite key: its house and its number.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "rooms")]
pub struct Room {
    #[model(primary_key)]
    pub house: i64,
    #[model(primary_key)]
    pub number: i64,
    #[model(order_by = "id desc")]
    pub beds: Many<Bed>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "beds", foreign_key(columns(house, number), refers = "rooms(house, number)"))]
pub struct Bed {
    #[model(primary_key)]
    pub id: i64,
    pub house: Option<i64>,
    pub number: Option<i64>,
    pub soft: bool,
    pub room: One<Room>,
}

fn user(id: i64, name: &str, age: Option<i64>, boss_id: Option<i64>) -> User {
    User { id, name: name.to_owned(), age, boss_id, ..User::default() }
}

fn device(id: i64, user_id: Option<i64>, kind: &str, rank: i64) -> Device {
    Device { id, user_id, kind: kind.to_owned(), rank, ..Device::default() }
}

/// All tables, with a few rows.
pub async fn open() -> Result<Database, Error> {
    let db = Database::open("default", models![User, Device, App, Team, Member, Friend, Room, Bed]).await?;
    db.create_all().await?;
    db.try_transaction(async |session| -> Result<(), Error> {
        session.insert_many(&[user(1, "ed", Some(40), None)]).await?;
        session.insert_many(&[user(2, "jo", None, Some(1)), user(3, "al", Some(30), Some(1))]).await?;
        session.insert_many(&[user(4, "bo", None, Some(2))]).await?;
        let devices = [
            device(1, Some(1), "phone", 2),
            device(2, Some(1), "tablet", 1),
            device(3, Some(2), "phone", 3),
            device(4, None, "phone", 9),
            device(5, Some(1), "phone", 1),
        ];
        session.insert_many(&devices).await?;
        let app = |id, device_id, name: &str| App { id, device_id, name: name.to_owned(), ..App::default() };
        session.insert_many(&[app(1, 1, "mail"), app(2, 1, "chess"), app(3, 3, "mail")]).await?;
        let team = |code: &str, size| Team { code: code.to_owned(), size, ..Team::default() };
        session.insert_many(&[team("red", 2), team("blue", 9), team("void", 0)]).await?;
        let member = |user_id, team: &str| Member { user_id, team: team.to_owned() };
        session.insert_many(&[member(1, "red"), member(1, "blue"), member(2, "red")]).await?;
        session.insert_many(&[Friend { a: 1, b: 2 }, Friend { a: 1, b: 3 }, Friend { a: 2, b: 1 }]).await?;
        let room = |house, number| Room { house, number, ..Room::default() };
        session.insert_many(&[room(1, 1), room(1, 2), room(2, 1)]).await?;
        let bed = |id, house, number, soft| Bed { id, house, number, soft, ..Bed::default() };
        let beds = [bed(1, Some(1), Some(1), true), bed(2, Some(1), Some(1), false), bed(3, Some(2), Some(1), false)];
        session.insert_many(&beds).await?;
        Ok(())
    })
    .await?;
    Ok(db)
}

/// Names of users, in their order.
pub fn names(users: &[Entity<User>]) -> String {
    users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>().join(" ")
}

/// The devices of a user, or the error of an unloaded relationship.
pub fn devices(user: &User) -> String {
    match user.devices.get() {
        Ok(devices) => format!("{:?}", devices.iter().map(|device| device.id).collect::<Vec<_>>()),
        Err(error) => crate::unit_of_work::ok_or_error::<()>(Err(error)),
    }
}
