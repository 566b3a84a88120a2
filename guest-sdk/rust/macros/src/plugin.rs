//! `plugin!` and `export_models!`: bindings for a plugin's own exports, on top of the SDK's bindings of the contract.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Error, Ident, LitStr, Result, Token, Type, bracketed,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};
use wit_parser::SourceMap;

/// The folder of the contract's WIT: `wit/` beside `guest-sdk/`. A copy of the SDK in another tree must keep the folders
/// `wit/`, `guest-sdk/rust/` and `guest-sdk/rust/macros/` in these relative places; `src/bindings.rs` depends on them, too.
const CONTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../wit");

/// The interfaces that every plugin's world imports, and the module of the SDK that has them.
const INTERFACES: &[(&str, &str)] = &[
    ("sqlservice:database/errors@0.2.0", "sqlservice::database::errors"),
    ("sqlservice:database/values@0.2.0", "sqlservice::database::values"),
    ("sqlservice:database/rows@0.2.0", "sqlservice::database::rows"),
    ("sqlservice:database/schema@0.2.0", "sqlservice::database::schema"),
    ("sqlservice:database/statements@0.2.0", "sqlservice::database::statements"),
    ("sqlservice:database/sessions@0.2.0", "sqlservice::database::sessions"),
    ("sqlservice:database/databases@0.2.0", "sqlservice::database::databases"),
    ("wasi:clocks/types@0.3.0", "wasi::clocks::types"),
    ("wasi:clocks/monotonic-clock@0.3.0", "wasi::clocks::monotonic_clock"),
];

/// The arguments of `plugin!(…)`.
#[derive(Default)]
pub struct Plugin {
    exports: Option<LitStr>,
    path: Option<LitStr>,
    world: Option<LitStr>,
    models: Vec<Type>,
}

