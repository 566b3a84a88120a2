//! Which imports of a component a linker lacks: all of them, where linking itself names only the first.

use wasmtime::{
    Engine,
    component::{
        Component, Linker, LinkerInstance, ResourceType,
        types::{ComponentFunc, ComponentItem},
    },
};

/// The names of what a component imports and a linker does not have, or has otherwise. The linker is asked by linking.
///
/// Each import is tried with the ones after it replaced by functions that trap. Those before it are what they are, as it may name
/// their types.
pub(crate) fn missing<T: Send + 'static>(linker: &Linker<T>, component: &Component) -> Vec<String> {
    if linker.instantiate_pre(component).is_ok() {
        return Vec::new();
    }
    let (engine, ty) = (component.engine(), component.component_type());
    // A type that is imported by itself asks for nothing.
    let imports: Vec<_> = ty.imports(engine).filter(|(_, item)| !matches!(item.ty, ComponentItem::Type(_))).collect();
    let mut known = linker.clone();
    known.allow_shadowing(true);
    let (mut missing, mut before) = (Vec::new(), Resources::default());
    for (position, (name, item)) in imports.iter().enumerate() {
        let (mut tried, mut seen) = (known.clone(), before.clone());
        seen.add(engine, &item.ty);
        let mut after = imports.iter().skip(position + 1);
        let replaced = after.all(|(name, item)| stub(&mut tried.root(), engine, name, &item.ty, &mut seen));
        if !(replaced && tried.instantiate_pre(component).is_ok()) {
            missing.push((*name).to_owned());
            // What cannot be replaced is the last to be named.
            if !stub(&mut known.root(), engine, name, &item.ty, &mut before.clone()) {
                break;
            }
        }
        before.add(engine, &item.ty);
    }
    missing
}

/// The resources of imports. An interface that uses another one's has them among its exports, too, but they are not its own to
/// define.
#[derive(Clone, Default)]
struct Resources(Vec<ResourceType>);

impl Resources {
    /// Adds those of an import.
    fn add(&mut self, engine: &Engine, item: &ComponentItem) {
        match item {
            ComponentItem::Resource(ty) => _ = self.insert(*ty),
            ComponentItem::ComponentInstance(ty) => ty.exports(engine).for_each(|(_, item)| self.add(engine, &item.ty)),
            _ => {}
        }
    }

    /// Adds one. Whether it is new.
    fn insert(&mut self, ty: ResourceType) -> bool {
        let is_new = !self.0.contains(&ty);
        self.0.extend(is_new.then_some(ty));
        is_new
    }
}

/// Defines an import that traps where it is called, without the resources of those before it. Whether that can be.
fn stub<T: Send + 'static>(
    at: &mut LinkerInstance<'_, T>,
    engine: &Engine,
    name: &str,
    item: &ComponentItem,
    seen: &mut Resources,
) -> bool {
    match item {
        ComponentItem::ComponentFunc(ty) => stub_function(at, name, ty),
        ComponentItem::Resource(ty) if seen.insert(*ty) => {
            at.resource(name, ResourceType::host::<()>(), |_, _| Ok(())).is_ok()
        }
        ComponentItem::ComponentInstance(ty) => match at.instance(name) {
            Ok(mut inner) => ty.exports(engine).all(|(name, item)| stub(&mut inner, engine, name, &item.ty, seen)),
            Err(_) => false,
        },
        ComponentItem::Type(_) | ComponentItem::CoreFunc(_) | ComponentItem::Resource(_) => true,
        ComponentItem::Component(_) | ComponentItem::Module(_) => false,
    }
}

fn stub_function<T: Send + 'static>(at: &mut LinkerInstance<'_, T>, name: &str, ty: &ComponentFunc) -> bool {
    const UNKNOWN: &str = "the host does not offer this import";
    let defined = if ty.async_() {
        at.func_new_concurrent(name, |_, _, _, _| Box::pin(async { Err(wasmtime::Error::msg(UNKNOWN)) }))
    } else {
        at.func_new(name, |_, _, _, _| Err(wasmtime::Error::msg(UNKNOWN)))
    };
    defined.is_ok()
}
