//! Temporary values of a column, while its row's own value moves to another row.
//!
//! They are derived from the row's key, so that the same flush has the same statements. Rows that a flush does not change
//! are unknown to the host: if the type has enough values, a spare value is one of so many that none of these rows should have it.

use crate::{
    Scalar, Value,
    schema::{Column, DefaultValue, TypeKind},
    value::Interval,
};

/// The days from 1970 to about the year 8000, which few rows contain.
const FAR: i64 = 2_202_000;
/// The number of days from there on.
const DAYS: u64 = 700_000;
const DAY: u64 = 86_400_000_000;

/// Derives a value of a column's type from a number; `None` if the type has too few values.
pub(super) fn value(column: &Column, number: u64) -> Option<Value> {
    let x = mixed(number);
    let whole = |bits: u32| i64::try_from((1 << bits) | (x & ((1 << bits) - 1))).ok();
    // A sequence of generated keys must not continue from a spare value, so spare keys are negative.
    let signed =
        |value: i64| Scalar::Integer(if column.default == DefaultValue::GeneratedKey { -value } else { value });
    let ty = &column.ty;
    Some(Value::Scalar(match ty.kind {
        TypeKind::Int16 => signed(whole(14)?),
        TypeKind::Int32 => signed(whole(30)?),
        TypeKind::Int64 => signed(whole(61)?),
        TypeKind::Uint64 => Scalar::Unsigned(whole(61)?.cast_unsigned()),
        #[allow(clippy::cast_precision_loss, reason = "23 bits")]
        TypeKind::Float32 => Scalar::Float(whole(22)? as f64),
        #[allow(clippy::cast_precision_loss, reason = "52 bits")]
        TypeKind::Float64 => Scalar::Float(whole(51)? as f64),
        TypeKind::Decimal => decimal(ty.precision, ty.scale, x)?,
        TypeKind::Text => Scalar::Text(format!("~{x:016x}")),
        TypeKind::Varchar => Scalar::Text(text(ty.length.unwrap_or(u32::MAX), x)?),
        TypeKind::Bytes => {
            let bytes = [x.to_be_bytes(), mixed(x).to_be_bytes()].concat();
            let length = ty.length.map_or(usize::MAX, |length| length as usize);
            Scalar::Bytes(bytes.into_iter().take(length).collect())
        }
        TypeKind::Uuid => Scalar::Uuid(x, mixed(x)),
        TypeKind::Json => Scalar::Json(format!("\"~{x:016x}\"")),
        TypeKind::Date => Scalar::Date(i32::try_from(FAR + i64::try_from(x % DAYS).ok()?).ok()?),
        TypeKind::Time => Scalar::Time(i64::try_from(x % DAY).ok()?),
        TypeKind::Timestamp => Scalar::Timestamp(FAR * DAY.cast_signed() + i64::try_from(x % (DAYS * DAY)).ok()?),
        // MySQL's `TIMESTAMP` ends in 2038.
        TypeKind::TimestampTz => Scalar::TimestampTz(i64::try_from(DAY + x % (10_000 * DAY)).ok()?),
        TypeKind::Interval => Scalar::Interval(Interval { months: 0, days: 0, microseconds: whole(50)? }),
        TypeKind::Boolean | TypeKind::Enumeration | TypeKind::Array | TypeKind::Other => return None,
    }))
}

/// Mixes all bits of a number (`SplitMix64`).
pub(super) fn mixed(number: u64) -> u64 {
    let mut x = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Makes a text of at most `length` characters: a short one of private-use characters.
fn text(length: u32, x: u64) -> Option<String> {
    if length >= 17 {
        return Some(format!("~{x:016x}"));
    }
    let private = |at: u32| char::from_u32(0xe000 + u32::try_from((x >> (at * 16)) % 6_400).ok()?);
    let text: Option<String> = (0..length.min(4)).map(private).collect();
    text.filter(|text| !text.is_empty())
}

/// Makes a decimal without a fraction, from the greater half of those that fit.
fn decimal(precision: Option<u32>, scale: Option<u32>, x: u64) -> Option<Scalar> {
    let digits = precision.map_or(18, |precision| precision.saturating_sub(scale.unwrap_or(0)).min(18));
    let past = 10_u64.checked_pow(digits).filter(|past| *past > 1)?;
    Some(Scalar::Decimal((past - 1 - x % (past / 2)).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ValueBounds, schema::ColumnType};

    fn column(ty: ColumnType) -> Column {
        Column {
            name: "c".into(),
            ty,
            nullable: false,
            default: DefaultValue::None,
            on_update: DefaultValue::None,
            computed: None,
            comment: None,
        }
    }

    #[test]
    fn spare_values_fit_their_columns_and_differ() {
        use TypeKind::*;
        for kind in [
            Int16,
            Int32,
            Int64,
            Uint64,
            Float32,
            Float64,
            Decimal,
            Text,
            Varchar,
            Bytes,
            Uuid,
            Json,
            Date,
            Time,
            Timestamp,
            TimestampTz,
            Interval,
        ] {
            for (length, precision, scale) in
                [(None, None, None), (Some(1), Some(3), Some(1)), (Some(255), Some(38), Some(2))]
            {
                let column = column(ColumnType { length, precision, scale, ..kind.into() });
                let values: Vec<Value> = (0..20).filter_map(|number| value(&column, number)).collect();
                assert_eq!(values.len(), 20, "{kind:?}");
                for value in &values {
                    if let Some(bounds) = ValueBounds::of(&column) {
                        assert_eq!(bounds.check(value.borrow()), Ok(()), "{value:?}");
                    }
                }
                let shown: std::collections::HashSet<String> =
                    values.iter().map(|value| format!("{value:?}")).collect();
                assert!(shown.len() > 10, "{kind:?}: {shown:?}");
            }
        }
        for kind in [Boolean, Enumeration, Array, Other] {
            assert_eq!(value(&column(kind.into()), 1), None);
        }
    }

    #[test]
    fn a_key_that_is_counted_up_is_spared_below_zero() {
        let key = Column { default: DefaultValue::GeneratedKey, ..column(TypeKind::Int64.into()) };
        assert!((0..20).all(|number| matches!(value(&key, number), Some(Value::Scalar(Scalar::Integer(..0))))));
    }
}
