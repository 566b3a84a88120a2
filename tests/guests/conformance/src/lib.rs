//! A well-behaved guest: each export runs the steps of one acceptance scenario and returns its observations as lines.
//!
//! It asserts nothing. The test compares the lines, and checks the database over a connection of its own.

mod computed;
mod concurrent;
mod contract;
mod database;
mod decimal;
mod flush;
mod lines;
mod load;
mod model;
mod mysql;
mod query;
mod reflection;
mod session;
mod statement;
mod transaction;
mod types;
mod unit_of_work;

use sqlservice_sdk::prelude::*;

sqlservice_sdk::plugin!(
    "
    /// Makes the tables of most scenarios, with users 1 to `users`.
    export setup: async func(users: u32) -> result<list<string>, string>;
    /// The state that the next user of a connection finds: the server's word about a transaction, and whether a write succeeds.
    export borrow-and-write: async func(id: s64) -> result<list<string>, string>;

    export a01-ping: async func() -> result<list<string>, string>;
    export a02-create-and-drop: async func() -> result<list<string>, string>;
    export a02-strictly: async func() -> result<list<string>, string>;
    export a03-reflect: async func() -> result<list<string>, string>;
    export a03-opened-again: async func() -> result<list<string>, string>;
    export a04-begin-and: async func(end: string) -> result<list<string>, string>;
    export a05-begin-and-leave: async func() -> result<list<string>, string>;
    export a06-begin-in-begin: async func(outer-reads: bool) -> result<list<string>, string>;
    export a07-closed-transaction: async func() -> result<list<string>, string>;
    export a08-statements: async func() -> result<list<string>, string>;
    export a08-text: async func() -> result<list<string>, string>;
    export a14-sizes: async func() -> result<list<string>, string>;

    /// The capabilities of a database that this guest's contract does not name, as those of a newer host.
    export contract-newer: async func() -> result<list<string>, string>;
    /// Tables that a transaction made and did not commit.
    export contract-reflect: async func() -> result<list<string>, string>;
    /// The errors of reflection on a session.
    export contract-reflect-refused: async func() -> result<list<string>, string>;
    /// Keys that the database counted up, of inserts that return nothing.
    export contract-last-key: async func() -> result<list<string>, string>;
    /// Objects on a connection of one's own, and isolation levels of a session.
    export contract-one-session: async func() -> result<list<string>, string>;

    /// Random operations on objects, against a plain model of them: what went wrong, a line a sequence.
    export unit-random: async func(sequences: list<list<u8>>) -> result<list<string>, string>;
    export b01-save: async func() -> result<list<string>, string>;
    export b01-from-the-child: async func() -> result<list<string>, string>;
    export b02-delete-parent: async func(is-loaded: bool) -> result<list<string>, string>;
    export b02-change-unloaded: async func() -> result<list<string>, string>;
    export b03-delete-all: async func() -> result<list<string>, string>;
    export b04-many-to-one: async func() -> result<list<string>, string>;
    export b05-unconnected: async func(child-first: bool) -> result<list<string>, string>;
    export b06-given-keys: async func(order: list<u32>) -> result<list<string>, string>;
    export b07-tree: async func(is-loaded: bool) -> result<list<string>, string>;
    export b07-move: async func() -> result<list<string>, string>;
    export b08-many-to-many: async func(is-loaded: bool) -> result<list<string>, string>;
    export b08-both-sides: async func() -> result<list<string>, string>;
    export b08-delete-a-side: async func() -> result<list<string>, string>;
    export b08-with-columns: async func() -> result<list<string>, string>;
    export b09-graph: async func() -> result<list<string>, string>;
    export b10-circle: async func() -> result<list<string>, string>;
    export b11-post-update: async func() -> result<list<string>, string>;
    export b11-given-keys: async func() -> result<list<string>, string>;
    export b12-together: async func() -> result<list<string>, string>;
    export b13-row-switch: async func() -> result<list<string>, string>;
    export b14-net-changes: async func() -> result<list<string>, string>;
    export b15-batches: async func() -> result<list<string>, string>;
    export b16-replace: async func(is-loaded: bool) -> result<list<string>, string>;
    export b16-pending: async func() -> result<list<string>, string>;
    export b17-move: async func() -> result<list<string>, string>;
    export b18-left-to-the-database: async func(is-loaded: bool) -> result<list<string>, string>;
    export b19-refused: async func() -> result<list<string>, string>;
    export b20-update: async func(is-versioned: bool) -> result<list<string>, string>;
    export b20-delete: async func(is-versioned: bool) -> result<list<string>, string>;
    export unit-step: async func() -> result<list<string>, string>;
    export unit-step-edits: async func() -> result<list<string>, string>;
    export unit-step-apart: async func() -> result<list<string>, string>;
    export unit-update-many: async func() -> result<list<string>, string>;
    export t67-key: async func() -> result<list<string>, string>;
    export t67-version: async func() -> result<list<string>, string>;
    export t61-sessions: async func(count: u32) -> result<list<string>, string>;
    export t59-too-long: async func(milliseconds: u64) -> result<list<string>, string>;
    export t60-starved: async func() -> result<list<string>, string>;
    export t66-hold: async func() -> result<list<string>, string>;
    export t66-go-on: async func() -> result<list<string>, string>;
    export t69-others: async func() -> result<list<string>, string>;
    export a16-new: async func() -> result<list<string>, string>;
    export a16-loaded: async func() -> result<list<string>, string>;
    export b21-many: async func(parents: u32) -> result<list<string>, string>;
    export unit-keys-two-relationships: async func() -> result<list<string>, string>;
    export unit-keys-composite: async func() -> result<list<string>, string>;
    export unit-keys-natural: async func() -> result<list<string>, string>;
    export unit-made-by-the-database: async func() -> result<list<string>, string>;
    export unit-made-mended: async func(way: string) -> result<list<string>, string>;
    export c01-get: async func() -> result<list<string>, string>;
    export c01-weak: async func() -> result<list<string>, string>;
    export session-identity-anew: async func() -> result<list<string>, string>;
    export session-identity-gone: async func() -> result<list<string>, string>;
    export session-identity-expunge: async func() -> result<list<string>, string>;
    export session-identity-commit: async func(expires: bool) -> result<list<string>, string>;
    export c02-pending: async func() -> result<list<string>, string>;
    export c02-whoever-asks: async func() -> result<list<string>, string>;
    export c03-without: async func() -> result<list<string>, string>;
    export c03-ends: async func() -> result<list<string>, string>;
    export t62-dropped: async func(end: string) -> result<list<string>, string>;
    export c04-commit-fails: async func(savepoints: bool) -> result<list<string>, string>;
    export c04-mended: async func() -> result<list<string>, string>;
    export c05-in-a-savepoint: async func(savepoints: bool) -> result<list<string>, string>;
    export t63-statement: async func() -> result<list<string>, string>;
    export c06-new-and-renamed: async func(end: string, is-flushed: bool) -> result<list<string>, string>;
    export c07-nested: async func(is-flushed: bool) -> result<list<string>, string>;
    export c08-collections: async func(is-flushed: bool) -> result<list<string>, string>;
    export c08-read-inside: async func() -> result<list<string>, string>;
    export c09-deleted: async func(is-flushed: bool) -> result<list<string>, string>;
    export t64-outlived: async func(end: string) -> result<list<string>, string>;
    export t64-out-of-order: async func(end: string) -> result<list<string>, string>;
    export session-both-sides: async func(what: string) -> result<list<string>, string>;
    export c14-another-session: async func() -> result<list<string>, string>;
    export c15-never-saved: async func() -> result<list<string>, string>;
    export session-detached: async func() -> result<list<string>, string>;
    export a17-order: async func() -> result<list<string>, string>;
    export a17-replaced: async func() -> result<list<string>, string>;
    export a17-handlers: async func() -> result<list<string>, string>;
    export a17-refused: async func(name: string) -> result<list<string>, string>;
    export a17-refused-after: async func(is-kept: bool) -> result<list<string>, string>;
    export a17-kept: async func() -> result<list<string>, string>;
    export c16-locked: async func() -> result<list<string>, string>;
    export t65-deadlock: async func() -> result<list<string>, string>;
    export a10-existing: async func() -> result<list<string>, string>;
    export a11-partial: async func() -> result<list<string>, string>;
    export a12-refused: async func() -> result<list<string>, string>;
    export a13-mixed: async func() -> result<list<string>, string>;
    export a14-many: async func(rows: s64) -> result<list<string>, string>;
    export a15-deleted-behind: async func() -> result<list<string>, string>;
    export a10-graph: async func(is-known: bool) -> result<list<string>, string>;
    export g07-unloaded: async func() -> result<list<string>, string>;
    export g07-on-update: async func() -> result<list<string>, string>;
    export g07-rolled-back: async func() -> result<list<string>, string>;
    export g09-setup: async func() -> result<list<string>, string>;
    export g09-write: async func(times: u32) -> result<list<string>, string>;
    export g09-count: async func() -> result<list<string>, string>;
    export c10-counted: async func() -> result<list<string>, string>;
    export c11-stale: async func(what: string) -> result<list<string>, string>;
    export c12-merge: async func() -> result<list<string>, string>;
    export c13-collection: async func() -> result<list<string>, string>;
    export unique-freed: async func() -> result<list<string>, string>;
    export unique-swapped: async func() -> result<list<string>, string>;
    export unique-kept: async func() -> result<list<string>, string>;
    export unique-replaced: async func() -> result<list<string>, string>;
    export unique-positions: async func() -> result<list<string>, string>;
    export unique-keys: async func() -> result<list<string>, string>;
    export natural-followed: async func() -> result<list<string>, string>;
    export natural-swapped: async func() -> result<list<string>, string>;
    export natural-between: async func() -> result<list<string>, string>;
    export natural-chain: async func() -> result<list<string>, string>;
    export natural-updated: async func() -> result<list<string>, string>;
    export unset-ways: async func(way: string) -> result<list<string>, string>;
    export unset-mixed: async func() -> result<list<string>, string>;
    export unset-forgotten: async func() -> result<list<string>, string>;
    export unset-limits: async func() -> result<list<string>, string>;
    export b01-graph: async func() -> result<list<string>, string>;
    export flush-b07-tree: async func() -> result<list<string>, string>;
    export flush-violation: async func() -> result<list<string>, string>;
    export flush-b21-many: async func(parents: u32) -> result<list<string>, string>;
    export t68-changes: async func() -> result<list<string>, string>;
    export t32-change-bytes: async func(rows: u32) -> result<list<string>, string>;
    export t32-change-time: async func(rows: u32) -> result<list<string>, string>;
    export c10-versions: async func() -> result<list<string>, string>;

    export c04-pending-rollback: async func() -> result<list<string>, string>;
    export c05-pending-rollback-in-savepoint: async func() -> result<list<string>, string>;
    export c06-savepoint-rolled-back: async func() -> result<list<string>, string>;
    export c07-savepoints-nest: async func() -> result<list<string>, string>;
    export c17-isolation: async func() -> result<list<string>, string>;
    export c17-levels: async func() -> result<list<string>, string>;
    export c18-autocommit: async func() -> result<list<string>, string>;
    export c19-commit-as-you-go: async func() -> result<list<string>, string>;

    export statement-functions-of-texts: async func() -> result<list<string>, string>;
    export statement-functions-of-numbers: async func() -> result<list<string>, string>;
    export statement-functions-of-times: async func() -> result<list<string>, string>;
    export statement-functions-of-documents: async func() -> result<list<string>, string>;
    export statement-joins: async func() -> result<list<string>, string>;
    export statement-subqueries: async func() -> result<list<string>, string>;
    export statement-groups: async func() -> result<list<string>, string>;
    export statement-locks: async func() -> result<list<string>, string>;
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
    export statement-repeated: async func() -> result<list<string>, string>;
    export statement-repeated-shapes: async func(shapes: u32) -> result<list<string>, string>;

    /// Random expressions of decimals in every position, against a model: what went wrong, and how many statements there were.
    export decimal-expressions: async func(seed: u64, count: u32) -> result<list<string>, string>;
    export decimal-keys: async func() -> result<list<string>, string>;
    export decimal-objects: async func() -> result<list<string>, string>;
    export decimal-errors: async func() -> result<list<string>, string>;
    export decimal-values: async func() -> result<list<string>, string>;

    export e01-decimals: async func() -> result<list<string>, string>;
    export e02-integers: async func() -> result<list<string>, string>;
    export e03-moments: async func() -> result<list<string>, string>;
    export e04-documents: async func() -> result<list<string>, string>;
    export e05-labels: async func() -> result<list<string>, string>;
    export e05-native: async func() -> result<list<string>, string>;
    export e06-others: async func() -> result<list<string>, string>;
    export e06-foreign: async func() -> result<list<string>, string>;
    export types-native-types: async func() -> result<list<string>, string>;
    /// The value that the database returns for each value of each kind; so many values of each class are made from the seed.
    export types-fidelity: async func(seed: u64, values: u32) -> result<list<string>, string>;
    export t20-edges: async func() -> result<list<string>, string>;
    export t40-odd-rows: async func() -> result<list<string>, string>;
    export types-violations: async func() -> result<list<string>, string>;
    export types-check: async func() -> result<list<string>, string>;
    export types-statements: async func() -> result<list<string>, string>;
    export types-databases: async func() -> result<list<string>, string>;

    export f01-reflect: async func(views: bool) -> result<list<string>, string>;
    export f02-composite: async func() -> result<list<string>, string>;
    export f03-actions: async func() -> result<list<string>, string>;
    export f06-cycle: async func() -> result<list<string>, string>;
    export f07-odd-names: async func() -> result<list<string>, string>;

    export g05-together: async func() -> result<list<string>, string>;
    export g08-altered: async func() -> result<list<string>, string>;
    export g08-dropped: async func() -> result<list<string>, string>;
    export g10-forget: async func(times: u32) -> result<list<string>, string>;

    export mysql-who: async func() -> result<list<string>, string>;
    export mysql-keys: async func() -> result<list<string>, string>;
    export mysql-steps: async func() -> result<list<string>, string>;
    export mysql-existing: async func(collation: string) -> result<list<string>, string>;
    export mysql-together: async func(name: string, rows: u32) -> result<list<string>, string>;

    export computed-values: async func() -> result<list<string>, string>;
    export computed-columns: async func() -> result<list<string>, string>;
    export computed-parameters: async func() -> result<list<string>, string>;
    export computed-texts: async func() -> result<list<string>, string>;

    export load-directions: async func() -> result<list<string>, string>;
    export load-composite: async func() -> result<list<string>, string>;
    export load-nested: async func() -> result<list<string>, string>;
    export load-starts: async func() -> result<list<string>, string>;
    export a09-joined: async func() -> result<list<string>, string>;
    export a09-statements: async func() -> result<list<string>, string>;
    export load-many: async func(owners: u32, rounds: u32) -> result<list<string>, string>;
    export t68-plans: async func() -> result<list<string>, string>;
    export t32-loads: async func() -> result<list<string>, string>;
    export t32-load-bytes: async func(owners: u32) -> result<list<string>, string>;

    export query-get-locks: async func() -> result<list<string>, string>;
    export query-get-filters: async func() -> result<list<string>, string>;
    export query-get-again: async func() -> result<list<string>, string>;
    export query-get-options: async func() -> result<list<string>, string>;
    export query-get-composite: async func() -> result<list<string>, string>;
    export query-joins: async func() -> result<list<string>, string>;
    export query-any: async func() -> result<list<string>, string>;
    export query-subquery-columns: async func() -> result<list<string>, string>;
    export query-stream: async func(users: u32, batch: u32) -> result<list<string>, string>;
    export query-count: async func() -> result<list<string>, string>;
    export query-pages: async func() -> result<list<string>, string>;
    export query-page: async func() -> result<list<string>, string>;
    export query-upsert-many: async func(rows: u32) -> result<list<string>, string>;
    export query-update-columns: async func() -> result<list<string>, string>;
    export query-declared-orders: async func() -> result<list<string>, string>;
    export query-filtered-loads: async func() -> result<list<string>, string>;
    export query-filtered-changes: async func(way: string) -> result<list<string>, string>;
    export query-errors: async func() -> result<list<string>, string>;
    export query-deferred: async func() -> result<list<string>, string>;
    export query-deferred-elsewhere: async func() -> result<list<string>, string>;
    "
);

