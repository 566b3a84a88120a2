//! Load plans.

use sqlservice_sql::{Batch, Weight, load as ours, statement::Statement};

use super::take_fields;
use crate::bindings::sqlservice::database::sessions as wit;

take_fields!(wit::Load => ours::Load, { relationship, nested, joined });

/// The root of a plan, from which its first rows come.
pub(crate) enum Root {
    /// A query that is not compiled yet.
    Query(Statement, Vec<sqlservice_sql::Value>),
    /// Primary keys.
    Keys(Batch),
    /// The columns and rows that the guest has already.
    Known(Vec<String>, Batch),
}

impl Weight for Root {
    fn weight(&self) -> usize {
        match self {
            Self::Query(statement, parameters) => statement.weight().saturating_add(parameters.weight()),
            Self::Keys(rows) | Self::Known(_, rows) => rows.weight(),
        }
    }
}

/// Converts a plan, and separates its root.
pub(crate) fn plan(plan: wit::Plan) -> (ours::LoadPlan, Root) {
    let wit::Plan { table, root, loads, first_loads: roots } = plan;
    let root = match root {
        wit::LoadRoot::Query(wit::RootQuery { statement, parameters }) => {
            Root::Query(statement.into(), super::all(parameters))
        }
        wit::LoadRoot::Keys(keys) => Root::Keys(keys.into()),
        wit::LoadRoot::Known(wit::KnownRows { columns, rows }) => Root::Known(columns, rows.into()),
    };
    (ours::LoadPlan { table, loads: super::all(loads), roots }, root)
}

impl From<ours::Loaded> for wit::Loaded {
    fn from(loaded: ours::Loaded) -> Self {
        Self {
            load: u32::try_from(loaded.load).unwrap_or(u32::MAX),
            columns: loaded.columns.iter().map(Into::into).collect(),
            rows: loaded.rows.into(),
        }
    }
}
