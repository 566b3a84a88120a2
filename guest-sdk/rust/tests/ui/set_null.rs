use sqlservice_sdk::prelude::*;

#[derive(Model)]
struct Device {
    #[model(primary_key)]
    id: i64,
    #[model(foreign_key = "users.id", on_delete = "set null")]
    user_id: i64,
}

fn main() {}
