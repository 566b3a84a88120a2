//! `#[derive(Model)]`. The file is long because all code that the derive generates for a struct is kept together.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, Ident, LitStr, Result, ext::IdentExt, spanned::Spanned};

use crate::{
    attribute::{CompositeKey, FieldAttribute, IndexAttribute, TableAttribute},
    check::{self, Errors},
    field::Field,
    relation::Relation,
};

/// A struct that derives `Model`.
struct Model<'a> {
    ident: &'a Ident,
    table: String,
    about: TableAttribute,
    fields: Vec<Field<'a>>,
    relations: Vec<Relation<'a>>,
}

pub fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let model = Model::read(input)?;
    let (consts, checks, body) = (model.consts(), model.checks(), model.implementation()?);
    Ok(quote! {
        #consts
        #checks
        #body
    })
}

impl<'a> Model<'a> {
    fn read(input: &'a DeriveInput) -> Result<Self> {
        let shape = "a model is a struct with named fields, one a column";
        let Data::Struct(data) = &input.data else { return Err(Error::new(input.ident.span(), shape)) };
        let Fields::Named(named) = &data.fields else { return Err(Error::new(input.ident.span(), shape)) };
        if !input.generics.params.is_empty() {
            return Err(Error::new(input.generics.span(), "a model has no parameters: a table has fixed columns"));
        }
        let about = TableAttribute::read(&input.attrs)?;
        let mut errors = Errors::default();
        let (mut fields, mut relations) = (Vec::new(), Vec::new());
        for field in &named.named {
            let relation = field.ident.as_ref().map(|ident| Relation::read(ident, &field.vis, &field.ty, &field.attrs));
            if let Some(relation) = relation.flatten() {
                relations.extend(errors.keep(relation));
                continue;
            }
            let (Some(ident), Some(about)) = (&field.ident, errors.keep(FieldAttribute::read(&field.attrs))) else {
                continue;
            };
            let column = about.column.as_ref().map_or_else(|| ident.unraw().to_string(), LitStr::value);
            fields.push(Field { ident, vis: &field.vis, ty: &field.ty, column, about });
        }
        let table =
            about.table.as_ref().map_or_else(|| check::snake_case(&input.ident.unraw().to_string()), LitStr::value);
        let model = Self { ident: &input.ident, table, about, fields, relations };
        if errors.is_empty() {
            model.check(&mut errors);
        }
        errors.finish(model)
    }

    fn check(&self, errors: &mut Errors) {
        self.check_keys(errors);
        for (at, field) in self.fields.iter().enumerate() {
            if self.fields[..at].iter().any(|before| before.column == field.column) {
                errors.add(Error::new(field.ident.span(), format!("there are two columns named `{}`", field.column)));
            }
            field.check(errors);
        }
        let of_indexes = self.about.indexes.iter().flat_map(|index| &index.columns);
        let of_keys = self.about.foreign_keys.iter().flat_map(|key| &key.columns);
        for name in of_indexes.chain(of_keys) {
            errors.keep(self.column_of(name));
        }
        for name in self.about.foreign_keys.iter().flat_map(|key| &key.columns) {
            let is_it = |field: &&Field<'_>| field.ident.unraw() == name.unraw();
            if self.fields.iter().find(is_it).is_some_and(|field| field.deferred().is_some()) {
                errors.add(Error::new(
                    name.span(),
                    "a session needs the keys of every object: write its type without Deferred",
                ));
            }
        }
        for key in &self.about.foreign_keys {
            if let Some(refers) = &key.refers {
                errors.keep(check::references(refers, key.columns.len()));
            }
        }
    }

