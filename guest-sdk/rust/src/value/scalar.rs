//! Conversions between Rust types and the contract's scalar values.

use super::{Date, Decimal, Interval, Json, Scalar, SqlType, Time, Timestamp, TimestampTz, Uuid, column};
use crate::bindings::sqlservice::database::{
    rows::{Blobs, Vector},
    schema::TypeKind,
};

impl SqlType for bool {
    const KIND: TypeKind = TypeKind::Boolean;

    fn to_scalar(&self) -> Scalar {
        Scalar::Boolean(*self)
    }

    fn same(&self, other: &Self) -> bool {
        self == other
    }

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Boolean(value) => Some(value),
            Scalar::Integer(0) | Scalar::Unsigned(0) => Some(false),
            Scalar::Integer(1) | Scalar::Unsigned(1) => Some(true),
            _ => None,
        }
    }

    fn encode(cells: &mut dyn Iterator<Item = Option<&Self>>) -> Vector {
        Vector::Booleans(cells.map(|cell| u8::from(cell.copied().unwrap_or_default())).collect())
    }

    fn take(vector: Vector) -> Result<Vec<Self>, Vector> {
        match vector {
            Vector::Booleans(values) => Ok(values.into_iter().map(|value| value != 0).collect()),
            other => Err(other),
        }
    }
}

/// Reads an integer from any type in which a database returns it: some return sums of integers as decimals.
fn integer(scalar: Scalar) -> Option<i128> {
    match scalar {
        Scalar::Integer(value) => Some(value.into()),
        Scalar::Unsigned(value) => Some(value.into()),
        Scalar::Boolean(value) => Some(value.into()),
        Scalar::Decimal(text) => {
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            if fraction.bytes().all(|digit| digit == b'0') { whole.parse().ok() } else { None }
        }
        _ => None,
    }
}

macro_rules! integers {
    ($($rust:ty, $kind:ident, $case:ident, $vector:ident, $wide:ty;)*) => {$(
        impl SqlType for $rust {
            const KIND: TypeKind = TypeKind::$kind;

            fn to_scalar(&self) -> Scalar {
                Scalar::$case((*self).into())
            }

            fn same(&self, other: &Self) -> bool {
                self == other
            }

            fn from_scalar(scalar: Scalar) -> Option<Self> {
                Self::try_from(integer(scalar)?).ok()
            }

            fn encode(cells: &mut dyn Iterator<Item = Option<&Self>>) -> Vector {
                Vector::$vector(cells.map(|cell| <$wide>::from(cell.copied().unwrap_or_default())).collect())
            }

            fn take(vector: Vector) -> Result<Vec<Self>, Vector> {
                match vector {
                    Vector::$vector(values) => narrow(values).map_err(Vector::$vector),
                    other => Err(other),
                }
            }
        }
    )*};
}

integers! {
    i16, Int16, Integer, Integers, i64;
    i32, Int32, Integer, Integers, i64;
    i64, Int64, Integer, Integers, i64;
    u64, Uint64, Unsigned, Unsigneds, u64;
}

/// Converts numbers to a narrower type. Returns all of them where one does not fit.
fn narrow<W: Copy, N: TryFrom<W>>(wide: Vec<W>) -> Result<Vec<N>, Vec<W>> {
    let narrow: Option<Vec<N>> = wide.iter().map(|&value| N::try_from(value).ok()).collect();
    narrow.ok_or(wide)
}

fn float(scalar: Scalar) -> Option<f64> {
    match scalar {
        Scalar::Float(value) => Some(value),
        #[allow(clippy::cast_precision_loss, reason = "a float was asked for")]
        Scalar::Integer(value) => Some(value as f64),
        #[allow(clippy::cast_precision_loss, reason = "a float was asked for")]
        Scalar::Unsigned(value) => Some(value as f64),
        Scalar::Decimal(text) => text.parse().ok(),
        _ => None,
    }
}

impl SqlType for f64 {
    const KIND: TypeKind = TypeKind::Float64;

    fn to_scalar(&self) -> Scalar {
        Scalar::Float(*self)
    }

    fn same(&self, other: &Self) -> bool {
        self.to_bits() == other.to_bits()
    }

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        float(scalar)
    }

    fn encode(cells: &mut dyn Iterator<Item = Option<&Self>>) -> Vector {
        Vector::Floats(cells.map(|cell| cell.copied().unwrap_or_default()).collect())
    }

    fn take(vector: Vector) -> Result<Vec<Self>, Vector> {
        match vector {
            Vector::Floats(values) => Ok(values),
            other => Err(other),
        }
    }
}

impl SqlType for f32 {
    const KIND: TypeKind = TypeKind::Float32;

    fn to_scalar(&self) -> Scalar {
        Scalar::Float((*self).into())
    }

    fn same(&self, other: &Self) -> bool {
        self.to_bits() == other.to_bits()
    }

    #[allow(clippy::cast_possible_truncation, reason = "a narrow float was asked for")]
    fn from_scalar(scalar: Scalar) -> Option<Self> {
        float(scalar).map(|value| value as f32)
    }

    fn encode(cells: &mut dyn Iterator<Item = Option<&Self>>) -> Vector {
        Vector::Floats(cells.map(|cell| cell.copied().unwrap_or_default().into()).collect())
    }
}