struct Conformance;

/// The lines that an export reports.
type Saw = Result<Vec<String>, Error>;

/// Implements each export as a call of the function of the same name in its module.
macro_rules! scenarios {
    ($($module:ident: $($name:ident($($argument:ident: $of:ty),*),)*;)*) => {
        impl Guest for Conformance {
            async fn setup(users: u32) -> Result<Vec<String>, String> {
                model::setup(users).await.map_err(|error| lines::error(&error))
            }

            async fn borrow_and_write(id: i64) -> Result<Vec<String>, String> {
                model::borrow_and_write(id).await.map_err(|error| lines::error(&error))
            }

            $($(async fn $name($($argument: $of),*) -> Result<Vec<String>, String> {
                $module::$name($($argument),*).await.map_err(|error| lines::error(&error))
            })*)*
        }
    };
}

scenarios! {
    unit_of_work: unique_freed(), unique_swapped(), unique_kept(), unique_replaced(), unique_positions(), unique_keys(),
        natural_followed(), natural_swapped(), natural_between(), natural_chain(), natural_updated(),
        unset_ways(way: String), unset_mixed(), unset_forgotten(), unset_limits(),;
    database: a01_ping(), a02_create_and_drop(), a02_strictly(), a03_reflect(), a03_opened_again(), a04_begin_and(end: String),
        a05_begin_and_leave(), a06_begin_in_begin(outer_reads: bool), a07_closed_transaction(), a08_statements(),
        a08_text(), a14_sizes(),;
    flush: b01_graph(), flush_b07_tree(), flush_violation(), flush_b21_many(parents: u32), c10_versions(),
        t68_changes(), t32_change_bytes(rows: u32), t32_change_time(rows: u32),;
    contract: contract_newer(), contract_reflect(), contract_reflect_refused(), contract_last_key(), contract_one_session(),;
    transaction: c04_pending_rollback(), c05_pending_rollback_in_savepoint(), c06_savepoint_rolled_back(), c07_savepoints_nest(),
        c17_isolation(), c17_levels(), c18_autocommit(), c19_commit_as_you_go(),;
    statement: statement_functions_of_texts(), statement_functions_of_numbers(), statement_functions_of_times(), statement_functions_of_documents(), statement_joins(), statement_subqueries(), statement_groups(), statement_locks(), d01_recursive(), d02_update(), d02_delete(), d03_unions(), d03_intersect_and_except(), d04_frames(), d04_functions(), d05_lists(), d06_patterns(), d07_distinct(), d08_limits(), d10_insert_from_select(), d13_upserts(), d14_odd_names(), d09_few(), d09_many(rows: u32), d11_update(), d11_delete(), d12_matched(), d15_partitions(), d15_abandon(),
        d15_busy(), statement_repeated(), statement_repeated_shapes(shapes: u32),;
    decimal: decimal_expressions(seed: u64, count: u32), decimal_keys(), decimal_objects(), decimal_errors(), decimal_values(),;
    types: e01_decimals(), e02_integers(), e03_moments(), e04_documents(), e05_labels(), e05_native(), e06_others(), e06_foreign(),
        types_native_types(), types_fidelity(seed: u64, values: u32), t20_edges(), t40_odd_rows(), types_violations(), types_check(), types_statements(), types_databases(),;
    reflection: f01_reflect(views: bool), f02_composite(), f03_actions(), f06_cycle(), f07_odd_names(),;
    unit_of_work: unit_random(sequences: Vec<Vec<u8>>), b01_save(), b01_from_the_child(), b02_delete_parent(is_loaded: bool), b02_change_unloaded(), b03_delete_all(),
        b04_many_to_one(), b05_unconnected(child_first: bool), b06_given_keys(order: Vec<u32>), b07_tree(is_loaded: bool),
        b07_move(), b08_many_to_many(is_loaded: bool), b08_both_sides(), b08_delete_a_side(), b08_with_columns(),
        b09_graph(), b10_circle(), b11_post_update(), b11_given_keys(), b12_together(), b13_row_switch(), b14_net_changes(),
        b15_batches(), b16_replace(is_loaded: bool), b16_pending(), b17_move(),
        b18_left_to_the_database(is_loaded: bool), b19_refused(), b20_update(is_versioned: bool),
        b20_delete(is_versioned: bool), b21_many(parents: u32), unit_step(), unit_step_edits(), unit_step_apart(), unit_update_many(), unit_keys_two_relationships(), unit_keys_composite(),
        unit_keys_natural(), unit_made_by_the_database(), unit_made_mended(way: String),;
    session: t67_key(), t67_version(), t61_sessions(count: u32), t59_too_long(milliseconds: u64), t60_starved(), t66_hold(), t66_go_on(), t69_others(), a16_new(), a16_loaded(), c01_get(), c01_weak(), session_identity_anew(), session_identity_gone(), session_identity_expunge(), session_identity_commit(expires: bool),
        c02_pending(), c02_whoever_asks(), c03_without(), c03_ends(), t62_dropped(end: String),
        c04_commit_fails(savepoints: bool), c04_mended(), c05_in_a_savepoint(savepoints: bool), t63_statement(),
        c06_new_and_renamed(end: String, is_flushed: bool), c07_nested(is_flushed: bool), c08_collections(is_flushed: bool),
        c08_read_inside(), c09_deleted(is_flushed: bool), t64_outlived(end: String), t64_out_of_order(end: String),
        session_both_sides(what: String), c14_another_session(), c15_never_saved(), session_detached(), a17_order(), a17_replaced(), a17_handlers(),
        a17_refused(name: String), a17_refused_after(is_kept: bool), a17_kept(), c16_locked(), t65_deadlock(), a10_existing(), a11_partial(),
        a12_refused(), a13_mixed(), a14_many(rows: i64), a15_deleted_behind(), a10_graph(is_known: bool),
        g07_unloaded(), g07_on_update(), g07_rolled_back(), g09_setup(), g09_write(times: u32),
        g09_count(), c10_counted(), c11_stale(what: String), c12_merge(), c13_collection(),;
    concurrent: g05_together(), g08_altered(), g08_dropped(), g10_forget(times: u32),;
    mysql: mysql_who(), mysql_keys(), mysql_steps(), mysql_existing(collation: String), mysql_together(name: String, rows: u32),;
    computed: computed_values(), computed_columns(), computed_parameters(), computed_texts(),;
    load: load_directions(), load_composite(), load_nested(), load_starts(), a09_joined(), a09_statements(), load_many(owners: u32, rounds: u32),
        t68_plans(), t32_loads(), t32_load_bytes(owners: u32),;
    query: query_get_locks(), query_get_filters(), query_get_again(), query_get_options(), query_get_composite(), query_joins(), query_any(), query_subquery_columns(),
        query_stream(users: u32, batch: u32), query_count(), query_pages(), query_page(), query_upsert_many(rows: u32), query_update_columns(),
        query_declared_orders(), query_filtered_loads(), query_filtered_changes(way: String), query_errors(), query_deferred(), query_deferred_elsewhere(),;
}

export!(Conformance);