    fn check_keys(&self, errors: &mut Errors) {
        let keys = self.fields.iter().filter(|field| field.about.primary_key.is_some()).count();
        if keys == 0 {
            let message = "a model needs a primary key: mark one field or several with #[model(primary_key)]";
            errors.add(Error::new(self.ident.span(), message));
        }
        let mut generated = self.fields.iter().filter_map(|field| Some((field, field.about.generated?)));
        if let Some((field, span)) = generated.next() {
            if field.about.primary_key.is_none() {
                errors.add(Error::new(span, "only a primary key can be generated: #[model(primary_key, generated)]"));
            } else if keys > 1 {
                errors.add(Error::new(span, "a generated key must be the only column of its primary key"));
            }
        }
        for (_, span) in generated {
            errors.add(Error::new(span, "a table generates at most one key"));
        }
        for span in self.fields.iter().filter_map(|field| field.about.version).skip(1) {
            errors.add(Error::new(span, "a table has at most one column of versions"));
        }
    }

    /// The column that a field's name or the column's own name refers to.
    fn column_of(&self, name: &Ident) -> Result<&str> {
        let text = name.unraw().to_string();
        let named = |field: &&Field<'_>| field.ident.unraw() == text || field.column == text;
        match self.fields.iter().find(named) {
            Some(field) => Ok(&field.column),
            None => {
                let known = self.fields.iter().map(|field| field.ident.unraw().to_string());
                let near = known.map(|known| (check::distance(&text, &known), known)).min();
                let hint =
                    near.filter(|(distance, _)| *distance <= 2).map(|(_, known)| format!("; did you mean `{known}`?"));
                Err(Error::new(name.span(), format!("there is no field `{text}`{}", hint.unwrap_or_default())))
            }
        }
    }

    /// Generates the constants of columns and relationships, such as `User::NAME`.
    fn consts(&self) -> TokenStream {
        let ident = self.ident;
        let consts = self.fields.iter().map(|field| {
            let Field { vis, column, .. } = field;
            // In statements, a deferred column is like any other column.
            let ty = field.deferred().unwrap_or(field.ty);
            let name = format_ident!("{}", field.ident.unraw().to_string().to_uppercase(), span = field.ident.span());
            let doc = format!("The column `{column}`.");
            quote! {
                #[doc = #doc]
                #vis const #name: ::sqlservice_sdk::Column<#ident, #ty> = ::sqlservice_sdk::Column::new(#column);
            }
        });
        let relations = self.relations.iter().enumerate().map(|(at, relation)| relation.constant(ident, at));
        quote! {
            #[allow(dead_code, reason = "a plugin need not name every column")]
            impl #ident { #(#consts)* #(#relations)* }
        }
    }

