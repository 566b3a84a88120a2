//! Write sandboxed plugins that use databases: models, queries, sessions
#![allow(clippy::wrong_self_convention, reason = "expressions are values that operators take: `column.is_null()`")]

pub mod bindings;
mod clock;
mod database;
pub mod error;
pub mod expression;
mod model;
pub mod raw;
pub mod row;
pub mod schema;
mod session;
pub mod statement;
pub mod value;

// The derive names this crate by its own name; so the crate's own tests and documents can use it, too.
extern crate self as sqlservice_sdk;

pub use sqlservice_sdk_macros::{export_models, plugin};

pub use self::{
    clock::{sleep, timeout},
    database::{Capabilities, Database, DdlOptions, Dialect, Limits, ReflectOptions},
    error::{Error, Result},
    expression::{Expr, Expression},
    model::{Alias, Column, Model, alias},
    row::FromRow,
    session::{Connection, Executor, Isolation, Rows, RunOptions, Savepoint, Session, TransactionOptions, With},
    value::{Date, Decimal, Field, Interval, IntoValue, Json, SqlType, Time, Timestamp, TimestampTz, Uuid, Value},
};
pub use futures::{self, join, try_join};
pub use wit_bindgen;
pub use wit_bindgen::spawn_local as spawn;

/// Everything that a plugin usually needs: `use sqlservice_sdk::prelude::*;`.
pub mod prelude {
    pub use crate::{
        Capabilities, Connection, Database, Date, DdlOptions, Decimal, Dialect, Error, Executor, Expr, Expression,
        Interval, Isolation, Json, Model, ReflectOptions, Rows, RunOptions, Savepoint, Session, Time, Timestamp,
        TimestampTz, TransactionOptions, Uuid, Value, alias,
        expression::{
            abs, all_of, any_of, avg, coalesce, column, count, count_all, count_distinct, entity, excluded, exists,
            function, length, literal, lower, max, min, now, output, scalar, sum, trim, upper, when,
        },
        models, params, raw, sleep, spawn,
        statement::{Lock, delete, insert, select, select_columns, update},
        timeout,
    };
}

/// What the macros write refers to; nothing for people.
#[doc(hidden)]
pub mod __private {
    pub use crate::{
        bindings::sqlservice::database::rows::ColumnData,
        row::{Columns, next_cell},
        schema::*,
        value::Value,
    };

    /// A model's table.
    pub fn declare<M: crate::Model>() -> Table {
        M::table()
    }
}
