//! The life cycle of objects: moved, orphaned, expunged and merged ones, and long chains.
//!
//! It asserts nothing. The test compares the lines that each export returns.

mod chain;
mod commit;
mod graph;
mod moved;
mod orphan;
mod other;
mod out;

use sqlservice_sdk::prelude::*;

sqlservice_sdk::plugin!(
    "
    /// A child leaves a parent that is deleted: the way in which it does, whether the delete comes first, whether the children
    /// are loaded.
    export moved: async func(way: string, deletes-first: bool, is-loaded: bool) -> result<list<string>, string>;
    /// The same by other relationships than that to many.
    export moved-otherwise: async func(way: string, deletes-first: bool) -> result<list<string>, string>;
    export moved-in-a-tree: async func(way: string, is-loaded: bool) -> result<list<string>, string>;
    export moved-by-a-handler: async func(way: string) -> result<list<string>, string>;
    export orphan: async func(way: string) -> result<list<string>, string>;
    export out: async func(way: string) -> result<list<string>, string>;
    export commits: async func(way: string) -> result<list<string>, string>;
    /// So many objects that have one another.
    export chain: async func(way: string, length: u32) -> result<list<string>, string>;
    "
);

/// The lines that an export reports.
type Saw = Result<Vec<String>, Error>;

struct Life;

impl Guest for Life {
    async fn moved(way: String, deletes_first: bool, is_loaded: bool) -> Result<Vec<String>, String> {
        Ok(moved::moved(&way, deletes_first, is_loaded).await?)
    }

    async fn moved_otherwise(way: String, deletes_first: bool) -> Result<Vec<String>, String> {
        Ok(other::moved(&way, deletes_first).await?)
    }

    async fn moved_in_a_tree(way: String, is_loaded: bool) -> Result<Vec<String>, String> {
        Ok(graph::moved(&way, is_loaded).await?)
    }

    async fn moved_by_a_handler(way: String) -> Result<Vec<String>, String> {
        Ok(commit::moved(&way).await?)
    }

    async fn orphan(way: String) -> Result<Vec<String>, String> {
        Ok(orphan::orphan(&way).await?)
    }

    async fn out(way: String) -> Result<Vec<String>, String> {
        Ok(out::out(&way).await?)
    }

    async fn commits(way: String) -> Result<Vec<String>, String> {
        Ok(commit::commits(&way).await?)
    }

    async fn chain(way: String, length: u32) -> Result<Vec<String>, String> {
        Ok(chain::chain(&way, length).await?)
    }
}

export!(Life);
