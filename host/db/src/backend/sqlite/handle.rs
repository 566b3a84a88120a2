//! A safe interface to the raw SQLite connection: the only module of the host with `unsafe`, and so a long one.
//!
//! Settings and state of a whole connection go through rusqlite. Its statements are not used: they copy each bind value, are not
//! `Send`, borrow their connection, and cost more instructions (11 % for a point query, 31 % to read 10,000 rows, 9 % to
//! insert them). Its callbacks and its interrupt work only with connections that it closes itself.
//!
//! sqlx opens the connection and keeps a thread for it, but that thread is locked out for the connection's whole life
//! (one `lock_handle`; locking and unlocking it repeatedly deadlocks in 0.9), and statements are prepared and stepped
//! here. All statements belong to the handle, so none outlives its connection. Everything that works with them takes `&mut self`,
//! so there is one user at a time. Memory that SQLite lends is borrowed from `&self`, and every function that could
//! invalidate it takes `&mut self`.
#![allow(unsafe_code, reason = "SQLite's C interface; each block says why it is sound")]

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    marker::PhantomData,
    ptr::{self, NonNull},
    sync::{Arc, Mutex, PoisonError},
};

use libsqlite3_sys as ffi;
use rusqlite::{TransactionState, config::DbConfig, limits::Limit};
use sqlservice_sql::{Dialect, Sql, raw};
use sqlx::{Connection, SqliteConnection, sqlite::LockedSqliteHandle};

use self::value::{Bound, Cell};
use super::{
    decimal,
    error::Failure,
    function,
    hooks::{Hooks, MODULES, Rights, TICK},
};

mod cache;
pub(super) mod opened;
mod storage;
pub(super) mod value;

pub(super) use cache::INLINE_BYTES;

/// Runs of the active statement whose bind values SQLite reads in place: see [`Handle::lend`].
pub(super) struct Lending<'h, 'v> {
    // Never lent out mutably: with another statement or connection swapped in, the values would stay bound.
    handle: &'h mut Handle,
    values: PhantomData<&'v ()>,
}

/// A result column's name and declared type.
#[derive(Clone, Debug)]
pub(super) struct DeclaredColumn {
    pub name: String,
    /// The declared type of the table column behind it; none for an expression.
    pub ty: Option<String>,
}

/// A prepared statement.
struct Prepared {
    sql: Sql,
    /// The statement's rights.
    rights: Rights,
    /// Whether all of its runs so far were short.
    is_brief: bool,
    /// The hash by which [`Hooks`] identifies the table that it inserts into; 0 for none.
    target: u64,
    /// Whether one of its steps can take long.
    lingers: bool,
    /// The most bytes of a value that it may process.
    value_bytes: c_int,
    statement: Statement,
}

/// A connection and its statements.
pub(super) struct Handle {
    /// The connection, which `rusqlite` does not own here.
    db: rusqlite::Connection,
    /// The active statement.
    active: Option<Prepared>,
    /// Cached statements, the most recently used last.
    cached: Vec<Prepared>,
    /// Whether it runs on its caller's thread, where work must be short.
    is_inline: bool,
    /// Locks sqlx's thread out. Only `release` takes it.
    guard: Option<LockedSqliteHandle<'static>>,
    connection: Leaked,
    hooks: Arc<Hooks>,
    interrupt: Interrupt,
}

/// Interrupts the running statement of a connection, from any thread, while the connection is open.
#[derive(Clone)]
pub(super) struct Interrupt(Arc<Mutex<Option<Db>>>);

/// A connection to interrupt.
struct Db(NonNull<ffi::sqlite3>);

// SAFETY: the pointer is only passed to `sqlite3_interrupt`, which may be called from any thread while the connection is
// open; the mutex around it is emptied before the connection is closed.
unsafe impl Send for Db {}

impl Interrupt {
    /// Interrupts the running statement. Has no effect where none runs: SQLite clears the interrupt when the next one starts.
    pub(super) fn interrupt(&self) {
        if let Some(db) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            // SAFETY: the connection is open, as the pointer is removed from the mutex before it is closed, and the lock is held.
            unsafe { ffi::sqlite3_interrupt(db.0.as_ptr()) }
        }
    }
}

