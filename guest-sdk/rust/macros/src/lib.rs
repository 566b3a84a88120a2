//! The derive and plugin macros of sqlservice-sdk

mod attribute;
mod check;
mod enumeration;
mod field;
mod model;
mod plugin;
mod relation;

use proc_macro::TokenStream;
use syn::{DeriveInput, Error, parse_macro_input};

/// Makes a struct the model of a table. Its attributes are described in the guide of `sqlservice_sdk`.
#[proc_macro_derive(Model, attributes(model))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    model::expand(&input).unwrap_or_else(Error::into_compile_error).into()
}

/// Makes an enum without fields a column type: one of its labels. A variant's label is its name in snake_case, or the label of
/// `#[enumeration(label = "…")]`.
#[proc_macro_derive(Enumeration, attributes(enumeration))]
pub fn derive_enumeration(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    enumeration::expand(&input).unwrap_or_else(Error::into_compile_error).into()
}

/// Declares a plugin's exports in WIT, and generates the trait `Guest` and the macro `export!` for them.
///
/// ```text
/// sqlservice_sdk::plugin!("export add-user: async func(name: string) -> result<s64, string>;");
/// sqlservice_sdk::plugin!(models = [User, Device], "export …");     // shows the models to `inspect`, and makes `declared_models()`
/// sqlservice_sdk::plugin!(path = "wit", world = "my:plugin/users");  // a world in files, which includes sqlservice's
///
/// struct Plugin;
/// impl Guest for Plugin { async fn add_user(name: String) -> Result<i64, String> { … } }
/// export!(Plugin);
/// ```
#[proc_macro]
pub fn plugin(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as plugin::Plugin);
    plugin::expand(&input).unwrap_or_else(Error::into_compile_error).into()
}

/// Exports the models that a plugin declares, so that a host can show them without calling its other exports:
/// `export_models!(User, Device)`.
#[proc_macro]
pub fn export_models(input: TokenStream) -> TokenStream {
    let models =
        parse_macro_input!(input with syn::punctuated::Punctuated::<syn::Type, syn::Token![,]>::parse_terminated);
    plugin::expand_models(&models.into_iter().collect::<Vec<_>>()).into()
}
