//! The operations of a session and a database, as data: the preparation, the call that meets the fault, and the changes that the database
//! must hold once the call has succeeded.

use std::sync::Arc;

use sqlservice_db::{
    Cursor, Database, Error, Isolation, ReflectOptions, Root, RunOptions, Savepoint, Session, TransactionOptions,
};

use crate::world::World;

/// A call that meets a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    Connect,
    Ping,
    Begin,
    FirstInsert,
    Insert,
    TextInsert,
    Update,
    Select,
    Stream,
    CloseCursor,
    InsertMany,
    Flush,
    Load,
    Savepoint,
    RollbackTo,
    Release,
    Reflect,
    Commit,
    Rollback,
    Close,
    LoneInsert,
    LoneMany,
    LoneFlush,
    LoneReflect,
    ReflectAll,
    CreateAll,
    DropAll,
}

/// How an operation's changes become durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It changes nothing.
    Nothing,
    /// Its changes become durable with the commit of its transaction.
    InTransaction,
    /// It is the commit itself.
    Commit,
    /// Its changes never become durable: it rolls its transaction back.
    Undoes,
    /// It commits by itself.
    Alone,
}

impl Operation {
    pub const ALL: [Self; 27] = [
        Self::Connect,
        Self::Ping,
        Self::Begin,
        Self::FirstInsert,
        Self::Insert,
        Self::TextInsert,
        Self::Update,
        Self::Select,
        Self::Stream,
        Self::CloseCursor,
        Self::InsertMany,
        Self::Flush,
        Self::Load,
        Self::Savepoint,
        Self::RollbackTo,
        Self::Release,
        Self::Reflect,
        Self::Commit,
        Self::Rollback,
        Self::Close,
        Self::LoneInsert,
        Self::LoneMany,
        Self::LoneFlush,
        Self::LoneReflect,
        Self::ReflectAll,
        Self::CreateAll,
        Self::DropAll,
    ];

    pub fn kind(self) -> Kind {
        match self {
            Self::Connect | Self::Ping | Self::LoneReflect | Self::ReflectAll => Kind::Nothing,
            Self::Commit => Kind::Commit,
            Self::Rollback | Self::Close => Kind::Undoes,
            Self::LoneInsert | Self::LoneMany | Self::LoneFlush | Self::CreateAll | Self::DropAll => Kind::Alone,
            _ => Kind::InTransaction,
        }
    }

    /// Whether an insert in `prepare` has already begun its transaction.
    pub fn is_inside(self) -> bool {
        let begins = matches!(self, Self::Begin | Self::FirstInsert);
        matches!(self.kind(), Kind::InTransaction | Kind::Commit | Kind::Undoes) && !begins
    }

    /// Whether the call commits, so that its outcome may be unknown.
    pub fn commits(self) -> bool {
        matches!(self.kind(), Kind::Alone | Kind::Commit)
    }

    /// Whether it creates or drops tables.
    pub fn changes_tables(self) -> bool {
        matches!(self, Self::CreateAll | Self::DropAll)
    }

    /// The operations that insert rows, none of which fit on a full disk.
    pub const WRITERS: [Self; 9] = [
        Self::FirstInsert,
        Self::Insert,
        Self::TextInsert,
        Self::InsertMany,
        Self::Flush,
        Self::Savepoint,
        Self::LoneInsert,
        Self::LoneMany,
        Self::LoneFlush,
    ];

    /// The number of its changes that [`World::truth`] counts where all of them are committed.
    pub fn changes(self) -> i64 {
        match self {
            Self::InsertMany | Self::LoneMany | Self::Flush | Self::LoneFlush => 3,
            Self::CreateAll | Self::DropAll => 2,
            Self::FirstInsert | Self::Insert | Self::TextInsert | Self::Update | Self::LoneInsert => 1,
            Self::Savepoint | Self::RollbackTo | Self::Release | Self::Commit | Self::Rollback | Self::Close => 1,
            _ => 0,
        }
    }
}

/// The database and session of one case.
pub struct Scene {
    pub world: Arc<World>,
    pub db: Database,
    pub session: Option<Session>,
    savepoint: Option<Savepoint>,
    cursor: Option<Cursor>,
    /// The first of the hundred keys that are reserved for this case.
    pub base: i64,
}

impl Scene {
    /// Prepares a case: does the work that precedes the fault.
    pub async fn prepare(world: &Arc<World>, db: Database, operation: Operation, base: i64) -> Result<Self, Error> {
        world.run(&format!("insert into items (id, v) values ({base}, 'old')")).await;
        if operation == Operation::DropAll {
            world.direct.create_all(world.more_tables(base), false).await?;
        }
        let world = Arc::clone(world);
        let mut scene = Self { world, db, session: None, savepoint: None, cursor: None, base };
        if operation != Operation::Connect {
            scene.db.ping().await?;
        }
        scene.session = Some(scene.db.session());
        if operation.is_inside() {
            scene.insert(1).await?;
        }
        scene.prepare_for(operation).await?;
        Ok(scene)
    }

