use sqlservice_sdk::prelude::*;

struct Address;

#[derive(Model)]
struct User {
    #[model(primary_key)]
    id: i64,
    address: Address,
}

fn main() {}
