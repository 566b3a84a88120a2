//! Cases, and the comparison of actual with expected values.

use std::fmt::Debug;

use sqlservice_sdk::{FromRow, entity::Record, prelude::*, schema::Models, statement::Query};

/// Ok if everything was as expected; otherwise the difference.
pub type Case = Result<(), String>;

/// Runs each case in fresh tables of these models.
macro_rules! cases {
    ([$($model:ty),* $(,)?]: $($case:ident),* $(,)?) => {
        /// A line for each case.
        pub async fn run() -> Vec<String> {
            fn models() -> ::sqlservice_sdk::schema::Models {
                ::sqlservice_sdk::models![$($model),*]
            }
            let mut lines = Vec::new();
            $({
                let outcome = match $crate::case::fresh(models()).await {
                    Ok(db) => Box::pin($case(&db)).await,
                    Err(error) => Err(format!("there are no fresh tables: {error}")),
                };
                lines.push($crate::case::line(stringify!($case), outcome));
            })*
            lines
        }
    };
}

pub(crate) use cases;

/// The default database with empty tables of these models.
pub async fn fresh(models: Models) -> Result<Database, Error> {
    let db = Database::open("default", models).await?;
    db.drop_all().await?;
    db.create_all().await?;
    Ok(db)
}

/// A case's name and its result.
pub fn line(name: &str, outcome: Case) -> String {
    match outcome {
        Ok(()) => format!("{name}: ok"),
        Err(saw) => format!("{name}: {saw}"),
    }
}

/// Fails where a value is not the expected one.
pub fn same<T: Debug + PartialEq<W>, W: Debug>(what: &str, saw: T, wanted: W) -> Case {
    if saw == wanted { Ok(()) } else { Err(format!("{what}: saw {saw:?}, wanted {wanted:?}")) }
}

/// Fails where the rows that another session sees are not these.
pub async fn rows<Q: Query<Row: Debug>>(db: &Database, what: &str, query: &Q, wanted: &str) -> Case {
    let rows = db.session()?.all(query).await?;
    same(what, format!("{rows:?}"), wanted)
}

/// The number of a model's rows that another session sees.
pub async fn count<M: Model + FromRow>(db: &Database) -> Result<u64, Error> {
    db.session()?.count(&select::<M>()).await
}

/// `ok`, or the error's case.
pub fn kind<T>(result: &Result<T, Error>) -> String {
    let Err(error) = result else { return "ok".to_owned() };
    match error {
        error if error.is_unique_violation() => "unique".to_owned(),
        error if error.is_foreign_key_violation() => "foreign key".to_owned(),
        error if error.is_not_null_violation() => "not null".to_owned(),
        error if error.is_check_violation() => "check".to_owned(),
        Error::StaleData(stale) => format!("stale {} {} of {}", stale.table, stale.matched, stale.expected),
        Error::Unloaded(unloaded) => format!("unloaded {}", unloaded.relation),
        Error::Invalid(problem) => format!("invalid: {}", problem.message),
        Error::Unsupported(missing) => format!("unsupported {}", missing.capability),
        other => format!("{other:?}"),
    }
}

/// The text of each object of a relationship, or the error of reading it.
pub fn each<T: Record>(many: &Many<T>, shown: impl Fn(&T) -> String) -> String {
    match many.get() {
        Ok(items) => items.iter().map(|item| shown(item)).collect::<Vec<_>>().join(" "),
        Err(error) => kind::<()>(&Err(error)),
    }
}

/// The text of a relationship's object, or the error of reading it.
pub fn one<T: Record>(one: &One<T>, shown: impl Fn(&T) -> String) -> String {
    match one.get() {
        Ok(item) => item.map_or_else(|| "-".to_owned(), |item| shown(item)),
        Err(error) => kind::<()>(&Err(error)),
    }
}
