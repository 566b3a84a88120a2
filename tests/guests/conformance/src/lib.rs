//! A well-behaved guest: each export does the steps of one acceptance scenario and returns what it saw, line by line.
//!
//! It asserts nothing. The test compares the lines, and looks at the database from outside.

mod a;
mod b;
mod c;
mod d;
mod e;
mod f;
mod g;
mod model;
mod told;

use sqlservice_sdk::prelude::*;

sqlservice_sdk::plugin!(
    "
    /// Makes the tables of most scenarios, with users 1 to `users`.
    export setup: async func(users: u32) -> result<list<string>, string>;
    /// What a fresh borrower finds: the server's word about a transaction, and whether a write of it succeeds.
    export borrow-and-write: async func(id: s64) -> result<list<string>, string>;

    export a01-ping: async func() -> result<list<string>, string>;
    export a02-create-and-drop: async func() -> result<list<string>, string>;
    export a02-strictly: async func() -> result<list<string>, string>;
    export a03-reflect: async func() -> result<list<string>, string>;
    export a04-begin-and: async func(end: string) -> result<list<string>, string>;
    export a05-begin-and-leave: async func() -> result<list<string>, string>;
    export a06-begin-in-begin: async func(outer-reads: bool) -> result<list<string>, string>;
    export a07-closed-transaction: async func() -> result<list<string>, string>;
    export a08-statements: async func() -> result<list<string>, string>;
    export a08-text: async func() -> result<list<string>, string>;
    export a14-sizes: async func() -> result<list<string>, string>;

    export b01-graph: async func() -> result<list<string>, string>;
    export b07-tree: async func() -> result<list<string>, string>;
    export b-violation: async func() -> result<list<string>, string>;
    export b21-many: async func(parents: u32) -> result<list<string>, string>;
    export c10-versions: async func() -> result<list<string>, string>;

    export c04-pending-rollback: async func() -> result<list<string>, string>;
    export c05-pending-rollback-in-savepoint: async func() -> result<list<string>, string>;
    export c06-savepoint-rolled-back: async func() -> result<list<string>, string>;
    export c07-savepoints-nest: async func() -> result<list<string>, string>;
    export c17-isolation: async func() -> result<list<string>, string>;
    export c17-levels: async func() -> result<list<string>, string>;
    export c18-autocommit: async func() -> result<list<string>, string>;
    export c19-commit-as-you-go: async func() -> result<list<string>, string>;

    export d-functions-of-texts: async func() -> result<list<string>, string>;
    export d-functions-of-numbers: async func() -> result<list<string>, string>;
    export d-functions-of-times: async func() -> result<list<string>, string>;
    export d-functions-of-documents: async func() -> result<list<string>, string>;
    export d-joins: async func() -> result<list<string>, string>;
    export d-subqueries: async func() -> result<list<string>, string>;
    export d-groups: async func() -> result<list<string>, string>;
    export d-locks: async func() -> result<list<string>, string>;
    export d01-recursive: async func() -> result<list<string>, string>;
    export d02-update: async func() -> result<list<string>, string>;
    export d02-delete: async func() -> result<list<string>, string>;
    export d03-unions: async func() -> result<list<string>, string>;
    export d03-intersect-and-except: async func() -> result<list<string>, string>;
    export d04-frames: async func() -> result<list<string>, string>;
    export d04-functions: async func() -> result<list<string>, string>;
    export d05-lists: async func() -> result<list<string>, string>;
    export d06-patterns: async func() -> result<list<string>, string>;
    export d07-distinct: async func() -> result<list<string>, string>;
    export d08-limits: async func() -> result<list<string>, string>;
    export d09-few: async func() -> result<list<string>, string>;
    export d09-many: async func(rows: u32) -> result<list<string>, string>;
    export d10-insert-from-select: async func() -> result<list<string>, string>;
    export d11-update: async func() -> result<list<string>, string>;
    export d11-delete: async func() -> result<list<string>, string>;
    export d12-matched: async func() -> result<list<string>, string>;
    export d13-upserts: async func() -> result<list<string>, string>;
    export d14-odd-names: async func() -> result<list<string>, string>;
    export d15-partitions: async func() -> result<list<string>, string>;
    export d15-abandon: async func() -> result<list<string>, string>;
    export d15-busy: async func() -> result<list<string>, string>;

    export e01-decimals: async func() -> result<list<string>, string>;
    export e02-integers: async func() -> result<list<string>, string>;
    export e03-moments: async func() -> result<list<string>, string>;
    export e04-documents: async func() -> result<list<string>, string>;
    export e05-labels: async func() -> result<list<string>, string>;
    export e05-native: async func() -> result<list<string>, string>;
    export e06-others: async func() -> result<list<string>, string>;
    export e06-foreign: async func() -> result<list<string>, string>;
    export e-native-types: async func() -> result<list<string>, string>;
    /// What the database keeps of each kind of value; so many values of each class are made from the seed.
    export e-fidelity: async func(seed: u64, values: u32) -> result<list<string>, string>;
    export t20-edges: async func() -> result<list<string>, string>;
    export t40-odd-rows: async func() -> result<list<string>, string>;
    export e-violations: async func() -> result<list<string>, string>;
    export e-check: async func() -> result<list<string>, string>;
    export e-statements: async func() -> result<list<string>, string>;
    export e-databases: async func() -> result<list<string>, string>;

    export f01-reflect: async func(views: bool) -> result<list<string>, string>;
    export f02-composite: async func() -> result<list<string>, string>;
    export f03-actions: async func() -> result<list<string>, string>;
    export f06-cycle: async func() -> result<list<string>, string>;
    export f07-odd-names: async func() -> result<list<string>, string>;

    export g05-together: async func() -> result<list<string>, string>;
    export g08-altered: async func() -> result<list<string>, string>;
    export g08-dropped: async func() -> result<list<string>, string>;
    export g10-forget: async func(times: u32) -> result<list<string>, string>;
    "
);

