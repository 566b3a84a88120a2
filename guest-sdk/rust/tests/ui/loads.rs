use sqlservice_sdk::prelude::*;

#[derive(Model, Clone, Debug, Default)]
struct User {
    #[model(primary_key)]
    id: i64,
    name: String,
    devices: Many<Device>,
}

#[derive(Model, Clone, Debug, Default)]
struct Device {
    #[model(primary_key)]
    id: i64,
    #[model(foreign_key = "user.id")]
    user_id: i64,
    user: One<User>,
}

fn asked(session: &Session) {
    let _ = session.query::<User>().with("devices");
    let _ = session.query::<User>().with(Device::USER);
    let _ = session.query::<User>().order_by("id");
    let _ = session.query::<User>().filter("name = 'jo'");
    let _ = User::DEVICES.any(Device::ID);
}

fn main() {}
