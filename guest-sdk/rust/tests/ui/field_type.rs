use sqlservice_sdk::prelude::*;

struct Address;

#[derive(Model)]
struct User {
    #[model(primary_key)]
    id: i64,
    address: Address,
}

#[derive(Model)]
struct Counter {
    #[model(primary_key)]
    id: i64,
    count: u32,
    owners: Vec<User>,
}

fn main() {}