    /// Generates the checks that need the fields' types.
    fn checks(&self) -> TokenStream {
        let checks = self.fields.iter().map(Field::checks);
        quote! { const _: () = { #(#checks)* }; }
    }

    fn implementation(&self) -> Result<TokenStream> {
        let (rows, table) = (self.rows(), self.table()?);
        Ok(quote! {
            #table
            #rows
        })
    }

    fn table(&self) -> Result<TokenStream> {
        let (ident, table) = (self.ident, &self.table);
        let schema = self.about.schema.as_ref().map_or_else(|| quote!(None), |schema| quote!(Some(#schema)));
        let to_values = self.fields.iter().map(|field| {
            let ident = field.ident;
            field.of_type(&quote!(to_value), &quote!(&self.#ident))
        });
        let columns: Vec<_> = self.fields.iter().map(|field| &field.column).collect();
        let field_names = self.fields.iter().map(|field| field.ident.unraw().to_string());
        let keys = self.fields.iter().filter(|field| field.about.primary_key.is_some());
        let key_names = keys.map(|field| &field.column);
        let key_at =
            self.fields.iter().enumerate().filter(|(_, field)| field.about.primary_key.is_some()).map(|(at, _)| at);
        let generated = self.fields.iter().position(|field| field.about.generated.is_some());
        let (position, wants) = match generated {
            Some(at) => {
                let (field, key) = (&self.fields[at], self.fields[at].ident);
                (quote!(Some(#at)), field.of_type(&quote!(is_zero), &quote!(&self.#key)))
            }
            None => (quote!(None), quote!(false)),
        };
        let version = match self.fields.iter().position(|field| field.about.version.is_some()) {
            Some(at) => quote!(Some(#at)),
            None => quote!(None),
        };
        let deferred: Vec<usize> =
            self.fields.iter().enumerate().filter(|(_, field)| field.deferred().is_some()).map(|(at, _)| at).collect();
        let deferred = if deferred.is_empty() { TokenStream::new() } else { self.deferred(&deferred) };
        let (declaration, cells, related) = (self.declaration()?, self.cells(), self.related()?);
        Ok(quote! {
            impl ::sqlservice_sdk::Model for #ident {
                const TABLE: &'static str = #table;
                const SCHEMA: Option<&'static str> = #schema;
                const COLUMNS: &'static [&'static str] = &[#(#columns),*];
                const KEY: &'static [&'static str] = &[#(#key_names),*];
                const GENERATED: Option<usize> = #position;
                const VERSION: Option<usize> = #version;
                const KEY_AT: &'static [usize] = &[#(#key_at),*];
                const FIELDS: &'static [&'static str] = &[#(#field_names),*];

                #[allow(unused_mut, reason = "a plain column is not changed")]
                fn table() -> ::sqlservice_sdk::__private::Table { #declaration }

                fn to_values(&self) -> ::std::vec::Vec<::sqlservice_sdk::Value> {
                    ::std::vec![#(#to_values),*]
                }

                fn wants_key(&self) -> bool { #wants }

                #deferred
                #cells
                #related
            }
        })
    }

    /// Generates the list of deferred columns, and the test whether one is loaded.
    fn deferred(&self, positions: &[usize]) -> TokenStream {
        let arms = positions.iter().map(|&at| {
            let ident = self.fields[at].ident;
            let has = self.fields[at].of_type(&quote!(has_value), &quote!(&self.#ident));
            quote!(#at => #has,)
        });
        quote! {
            const DEFERRED: &'static [usize] = &[#(#positions),*];

            fn has_column(&self, column: usize) -> bool {
                match column { #(#arms)* _ => true }
            }
        }
    }

    /// Generates the functions that access one column by its position.
    fn cells(&self) -> TokenStream {
        let each = |arm: &dyn Fn(&Field<'_>) -> TokenStream| {
            let arms = self.fields.iter().enumerate().map(|(at, field)| {
                let arm = arm(field);
                quote!(#at => #arm,)
            });
            quote!(#(#arms)*)
        };
        let encode = each(&|field| {
            let Field { ident, column, .. } = field;
            let check = field.of_type(&quote!(check), &quote!(rows.iter().map(|row| &row.#ident), #column));
            let encode = field.of_type(&quote!(encode), &quote!(&mut rows.iter().map(|row| &row.#ident)));
            quote!({ #check?; Ok(#encode) })
        });
        let value = each(&|field| {
            let ident = field.ident;
            field.of_type(&quote!(to_value), &quote!(&self.#ident))
        });
        let same = each(&|field| {
            let ident = field.ident;
            field.of_type(&quote!(same), &quote!(&self.#ident, &other.#ident))
        });
        let copy = each(&|field| {
            let ident = field.ident;
            field.of_type(&quote!(copy), &quote!(&mut self.#ident, &other.#ident))
        });
        let assign = each(&|field| {
            let Field { ident, column, .. } = field;
            let value = field.of_type(&quote!(from_value), &quote!(value, #column));
            quote!(self.#ident = #value?)
        });
        quote! {
            fn encode_column(
                rows: &[&Self],
                column: usize,
            ) -> ::sqlservice_sdk::Result<::sqlservice_sdk::__private::ColumnData> {
                match column { #encode _ => Err(::sqlservice_sdk::__private::no_column(column)) }
            }

            fn column_value(&self, column: usize) -> ::sqlservice_sdk::Value {
                match column { #value _ => ::sqlservice_sdk::__private::null() }
            }

            fn same_column(&self, other: &Self, column: usize) -> bool {
                match column { #same _ => true }
            }

            fn copy_column(&mut self, other: &Self, column: usize) {
                match column { #copy _ => {} }
            }

            fn set_column(&mut self, column: usize, value: ::sqlservice_sdk::Value) -> ::sqlservice_sdk::Result<()> {
                match column { #assign _ => return Err(::sqlservice_sdk::__private::no_column(column)) }
                Ok(())
            }
        }
    }

    /// Generates the access to relationships and the event hooks.
    fn related(&self) -> Result<TokenStream> {
        let declared = self.relations.iter().map(Relation::declaration).collect::<Result<Vec<_>>>()?;
        let arms = |borrow: &TokenStream| {
            let arms = self.relations.iter().enumerate().map(|(at, relation)| {
                let ident = relation.ident;
                quote!(#at => Some(#borrow self.#ident),)
            });
            quote!(#(#arms)*)
        };
        let (relation, relation_mut) = (arms(&quote!(&)), arms(&quote!(&mut)));
        let relations = if declared.is_empty() {
            TokenStream::new()
        } else {
            quote! {
                fn relations() -> ::std::vec::Vec<::sqlservice_sdk::__private::RelationshipDeclaration> {
                    use ::sqlservice_sdk::__private as it;
                    ::std::vec![#(#declared),*]
                }

                fn relation(&self, at: usize) -> Option<&dyn ::sqlservice_sdk::__private::AnyRelation> {
                    match at { #relation _ => None }
                }

                fn relation_mut(&mut self, at: usize) -> Option<&mut dyn ::sqlservice_sdk::__private::AnyRelation> {
                    match at { #relation_mut _ => None }
                }
            }
        };
        let events = self.about.events.map(|_| {
            quote! {
                const HOOKS: Option<&'static dyn ::core::any::Any> = Some(
                    &(::sqlservice_sdk::__private::dispatch::<Self> as ::sqlservice_sdk::__private::Dispatch),
                );

                fn fire_set(&mut self, column: &'static str) {
                    <Self as ::sqlservice_sdk::Events>::on_set(self, column);
                }

                fn fire_load(&mut self) {
                    <Self as ::sqlservice_sdk::Events>::on_load(self);
                }
            }
        });
        Ok(quote!(#relations #events))
    }

    /// Generates the decoding of rows.
    fn rows(&self) -> TokenStream {
        let ident = self.ident;
        let idents = self.fields.iter().map(|field| field.ident);
        let columns = self.fields.iter().map(|field| &field.column);
        // Not the fields' own names: a field may be called `columns`, `rows` or `count`.
        let cells: Vec<_> = (0..self.fields.len()).map(|at| format_ident!("cell_{at}")).collect();
        let is_key = |(field, _): &(&Field<'_>, &Ident)| field.about.primary_key.is_some();
        let keys = self.fields.iter().zip(&cells).filter(is_key).map(|(_, cell)| cell);
        let read = self.fields.iter().map(|field| field.of_type(&quote!(read), &quote!(columns)));
        let read_outer = self.fields.iter().map(|field| field.of_type(&quote!(read_outer), &quote!(columns)));
        let found = self.fields.iter().zip(&cells).map(|(field, cell)| {
            let Field { ident, column, .. } = field;
            let found = field.of_type(&quote!(found), &quote!(#cell, #column));
            quote!(#ident: #found?)
        });
        let unloaded: Vec<_> = (self.relations.iter())
            .map(|relation| {
                let (ident, ty, name) = (relation.ident, relation.ty, relation.ident.unraw().to_string());
                quote!(#ident: <#ty>::unloaded(#name))
            })
            .collect();
        quote! {
            impl ::sqlservice_sdk::FromRow for #ident {
                const NAMES: Option<&'static [&'static str]> = Some(&[#(#columns),*]);

                fn decode(
                    columns: &mut ::sqlservice_sdk::__private::Columns<'_>,
                ) -> ::sqlservice_sdk::Result<::std::vec::Vec<Self>> {
                    let count = columns.rows();
                    #(let mut #cells = #read?;)*
                    let mut rows = ::std::vec::Vec::with_capacity(count);
                    // Each column was checked to have a cell for each row.
                    while let (#(Some(#cells),)*) = (#(#cells.next(),)*) {
                        rows.push(Self { #(#idents: #cells,)* #(#unloaded,)* });
                    }
                    Ok(rows)
                }

                fn decode_outer(
                    columns: &mut ::sqlservice_sdk::__private::Columns<'_>,
                ) -> ::sqlservice_sdk::Result<::std::vec::Vec<Option<Self>>> {
                    let count = columns.rows();
                    #(let mut #cells = #read_outer?;)*
                    let mut rows = ::std::vec::Vec::with_capacity(count);
                    for _ in 0..count {
                        #(let #cells = ::sqlservice_sdk::__private::next_cell(&mut #cells)?;)*
                        // A row without its key is none: the outer join matched no row.
                        rows.push(if true #(&& #keys.is_none())* {
                            None
                        } else {
                            Some(Self { #(#found,)* #(#unloaded,)* })
                        });
                    }
                    Ok(rows)
                }
            }
        }
    }

    /// The body of `table()`.
    fn declaration(&self) -> Result<TokenStream> {
        let table = &self.table;
        let mut parts = TokenStream::new();
        if let Some(schema) = &self.about.schema {
            parts.extend(quote!(table.schema = Some(#schema.to_owned());));
        }
        if let Some(comment) = &self.about.comment {
            parts.extend(quote!(table.comment = Some(#comment.to_owned());));
        }
        for field in &self.fields {
            parts.extend(field.declaration()?);
        }
        if let Some(field) = self.fields.iter().find(|field| field.about.version.is_some()) {
            let column = &field.column;
            parts.extend(quote!(table.version_column = Some(#column.to_owned());));
        }
        for index in &self.about.indexes {
            parts.extend(self.index(index)?);
        }
        for key in &self.about.foreign_keys {
            parts.extend(self.foreign_key(key)?);
        }
        Ok(quote! {
            use ::sqlservice_sdk::__private as it;
            let mut table = it::table(#table);
            #parts
            table
        })
    }

    fn index(&self, index: &IndexAttribute) -> Result<TokenStream> {
        let columns = index.columns.iter().map(|name| self.column_of(name)).collect::<Result<Vec<_>>>()?;
        let (unique, name) = (index.unique, option(index.name.as_ref()));
        let list = if unique { quote!(uniques) } else { quote!(indexes) };
        Ok(quote!(table.#list.push(it::Index { name: #name, ..it::index(&[#(#columns),*], #unique) });))
    }

    fn foreign_key(&self, key: &CompositeKey) -> Result<TokenStream> {
        let columns = key.columns.iter().map(|name| self.column_of(name)).collect::<Result<Vec<_>>>()?;
        let refers = key.refers.as_ref().ok_or_else(|| Error::new(key.span, "it refers to nothing"))?;
        let (schema, table, referred) = check::references(refers, columns.len())?;
        let (on_delete, on_update) = (check::action(key.on_delete.as_ref())?, check::action(key.on_update.as_ref())?);
        let (name, schema) = (option(key.name.as_ref()), option(schema.as_ref()));
        Ok(quote! {
            table.foreign_keys.push(it::ForeignKey {
                name: #name,
                columns: ::std::vec![#(#columns.to_owned()),*],
                table: #table.to_owned(),
                schema: #schema,
                referred: ::std::vec![#(#referred.to_owned()),*],
                on_delete: #on_delete,
                on_update: #on_update,
            });
        })
    }
}

pub fn option(text: Option<&impl quote::ToTokens>) -> TokenStream {
    text.map_or_else(|| quote!(None), |text| quote!(Some(#text.to_owned())))
}
