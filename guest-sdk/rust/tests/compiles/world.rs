//! A plugin with its world in separate files.

sqlservice_sdk::plugin!(path = "tests/wit", world = "example:plugin/users");

struct Plugin;

impl Guest for Plugin {
    async fn hello() -> String {
        "hello".to_owned()
    }
}

export!(Plugin);

#[test]
fn the_trait_has_the_exports_of_the_world() {
    assert_eq!(futures::executor::block_on(Plugin::hello()), "hello");
}
