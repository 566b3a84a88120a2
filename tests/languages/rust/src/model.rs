//! The models of `models.json`.

use sqlservice_sdk::prelude::*;

/// A user, who has devices.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "users")]
pub struct User {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(length = 64, unique)]
    pub name: String,
    pub email: Option<String>,
    #[model(default = true)]
    pub active: bool,
    pub born: Option<Date>,
    #[model(cascade = "all, delete-orphan")]
    pub devices: Many<Device>,
}

/// A device, which belongs to a user and is deleted with it.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "devices", unique(columns(user_id, name)))]
pub struct Device {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(foreign_key = "users.id", on_delete = "cascade")]
    pub user_id: i64,
    #[model(length = 64)]
    pub name: String,
    pub seen: Option<TimestampTz>,
    pub user: One<User>,
    #[model(through = DeviceTag)]
    pub tags: Many<Tag>,
}

/// A tag of devices.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "tags")]
pub struct Tag {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(length = 32, unique)]
    pub label: String,
}

/// Which device has which tag.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "device_tags")]
pub struct DeviceTag {
    #[model(primary_key, foreign_key = "devices.id", on_delete = "cascade")]
    pub device_id: i64,
    #[model(primary_key, foreign_key = "tags.id", on_delete = "cascade")]
    pub tag_id: i64,
}

/// Rows that count their versions.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "accounts")]
pub struct Account {
    #[model(primary_key)]
    pub id: i64,
    #[model(length = 64)]
    pub owner: String,
    #[model(precision = 20, scale = 4)]
    pub balance: Decimal,
    #[model(version)]
    pub version: i64,
}

/// A column of every kind of value.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "kinds")]
pub struct Kind {
    #[model(primary_key)]
    pub id: i64,
    pub b: Option<bool>,
    pub i16: Option<i16>,
    pub i32: Option<i32>,
    pub i64: Option<i64>,
    pub f64: Option<f64>,
    #[model(precision = 20, scale = 4)]
    pub dec: Option<Decimal>,
    pub t: Option<String>,
    #[model(length = 20)]
    pub v: Option<String>,
    pub by: Option<Vec<u8>>,
    pub u: Option<Uuid>,
    pub j: Option<Json>,
    pub d: Option<Date>,
    pub ti: Option<Time>,
    pub ts: Option<Timestamp>,
    pub tz: Option<TimestampTz>,
}
