//! Write sandboxed plugins that use databases: models, queries, sessions
//!
//! A plugin is a library that becomes a WebAssembly component. It opens a database by the name under which the host granted it, never by
//! an address or a password, and the same component runs on SQLite, PostgreSQL, MySQL and MariaDB. This page is long: it is the guide.
//!
//! ```no_run
//! use sqlservice_sdk::prelude::*;
//!
//! #[derive(Model, Clone, Debug, Default, PartialEq)]
//! #[model(table = "users")]
//! pub struct User {
//!     #[model(primary_key, generated)]
//!     pub id: i64,
//!     #[model(length = 64, unique)]
//!     pub name: String,
//!     pub email: Option<String>,
//! }
//!
//! // What the plugin exports, in WIT, and its models: said once.
//! sqlservice_sdk::plugin!(models = [User], "export add-user: async func(name: string) -> result<s64, string>;");
//!
//! struct Plugin;
//!
//! impl Guest for Plugin {
//!     async fn add_user(name: String) -> Result<i64, String> {
//!         let db = Database::open("default", declared_models()).await?;
//!         db.create_all().await?;
//!         let session = db.begin().await?;
//!         session.insert_many(&[User { name: name.clone(), ..User::default() }]).await?;
//!         let user = session.one(&select::<User>().filter(User::NAME.eq(name))).await?;
//!         session.commit().await?;
//!         Ok(user.id)
//!     }
//! }
//!
//! export!(Plugin);
//! ```
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib"]
//!
//! [dependencies]
//! sqlservice-sdk = "0.1"
//! ```
//!
//! `cargo build --target wasm32-wasip2` makes the component.
//!
//! # Models
//!
//! A struct with `#[derive(Model)]` is a table, its fields are the columns. A field is a [`SqlType`] or an `Option` of
//! one, which is a column that may be null, or an [`Auto`] of one.
//!
//! | on the struct | |
//! |---|---|
//! | `table = "users"` | the table's name; by default the struct's in snake_case |
//! | `schema = "sales"`, `comment = "…"` | |
//! | `index(columns(a, b), name = "ix")`, `unique(columns(a, b))` | of several columns, by the names of the fields |
//! | `foreign_key(columns(a, b), refers = "parents(x, y)", on_delete = "cascade")` | of several columns |
//!
//! | on a field | |
//! |---|---|
//! | `primary_key` | on several fields, the key has several columns |
//! | `generated` | the database generates the key by counting up; 0 means "generate one" |
//! | `length = 64`, `precision = 10, scale = 2` | of texts and bytes, of decimals |
//! | `unique`, `index` | of this column |
//! | `default = true`, `default = now`, `on_update = now` | for unset columns: see [below](#columns-that-a-new-row-does-not-set) |
//! | `foreign_key = "users.id"`, `on_delete = "set null"`, `on_update = "cascade"` | |
//! | `column = "Name"`, `comment = "…"` | |
//! | `version` | counts the row's versions, for optimistic locking |
//!
//! An enum without fields is a column's type with `#[derive(Enumeration)]`: the database keeps a label of each variant and refuses every
//! other text. A `Vec` is an array, where the database has them: the others refuse the model when a database is opened with it, and
//! [`Database::capabilities`] shows this before.
//!
//! ```no_run
//! # use sqlservice_sdk::prelude::*;
//! #[derive(Enumeration, Clone, Copy, Debug, PartialEq)]
//! enum Mood {
//!     Sad,
//!     #[enumeration(label = "so-so")]
//!     SoSo,
//! }
//!
//! #[derive(Model, Clone)]
//! struct Day {
//!     #[model(primary_key)]
//!     day: Date,
//!     #[model(default = "sad")]
//!     mood: Mood,
//!     temperatures: Option<Vec<f64>>,
//! }
//! # fn main() -> Result<(), Error> {
//! assert_eq!(Mood::from_label("so-so")?, Mood::SoSo);
//! # Ok(()) }
//! ```
//!
//! A column that is large and seldom needed is a [`Deferred`]: `body: Deferred<String>`. Queries of objects leave it out unless they
//! [undefer](session::EntityQuery::undefer) it, and `note.body.get()?` fails where it is not loaded.
//!
//! ## Columns that a new row does not set
//!
//! One rule applies to all inserts: objects that are added or saved, `insert`, `insert_many`, `insert().values(…)`, upserts.
//!
//! | a new row has | the row gets |
//! |---|---|
//! | `None` in an `Option`, [`Auto::NotSet`] | the column's `default`, where it has one |
//! | `None` in an `Option` without a `default` | null |
//! | a plain field, also from `..Task::default()` | the field's value: `false`, 0, an empty text |
//! | a plain field from `..Task::initial()` | the constant `default` of its column |
//! | 0 in a generated key | the next one |
//! | nothing in a column that cannot be null and has no default; 0 in a foreign key to a generated key | nothing is sent: [`is_not_null_violation`](Error::is_not_null_violation), with the column's name |
//!
//! A null for a column with a default is written by a statement: `insert().set(Task::NOTE, null)` or an update. Rows of one
//! `insert_many` leave a `now` to the database in all of them or in none.
//!
//! [`Uuid`] is the type of the crate `uuid`. Types of other crates are columns' types with the feature of the crate's name; none is
//! enabled by default:
//!
//! | feature | types |
//! |---|---|
//! | `jiff` | `civil::Date`, `civil::Time`, `civil::DateTime`, `Timestamp`, `Span` |
//! | `bigdecimal` | `BigDecimal`, which holds every decimal |
//! | `rust_decimal` | `Decimal`, of up to 28 digits: more are a type mismatch |
//! | `serde_json` | `Value`, and `value::Document<T>` for all types that serde reads and writes |
//!
//! A [`Decimal`] is exact on all databases, SQLite too, and computes in the guest as they do: `price * 3`, `total.round(2)`.
//!
//! [`value`] has a table of the values of each type that each database keeps or refuses.
//!
//! For each field there is a constant, `User::NAME` for `name`: a [`Column`] to write statements with.
//! [`Database::create_all`] creates the tables, [`Database::drop_all`] drops them, and [`Database::reflect`] reads what a
//! database has without any models.
//!
//! # Connections, sessions, transactions
//!
//! * [`Database::connect`] takes a dedicated connection: commit as you go.
//! * [`Database::session`] returns a session that takes a connection when it needs one: commit as you go.
//! * [`Database::begin`] returns a session in a transaction, which is its only one.
//! * [`Database::transaction`] commits when a closure is `Ok`, and rolls back when it is an error.
//!
//! Dropping rolls back: a session, a connection, an unfinished future, a plugin that traps. Connections and sessions have the same
//! operations: those of [`Executor`].
//!
//! ```no_run
//! # use sqlservice_sdk::prelude::*;
//! # #[derive(Model, Clone)] struct User { #[model(primary_key, generated)] id: i64, name: String }
//! # async fn example(db: Database) -> Result<(), Error> {
//! db.transaction(async |session| {
//!     session.execute(&update::<User>().set(User::NAME, "jo").filter(User::ID.eq(7))).await?;
//!     // A savepoint: this may fail, and the rest is still committed.
//!     let _ = session.nested(async |session| session.execute(&delete::<User>()).await).await;
//!     Ok(())
//! })
//! .await
//! # }
//! ```
//!
//! # Queries
//!
//! Statements are values that are sent as data: there is no SQL text to inject into. [`statement`] has the statements, [`expression`]
//! their expressions.
//!
//! ```no_run
//! # use sqlservice_sdk::prelude::*;
//! # #[derive(Model, Clone)] struct User { #[model(primary_key, generated)] id: i64, name: String, age: Option<i32> }
//! # #[derive(Model, Clone)] struct Device { #[model(primary_key, generated)] id: i64, user_id: i64 }
//! # async fn example(session: &Session) -> Result<(), Error> {
//! let adults = select::<User>().filter(User::AGE.ge(18).and(User::NAME.starts_with("e"))).order_by(User::NAME);
//! let users: Vec<User> = session.all(&adults).await?;
//! let oldest: Option<User> = session.first(&adults.order_by(User::AGE.desc())).await?;
//!
//! let counts: Vec<(String, i64)> = session
//!     .all(
//!         &select_columns((User::NAME, count(Device::ID)))
//!             .left_join::<Device>(Device::USER_ID.eq(User::ID))
//!             .group_by(User::NAME)
//!             .having(count(Device::ID).gt(1)),
//!     )
//!     .await?;
//!
//! // The other side of an outer join is an Option.
//! let pairs: Vec<(User, Option<Device>)> = session
//!     .all(
//!         &select_columns((entity::<User>(), entity::<Device>().optional()))
//!             .left_join::<Device>(Device::USER_ID.eq(User::ID)),
//!     )
//!     .await?;
//! # Ok(()) }
//! ```
//!
//! [`all`](Executor::all), [`first`](Executor::first), [`one`](Executor::one) and [`one_or_none`](Executor::one_or_none) differ in the
//! number of rows that they expect; [`stream`](Executor::stream) reads more rows than fit into memory.
//!
//! A query inside another one has a name. If that is an [`alias`] of a model, its columns are the model's: `from_query`, `join_query` and
//! `with` take `let busy = alias::<Device>("busy")` for a name, and `Device::KIND.of(busy)` is a column of it. Columns of the outer side
//! of a join are read as `Device::ID.nullable()`.
//!
//! # Changes
//!
//! [`insert_many`](Executor::insert_many) sends thousands of rows at once, column by column; [`upsert_many`](Executor::upsert_many) as
//! many upserts, in as many statements as that takes; [`Session::update_many`] and [`Session::update_columns`] update rows by their keys,
//! from rows or from columns. [`insert`](Executor::insert) returns the stored row. `insert`, `update` and `delete` of [`statement`] do
//! everything else:
//!
//! ```no_run
//! # use sqlservice_sdk::prelude::*;
//! # #[derive(Model, Clone)] struct User {
//! #     #[model(primary_key, generated)] id: i64, #[model(length = 64, unique)] name: String, visits: i64
//! # }
//! # async fn example(session: &Session, ed: User) -> Result<(), Error> {
//! let matched = session.execute(&update::<User>().set(User::VISITS, User::VISITS + 1).filter(User::NAME.eq("ed"))).await?;
//! let upsert = insert::<User>().values(&[ed]).on_conflict_of(User::NAME);
//! session.execute(&upsert.do_set(|row| row.set(User::VISITS, excluded(User::VISITS) + User::VISITS))).await?;
//! let gone: Vec<i64> = session.all(&delete::<User>().filter(User::VISITS.eq(0)).returning(User::ID)).await?;
//! # Ok(()) }
//! ```
//!
//! # Objects
//!
//! A session also keeps objects, as SQLAlchemy's does. Models declare relationships: [`Many`] and [`One`] are fields beside the columns,
//! and the foreign keys determine their directions.
//!
//! ```no_run
//! use sqlservice_sdk::prelude::*;
//!
//! #[derive(Model, Clone, Debug, Default)]
//! #[model(table = "users")]
//! struct User {
//!     #[model(primary_key, generated)]
//!     id: i64,
//!     #[model(length = 64, unique)]
//!     name: String,
//!     // What the user's devices are without the user: nothing.
//!     #[model(cascade = "all, delete-orphan", order_by = "name")]
//!     devices: Many<Device>,
//!     #[model(through = Member)]
//!     groups: Many<Group>,
//! }
//!
//! #[derive(Model, Clone, Debug, Default)]
//! #[model(table = "devices")]
//! struct Device {
//!     #[model(primary_key, generated)]
//!     id: i64,
//!     #[model(foreign_key = "users.id")]
//!     user_id: i64,
//!     #[model(length = 64)]
//!     name: String,
//!     user: One<User>,
//! }
//!
//! #[derive(Model, Clone, Debug, Default)]
//! #[model(table = "groups")]
//! struct Group {
//!     #[model(primary_key)]
//!     name: String,
//! }
//!
//! #[derive(Model, Clone, Debug)]
//! #[model(table = "members")]
//! struct Member {
//!     #[model(primary_key, foreign_key = "users.id")]
//!     user_id: i64,
//!     #[model(primary_key, foreign_key = "groups.name")]
//!     group_name: String,
//! }
//!
//! async fn example(db: Database) -> Result<(), Error> {
//!     let session = db.session()?;
//!     // Three rows in three tables, one crossing: the keys that the database makes reach those that need them.
//!     let mut ed = session.add(User {
//!         name: "ed".to_owned(),
//!         devices: Many::from([Device { name: "phone".to_owned(), ..Device::default() }]),
//!         groups: Many::from([Group { name: "walkers".to_owned() }]),
//!         ..User::default()
//!     })?;
//!     session.commit().await?;
//!
//!     // One UPDATE of one column; setting it back would send nothing.
//!     ed.edit().name = "eddy".to_owned();
//!     session.flush().await?;
//!
//!     // One object a row: nothing is sent for one that the session knows.
//!     assert_eq!(session.get_one::<User>(ed.id).await?, ed);
//!
//!     // Users, their devices and their groups, in one crossing, however many there are.
//!     for user in session.query::<User>().order_by(User::NAME).with(User::DEVICES).with(User::GROUPS).all().await? {
//!         // What was not loaded is `Error::Unloaded`: nothing is read behind your back.
//!         println!("{} has {} devices", user.name, user.devices.get()?.len());
//!     }
//!
//!     session.delete(&ed)?;
//!     session.rollback().await?;
//!     assert_eq!(ed.name, "ed", "what it was when the transaction began");
//!     Ok(())
//! }
//! ```
//!
//! | on a relationship | |
//! |---|---|
//! | `Many<T>` | one-to-many, where the other table has the foreign key; many-to-many with `through = Member` |
//! | `One<T>` | many-to-one, where this table has it; one-to-one, where the other has |
//! | `foreign_key = "owner_id"` | the foreign key to join on, where there are several between the two tables |
//! | `cascade = "all, delete-orphan"` | what follows: `save-update`, `merge` (both where nothing is said), `refresh-expire`, `expunge`, `delete`; `all` of these; `delete-orphan`; or `none` |
//! | `passive_deletes` | unloaded rows are left to the database's own `on_delete` |
//! | `passive_updates = false` | where the key changes that rows refer to, the flush updates them, and loads them for it; else the database does, by `on_update = "cascade"`, and their objects follow |
//! | `post_update` | rows that refer to each other: updates set keys after the inserts, clear them before the deletes; on either side |
//! | `order_by = "name"`, `order_by = "rank desc, name"` | |
//!
//! | SQLAlchemy | here |
//! |---|---|
//! | `session.add(user)` | `session.add(user)?`, which returns the handle: an [`Entity`] |
//! | `user.name = "jo"` | `user.edit().name = "jo".into()` |
//! | `session.get(User, 7)` | `session.get::<User>(7).await?` |
//! | `session.scalars(select(User).where(…)).all()` | `session.query::<User>().filter(…).all().await?` |
//! | `session.get(User, 7, with_for_update=True)`, `populate_existing=True`, `options=[…]` | `session.query::<User>().for_update().get(7)`, `.populate_existing()`, `.with(…)`; a filter holds for `get`, too |
//! | `select(User).join(User.devices)`, `isouter=True` | `select::<User>().join_related(User::DEVICES)`, `left_join_related`; objects: `session.query::<User>().join_related(…)` |
//! | `.join(Employee.boss.of_type(boss))`, `User.devices.and_(…)` | `.join_related(Employee::BOSS.to(boss))`, `User::DEVICES.filter(…)` |
//! | `User.devices.any(Device.kind == "phone")`, `Device.user.has(…)` | `User::DEVICES.any(Device::KIND.eq("phone"))`, `Device::USER.has(…)`; without a criterion `User::DEVICES.exists()` |
//! | `User.groups.contains(group)` | `User::GROUPS.contains(&group)` |
//! | `selectinload(User.devices).selectinload(Device.keys)` | `.with(User::DEVICES.with(Device::KEYS))` |
//! | `selectinload(User.devices.and_(…))` | `.with(User::DEVICES.filter(…))`, which shows these and leaves the others alone; `.order_by(…)` |
//! | `joinedload(User.devices)` | `.with(User::DEVICES.joined())` |
//! | `select(User).execution_options(yield_per=100)` | `session.query::<User>().with(…).stream(100).await?` |
//! | `select(func.count()).select_from(…)`, `exists()` | `session.query::<User>().filter(…).count().await?`, `.exists().await?` |
//! | keyset pagination (`tuple_(User.name, User.id) > …`) | `session.query::<User>().order_by(User::NAME).page(20, after).await?` |
//! | `user.devices` loads when it is read | `session.load(&users, User::DEVICES).await?`, for all users at once |
//! | `body = mapped_column(deferred=True)` | `body: Deferred<String>`, read by `note.body.get()?` |
//! | `undefer(Note.body)`, `load_only(Note.body)` | `.undefer(Note::BODY)`, `.load_only(Note::BODY)`; for objects that are there, `session.load_deferred(&notes).await?` |
//! | `session.refresh`, `expire`, `expunge`, `merge`, `flush` | the same names |
//! | `with session.no_autoflush:` | `session.no_autoflush(async \|session\| …).await` |
//! | `with session.begin_nested():` | `session.nested(async \|session\| …).await`: objects are restored with the savepoint |
//! | `session.save(user)` of sqlservice | [`Session::save`], [`Session::save_all`]; of some columns only: [`partial`] |
//! | `__mapper_args__ = {"version_id_col": …}` | `#[model(version)]` on an integer field |
//! | `before_insert`, `on_set` and other events | `#[model(events)]` and [`Events`] |
//! | `user.to_dict()` of sqlservice | [`Entity::to_dict`] |
//!
//! An orphan (`delete-orphan`) is deleted when it is removed from its owner or clears its own reference to it, and a new one is not
//! inserted. An object that another remaining owner takes in the same flush is kept, whichever side is set, and whether its old owner is
//! deleted before or after: unlike in SQLAlchemy, the order does not matter. An object that is added to an owner after
//! `session.delete(owner)` is not deleted with it.
//!
//! New rows of a model are inserted in the order in which their objects were added or put into a relationship, and the related objects of
//! an added object come right after it: generated keys count up in that order.
//!
//! A failed flush undoes itself and nothing else: the session stays usable, and its changes can be flushed again. A rollback restores
//! objects; a commit leaves them unchanged. To update a row that is gone is [`StaleData`](Error::StaleData), and so is to remove a pair of
//! a many-to-many relationship that is gone; to delete a row that is gone succeeds.
//!
//! # Errors
//!
//! [`Error`] is an enum to branch on. [`is_unique_violation`](Error::is_unique_violation), [`is_retryable`](Error::is_retryable) and
//! similar methods answer the usual questions; [`Database::retry`] runs a transaction again after a conflict. `?` converts an error into a
//! `String` for exports that return `result<_, string>`.
//!
//! Inside of [`Database::transaction`], `?` converts the usual errors of the standard library into [`Error::Other`], and
//! `map_err(Error::other)?` any error. [`Database::try_transaction`] and [`Executor::try_nested`] use the plugin's own error instead, or
//! `Box<dyn std::error::Error>`.
//!
//! Errors of the compiler, and the code to write instead:
//!
//! | | |
//! |---|---|
//! | cannot assign to data in dereference of `Entity<Note>` | `note.edit().text = …` |
//! | a relationship is no list | `for device in user.devices.get()?` |
//! | rows are not ordered by `&str` | `order_by(Note::ID)` |
//! | `plugin!` says what this crate exports, and nothing is exported | `export!(Plugin);` |
//!
//! # Several things at once
//!
//! Every call that waits is a future: `join!` several sessions, `select` with [`sleep`], stop with [`timeout`]. Calls on one session run
//! one after the other; concurrent work needs several sessions.
//!
//! # SQL as text
//!
//! [`raw`] sends it, with bound parameters. It is a separate import that a host grants separately; a plugin that does not use the module
//! does not have the import.

