use sqlservice_sdk::prelude::*;

#[derive(Model, Clone, Debug, Default)]
struct User {
    #[model(primary_key)]
    id: i64,
    name: String,
    devices: Many<Device>,
}

#[derive(Model, Clone, Debug, Default)]
struct Device {
    #[model(primary_key)]
    id: i64,
    #[model(foreign_key = "user.id")]
    user_id: i64,
    user: One<User>,
}

fn each(user: Entity<User>) {
    for _device in &user.devices {}
}

fn changed(user: &mut Entity<User>) {
    user.name = "jo".to_owned();
}

fn main() {}
