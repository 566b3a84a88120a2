//! Logins that the host creates: their rights, and the limits of these.

use sqlservice_db::{Database, Error, Session, Settings, login::url_of};
use sqlservice_sql::{
    Scalar,
    login::{Name, NewLogin, Password},
    schema::TypeKind,
};

use super::{
    administer, compiled_text, dangers,
    server::{Kind, Server, compiled, each, one, run},
};

/// A new login with a password that is derived from its name.
fn new(name: &str) -> NewLogin {
    let mut random = [7; 32];
    random.iter_mut().zip(name.bytes()).for_each(|(random, byte)| *random = byte);
    let (name, password) = (Name::new(name).expect("a name"), Password::of(&random));
    NewLogin { name, password, connections: 5, schema: true, harden: false }
}

/// Creates a login in the server's database, and opens a pool for it.
async fn make(server: &Server, name: &str) -> Database {
    let login = new(name);
    let made = server.db.make_login(login.clone()).await.expect("a login");
    assert!(made.existing.is_nothing());
    let shown = made.statements.join("\n");
    assert!(shown.contains("***") && !shown.contains(login.password.reveal()), "{shown}");
    open(server, &login)
}

fn open(server: &Server, login: &NewLogin) -> Database {
    let url = url_of(&server.url_with(|_| {}), login).expect("a url");
    Database::new(&url, Settings::default().pool_size(1)).expect("a database")
}

/// Drops logins and the objects that they own.
async fn remove(server: &Server, names: &[&str]) {
    for name in names {
        let statements = match server.kind {
            Kind::Postgres => [format!("drop owned by {name} cascade"), format!("drop role {name}")],
            Kind::Mariadb => [format!("drop database {name}"), format!("drop user {name}")],
        };
        administer(&server.db, &statements).await;
    }
}

/// Runs a statement in a transaction that is rolled back.
async fn attempt(session: &Session, sql: &str) -> Result<(), Error> {
    let ran = run(session, sql).await.map(drop);
    session.rollback().await.expect("rollback");
    ran
}

#[tokio::test]
async fn t44_a_login_that_was_made_reaches_its_own_and_nothing_of_others() {
    for server in each().await {
        let (one, other) = (server.table("one"), server.table("other"));
        let (acme, globex) = (make(&server, &one).await, make(&server, &other).await);
        assert_eq!(dangers(&acme).await, [""; 0], "{}", server.kind.name());
        let session = globex.session();
        run(&session, "create table notes (a int)").await.expect("a table of its own");
        run(&session, "insert into notes values (1)").await.expect("a row");
        session.commit().await.expect("commit");
        let session = acme.session();
        // A table of the same name is another table in each login's schema.
        run(&session, "create table notes (a int)").await.expect("a table of its own");
        let count = run(&session, "select count(*) from notes").await.expect("a count").first_batch.value(0, 0);
        assert_eq!(count, Scalar::Integer(0).into());
        session.commit().await.expect("commit");
        for sql in ["select * from {}.notes", "insert into {}.notes values (2)", "create table {}.more (a int)"] {
            let sql = sql.replace("{}", &other);
            let refused = attempt(&session, &sql).await.expect_err(&sql);
            assert!(matches!(refused, Error::Denied(_)), "{sql}: {refused:?}");
        }
        session.close().await.expect("close");
        acme.close().await;
        globex.close().await;
        remove(&server, &[&one, &other]).await;
    }
}

/// The check of SQL text is not the security boundary: these statements are sent without it, and the server denies them.
#[tokio::test]
async fn t44_t46_t52_a_role_that_was_made_is_a_wall_without_the_check_of_words() {
    let server = one(Kind::Postgres).await;
    let (one, other) = (server.table("one"), server.table("other"));
    let (acme, globex) = (make(&server, &one).await, make(&server, &other).await);
    let session = acme.session();
    let administrator = server.user();
    for sql in [
        "create table public.mine (a int)".to_owned(),
        "create schema more".to_owned(),
        "create role more".to_owned(),
        format!("set role {other}"),
        format!("set role {administrator}"),
        format!("set session authorization {other}"),
        format!("grant {other} to {one}"),
        format!("alter role {other} password 'x'"),
        format!("alter role {one} superuser"),
        format!("alter role {one} connection limit -1"),
        "copy (select 1) to '/tmp/none'".to_owned(),
        "copy (select 1) to program 'true'".to_owned(),
        "select pg_read_file('/etc/passwd')".to_owned(),
        "select lo_import('/etc/passwd')".to_owned(),
        "create extension dblink".to_owned(),
        "load 'none'".to_owned(),
        "select pg_reload_conf()".to_owned(),
        format!("select pg_terminate_backend(pid) from pg_stat_activity where usename = '{administrator}'"),
    ] {
        let refused = compiled_text(&session, &sql).await.expect_err(&sql);
        let is_denied = matches!(&refused, Error::Denied(_)) || format!("{refused:?}").contains("permission denied");
        assert!(is_denied, "{sql}: {refused:?}");
        session.rollback().await.expect("rollback");
    }
    session.close().await.expect("close");
    acme.close().await;
    globex.close().await;
    remove(&server, &[&one, &other]).await;
}

