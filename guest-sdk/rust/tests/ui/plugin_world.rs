sqlservice_sdk::plugin!(path = "wit", world = "users");

sqlservice_sdk::plugin!(models = []);

fn main() {}