impl Handle {
    /// Takes a connection over from sqlx, and restricts it to what guests may reach.
    pub(super) async fn new(connection: SqliteConnection, hooks: Arc<Hooks>) -> Result<Self, sqlx::Error> {
        let leaked = Leaked(NonNull::from(Box::leak(Box::new(connection))));
        let mut guard = match leaked.borrow().lock_handle().await {
            Ok(guard) => guard,
            Err(error) => {
                drop(leaked.take_back());
                return Err(error);
            }
        };
        let raw = guard.as_raw_handle();
        // SAFETY: the connection is open for as long as this handle, and nothing else works with it; the new value does not own it.
        let db = match unsafe { rusqlite::Connection::from_handle(raw.as_ptr()) } {
            Ok(db) => db,
            Err(error) => {
                drop(guard);
                drop(leaked.take_back());
                return Err(sqlx::Error::Configuration(error.into()));
            }
        };
        let ticks = Arc::clone(&hooks);
        guard.set_progress_handler(TICK, move || ticks.tick());
        let interrupt = Interrupt(Arc::new(Mutex::new(Some(Db(raw)))));
        let (active, cached, guard) = (None, Vec::new(), Some(guard));
        let handle = Self { db, active, cached, is_inline: false, guard, connection: leaked, hooks, interrupt };
        handle.restrict().and_then(|()| handle.extend()).map_err(|error| sqlx::Error::Configuration(error.into()))?;
        Ok(handle)
    }

    /// Registers the host's own functions and collations.
    fn extend(&self) -> rusqlite::Result<()> {
        decimal::register(&self.db)?;
        function::register(&self.db, &self.hooks)
    }

