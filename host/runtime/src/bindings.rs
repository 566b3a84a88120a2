//! The contract as Rust types and traits: the only `bindgen!` of the project.

#![allow(missing_docs, reason = "generated; the contract in `wit/` documents every item")]
#![allow(clippy::all, reason = "generated")]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "sqlservice:database/sqlservice-raw",
    imports: { default: trappable },
    exports: { default: async | store },
    with: {
        "wasi:clocks": wasmtime_wasi::p3::bindings::clocks,
        "sqlservice:database/sessions.session": crate::session::Session,
        "sqlservice:database/sessions.cursor": crate::cursor::Cursor,
        "sqlservice:database/sessions.prepared": crate::prepared::Prepared,
        "sqlservice:database/sessions.savepoint": crate::savepoint::Savepoint,
        "sqlservice:database/databases.database": crate::database::Database,
    },
    trappable_error_type: {
        "sqlservice:database/errors.failure" => crate::SqlError,
    },
    require_store_data_send: true,
});

/// The bindings of guests that declare their models.
pub mod declared {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "sqlservice:database/declared",
        exports: { default: async },
        with: {
            "sqlservice:database/values": super::sqlservice::database::values,
            "sqlservice:database/schema": super::sqlservice::database::schema,
        },
    });
}