#![allow(clippy::wrong_self_convention, reason = "expressions are values that operators take: `column.is_null()`")]

pub mod bindings;
mod clock;
mod database;
mod dict;
pub mod entity;
pub mod error;
mod event;
pub mod expression;
mod instance;
mod mapping;
mod model;
pub mod raw;
pub mod relation;
pub mod row;
pub mod schema;
pub mod session;
pub mod statement;
mod unit_of_work;
pub mod value;

// The derive refers to this crate by its name. With this, the crate's own tests and doc examples can use the derive, too.
extern crate self as sqlservice_sdk;

pub use sqlservice_sdk_macros::{export_models, plugin};

pub use self::{
    clock::{sleep, timeout},
    database::{Capabilities, Database, DdlOptions, Dialect, Limits},
    dict::{Dict, DictOptions, DictValue},
    entity::{AnyEntity, Edit, Entity, Status},
    error::{Error, Result},
    event::{Event, Events},
    expression::{Expr, Expression},
    model::{Alias, Column, IntoKey, Model, alias},
    relation::{Many, One, Related, Relation},
    row::FromRow,
    schema::ReflectOptions,
    session::{
        Bound, Connection, Executor, Isolation, Prepared, Rows, RunOptions, Savepoint, Session, SessionOptions,
        TransactionOptions, With, bulk_update, partial,
    },
    value::{
        Auto, Date, Decimal, Deferred, Enumeration, Field, Interval, IntoValue, Json, SqlType, Time, Timestamp,
        TimestampTz, Uuid, Value,
    },
};
pub use futures::{self, join, try_join};
pub use wit_bindgen;
pub use wit_bindgen::spawn_local as spawn;