macro_rules! texts {
    ($($rust:ty, $kind:ident, $case:ident, $vector:ident, $make:path, $text:path, |$other:ident| $from:expr;)*) => {$(
        impl SqlType for $rust {
            const KIND: TypeKind = TypeKind::$kind;

            fn to_scalar(&self) -> Scalar {
                Scalar::$case($text(self).to_owned())
            }

            fn same(&self, other: &Self) -> bool {
                self == other
            }

            fn from_scalar(scalar: Scalar) -> Option<Self> {
                match scalar {
                    Scalar::$case(text) => Some($make(text)),
                    $other => $from,
                }
            }

            fn encode(cells: &mut dyn Iterator<Item = Option<&Self>>) -> Vector {
                Vector::$vector(column::join_texts(&mut cells.map(|cell| cell.map($text))))
            }

            fn take(vector: Vector) -> Result<Vec<Self>, Vector> {
                match vector {
                    Vector::$vector(strings) => column::texts_or_back(strings)
                        .map(|texts| texts.into_iter().map($make).collect())
                        .map_err(Vector::$vector),
                    other => Err(other),
                }
            }
        }
    )*};
}

texts! {
    String, Text, Text, Texts, std::convert::identity, String::as_str, |_other| None;
    Json, Json, Json, Jsons, Json::new, Json::as_str, |other| match other {
        Scalar::Text(text) => Some(Json::new(text)),
        _ => None,
    };
    Decimal, Decimal, Decimal, Decimals, Decimal::unchecked, Decimal::as_str, |other| match other {
        Scalar::Integer(value) => Some(Decimal::from(value)),
        Scalar::Unsigned(value) => Some(Decimal::from(value)),
        _ => None,
    };
}

impl SqlType for Vec<u8> {
    const KIND: TypeKind = TypeKind::Bytes;

    fn to_scalar(&self) -> Scalar {
        Scalar::Bytes(self.clone())
    }

    fn same(&self, other: &Self) -> bool {
        self == other
    }

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    fn encode(cells: &mut dyn Iterator<Item = Option<&Self>>) -> Vector {
        let mut blobs = Blobs { offsets: vec![0], data: Vec::new() };
        for cell in cells {
            blobs.data.extend_from_slice(cell.map_or(&[], Vec::as_slice));
            blobs.offsets.push(u32::try_from(blobs.data.len()).unwrap_or(u32::MAX));
        }
        Vector::Bytes(blobs)
    }

    fn take(vector: Vector) -> Result<Vec<Self>, Vector> {
        match vector {
            Vector::Bytes(blobs) => column::blobs_or_back(blobs).map_err(Vector::Bytes),
            other => Err(other),
        }
    }
}

macro_rules! copied {
    ($($rust:ty, $kind:ident, $case:ident, $vector:ident, $raw:ty, $into:path, $from:path, |$other:ident| $else:expr;)*) => {$(
        impl SqlType for $rust {
            const KIND: TypeKind = TypeKind::$kind;

            fn to_scalar(&self) -> Scalar {
                Scalar::$case($into(*self))
            }

            fn same(&self, other: &Self) -> bool {
                $into(*self) == $into(*other)
            }

            fn from_scalar(scalar: Scalar) -> Option<Self> {
                match scalar {
                    Scalar::$case(raw) => Some($from(raw)),
                    $other => $else,
                }
            }

            fn encode(cells: &mut dyn Iterator<Item = Option<&Self>>) -> Vector {
                Vector::$vector(cells.map(|cell| $into(cell.copied().unwrap_or_default())).collect())
            }

            fn take(vector: Vector) -> Result<Vec<Self>, Vector> {
                match vector {
                    Vector::$vector(values) => Ok(values.into_iter().map($from).collect()),
                    other => Err(other),
                }
            }
        }
    )*};
}

copied! {
    Date, Date, Date, Dates, i32, Date::days, Date::from_days, |_other| None;
    Time, Time, Time, Times, i64, Time::microseconds, Time::from_microseconds, |_other| None;
    Timestamp, Timestamp, Timestamp, Timestamps, i64, Timestamp::microseconds, Timestamp::from_microseconds, |_other| None;
    TimestampTz, TimestampTz, TimestampTz, TimestampsTz, i64, TimestampTz::microseconds, TimestampTz::from_microseconds, |_other| None;
    Interval, Interval, Interval, Intervals, Interval, std::convert::identity, std::convert::identity, |_other| None;
    Uuid, Uuid, Uuid, Uuids, (u64, u64), halves, of_halves, |other| match other {
        Scalar::Text(text) => text.parse().ok(),
        Scalar::Bytes(bytes) => Uuid::from_slice(&bytes).ok(),
        _ => None,
    };
}

fn halves(uuid: Uuid) -> (u64, u64) {
    uuid.as_u64_pair()
}

fn of_halves((high, low): (u64, u64)) -> Uuid {
    Uuid::from_u64_pair(high, low)
}

#[allow(clippy::derivable_impls, reason = "the type is generated from the contract")]
impl Default for Interval {
    fn default() -> Self {
        Self { months: 0, days: 0, microseconds: 0 }
    }
}
