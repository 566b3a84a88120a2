//! A well-behaved guest: each export does the steps of one acceptance scenario and returns what it saw, line by line.
//!
//! It asserts nothing. The test compares the lines, and looks at the database from outside.

mod a;
mod b;
mod c;
mod contract;
mod d;
mod decimal;
mod e;
mod f;
mod g;
mod load;
mod meaning;
mod model;
mod mysql;
mod q;
mod s;
mod told;
mod u;
mod w;

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
    export a03-opened-again: async func() -> result<list<string>, string>;
    export a04-begin-and: async func(end: string) -> result<list<string>, string>;
    export a05-begin-and-leave: async func() -> result<list<string>, string>;
    export a06-begin-in-begin: async func(outer-reads: bool) -> result<list<string>, string>;
    export a07-closed-transaction: async func() -> result<list<string>, string>;
    export a08-statements: async func() -> result<list<string>, string>;
    export a08-text: async func() -> result<list<string>, string>;
    export a14-sizes: async func() -> result<list<string>, string>;

    /// What a database of a newer host says that this guest has no words for.
    export v-newer: async func() -> result<list<string>, string>;
    /// Tables that a transaction made and did not commit.
    export v-reflect: async func() -> result<list<string>, string>;
    /// What reflection on a session is refused for.
    export v-reflect-refused: async func() -> result<list<string>, string>;
    /// Keys that the database counted up, of inserts that return nothing.
    export v-last-key: async func() -> result<list<string>, string>;
    /// Objects on a connection of one's own, and isolation levels of a session.
    export v-one-session: async func() -> result<list<string>, string>;

    /// Random operations on objects, against a plain model of them: what went wrong, a line a sequence.
    export u-random: async func(sequences: list<list<u8>>) -> result<list<string>, string>;
    export u-b01-save: async func() -> result<list<string>, string>;
    export u-b01-from-the-child: async func() -> result<list<string>, string>;
    export u-b02-delete-parent: async func(is-loaded: bool) -> result<list<string>, string>;
    export u-b02-change-unloaded: async func() -> result<list<string>, string>;
    export u-b03-delete-all: async func() -> result<list<string>, string>;
    export u-b04-many-to-one: async func() -> result<list<string>, string>;
    export u-b05-unconnected: async func(child-first: bool) -> result<list<string>, string>;
    export u-b06-given-keys: async func(order: list<u32>) -> result<list<string>, string>;
    export u-b07-tree: async func(is-loaded: bool) -> result<list<string>, string>;
    export u-b07-move: async func() -> result<list<string>, string>;
    export u-b08-many-to-many: async func(is-loaded: bool) -> result<list<string>, string>;
    export u-b08-both-sides: async func() -> result<list<string>, string>;
    export u-b08-delete-a-side: async func() -> result<list<string>, string>;
    export u-b08-with-columns: async func() -> result<list<string>, string>;
    export u-b09-graph: async func() -> result<list<string>, string>;
    export u-b10-circle: async func() -> result<list<string>, string>;
    export u-b11-post-update: async func() -> result<list<string>, string>;
    export u-b11-given-keys: async func() -> result<list<string>, string>;
    export u-b12-together: async func() -> result<list<string>, string>;
    export u-b13-row-switch: async func() -> result<list<string>, string>;
    export u-b14-net-changes: async func() -> result<list<string>, string>;
    export u-b15-batches: async func() -> result<list<string>, string>;
    export u-b16-replace: async func(is-loaded: bool) -> result<list<string>, string>;
    export u-b16-pending: async func() -> result<list<string>, string>;
    export u-b17-move: async func() -> result<list<string>, string>;
    export u-b18-left-to-the-database: async func(is-loaded: bool) -> result<list<string>, string>;
    export u-b19-refused: async func() -> result<list<string>, string>;
    export u-b20-update: async func(is-versioned: bool) -> result<list<string>, string>;
    export u-b20-delete: async func(is-versioned: bool) -> result<list<string>, string>;
    export u-step: async func() -> result<list<string>, string>;
    export u-step-edits: async func() -> result<list<string>, string>;
    export u-step-apart: async func() -> result<list<string>, string>;
    export u-update-many: async func() -> result<list<string>, string>;
    export s-t67-key: async func() -> result<list<string>, string>;
    export s-t67-version: async func() -> result<list<string>, string>;
    export s-t61-sessions: async func(count: u32) -> result<list<string>, string>;
    export s-t59-too-long: async func(milliseconds: u64) -> result<list<string>, string>;
    export s-t60-starved: async func() -> result<list<string>, string>;
    export s-t66-hold: async func() -> result<list<string>, string>;
    export s-t66-go-on: async func() -> result<list<string>, string>;
    export s-t69-others: async func() -> result<list<string>, string>;
    export s-a16-new: async func() -> result<list<string>, string>;
    export s-a16-loaded: async func() -> result<list<string>, string>;
    export u-b21-many: async func(parents: u32) -> result<list<string>, string>;
    export u-keys-two-relationships: async func() -> result<list<string>, string>;
    export u-keys-composite: async func() -> result<list<string>, string>;
    export u-keys-natural: async func() -> result<list<string>, string>;
    export u-made-by-the-database: async func() -> result<list<string>, string>;
    export u-made-mended: async func(way: string) -> result<list<string>, string>;
    export s-c01-get: async func() -> result<list<string>, string>;
    export s-c01-weak: async func() -> result<list<string>, string>;
    export s-identity-anew: async func() -> result<list<string>, string>;
    export s-identity-gone: async func() -> result<list<string>, string>;
    export s-identity-expunge: async func() -> result<list<string>, string>;
    export s-identity-commit: async func(expires: bool) -> result<list<string>, string>;
    export s-c02-pending: async func() -> result<list<string>, string>;
    export s-c02-whoever-asks: async func() -> result<list<string>, string>;
    export s-c03-without: async func() -> result<list<string>, string>;
    export s-c03-ends: async func() -> result<list<string>, string>;
    export s-t62-dropped: async func(end: string) -> result<list<string>, string>;
    export s-c04-commit-fails: async func(savepoints: bool) -> result<list<string>, string>;
    export s-c04-mended: async func() -> result<list<string>, string>;
    export s-c05-in-a-savepoint: async func(savepoints: bool) -> result<list<string>, string>;
    export s-t63-statement: async func() -> result<list<string>, string>;
    export s-c06-new-and-renamed: async func(end: string, is-flushed: bool) -> result<list<string>, string>;
    export s-c07-nested: async func(is-flushed: bool) -> result<list<string>, string>;
    export s-c08-collections: async func(is-flushed: bool) -> result<list<string>, string>;
    export s-c08-read-inside: async func() -> result<list<string>, string>;
    export s-c09-deleted: async func(is-flushed: bool) -> result<list<string>, string>;
    export s-t64-outlived: async func(end: string) -> result<list<string>, string>;
    export s-t64-out-of-order: async func(end: string) -> result<list<string>, string>;
    export s-both-sides: async func(what: string) -> result<list<string>, string>;
    export s-c14-another-session: async func() -> result<list<string>, string>;
    export s-c15-never-saved: async func() -> result<list<string>, string>;
    export s-detached: async func() -> result<list<string>, string>;
    export s-a17-order: async func() -> result<list<string>, string>;
    export s-a17-replaced: async func() -> result<list<string>, string>;
    export s-a17-handlers: async func() -> result<list<string>, string>;
    export s-a17-refused: async func(name: string) -> result<list<string>, string>;
    export s-a17-refused-after: async func(is-kept: bool) -> result<list<string>, string>;
    export s-a17-kept: async func() -> result<list<string>, string>;
    export s-c16-locked: async func() -> result<list<string>, string>;
    export s-t65-deadlock: async func() -> result<list<string>, string>;
    export s-a10-existing: async func() -> result<list<string>, string>;
    export s-a11-partial: async func() -> result<list<string>, string>;
    export s-a12-refused: async func() -> result<list<string>, string>;
    export s-a13-mixed: async func() -> result<list<string>, string>;
    export s-a14-many: async func(rows: s64) -> result<list<string>, string>;
    export s-a15-deleted-behind: async func() -> result<list<string>, string>;
    export s-a10-graph: async func(is-known: bool) -> result<list<string>, string>;
    export s-g07-unloaded: async func() -> result<list<string>, string>;
    export s-g07-on-update: async func() -> result<list<string>, string>;
    export s-g07-rolled-back: async func() -> result<list<string>, string>;
    export s-g09-setup: async func() -> result<list<string>, string>;
    export s-g09-write: async func(times: u32) -> result<list<string>, string>;
    export s-g09-count: async func() -> result<list<string>, string>;
    export s-c10-counted: async func() -> result<list<string>, string>;
    export s-c11-stale: async func(what: string) -> result<list<string>, string>;
    export s-c12-merge: async func() -> result<list<string>, string>;
    export s-c13-collection: async func() -> result<list<string>, string>;
    export w-unique-freed: async func() -> result<list<string>, string>;
    export w-unique-swapped: async func() -> result<list<string>, string>;
    export w-unique-kept: async func() -> result<list<string>, string>;
    export w-unique-replaced: async func() -> result<list<string>, string>;
    export w-unique-positions: async func() -> result<list<string>, string>;
    export w-unique-keys: async func() -> result<list<string>, string>;
    export w-natural-followed: async func() -> result<list<string>, string>;
    export w-natural-swapped: async func() -> result<list<string>, string>;
    export w-natural-between: async func() -> result<list<string>, string>;
    export w-natural-chain: async func() -> result<list<string>, string>;
    export w-natural-updated: async func() -> result<list<string>, string>;
    export w-unset-ways: async func(way: string) -> result<list<string>, string>;
    export w-unset-mixed: async func() -> result<list<string>, string>;
    export w-unset-forgotten: async func() -> result<list<string>, string>;
    export w-unset-limits: async func() -> result<list<string>, string>;
    export b01-graph: async func() -> result<list<string>, string>;
    export b07-tree: async func() -> result<list<string>, string>;
    export b-violation: async func() -> result<list<string>, string>;
    export b21-many: async func(parents: u32) -> result<list<string>, string>;
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
    export d-repeated: async func() -> result<list<string>, string>;
    export d-repeated-shapes: async func(shapes: u32) -> result<list<string>, string>;

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

    export y-who: async func() -> result<list<string>, string>;
    export y-keys: async func() -> result<list<string>, string>;
    export y-steps: async func() -> result<list<string>, string>;
    export y-existing: async func(collation: string) -> result<list<string>, string>;
    export y-together: async func(name: string, rows: u32) -> result<list<string>, string>;

    export m-values: async func() -> result<list<string>, string>;
    export m-columns: async func() -> result<list<string>, string>;
    export m-parameters: async func() -> result<list<string>, string>;
    export m-texts: async func() -> result<list<string>, string>;

    export l-directions: async func() -> result<list<string>, string>;
    export l-composite: async func() -> result<list<string>, string>;
    export l-nested: async func() -> result<list<string>, string>;
    export l-starts: async func() -> result<list<string>, string>;
    export a09-joined: async func() -> result<list<string>, string>;
    export a09-statements: async func() -> result<list<string>, string>;
    export l-many: async func(owners: u32, rounds: u32) -> result<list<string>, string>;
    export t68-plans: async func() -> result<list<string>, string>;
    export t32-loads: async func() -> result<list<string>, string>;
    export t32-load-bytes: async func(owners: u32) -> result<list<string>, string>;

    export q-get-locks: async func() -> result<list<string>, string>;
    export q-get-filters: async func() -> result<list<string>, string>;
    export q-get-again: async func() -> result<list<string>, string>;
    export q-get-options: async func() -> result<list<string>, string>;
    export q-get-composite: async func() -> result<list<string>, string>;
    export q-joins: async func() -> result<list<string>, string>;
    export q-any: async func() -> result<list<string>, string>;
    export q-subquery-columns: async func() -> result<list<string>, string>;
    export q-stream: async func(users: u32, batch: u32) -> result<list<string>, string>;
    export q-count: async func() -> result<list<string>, string>;
    export q-pages: async func() -> result<list<string>, string>;
    export q-page: async func() -> result<list<string>, string>;
    export q-upsert-many: async func(rows: u32) -> result<list<string>, string>;
    export q-update-columns: async func() -> result<list<string>, string>;
    export q-declared-orders: async func() -> result<list<string>, string>;
    export q-filtered-loads: async func() -> result<list<string>, string>;
    export q-filtered-changes: async func(way: string) -> result<list<string>, string>;
    export q-errors: async func() -> result<list<string>, string>;
    export q-deferred: async func() -> result<list<string>, string>;
    export q-deferred-elsewhere: async func() -> result<list<string>, string>;
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
    w: w_unique_freed(), w_unique_swapped(), w_unique_kept(), w_unique_replaced(), w_unique_positions(), w_unique_keys(),
        w_natural_followed(), w_natural_swapped(), w_natural_between(), w_natural_chain(), w_natural_updated(),
        w_unset_ways(way: String), w_unset_mixed(), w_unset_forgotten(), w_unset_limits(),;
    a: a01_ping(), a02_create_and_drop(), a02_strictly(), a03_reflect(), a03_opened_again(), a04_begin_and(end: String),
        a05_begin_and_leave(), a06_begin_in_begin(outer_reads: bool), a07_closed_transaction(), a08_statements(),
        a08_text(), a14_sizes(),;
    b: b01_graph(), b07_tree(), b_violation(), b21_many(parents: u32), c10_versions(),
        t68_changes(), t32_change_bytes(rows: u32), t32_change_time(rows: u32),;
    contract: v_newer(), v_reflect(), v_reflect_refused(), v_last_key(), v_one_session(),;
    c: c04_pending_rollback(), c05_pending_rollback_in_savepoint(), c06_savepoint_rolled_back(), c07_savepoints_nest(),
        c17_isolation(), c17_levels(), c18_autocommit(), c19_commit_as_you_go(),;
    d: d_functions_of_texts(), d_functions_of_numbers(), d_functions_of_times(), d_functions_of_documents(), d_joins(), d_subqueries(), d_groups(), d_locks(), d01_recursive(), d02_update(), d02_delete(), d03_unions(), d03_intersect_and_except(), d04_frames(), d04_functions(), d05_lists(), d06_patterns(), d07_distinct(), d08_limits(), d10_insert_from_select(), d13_upserts(), d14_odd_names(), d09_few(), d09_many(rows: u32), d11_update(), d11_delete(), d12_matched(), d15_partitions(), d15_abandon(),
        d15_busy(), d_repeated(), d_repeated_shapes(shapes: u32),;
    decimal: decimal_expressions(seed: u64, count: u32), decimal_keys(), decimal_objects(), decimal_errors(), decimal_values(),;
    e: e01_decimals(), e02_integers(), e03_moments(), e04_documents(), e05_labels(), e05_native(), e06_others(), e06_foreign(),
        e_native_types(), e_fidelity(seed: u64, values: u32), t20_edges(), t40_odd_rows(), e_violations(), e_check(), e_statements(), e_databases(),;
    f: f01_reflect(views: bool), f02_composite(), f03_actions(), f06_cycle(), f07_odd_names(),;
    u: u_random(sequences: Vec<Vec<u8>>), u_b01_save(), u_b01_from_the_child(), u_b02_delete_parent(is_loaded: bool), u_b02_change_unloaded(), u_b03_delete_all(),
        u_b04_many_to_one(), u_b05_unconnected(child_first: bool), u_b06_given_keys(order: Vec<u32>), u_b07_tree(is_loaded: bool),
        u_b07_move(), u_b08_many_to_many(is_loaded: bool), u_b08_both_sides(), u_b08_delete_a_side(), u_b08_with_columns(),
        u_b09_graph(), u_b10_circle(), u_b11_post_update(), u_b11_given_keys(), u_b12_together(), u_b13_row_switch(), u_b14_net_changes(),
        u_b15_batches(), u_b16_replace(is_loaded: bool), u_b16_pending(), u_b17_move(),
        u_b18_left_to_the_database(is_loaded: bool), u_b19_refused(), u_b20_update(is_versioned: bool),
        u_b20_delete(is_versioned: bool), u_b21_many(parents: u32), u_step(), u_step_edits(), u_step_apart(), u_update_many(), u_keys_two_relationships(), u_keys_composite(),
        u_keys_natural(), u_made_by_the_database(), u_made_mended(way: String),;
    s: s_t67_key(), s_t67_version(), s_t61_sessions(count: u32), s_t59_too_long(milliseconds: u64), s_t60_starved(), s_t66_hold(), s_t66_go_on(), s_t69_others(), s_a16_new(), s_a16_loaded(), s_c01_get(), s_c01_weak(), s_identity_anew(), s_identity_gone(), s_identity_expunge(), s_identity_commit(expires: bool),
        s_c02_pending(), s_c02_whoever_asks(), s_c03_without(), s_c03_ends(), s_t62_dropped(end: String),
        s_c04_commit_fails(savepoints: bool), s_c04_mended(), s_c05_in_a_savepoint(savepoints: bool), s_t63_statement(),
        s_c06_new_and_renamed(end: String, is_flushed: bool), s_c07_nested(is_flushed: bool), s_c08_collections(is_flushed: bool),
        s_c08_read_inside(), s_c09_deleted(is_flushed: bool), s_t64_outlived(end: String), s_t64_out_of_order(end: String),
        s_both_sides(what: String), s_c14_another_session(), s_c15_never_saved(), s_detached(), s_a17_order(), s_a17_replaced(), s_a17_handlers(),
        s_a17_refused(name: String), s_a17_refused_after(is_kept: bool), s_a17_kept(), s_c16_locked(), s_t65_deadlock(), s_a10_existing(), s_a11_partial(),
        s_a12_refused(), s_a13_mixed(), s_a14_many(rows: i64), s_a15_deleted_behind(), s_a10_graph(is_known: bool),
        s_g07_unloaded(), s_g07_on_update(), s_g07_rolled_back(), s_g09_setup(), s_g09_write(times: u32),
        s_g09_count(), s_c10_counted(), s_c11_stale(what: String), s_c12_merge(), s_c13_collection(),;
    g: g05_together(), g08_altered(), g08_dropped(), g10_forget(times: u32),;
    mysql: y_who(), y_keys(), y_steps(), y_existing(collation: String), y_together(name: String, rows: u32),;
    meaning: m_values(), m_columns(), m_parameters(), m_texts(),;
    load: l_directions(), l_composite(), l_nested(), l_starts(), a09_joined(), a09_statements(), l_many(owners: u32, rounds: u32),
        t68_plans(), t32_loads(), t32_load_bytes(owners: u32),;
    q: q_get_locks(), q_get_filters(), q_get_again(), q_get_options(), q_get_composite(), q_joins(), q_any(), q_subquery_columns(),
        q_stream(users: u32, batch: u32), q_count(), q_pages(), q_page(), q_upsert_many(rows: u32), q_update_columns(),
        q_declared_orders(), q_filtered_loads(), q_filtered_changes(way: String), q_errors(), q_deferred(), q_deferred_elsewhere(),;
}

export!(Conformance);
