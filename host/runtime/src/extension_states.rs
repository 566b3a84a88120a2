//! The state of extensions in an instance: one value of each type. It names no extension, so that the store's data need not either.

use std::any::Any;

/// The states of one instance, one for each extension.
#[derive(Default)]
pub(crate) struct ExtensionStates(anymap3::Map<dyn Any + Send>);

impl ExtensionStates {
    /// Returns the state of this type, which [`Default`] makes at the first use.
    pub(crate) fn get<S: Default + Send + 'static>(&mut self) -> &mut S {
        self.0.entry::<S>().or_default()
    }
}
