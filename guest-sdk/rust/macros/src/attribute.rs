//! Parses `#[model(…)]` on the struct and on its fields.

use proc_macro2::Span;
use syn::{
    Attribute, Error, Ident, Lit, LitInt, LitStr, Result, Token, UnOp, ext::IdentExt, meta::ParseNestedMeta,
    parenthesized, parse::ParseStream, punctuated::Punctuated, spanned::Spanned,
};

use crate::check;

/// The keywords of a struct's attribute.
const TABLE_WORDS: &[&str] = &["table", "schema", "comment", "index", "unique", "foreign_key", "events"];
/// The keywords of a field's attribute.
const FIELD_WORDS: &[&str] = &[
    "primary_key",
    "generated",
    "unique",
    "index",
    "column",
    "length",
    "precision",
    "scale",
    "default",
    "on_update",
    "comment",
    "foreign_key",
    "on_delete",
    "version",
];

/// The attribute of a struct, about its table.
#[derive(Default)]
pub struct TableAttribute {
    pub table: Option<LitStr>,
    pub schema: Option<LitStr>,
    pub comment: Option<LitStr>,
    pub indexes: Vec<IndexAttribute>,
    pub foreign_keys: Vec<CompositeKey>,
    pub events: Option<Span>,
}

/// An index or a unique constraint of several columns.
pub struct IndexAttribute {
    pub name: Option<LitStr>,
    pub columns: Vec<Ident>,
    pub unique: bool,
}

/// A foreign key of several columns.
pub struct CompositeKey {
    pub span: Span,
    pub name: Option<LitStr>,
    pub columns: Vec<Ident>,
    pub refers: Option<LitStr>,
    pub on_delete: Option<LitStr>,
    pub on_update: Option<LitStr>,
}

/// The attribute of a field, about its column.
#[derive(Default)]
pub struct FieldAttribute {
    pub primary_key: Option<Span>,
    pub generated: Option<Span>,
    pub version: Option<Span>,
    pub unique: bool,
    pub index: bool,
    pub column: Option<LitStr>,
    pub length: Option<LitInt>,
    pub precision: Option<LitInt>,
    pub scale: Option<LitInt>,
    pub default: Option<Default_>,
    pub on_update_now: Option<Span>,
    pub comment: Option<LitStr>,
    pub foreign_key: Option<LitStr>,
    pub on_delete: Option<LitStr>,
    pub on_update: Option<LitStr>,
}

/// A column's default.
pub enum Default_ {
    Now(Span),
    Boolean(bool, Span),
    Integer(String, Span),
    Float(String, Span),
    Text(LitStr),
}

impl TableAttribute {
    pub fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut table = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("model")) {
            attribute.parse_nested_meta(|meta| table.word(&meta))?;
        }
        Ok(table)
    }

    fn word(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        match word(meta).as_str() {
            "table" => text(meta, &mut self.table),
            "schema" => text(meta, &mut self.schema),
            "comment" => text(meta, &mut self.comment),
            "events" => flag(meta, &mut self.events),
            unique @ ("index" | "unique") => {
                let mut index = IndexAttribute { name: None, columns: Vec::new(), unique: unique == "unique" };
                meta.parse_nested_meta(|inner| match word(&inner).as_str() {
                    "name" => text(&inner, &mut index.name),
                    "columns" => columns(inner.input, &mut index.columns),
                    other => Err(check::unknown(inner.path.span(), other, &["name", "columns"])),
                })?;
                let missing = index.columns.is_empty();
                self.indexes.push(index);
                if missing { Err(meta.error("say which columns: columns(a, b)")) } else { Ok(()) }
            }
            "foreign_key" => {
                self.foreign_keys.push(CompositeKey::read(meta)?);
                Ok(())
            }
            other => Err(check::unknown(meta.path.span(), other, TABLE_WORDS)),
        }
    }
}

impl CompositeKey {
    fn read(meta: &ParseNestedMeta<'_>) -> Result<Self> {
        let (span, columns_of_it) = (meta.path.span(), Vec::new());
        let mut key = Self { span, name: None, columns: columns_of_it, refers: None, on_delete: None, on_update: None };
        meta.parse_nested_meta(|inner| match word(&inner).as_str() {
            "name" => text(&inner, &mut key.name),
            "columns" => columns(inner.input, &mut key.columns),
            "refers" => text(&inner, &mut key.refers),
            "on_delete" => text(&inner, &mut key.on_delete),
            "on_update" => text(&inner, &mut key.on_update),
            other => {
                let words = ["name", "columns", "refers", "on_delete", "on_update"];
                Err(check::unknown(inner.path.span(), other, &words))
            }
        })?;
        if key.columns.is_empty() || key.refers.is_none() {
            return Err(meta.error("a foreign key of the struct has columns(a, b) and refers = \"table(a, b)\""));
        }
        Ok(key)
    }
}

