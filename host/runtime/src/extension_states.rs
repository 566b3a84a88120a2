//! What extensions keep in an instance: one value of each type. It knows no extension, so that the store's data need not.

use std::any::Any;

/// The states of one instance, one for each extension.
#[derive(Default)]
pub(crate) struct ExtensionStates(anymap3::Map<dyn Any + Send>);

impl ExtensionStates {
    /// The state of this type; what [`Default`] makes where there is none yet.
    pub(crate) fn get<S: Default + Send + 'static>(&mut self) -> &mut S {
        self.0.entry::<S>().or_default()
    }
}
