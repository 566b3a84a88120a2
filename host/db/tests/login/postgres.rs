//! Logins of PostgreSQL.

use sqlservice_db::Finding;

use super::{
    PASSWORD, administer, login, names,
    server::{Kind, Server, one, run},
};

/// Returns the findings of a login with these rights. `{role}` in statements is its name.
async fn found(options: &str, grants: &[&str]) -> Vec<&'static str> {
    let server = one(Kind::Postgres).await;
    let role = server.table("role");
    let statement = |text: &str| text.replace("{role}", &role);
    administer(&server.db, &[statement(&format!("create role {{role}} login password '{PASSWORD}' {options}"))]).await;
    administer(&server.db, &grants.iter().map(|grant| statement(grant)).collect::<Vec<_>>()).await;
    let names = names(&login(&server, &role, None)).await;
    drop_role(&server, &role).await;
    names
}

/// Drops a role and all that it owns.
async fn drop_role(server: &Server, role: &str) {
    let statements = [format!("drop owned by {role} cascade"), format!("drop role {role}")];
    administer(&server.db, &statements).await;
}

#[tokio::test]
async fn t48_a_superuser_is_one_finding() {
    let server = one(Kind::Postgres).await;
    assert_eq!(server.db.check_login().await.expect("findings"), [Finding::Superuser]);
}

#[tokio::test]
async fn t44_attributes_of_a_role_are_named() {
    let plain = found("connection limit 3", &[]).await;
    assert_eq!(plain, ["temporary-tables", "connects-elsewhere", "own-password"]);
    let all = found("bypassrls createrole createdb replication", &[]).await;
    for name in ["bypass-row-security", "create-role", "create-database", "replication", "no-connection-limit"] {
        assert!(all.contains(&name), "{name}: {all:?}");
    }
}

#[tokio::test]
async fn t44_roles_are_found_by_however_many_steps() {
    let server = one(Kind::Postgres).await;
    let (group, other) = (server.table("group"), server.table("other"));
    let make = [format!("create role {group} noinherit"), format!("create role {other}")];
    administer(&server.db, &make).await;
    let join = format!("grant {group} to {{role}}");
    assert!(found("noinherit", &[&join]).await.contains(&"member-of-role"));
    administer(
        &server.db,
        &[format!("grant {other} to {group}"), format!("grant pg_execute_server_program to {other}")],
    )
    .await;
    let through = found("noinherit", &[&join]).await;
    assert!(through.contains(&"privileged-role") && through.contains(&"member-of-role"), "{through:?}");
    administer(&server.db, &[format!("drop role {group}"), format!("drop role {other}")]).await;
}

#[tokio::test]
async fn t48_files_of_the_server_are_found() {
    for role in [
        "pg_read_server_files",
        "pg_write_server_files",
        "pg_execute_server_program",
        "pg_signal_backend",
        "pg_monitor",
    ] {
        let found = found("", &[&format!("grant {role} to {{role}}")]).await;
        assert!(found.contains(&"privileged-role"), "{role}: {found:?}");
    }
    let reads = found("", &["grant execute on function pg_read_file(text) to {role}"]).await;
    assert!(reads.contains(&"file-functions"), "{reads:?}");
}

#[tokio::test]
async fn t47_what_a_login_makes_where_others_look_is_found() {
    let makes = found("", &["grant create on schema public to {role}"]).await;
    assert!(makes.contains(&"create-in-public"), "{makes:?}");
    let server = one(Kind::Postgres).await;
    let (schema, shared) = (server.table("schema"), server.table("shared"));
    administer(&server.db, &[format!("create schema {schema}"), format!("create table {schema}.{shared} (a int)")])
        .await;
    let grant = format!("grant create on schema {schema} to {{role}}");
    assert!(found("", &[&grant]).await.contains(&"create-in-schema"));
    let (usage, reads) = (
        format!("grant usage on schema {schema} to {{role}}"),
        format!("grant select (a) on {schema}.{shared} to {{role}}"),
    );
    assert!(found("", &[&usage, &reads]).await.contains(&"other-tables"));
    let own = found("", &[&format!("alter table {schema}.{shared} owner to {{role}}")]).await;
    assert!(own.contains(&"owns-shared-tables"), "{own:?}");
    administer(&server.db, &[format!("drop schema {schema} cascade")]).await;
}

/// A role that changes the resolution of names by its search path cannot change its findings.
#[tokio::test]
async fn t46_a_role_cannot_hide_what_it_may() {
    let server = one(Kind::Postgres).await;
    let role = server.table("role");
    let make = [
        format!("create role {role} login password '{PASSWORD}'"),
        format!("grant pg_read_server_files to {role}"),
        format!("create schema {role} authorization {role}"),
        format!("create view {role}.pg_auth_members as select 0::oid as roleid, 0::oid as member where false"),
        format!("create view {role}.pg_roles as select * from pg_catalog.pg_roles where false"),
        format!("alter role {role} set search_path = {role}, pg_catalog"),
        format!("grant select on all tables in schema {role} to public"),
    ];
    administer(&server.db, &make).await;
    let database = login(&server, &role, None);
    let session = database.session();
    let hidden = run(&session, "select count(*) from pg_auth_members").await.expect("a view").first_batch.value(0, 0);
    assert_eq!(hidden, sqlservice_sql::Scalar::Integer(0).into(), "the role's own view hides the catalog's");
    session.close().await.expect("close");
    assert!(names(&database).await.contains(&"privileged-role"));
    drop_role(&server, &role).await;
}
