//! A17: events of models.

use std::cell::RefCell;

use sqlservice_sdk::{Events, prelude::*};

use crate::{
    Saw,
    unit_of_work::{commit, mark, ok_or_error},
};

thread_local! {
    static HEARD: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn hear(event: &str, name: &str) {
    HEARD.with_borrow_mut(|heard| heard.push(format!("{event} {name}")));
}

/// Takes the events since the last call.
fn heard() -> String {
    HEARD.take().join(", ")
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "contacts", events)]
struct Contact {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(length = 40)]
    phone: String,
    changes: i64,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "audits")]
struct Audit {
    #[model(primary_key, generated)]
    id: i64,
    contact_id: Option<i64>,
    #[model(length = 40)]
    text: String,
}

impl Events for Contact {
    fn on_set(&mut self, column: &'static str) {
        if column == Contact::PHONE.name() {
            hear("set", &self.phone);
            self.phone.retain(|letter| letter.is_ascii_digit());
        }
    }

    fn on_load(&mut self) {
        hear("load", &self.name);
    }

    async fn before_save(this: &mut Entity<Self>, _session: &Session) -> Result<(), Error> {
        hear("before-save", &this.name);
        if !this.name.starts_with("plain") {
            this.edit().changes += 1;
        }
        Ok(())
    }

    async fn before_insert(this: &mut Entity<Self>, session: &Session) -> Result<(), Error> {
        hear("before-insert", &this.name);
        match this.name.as_str() {
            "audited" => session.add(Audit { text: "new".to_owned(), ..Audit::default() }).map(|_| ()),
            "asks" => {
                let known = session.count(&select::<Contact>()).await?;
                hear("known", &known.to_string());
                Ok(())
            }
            "refused" => Err(Error::other("refused")),
            "commits" => session.commit().await,
            "rolls back" => session.rollback().await,
            "nests" => {
                let nested = session.nested(async |session| {
                    let audit = Audit { id: 1, text: "nested".to_owned(), ..Audit::default() };
                    session.execute(&insert::<Audit>().values(&[audit.clone(), audit])).await
                });
                hear("nested", &nested.await.is_err().to_string());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn before_update(this: &mut Entity<Self>, _session: &Session) -> Result<(), Error> {
        hear("before-update", &this.name);
        Ok(())
    }

    async fn before_delete(this: &mut Entity<Self>, _session: &Session) -> Result<(), Error> {
        hear("before-delete", &this.name);
        if this.name == "kept" { Err(Error::other("kept")) } else { Ok(()) }
    }

    async fn after_save(this: &mut Entity<Self>, _session: &Session) -> Result<(), Error> {
        hear("after-save", &this.name);
        Ok(())
    }

    async fn after_insert(this: &mut Entity<Self>, session: &Session) -> Result<(), Error> {
        hear("after-insert", &format!("{} {}", this.name, this.id > 0));
        if this.name == "audited after" {
            session.add(Audit { contact_id: Some(this.id), text: "after".to_owned(), ..Audit::default() })?;
        }
        Ok(())
    }

    async fn after_update(this: &mut Entity<Self>, _session: &Session) -> Result<(), Error> {
        hear("after-update", &this.name);
        if this.name == "refused after" { Err(Error::other("refused")) } else { Ok(()) }
    }

    async fn after_delete(this: &mut Entity<Self>, _session: &Session) -> Result<(), Error> {
        hear("after-delete", &this.name);
        Ok(())
    }
}

fn contact(name: &str) -> Contact {
    Contact { name: name.to_owned(), ..Contact::default() }
}

async fn open() -> Result<Database, Error> {
    let db = Database::open("default", models![Contact, Audit]).await?;
    db.create_all().await?;
    Ok(db)
}

async fn rows(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let contacts = select_columns((Contact::NAME, Contact::PHONE, Contact::CHANGES)).order_by(Contact::ID);
    let audits = select_columns((Audit::TEXT, Audit::CONTACT_ID)).order_by(Audit::ID);
    Ok(format!("{:?} {:?}", session.all(&contacts).await?, session.all(&audits).await?))
}

/// All events, in their order.
pub async fn a17_order() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut first = session.add(Contact { phone: "1-1".to_owned(), ..contact("plain one") })?;
    let mut saw = vec![heard()];
    session.add(contact("plain two"))?;
    session.flush().await?;
    HEARD.with_borrow_mut(|heard| heard.retain(|line| !line.starts_with("set")));
    saw.push(heard());
    // Only written objects fire events.
    first.edit().name = "plain one".to_owned();
    session.flush().await?;
    saw.push(heard());
    first.edit().name = "plain 1".to_owned();
    session.flush().await?;
    saw.push(heard());
    session.commit().await?;
    session.expunge_all();
    let read = session.get_one::<Contact>(1).await?;
    session.query::<Contact>().order_by(Contact::ID).all().await?;
    saw.push(heard());
    session.refresh(&read).await?;
    saw.push(heard());
    session.delete(&read)?;
    saw.push(heard());
    session.flush().await?;
    saw.push(heard());
    Ok(saw)
}

/// The hook replaces a value that the plugin sets by any means, and no value that comes from the database.
pub async fn a17_replaced() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let phone = "555-867-5309".to_owned();
    let mut contact = session.add(Contact { phone: phone.clone(), ..contact("plain") })?;
    let mut saw = vec![contact.phone.clone()];
    session.commit().await?;
    saw.push(rows(&db).await?);
    // The replaced value equals the stored one, so nothing is written.
    contact.edit().phone = "(555) 8675309".to_owned();
    commit(&db, &session).await?;
    saw.push(contact.phone.clone());
    contact.edit().phone = "1/2".to_owned();
    session.commit().await?;
    saw.push(rows(&db).await?);
    session.save(Contact { id: 1, phone: "3/4".to_owned(), ..Contact::clone(&contact) }).await?;
    session.commit().await?;
    saw.push(rows(&db).await?);
    // As the statement wrote it.
    session.execute(&update::<Contact>().set(Contact::PHONE, "5/6")).await?;
    heard();
    session.refresh(&contact).await?;
    saw.push(format!("{} {}", contact.phone, heard()));
    Ok(saw)
}

/// Handlers change their own objects, add others and run queries.
pub async fn a17_handlers() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut audited = session.add(contact("audited"))?;
    mark(&db).await?;
    session.flush().await?;
    mark(&db).await?;
    session.commit().await?;
    let mut saw = vec![format!("{} {}", audited.changes, rows(&db).await?)];
    audited.edit().phone = "1".to_owned();
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    // A handler's query runs before the rows of its flush are written.
    session.add(contact("plain"))?;
    session.add(contact("asks"))?;
    heard();
    session.commit().await?;
    saw.push(heard().split(", ").filter(|line| line.starts_with("known")).collect());
    // Objects added in an after-event are written by the next flush, which a commit runs.
    let after = session.add(contact("audited after"))?;
    session.flush().await?;
    saw.push(session.new_objects().len().to_string());
    session.commit().await?;
    let last = select_columns(Audit::CONTACT_ID).order_by(Audit::ID.desc());
    saw.push((db.session()?.first(&last).await? == Some(Some(after.id))).to_string());
    Ok(saw)
}

