sqlservice_sdk::plugin!(wold = "x");

fn main() {}
