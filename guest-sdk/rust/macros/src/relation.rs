//! Fields that are relationships: `Many<Device>` or `One<User>`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{
    Attribute, Error, GenericArgument, Ident, LitBool, LitStr, Path, PathArguments, Result, Type, Visibility,
    ext::IdentExt, spanned::Spanned,
};

use crate::{
    attribute::{flag, put, text, word},
    check,
};

/// The keywords of a relationship's attribute.
const WORDS: &[&str] =
    &["foreign_key", "through", "cascade", "passive_deletes", "passive_updates", "post_update", "order_by"];
/// The error for an unknown cascade of a relationship's attribute.
const CASCADES: &str = "expected \"save-update\", \"merge\", \"refresh-expire\", \"expunge\", \"delete\", \"delete-orphan\" or \
                        \"all\" (all but \"delete-orphan\"), with commas between, or \"none\"";

/// A relationship of a model.
pub struct Relation<'a> {
    pub ident: &'a Ident,
    pub vis: &'a Visibility,
    pub ty: &'a Type,
    target: &'a Type,
    is_many: bool,
    about: About,
}

/// The attribute of a field, about its relationship.
#[derive(Default)]
struct About {
    foreign_key: Option<LitStr>,
    through: Option<Path>,
    cascade: Option<LitStr>,
    passive_deletes: Option<Span>,
    passive_updates: Option<LitBool>,
    post_update: Option<Span>,
    order_by: Option<LitStr>,
}

impl About {
    fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut about = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("model")) {
            attribute.parse_nested_meta(|meta| match word(&meta).as_str() {
                "foreign_key" => text(&meta, &mut about.foreign_key),
                "through" => put(&meta, &mut about.through, |input| input.parse()),
                "cascade" => text(&meta, &mut about.cascade),
                "passive_deletes" => flag(&meta, &mut about.passive_deletes),
                "passive_updates" => put(&meta, &mut about.passive_updates, |input| input.parse()),
                "post_update" => flag(&meta, &mut about.post_update),
                "order_by" => text(&meta, &mut about.order_by),
                other => Err(check::unknown(meta.path.span(), other, WORDS)),
            })?;
        }
        Ok(about)
    }

    /// The cascades of the relationship.
    fn cascades(&self) -> Result<Followers> {
        let mut follow = Followers::default();
        let Some(text) = &self.cascade else {
            follow.kinds.push("SaveUpdate");
            follow.merge = true;
            return Ok(follow);
        };
        let value = text.value();
        for kind in value.split(',').map(str::trim).filter(|kind| *kind != "none") {
            match kind.replace('_', "-").as_str() {
                "save-update" => follow.kinds.push("SaveUpdate"),
                "delete" => follow.kinds.push("Delete"),
                "delete-orphan" => follow.kinds.push("DeleteOrphan"),
                "merge" => follow.merge = true,
                "expunge" => follow.expunge = true,
                "refresh-expire" => follow.refresh_expire = true,
                "all" => {
                    follow.kinds.extend(["SaveUpdate", "Delete"]);
                    (follow.merge, follow.expunge, follow.refresh_expire) = (true, true, true);
                }
                _ => return Err(Error::new(text.span(), CASCADES)),
            }
        }
        Ok(follow)
    }
}

/// The cascades of a relationship.
#[derive(Default)]
struct Followers {
    /// The kinds of cascades that the contract has, by its names.
    kinds: Vec<&'static str>,
    merge: bool,
    expunge: bool,
    refresh_expire: bool,
}

impl<'a> Relation<'a> {
    /// The relationship of a field whose type is `Many` or `One`; nothing where the field is a column.
    pub fn read(ident: &'a Ident, vis: &'a Visibility, ty: &'a Type, attributes: &[Attribute]) -> Option<Result<Self>> {
        let Type::Path(path) = ty else { return None };
        let last = path.path.segments.last()?;
        let is_many = match last.ident.to_string().as_str() {
            "Many" => true,
            "One" => false,
            _ => return None,
        };
        let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
        let Some(GenericArgument::Type(target)) = arguments.args.first() else { return None };
        Some(About::read(attributes).and_then(|about| {
            about.cascades()?;
            if let (Some(span), true) = (about.post_update, is_many && about.through.is_some()) {
                return Err(Error::new(span, "rows between two tables need no update after the inserts"));
            }
            Ok(Self { ident, vis, ty, target, is_many, about })
        }))
    }

    fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// Generates the constant of the relationship, such as `User::DEVICES`.
    pub fn constant(&self, owner: &Ident, position: usize) -> TokenStream {
        let Self { vis, target, .. } = self;
        let name = format_ident!("{}", self.name().to_uppercase(), span = self.ident.span());
        let (field, doc) = (self.name(), format!("The relationship `{}`.", self.name()));
        quote! {
            #[doc = #doc]
            #vis const #name: ::sqlservice_sdk::Relation<#owner, #target> =
                ::sqlservice_sdk::Relation::new(#field, #position);
        }
    }

    /// Generates the declaration of the relationship.
    pub fn declaration(&self) -> Result<TokenStream> {
        let Self { target, is_many, about, .. } = self;
        let name = self.name();
        let list = |text: &Option<LitStr>| -> Vec<String> {
            let text = text.as_ref().map(LitStr::value).unwrap_or_default();
            text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        let (foreign_key, order_by) = (list(&about.foreign_key), list(&about.order_by));
        let foreign_key =
            if foreign_key.is_empty() { quote!(None) } else { quote!(Some(::std::vec![#(#foreign_key.to_owned()),*])) };
        let (through, between) = match &about.through {
            Some(through) => (
                quote!(Some(<#through as ::sqlservice_sdk::Model>::TABLE.to_owned())),
                quote!(Some(<#through as ::sqlservice_sdk::Model>::table)),
            ),
            None => (quote!(None), quote!(None)),
        };
        let Followers { kinds, merge, expunge, refresh_expire } = about.cascades()?;
        let cascades = kinds.into_iter().map(|kind| format_ident!("{kind}"));
        let passive_updates = about.passive_updates.as_ref().is_none_or(|passive| passive.value);
        let (passive, post) = (about.passive_deletes.is_some(), about.post_update.is_some());
        Ok(quote! {
            it::relation::<#target>(
                it::Relationship {
                    name: #name.to_owned(),
                    owner: <Self as ::sqlservice_sdk::Model>::TABLE.to_owned(),
                    target: <#target as ::sqlservice_sdk::Model>::TABLE.to_owned(),
                    foreign_key: #foreign_key,
                    through: #through,
                    collection: #is_many,
                    cascade: ::std::vec![#(it::CascadeKind::#cascades),*],
                    passive_deletes: #passive,
                    post_update: #post,
                    order_by: ::std::vec![#(#order_by.to_owned()),*],
                },
                #between,
                #name,
                it::Cascades { merge: #merge, expunge: #expunge, refresh_expire: #refresh_expire },
                #passive_updates,
            )
        })
    }
}
