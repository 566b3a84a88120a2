//! The raw SQLite connection behind a safe face: the only module of the host with `unsafe`, and so a long one.
//!
//! What is set or asked of a whole connection goes through rusqlite. Its statements are not used: they copy each value that is bound,
//! belong to one thread and borrow their connection, and take more instructions (11 % for a point query, 31 % to read 10,000 rows, 9 % to
//! insert them). Its callbacks and its interrupt are only for connections that it closes itself.
//!
//! sqlx opens the connection and keeps a thread for it, but that thread is locked out for the connection's whole life
//! (`lock_handle` once; taking and giving it back again and again deadlocks in 0.9), and statements are prepared and stepped
//! here. All statements belong to the handle, so none outlives its connection; everything takes `&mut self`, so there is
//! one user at a time; memory that SQLite lends is borrowed from `&self`, and every function that could invalidate it takes
//! `&mut self`.
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

/// Runs of the statement in use with values that are lent to it: see [`Handle::lend`].
pub(super) struct Lending<'h, 'v> {
    // Never given away to change: with another statement or connection in its place, values would stay bound.
    handle: &'h mut Handle,
    values: PhantomData<&'v ()>,
}

/// A column as the statement declares it.
#[derive(Clone, Debug)]
pub(super) struct DeclaredColumn {
    pub name: String,
    /// The type of the table's column that it is, if it is one.
    pub ty: Option<String>,
}

/// A prepared statement.
struct Prepared {
    sql: Sql,
    /// What it may do.
    rights: Rights,
    /// Whether its runs were short so far.
    is_brief: bool,
    /// The table that it inserts into, as [`Hooks`] knows it.
    target: u64,
    /// Whether it does what can take long in one step.
    lingers: bool,
    /// The most bytes of a value that it works with.
    value_bytes: c_int,
    statement: Statement,
}

/// A connection and its statements.
pub(super) struct Handle {
    /// The connection, which this does not own.
    db: rusqlite::Connection,
    /// The statement in use.
    active: Option<Prepared>,
    /// Statements that may be used again, the last used one last.
    cached: Vec<Prepared>,
    /// Whether the thread of a caller works with it, which must not be long.
    is_inline: bool,
    /// Keeps sqlx's thread out. Nothing but drop takes it.
    guard: Option<LockedSqliteHandle<'static>>,
    connection: Leaked,
    hooks: Arc<Hooks>,
    interrupt: Interrupt,
}

/// Stops whatever statement runs on a connection, from any thread, as long as the connection is there.
#[derive(Clone)]
pub(super) struct Interrupt(Arc<Mutex<Option<Db>>>);

/// A connection to interrupt.
struct Db(NonNull<ffi::sqlite3>);

// SAFETY: the pointer is only given to `sqlite3_interrupt`, which may be called from any thread while the connection is
// open; the mutex around it is emptied before the connection is closed.
unsafe impl Send for Db {}

impl Interrupt {
    /// Interrupts the running statement. Does nothing where none runs: SQLite forgets it when the next one starts.
    pub(super) fn interrupt(&self) {
        if let Some(db) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            // SAFETY: the connection is open, as it is taken out of the mutex before it is closed, and the lock is held.
            unsafe { ffi::sqlite3_interrupt(db.0.as_ptr()) }
        }
    }
}

impl Handle {
    /// Takes a connection over from sqlx, and closes what guests must not reach.
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
        // SAFETY: the connection is open for as long as this handle, and nothing else works with it; what is made here does not own it.
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

    /// Gives the connection the functions and collations of the host's own.
    fn extend(&self) -> rusqlite::Result<()> {
        decimal::register(&self.db)?;
        function::register(&self.db, &self.hooks)
    }

