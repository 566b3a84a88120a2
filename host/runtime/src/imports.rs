//! Finds all imports of a component that a linker lacks; linking itself reports only the first.

use wasmtime::{
    Engine,
    component::{
        Component, Linker, LinkerInstance, ResourceType,
        types::{ComponentExtern, ComponentFunc, ComponentItem},
    },
};

/// The most missing imports that are reported. A component's author decides how many imports it has, and each missing one costs one
/// more attempt to link.
const MOST_NAMED: usize = 64;

/// The most functions, resources and interfaces that a component may import for more than the first missing one to be reported. A host
/// offers a few hundred at most.
const MOST_ITEMS: usize = 2_000;

/// Returns the names of imports that a linker lacks, or has with another type: the first 64. Each attempt links the component, with the
/// imports that are known to be missing replaced by functions that trap.
pub(crate) fn missing<T: Send + 'static>(linker: &Linker<T>, component: &Component) -> Vec<String> {
    let (engine, ty) = (component.engine(), component.component_type());
    let imports: Vec<_> = ty.imports(engine).collect();
    let is_small = imports.iter().map(|(_, item)| items(engine, &item.ty)).sum::<usize>() <= MOST_ITEMS;
    let mut linker = linker.clone();
    linker.allow_shadowing(true);
    let mut missing: Vec<String> = Vec::new();
    while let Some(position) = first_missing(&linker, component, &imports) {
        let Some((name, item)) = imports.get(position).filter(|(name, _)| !missing.iter().any(|known| known == name))
        else {
            break;
        };
        missing.push((*name).to_owned());
        let mut seen = Resources::default();
        if missing.len() == MOST_NAMED || !is_small {
            break;
        }
        imports.iter().take(position).for_each(|(_, before)| seen.add(engine, &before.ty));
        if !stub(&mut linker.root(), engine, name, &item.ty, &mut seen) {
            break;
        }
    }
    missing
}

/// Returns the position of the first import that the linker refuses; `None` where it links, or fails for another reason.
fn first_missing<T: 'static>(
    linker: &Linker<T>,
    component: &Component,
    imports: &[(&str, ComponentExtern)],
) -> Option<usize> {
    // The message is "component imports instance `a:b/c`, but …". No name of an import contains a backtick.
    let said = linker.instantiate_pre(component).err()?.to_string();
    let name = said.split('`').nth(1)?;
    imports.iter().position(|(import, _)| *import == name)
}

/// Returns the number of items of an import, itself included.
fn items(engine: &Engine, item: &ComponentItem) -> usize {
    match item {
        ComponentItem::ComponentInstance(ty) => {
            ty.exports(engine).map(|(_, item)| items(engine, &item.ty)).fold(1, usize::saturating_add)
        }
        _ => 1,
    }
}

/// The resources of imports. An interface that uses another one's resources also lists them among its exports, but must not define
/// them.
#[derive(Default)]
struct Resources(Vec<ResourceType>);

impl Resources {
    /// Adds the resources of an import.
    fn add(&mut self, engine: &Engine, item: &ComponentItem) {
        match item {
            ComponentItem::Resource(ty) => _ = self.insert(*ty),
            ComponentItem::ComponentInstance(ty) => ty.exports(engine).for_each(|(_, item)| self.add(engine, &item.ty)),
            _ => {}
        }
    }

    /// Adds a resource. Returns whether it is new.
    fn insert(&mut self, ty: ResourceType) -> bool {
        let is_new = !self.0.contains(&ty);
        self.0.extend(is_new.then_some(ty));
        is_new
    }
}

/// Defines an import whose functions trap, without the resources in `seen`. Returns whether that was possible.
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
