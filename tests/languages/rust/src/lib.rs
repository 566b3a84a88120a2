//! A guest that runs the cases for all languages by the calls that a Rust plugin would write.
//!
//! `tests/languages/README.md` tells what the list says. Steps come as JSON, so what a Rust program states in its types is known here
//! only when the guest runs:
//!
//! - Columns are named by the models' constants where a statement changes rows; in expressions they are
//!   [`column::<T>(source, name)`](sqlservice_sdk::expression::column) with the type that the models declare.
//! - A value that its column's type cannot have, and a column that a model has no field for, are errors of the compiler in a
//!   plugin. Here [`SqlType::from_scalar`](sqlservice_sdk::SqlType::from_scalar) and a search in the model find them, and the step
//!   fails with the SDK's error of that name.
//! - Lists of columns have any length: [`query::Whole`] and [`table::Names`] implement the SDK's own traits for them.
//!
//! - An expression whose type is put aside ([`expression::Untyped`]) gets it back by
//!   [`type_coerce`](sqlservice_sdk::Expression::type_coerce) where the SDK needs to know it.
//!
//! Nothing here uses the contract past the SDK.

mod change;
mod expression;
mod graph;
mod model;
mod object;
mod query;
mod scope;
mod step;
mod table;
mod value;

use serde_json::{Value as Json, json};
use sqlservice_sdk::{Error, error::Failure};

use self::{
    model::{Account, Device, DeviceTag, Kind, Tag, User},
    step::Case,
};

sqlservice_sdk::plugin!(
    models = [User, Device, Tag, DeviceTag, Account, Kind],
    "
    /// Does the steps of a case and tells the outcome of each, both as lists in JSON.
    export run-case: async func(steps: string) -> string;
    "
);

struct Language;

impl Guest for Language {
    async fn run_case(steps: String) -> String {
        match run(&steps).await {
            Ok(outcomes) => outcomes.to_string(),
            Err(failed) => error(failed).to_string(),
        }
    }
}

/// The outcomes of all steps.
async fn run(steps: &str) -> Result<Json, Error> {
    let steps: Vec<Json> = serde_json::from_str(steps).map_err(Error::other)?;
    let mut case = Case::open().await?;
    let mut outcomes = Vec::with_capacity(steps.len());
    for step in &steps {
        outcomes.push(case.step(step).await.unwrap_or_else(error));
    }
    Ok(Json::Array(outcomes))
}

/// An error as an outcome, in the contract's words.
fn error(error: Error) -> Json {
    let Failure { code, message, table, columns, position, .. } = error.into();
    json!({"error": {"code": code, "message": message, "table": table, "columns": columns, "position": position}})
}

export!(Language);