    /// Sets what holds for the connection's whole life.
    fn restrict(&self) -> rusqlite::Result<()> {
        self.db.load_extension_disable()?;
        let on_off = [
            (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
            (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true),
            // A plan that looked at the values would be made again whenever they change, which costs more than most queries.
            (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
            // Text in double quotes is a name here as in every other database.
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
            // Each path of a JSON function is looked for from the beginning of its document.
            (Limit::SQLITE_LIMIT_FUNCTION_ARG, 100),
        ];
        for (limit, value) in limits {
            self.db.set_limit(limit, value)?;
        }
        let mut kept = MODULES.map(CStr::as_ptr).to_vec();
        kept.push(ptr::null());
        let context = Arc::as_ptr(&self.hooks).cast_mut().cast::<c_void>();
        // SAFETY: the connection is open, and has used no table yet; the names are strings, with a null at the end, that live
        // forever. The context is the hooks, which this handle keeps alive until the connection is closed; the callbacks take it
        // for what it is and only read it.
        unsafe {
            ffi::sqlite3_drop_modules(self.db.handle(), kept.as_mut_ptr().cast());
            ffi::sqlite3_set_authorizer(self.db.handle(), Some(authorize), context);
            ffi::sqlite3_update_hook(self.db.handle(), Some(inserted), context);
        }
        Ok(())
    }

    /// Lets no value have more bytes than this until it is said again; a step that meets or makes a longer one fails.
    fn limit_values(&mut self, bytes: c_int) {
        // It only fails for a negative number.
        let _ = self.db.set_limit(Limit::SQLITE_LIMIT_LENGTH, bytes);
    }

    /// What interrupts this connection.
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

    /// How many rows were changed, by triggers and foreign keys too, since the connection was opened.
    pub(super) fn total_changes(&self) -> u64 {
        self.db.total_changes()
    }

    /// The key that the last insert made.
    pub(super) fn made_key(&self) -> i64 {
        self.db.last_insert_rowid()
    }

    /// How many rows the last insert, update or delete changed itself.
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
        // SAFETY: the connection is open; the text has `length` bytes; both out-pointers are ours.
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
        // SQLite sets the tail to a place in the text or to its end.
        let used = tail.addr().wrapping_sub(text.addr());
        if !raw::is_blank(sql.get(used..).unwrap_or("?"), Dialect::Sqlite) {
            return Err(Failure::misuse("the text has more than one statement; send them one by one"));
        }
        Ok(Prepared { sql: sql.clone(), rights, is_brief: true, target, lingers, value_bytes, statement })
    }

    /// Ends the run of the statement in use, so that it can run again with the same values.
    pub(super) fn restart(&mut self) {
        self.ask_statement(ffi::sqlite3_reset);
    }

    fn statement(&self) -> Option<&Statement> {
        self.active.as_ref().map(|prepared| &prepared.statement)
    }

    /// What SQLite says of the statement in use; 0 where there is none.
    #[inline]
    fn ask_statement(&self, question: Question) -> c_int {
        self.statement().map_or(0, |statement| statement.ask(question))
    }

    /// Whether the statement in use changes nothing in the database.
    pub(super) fn is_read_only(&self) -> bool {
        self.ask_statement(ffi::sqlite3_stmt_readonly) != 0
    }

    /// How many values the statement in use takes.
    pub(super) fn parameters(&self) -> usize {
        usize::try_from(self.ask_statement(ffi::sqlite3_bind_parameter_count)).unwrap_or(0)
    }

    /// How many columns the statement in use returns.
    pub(super) fn width(&self) -> usize {
        usize::try_from(self.ask_statement(ffi::sqlite3_column_count)).unwrap_or(0)
    }

    /// A column of the statement in use.
    pub(super) fn declared(&self, position: usize) -> DeclaredColumn {
        let Some((statement, column)) = self.statement().zip(c_int::try_from(position).ok()) else {
            return DeclaredColumn { name: String::new(), ty: None };
        };
        // SAFETY: the statement is ours and not finalized; a column out of range gives null; what is not null is a string
        // that lives until the statement is stepped or finalized, and is copied before.
        let (name, ty) = unsafe {
            let statement = statement.0.as_ptr();
            (text(ffi::sqlite3_column_name(statement, column)), text(ffi::sqlite3_column_decltype(statement, column)))
        };
        DeclaredColumn { name: name.unwrap_or_default(), ty }
    }

    /// Binds a value to the statement in use. Positions count from zero. SQLite copies texts and bytes.
    pub(super) fn bind(&mut self, position: usize, value: &Bound<'_>) -> Result<(), Failure> {
        // SAFETY: `SQLITE_TRANSIENT` makes SQLite copy what it is given before it returns.
        unsafe { self.bind_as(position, value, ffi::SQLITE_TRANSIENT()) }
    }

    /// Works with values that SQLite reads where they lie. The statement in use has none of them afterwards.
    pub(super) fn lend<'v, T>(&mut self, work: impl FnOnce(&mut Lending<'_, 'v>) -> T) -> T {
        work(&mut Lending { handle: self, values: PhantomData })
    }