    /// Sets the options, limits and callbacks of the connection's whole life.
    fn restrict(&self) -> rusqlite::Result<()> {
        self.db.load_extension_disable()?;
        let on_off = [
            (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
            (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true),
            // A plan that depended on bind values would be recomputed whenever they change, which costs more than most queries.
            (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
            // Text in double quotes is an identifier, as in the other databases, and never a string.
            (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
            (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        ];
        for (option, value) in on_off {
            self.db.set_db_config(option, value)?;
        }
        let limits = [
            (Limit::SQLITE_LIMIT_ATTACHED, 0),
            (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
            (Limit::SQLITE_LIMIT_LENGTH, function::MOST_BYTES),
            (Limit::SQLITE_LIMIT_SQL_LENGTH, 16 << 20),
            (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 100),
            (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, function::PATTERN_BYTES),
            // A JSON function searches its document from the beginning for each path argument.
            (Limit::SQLITE_LIMIT_FUNCTION_ARG, 100),
        ];
        for (limit, value) in limits {
            self.db.set_limit(limit, value)?;
        }
        let mut kept = MODULES.map(CStr::as_ptr).to_vec();
        kept.push(ptr::null());
        let context = Arc::as_ptr(&self.hooks).cast_mut().cast::<c_void>();
        // SAFETY: the connection is open, and has used no table yet; the names are static C strings, with a null pointer after
        // the last. The context is the hooks, which this handle keeps alive until the connection is closed; the callbacks cast it
        // to its own type and only read it.
        unsafe {
            ffi::sqlite3_drop_modules(self.db.handle(), kept.as_mut_ptr().cast());
            ffi::sqlite3_set_authorizer(self.db.handle(), Some(authorize), context);
            ffi::sqlite3_update_hook(self.db.handle(), Some(inserted), context);
        }
        Ok(())
    }

    /// Sets the length limit of values in bytes; a step that reads or creates a longer one fails.
    fn limit_values(&mut self, bytes: c_int) {
        // It fails only for a negative number.
        let _ = self.db.set_limit(Limit::SQLITE_LIMIT_LENGTH, bytes);
    }

    /// Returns the interrupt of this connection.
    pub(super) fn interrupt(&self) -> Interrupt {
        self.interrupt.clone()
    }

    /// Whether no transaction is open.
    pub(super) fn is_autocommit(&self) -> bool {
        self.db.is_autocommit()
    }

    /// Whether the open transaction holds the write lock.
    pub(super) fn is_writing(&self) -> bool {
        matches!(self.db.transaction_state(None::<&str>), Ok(TransactionState::Write))
    }

    /// The number of rows changed since the connection was opened, also by triggers and foreign keys.
    pub(super) fn total_changes(&self) -> u64 {
        self.db.total_changes()
    }

    /// The key that the last insert generated.
    pub(super) fn made_key(&self) -> i64 {
        self.db.last_insert_rowid()
    }

    /// The number of rows that the last insert, update or delete changed itself.
    pub(super) fn changes(&self) -> u64 {
        self.db.changes()
    }

    fn prepare(&mut self, sql: &Sql) -> Result<Prepared, Failure> {
        let length = c_int::try_from(sql.len()).map_err(|_| Failure::misuse("the statement is too long"))?;
        let mut raw = ptr::null_mut();
        let mut tail: *const c_char = ptr::null();
        let text = sql.as_ptr().cast::<c_char>();
        let rights = Rights::of(sql);
        self.hooks.set_rights(rights);
        self.hooks.prepares();
        // SAFETY: the connection is open; the text has `length` bytes; both out-pointers point to locals.
        let code = unsafe {
            let (raw, tail) = (&raw mut raw, &raw mut tail);
            ffi::sqlite3_prepare_v3(self.db.handle(), text, length, ffi::SQLITE_PREPARE_PERSISTENT, raw, tail)
        };
        if code != ffi::SQLITE_OK {
            return Err(self.failure(code));
        }
        let statement = NonNull::new(raw).map(Statement);
        let statement = statement.ok_or_else(|| Failure::misuse("there is no statement in the text"))?;
        let target = self.hooks.take_target();
        let lingers = self.hooks.lingers();
        let value_bytes = cache::value_bytes(statement.memory(), statement.ask(ffi::sqlite3_column_count), sql.len());
        // SQLite points the tail into the text or to its end.
        let used = tail.addr().wrapping_sub(text.addr());
        if !raw::is_blank(sql.get(used..).unwrap_or("?"), Dialect::Sqlite) {
            return Err(Failure::misuse("the text has more than one statement; send them one by one"));
        }
        Ok(Prepared { sql: sql.clone(), rights, is_brief: true, target, lingers, value_bytes, statement })
    }

    /// Resets the active statement, so that it can run again with the same values.
    pub(super) fn restart(&mut self) {
        self.ask_statement(ffi::sqlite3_reset);
    }

    fn statement(&self) -> Option<&Statement> {
        self.active.as_ref().map(|prepared| &prepared.statement)
    }

    /// Calls a function of SQLite with the active statement; 0 where there is none.
    #[inline]
    fn ask_statement(&self, question: Question) -> c_int {
        self.statement().map_or(0, |statement| statement.ask(question))
    }

    /// Whether the active statement changes nothing in the database.
    pub(super) fn is_read_only(&self) -> bool {
        self.ask_statement(ffi::sqlite3_stmt_readonly) != 0
    }

    /// The number of parameters of the active statement.
    pub(super) fn parameters(&self) -> usize {
        usize::try_from(self.ask_statement(ffi::sqlite3_bind_parameter_count)).unwrap_or(0)
    }

    /// The number of result columns of the active statement.
    pub(super) fn width(&self) -> usize {
        usize::try_from(self.ask_statement(ffi::sqlite3_column_count)).unwrap_or(0)
    }

    /// A result column of the active statement.
    pub(super) fn declared(&self, position: usize) -> DeclaredColumn {
        let Some((statement, column)) = self.statement().zip(c_int::try_from(position).ok()) else {
            return DeclaredColumn { name: String::new(), ty: None };
        };
        // SAFETY: the statement is owned and not finalized; a column out of range returns null; any other pointer is a string
        // that lives until the statement is stepped or finalized, and is copied before.
        let (name, ty) = unsafe {
            let statement = statement.0.as_ptr();
            (text(ffi::sqlite3_column_name(statement, column)), text(ffi::sqlite3_column_decltype(statement, column)))
        };
        DeclaredColumn { name: name.unwrap_or_default(), ty }
    }

    /// Binds a value to the active statement. Positions count from zero. SQLite copies texts and blobs.
    pub(super) fn bind(&mut self, position: usize, value: &Bound<'_>) -> Result<(), Failure> {
        // SAFETY: `SQLITE_TRANSIENT` makes SQLite copy the value before it returns.
        unsafe { self.bind_as(position, value, ffi::SQLITE_TRANSIENT()) }
    }

    /// Runs work with bind values that SQLite reads in place. They are unbound from the active statement afterwards.
    pub(super) fn lend<'v, T>(&mut self, work: impl FnOnce(&mut Lending<'_, 'v>) -> T) -> T {
        work(&mut Lending { handle: self, values: PhantomData })
    }

    /// Binds a value.
    ///
    /// # Safety
    ///
    /// Unless `destructor` is `SQLITE_TRANSIENT`, texts and blobs must live and not move until they are unbound.
    unsafe fn bind_as(
        &mut self,
        position: usize,
        value: &Bound<'_>,
        destructor: ffi::sqlite3_destructor_type,
    ) -> Result<(), Failure> {
        let at = position.checked_add(1).and_then(|at| c_int::try_from(at).ok());
        let Some((Statement(statement), at)) = self.statement().zip(at) else {
            return Err(Failure::misuse("there is no such parameter"));
        };
        let statement = statement.as_ptr();
        // SAFETY: the statement is owned and not finalized; SQLite checks the position; texts and blobs have the passed lengths,
        // texts are UTF-8, and the caller promises that they live long enough. An empty slice's pointer is not null,
        // so it binds an empty value, not null.
        let code = unsafe {
            let bind_text = |text: &str, destructor| {
                let (data, length) = (text.as_ptr().cast::<c_char>(), text.len() as u64);
                ffi::sqlite3_bind_text64(statement, at, data, length, destructor, ffi::SQLITE_UTF8 as u8)
            };
            match value {
                Bound::Null => ffi::sqlite3_bind_null(statement, at),
                Bound::Integer(value) => ffi::sqlite3_bind_int64(statement, at, *value),
                Bound::Real(value) => ffi::sqlite3_bind_double(statement, at, *value),
                Bound::Text(value) => bind_text(value, destructor),
                Bound::Written(value) => bind_text(value, ffi::SQLITE_TRANSIENT()),
                Bound::Blob(value) => {
                    ffi::sqlite3_bind_blob64(statement, at, value.as_ptr().cast(), value.len() as u64, destructor)
                }
            }
        };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(self.failure(code)) }
    }

    /// Resets the active statement and unbinds its values.
    fn unbind(&mut self) {
        // A reset returns the code of the last step, which is known already.
        self.ask_statement(ffi::sqlite3_reset);
        self.ask_statement(ffi::sqlite3_clear_bindings);
    }

    /// Steps to the next row. Returns whether there is one. SQLite may call the progress handler, the authorizer and the update hook,
    /// which access only the hooks, and the functions of `decimal` and `function`, which access only their arguments, the hooks and a
    /// connection of their own.
    #[inline]
    pub(super) fn step(&mut self) -> Result<bool, Failure> {
        match self.statement().map(|statement| statement.ask(ffi::sqlite3_step)) {
            Some(ffi::SQLITE_ROW) => Ok(true),
            Some(ffi::SQLITE_DONE) | None => Ok(false),
            Some(code) => Err(self.failure(code)),
        }
    }

    /// A value of the current row.
    pub(super) fn cell(&self, position: usize) -> Cell<'_> {
        let Some((statement, column)) = self.statement().zip(c_int::try_from(position).ok()) else {
            return Cell::Null;
        };
        // SAFETY: the statement is owned and not finalized; a column out of range, or no current row, reads as null. The value may
        // be read, as no other thread works with the connection while `self` is borrowed. Each accessor is called only for the
        // value's own type, so that nothing is converted and earlier pointers stay valid until the next step, which needs
        // `&mut self`. The length is read after the data, as SQLite requires.
        unsafe {
            let value = ffi::sqlite3_column_value(statement.0.as_ptr(), column);
            match ffi::sqlite3_value_type(value) {
                ffi::SQLITE_INTEGER => Cell::Integer(ffi::sqlite3_value_int64(value)),
                ffi::SQLITE_FLOAT => Cell::Real(ffi::sqlite3_value_double(value)),
                ffi::SQLITE_TEXT => {
                    let data = ffi::sqlite3_value_text(value);
                    Cell::Text(self.lent(data, ffi::sqlite3_value_bytes(value)))
                }
                ffi::SQLITE_BLOB => {
                    let data = ffi::sqlite3_value_blob(value).cast();
                    Cell::Blob(self.lent(data, ffi::sqlite3_value_bytes(value)))
                }
                _ => Cell::Null,
            }
        }
    }

    /// The bytes of a value.
    ///
    /// # Safety
    ///
    /// `data` is SQLite's pointer to a value in the current row of this live statement, or null, and `length` is its length.
    unsafe fn lent(&self, data: *const u8, length: c_int) -> &[u8] {
        match usize::try_from(length) {
            // SAFETY: SQLite lends `length` bytes until the next step, which cannot happen while `self` is borrowed.
            Ok(length) if !data.is_null() && length > 0 => unsafe { std::slice::from_raw_parts(data, length) },
            _ => &[],
        }
    }

    /// Builds a failure with SQLite's message for it.
    fn failure(&self, code: c_int) -> Failure {
        // SAFETY: the connection is open; the message is valid until the next call, and is copied.
        let message = unsafe { text(ffi::sqlite3_errmsg(self.db.handle())) }.unwrap_or_default();
        Failure { code, message }
    }

    /// Closes the connection, and waits until its file is closed.
    pub(super) async fn close(mut self) {
        let connection = self.release();
        drop(self);
        if let Some(connection) = connection
            && let Err(error) = connection.close().await
        {
            tracing::debug!(%error, "a SQLite connection did not close well");
        }
    }

    /// Tears the handle down in the only sound order, and returns the connection; none on the second call.
    fn release(&mut self) -> Option<Box<SqliteConnection>> {
        self.interrupt.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        // sqlx cannot close a connection that has statements.
        self.active = None;
        self.cached.clear();
        let mut guard = self.guard.take()?;
        guard.remove_progress_handler();
        // SAFETY: the connection is open, and has no pointer to the hooks after this.
        unsafe {
            ffi::sqlite3_set_authorizer(self.db.handle(), None, ptr::null_mut());
            ffi::sqlite3_update_hook(self.db.handle(), None, ptr::null_mut());
        }
        drop(guard);
        // The guard is taken only once, so this is called only once.
        Some(self.connection.take_back())
    }
}

impl<'v> Lending<'_, 'v> {
    /// Binds a value that SQLite reads in place. Positions count from zero.
    pub(super) fn bind(&mut self, position: usize, value: &Bound<'v>) -> Result<(), Failure> {
        // SAFETY: a value that lives for `'v` outlives this `Lending`, whose drop unbinds it.
        unsafe { self.handle.bind_as(position, value, ffi::SQLITE_STATIC()) }
    }

    /// Steps to the next row. Returns whether there is one.
    pub(super) fn step(&mut self) -> Result<bool, Failure> {
        self.handle.step()
    }

    /// Resets the statement, so that another run can begin.
    pub(super) fn restart(&mut self) {
        self.handle.restart();
    }

    /// The connection, read-only.
    pub(super) fn handle(&self) -> &Handle {
        self.handle
    }
}

impl Drop for Lending<'_, '_> {
    fn drop(&mut self) {
        self.handle.unbind();
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // sqlx's thread closes the file soon after.
        drop(self.release());
    }
}

/// A leaked connection on the heap, so that a guard can borrow it for `'static`.
struct Leaked(NonNull<SqliteConnection>);

// SAFETY: it owns the connection alone, and a connection may move between threads.
unsafe impl Send for Leaked {}
// SAFETY: nothing reads through a shared reference to it: only its one owner calls `borrow` and `take_back`.
unsafe impl Sync for Leaked {}

impl Leaked {
    /// Borrows the connection for the guard. Called once.
    fn borrow(&self) -> &'static mut SqliteConnection {
        // SAFETY: the box is leaked until `take_back`, and this is its only borrow.
        unsafe { &mut *self.0.as_ptr() }
    }

