//! The tables, and how they are related.

use sqlservice_sdk::prelude::*;

/// A user. The struct is the table: `create_all` makes it, queries return it.
#[derive(Model, Clone, Debug, Default, PartialEq)]
pub struct User {
    /// The database counts it up; 0 means that there is none yet.
    #[model(primary_key, generated)]
    pub id: i64,
    /// A login name.
    #[model(length = 64, unique)]
    pub name: String,
    /// An `Option` is a column that may be null.
    pub email: Option<String>,
    /// What an insert that says nothing stores.
    #[model(default = true)]
    pub active: bool,
    /// What they say of themselves. It goes with them.
    #[model(cascade = "all, delete-orphan")]
    pub about: One<UserAbout>,
    /// Their devices.
    #[model(cascade = "all, delete-orphan", order_by = "name")]
    pub devices: Many<UserDevice>,
}

/// What a user says of themselves: one row a user, so its key is the user's.
#[derive(Model, Clone, Debug, Default, PartialEq)]
pub struct UserAbout {
    /// The user.
    #[model(primary_key, foreign_key = "user.id", on_delete = "cascade")]
    pub user_id: i64,
    /// The text.
    pub text: String,
}

/// A device of a user.
#[derive(Model, Clone, Debug, Default, PartialEq)]
#[model(unique(columns(user_id, name)))]
pub struct UserDevice {
    /// The key.
    #[model(primary_key, generated)]
    pub id: i64,
    /// The owner.
    #[model(foreign_key = "user.id", on_delete = "cascade", index)]
    pub user_id: i64,
    /// What the owner calls it.
    #[model(length = 64)]
    pub name: String,
    /// Its keys.
    #[model(cascade = "all, delete-orphan")]
    pub keys: Many<UserDeviceKey>,
}

/// A key of a device.
#[derive(Model, Clone, Debug, Default, PartialEq)]
pub struct UserDeviceKey {
    /// The key's own key.
    #[model(primary_key, generated)]
    pub id: i64,
    /// The device.
    #[model(foreign_key = "user_device.id", on_delete = "cascade", index)]
    pub device_id: i64,
    /// The key itself.
    pub secret: Vec<u8>,
}
