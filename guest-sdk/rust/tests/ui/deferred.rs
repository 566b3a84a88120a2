use sqlservice_sdk::prelude::*;

#[derive(Model)]
struct Note {
    #[model(primary_key)]
    id: Deferred<i64>,
    #[model(foreign_key = "users.id")]
    user_id: Deferred<i64>,
    body: Deferred<String>,
}

fn main() {}
