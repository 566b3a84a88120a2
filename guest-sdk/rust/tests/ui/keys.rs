use sqlservice_sdk::prelude::*;

#[derive(Model)]
struct Keyless {
    name: String,
}

#[derive(Model)]
struct TwoGenerated {
    #[model(primary_key, generated)]
    id: i64,
    #[model(generated)]
    other: i64,
}

#[derive(Model)]
struct CompositeGenerated {
    #[model(primary_key, generated)]
    id: i64,
    #[model(primary_key)]
    other: i64,
}

#[derive(Model)]
struct GeneratedData {
    #[model(primary_key)]
    id: i64,
    #[model(generated)]
    other: i64,
}

#[derive(Model)]
struct OptionalKey {
    #[model(primary_key)]
    id: Option<i64>,
}

fn main() {}