    /// Binds a value.
    ///
    /// # Safety
    ///
    /// Unless `destructor` is `SQLITE_TRANSIENT`, texts and bytes stay where they are until they are unbound.
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
        // SAFETY: the statement is ours and not finalized; SQLite checks the position; texts and bytes have the lengths that are
        // given, texts are UTF-8, and what becomes of them later is the caller's promise. An empty slice's pointer is not null,
        // so it binds no bytes, not null.
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

    /// Takes the statement in use its values away, and ends its run.
    fn unbind(&mut self) {
        // The code of a reset is that of the last step, known already.
        self.ask_statement(ffi::sqlite3_reset);
        self.ask_statement(ffi::sqlite3_clear_bindings);
    }

    /// Goes on to the next row. Whether there is one. The callbacks that SQLite may call are the progress handler, the authorizer and
    /// the update hook, which touch their own state only, and functions of `decimal` and `function`, which touch nothing but their
    /// arguments, the hooks and a connection of their own.
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
        // SAFETY: the statement is ours and not finalized; a column out of range, or no current row, reads as null. Such a
        // value may be read where no other thread works with the connection, which is so: it is borrowed from us. Each accessor
        // is asked only for the type that the value has, so that nothing is converted and earlier pointers stay good until
        // the next step, which needs `&mut self`. The length is asked for after the data, as SQLite wants it.
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
    /// `data` is what SQLite gave for a value of the current row of this live statement, or null, and `length` its length.
    unsafe fn lent(&self, data: *const u8, length: c_int) -> &[u8] {
        match usize::try_from(length) {
            // SAFETY: SQLite lends `length` bytes until the next step, which cannot happen while `self` is borrowed.
            Ok(length) if !data.is_null() && length > 0 => unsafe { std::slice::from_raw_parts(data, length) },
            _ => &[],
        }
    }

    /// What SQLite says about the last failure.
    fn failure(&self, code: c_int) -> Failure {
        // SAFETY: the connection is open; the message is SQLite's until the next call, and is copied.
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

    /// Takes everything apart in the one order that is sound. Nothing the second time.
    fn release(&mut self) -> Option<Box<SqliteConnection>> {
        self.interrupt.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        // sqlx cannot close a connection that has statements.
        self.active = None;
        self.cached.clear();
        let mut guard = self.guard.take()?;
        guard.remove_progress_handler();
        // SAFETY: the connection is open, and the hooks cannot be reached through it after this.
        unsafe {
            ffi::sqlite3_set_authorizer(self.db.handle(), None, ptr::null_mut());
            ffi::sqlite3_update_hook(self.db.handle(), None, ptr::null_mut());
        }
        drop(guard);
        // The guard is taken only once, so this is the one time.
        Some(self.connection.take_back())
    }
}

impl<'v> Lending<'_, 'v> {
    /// Binds a value where it lies. Positions count from zero.
    pub(super) fn bind(&mut self, position: usize, value: &Bound<'v>) -> Result<(), Failure> {
        // SAFETY: what lives for `'v` lives longer than this value, whose drop unbinds it.
        unsafe { self.handle.bind_as(position, value, ffi::SQLITE_STATIC()) }
    }

    /// Goes on to the next row. Whether there is one.
    pub(super) fn step(&mut self) -> Result<bool, Failure> {
        self.handle.step()
    }

