use sqlservice_sdk::prelude::*;

#[derive(Model)]
#[model(tabel = "users", shape = "round")]
struct Misspelt {
    #[model(primry_key)]
    id: i64,
}

#[derive(Model)]
struct Several {
    #[model(primary_key, generatd)]
    id: i64,
    #[model(colour = "red")]
    name: String,
    #[model(unique, unique)]
    email: String,
    #[model(length = "long")]
    text: String,
}

fn main() {}
