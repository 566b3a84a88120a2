//! Plans of loads.

use sqlservice_sql::{Batch, load as ours};

use super::take_fields;
use crate::bindings::sqlservice::database::{sessions as wit, statements::Statement};

take_fields!(wit::Load => ours::Load, { relationship, nested, joined });

/// Where a plan starts.
pub(crate) enum Start {
    /// A query, which is still to be compiled.
    Query(Statement, Vec<sqlservice_sql::Value>),
    /// Primary keys.
    Keys(Batch),
    /// Rows that the guest has, and their columns.
    Known(Vec<String>, Batch),
}

/// A plan, and where it starts.
pub(crate) fn plan(plan: wit::Plan) -> (ours::Plan, Start) {
    let wit::Plan { table, start, loads, roots } = plan;
    let start = match start {
        wit::Start::Query(wit::RootQuery { statement, parameters }) => Start::Query(statement, super::all(parameters)),
        wit::Start::Keys(keys) => Start::Keys(keys.into()),
        wit::Start::Known(wit::KnownRows { columns, rows }) => Start::Known(columns, rows.into()),
    };
    (ours::Plan { table, loads: super::all(loads), roots }, start)
}
