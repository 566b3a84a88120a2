use sqlservice_sdk::prelude::*;

#[derive(Model)]
struct Tuple(i64, String);

#[derive(Model)]
enum Choice {
    One,
    Two,
}

#[derive(Model)]
struct Generic<T> {
    #[model(primary_key)]
    id: i64,
    value: T,
}

fn main() {}
