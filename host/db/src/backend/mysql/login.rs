//! Reads the rights of a MySQL or MariaDB login from `information_schema`, which shows each login its own rights, and creates
//! logins with few rights.

use sqlservice_sql::login::{LoginStep, NewLogin};

use crate::{
    Result,
    login::{Existing, Finding, Logins, OfNames, SHOWN},
    operation::admin::AdminConnection,
};

/// The login, its database, and server settings that matter for its rights.
const FACTS: &str = "\
    SELECT CONVERT(CURRENT_USER() USING utf8mb4), CONVERT(COALESCE(DATABASE(), '') USING utf8mb4), \
        CAST(@@GLOBAL.local_infile AS CHAR), CASE WHEN @@GLOBAL.secure_file_priv = '' THEN '1' ELSE '0' END, \
        CASE WHEN @@SESSION.max_user_connections = 0 THEN '1' ELSE '0' END";

/// The login's rights: on everything, on databases, on parts of databases. Patterns of grants are as they were written.
const RIGHTS: &str = "\
    SELECT 'global', CONVERT(privilege_type USING utf8mb4), '', CONVERT(is_grantable USING utf8mb4) \
        FROM information_schema.user_privileges WHERE grantee = ? \
    UNION ALL SELECT 'database', '', CONVERT(table_schema USING utf8mb4), CONVERT(is_grantable USING utf8mb4) \
        FROM information_schema.schema_privileges WHERE grantee = ? GROUP BY table_schema, is_grantable \
    UNION ALL SELECT 'part', '', CONVERT(table_schema USING utf8mb4), CONVERT(is_grantable USING utf8mb4) \
        FROM information_schema.table_privileges WHERE grantee = ? GROUP BY table_schema, is_grantable \
    UNION ALL SELECT 'part', '', CONVERT(table_schema USING utf8mb4), CONVERT(is_grantable USING utf8mb4) \
        FROM information_schema.column_privileges WHERE grantee = ? GROUP BY table_schema, is_grantable \
    UNION ALL SELECT 'part', '', CONVERT(schema_name USING utf8mb4), 'NO' FROM information_schema.schemata \
        WHERE schema_name NOT IN ('information_schema', 'performance_schema') \
    UNION ALL SELECT 'role', CONVERT(role_name USING utf8mb4), '', 'NO' FROM information_schema.applicable_roles";

/// Reads the login's rights as findings.
pub(crate) async fn check(admin: &mut AdminConnection<'_>) -> Result<Vec<Finding>> {
    let mut findings = vec![Finding::OwnPassword];
    let (mut user, mut database) = (String::new(), String::new());
    admin
        .rows(FACTS, &[], 5, |cells| {
            (user, database) = (cells.text(), cells.text());
            let mut is_so = |finding: Finding| {
                if cells.flag() {
                    findings.push(finding)
                }
            };
            is_so(Finding::LocalInfile);
            is_so(Finding::SecureFilePriv);
            is_so(Finding::NoConnectionLimit);
            Ok(())
        })
        .await?;
    let grantee = grantee(&user);
    let mut rights = Rights { database, ..Rights::default() };
    admin
        .rows(RIGHTS, &[grantee.as_str(); 4], 4, |cells| {
            rights.add(&cells.text(), cells.text(), cells.text(), &cells.text());
            Ok(())
        })
        .await?;
    findings.extend(rights.findings());
    Ok(findings)
}

/// Returns a login as `information_schema` writes it. A user's name may contain an `@`, a host's may not.
fn grantee(user: &str) -> String {
    let (name, host) = user.rsplit_once('@').unwrap_or((user, "%"));
    format!("'{name}'@'{host}'")
}

/// The rights of a login.
#[derive(Default)]
struct Rights {
    /// The database that the login works in.
    database: String,
    global: Vec<String>,
    others: Vec<String>,
    roles: Vec<String>,
    passes_on: bool,
    is_system: bool,
}

impl Rights {
    fn add(&mut self, kind: &str, word: String, database: String, grantable: &str) {
        self.passes_on |= grantable == "YES";
        match kind {
            "global" if word != "USAGE" => self.global.push(word),
            "global" => {}
            // A role's own rights are not examined: SQL text can take the role.
            "role" => self.roles.push(word),
            kind => self.reach(database, kind == "database"),
        }
    }

    /// Adds a database that the login reaches, by a grant's pattern or by its name.
    fn reach(&mut self, database: String, is_pattern: bool) {
        let name = if is_pattern { meant(&database) } else { Some(database.clone()) };
        self.is_system |= name.as_deref() == Some("mysql");
        if name.as_deref() != Some(&self.database) && name.as_deref() != Some("mysql") {
            self.others.push(database);
        }
    }