    /// Takes the connection back. Called once, after the guard is dropped.
    fn take_back(&self) -> Box<SqliteConnection> {
        // SAFETY: it came from a box, and no borrow of it is left.
        unsafe { Box::from_raw(self.0.as_ptr()) }
    }
}

/// A statement, which is finalized when it is dropped. It does not outlive the handle of its connection, which drops all
/// statements before it releases the connection.
struct Statement(NonNull<ffi::sqlite3_stmt>);

// SAFETY: SQLite is compiled threadsafe and sqlx opens connections so that they may move between threads if one thread uses
// them at a time, which `&mut Handle`, and `&Handle` without `Sync`, ensure. The pointer is owned by this value alone.
unsafe impl Send for Statement {}

/// A SQLite function that takes a statement and returns a number or result code.
type Question = unsafe extern "C" fn(*mut ffi::sqlite3_stmt) -> c_int;

impl Statement {
    /// Calls a SQLite function with the statement: reads a number, or steps, resets or finalizes it.
    #[inline]
    fn ask(&self, question: Question) -> c_int {
        // SAFETY: the statement is owned and not finalized; each function that this module passes accepts it in any state,
        // and drop alone finalizes it.
        unsafe { question(self.0.as_ptr()) }
    }

    /// The memory of the statement in bytes.
    fn memory(&self) -> c_int {
        // SAFETY: the statement is owned and not finalized; the counter is only read, not reset.
        unsafe { ffi::sqlite3_stmt_status(self.0.as_ptr(), ffi::SQLITE_STMTSTATUS_MEMUSED, 0) }
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        self.ask(ffi::sqlite3_finalize);
    }
}