/// After a handler fails, all changes are still pending; a handler that tries to end the transaction gets an error.
pub async fn a17_refused(name: String) -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let plain = session.add(contact("plain"))?;
    let mut refused = session.add(contact(&name))?;
    let mut saw = vec![ok_or_error(session.flush().await).split(':').next().unwrap_or_default().to_owned()];
    saw.push(format!("{:?} {} {:?} {}", plain.status(), plain.id, refused.status(), session.new_objects().len()));
    saw.push(rows(&db).await?);
    refused.edit().name = "plain too".to_owned();
    session.commit().await?;
    saw.push(format!("{:?} {:?}", plain.status(), refused.status()));
    let names = db.session()?.all(&select_columns(Contact::NAME).order_by(Contact::ID)).await?;
    saw.push(names.join(", "));
    Ok(saw)
}

/// A handler that fails after the rows were written leaves them written; the caller decides on the transaction.
pub async fn a17_refused_after(is_kept: bool) -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut changed = session.add(contact("plain"))?;
    session.commit().await?;
    changed.edit().name = "refused after".to_owned();
    let mut saw = vec![ok_or_error(session.commit().await)];
    saw.push(format!("{} {}", session.in_transaction(), session.is_modified(&changed)));
    if is_kept {
        session.commit().await?;
    } else {
        session.rollback().await?;
    }
    let stored = db.session()?.one(&select_columns(Contact::NAME)).await?;
    saw.push(format!("{} {stored}", changed.name));
    Ok(saw)
}

/// A refused delete, and a savepoint opened by a handler.
pub async fn a17_kept() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let kept = session.add(contact("kept"))?;
    session.commit().await?;
    session.delete(&kept)?;
    let mut saw = vec![ok_or_error(session.flush().await)];
    session.rollback().await?;
    saw.push(format!("{:?}", kept.status()));
    session.add(contact("plain"))?;
    session.add(contact("nests"))?;
    heard();
    session.commit().await?;
    saw.push(heard().split(", ").filter(|line| line.starts_with("nested")).collect());
    let names = db.session()?.all(&select_columns(Contact::NAME).order_by(Contact::ID)).await?;
    saw.push(names.join(", "));
    Ok(saw)
}
