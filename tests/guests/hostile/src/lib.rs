//! A guest that does everything a guest should not: traps in transactions, drops futures, leaks what it opened, forges
//! names, nodes and batches.

#[path = "../../conformance/src/flush/change.rs"]
#[allow(dead_code, reason = "the well-behaved guest changes more")]
mod change;
mod escape;
mod forge;
mod keep;
mod leave;
#[path = "../../conformance/src/lines.rs"]
#[allow(dead_code, reason = "the well-behaved guest tells more")]
mod lines;
mod model;
mod object;
mod operation;
mod orphan;
mod reader;
mod stop;
mod threat;
mod trap;

use sqlservice_sdk::prelude::*;

sqlservice_sdk::plugin!(
    "
    /// Begins a transaction, inserts a row and traps: `unreachable`, `panic`, `long panic`, `exit`, `exit with 1`,
    /// `memory`, `recursion`, `table`.
    export trap-in-begin: async func(how: string) -> result<list<string>, string>;
    /// Traps with an unread cursor, a savepoint and two transactions open.
    export trap-with-everything: async func() -> result<list<string>, string>;

    /// Does an operation with a row of this key, and drops its future at its so many-th poll. Whether it was done before.
    export sweep: async func(operation: string, id: s64, polls: u32) -> result<bool, string>;
    /// The same after so many microseconds.
    export sweep-after: async func(operation: string, id: s64, microseconds: u32) -> result<bool, string>;
    /// Traps at that poll.
    export sweep-trap: async func(operation: string, id: s64, polls: u32) -> result<bool, string>;
    /// Does all operations once, for a host that drops the whole call.
    export everything: async func(id: s64) -> result<list<string>, string>;
    /// Drops futures of a session and goes on with the same session.
    export drop-and-go-on: async func(id: s64) -> result<list<string>, string>;

    /// Opens so many transactions, with a row in the first, and neither closes nor drops them.
    export leave-open: async func(count: u32) -> result<list<string>, string>;
    /// Opens sessions, and cursors, until it is stopped.
    export open-until-refused: async func() -> result<list<string>, string>;

    /// Leaves a task behind that goes on after the call: it counts (`counts`), counts and never waits (`spins`), or writes in a
    /// transaction and commits it (`works`).
    export leave-task: async func(how: string) -> result<list<string>, string>;
    /// Waits so many milliseconds and says how far the task has counted.
    export count-task: async func(ms: u32) -> u32;

    /// Lets the host keep so many things of so many bytes: `prepared`, `models`, `waiting`.
    export keep: async func(what: string, count: u32, bytes: u32) -> result<list<string>, string>;

    /// The result of each way to change or lock a row.
    export operations: async func() -> result<list<string>, string>;

    /// The error for each wrong model.
    export bad-models: async func() -> result<list<string>, string>;
    /// The errors for invalid names.
    export forged-names: async func() -> result<list<string>, string>;
    /// The errors for invalid arenas.
    export forged-nodes: async func() -> result<list<string>, string>;
    /// The errors for invalid batches.
    export forged-batches: async func() -> result<list<string>, string>;
    /// The errors for SQL text that ends the transaction, or is several statements.
    export forged-text: async func() -> result<list<string>, string>;

    /// Whether each hostile name is kept to the letter or refused.
    export hostile-names: async func() -> result<list<string>, string>;
    /// Whether tables stay apart whose names are equal up to the place where a database would cut them.
    export cut-names: async func() -> result<list<string>, string>;
    /// The errors for SQL text in models.
    export smuggled-text: async func() -> result<list<string>, string>;
    /// Calls each of these functions in every place of a statement.
    export forged-functions: async func(names: list<string>) -> result<list<string>, string>;
    /// Reads a result without an end.
    export read-everything: async func() -> result<list<string>, string>;
    /// Reads a value that doubles so many times.
    export read-a-large-value: async func(doublings: u32) -> result<list<string>, string>;
    /// Reads large results slowly, and gives up.
    export read-badly: async func() -> result<list<string>, string>;
    /// Begins to read a large result and leaves it unread for so many milliseconds.
    export read-later: async func(idle: u32) -> result<list<string>, string>;

    /// Drops resources of which others were made, before these are used.
    export drop-parents: async func() -> result<list<string>, string>;
    /// Runs a statement that was prepared for one of two databases in a session of the other one.
    export swap-prepared: async func(one: string, other: string) -> result<list<string>, string>;
    /// The errors for databases of these names.
    export guess-names: async func(names: list<string>) -> result<list<string>, string>;
    /// Tries to leave the granted directories: by names and links (`outside`), what may only be read (`fixed`); and what is allowed (`inside`).
    export leave-directories: async func(how: string) -> result<list<string>, string>;
    /// What a guest sees of the host's process: variables, arguments, a directory, input.
    export surroundings: async func() -> list<string>;
    /// Tries to reach a port of this machine.
    export reach-port: async func(port: u16) -> result<list<string>, string>;
    "
);

