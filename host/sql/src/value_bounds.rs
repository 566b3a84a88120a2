//! Checks whether a value fits the column that it is assigned to, before anything is sent.
//!
//! Databases differ in how they treat a value that exceeds its column: one refuses it, one truncates it, one stores it. So
//! only values that all databases store alike are accepted, and the others are refused with the column's name.

use std::sync::Arc;

use crate::{
    Error, Result,
    schema::{Column, ColumnType, TypeKind},
    value::{ScalarRef, ValueRef},
};

/// The bounds of a column's values.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueBounds {
    column: String,
    ty: ColumnType,
}

impl ValueBounds {
    /// Returns the bounds of a column; `None` if it holds every value of its kind.
    pub(crate) fn of(column: &Column) -> Option<Arc<Self>> {
        let ty = &column.ty;
        let bounded = match ty.kind {
            TypeKind::Int16 | TypeKind::Int32 | TypeKind::Uint64 | TypeKind::Decimal | TypeKind::Json => true,
            TypeKind::Varchar | TypeKind::Bytes => ty.length.is_some(),
            TypeKind::Enumeration => !ty.labels.is_empty(),
            _ => false,
        };
        bounded.then(|| Arc::new(Self { column: column.name.clone(), ty: ty.clone() }))
    }

    /// Refuses a value that exceeds the bounds. A value of another kind is left to the database.
    pub fn check(&self, value: ValueRef<'_>) -> Result<()> {
        let ValueRef::Scalar(scalar) = value else { return Ok(()) };
        match self.violation(scalar) {
            None => Ok(()),
            Some(got) => {
                Err(Error::TypeMismatch { column: self.column.clone(), expected: self.expected(), got: got.to_owned() })
            }
        }
    }

    fn violation(&self, scalar: ScalarRef<'_>) -> Option<&'static str> {
        let length = self.ty.length.unwrap_or(u32::MAX) as usize;
        match (self.ty.kind, scalar) {
            (TypeKind::Int16, ScalarRef::Integer(n)) => i16::try_from(n).err().map(|_| "a greater integer"),
            (TypeKind::Int16, ScalarRef::Unsigned(n)) => i16::try_from(n).err().map(|_| "a greater integer"),
            (TypeKind::Int32, ScalarRef::Integer(n)) => i32::try_from(n).err().map(|_| "a greater integer"),
            (TypeKind::Int32, ScalarRef::Unsigned(n)) => i32::try_from(n).err().map(|_| "a greater integer"),
            (TypeKind::Uint64, ScalarRef::Integer(n)) => (n < 0).then_some("a negative integer"),
            (TypeKind::Decimal, ScalarRef::Decimal(text)) => self.decimal(text),
            (TypeKind::Json, ScalarRef::Json(text) | ScalarRef::Text(text)) => json(text),
            // A text has never more characters than bytes.
            (TypeKind::Varchar, ScalarRef::Text(text)) => {
                (text.len() > length && text.chars().count() > length).then_some("a longer text")
            }
            (TypeKind::Bytes, ScalarRef::Bytes(bytes)) => (bytes.len() > length).then_some("more bytes"),
            (TypeKind::Enumeration, ScalarRef::Text(text)) => {
                (!self.ty.labels.iter().any(|label| label == text)).then_some("a text that is no label")
            }
            _ => None,
        }
    }

    /// Checks a decimal. Zeros at either end are not digits that could be lost.
    fn decimal(&self, text: &str) -> Option<&'static str> {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_decimal = !(whole.is_empty() && fraction.is_empty())
            && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
        if !is_decimal {
            return Some("a text that is no decimal");
        }
        let (precision, scale) = (self.ty.precision.unwrap_or(u32::MAX), self.ty.scale.unwrap_or(0));
        if whole.trim_start_matches('0').len() > precision.saturating_sub(scale) as usize {
            return Some("more digits before the point");
        }
        (fraction.trim_end_matches('0').len() > scale as usize).then_some("more digits after the point")
    }

