//! Column batches.

use sqlservice_sql::batch as ours;

use super::{all, same_fields};
use crate::bindings::sqlservice::database::rows as wit;

same_fields!(wit::Strings, ours::Strings, { offsets, data });
same_fields!(wit::Blobs, ours::Blobs, { offsets, data });
same_fields!(wit::Batch, ours::Batch, { rows; lists columns });

impl From<wit::ColumnData> for ours::ColumnData {
    fn from(column: wit::ColumnData) -> Self {
        Self { validity: column.validity.unwrap_or_default(), values: column.values.into() }
    }
}

impl From<ours::ColumnData> for wit::ColumnData {
    fn from(column: ours::ColumnData) -> Self {
        // Passing a list costs a call into the sandbox, even if it is empty.
        Self { validity: Some(column.validity).filter(|bits| !bits.is_empty()), values: column.values.into() }
    }
}

impl From<wit::Vector> for ours::Vector {
    fn from(vector: wit::Vector) -> Self {
        match vector {
            wit::Vector::Booleans(v) => Self::Booleans(v),
            wit::Vector::Integers(v) => Self::Integers(v),
            wit::Vector::Unsigneds(v) => Self::Unsigneds(v),
            wit::Vector::Floats(v) => Self::Floats(v),
            wit::Vector::Decimals(v) => Self::Decimals(v.into()),
            wit::Vector::Texts(v) => Self::Texts(v.into()),
            wit::Vector::Bytes(v) => Self::Bytes(v.into()),
            wit::Vector::Uuids(v) => Self::Uuids(v),
            wit::Vector::Jsons(v) => Self::Jsons(v.into()),
            wit::Vector::Dates(v) => Self::Dates(v),
            wit::Vector::Times(v) => Self::Times(v),
            wit::Vector::Timestamps(v) => Self::Timestamps(v),
            wit::Vector::TimestampsTz(v) => Self::TimestampsTz(v),
            wit::Vector::Intervals(v) => Self::Intervals(all(v)),
            wit::Vector::Mixed(v) => Self::Mixed(all(v)),
        }
    }
}

impl From<ours::Vector> for wit::Vector {
    fn from(vector: ours::Vector) -> Self {
        match vector {
            ours::Vector::Booleans(v) => Self::Booleans(v),
            ours::Vector::Integers(v) => Self::Integers(v),
            ours::Vector::Unsigneds(v) => Self::Unsigneds(v),
            ours::Vector::Floats(v) => Self::Floats(v),
            ours::Vector::Decimals(v) => Self::Decimals(v.into()),
            ours::Vector::Texts(v) => Self::Texts(v.into()),
            ours::Vector::Bytes(v) => Self::Bytes(v.into()),
            ours::Vector::Uuids(v) => Self::Uuids(v),
            ours::Vector::Jsons(v) => Self::Jsons(v.into()),
            ours::Vector::Dates(v) => Self::Dates(v),
            ours::Vector::Times(v) => Self::Times(v),
            ours::Vector::Timestamps(v) => Self::Timestamps(v),
            ours::Vector::TimestampsTz(v) => Self::TimestampsTz(v),
            ours::Vector::Intervals(v) => Self::Intervals(all(v)),
            ours::Vector::Mixed(v) => Self::Mixed(all(v)),
        }
    }
}
