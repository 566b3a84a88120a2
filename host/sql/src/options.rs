//! Options that can grow: structs that other crates read and set field by field, and do not construct with a literal.

/// Defines a setter of the same name for each field of an options struct. With `?` the field is an `Option`, and the setter
/// takes a value or `None`.
#[doc(hidden)]
#[macro_export]
macro_rules! setters {
    ($options:ident { $($field:ident $(? $optional:ty)? $(: $ty:ty)?),+ $(,)? }) => {
        impl $options {
            $($crate::setters!(@one $field $(? $optional)? $(: $ty)?);)+
        }
    };
    (@one $field:ident : $ty:ty) => {
        #[doc = concat!("Sets `", stringify!($field), "`.")]
        #[must_use]
        pub fn $field(mut self, $field: $ty) -> Self {
            self.$field = $field;
            self
        }
    };
    (@one $field:ident ? $ty:ty) => {
        #[doc = concat!("Sets `", stringify!($field), "`, or takes it away.")]
        #[must_use]
        pub fn $field(mut self, $field: impl Into<Option<$ty>>) -> Self {
            self.$field = $field.into();
            self
        }
    };
}