    async fn prepare_for(&mut self, operation: Operation) -> Result<(), Error> {
        match operation {
            Operation::Commit | Operation::Rollback | Operation::Close => self.insert(2).await,
            Operation::RollbackTo | Operation::Release => {
                self.savepoint = Some(self.session()?.begin_nested().await?);
                self.insert(2).await
            }
            Operation::CloseCursor => self.open_cursor().await,
            Operation::LoneInsert | Operation::LoneMany | Operation::LoneFlush | Operation::LoneReflect => {
                self.session()?.set_isolation(Isolation::Autocommit).await
            }
            _ => Ok(()),
        }
    }

    fn session(&self) -> Result<&Session, Error> {
        self.session.as_ref().ok_or(Error::Closed)
    }

    /// Makes the call that meets the fault.
    pub async fn run(&mut self, operation: Operation) -> Result<(), Error> {
        match operation {
            Operation::Connect => self.db.connect().await.map(|session| self.session = Some(session)),
            Operation::Ping => self.db.ping().await,
            Operation::Begin => self.session()?.begin(TransactionOptions::default()).await,
            Operation::FirstInsert | Operation::Insert | Operation::LoneInsert => self.insert(2).await,
            Operation::TextInsert => {
                let text = format!("insert into items (id, v) values ({}, {})", self.base + 2, self.world.text());
                self.session()?.execute_text(text, Vec::new(), RunOptions::default()).await.map(drop)
            }
            Operation::Update => self.say(&format!("update items set v = 'new' where id = {}", self.base), true).await,
            Operation::Select => self.say(&format!("select id from items where id = {}", self.base), false).await,
            Operation::Stream => self.stream().await,
            Operation::CloseCursor => self.close_cursor().await,
            Operation::InsertMany | Operation::LoneMany => {
                let statements = self.world.many(self.base + 2);
                self.session()?.insert_many(statements, RunOptions::default()).await.map(drop)
            }
            Operation::Flush | Operation::LoneFlush => {
                let flush = self.world.flush(self.base);
                let flushed = self.session()?.flush(flush, RunOptions::default()).await;
                flushed.map(drop).map_err(|failed| failed.error)
            }
            Operation::Load => self.load().await,
            _ => self.end_or_describe(operation).await,
        }
    }

    async fn end_or_describe(&mut self, operation: Operation) -> Result<(), Error> {
        match operation {
            Operation::Savepoint => {
                self.savepoint = Some(self.session()?.begin_nested().await?);
                self.insert(2).await
            }
            Operation::RollbackTo => self.savepoint.take().ok_or(Error::Closed)?.rollback().await,
            Operation::Release => self.savepoint.take().ok_or(Error::Closed)?.release().await,
            Operation::Commit => self.session()?.commit().await,
            Operation::Rollback => self.session()?.rollback().await,
            Operation::Close => self.session()?.close().await,
            Operation::Reflect | Operation::LoneReflect => {
                self.session()?.reflect(self.world.reflected(), None).await.map(drop)
            }
            Operation::ReflectAll => self.db.reflect(ReflectOptions::default()).await.map(drop),
            Operation::CreateAll => self.db.create_all(self.world.more_tables(self.base), false).await.map(drop),
            Operation::DropAll => self.db.drop_all(self.world.more_tables(self.base), false).await.map(drop),
            _ => Ok(()),
        }
    }

    /// Inserts the row with the key `base + of` by a compiled statement.
    async fn insert(&self, of: i64) -> Result<(), Error> {
        let text = if of == 1 { "'mark'".to_owned() } else { self.world.text() };
        self.say(&format!("insert into items (id, v) values ({}, {text})", self.base + of), true).await
    }

    async fn say(&self, sql: &str, writes: bool) -> Result<(), Error> {
        let outputs: &[&str] = if writes { &[] } else { &["id"] };
        self.session()?.execute(self.world.compiled(sql, outputs), Vec::new(), RunOptions::default()).await.map(drop)
    }

    async fn open_cursor(&mut self) -> Result<(), Error> {
        let options = RunOptions::default().batch_rows(20);
        let query = self.world.compiled(&self.world.numbers(80), &["n"]);
        self.cursor = self.session()?.execute(query, Vec::new(), options).await?.cursor;
        Ok(())
    }

    /// Reads a result set of several batches to its end.
    async fn stream(&mut self) -> Result<(), Error> {
        self.open_cursor().await?;
        if let Some(cursor) = &self.cursor {
            while cursor.next_batch(20, 1 << 20).await?.is_some() {}
        }
        self.cursor = None;
        Ok(())
    }

    /// Reads one batch, drops the cursor before its end, and executes another query.
    async fn close_cursor(&mut self) -> Result<(), Error> {
        let cursor = self.cursor.take().ok_or(Error::Closed)?;
        cursor.next_batch(20, 1 << 20).await?;
        drop(cursor);
        self.say(&format!("select id from items where id = {}", self.base), false).await
    }

    async fn load(&self) -> Result<(), Error> {
        let loading = self.world.loading();
        let keys = loading.by_keys(&self.world.keys(self.base)).expect("good keys");
        self.session()?.load(Root::Keys(keys), loading, RunOptions::default()).await.map(drop)
    }

    /// Drops a cursor that the call left open, which would be in the way of the next call.
    pub fn go_on(&mut self) {
        self.cursor = None;
    }

    /// Drops the session with its savepoint and cursor.
    pub fn leave(&mut self) {
        self.session = None;
        self.savepoint = None;
        self.cursor = None;
    }
}
