//! What an embedder adds to the sandbox: imports of its own, and state of its own for each instance.

use std::sync::Arc;

use wasmtime::component::{HasData, Linker, ResourceTable};

use crate::{error::Result, extension_states::ExtensionStates, plugin::Plugin, state::InstanceState, tenant::Tenant};

/// Imports of the embedder's own, with state for each instance. Added by [`EngineBuilder::extension`](crate::EngineBuilder::extension).
///
/// The functions are described in WIT and bound by [`wasmtime::component::bindgen!`], which asks for [`HasExtension`] and
/// [`InstanceState::extension`]:
///
#[doc = concat!("```no_run\n", include_str!("../examples/extend.rs"), "\n```")]
pub trait Extension: Send + Sync + 'static {
    /// What an instance has of it. It lives in the instance's store and goes with it.
    type State: Default + Send + 'static;

    /// Adds the imports, once an engine.
    ///
    /// # Errors
    /// When the linker has one of them already.
    fn link(&self, linker: &mut Linker<InstanceState>) -> wasmtime::Result<()>;

    /// Prepares the state of a new instance, before any of the plugin's code runs. By default it stays as
    /// [`Default`] makes it.
    ///
    /// For [`Plugin::models`], whose instance is granted nothing, the tenant has an empty name and no claims.
    ///
    /// # Errors
    /// Whatever the embedder wants: the instance is not made then.
    fn prepare(&self, state: &mut Self::State, tenant: &Tenant, plugin: &Plugin) -> Result<()> {
        let _ = (state, tenant, plugin);
        Ok(())
    }
}

/// What the functions of an extension work on: its state, and the instance's table of resources.
pub struct ExtensionView<'a, E: Extension> {
    /// The extension's state of this instance.
    pub state: &'a mut E::State,
    /// The resources of the instance, those of other interfaces too.
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

    /// The states of a new instance.
    pub(crate) fn states(&self, tenant: &Tenant, plugin: &Plugin) -> Result<ExtensionStates> {
        let mut states = ExtensionStates::default();
        for extension in &self.0 {
            extension.prepare(&mut states, tenant, plugin)?;
        }
        Ok(states)
    }
}

/// An extension whose state's type is known to itself alone.
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

/// An extension's state as [`ExtensionStates`] keeps it, by a type of the extension's own: two extensions may have states of one type.
struct StateOf<E: Extension>(E::State);

impl<E: Extension> Default for StateOf<E> {
    fn default() -> Self {
        Self(E::State::default())
    }
}

/// The state of an extension in an instance.
fn state_of<E: Extension>(states: &mut ExtensionStates) -> &mut E::State {
    &mut states.get::<StateOf<E>>().0
}

impl InstanceState {
    /// What an extension has in this instance, and the instance's resources. Of an extension that the engine does not have it is
    /// what [`Default`] makes.
    pub fn extension<E: Extension>(&mut self) -> ExtensionView<'_, E> {
        ExtensionView { state: state_of::<E>(&mut self.extensions), table: &mut self.table }
    }
}
