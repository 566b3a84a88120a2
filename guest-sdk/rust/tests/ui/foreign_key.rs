use sqlservice_sdk::prelude::*;

#[derive(Model)]
struct Device {
    #[model(primary_key)]
    id: i64,
    #[model(foreign_key = "users")]
    user_id: i64,
    #[model(foreign_key = "users.")]
    owner_id: i64,
    #[model(foreign_key = "groups.id", on_delete = "explode")]
    group_id: i64,
    #[model(on_delete = "cascade")]
    nothing: i64,
}

#[derive(Model)]
#[model(foreign_key(columns(a, b), refers = "parent(x)"))]
struct Child {
    #[model(primary_key)]
    a: i64,
    b: i64,
}

fn main() {}