struct Hostile;

fn worded<T>(result: Result<T, Error>) -> Result<T, String> {
    result.map_err(|error| lines::error(&error))
}

impl Guest for Hostile {
    async fn trap_in_begin(how: String) -> Result<Vec<String>, String> {
        worded(trap::in_begin(&how).await)
    }

    async fn trap_with_everything() -> Result<Vec<String>, String> {
        worded(trap::with_everything().await)
    }

    async fn sweep(operation: String, id: i64, polls: u32) -> Result<bool, String> {
        worded(stop::sweep(&operation, id, stop::Stop::AtPoll(polls)).await)
    }

    async fn sweep_after(operation: String, id: i64, microseconds: u32) -> Result<bool, String> {
        worded(stop::sweep(&operation, id, stop::Stop::After(microseconds)).await)
    }

    async fn sweep_trap(operation: String, id: i64, polls: u32) -> Result<bool, String> {
        worded(stop::sweep(&operation, id, stop::Stop::Trap(polls)).await)
    }

    async fn everything(id: i64) -> Result<Vec<String>, String> {
        worded(stop::everything(id).await)
    }

    async fn drop_and_go_on(id: i64) -> Result<Vec<String>, String> {
        worded(stop::drop_and_go_on(id).await)
    }

    async fn leave_open(count: u32) -> Result<Vec<String>, String> {
        worded(leave::sessions(count).await)
    }

    async fn open_until_refused() -> Result<Vec<String>, String> {
        worded(leave::until_refused().await)
    }

    async fn leave_task(how: String) -> Result<Vec<String>, String> {
        worded(leave::task(&how).await)
    }

    async fn count_task(ms: u32) -> u32 {
        leave::count(ms).await
    }

    async fn keep(what: String, count: u32, bytes: u32) -> Result<Vec<String>, String> {
        worded(keep::all(&what, count, bytes).await)
    }

    async fn operations() -> Result<Vec<String>, String> {
        worded(operation::all().await)
    }

    async fn bad_models() -> Result<Vec<String>, String> {
        worded(forge::models().await)
    }

    async fn forged_names() -> Result<Vec<String>, String> {
        worded(forge::names().await)
    }

    async fn forged_nodes() -> Result<Vec<String>, String> {
        worded(forge::nodes().await)
    }

    async fn forged_batches() -> Result<Vec<String>, String> {
        worded(forge::batches().await)
    }

    async fn forged_text() -> Result<Vec<String>, String> {
        worded(forge::text().await)
    }

    async fn hostile_names() -> Result<Vec<String>, String> {
        worded(threat::names().await)
    }

    async fn cut_names() -> Result<Vec<String>, String> {
        worded(threat::collisions().await)
    }

    async fn smuggled_text() -> Result<Vec<String>, String> {
        worded(threat::text().await)
    }

    async fn forged_functions(names: Vec<String>) -> Result<Vec<String>, String> {
        worded(threat::functions(names).await)
    }

    async fn read_everything() -> Result<Vec<String>, String> {
        worded(threat::rows().await)
    }

    async fn read_a_large_value(doublings: u32) -> Result<Vec<String>, String> {
        worded(threat::cell(doublings).await)
    }

    async fn read_badly() -> Result<Vec<String>, String> {
        worded(reader::badly().await)
    }

    async fn read_later(idle: u32) -> Result<Vec<String>, String> {
        worded(reader::never(idle).await)
    }

    async fn drop_parents() -> Result<Vec<String>, String> {
        worded(orphan::parents().await)
    }

    async fn swap_prepared(one: String, other: String) -> Result<Vec<String>, String> {
        worded(orphan::swapped(&[one, other]).await)
    }

    async fn guess_names(names: Vec<String>) -> Result<Vec<String>, String> {
        Ok(orphan::guessed(names).await)
    }

    async fn leave_directories(how: String) -> Result<Vec<String>, String> {
        match how.as_str() {
            "outside" => Ok(escape::outside()),
            "fixed" => Ok(escape::fixed()),
            "inside" => Ok(escape::inside()),
            other => Err(format!("there is no {other:?}")),
        }
    }

    async fn surroundings() -> Vec<String> {
        escape::surroundings()
    }

    async fn reach_port(port: u16) -> Result<Vec<String>, String> {
        Ok(escape::network(port))
    }
}

export!(Hostile);
