use sqlservice_sdk::prelude::*;

#[derive(Model)]
struct User {
    #[model(primary_key)]
    id: i64,
    name: String,
}

fn main() {
    let _ = select::<User>().filter(User::NAME.eq(5));
    let _ = select::<User>().filter(User::ID);
    let _ = User::NAME + 1;
    let _ = User::ID.like("x");
}