/// Everything that a plugin usually needs: `use sqlservice_sdk::prelude::*;`.
pub mod prelude {
    pub use crate::{
        AnyEntity, Auto, Capabilities, Connection, Database, Date, DdlOptions, Decimal, Deferred, Dialect, Entity,
        Enumeration, Error, Events, Executor, Expr, Expression, Interval, Isolation, Json, Many, Model, One,
        ReflectOptions, Rows, RunOptions, Savepoint, Session, SessionOptions, Status, Time, Timestamp, TimestampTz,
        TransactionOptions, Uuid, Value, alias, bulk_update,
        expression::{
            abs, all_of, any_of, avg, coalesce, column, count, count_all, count_distinct, current_date, entity,
            excluded, exists, function, json_get, json_text, length, literal, lower, max, min, now, nullif, output,
            parameter, replace, round, row_number, scalar, substr, sum, trim, tuple, upper, when, window,
        },
        models, params, partial, raw, sleep, spawn,
        statement::{Lock, delete, insert, select, select_columns, update},
        timeout,
    };
}

/// Items that generated code refers to; not for direct use.
#[doc(hidden)]
pub mod __private {
    pub use crate::{
        bindings::sqlservice::database::rows::ColumnData,
        bindings::sqlservice::database::rows::Vector,
        event::{Dispatch, dispatch},
        relation::{AnyRelation, Cascades, RelationshipDeclaration, relate, relation, relationships},
        row::{Columns, next_cell},
        schema::*,
        value::{Scalar, SqlType, Value, labels},
    };

    /// The trait that `export!` implements for a plugin.
    #[diagnostic::on_unimplemented(
        message = "`plugin!` says what this crate exports, and nothing is exported",
        label = "there is no `export!` for these exports",
        note = "write `export!(Plugin);` after `impl Guest for Plugin`, with the name of the type that has the exports"
    )]
    pub trait IsExported {}

    /// Compiles only if there is an `export!`.
    pub const fn is_exported<T: IsExported>() {}

    /// Returns a model's table.
    pub fn declare<M: crate::Model>() -> Table {
        M::table()
    }

    /// Returns the error for a column that a model does not have.
    pub fn no_column(column: usize) -> crate::Error {
        crate::Error::other(format!("there is no column {column}"))
    }

    /// Returns the null.
    pub const fn null() -> Value {
        Value::Scalar(Scalar::Null)
    }
}
