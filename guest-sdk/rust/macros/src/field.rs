//! A field of a model: its checks, and the column that it declares.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Error, GenericArgument, Ident, PathArguments, Result, Type, Visibility, spanned::Spanned};

use crate::{
    attribute::{Default_, FieldAttribute},
    check::{self, Errors},
    model::option,
};

/// A field of a model that declares a column.
pub struct Field<'a> {
    pub ident: &'a Ident,
    pub vis: &'a Visibility,
    pub ty: &'a Type,
    pub column: String,
    pub about: FieldAttribute,
}

impl Field<'_> {
    /// A call of a function of the field's type. All calls have one form, so that a type that no column can have is one error.
    pub fn of_type(&self, function: &TokenStream, arguments: &TokenStream) -> TokenStream {
        let ty = self.ty;
        quote_spanned!(ty.span() => <#ty as ::sqlservice_sdk::Field>::#function(#arguments))
    }

    /// The type inside a `Deferred`, where the field is one.
    pub fn deferred(&self) -> Option<&Type> {
        let Type::Path(path) = self.ty else { return None };
        let last = path.path.segments.last().filter(|last| last.ident == "Deferred")?;
        let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
        match arguments.args.first() {
            Some(GenericArgument::Type(inside)) => Some(inside),
            _ => None,
        }
    }

    pub fn check(&self, errors: &mut Errors) {
        let about = &self.about;
        if self.deferred().is_some()
            && (about.primary_key.is_some() || about.version.is_some() || about.foreign_key.is_some())
        {
            let message = "a session needs keys and versions of every object: write the type without Deferred";
            errors.add(Error::new(self.ty.span(), message));
        }
        if let Some(text) = &about.foreign_key {
            errors.keep(check::reference(text));
        }
        for action in [&about.on_delete, &about.on_update].into_iter().flatten() {
            errors.keep(check::action(Some(action)));
            if about.foreign_key.is_none() {
                errors.add(Error::new(action.span(), "there is no foreign_key that this could be about"));
            }
        }
        if about.primary_key.is_some() && last_segment(self.ty).is_some_and(|name| name == "Option") {
            errors.add(Error::new(self.ty.span(), "a primary key is never null: write the type without Option"));
        }
        if about.precision.is_none()
            && let Some(scale) = &about.scale
        {
            errors.add(Error::new(scale.span(), "a scale needs a precision: precision = 10, scale = 2"));
        }
    }

    /// Generates the checks that need the type and not only its name, and so hold for type aliases, too.
    pub fn checks(&self) -> TokenStream {
        let ty = self.ty;
        let mut checks = TokenStream::new();
        let mut must_be = |span: Span, kinds: &[&str], message: &str| {
            let kinds = kinds.iter().map(|kind| format_ident!("{kind}"));
            checks.extend(quote_spanned! { span =>
                ::core::assert!(
                    ::core::matches!(
                        <<#ty as ::sqlservice_sdk::Field>::Base as ::sqlservice_sdk::SqlType>::KIND,
                        #(::sqlservice_sdk::schema::TypeKind::#kinds)|*
                    ),
                    #message
                );
            });
        };
        let integers = ["Int16", "Int32", "Int64", "Uint64"];
        let about = &self.about;
        if about.generated.is_some() {
            must_be(ty.span(), &integers, "a generated key is an integer");
        }
        if about.version.is_some() {
            must_be(ty.span(), &integers, "a version is an integer, which counts up");
        }
        if let Some(length) = &about.length {
            must_be(length.span(), &["Text", "Bytes"], "only a String and a Vec<u8> have a length");
        }
        if let Some(precision) = &about.precision {
            must_be(precision.span(), &["Decimal"], "only a Decimal has a precision");
        }
        if let Some(now) = about.on_update_now {
            must_be(now, &["Timestamp", "TimestampTz"], "now is a Timestamp or a TimestampTz");
        }
        match &about.default {
            Some(Default_::Now(span)) => {
                must_be(
                    *span,
                    &["Timestamp", "TimestampTz", "Date", "Time"],
                    "now is a Timestamp, a TimestampTz, a Date or a Time",
                );
            }
            Some(Default_::Boolean(_, span)) => {
                must_be(*span, &["Boolean"], "this default is a bool, and the field is not")
            }
            Some(Default_::Integer(_, span)) => {
                let kinds = [integers.as_slice(), &["Float32", "Float64", "Decimal"]].concat();
                must_be(*span, &kinds, "this default is a number, and the field is not");
            }
            Some(Default_::Float(_, span)) => {
                must_be(
                    *span,
                    &["Float32", "Float64", "Decimal"],
                    "this default has a fraction, and the field has none",
                );
            }
            Some(Default_::Text(text)) => {
                must_be(
                    text.span(),
                    &["Text", "Json", "Decimal", "Enumeration"],
                    "this default is a text, and the field is not",
                );
            }
            None => {}
        }
        checks.extend(self.null_checks());
        checks
    }

    fn null_checks(&self) -> TokenStream {
        let (ty, about) = (self.ty, &self.about);
        let nullable = quote!(<#ty as ::sqlservice_sdk::Field>::NULLABLE);
        let key = about
            .primary_key
            .map(|_| quote_spanned!(ty.span() => ::core::assert!(!#nullable, "a primary key is never null");));
        let actions = [&about.on_delete, &about.on_update].into_iter().flatten();
        let sets_null = actions.filter(|text| text.value().to_lowercase().replace(['_', '-'], " ") == "set null");
        let sets_null = sets_null.map(|text| {
            quote_spanned!(text.span() => ::core::assert!(#nullable, "\"set null\" needs a field that can be null: an Option");)
        });
        quote!(#key #(#sets_null)*)
    }

    /// Generates the declaration of the column, and of its key, index and foreign key.
    pub fn declaration(&self) -> Result<TokenStream> {
        let (name, about) = (&self.column, &self.about);
        let column = self.of_type(&quote!(declare), &quote!(#name));
        let mut parts = quote!(let mut column = #column;);
        if let Some(length) = &about.length {
            parts.extend(quote!(it::set_length(&mut column.ty, #length);));
        }
        for (number, field) in [(&about.precision, quote!(precision)), (&about.scale, quote!(scale))] {
            parts.extend(number.as_ref().map(|number| quote!(column.ty.#field = Some(#number);)));
        }
        parts.extend(about.default.as_ref().map(|default| {
            let value = match default {
                Default_::Now(_) => quote!(it::DefaultValue::Now),
                Default_::Boolean(value, _) => quote!(it::boolean_default(#value)),
                Default_::Integer(number, _) | Default_::Float(number, _) => {
                    quote!(it::number_default(column.ty.kind, #number))
                }
                Default_::Text(text) => quote!(it::text_default(column.ty.kind, #text)),
            };
            quote!(column.default = #value;)
        }));
        parts.extend(about.generated.map(|_| quote!(column.default = it::DefaultValue::GeneratedKey;)));
        parts.extend(about.on_update_now.map(|_| quote!(column.on_update = it::DefaultValue::Now;)));
        parts.extend(about.comment.as_ref().map(|comment| quote!(column.comment = Some(#comment.to_owned());)));
        parts.extend(quote!(table.columns.push(column);));
        parts.extend(about.primary_key.map(|_| quote!(table.primary_key.push(#name.to_owned());)));
        if about.unique {
            parts.extend(quote!(table.uniques.push(it::index(&[#name], true));));
        }
        if about.index {
            parts.extend(quote!(table.indexes.push(it::index(&[#name], false));));
        }
        parts.extend(self.foreign_key()?);
        Ok(parts)
    }

    fn foreign_key(&self) -> Result<TokenStream> {
        let Some(text) = &self.about.foreign_key else { return Ok(TokenStream::new()) };
        let (schema, table, referred) = check::reference(text)?;
        let (name, schema) = (&self.column, option(schema.as_ref()));
        let on_delete = check::action(self.about.on_delete.as_ref())?;
        let on_update = check::action(self.about.on_update.as_ref())?;
        Ok(quote! {
            table.foreign_keys.push(it::ForeignKey {
                name: None,
                columns: ::std::vec![#name.to_owned()],
                table: #table.to_owned(),
                schema: #schema,
                referred: ::std::vec![#referred.to_owned()],
                on_delete: #on_delete,
                on_update: #on_update,
            });
        })
    }
}

fn last_segment(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| &segment.ident),
        _ => None,
    }
}
