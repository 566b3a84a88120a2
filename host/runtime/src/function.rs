//! The functions that a component exports, found by name.

use wasmtime::{
    Engine,
    component::{
        Component, ComponentExportIndex,
        types::{ComponentFunc, ComponentItem, Type},
        wasm_wave::wasm::DisplayType,
    },
};

use crate::error::{Error, Result};

/// An exported function.
#[derive(Clone)]
pub struct Function {
    name: String,
    interface: Option<String>,
    /// The name, with that of its interface if it has one.
    qualified: String,
    ty: ComponentFunc,
    pub(crate) index: ComponentExportIndex,
}

impl Function {
    /// Its name, as in the component's world.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The exported interface of the function; `None` for a function of the world itself.
    #[must_use]
    pub fn interface(&self) -> Option<&str> {
        self.interface.as_deref()
    }

    /// `name`, or `interface#name`.
    #[must_use]
    pub fn qualified_name(&self) -> &str {
        &self.qualified
    }

    /// Its name, parameters and result in WIT syntax.
    #[must_use]
    pub fn signature(&self) -> String {
        let kind = if self.ty.async_() { "async func" } else { "func" };
        let params: Vec<_> = self.params().into_iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
        let result = self.ty.results().next().map(|ty| format!(" -> {}", DisplayType(&ty))).unwrap_or_default();
        format!("{}: {kind}({}){result}", self.name, params.join(", "))
    }

    /// The names and types of its parameters in WIT syntax.
    #[must_use]
    pub fn params(&self) -> Vec<(String, String)> {
        self.ty.params().map(|(name, ty)| (name.to_owned(), DisplayType(&ty).to_string())).collect()
    }

    /// Whether it is async and may wait for the host. A sync function traps when it has to wait.
    #[must_use]
    pub fn is_async(&self) -> bool {
        self.ty.async_()
    }

    pub(crate) fn types(&self) -> Vec<(String, Type)> {
        self.ty.params().map(|(name, ty)| (name.to_owned(), ty)).collect()
    }

    pub(crate) fn arity(&self) -> usize {
        self.ty.params().len()
    }

    pub(crate) fn results(&self) -> usize {
        self.ty.results().len()
    }
}

/// All functions of a component's world and of the interfaces that it exports.
pub(crate) fn exported(engine: &Engine, component: &Component) -> Vec<Function> {
    let ty = component.component_type();
    let mut functions = Vec::new();
    for (name, item) in ty.exports(engine) {
        match item.ty {
            ComponentItem::ComponentFunc(ty) => functions.extend(function(component, None, name, ty)),
            // A guest's declarations are called by the host, not by users.
            ComponentItem::ComponentInstance(_) if name.starts_with("sqlservice:database/declarations@") => {}
            ComponentItem::ComponentInstance(instance) => {
                for (inner, item) in instance.exports(engine) {
                    if let ComponentItem::ComponentFunc(ty) = item.ty {
                        functions.extend(function(component, Some(name), inner, ty));
                    }
                }
            }
            _ => {}
        }
    }
    functions
}

fn function(component: &Component, interface: Option<&str>, name: &str, ty: ComponentFunc) -> Option<Function> {
    let parent = match interface {
        Some(interface) => Some(component.get_export_index(None, interface)?),
        None => None,
    };
    let index = component.get_export_index(parent.as_ref(), name)?;
    let qualified = interface.map_or_else(|| name.to_owned(), |interface| format!("{interface}#{name}"));
    Some(Function { name: name.to_owned(), interface: interface.map(str::to_owned), qualified, ty, index })
}

/// Finds a function by its bare or qualified name.
pub(crate) fn find<'a>(functions: &'a [Function], name: &str) -> Result<&'a Function> {
    let exact = functions.iter().find(|f| match (&f.interface, name.split_once('#')) {
        (None, None) => f.name == name,
        (Some(interface), Some((asked, function))) => interface == asked && f.name == function,
        _ => false,
    });
    let bare = || {
        let mut named = functions.iter().filter(|f| f.name == name || short(f) == name);
        named.next().filter(|_| named.next().is_none())
    };
    exact.or_else(bare).ok_or_else(|| Error::NoSuchFunction {
        name: name.to_owned(),
        suggestion: similar(functions, name),
        available: functions.iter().map(|f| f.qualified.clone()).collect(),
    })
}

/// `interface#name` without package and version.
fn short(function: &Function) -> String {
    let interface = function.interface.as_deref().unwrap_or_default();
    let interface = interface.split('@').next().unwrap_or_default();
    let interface = interface.rsplit('/').next().unwrap_or_default();
    format!("{interface}#{}", function.name)
}

fn similar(functions: &[Function], name: &str) -> Option<String> {
    let scored = functions.iter().map(|f| (strsim::jaro_winkler(&f.name, name), f));
    let (score, best) = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (score > 0.7).then(|| best.qualified.clone())
}