    fn expected(&self) -> String {
        let kind = format!("{:?}", self.ty.kind).to_lowercase();
        match (&self.ty.length, &self.ty.precision) {
            (Some(length), _) => format!("{kind}({length})"),
            (_, Some(precision)) => format!("{kind}({precision}, {})", self.ty.scale.unwrap_or(0)),
            _ if !self.ty.labels.is_empty() => format!("one of {} labels", self.ty.labels.len()),
            _ => kind,
        }
    }
}

/// Checks a JSON document, as databases differ in the documents that they refuse. The parser stores nothing and does not
/// recurse, whatever a guest sends.
fn json(text: &str) -> Option<&'static str> {
    serde_json::from_str::<serde::de::IgnoredAny>(text).err().map(|_| "a text that is no JSON document")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Scalar, Value};

    fn fits(ty: &ColumnType, scalar: Scalar) -> bool {
        let bounds = ValueBounds { column: "c".into(), ty: ty.clone() };
        bounds.check(Value::from(scalar).borrow()).is_ok()
    }

    #[test]
    fn e01_decimals_have_so_many_digits_on_either_side() {
        let ty = ColumnType { precision: Some(5), scale: Some(3), ..TypeKind::Decimal.into() };
        for text in ["0", "-99.999", "00012.5000", "+1.", ".5", "0.001"] {
            assert!(fits(&ty, Scalar::Decimal(text.into())), "{text}");
        }
        for text in ["100", "0.0001", "1e3", "", "-", ".", "1.2.3", "NaN", "1e1000000", "١"] {
            assert!(!fits(&ty, Scalar::Decimal(text.into())), "{text}");
        }
        let Err(Error::TypeMismatch { column, expected, got }) =
            ValueBounds { column: "price".into(), ty }.check(ValueRef::Scalar(ScalarRef::Decimal("0.0001")))
        else {
            panic!("it fits");
        };
        let told = ["price", "decimal(5, 3)", "more digits after the point"];
        assert_eq!([column.as_str(), expected.as_str(), got.as_str()], told);
    }

    #[test]
    fn e04_documents_are_json() {
        let ty = TypeKind::Json.into();
        for text in ["null", "0", " [1, {\"a\": -1.5e300}] ", "\"\\u0000\"", &"[".repeat(100_000)] {
            assert_eq!(fits(&ty, Scalar::Json(text.into())), text.len() < 100, "{:.20}", text);
        }
        assert!(fits(&ty, Scalar::Json(format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)))));
        for text in ["", "{", "nul", "[1,]", "01", "NaN", "'a'", "1 2", "\"\u{1}\""] {
            assert!(!fits(&ty, Scalar::Json(text.into())), "{text}");
        }
    }

    #[test]
    fn texts_bytes_labels_and_integers_have_their_room() {
        let varchar = ColumnType { length: Some(2), ..TypeKind::Varchar.into() };
        assert!(fits(&varchar, Scalar::Text("🐋é".into())) && !fits(&varchar, Scalar::Text("ab ".into())));
        let bytes = ColumnType { length: Some(2), ..TypeKind::Bytes.into() };
        assert!(fits(&bytes, Scalar::Bytes(vec![0, 0])) && !fits(&bytes, Scalar::Bytes(vec![0; 3])));
        let labels = ColumnType { labels: vec!["a%".into()], ..TypeKind::Enumeration.into() };
        assert!(fits(&labels, Scalar::Text("a%".into())) && !fits(&labels, Scalar::Text("A%".into())));
        let small = TypeKind::Int16.into();
        assert!(fits(&small, Scalar::Integer(-32_768)) && !fits(&small, Scalar::Integer(32_768)));
        assert!(!fits(&TypeKind::Uint64.into(), Scalar::Integer(-1)));
        assert!(fits(&small, Scalar::Null) && fits(&small, Scalar::Text("1".into())));
    }
}
