use sqlservice_sdk::prelude::*;

#[derive(Model)]
struct User {
    #[model(primary_key)]
    id: i64,
    #[model(default = "yes")]
    active: bool,
}

fn main() {}
