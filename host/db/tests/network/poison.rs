//! Effects of one borrower's SQL text on a connection, and whether they reach the next borrower's compiled statements.

use sqlservice_db::{Database, Error, Isolation, RunOptions};
use sqlservice_sql::{Value, schema::TypeKind};

use crate::{
    ask, integer,
    server::{Kind, Server, compiled, each, one, run},
    text,
};

/// A pool of one connection, so that the next borrower gets the connection of the previous one.
fn one_connection(server: &Server) -> Database {
    server.again(server.settings().pool_size(1).max_overflow(0))
}

/// Runs a compiled statement in a transaction of its own, and returns its first value, or 0 without rows.
async fn structured(database: &Database, sql: &str, kind: Option<TypeKind>) -> Result<Value, Error> {
    let outputs: Vec<_> = kind.into_iter().map(|kind| ("a", kind)).collect();
    let session = database.session();
    let answer = session.execute(compiled(sql, &[], &outputs), Vec::new(), RunOptions::default()).await?;
    session.commit().await?;
    session.close().await?;
    Ok(if answer.first_batch.rows > 0 { answer.first_batch.value(0, 0) } else { integer(0) })
}

/// Runs SQL texts as another borrower, each in a transaction of its own or in autocommit.
async fn peer(database: &Database, is_transactional: bool, texts: &[&str]) {
    let session = database.connect().await.expect("connect");
    if !is_transactional {
        session.set_isolation(Isolation::Autocommit).await.expect("autocommit");
    }
    for sql in texts {
        run(&session, sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        if is_transactional {
            session.commit().await.expect("commit");
        }
    }
    session.close().await.expect("close");
}

#[tokio::test(flavor = "multi_thread")]
async fn t50_no_text_forges_what_the_driver_has_prepared() {
    let server = one(Kind::Postgres).await;
    let (table, forge) = (server.table("truth"), server.table("forge"));
    server.run(&format!("create table {table} (v text)")).await;
    server.run(&format!("insert into {table} values ('true')")).await;
    // The function redefines every prepared statement on the table, whichever client prepared it.
    server
        .run(&format!(
            "create function {forge}() returns int language plpgsql as $$ declare name text; begin \
             for name in select p.name from pg_prepared_statements p where p.statement like '%{table}%' loop \
             execute 'deallocate ' || quote_ident(name); \
             execute 'prepare ' || quote_ident(name) || ' as select ''forged''::text as v'; end loop; return 1; end $$"
        ))
        .await;
    let small = one_connection(&server);
    let read = format!("SELECT v FROM {table}");
    for is_transactional in [true, false] {
        for _ in 0..2 {
            assert_eq!(structured(&small, &read, Some(TypeKind::Text)).await.expect("read"), text("true"));
        }
        peer(&small, is_transactional, &[&format!("select {forge}()")]).await;
        let found = structured(&small, &read, Some(TypeKind::Text)).await;
        assert_eq!(found.expect("read"), text("true"), "{is_transactional}");
        // The text leaves no prepared statement of its own, and its `DEALLOCATE` breaks none of the driver's.
        peer(&small, is_transactional, &[&format!("do $$ begin perform {forge}(); execute 'deallocate all'; end $$")])
            .await;
        assert_eq!(structured(&small, &read, Some(TypeKind::Text)).await.expect("read"), text("true"));
        peer(&small, is_transactional, &["prepare own as select 1", "select 1"]).await;
        let own = "SELECT count(*) FROM pg_prepared_statements WHERE from_sql";
        assert_eq!(structured(&small, own, Some(TypeKind::Int64)).await.expect("read"), integer(0));
    }
    small.close().await;
    server.run(&format!("drop table {table}")).await;
    server.run(&format!("drop function {forge}()")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t50_no_text_reads_what_others_have_prepared_or_counted_up() {
    for server in each().await {
        let table = server.table("counted");
        let counted = if server.kind == Kind::Postgres { "serial" } else { "int auto_increment primary key" };
        server.run(&format!("create table {table} (id {counted}, v varchar(20))")).await;
        let small = one_connection(&server);
        let insert = format!("INSERT INTO {table} (v) VALUES ('hidden-constant')");
        let last = match server.kind {
            Kind::Postgres => "select lastval()",
            Kind::Mariadb => "select cast(last_insert_id() as signed)",
        };
        let is_nothing = |last: &Result<Value, Error>| !matches!(last, Ok(value) if *value != integer(0));
        for is_transactional in [true, false] {
            structured(&small, &insert, None).await.expect("insert");
            let session = small.connect().await.expect("connect");
            if !is_transactional {
                session.set_isolation(Isolation::Autocommit).await.expect("autocommit");
            }
            if server.kind == Kind::Postgres {
                let texts =
                    "select count(*) from pg_prepared_statements where statement like '%hidden-' || 'constant%'";
                assert_eq!(ask(&session, texts, vec![]).await, integer(0));
            }
            let found = run(&session, last).await.map(|answer| answer.first_batch.value(0, 0));
            assert!(is_nothing(&found), "{} {found:?}", server.kind.name());
            session.rollback().await.expect("rollback");
            session.close().await.expect("close");
            // A session can read the last value that it generated itself.
            let session = small.session();
            session.execute(compiled(&insert, &[], &[]), vec![], RunOptions::default()).await.expect("insert");
            let found = run(&session, last).await.map(|answer| answer.first_batch.value(0, 0));
            assert!(!is_nothing(&found), "{} {found:?}", server.kind.name());
            session.commit().await.expect("commit");
        }
        small.close().await;
        server.run(&format!("drop table {table}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t47_no_temporary_table_of_a_trigger_takes_a_committed_row() {
    let server = one(Kind::Postgres).await;
    let (log, target, trap) = (server.table("log"), server.table("target"), server.table("trap"));
    for sql in [
        format!("create table {log} (v int)"),
        format!("create table {target} (v int)"),
        format!(
            "create function {trap}() returns trigger language plpgsql as $$ begin \
             execute 'create temporary table if not exists {target} (v int)'; return new; end $$"
        ),
        format!("create trigger trap before insert on {log} for each row execute function {trap}()"),
    ] {
        server.run(&sql).await;
    }
    let small = one_connection(&server);
    structured(&small, &format!("INSERT INTO {log} (v) VALUES (1)"), None).await.expect("insert");
    structured(&small, &format!("INSERT INTO {target} (v) VALUES (1)"), None).await.expect("insert");
    let count = format!("select count(*) from {target}");
    assert_eq!(ask(&server.db.session(), &count, vec![]).await, integer(1), "the row went elsewhere");
    // A temporary table of another borrower is dropped with its session, and shadows nothing meanwhile.
    let path = ask(&small.session(), "select current_setting('search_path')", vec![]).await;
    let temporary = format!("create temporary table {target} (v int)");
    peer(&small, true, &[&temporary, "select set_config('search_path', 'pg_temp, public', false)"]).await;
    structured(&small, &format!("INSERT INTO {target} (v) VALUES (2)"), None).await.expect("insert");
    assert_eq!(ask(&server.db.session(), &count, vec![]).await, integer(2), "the row went elsewhere");
    assert_eq!(ask(&small.session(), "select current_setting('search_path')", vec![]).await, path);
    small.close().await;
    server.run(&format!("drop table {log}, {target}")).await;
    server.run(&format!("drop function {trap}()")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t46_what_a_peer_says_of_the_role_is_not_where_names_are_looked_for() {
    let server = one(Kind::Postgres).await;
    let name = server.table("own");
    // A role's settings in a database would affect all tests in that database.
    peer(&server.db, false, &[&format!("create database {name}")]).await;
    let url = server.url_with(|url| url.set_path(&name));
    let pool = Database::new(&url, server.settings().pool_size(2).max_overflow(0)).expect("a database");
    peer(
        &pool,
        true,
        &[
            "create table t (v text)",
            "insert into t values ('true')",
            "create schema evil",
            "create table evil.t (v text)",
            "insert into evil.t values ('forged')",
            "create function evil.pg_backend_pid() returns int language sql as 'select 1'",
            "create function evil.set_config(text, text, boolean) returns text language sql as 'select $2'",
        ],
    )
    .await;
    let read = "SELECT v FROM t";
    assert_eq!(structured(&pool, read, Some(TypeKind::Text)).await.expect("read"), text("true"));
    let first = pool.connect().await.expect("connect");
    let role = format!("alter role current_user in database {name} set search_path = evil, public, pg_catalog");
    assert!(matches!(run(&first, &role).await, Err(Error::Statement(_))), "the words are known");
    run(&first, &format!("do $$ begin execute '{role}'; end $$")).await.expect("a role may say that of itself");
    first.commit().await.expect("commit");
    // While the first connection is borrowed, the second is a new one.
    assert_eq!(structured(&pool, read, Some(TypeKind::Text)).await.expect("read"), text("true"));
    // Its search path is the same after text was run on it.
    peer(&pool, true, &["select 1"]).await;
    assert_eq!(structured(&pool, read, Some(TypeKind::Text)).await.expect("read"), text("true"));
    first.close().await.expect("close");
    pool.close().await;
    peer(&server.db, false, &[&format!("drop database {name}")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t45_no_setting_of_a_text_is_there_for_the_next_borrower() {
    let server = one(Kind::Postgres).await;
    let (evil, function) = (server.table("evil"), server.table("games"));
    for sql in [
        format!("create schema {evil}"),
        format!("create function {evil}.pg_backend_pid() returns int language sql as 'select 1'"),
        format!("create function {evil}.set_config(text, text, boolean) returns text language sql as 'select $2'"),
        format!(
            "create function {function}() returns void language plpgsql as $$ begin \
             perform set_config('search_path', '{evil}, pg_catalog, public', false); \
             set timezone = 'Asia/Tokyo'; set datestyle = 'German'; set bytea_output = 'escape'; \
             set intervalstyle = 'iso_8601'; set standard_conforming_strings = off; set row_security = off; \
             set statement_timeout = 7; set default_transaction_isolation = 'serializable'; \
             set extra_float_digits = -15; set client_min_messages = 'debug5'; \
             perform set_config('my.own', 'x', false); \
             perform set_config('default_transaction_read' || '_only', 'off', false); end $$"
        ),
    ] {
        server.run(&sql).await;
    }
    let small = one_connection(&server);
    let settings = "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings \
                    WHERE name NOT LIKE 'plpgsql.%'";
    let before = structured(&small, settings, Some(TypeKind::Text)).await.expect("asked");
    for is_transactional in [true, false] {
        peer(&small, is_transactional, &[&format!("select public.{function}()")]).await;
        let after = structured(&small, settings, Some(TypeKind::Text)).await.expect("asked");
        assert!(after == before, "a setting is not what it was");
        let own = "SELECT coalesce(current_setting('my.own', true), '')";
        assert_eq!(structured(&small, own, Some(TypeKind::Text)).await.expect("asked"), text(""));
    }
    small.close().await;
    server.run(&format!("drop schema {evil} cascade")).await;
    server.run(&format!("drop function {function}()")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t51_nothing_that_a_text_keeps_open_is_there_for_the_next_borrower() {
    let server = one(Kind::Postgres).await;
    let small = one_connection(&server);
    peer(
        &small,
        false,
        &[
            "declare kept cursor with hold for select 1",
            "select pg_advisory_lock(7)",
            "listen heard",
            "create temporary sequence counted",
            "select nextval('counted')",
        ],
    )
    .await;
    let left = "SELECT (SELECT count(*) FROM pg_cursors WHERE name = 'kept') + (SELECT count(*) FROM pg_listening_channels()) \
                + (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) \
                + (SELECT count(*) FROM pg_class WHERE relname = 'counted')";
    assert_eq!(structured(&small, left, Some(TypeKind::Int64)).await.expect("asked"), integer(0));
    assert!(structured(&small, "SELECT lastval()", Some(TypeKind::Int64)).await.is_err());
    small.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t55_nothing_of_a_text_is_there_for_the_next_borrower_of_mariadb() {
    let server = one(Kind::Mariadb).await;
    let (table, trap) = (server.table("t"), server.table("trap"));
    for sql in [
        format!("create table {table} (v varchar(9))"),
        format!("insert into {table} values ('true')"),
        format!(
            "create function {trap}() returns int begin create temporary table {table} (v varchar(9)); \
             insert into {table} values ('forged'); set @kept = 7; set session sql_mode = ''; \
             set session time_zone = '+09:00'; set session max_statement_time = 7; return 1; end"
        ),
    ] {
        server.run(&sql).await;
    }
    let small = one_connection(&server);
    let read = format!("SELECT v FROM {table}");
    let settings = "SELECT CONCAT(@@sql_mode, @@time_zone, @@max_statement_time, COALESCE(@kept, ''))";
    let before = structured(&small, settings, Some(TypeKind::Text)).await.expect("asked");
    for is_transactional in [true, false] {
        for sql in [
            format!("select {trap}()"),
            "select @kept := 7".to_owned(),
            "select 7 into @kept".to_owned(),
            format!("insert into {table} select 'true' from (select @kept := 7) as x where 1 = 0"),
            "select get_lock('held', 0)".to_owned(),
            "set names gbk".to_owned(),
        ] {
            peer(&small, is_transactional, &[&sql]).await;
            let found = structured(&small, &read, Some(TypeKind::Text)).await;
            assert_eq!(found.expect("read"), text("true"), "{sql}");
            assert_eq!(structured(&small, settings, Some(TypeKind::Text)).await.expect("asked"), before, "{sql}");
            // The server releases the lock only a moment after the connection was closed.
            let asked = "SELECT COALESCE(IS_USED_LOCK('held'), 0)";
            let mut lock = structured(&small, asked, Some(TypeKind::Int64)).await.expect("asked");
            for _ in 0..100 {
                if lock == integer(0) {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                lock = structured(&small, asked, Some(TypeKind::Int64)).await.expect("asked");
            }
            assert_eq!(lock, integer(0), "{sql}");
        }
    }
    small.close().await;
    server.run(&format!("drop table {table}")).await;
    server.run(&format!("drop function {trap}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t56_no_statement_commits_changes_that_a_rollback_seems_to_undo() {
    let server = one(Kind::Mariadb).await;
    let table = server.table("t");
    server.run(&format!("create table {table} (v int)")).await;
    for (number, sql) in [
        format!("create table {table}_x (v int)"),
        format!("truncate table {table}_none"),
        format!("alter table {table} comment = 'x'"),
        format!("analyze table {table}"),
        format!("create view {table}_v as select 1 as a"),
        "grant select on *.* to current_user".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        for is_text in [true, false] {
            let session = server.db.session();
            let insert = format!("INSERT INTO {table} (v) VALUES ({number})");
            if is_text {
                run(&session, &insert).await.expect("insert");
            } else {
                session.execute(compiled(&insert, &[], &[]), vec![], RunOptions::default()).await.expect("insert");
            }
            let answer = run(&session, sql).await.map(drop);
            assert!(matches!(answer, Err(Error::Statement(_))), "{sql}: {answer:?}");
            session.rollback().await.expect("rollback");
            let count = format!("select count(*) from {table}");
            assert_eq!(ask(&server.db.session(), &count, vec![]).await, integer(0), "{sql}");
        }
    }
    // Statements without an implicit commit still work.
    let session = server.db.session();
    run(&session, &format!("create table {table}_x (v int)")).await.expect("nothing was changed before");
    run(&session, &format!("insert into {table}_x values (1)")).await.expect("insert");
    run(&session, "create temporary table own (v int)").await.expect("it does not commit");
    run(&session, "(select 1) union (select 2)").await.expect("a query");
    session.rollback().await.expect("rollback");
    assert_eq!(ask(&session, &format!("select count(*) from {table}_x"), vec![]).await, integer(0));
    session.close().await.expect("close");
    server.run(&format!("drop table {table}, {table}_x")).await;
}
