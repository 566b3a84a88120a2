//! Both sides of a relationship agree after a flush, where they contradicted each other before it.

use sqlservice_sdk::prelude::*;

use super::model::{Address, User, address, open_with, seen_addresses};
use crate::{Saw, unit_of_work::ok_or_error};

/// Two users and three addresses with all relationships loaded; the first two addresses are the first user's.
struct Both {
    db: Database,
    session: Session,
    users: Vec<Entity<User>>,
    addresses: Vec<Entity<Address>>,
}

impl Both {
    async fn open() -> Result<Self, Error> {
        let db = open_with(&["u1", "u2"], &["a1", "a2"]).await?;
        let session = db.session()?;
        session.add(address("a3"))?;
        session.commit().await?;
        let users = session.query::<User>().with(User::ADDRESSES).order_by(User::ID).all().await?;
        let addresses = session.query::<Address>().with(Address::USER).order_by(Address::ID).all().await?;
        Ok(Self { db, session, users, addresses })
    }

    /// Commits, and reports the stored rows and each object that differs from them.
    async fn agreed(self) -> Result<String, Error> {
        let Self { db, session, users, addresses } = self;
        if let Err(error) = session.commit().await {
            return Ok(ok_or_error::<()>(Err(error)));
        }
        let mut wrong = Vec::new();
        for address in addresses.iter().filter(|address| address.status() == Status::Persistent) {
            let owner = address.user.get().map(|user| user.map(|user| user.id));
            if !matches!(owner, Ok(owner) if owner == address.user_id) {
                wrong.push(format!("{} is {:?}'s and says {owner:?}", address.email, address.user_id));
            }
        }
        for user in &users {
            for address in &addresses {
                let listed = user.addresses.get()?.contains(address);
                let is_there = address.status() == Status::Persistent && address.user_id == Some(user.id);
                if listed != is_there {
                    wrong.push(format!("{} lists {}: {listed}", user.name, address.email));
                }
            }
        }
        Ok(format!("{} {}", seen_addresses(&db).await?, wrong.join(", ")).trim_end().to_owned())
    }
}

/// The two sides of the relationship contradict each other.
pub async fn session_both_sides(what: String) -> Saw {
    let mut both = Both::open().await?;
    let (users, addresses) = (&mut both.users, &mut both.addresses);
    match what.as_str() {
        "pushed and cleared" => {
            users[0].edit().addresses.push(&addresses[2]);
            addresses[2].edit().user.clear();
        }
        "kept and cleared" => {
            users[0].edit().addresses.push(&addresses[2]);
            addresses[0].edit().user.clear();
        }
        "kept and moved" => {
            users[0].edit().addresses.push(&addresses[2]);
            addresses[0].edit().user.set(&users[1]);
        }
        "kept and moved by its key" => {
            users[0].edit().addresses.push(&addresses[2]);
            addresses[0].edit().user_id = Some(users[1].id);
        }
        "pushed and deleted" => {
            users[0].edit().addresses.push(&addresses[2]);
            both.session.delete(&addresses[2])?;
        }
        "kept and deleted" => {
            users[0].edit().addresses.push(&addresses[2]);
            both.session.delete(&addresses[0])?;
        }
        "pushed twice" => {
            users[0].edit().addresses.push(&addresses[2]);
            users[1].edit().addresses.push(&addresses[2]);
        }
        "new and cleared" => {
            let mut new = Entity::new(address("a4"));
            users[0].edit().addresses.push(&new);
            new.edit().user.clear();
            addresses.push(new);
        }
        "removed and set" => {
            let first = addresses[0].clone();
            users[0].edit().addresses.remove(&first);
            addresses[0].edit().user.set(&users[0]);
        }
        other => return Err(Error::other(format!("there is no {other:?}"))),
    }
    Ok(vec![both.agreed().await?])
}
