//! The rights of logins on real servers: each right that a login for guests' SQL must not have is a named finding.

mod made;
mod mariadb;
mod postgres;
#[path = "../server/mod.rs"]
#[allow(dead_code, reason = "only a part is used here")]
mod server;

use sqlservice_db::{Database, Finding, Result, Session, Settings};

use server::Server;

/// The password of the tests' own logins.
const PASSWORD: &str = "s3cret-never-shown";

/// Runs statements that guests' text is not allowed to contain, each in a transaction of its own.
async fn administer(database: &Database, statements: &[String]) {
    for statement in statements {
        let session = database.session();
        let mut ran = compiled_text(&session, statement).await;
        // PostgreSQL refuses one of two concurrent changes of the grants of a database, role or function.
        for _ in 0..50 {
            let Err(error) = &ran else { break };
            assert!(format!("{error:?}").contains("concurrently"), "{statement}: {error:?}");
            session.rollback().await.expect("rollback");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            ran = compiled_text(&session, statement).await;
        }
        ran.expect(statement);
        session.commit().await.expect("commit");
    }
}

/// Runs a statement without the check of guests' text.
async fn compiled_text(session: &Session, sql: &str) -> Result<()> {
    let compiled = server::compiled(sql, &[], &[]);
    session.execute(compiled, Vec::new(), Default::default()).await.map(drop)
}

/// A pool of another login, in this database or the server's own.
fn login(server: &Server, user: &str, database: Option<&str>) -> Database {
    let url = server.url_with(|url| {
        url.set_username(user).expect("a user");
        url.set_password(Some(PASSWORD)).expect("a password");
        if let Some(database) = database {
            url.set_path(database);
        }
    });
    Database::new(&url, Settings::default()).expect("a database")
}

/// Closes the pool and returns the names of all findings.
async fn names(database: &Database) -> Vec<&'static str> {
    let findings = database.check_login().await.expect("findings");
    database.close().await;
    findings.iter().map(Finding::name).collect()
}

/// The names of the findings with which untrusted SQL text must not run.
async fn dangers(database: &Database) -> Vec<&'static str> {
    let findings = database.check_login().await.expect("findings");
    findings.iter().filter(|finding| finding.is_dangerous()).map(Finding::name).collect()
}

#[tokio::test]
async fn sqlite_has_no_logins() {
    let database = Database::new("sqlite::memory:", Settings::default()).expect("a database");
    assert_eq!(database.check_login().await.expect("findings"), []);
}
