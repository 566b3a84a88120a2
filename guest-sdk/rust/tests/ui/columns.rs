use sqlservice_sdk::prelude::*;

#[derive(Model)]
#[model(index(columns(nam)), unique(columns(id, whatever)), index(name = "ix"))]
struct Indexed {
    #[model(primary_key)]
    id: i64,
    name: String,
}

#[derive(Model)]
#[model(index(columns(nam)), unique(columns(id, whatever)))]
struct Unknown {
    #[model(primary_key)]
    id: i64,
    name: String,
}

#[derive(Model)]
struct Twice {
    #[model(primary_key)]
    id: i64,
    name: String,
    #[model(column = "name")]
    other: String,
}

fn main() {}
