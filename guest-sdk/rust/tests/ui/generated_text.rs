use sqlservice_sdk::prelude::*;

#[derive(Model)]
struct User {
    #[model(primary_key, generated)]
    id: String,
}

fn main() {}
