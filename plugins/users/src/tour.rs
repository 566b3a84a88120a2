//! Calls every method of a database, a connection and a session once, with a line of output for each.

use std::{fmt::Write, time::Duration};

use sqlservice_sdk::prelude::*;

use crate::{
    model::{User, UserAbout, UserDevice, UserDeviceKey},
    open, seed_rows,
};

/// The report of the tour.
struct Report(String);

impl Report {
    fn line(&mut self, call: &str, outcome: impl std::fmt::Display) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{call:<24} {outcome}");
    }
}

pub async fn tour() -> Result<String, Error> {
    let mut report = Report(String::new());
    let db = open().await?;
    report.line("open", format!("{}, {} tables declared", db.dialect(), db.tables().len()));
    db.ping().await?;
    report.line("ping", "the database answers");
    db.drop_all().await?;
    report.line("create_all", db.create_all().await?.join(", "));
    report.line("create_all again", format!("{} new tables", db.create_all().await?.len()));

    connection(&db, &mut report).await?;
    session(&db, &mut report).await?;
    transactions(&db, &mut report).await?;
    reads(&db, &mut report).await?;
    changes(&db, &mut report).await?;
    objects(&db, &mut report).await?;
    at_once(&db, &mut report).await?;

    let reflected = db.reflect().await?;
    let device = reflected.iter().find(|table| table.name == "user_device");
    report.line("reflect", format!("user_device has {} columns", device.map_or(0, |table| table.columns.len())));
    report.line("drop_all", db.drop_all().await?.join(", "));
    Ok(report.0)
}

/// A connection commits as you go: the first statement begins a transaction, `commit` and `rollback` end it.
async fn connection(db: &Database, report: &mut Report) -> Result<(), Error> {
    let connection = db.connect().await?;
    let ed = User { name: "ed".to_owned(), ..User::default() };
    connection.insert_many(std::slice::from_ref(&ed)).await?;
    report.line("connect, insert_many", format!("in a transaction: {}", connection.in_transaction()));
    connection.rollback().await?;
    report.line("rollback", format!("{} users", connection.one(&select_columns(count_all()).from::<User>()).await?));
    connection.rollback().await?;
    report.line("isolation", connection.isolation().await?);
    connection.close().await
}

/// A session acquires a connection when it needs one and returns it at the end of each transaction.
async fn session(db: &Database, report: &mut Report) -> Result<(), Error> {
    let session = db.session()?;
    seed_rows_of(&session).await?;
    session.commit().await?;
    report.line("session, commit", format!("{} users", session.all(&select::<User>()).await?.len()));
    session.close().await
}

async fn seed_rows_of(session: &Session) -> Result<(), Error> {
    // Work in a savepoint is kept on Ok and rolled back on an error; the session stays usable either way.
    session.nested(async |session| seed_rows(session).await).await
}

async fn transactions(db: &Database, report: &mut Report) -> Result<(), Error> {
    let session = db.begin().await?;
    session.execute(&update::<User>().set(User::ACTIVE, false)).await?;
    let savepoint = session.begin_nested().await?;
    session.execute(&delete::<UserDeviceKey>()).await?;
    savepoint.rollback().await?;
    let savepoint = session.begin_nested().await?;
    session.execute(&update::<User>().set(User::ACTIVE, true).filter(User::NAME.eq("ed"))).await?;
    savepoint.release().await?;
    let keys = session.one(&select_columns(count(UserDeviceKey::ID))).await?;
    report.line("begin, savepoints", format!("{keys} keys are still there"));
    session.commit().await?;
    let ended = session.all(&select::<User>()).await.err();
    report.line("after its only commit", ended.map_or_else(|| "no error?".to_owned(), |error| error.to_string()));

    let outcome: Result<(), Error> = db
        .transaction(async |session| {
            session.execute(&delete::<User>()).await?;
            Err(Error::other("changed my mind"))
        })
        .await;
    report.line("transaction", outcome.err().map_or_else(|| "committed?".to_owned(), |error| error.to_string()));
    Ok(())
}

async fn reads(db: &Database, report: &mut Report) -> Result<(), Error> {
    let session = db.session()?;
    let by_name = select::<User>().order_by(User::NAME);
    let names: Vec<String> = session.all(&by_name).await?.into_iter().map(|user| user.name).collect();
    report.line("all", names.join(", "));
    report.line("first", session.first(&by_name).await?.map_or_else(String::new, |user| user.name));
    let nobody = select::<User>().filter(User::NAME.eq("nobody"));
    report.line("one of none", session.one(&nobody).await.err().map_or_else(String::new, |error| error.to_string()));
    report.line("one of three", session.one(&by_name).await.err().map_or_else(String::new, |error| error.to_string()));
    report.line(
        "one_or_none",
        session.one_or_none(&nobody).await?.map_or_else(|| "nothing".to_owned(), |user| user.name),
    );

    // The other side of an outer join is an Option.
    let abouts = select_columns((User::NAME, entity::<UserAbout>().optional()))
        .left_join::<UserAbout>(UserAbout::USER_ID.eq(User::ID))
        .order_by(User::NAME);
    let silent = session.all(&abouts).await?.iter().filter(|(_, about)| about.is_none()).count();
    report.line("left_join", format!("{silent} users say nothing about themselves"));
    let owners = select_columns(UserDevice::USER_ID);
    let without = select::<User>().filter(User::ID.not_in_query(&owners));
    report.line("not_in_query", format!("{} without a device", session.one(&without).await?.name));

    let mut rows = session.stream(&select::<UserDevice>().order_by(UserDevice::ID), 2).await?;
    let mut batches = Vec::new();
    while let Some(batch) = rows.next_batch().await? {
        batches.push(batch.len().to_string());
    }
    report.line("stream", format!("batches of {}", batches.join(" and ")));
    Ok(())
}