impl FieldAttribute {
    pub fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut field = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("model")) {
            attribute.parse_nested_meta(|meta| field.word(&meta))?;
        }
        Ok(field)
    }

    fn word(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        match word(meta).as_str() {
            "primary_key" => flag(meta, &mut self.primary_key),
            "generated" => flag(meta, &mut self.generated),
            "version" => flag(meta, &mut self.version),
            "unique" => once(meta, &mut self.unique),
            "index" => once(meta, &mut self.index),
            "column" => text(meta, &mut self.column),
            "comment" => text(meta, &mut self.comment),
            "foreign_key" => text(meta, &mut self.foreign_key),
            "on_delete" => text(meta, &mut self.on_delete),
            "length" => number(meta, &mut self.length),
            "precision" => number(meta, &mut self.precision),
            "scale" => number(meta, &mut self.scale),
            "default" => put(meta, &mut self.default, Default_::read),
            "on_update" => self.on_update(meta),
            other => Err(check::unknown(meta.path.span(), other, FIELD_WORDS)),
        }
    }

    /// `on_update = now` is about the column, `on_update = "cascade"` about its foreign key.
    fn on_update(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let value = meta.value()?;
        if value.peek(LitStr) {
            return match self.on_update.replace(value.parse()?) {
                Some(_) => Err(meta.error("given twice")),
                None => Ok(()),
            };
        }
        let now = value.parse::<Ident>()?;
        if now != "now" {
            return Err(Error::new(now.span(), "expected now, or the foreign key's action as in \"cascade\""));
        }
        self.on_update_now = Some(now.span());
        Ok(())
    }
}

impl Default_ {
    fn read(input: ParseStream<'_>) -> Result<Self> {
        let expected = "expected a boolean, a number, a text or now";
        if input.peek(Ident) && !input.peek(syn::LitBool) {
            let now = input.parse::<Ident>()?;
            return if now == "now" { Ok(Self::Now(now.span())) } else { Err(Error::new(now.span(), expected)) };
        }
        let minus = if input.peek(Token![-]) {
            input.parse::<UnOp>()?;
            "-"
        } else {
            ""
        };
        match input.parse::<Lit>()? {
            Lit::Bool(value) if minus.is_empty() => Ok(Self::Boolean(value.value, value.span())),
            Lit::Int(value) => Ok(Self::Integer(format!("{minus}{}", value.base10_digits()), value.span())),
            Lit::Float(value) => Ok(Self::Float(format!("{minus}{}", value.base10_digits()), value.span())),
            Lit::Str(value) if minus.is_empty() => Ok(Self::Text(value)),
            other => Err(Error::new(other.span(), expected)),
        }
    }
}

pub(crate) fn word(meta: &ParseNestedMeta<'_>) -> String {
    meta.path.get_ident().map(|ident| ident.unraw().to_string()).unwrap_or_default()
}

pub(crate) fn flag(meta: &ParseNestedMeta<'_>, slot: &mut Option<Span>) -> Result<()> {
    if slot.replace(meta.path.span()).is_some() { Err(meta.error("given twice")) } else { Ok(()) }
}

fn once(meta: &ParseNestedMeta<'_>, slot: &mut bool) -> Result<()> {
    if std::mem::replace(slot, true) { Err(meta.error("given twice")) } else { Ok(()) }
}

pub(crate) fn put<T>(
    meta: &ParseNestedMeta<'_>,
    slot: &mut Option<T>,
    read: impl FnOnce(ParseStream<'_>) -> Result<T>,
) -> Result<()> {
    let value = read(meta.value()?)?;
    if slot.replace(value).is_some() { Err(meta.error("given twice")) } else { Ok(()) }
}

pub(crate) fn text(meta: &ParseNestedMeta<'_>, slot: &mut Option<LitStr>) -> Result<()> {
    put(meta, slot, |input| {
        let text = input.parse::<LitStr>()?;
        if text.value().is_empty() { Err(Error::new(text.span(), "an empty text")) } else { Ok(text) }
    })
}

fn number(meta: &ParseNestedMeta<'_>, slot: &mut Option<LitInt>) -> Result<()> {
    put(meta, slot, |input| {
        let number = input.parse::<LitInt>()?;
        number.base10_parse::<u32>()?;
        Ok(number)
    })
}

fn columns(input: ParseStream<'_>, slot: &mut Vec<Ident>) -> Result<()> {
    let list;
    parenthesized!(list in input);
    slot.extend(Punctuated::<Ident, Token![,]>::parse_terminated_with(&list, Ident::parse_any)?);
    Ok(())
}
