//! Joins along relationships, and conditions on related rows.

use sqlservice_sdk::prelude::*;

use super::model::{App, Bed, Device, Member, Room, Team, User, names, open};
use crate::{Saw, lines};

/// Inner and outer joins, through tables, self-referential, with criteria in the join's condition.
pub async fn query_joins() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut saw = Vec::new();
    let pairs = select_columns((User::NAME, Device::ID)).order_by((User::ID, Device::ID));
    saw.push(lines::rows(session.all(&pairs.clone().join_related(User::DEVICES)).await));
    // From the other side, and selecting that side's column alone.
    saw.push(lines::rows(session.all(&pairs.join_related(Device::USER)).await));
    let alone = select_columns(Device::ID).join_related(User::DEVICES).filter(User::NAME.eq("jo"));
    saw.push(lines::rows(session.all(&alone).await));
    let outer = select_columns((User::NAME, Device::ID.nullable()))
        .left_join_related(User::DEVICES.filter(Device::KIND.eq("tablet")))
        .order_by((User::ID, Device::ID));
    saw.push(lines::rows(session.all(&outer).await));
    // Through a secondary table, whose columns can be selected.
    let teams = select_columns((User::NAME, Team::CODE, Member::USER_ID))
        .join_related(User::TEAMS)
        .order_by((User::ID, Team::CODE));
    saw.push(lines::rows(session.all(&teams).await));
    // A pair that leads to a small team leaves no row of nulls beside a pair that leads to a big one.
    let big = select_columns((User::NAME, Team::CODE.nullable()))
        .left_join_related(User::TEAMS.filter(Team::SIZE.gt(5)))
        .order_by(User::ID);
    saw.push(lines::rows(session.all(&big).await));
    let (worker, boss) = (alias::<User>("worker"), alias::<User>("boss"));
    let bosses = worker
        .select()
        .left_join_related(User::BOSS.of(worker).to(boss))
        .order_by((User::NAME.of(boss).desc(), User::ID.of(worker)))
        .filter(User::NAME.of(boss).is_not_null());
    saw.push(session.all(&bosses).await?.iter().map(|user| user.name.as_str()).collect::<Vec<_>>().join(" "));
    let friend = alias::<User>("friend");
    let friends = select_columns((User::NAME, User::NAME.of(friend)))
        .join_related(User::FRIENDS.to(friend))
        .order_by((User::ID, User::ID.of(friend)));
    saw.push(lines::rows(session.all(&friends).await));
    // Chained joins; a composite key.
    let apps = select_columns((User::NAME, App::NAME)).join_related(User::DEVICES).join_related(Device::APPS);
    saw.push(lines::rows(session.all(&apps.order_by(App::ID)).await));
    let beds = select_columns((Room::HOUSE, Bed::ID)).join_related(Room::BEDS.filter(Bed::SOFT)).order_by(Bed::ID);
    saw.push(lines::rows(session.all(&beds).await));
    // Objects, once for each joined row.
    let phones = session.query::<User>().join_related(User::DEVICES).filter(Device::KIND.eq("phone"));
    saw.push(names(&phones.order_by((User::ID, Device::ID)).all().await?));
    let lonely = session.query::<User>().left_join_related(User::DEVICES).filter(Device::ID.is_null());
    saw.push(names(&lonely.order_by(User::ID).all().await?));
    let twice = session.query::<User>().join_related(User::BOSS).all().await;
    saw.push(lines::outcome(twice.map(|users| users.len())));
    Ok(saw)
}

