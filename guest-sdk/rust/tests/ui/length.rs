use sqlservice_sdk::prelude::*;

#[derive(Model)]
struct User {
    #[model(primary_key)]
    id: i64,
    #[model(length = 10)]
    age: i32,
}

fn main() {}