/// SQLite's authorizer callback: whether a statement may perform an action.
unsafe extern "C" fn authorize(
    context: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    _database: *const c_char,
    trigger: *const c_char,
) -> c_int {
    // SAFETY: the context is the hooks, which live as long as the connection; SQLite passes strings or null, valid during this
    // call.
    let (hooks, first, second) = unsafe { (&*context.cast::<Hooks>(), lent_text(first), lent_text(second)) };
    if action == ffi::SQLITE_INSERT && trigger.is_null() {
        hooks.inserts_into(first);
    }
    hooks.sees(action, first, second);
    match hooks.allows(action, first, second) {
        true if action == ffi::SQLITE_DELETE && hooks.deletes_row_by_row(first) => ffi::SQLITE_IGNORE,
        true => ffi::SQLITE_OK,
        false => ffi::SQLITE_DENY,
    }
}

/// SQLite's update hook: a row of a table with rowids was changed, possibly by a trigger.
unsafe extern "C" fn inserted(
    context: *mut c_void,
    action: c_int,
    _database: *const c_char,
    table: *const c_char,
    key: i64,
) {
    // SAFETY: the context is the hooks, which live as long as the connection.
    let hooks = unsafe { &*context.cast::<Hooks>() };
    if action == ffi::SQLITE_INSERT && hooks.awaits(key) {
        // SAFETY: SQLite passes a string, valid during this call.
        hooks.made(unsafe { lent_text(table) });
    }
}

/// Borrows a C string for the lifetime that the caller chooses.
///
/// # Safety
///
/// `data` is null or a string that lives for `'a`.
unsafe fn lent_text<'a>(data: *const c_char) -> &'a str {
    if data.is_null() {
        return "";
    }
    // SAFETY: the caller's promise. A name that is not UTF-8 becomes one that is allowed nowhere.
    unsafe { CStr::from_ptr(data) }.to_str().unwrap_or("\u{fffd}")
}

/// Copies a C string; none for null.
///
/// # Safety
///
/// `data` is null or a string.
unsafe fn text(data: *const c_char) -> Option<String> {
    // SAFETY: the caller's promise.
    (!data.is_null()).then(|| unsafe { CStr::from_ptr(data) }.to_string_lossy().into_owned())
}
