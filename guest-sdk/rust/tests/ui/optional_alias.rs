use sqlservice_sdk::prelude::*;

type Key = Option<i64>;

#[derive(Model)]
struct User {
    #[model(primary_key)]
    id: Key,
}

fn main() {}
