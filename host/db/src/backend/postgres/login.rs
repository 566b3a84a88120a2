//! Reads the rights of a PostgreSQL login from `pg_catalog` in three queries, and creates logins with few rights.
//!
//! The queries are about the session's own role, not about one that a setting of the role may have assumed.

use sqlservice_sql::login::{LoginStep, NewLogin};

use super::{reflect::array, tables::LOCK};
use crate::{
    Result,
    backend::Begin,
    login::{Existing, Finding, Logins, OfNames, SHOWN},
    operation::admin::AdminConnection,
    settings::Isolation,
};

/// Resolves names in the server's own schema: a login that owns a schema on its search path could redefine them there.
const PATH: &str = "SET LOCAL search_path = pg_catalog";

/// The role's attributes, and its rights on this database.
const ROLE: &str = "\
    SELECT d.datname::text, r.rolsuper::text, r.rolbypassrls::text, r.rolcreaterole::text, r.rolreplication::text, \
        r.rolcreatedb::text, (r.rolconnlimit < 0)::text, pg_has_role(r.oid, d.datdba, 'MEMBER')::text, \
        has_database_privilege(r.oid, d.oid, 'CREATE')::text, has_database_privilege(r.oid, d.oid, 'TEMPORARY')::text \
    FROM pg_roles r, pg_database d WHERE r.rolname = session_user AND d.datname = current_database()";

/// All roles that the login can assume, in any number of steps, and whether each is privileged.
const MEMBER: &str = "\
    WITH RECURSIVE member (oid) AS ( \
        SELECT m.roleid FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = session_user \
        UNION SELECT m.roleid FROM pg_auth_members m JOIN member ON m.member = member.oid) \
    SELECT r.rolname::text, \
        (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolreplication OR r.rolname LIKE 'pg\\_%')::text \
    FROM pg_roles r JOIN member ON member.oid = r.oid ORDER BY r.rolname LIMIT 1000";

/// Names of each kind of object, 10 at most: of many, the first ones are enough.
const NAMES: &str = "\
    WITH me (oid) AS (SELECT oid FROM pg_roles WHERE rolname = session_user) \
    (SELECT 'schema', n.nspname::text FROM pg_namespace n, me \
        WHERE n.nspowner <> me.oid AND n.nspname NOT LIKE 'pg\\_%' AND has_schema_privilege(me.oid, n.oid, 'CREATE') \
        ORDER BY n.nspname <> 'public', n.nspname LIMIT 10) \
    UNION ALL (SELECT 'table', n.nspname || '.' || c.relname \
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, me \
        WHERE c.relowner = me.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' \
            AND (n.nspowner <> me.oid \
                OR EXISTS (SELECT FROM aclexplode(n.nspacl) a WHERE a.grantee NOT IN (me.oid, n.nspowner))) \
        ORDER BY n.nspname, c.relname LIMIT 10) \
    UNION ALL (SELECT 'file', p.proname::text FROM pg_proc p, me \
        WHERE p.proname = ANY ($1::text::name[]) AND has_function_privilege(me.oid, p.oid, 'EXECUTE') \
        GROUP BY p.proname ORDER BY p.proname LIMIT 10) \
    UNION ALL (SELECT 'network', p.proname::text \
        FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' \
            JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid, me \
        WHERE e.extname = ANY ($2::text::name[]) AND has_function_privilege(me.oid, p.oid, 'EXECUTE') \
        GROUP BY p.proname ORDER BY p.proname LIMIT 10) \
    UNION ALL (SELECT 'network', 'server ' || s.srvname FROM pg_foreign_server s, me \
        WHERE has_server_privilege(me.oid, s.oid, 'USAGE') ORDER BY s.srvname LIMIT 10) \
    UNION ALL (SELECT 'other', n.nspname || '.' || c.relname \
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, me \
        WHERE c.relowner <> me.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' \
            AND n.nspname <> 'information_schema' AND has_schema_privilege(me.oid, n.oid, 'USAGE') \
            AND (has_table_privilege(me.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') \
                OR has_any_column_privilege(me.oid, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')) \
        ORDER BY n.nspname, c.relname LIMIT 10) \
    UNION ALL (SELECT 'language', l.lanname || ': ' || p.proname \
        FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang, me \
        WHERE NOT l.lanpltrusted AND l.lanname NOT IN ('internal', 'c') AND has_function_privilege(me.oid, p.oid, 'EXECUTE') \
        GROUP BY l.lanname, p.proname ORDER BY l.lanname, p.proname LIMIT 10) \
    UNION ALL (SELECT 'database', d.datname::text FROM pg_database d, me \
        WHERE d.datallowconn AND d.datname <> current_database() AND has_database_privilege(me.oid, d.oid, 'CONNECT') \
        ORDER BY d.datname LIMIT 10)";

/// Functions that only superusers may call unless granted: they reach files, the server, or connections without a password.
const FILES: &[&str] = &[
    "dblink_connect_u",
    "lo_export",
    "lo_import",
    "pg_backup_start",
    "pg_create_restore_point",
    "pg_file_read",
    "pg_file_rename",
    "pg_file_sync",
    "pg_file_unlink",
    "pg_file_write",
    "pg_logdir_ls",
    "pg_ls_archive_statusdir",
    "pg_ls_dir",
    "pg_ls_logdir",
    "pg_ls_tmpdir",
    "pg_ls_waldir",
    "pg_promote",
    "pg_read_binary_file",
    "pg_read_file",
    "pg_reload_conf",
    "pg_rotate_logfile",
    "pg_stat_file",
    "pg_switch_wal",
];

/// Extensions whose functions connect to other servers.
const NETWORK: &[&str] = &["dblink", "http", "pg_net", "plproxy", "pgsql-http"];

