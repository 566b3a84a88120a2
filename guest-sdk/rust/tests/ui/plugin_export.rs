sqlservice_sdk::plugin!("export hello: async func() -> string;");

struct Plugin;

impl Guest for Plugin {
    async fn hello() -> String {
        String::new()
    }
}

fn main() {}