    /// Ends the run, so that another one can begin.
    pub(super) fn restart(&mut self) {
        self.handle.restart();
    }

    /// The connection, to look at.
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

/// A connection on the heap that a guard borrows for as long as it likes.
struct Leaked(NonNull<SqliteConnection>);

// SAFETY: it is the only pointer to a connection, which may move between threads.
unsafe impl Send for Leaked {}
// SAFETY: nothing reads through a shared reference to it: what borrows and takes back is called by its one owner.
unsafe impl Sync for Leaked {}

impl Leaked {
    /// The borrow for the guard. Called once.
    fn borrow(&self) -> &'static mut SqliteConnection {
        // SAFETY: the box is leaked until `take_back`, and this is its only borrow.
        unsafe { &mut *self.0.as_ptr() }
    }

    /// The connection. Called once, after the guard is gone.
    fn take_back(&self) -> Box<SqliteConnection> {
        // SAFETY: it came from a box, and no borrow of it is left.
        unsafe { Box::from_raw(self.0.as_ptr()) }
    }
}

/// A statement, which is finalized when it is dropped. It does not outlive the handle of its connection, which drops all of them
/// before it lets the connection go.
struct Statement(NonNull<ffi::sqlite3_stmt>);

// SAFETY: SQLite is compiled threadsafe and sqlx opens connections so that they may move between threads as long as one uses
// them at a time, which `&mut Handle`, and `&Handle` without `Sync`, ensure. The pointer is owned by this value alone.
unsafe impl Send for Statement {}

/// What SQLite does with a statement or says of it.
type Question = unsafe extern "C" fn(*mut ffi::sqlite3_stmt) -> c_int;

impl Statement {
    /// Asks for a number, or ends or continues a run.
    #[inline]
    fn ask(&self, question: Question) -> c_int {
        // SAFETY: the statement is ours and not finalized; each question of this module takes any such statement in any state,
        // and drop alone finalizes it.
        unsafe { question(self.0.as_ptr()) }
    }

    /// How many bytes it takes.
    fn memory(&self) -> c_int {
        // SAFETY: the statement is ours and not finalized; what is asked for takes no reset.
        unsafe { ffi::sqlite3_stmt_status(self.0.as_ptr(), ffi::SQLITE_STMTSTATUS_MEMUSED, 0) }
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        self.ask(ffi::sqlite3_finalize);
    }
}

/// SQLite's question whether a statement may do something.
unsafe extern "C" fn authorize(
    context: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    _database: *const c_char,
    trigger: *const c_char,
) -> c_int {
    // SAFETY: the context was set to hooks that live as long as the connection; SQLite gives strings or null, good for the time
    // of this call.
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

/// SQLite's word that a row of a table that has row numbers was changed, by a trigger too.
unsafe extern "C" fn inserted(
    context: *mut c_void,
    action: c_int,
    _database: *const c_char,
    table: *const c_char,
    key: i64,
) {
    // SAFETY: the context was set to hooks that live as long as the connection.
    let hooks = unsafe { &*context.cast::<Hooks>() };
    if action == ffi::SQLITE_INSERT && hooks.awaits(key) {
        // SAFETY: SQLite gives a string, good for the time of this call.
        hooks.made(unsafe { lent_text(table) });
    }
}

/// A C string that is good for as long as the caller says.
///
/// # Safety
///
/// `data` is null or a string that lives for `'a`.
unsafe fn lent_text<'a>(data: *const c_char) -> &'a str {
    if data.is_null() {
        return "";
    }
    // SAFETY: the caller's promise. A name that is not UTF-8 is none that we allow.
    unsafe { CStr::from_ptr(data) }.to_str().unwrap_or("\u{fffd}")
}

/// A copy of a C string.
///
/// # Safety
///
/// `data` is null or a string.
unsafe fn text(data: *const c_char) -> Option<String> {
    // SAFETY: the caller's promise.
    (!data.is_null()).then(|| unsafe { CStr::from_ptr(data) }.to_string_lossy().into_owned())
}