/// Reads the login's rights as findings.
pub(crate) async fn check(admin: &mut AdminConnection<'_>) -> Result<Vec<Finding>> {
    admin.run(PATH).await?;
    let mut findings = Vec::new();
    let mut is_superuser = false;
    admin
        .rows(ROLE, &[], 10, |cells| {
            let database = cells.text();
            let mut may = |finding: Finding| {
                if cells.flag() {
                    findings.push(finding)
                }
            };
            may(Finding::Superuser);
            may(Finding::BypassRowSecurity);
            may(Finding::CreateRole);
            may(Finding::Replication);
            may(Finding::CreateDatabase);
            may(Finding::NoConnectionLimit);
            may(Finding::OwnsDatabase(database.clone()));
            may(Finding::CreateSchema(database.clone()));
            may(Finding::TemporaryTables(database));
            is_superuser = findings.first() == Some(&Finding::Superuser);
            Ok(())
        })
        .await?;
    if is_superuser {
        return Ok(vec![Finding::Superuser]);
    }
    findings.push(Finding::OwnPassword);
    roles(admin, &mut findings).await?;
    names(admin, &mut findings).await?;
    Ok(findings)
}

async fn roles(admin: &mut AdminConnection<'_>, findings: &mut Vec<Finding>) -> Result<()> {
    let (mut privileged, mut plain) = (Vec::new(), Vec::new());
    admin
        .rows(MEMBER, &[], 2, |cells| {
            let (name, is_privileged) = (cells.text(), cells.flag());
            if is_privileged { &mut privileged } else { &mut plain }.push(name);
            Ok(())
        })
        .await?;
    add(findings, privileged, Finding::PrivilegedRole);
    add(findings, plain, Finding::MemberOfRole);
    Ok(())
}

async fn names(admin: &mut AdminConnection<'_>, findings: &mut Vec<Finding>) -> Result<()> {
    const KINDS: [(&str, OfNames); 7] = [
        ("schema", Finding::CreateInSchema),
        ("table", Finding::OwnsSharedTables),
        ("other", Finding::OtherTables),
        ("file", Finding::FileFunctions),
        ("network", Finding::NetworkFunctions),
        ("language", Finding::UntrustedLanguage),
        ("database", Finding::ConnectsElsewhere),
    ];
    let mut found: Vec<(String, String)> = Vec::new();
    admin
        .rows(NAMES, &[&array(FILES), &array(NETWORK)], 2, |cells| {
            found.push((cells.text(), cells.text()));
            Ok(())
        })
        .await?;
    let public = |(kind, name): &(String, String)| kind == "schema" && name == "public";
    if found.iter().any(public) {
        findings.push(Finding::CreateInPublic);
    }
    found.retain(|row| !public(row));
    for (kind, finding) in KINDS {
        let names = found.iter().filter(|(found, _)| found == kind).map(|(_, name)| name.clone());
        add(findings, names.collect(), finding);
    }
    Ok(())
}

/// Adds a finding about names, if there are some. One name more than is shown indicates that there are more.
fn add(findings: &mut Vec<Finding>, mut names: Vec<String>, finding: OfNames) {
    names.truncate(SHOWN + 1);
    if !names.is_empty() {
        findings.push(finding(names));
    }
}

/// Whether a role and a schema of a name exist, the current database, and whether the account is a superuser.
const EXISTING: &str = "\
    SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1::text)::text, \
        EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1::text)::text, current_database()::text, \
        (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)::text";

/// Keeps the statement with the password out of the server's log until the transaction ends, if the account is a superuser: only
/// superusers may set this.
const UNLOGGED: &str = "\
    SELECT string_agg(pg_catalog.set_config(s.name, s.value, true), '') \
    FROM (VALUES ('log_statement', 'none'), ('log_min_duration_statement', '-1'), ('log_min_duration_sample', '-1'), \
        ('log_transaction_sample_rate', '0'), ('log_min_error_statement', 'panic')) AS s (name, value) \
        JOIN pg_catalog.pg_settings p ON p.name = s.name \
    WHERE (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)";

/// Logins that are roles, where wanted with a schema each.
pub(crate) struct PostgresLogins;

impl Logins for PostgresLogins {
    async fn plan(admin: &mut AdminConnection<'_>, login: &NewLogin) -> Result<(Existing, Vec<LoginStep>)> {
        let (mut existing, mut steps) = (Existing::default(), Vec::new());
        admin.begin(Begin { isolation: Isolation::ReadCommitted, read_only: true, ..Begin::default() }).await?;
        let read = admin
            .rows(EXISTING, &[login.name.as_str()], 4, |cells| {
                existing = Existing { login: cells.flag(), place: cells.flag() && login.schema };
                let (database, is_superuser) = (cells.text(), cells.flag());
                steps = login.on_postgres(&database, is_superuser);
                Ok(())
            })
            .await;
        admin.end(false).await?;
        read.map(|()| (existing, steps))
    }

    async fn run(admin: &mut AdminConnection<'_>, _login: &NewLogin, steps: &[LoginStep]) -> Result<()> {
        admin
            .begin(Begin { isolation: Isolation::ReadCommitted, read_only: false, writes: true, ..Begin::default() })
            .await?;
        let ran = run_together(admin, steps).await;
        let ended = admin.end(ran.is_ok()).await;
        ran.and(ended)
    }
}

async fn run_together(admin: &mut AdminConnection<'_>, steps: &[LoginStep]) -> Result<()> {
    // Concurrent grants on one database fail.
    admin.one(LOCK, &[], 1).await?;
    admin.one(UNLOGGED, &[], 1).await?;
    // In one message and so not prepared, because a prepared statement keeps its text, which contains the password.
    let texts: Vec<_> = steps.iter().map(|step| step.sql.clone()).collect();
    admin.script(&texts).await
}
