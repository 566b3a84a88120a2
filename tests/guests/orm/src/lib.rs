//! A guest with the cases of SQLAlchemy's own tests, subject by subject: `tests/ORM-COVERAGE.md` lists which test each
//! case comes from.
//!
//! A subject is a module, a case a function with fresh tables. A case reports a value where it is not the expected one;
//! the integration test fails on each line that is not `ok`.

mod case;

mod bulk;
mod cascade_children;
mod cascade_parents;
mod cycles;
mod expire;
mod loading;
mod many_to_many;
mod members;
mod merging;
mod natural;
mod ordering;
mod post_update;
mod querying;
mod session;
mod shop;
mod statements;
mod transaction;
mod two_owners;
mod unit;
mod versioning;

sqlservice_sdk::plugin!(
    "
    /// The subjects that there are.
    export subjects: async func() -> result<list<string>, string>;
    /// Runs the cases of a subject: a line each, its name and `ok`, or what was seen.
    export run: async func(subject: string) -> result<list<string>, string>;
    "
);

struct Orm;

/// Names each subject by its module.
macro_rules! subjects {
    ($($subject:ident),* $(,)?) => {
        impl Guest for Orm {
            async fn subjects() -> Result<Vec<String>, String> {
                Ok(vec![$(stringify!($subject).to_owned()),*])
            }

            async fn run(subject: String) -> Result<Vec<String>, String> {
                match subject.as_str() {
                    $(stringify!($subject) => Ok($subject::run().await),)*
                    other => Err(format!("there is no subject {other:?}")),
                }
            }
        }
    };
}

subjects! {
    bulk, cascade_children, cascade_parents, cycles, expire, loading, many_to_many, merging, natural, ordering,
    post_update, querying, session, statements, transaction, two_owners, unit, versioning
}

export!(Orm);
