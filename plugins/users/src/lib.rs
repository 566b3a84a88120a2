//! The seed example: users, their devices and keys
//!
//! Read it from top to bottom: the exports, their functions in the same order, and the first users. The models are in
//! `model.rs`; `tour` calls every method of a database, a connection and a session.

mod model;
mod tour;

use model::{User, UserAbout, UserDevice, UserDeviceKey};
use sqlservice_sdk::prelude::*;

// The plugin's exports, in WIT. `models` lets a host show the tables without calling anything.
sqlservice_sdk::plugin!(
    models = [User, UserAbout, UserDevice, UserDeviceKey],
    "
    /// A user with the names of their devices.
    record user-info { id: s64, name: string, email: option<string>, devices: list<string> }

    /// Creates the tables and a few users; says how many there are.
    export seed: async func() -> result<u64, string>;
    /// Adds a user and returns the id.
    export add-user: async func(name: string, email: option<string>) -> result<s64, string>;
    /// Finds a user by name.
    export find-user: async func(name: string) -> result<option<user-info>, string>;
    /// Gives a user another name.
    export rename-user: async func(name: string, new-name: string) -> result<_, string>;
    /// The names of a user's devices.
    export devices-of: async func(name: string) -> result<list<string>, string>;
    /// A line for each user: the name, how many devices, how many keys.
    export report: async func() -> result<list<string>, string>;
    /// Makes every call that there is, and returns the result of each. It starts by dropping the tables, and ends with none.
    export tour: async func() -> result<string, string>;
    "
);

struct Plugin;

impl Guest for Plugin {
    async fn seed() -> Result<u64, String> {
        let db = open().await?;
        db.create_all().await?;
        // All or nothing: an error, a dropped call or a trap rolls back.
        let users = db
            .transaction(async |session| {
                if session.first(&select::<User>()).await?.is_none() {
                    seed_rows(session).await?;
                }
                session.one(&select_columns(count(User::ID))).await
            })
            .await?;
        Ok(u64::try_from(users).unwrap_or_default())
    }

    async fn add_user(name: String, email: Option<String>) -> Result<i64, String> {
        let session = open().await?.begin().await?;
        let user = session.add(User { name, email, active: true, ..User::default() })?;
        match session.commit().await {
            Ok(()) => Ok(user.id),
            // A name that is taken is a case to branch on, not a text to parse. Leaving without a commit rolls back.
            Err(error) if error.is_unique_violation() => Err(format!("there is a user {:?} already", user.name)),
            Err(error) => Err(error.into()),
        }
    }

    async fn find_user(name: String) -> Result<Option<UserInfo>, String> {
        let session = open().await?.session()?;
        // The user and the devices in one crossing.
        let query = session.query::<User>().filter(User::NAME.eq(name)).with(User::DEVICES);
        let Some(user) = query.one_or_none().await? else { return Ok(None) };
        let devices = user.devices.get()?.iter().map(|device| device.name.clone()).collect();
        Ok(Some(UserInfo { id: user.id, name: user.name.clone(), email: user.email.clone(), devices }))
    }

    async fn rename_user(name: String, new_name: String) -> Result<(), String> {
        let session = open().await?.begin().await?;
        let mut user = session.query::<User>().filter(User::NAME.eq(name)).one().await?;
        user.edit().name = new_name;
        // One column of one row is written; nothing where the name is what it was.
        Ok(session.commit().await?)
    }

    async fn devices_of(name: String) -> Result<Vec<String>, String> {
        let session = open().await?.session()?;
        let of_user = select_columns(UserDevice::NAME).order_by(UserDevice::NAME);
        let of_user = of_user.join::<User>(User::ID.eq(UserDevice::USER_ID)).filter(User::NAME.eq(name));
        Ok(session.all(&of_user).await?)
    }

    async fn report() -> Result<Vec<String>, String> {
        let session = open().await?.session()?;
        let counts = select_columns((User::NAME, count_distinct(UserDevice::ID), count(UserDeviceKey::ID)))
            .left_join::<UserDevice>(UserDevice::USER_ID.eq(User::ID))
            .left_join::<UserDeviceKey>(UserDeviceKey::DEVICE_ID.eq(UserDevice::ID))
            .group_by(User::NAME)
            .order_by(User::NAME);
        let rows = session.all(&counts).await?;
        Ok(rows.iter().map(|(name, devices, keys)| format!("{name}: {devices} devices, {keys} keys")).collect())
    }

    async fn tour() -> Result<String, String> {
        Ok(tour::tour().await?)
    }
}

export!(Plugin);

/// Opens the database by its granted name; the plugin never sees an address or a password.
async fn open() -> Result<Database, Error> {
    Database::open("default", models![User, UserAbout, UserDevice, UserDeviceKey]).await
}

/// Inserts three users with their related rows: ten rows of four tables in one crossing. Each row gets the keys of its
/// parents.
async fn seed_rows(session: &Session) -> Result<(), Error> {
    let user = |name: &str, devices: &[&str]| User {
        name: name.to_owned(),
        active: true,
        devices: devices.iter().map(|name| device(name)).collect(),
        ..User::default()
    };
    let mail = |name: &str| Some(format!("{name}@example.org"));
    let about = UserAbout { text: "likes long walks".to_owned(), ..UserAbout::default() };
    let ed = User { email: mail("ed"), about: One::from(about), ..user("ed", &["laptop", "phone"]) };
    session.add_all([ed, user("jo", &["tablet"]), User { email: mail("mary"), ..user("mary", &[]) }])?;
    session.flush().await
}

fn device(name: &str) -> UserDevice {
    let key = UserDeviceKey { secret: name.into(), ..UserDeviceKey::default() };
    UserDevice { name: name.to_owned(), keys: Many::from([key]), ..UserDevice::default() }
}