impl Parse for Plugin {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut plugin = Self::default();
        while !input.is_empty() {
            plugin.parse_option(input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        match (&plugin.exports, &plugin.path, &plugin.world) {
            // The contract's worlds are in scope, too, so only the full name is unambiguous.
            (None, Some(_), Some(world)) if !world.value().contains(':') => {
                Err(Error::new(world.span(), "write the world with its package: \"my:plugin/users\""))
            }
            (Some(_), None, None) | (None, Some(_), Some(_)) => Ok(plugin),
            (Some(exports), ..) => Err(Error::new(exports.span(), "exports are given here or by path and world, not both")),
            _ => Err(input.error(
                "expected exports in WIT, as in plugin!(\"export hello: async func() -> string;\"), or path = \"wit\" and \
                 world = \"my:plugin/users\"",
            )),
        }
    }
}

impl Plugin {
    fn parse_option(&mut self, input: ParseStream<'_>) -> Result<()> {
        if input.peek(LitStr) {
            let exports = input.parse::<LitStr>()?;
            return set(&mut self.exports, exports.clone(), &exports);
        }
        let name = input.parse::<Ident>()?;
        input.parse::<Token![=]>()?;
        match name.to_string().as_str() {
            "path" => set(&mut self.path, input.parse()?, &name),
            "world" => set(&mut self.world, input.parse()?, &name),
            "models" => {
                let list;
                bracketed!(list in input);
                self.models = Punctuated::<Type, Token![,]>::parse_terminated(&list)?.into_iter().collect();
                Ok(())
            }
            _ => Err(Error::new(name.span(), "expected `path`, `world` or `models`")),
        }
    }
}

fn set(slot: &mut Option<LitStr>, value: LitStr, at: &impl quote::ToTokens) -> Result<()> {
    if slot.replace(value).is_some() { Err(Error::new_spanned(at, "given twice")) } else { Ok(()) }
}

/// The beginning of a plugin's world, before its exports.
const HEAD: &str = "package sqlservice:plugin;\nworld plugin {\ninclude sqlservice:database/sqlservice@0.2.0;\n";

/// Refuses malformed exports with the line of the error in the message, because a span covers only the whole text.
fn check_wit(exports: &LitStr, world: &str) -> Result<()> {
    let mut source = SourceMap::new();
    source.push_str("exports", world);
    let Err((_, wrong)) = source.parse() else { return Ok(()) };
    let text = exports.value();
    let offset = |at: u32| (at as usize).saturating_sub(HEAD.len()).min(text.len());
    let span = wrong.kind().span();
    let (start, end) = (offset(span.start()), offset(span.end()));
    let (Some(before), Some(after)) = (text.get(..start), text.get(start..)) else {
        return Err(Error::new(exports.span(), wrong.kind().to_string()));
    };
    let (number, column) =
        (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap_or_default().chars().count());
    let line = text.lines().nth(number - 1).unwrap_or_default();
    let width =
        after.get(..end.saturating_sub(start)).and_then(|at| at.lines().next()).map_or(0, |at| at.chars().count());
    let mark = format!("{}{}", " ".repeat(column), "^".repeat(width.max(1)));
    let message = format!("{}, in line {number} of the exports:\n  {line}\n  {mark}", wrong.kind());
    Err(Error::new(exports.span(), message))
}

pub fn expand(plugin: &Plugin) -> Result<TokenStream> {
    let source = match (&plugin.exports, &plugin.path, &plugin.world) {
        (Some(exports), ..) => {
            let world = format!("{HEAD}{}\n}}", exports.value());
            check_wit(exports, &world)?;
            quote! { inline: #world, path: #CONTRACT, world: "plugin", }
        }
        (None, Some(path), Some(world)) => quote! { path: [#CONTRACT, #path], world: #world, },
        _ => return Err(Error::new(proc_macro2::Span::call_site(), "nothing to export")),
    };
    let with = with(INTERFACES);
    let models = if plugin.models.is_empty() { TokenStream::new() } else { expand_models(&plugin.models) };
    Ok(quote! {
        #[allow(missing_docs, unsafe_code, clippy::all, clippy::pedantic, reason = "generated")]
        mod __sqlservice_plugin {
            ::sqlservice_sdk::wit_bindgen::generate!({
                #source
                runtime_path: "::sqlservice_sdk::wit_bindgen::rt",
                export_macro_name: "__sqlservice_export",
                generate_all,
                with: { #with },
            });
        }
        /// Makes a type the plugin: the traits that it implements become the exports.
        #[allow(unused_macros, reason = "said once, after the type")]
        macro_rules! export {
            ($plugin:ident) => {
                #[allow(unsafe_code, missing_docs, clippy::all, clippy::pedantic, reason = "generated")]
                const _: () = { __sqlservice_plugin::__sqlservice_export!($plugin with_types_in __sqlservice_plugin); };
                impl ::sqlservice_sdk::__private::IsExported for __SqlservicePlugin {}
            };
        }
        struct __SqlservicePlugin;
        // Without `export!`, the component would have no function to call.
        const _: () = ::sqlservice_sdk::__private::is_exported::<__SqlservicePlugin>();
        #[allow(unused_imports, reason = "a plugin that exports only interfaces has other traits to implement")]
        use __sqlservice_plugin::*;
        #models
    })
}

pub fn expand_models(models: &[Type]) -> TokenStream {
    let with = with(INTERFACES.iter().filter(|(name, _)| name.contains("/values@") || name.contains("/schema@")));
    quote! {
        #[allow(missing_docs, unsafe_code, clippy::all, clippy::pedantic, reason = "generated")]
        const _: () = {
            mod __sqlservice_models {
                ::sqlservice_sdk::wit_bindgen::generate!({
                    path: #CONTRACT,
                    world: "sqlservice:database/declared@0.2.0",
                    runtime_path: "::sqlservice_sdk::wit_bindgen::rt",
                    type_section_suffix: "models",
                    export_macro_name: "__sqlservice_export_models",
                    with: { #with },
                });
                pub(super) use __sqlservice_export_models as export;
            }
            struct Declared;
            impl __sqlservice_models::exports::sqlservice::database::declarations::Guest for Declared {
                fn declared_models() -> ::sqlservice_sdk::schema::Models {
                    ::sqlservice_sdk::models![#(#models),*]
                }
            }
            __sqlservice_models::export!(Declared with_types_in __sqlservice_models);
        };
        /// The models that this plugin declares, in one place: `Database::open("default", declared_models())`.
        #[allow(dead_code, reason = "a plugin may open databases with other models")]
        pub(crate) fn declared_models() -> ::sqlservice_sdk::schema::Models {
            ::sqlservice_sdk::models![#(#models),*]
        }
    }
}

/// Maps each of the contract's interfaces to the SDK's bindings of it.
fn with<'a>(interfaces: impl IntoIterator<Item = &'a (&'a str, &'a str)>) -> TokenStream {
    let pairs = interfaces.into_iter().map(|(name, module)| {
        let module: syn::Path = syn::parse_str(&format!("::sqlservice_sdk::bindings::{module}"))
            .unwrap_or_else(|_| syn::parse_quote!(::sqlservice_sdk));
        quote! { #name: #module }
    });
    quote! { #(#pairs),* }
}
