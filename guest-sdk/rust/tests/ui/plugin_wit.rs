sqlservice_sdk::plugin!("export hello: async func() -> strin;");

fn main() {}
