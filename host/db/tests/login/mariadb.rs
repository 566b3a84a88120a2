//! Logins of MariaDB.

use super::{
    PASSWORD, administer, login, names,
    server::{Kind, one},
};

/// Returns the findings of a login with these rights. `{user}` and `{db}` in statements are its name and a database of its own.
async fn found(options: &str, grants: &[&str]) -> Vec<&'static str> {
    let server = one(Kind::Mariadb).await;
    let name = server.table("login");
    let statement = |text: &str| text.replace("{user}", &format!("'{name}'@'%'")).replace("{db}", &name);
    let pattern = name.replace('_', "\\_");
    let make = [
        "create database {db}".to_owned(),
        format!("create user {{user}} identified by '{PASSWORD}' {options}"),
        format!("grant select, insert, create on `{pattern}`.* to {{user}}"),
    ];
    administer(&server.db, &make.map(|text| statement(&text))).await;
    administer(&server.db, &grants.iter().map(|grant| statement(grant)).collect::<Vec<_>>()).await;
    let names = names(&login(&server, &name, Some(&name))).await;
    administer(&server.db, &["drop user {user}", "drop database {db}"].map(statement)).await;
    // Findings that depend on the server's settings are left out.
    names.into_iter().filter(|name| !["local-infile", "secure-file-priv", "own-password"].contains(name)).collect()
}

#[tokio::test]
async fn t55_a_plain_login_has_nothing_dangerous() {
    assert_eq!(found("with max_user_connections 3", &[]).await, [""; 0]);
    assert_eq!(found("", &[]).await, ["no-connection-limit"]);
}

#[tokio::test]
async fn t55_global_rights_are_named() {
    let rights = [
        ("super", "super"),
        ("file", "file"),
        ("process", "process"),
        ("create user", "create-user"),
        ("shutdown", "shutdown"),
        ("reload", "reload"),
        ("select", "global-privileges"),
        ("binlog admin", "global-privileges"),
    ];
    for (right, name) in rights {
        let found = found("", &[&format!("grant {right} on *.* to {{user}}")]).await;
        assert!(found.contains(&name), "{right}: {found:?}");
    }
    let passes = found("", &["grant usage on *.* to {user} with grant option"]).await;
    assert!(passes.contains(&"grant-option"), "{passes:?}");
}

#[tokio::test]
async fn t57_rights_on_other_databases_are_found() {
    let other = found("", &["grant select on `another%`.* to {user}"]).await;
    assert!(other.contains(&"other-databases"), "{other:?}");
    // In a grant, `_` matches any character.
    assert!(found("", &["grant select on {db}.* to {user}"]).await.contains(&"other-databases"));
    let system = found("", &["grant select on mysql.user to {user}"]).await;
    assert!(system.contains(&"system-database"), "{system:?}");
}

#[tokio::test]
async fn t55_roles_are_found() {
    let server = one(Kind::Mariadb).await;
    let role = server.table("role");
    administer(&server.db, &[format!("create role {role}"), format!("grant file on *.* to {role}")]).await;
    assert!(found("", &[&format!("grant {role} to {{user}}")]).await.contains(&"privileged-role"));
    administer(&server.db, &[format!("drop role {role}")]).await;
}

#[tokio::test]
async fn t55_the_administrator_is_dangerous() {
    let server = one(Kind::Mariadb).await;
    let found = names(&server.db).await;
    for name in
        ["super", "file", "process", "create-user", "shutdown", "reload", "global-privileges", "system-database"]
    {
        assert!(found.contains(&name), "{name}: {found:?}");
    }
}
