//! Extensions of the sandbox: an embedder's own imports, with state for each instance.

use std::sync::Arc;

use wasmtime::component::{HasData, Linker, ResourceTable};

use crate::{error::Result, extension_states::ExtensionStates, plugin::Plugin, state::InstanceState, tenant::Tenant};

/// The embedder's own imports, with state for each instance. Added by [`EngineBuilder::extension`](crate::EngineBuilder::extension).
///
/// The functions are described in WIT and bound by [`wasmtime::component::bindgen!`], which takes [`HasExtension`] and
/// [`InstanceState::extension`]:
///
#[doc = concat!("```no_run\n", include_str!("../examples/extend.rs"), "\n```")]
pub trait Extension: Send + Sync + 'static {
    /// The extension's state in one instance. It is part of the instance's store and is dropped with it.
    type State: Default + Send + 'static;

    /// Adds the imports to an engine's linker. Called once per engine.
    ///
    /// # Errors
    /// When the linker has one of them already.
    fn link(&self, linker: &mut Linker<InstanceState>) -> wasmtime::Result<()>;

    /// Prepares the state of a new instance, before any of the plugin's code runs. By default it stays as
    /// [`Default`] makes it.
    ///
    /// For [`Plugin::models`], whose instance has no grants, the tenant has an empty name and no claims.
    ///
    /// # Errors
    /// Any error of the embedder's: the instance is not made then.
    fn prepare(&self, state: &mut Self::State, tenant: &Tenant, plugin: &Plugin) -> Result<()> {
        let _ = (state, tenant, plugin);
        Ok(())
    }
}

/// The data of an extension's functions: its state, and the instance's table of resources.
pub struct ExtensionView<'a, E: Extension> {
    /// The extension's state of this instance.
    pub state: &'a mut E::State,
    /// The resources of the instance, including those of other interfaces.
    pub table: &'a mut ResourceTable,
}

/// Ties the functions of an extension to [`ExtensionView`].
pub struct HasExtension<E>(std::marker::PhantomData<E>);

impl<E: Extension> HasData for HasExtension<E> {
    type Data<'a> = ExtensionView<'a, E>;
}

/// The extensions of an engine.
#[derive(Clone, Default)]
pub(crate) struct Extensions(Vec<Arc<dyn AnyExtension>>);

impl Extensions {
    pub(crate) fn add(&mut self, extension: impl Extension) {
        self.0.push(Arc::new(extension));
    }

    pub(crate) fn link(&self, linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
        self.0.iter().try_for_each(|extension| extension.link(linker))
    }

    /// Makes the states of a new instance.
    pub(crate) fn states(&self, tenant: &Tenant, plugin: &Plugin) -> Result<ExtensionStates> {
        let mut states = ExtensionStates::default();
        for extension in &self.0 {
            extension.prepare(&mut states, tenant, plugin)?;
        }
        Ok(states)
    }
}

/// A type-erased [`Extension`], so that extensions with different states fit into one list.
trait AnyExtension: Send + Sync {
    fn link(&self, linker: &mut Linker<InstanceState>) -> wasmtime::Result<()>;
    fn prepare(&self, states: &mut ExtensionStates, tenant: &Tenant, plugin: &Plugin) -> Result<()>;
}

impl<E: Extension> AnyExtension for E {
    fn link(&self, linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
        Extension::link(self, linker)
    }

    fn prepare(&self, states: &mut ExtensionStates, tenant: &Tenant, plugin: &Plugin) -> Result<()> {
        Extension::prepare(self, state_of::<E>(states), tenant, plugin)
    }
}

/// An extension's state in [`ExtensionStates`], wrapped in a type of its own, as two extensions may have states of the same type.
struct StateOf<E: Extension>(E::State);

impl<E: Extension> Default for StateOf<E> {
    fn default() -> Self {
        Self(E::State::default())
    }
}

/// Returns the state of an extension in an instance.
fn state_of<E: Extension>(states: &mut ExtensionStates) -> &mut E::State {
    &mut states.get::<StateOf<E>>().0
}

impl InstanceState {
    /// Returns an extension's state in this instance, and the instance's resources. For an extension that the engine lacks, the state
    /// is what [`Default`] makes.
    pub fn extension<E: Extension>(&mut self) -> ExtensionView<'_, E> {
        ExtensionView { state: state_of::<E>(&mut self.extensions), table: &mut self.table }
    }
}