#[tokio::test]
async fn t55_a_user_that_was_made_is_a_wall_without_the_check_of_words() {
    let server = one(Kind::Mariadb).await;
    let name = server.table("one");
    let acme = make(&server, &name).await;
    let session = acme.session();
    for sql in [
        "select * from mysql.user".to_owned(),
        "select 1 into outfile '/tmp/none'".to_owned(),
        "set global max_connections = 1".to_owned(),
        "create user more".to_owned(),
        "create database more".to_owned(),
        format!("grant select on {name}.* to root"),
        "flush tables".to_owned(),
        "shutdown".to_owned(),
        "kill 1".to_owned(),
    ] {
        let refused = compiled_text(&session, &sql).await;
        assert!(refused.is_err(), "{sql}");
        session.rollback().await.expect("rollback");
    }
    let read = compiled("select load_file('/etc/passwd')", &[], &[("file", TypeKind::Text)]);
    let file = session.execute(read, Vec::new(), Default::default()).await.expect("null").first_batch.value(0, 0);
    assert_eq!(file, sqlservice_sql::Value::Scalar(Scalar::Null));
    session.close().await.expect("close");
    acme.close().await;
    remove(&server, &[&name]).await;
}

#[tokio::test]
async fn what_is_there_is_told_and_not_changed() {
    for server in each().await {
        let name = server.table("one");
        let planned = server.db.plan_login(new(&name)).await.expect("a plan");
        assert!(planned.existing.is_nothing() && !planned.statements.is_empty());
        make(&server, &name).await.ping().await.expect("a login");
        let other = NewLogin { password: Password::of(&[0; 32]), ..new(&name) };
        let again = server.db.make_login(other.clone()).await.expect("told");
        assert!(again.existing.login && again.existing.place && again.statements.is_empty());
        open(&server, &new(&name)).ping().await.expect("the password of before");
        let refused = open(&server, &other).ping().await.expect_err("another password");
        assert!(!format!("{refused:?}").contains(other.password.reveal()));
        remove(&server, &[&name]).await;
    }
}

#[tokio::test]
async fn an_administrator_that_may_not_makes_nothing() {
    for server in each().await {
        let name = server.table("one");
        let acme = make(&server, &name).await;
        let refused = acme.make_login(new(&format!("{name}x"))).await.expect_err("denied");
        assert!(matches!(refused, Error::Denied(_)), "{refused:?}");
        acme.close().await;
        remove(&server, &[&name]).await;
    }
}

/// An administrator that creates tenants' logins need not be a superuser, and keeps no membership in their roles.
#[tokio::test]
async fn a_role_that_makes_roles_is_enough() {
    let server = one(Kind::Postgres).await;
    let (boss, name) = (server.table("boss"), server.table("one"));
    let options = "login createrole password 's3cret-never-shown'";
    let grant = format!("grant create on database postgres to {boss}");
    administer(&server.db, &[format!("create role {boss} {options}"), grant]).await;
    let administrator = super::login(&server, &boss, None);
    administrator.make_login(new(&name)).await.expect("a login");
    let names = super::names(&administrator).await;
    assert!(names.contains(&"create-role") && !names.contains(&"member-of-role"), "{names:?}");
    let acme = open(&server, &new(&name));
    run(&acme.session(), "create table notes (a int)").await.expect("a table of its own");
    acme.close().await;
    remove(&server, &[&name, &boss]).await;
}

/// Uses a private database, because hardening changes the rights of all its logins.
#[tokio::test]
async fn t47_a_hardened_database_has_no_temporary_tables_for_tenants() {
    use sqlx::{Connection, PgConnection};
    let server = one(Kind::Postgres).await;
    let (database, name) = (server.table("db"), server.table("one"));
    let mut connection = PgConnection::connect(&server.url_with(|_| {})).await.expect("a connection");
    let mut say = async |sql: String| {
        let sql: &'static str = Box::leak(sql.into());
        sqlx::raw_sql(sql).execute(&mut connection).await.expect(sql);
    };
    say(format!("create database {database}")).await;
    let url = server.url_with(|url| url.set_path(&database));
    let administrator = Database::new(&url, Settings::default()).expect("a database");
    let login = NewLogin { harden: true, ..new(&name) };
    administrator.make_login(login.clone()).await.expect("a login");
    let acme = Database::new(&url_of(&url, &login).expect("a url"), Settings::default()).expect("a database");
    assert_eq!(super::names(&acme).await, ["connects-elsewhere", "own-password"]);
    administrator.close().await;
    say(format!("drop database {database} with (force)")).await;
    say(format!("drop role {name}")).await;
}

/// Several administrators create logins concurrently: PostgreSQL refuses one of two concurrent changes of a database's grants.
#[tokio::test(flavor = "multi_thread")]
async fn logins_are_made_at_the_same_time() {
    for server in each().await {
        let names: Vec<String> = (0..12).map(|at| server.table(&format!("at_once_{at}"))).collect();
        let made = names.iter().map(|name| server.db.make_login(new(name)));
        for made in futures::future::join_all(made).await {
            assert!(made.expect("a login").existing.is_nothing());
        }
        remove(&server, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
}