/// Conditions on related rows: one, many, through a table, self-referential, and nested.
pub async fn query_any() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut saw = Vec::new();
    let mut find = async |condition: Expr<bool>| -> Result<(), Error> {
        saw.push(names(&session.query::<User>().filter(condition).order_by(User::ID).all().await?));
        Ok(())
    };
    find(User::DEVICES.any(Device::KIND.eq("phone"))).await?;
    find(User::DEVICES.any(Device::KIND.eq("phone").and(Device::RANK.gt(2)))).await?;
    find(User::DEVICES.exists().not()).await?;
    find(User::DEVICES.filter(Device::KIND.eq("tablet")).exists()).await?;
    // Criteria may name columns of the owner.
    find(User::DEVICES.any(Device::RANK.eq(User::ID))).await?;
    find(User::TEAMS.any(Team::SIZE.gt(5))).await?;
    find(User::TEAMS.exists()).await?;
    // Self-referential: the criterion applies to the related row.
    find(User::BOSS.has(User::NAME.eq("ed"))).await?;
    find(User::STAFF.any(User::NAME.eq("bo"))).await?;
    find(User::STAFF.any(User::STAFF.any(User::NAME.eq("bo")))).await?;
    find(User::BOSS.has(User::BOSS.has(User::NAME.eq("ed")))).await?;
    find(User::BOSS.has(User::STAFF.any(User::NAME.eq("al")).and(User::AGE.gt(35)))).await?;
    find(User::FRIENDS.any(User::NAME.eq("jo"))).await?;
    find(User::FRIENDS.any(User::FRIENDS.any(User::NAME.eq("ed")))).await?;
    // Nested, over tables that occur more than once.
    find(User::DEVICES.any(Device::APPS.any(App::NAME.eq("chess")))).await?;
    find(User::TEAMS.any(Team::USERS.any(User::NAME.eq("jo")))).await?;
    find(User::STAFF.any(User::DEVICES.any(Device::USER.has(User::NAME.eq("jo"))))).await?;
    find(User::STAFF.any(User::ID.in_query(&select_columns(User::ID).filter(User::NAME.eq("al"))))).await?;
    let red = session.get_one::<Team>("red").await?;
    find(User::TEAMS.contains(&red)).await?;
    let jo = session.get_one::<User>(2).await?;
    find(User::BOSS.contains(&jo)).await?;
    find(User::STAFF.contains(&jo).or(User::NAME.eq("al"))).await?;
    let phones = session.query::<Device>().filter(Device::USER.has(User::BOSS.exists()));
    saw.push(format!("{:?}", phones.all().await?.iter().map(|device| device.id).collect::<Vec<_>>()));
    let of_alias = alias::<User>("someone");
    let query = of_alias.select().filter(User::STAFF.of(of_alias).any(User::NAME.eq("al")));
    saw.push(names(&session.query_of(query).all().await?));
    let rooms =
        session.query::<Room>().filter(Room::BEDS.any(Bed::SOFT.eq(false))).order_by((Room::HOUSE, Room::NUMBER));
    saw.push(format!("{:?}", rooms.all().await?.iter().map(|room| (room.house, room.number)).collect::<Vec<_>>()));
    // In updates and deletes, and selected as a value.
    let told = select_columns((User::NAME, User::TEAMS.exists())).order_by(User::ID);
    saw.push(lines::rows(session.all(&told).await));
    let gone = session.execute(&delete::<Device>().filter(Device::APPS.exists().not())).await?;
    let older = update::<User>().set(User::AGE, 50).filter(User::DEVICES.any(Device::RANK.ge(1)));
    saw.push(format!("{gone} {}", session.execute(&older).await?));
    Ok(saw)
}

/// Columns of a subquery, by their model's columns.
pub async fn query_subquery_columns() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut saw = Vec::new();
    let phones = select::<Device>().filter(Device::KIND.eq("phone"));
    let phone = alias::<Device>("phone");
    let joined = select_columns((User::NAME, Device::ID.of(phone), Device::RANK.of(phone)))
        .from::<User>()
        .join_query(&phones, phone, Device::USER_ID.of(phone).eq(User::ID))
        .order_by(Device::RANK.of(phone));
    saw.push(lines::rows(session.all(&joined).await));
    let outer = select_columns((User::NAME, Device::RANK.of(phone).nullable()))
        .left_join_query(&phones.clone().filter(Device::RANK.gt(2)), phone, Device::USER_ID.of(phone).eq(User::ID))
        .order_by(User::ID);
    saw.push(lines::rows(session.all(&outer).await));
    let whole =
        phone.select().from_query(&phones, phone).filter(Device::RANK.of(phone).lt(3)).order_by(Device::ID.of(phone));
    let whole = session.all(&whole).await?;
    saw.push(format!("{:?}", whole.iter().map(|device| (device.id, device.kind.as_str())).collect::<Vec<_>>()));
    let old = alias::<User>("old");
    let cte = select_columns(User::NAME.of(old)).with(old, &select::<User>().filter(User::AGE.gt(35))).from_table(old);
    saw.push(lines::rows(session.all(&cte).await));
    // Objects of a subquery are those of the session's identity map.
    let known = session.get_one::<Device>(1).await?;
    let found =
        session.query_of(phone.select().from_query(&phones, phone).filter(Device::ID.of(phone).eq(1))).one().await?;
    saw.push(format!("{}", found.is(&known)));
    Ok(saw)
}