    fn findings(mut self) -> Vec<Finding> {
        const NAMED: [(&str, Finding); 6] = [
            ("SUPER", Finding::Super),
            ("FILE", Finding::File),
            ("PROCESS", Finding::Process),
            ("CREATE USER", Finding::CreateUser),
            ("SHUTDOWN", Finding::Shutdown),
            ("RELOAD", Finding::Reload),
        ];
        let mut findings = Vec::new();
        for (right, finding) in NAMED {
            if self.global.iter().any(|global| global == right) {
                findings.push(finding);
            }
        }
        self.global.retain(|global| NAMED.iter().all(|(right, _)| global != right));
        let flags = [(self.passes_on, Finding::GrantOption), (self.is_system, Finding::SystemDatabase)];
        findings.extend(flags.into_iter().filter(|(is_so, _)| *is_so).map(|(_, finding)| finding));
        let lists: [(Vec<String>, OfNames); 3] = [
            (self.global, Finding::GlobalPrivileges),
            (self.others, Finding::OtherDatabases),
            (self.roles, Finding::PrivilegedRole),
        ];
        for (mut names, finding) in lists {
            names.sort();
            names.dedup();
            names.truncate(SHOWN + 1);
            if !names.is_empty() {
                findings.push(finding(names));
            }
        }
        findings
    }
}

/// Returns the only name that a grant's pattern matches; `None` where it matches others, too.
fn meant(pattern: &str) -> Option<String> {
    let mut name = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '_' | '%' => return None,
            '\\' => name.push(characters.next().unwrap_or('\\')),
            plain => name.push(plain),
        }
    }
    Some(name)
}

/// Whether users of a name exist, from any host, and whether a database of that name does.
const EXISTING: &str = "\
    SELECT CASE WHEN EXISTS (SELECT 1 FROM mysql.user WHERE user = ?) THEN '1' ELSE '0' END, \
        CASE WHEN EXISTS (SELECT 1 FROM information_schema.schemata WHERE schema_name = ?) THEN '1' ELSE '0' END";

/// Logins that are users with a database each.
pub(crate) struct MysqlLogins;

impl Logins for MysqlLogins {
    async fn plan(admin: &mut AdminConnection<'_>, login: &NewLogin) -> Result<(Existing, Vec<LoginStep>)> {
        let mut existing = Existing::default();
        admin
            .rows(EXISTING, &[login.name.as_str(); 2], 2, |cells| {
                existing = Existing { login: cells.flag(), place: cells.flag() };
                Ok(())
            })
            .await?;
        Ok((existing, login.on_mysql(admin.dialect)))
    }

    async fn run(admin: &mut AdminConnection<'_>, login: &NewLogin, steps: &[LoginStep]) -> Result<()> {
        for (done, step) in steps.iter().enumerate() {
            let Err(error) = admin.run(step.sql.clone()).await else { continue };
            // This call created the database and the user, so they are new and empty.
            for sql in login.undo_on_mysql(admin.dialect, done) {
                if admin.run(sql).await.is_err() {
                    tracing::warn!(login = login.name.as_str(), "what was made of a login could not be dropped again");
                }
            }
            return Err(error);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(rights: &[(&str, &str, &str, &str)]) -> Vec<Finding> {
        let mut all = Rights { database: "a_b".to_owned(), ..Rights::default() };
        for (kind, word, database, grantable) in rights {
            all.add(kind, (*word).to_owned(), (*database).to_owned(), grantable);
        }
        all.findings()
    }

    #[test]
    fn a_pattern_that_others_match_is_no_name() {
        assert_eq!(meant(r"a\_b").as_deref(), Some("a_b"));
        assert_eq!(meant("a-b").as_deref(), Some("a-b"));
        assert_eq!((meant("a_b"), meant("a%")), (None, None));
        assert_eq!(meant(r"a\").as_deref(), Some(r"a\"));
    }

    #[test]
    fn rights_become_findings() {
        assert_eq!(
            found(&[("global", "USAGE", "", "NO"), ("database", "", r"a\_b", "NO"), ("part", "", "a_b", "NO")]),
            []
        );
        assert_eq!(found(&[("database", "", "a_b", "NO")]), [Finding::OtherDatabases(vec!["a_b".to_owned()])]);
        assert_eq!(found(&[("part", "", "mysql", "NO")]), [Finding::SystemDatabase]);
        assert_eq!(
            found(&[("global", "FILE", "", "YES"), ("global", "SELECT", "", "YES"), ("role", "r", "", "NO")]),
            [
                Finding::File,
                Finding::GrantOption,
                Finding::GlobalPrivileges(vec!["SELECT".to_owned()]),
                Finding::PrivilegedRole(vec!["r".to_owned()])
            ]
        );
    }

    #[test]
    fn a_login_is_written_as_its_catalog_does() {
        assert_eq!(grantee("a@b@%"), "'a@b'@'%'");
        assert_eq!(grantee("a@10.0.0.1"), "'a'@'10.0.0.1'");
    }
}