async fn changes(db: &Database, report: &mut Report) -> Result<(), Error> {
    let session = db.begin().await?;
    let (capabilities, ed) = (db.capabilities(), id_of(&session, "ed").await?);
    if capabilities.contains(Capabilities::INSERT_RETURNING) {
        let watch =
            session.insert(&UserDevice { user_id: ed, name: "watch".to_owned(), ..UserDevice::default() }).await?;
        report.line("insert", format!("stored with a key: {}", watch.id > 0));
    }
    // An upsert: the text of a user who has one is replaced.
    let about = UserAbout { user_id: ed, text: "prefers the couch".to_owned() };
    session.execute(&insert::<UserAbout>().values(&[about]).on_conflict().do_update(UserAbout::TEXT)).await?;
    report.line("on_conflict", session.one(&select_columns(UserAbout::TEXT)).await?);
    let matched = session.execute(&update::<User>().set(User::EMAIL, None::<String>)).await?;
    report.line("update", format!("{matched} rows matched"));
    let taken = session
        .nested(async |session| session.insert_many(&[User { name: "ed".into(), ..User::default() }]).await)
        .await;
    report.line("a name that is taken", taken.err().map_or_else(|| "stored?".to_owned(), |error| error.to_string()));
    let devices = UserDevice::NAME.starts_with("p").or(UserDevice::NAME.contains("abl"));
    report.line("delete", format!("{} rows", session.execute(&delete::<UserDevice>().filter(devices)).await?));
    session.commit().await
}

/// One object a row; changed columns are written, and a rollback restores the objects.
async fn objects(db: &Database, report: &mut Report) -> Result<(), Error> {
    let session = db.session()?;
    let mut ed =
        session.query::<User>().filter(User::NAME.eq("ed")).with(User::DEVICES.with(UserDevice::KEYS)).one().await?;
    let keys: usize = ed.devices.get()?.iter().filter_map(|device| device.keys.get().ok()).map(<[_]>::len).sum();
    report.line("query, with", format!("{} devices, {keys} keys", ed.devices.get()?.len()));
    let same = session.get_one::<User>(ed.id).await?;
    report.line("get_one", if same == ed { "the same object" } else { "another object?" });
    let unloaded = ed.about.get().err();
    report.line("unloaded", unloaded.map_or_else(|| "loaded?".to_owned(), |error| error.to_string()));
    session.load(std::slice::from_ref(&ed), User::ABOUT).await?;
    report.line("load", ed.about.get()?.map_or("says nothing", |about| about.text.as_str()));

    ed.edit().name = "eddy".to_owned();
    ed.edit().devices.push(UserDevice { name: "radio".to_owned(), ..UserDevice::default() });
    session.flush().await?;
    report.line("edit, flush", format!("{} with {} devices", ed.name, ed.devices.get()?.len()));
    session.rollback().await?;
    report.line("rollback", format!("{} with {} devices", ed.name, ed.devices.get()?.len()));
    let saved = session.save(partial::<User>().set(User::ID, ed.id).set(User::EMAIL, Some("ed@example.com"))).await?;
    report.line("save", format!("{}, {} to write", saved.name, session.dirty().len()));
    session.delete(&ed)?;
    session.commit().await?;
    report.line("delete", format!("{} devices are left", session.one(&select_columns(count(UserDevice::ID))).await?));
    Ok(())
}

/// Concurrent sessions, and a future that is dropped.
async fn at_once(db: &Database, report: &mut Report) -> Result<(), Error> {
    let users = async {
        let session = db.session()?;
        session.all(&select::<User>()).await
    };
    let devices = async {
        let session = db.session()?;
        session.all(&select::<UserDevice>()).await
    };
    let (users, devices) = sqlservice_sdk::join!(users, devices);
    report.line("two sessions at once", format!("{} users, {} devices", users?.len(), devices?.len()));
    let never = timeout(Duration::from_millis(20), sleep(Duration::from_secs(3600))).await;
    report.line("timeout", never.err().map_or_else(|| "an hour passed?".to_owned(), |error| error.to_string()));
    Ok(())
}

/// The id of the user with this name. `one` is an error if there is no row, or more than one.
async fn id_of(session: &impl Executor, name: &str) -> Result<i64, Error> {
    session.one(&select_columns(User::ID).filter(User::NAME.eq(name))).await
}
