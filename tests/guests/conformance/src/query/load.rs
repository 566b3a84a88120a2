//! Loads with a filter or an order.

use sqlservice_sdk::prelude::*;

use super::model::{App, Bed, Device, Friend, Member, Room, Team, User, devices, names, open};
use crate::{
    Saw,
    unit_of_work::{mark, ok_or_error},
};

fn ids(devices: &Many<Device>) -> String {
    match devices.get() {
        Ok(devices) => format!("{:?}", devices.iter().map(|device| device.id).collect::<Vec<_>>()),
        Err(error) => ok_or_error::<()>(Err(error)),
    }
}

/// The declared order, ascending and descending, for every direction; joined and not.
pub async fn query_declared_orders() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut saw = Vec::new();
    for is_joined in [false, true] {
        session.expunge_all();
        let query = session.query::<User>().filter(User::ID.eq(1));
        let query = if is_joined {
            query.with(User::DEVICES.joined()).with(User::TEAMS).with(User::STAFF)
        } else {
            query.with(User::DEVICES).with(User::TEAMS.joined()).with(User::STAFF)
        };
        let ed = query.one().await?;
        let teams: Vec<&str> = ed.teams.get()?.iter().map(|team| team.code.as_str()).collect();
        saw.push(format!("{} {teams:?} {}", devices(&ed), names(ed.staff.get()?)));
    }
    let room = session.query::<Room>().with(Room::BEDS).get_one((1, 1)).await?;
    saw.push(format!("{:?}", room.beds.get()?.iter().map(|bed| bed.id).collect::<Vec<_>>()));
    Ok(saw)
}

/// A filtered load returns some related rows, for any number of owners, in one statement.
pub async fn query_filtered_loads() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut saw = Vec::new();
    let phones = || User::DEVICES.filter(Device::KIND.eq("phone"));
    mark(&db).await?;
    let users = session.query::<User>().with(phones()).order_by(User::ID).all().await?;
    mark(&db).await?;
    saw.push(users.iter().map(|user| devices(user)).collect::<Vec<_>>().join(" "));
    saw.push(format!(
        "{} {} {}",
        users[0].devices.is_loaded(),
        users[0].devices.is_filtered(),
        users[0].teams.is_loaded()
    ));
    // Another filtered load replaces the first one, and an unfiltered load replaces that.
    session.load(&users, User::DEVICES.filter(Device::RANK.eq(1)).order_by(Device::ID.desc())).await?;
    saw.push(users.iter().map(|user| devices(user)).collect::<Vec<_>>().join(" "));
    session.load(&users, User::DEVICES).await?;
    saw.push(format!("{} {}", devices(&users[0]), users[0].devices.is_filtered()));
    // And from unfiltered back to filtered.
    session.load(&users, phones().order_by(Device::RANK)).await?;
    saw.push(devices(&users[0]));
    session.load(&users, User::DEVICES.order_by(Device::ID.desc())).await?;
    saw.push(format!("{} {}", devices(&users[0]), users[0].devices.is_filtered()));
    // Many-to-one, through a table, self-referential, and by a composite key.
    let found =
        session.query::<Device>().with(Device::USER.filter(User::NAME.eq("ed"))).order_by(Device::ID).all().await?;
    let owner = |device: &Entity<Device>| told_owner(device);
    saw.push(found.iter().map(owner).collect::<Vec<_>>().join(" "));
    let users = session.query::<User>().with(User::TEAMS.filter(Team::SIZE.lt(5))).order_by(User::ID).all().await?;
    let teams = |user: &Entity<User>| -> Result<String, Error> {
        Ok(format!("{:?}", user.teams.get()?.iter().map(|team| team.code.as_str()).collect::<Vec<_>>()))
    };
    saw.push(users.iter().map(teams).collect::<Result<Vec<_>, _>>()?.join(" "));
    session.load(&users, User::STAFF.filter(User::AGE.is_not_null())).await?;
    session.load(&users, User::FRIENDS.filter(User::AGE.is_null())).await?;
    saw.push(format!("{} | {}", names(users[0].staff.get()?), names(users[0].friends.get()?)));
    let rooms =
        session.query::<Room>().with(Room::BEDS.filter(Bed::SOFT.eq(false))).order_by((Room::HOUSE, Room::NUMBER));
    let beds = |room: &Entity<Room>| -> Result<String, Error> {
        Ok(format!("{:?}", room.beds.get()?.iter().map(|bed| bed.id).collect::<Vec<_>>()))
    };
    saw.push(rooms.all().await?.iter().map(beds).collect::<Result<Vec<_>, _>>()?.join(" "));
    // Criteria on related rows, and loads nested on both sides of a filtered one.
    session.expunge_all();
    let with_mail =
        User::DEVICES.filter(Device::APPS.any(App::NAME.eq("mail"))).with(Device::APPS.filter(App::NAME.eq("chess")));
    let users = session
        .query::<User>()
        .with(with_mail)
        .with(User::BOSS.with(User::TEAMS.filter(Team::SIZE.lt(5))))
        .order_by(User::ID)
        .all()
        .await?;
    let apps = |device: &Entity<Device>| -> Result<Vec<i64>, Error> {
        Ok(device.apps.get()?.iter().map(|app| app.id).collect())
    };
    saw.push(format!(
        "{} {:?}",
        devices(&users[0]),
        users[0].devices.get()?.iter().map(apps).collect::<Result<Vec<_>, _>>()?
    ));
    saw.push(format!("{:?}", users[1].boss.get()?.map(teams).transpose()?));
    let named = alias::<User>("u");
    saw.push(ok_or_error(session.load(&users, User::BOSS.to(named)).await));
    Ok(saw)
}

fn told_owner(device: &Entity<Device>) -> String {
    match device.user.get() {
        Ok(user) => user.map_or("-".to_owned(), |user| user.name.clone()),
        Err(error) => ok_or_error::<()>(Err(error)),
    }
}

/// The unit of work accounts for the rows that a filter hides: none of them is lost or left behind.
pub async fn query_filtered_changes(way: String) -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let phones = User::DEVICES.filter(Device::KIND.eq("phone").and(Device::APPS.exists().not()));
    let mut ed = session.query::<User>().with(phones).get_one(1).await?;
    let mut saw = vec![devices(&ed)];
    let new = Device { id: 50, kind: "watch".to_owned(), ..Device::default() };
    let shown = ed.devices.handles()?;
    match way.as_str() {
        "push" => ed.edit().devices.push(new),
        "remove" => ed.edit().devices.remove(&shown[0]),
        "set" => ed.edit().devices.set([new]),
        "move" => {
            let mut device = shown[0].clone();
            device.edit().user_id = Some(3);
        }
        "child" => {
            let al = session.get_one::<User>(3).await?;
            let mut device = shown[0].clone();
            device.edit().user.set(&al);
        }
        "delete" => {
            session.execute(&delete::<App>()).await?;
            session.execute(&update::<User>().set(User::BOSS_ID, None::<i64>)).await?;
            session.execute(&delete::<Member>()).await?;
            session.execute(&delete::<Friend>()).await?;
            session.delete(&ed)?;
        }
        _ => {}
    }
    saw.push(ok_or_error(session.flush().await));
    if way != "delete" {
        saw.push(devices(&ed));
    }
    let rows = select_columns((Device::ID, Device::USER_ID.or_else(0))).order_by(Device::ID);
    saw.push(format!("{:?}", session.all(&rows).await?));
    session.rollback().await?;
    let ed = session.query::<User>().with(User::DEVICES.order_by(Device::ID)).get_one(1).await?;
    saw.push(ids(&ed.devices));
    Ok(saw)
}