struct Conformance;

/// What an export saw.
type Saw = Result<Vec<String>, Error>;

/// Writes each export as a call of the function that does it.
macro_rules! scenarios {
    ($($module:ident: $($name:ident($($argument:ident: $of:ty),*),)*;)*) => {
        impl Guest for Conformance {
            async fn setup(users: u32) -> Result<Vec<String>, String> {
                model::setup(users).await.map_err(|error| told::error(&error))
            }

            async fn borrow_and_write(id: i64) -> Result<Vec<String>, String> {
                model::borrow_and_write(id).await.map_err(|error| told::error(&error))
            }

            $($(async fn $name($($argument: $of),*) -> Result<Vec<String>, String> {
                $module::$name($($argument),*).await.map_err(|error| told::error(&error))
            })*)*
        }
    };
}

scenarios! {
    a: a01_ping(), a02_create_and_drop(), a02_strictly(), a03_reflect(), a04_begin_and(end: String),
        a05_begin_and_leave(), a06_begin_in_begin(outer_reads: bool), a07_closed_transaction(), a08_statements(),
        a08_text(), a14_sizes(),;
    b: b01_graph(), b07_tree(), b_violation(), b21_many(parents: u32), c10_versions(),;
    c: c04_pending_rollback(), c05_pending_rollback_in_savepoint(), c06_savepoint_rolled_back(), c07_savepoints_nest(),
        c17_isolation(), c17_levels(), c18_autocommit(), c19_commit_as_you_go(),;
    d: d_functions_of_texts(), d_functions_of_numbers(), d_functions_of_times(), d_functions_of_documents(), d_joins(), d_subqueries(), d_groups(), d_locks(), d01_recursive(), d02_update(), d02_delete(), d03_unions(), d03_intersect_and_except(), d04_frames(), d04_functions(), d05_lists(), d06_patterns(), d07_distinct(), d08_limits(), d10_insert_from_select(), d13_upserts(), d14_odd_names(), d09_few(), d09_many(rows: u32), d11_update(), d11_delete(), d12_matched(), d15_partitions(), d15_abandon(),
        d15_busy(),;
    e: e01_decimals(), e02_integers(), e03_moments(), e04_documents(), e05_labels(), e05_native(), e06_others(), e06_foreign(),
        e_native_types(), e_fidelity(seed: u64, values: u32), t20_edges(), t40_odd_rows(), e_violations(), e_check(), e_statements(), e_databases(),;
    f: f01_reflect(views: bool), f02_composite(), f03_actions(), f06_cycle(), f07_odd_names(),;
    g: g05_together(), g08_altered(), g08_dropped(), g10_forget(times: u32),;
}

export!(Conformance);
