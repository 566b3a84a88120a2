use sqlservice_sdk::prelude::*;

struct User;

fn main() {
    let _ = models![User];
}
