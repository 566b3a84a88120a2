//! A guest that imports an interface that the host does not offer.

sqlservice_sdk::plugin!(path = "wit", world = "example:sky/stranger@1.0.0");

struct Stranger;

impl Guest for Stranger {
    async fn look_up() -> String {
        __sqlservice_plugin::example::sky::telescope::look()
    }
}

export!(Stranger);
