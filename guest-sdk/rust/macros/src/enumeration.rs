//! `#[derive(Enumeration)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Ident, LitStr, Result, Variant, ext::IdentExt, spanned::Spanned};

use crate::check::{self, Errors};

/// The most characters of a label, as the contract limits them.
const MAX_LABEL: usize = 255;

pub fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let (variants, labels) = read(input)?;
    let ident = &input.ident;
    Ok(quote! {
        impl ::sqlservice_sdk::Enumeration for #ident {
            const LABELS: &'static [&'static str] = &[#(#labels),*];

            fn label(&self) -> &'static str {
                match self { #(Self::#variants => #labels),* }
            }

            fn of_label(label: &str) -> Option<Self> {
                match label {
                    #(#labels => Some(Self::#variants),)*
                    _ => None,
                }
            }
        }

        impl ::sqlservice_sdk::SqlType for #ident {
            const KIND: ::sqlservice_sdk::schema::TypeKind = ::sqlservice_sdk::schema::TypeKind::Enumeration;

            fn column_type() -> ::sqlservice_sdk::schema::ColumnType {
                ::sqlservice_sdk::__private::labels::column_type::<Self>()
            }

            fn to_scalar(&self) -> ::sqlservice_sdk::__private::Scalar {
                ::sqlservice_sdk::__private::labels::to_scalar(self)
            }

            fn from_scalar(scalar: ::sqlservice_sdk::__private::Scalar) -> Option<Self> {
                ::sqlservice_sdk::__private::labels::from_scalar(&scalar)
            }

            fn encode(
                cells: &mut dyn Iterator<Item = Option<&Self>>,
            ) -> ::sqlservice_sdk::__private::Vector {
                ::sqlservice_sdk::__private::labels::encode(cells)
            }

            fn take(
                vector: ::sqlservice_sdk::__private::Vector,
            ) -> ::core::result::Result<::std::vec::Vec<Self>, ::sqlservice_sdk::__private::Vector> {
                ::sqlservice_sdk::__private::labels::take(vector)
            }
        }
    })
}

/// The variants and their labels.
fn read(input: &DeriveInput) -> Result<(Vec<&Ident>, Vec<String>)> {
    let shape = "an enumeration is an enum of variants without fields, one a label";
    let Data::Enum(data) = &input.data else { return Err(Error::new(input.ident.span(), shape)) };
    if !input.generics.params.is_empty() {
        return Err(Error::new(input.generics.span(), "an enumeration has no parameters: its labels are fixed"));
    }
    if data.variants.is_empty() {
        return Err(Error::new(input.ident.span(), shape));
    }
    let mut errors = Errors::default();
    let (mut variants, mut labels) = (Vec::new(), Vec::<String>::new());
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            errors.add(Error::new(variant.span(), shape));
        }
        let Some(label) = errors.keep(label(variant)) else { continue };
        if labels.contains(&label) {
            errors.add(Error::new(variant.ident.span(), format!("there are two labels `{label}`")));
        }
        variants.push(&variant.ident);
        labels.push(label);
    }
    errors.finish((variants, labels))
}

/// The label that the database stores for a variant.
fn label(variant: &Variant) -> Result<String> {
    let mut said: Option<LitStr> = None;
    for attribute in variant.attrs.iter().filter(|attribute| attribute.path().is_ident("enumeration")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("label") {
                let word = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                return Err(check::unknown(meta.path.span(), &word, &["label"]));
            }
            match said.replace(meta.value()?.parse()?) {
                Some(_) => Err(meta.error("given twice")),
                None => Ok(()),
            }
        })?;
    }
    let Some(said) = said else { return Ok(check::snake_case(&variant.ident.unraw().to_string())) };
    let label = said.value();
    if label.contains('\0') || label.chars().count() > MAX_LABEL {
        let message = format!("a label has no NUL character and at most {MAX_LABEL} characters");
        return Err(Error::new(said.span(), message));
    }
    Ok(label)
}
