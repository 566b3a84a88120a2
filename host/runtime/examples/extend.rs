//! Gives plugins an import of the embedder's own, with state for each instance, and calls them by typed functions.

#![allow(missing_docs, reason = "bindgen! writes no documentation")]

use sqlservice_host::{
    Engine, Extension, ExtensionView, HasExtension, InstanceState, Plugin, Result, Scalar, Tenant, Value,
};
use wasmtime::component::{Linker, bindgen};

// What plugins may import, and what they export. In a program of its own it is better in files.
bindgen!({
    inline: "
        package example:sky@1.0.0;
        interface telescope { look: func() -> string; }
        world stranger { import telescope; export look-up: async func() -> string; }
    ",
    imports: { default: trappable },
    exports: { default: async | store },
});

/// A telescope for all tenants.
struct Telescope;

/// What an instance has of it.
#[derive(Default)]
struct View {
    place: String,
    looks: u64,
}

impl Extension for Telescope {
    type State = View;

    fn link(&self, linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
        example::sky::telescope::add_to_linker::<_, HasExtension<Self>>(linker, InstanceState::extension)
    }

    fn prepare(&self, view: &mut View, tenant: &Tenant, _: &Plugin) -> Result<()> {
        if let Some(Value::Scalar(Scalar::Text(place))) = tenant.claims().get("place") {
            view.place.clone_from(place);
        }
        Ok(())
    }
}

impl example::sky::telescope::Host for ExtensionView<'_, Telescope> {
    fn look(&mut self) -> wasmtime::Result<String> {
        self.state.looks += 1;
        Ok(format!("stars over {}", self.state.place))
    }
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let component = std::env::args().nth(1).ok_or("usage: extend COMPONENT")?;
    let engine = Engine::builder().extension(Telescope).build()?;
    let plugin = engine.load_file(component)?;
    for place in ["Utrecht", "Kyoto"] {
        let tenant = engine.tenant(place).claim("place", place).build()?;
        let mut instance = plugin.instantiate(&tenant).await?;

        // By the types of its world …
        let stranger = instance.bind(|store, instance| Stranger::new(store, instance))?;
        let typed = instance.run(async |accessor| stranger.call_look_up(accessor).await).await?;
        // … and by name, where the function is known only now.
        let named = instance.call("look-up", &[]).await?;

        let looks = instance.extension::<Telescope>().map_or(0, |view| view.looks);
        println!("{typed}; {named:?}; {looks} looks");
    }
    Ok(())
}
