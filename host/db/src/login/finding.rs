//! The findings about a login: each has a name for scripts, a sentence, and a remedy.

use std::fmt;

use super::SHOWN;

/// How bad a finding is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// SQL text under this login reaches files, other accounts or everything: it must not run.
    Dangerous,
    /// SQL text under this login reaches or disturbs objects of others.
    Warning,
    /// It cannot be avoided, or matters only together with something else.
    Note,
}

impl Severity {
    /// Returns its name: `dangerous`, `warning` or `note`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dangerous => "dangerous",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A right of a login that SQL text of a stranger must not have. The database chooses the names in it; only the first few are shown.
///
/// The order is that of [`Finding::severity`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Finding {
    /// PostgreSQL: it is a superuser. Nothing else is checked then.
    Superuser,
    /// PostgreSQL: row-level security does not apply to it.
    BypassRowSecurity,
    /// PostgreSQL: it can create and alter roles.
    CreateRole,
    /// PostgreSQL: it can read the server's whole write-ahead log.
    Replication,
    /// It is a member of roles with one of these rights, or of roles that the server predefines.
    PrivilegedRole(Vec<String>),
    /// PostgreSQL: it may call functions that reach files, the server or connections without a password.
    FileFunctions(Vec<String>),
    /// MySQL: `SUPER`.
    Super,
    /// MySQL: `FILE`.
    File,
    /// MySQL: `PROCESS`.
    Process,
    /// MySQL: `CREATE USER`.
    CreateUser,
    /// MySQL: `SHUTDOWN`.
    Shutdown,
    /// MySQL: `RELOAD`.
    Reload,
    /// MySQL: any other right on all databases, the server's own included.
    GlobalPrivileges(Vec<String>),
    /// MySQL: rights on the database `mysql`, which holds the accounts.
    SystemDatabase,
    /// PostgreSQL: it can create databases.
    CreateDatabase,
    /// It is a member of roles.
    MemberOfRole(Vec<String>),
    /// PostgreSQL: it owns the database that it is connected to.
    OwnsDatabase(String),
    /// PostgreSQL: it owns tables in schemas that others use.
    OwnsSharedTables(Vec<String>),
    /// PostgreSQL: it can read or change tables of others.
    OtherTables(Vec<String>),
    /// PostgreSQL: it can create objects in the schema `public`.
    CreateInPublic,
    /// PostgreSQL: it can create objects in schemas of others.
    CreateInSchema(Vec<String>),
    /// PostgreSQL: it can create schemas in this database.
    CreateSchema(String),
    /// PostgreSQL: it can create temporary tables in this database.
    TemporaryTables(String),
    /// PostgreSQL: it may call functions in languages that have no sandbox.
    UntrustedLanguage(Vec<String>),
    /// PostgreSQL: it may use functions and foreign servers that reach the network.
    NetworkFunctions(Vec<String>),
    /// MySQL: it can grant its rights to others.
    GrantOption,
    /// MySQL: rights on databases of others; also patterns that other names match.
    OtherDatabases(Vec<String>),
    /// It may take all connections of the server.
    NoConnectionLimit,
    /// PostgreSQL: it may connect to databases of others.
    ConnectsElsewhere(Vec<String>),
    /// It can change its own password and settings.
    OwnPassword,
    /// MySQL: the server may ask clients for files (`local_infile`).
    LocalInfile,
    /// MySQL: the server's file access is confined to no directory (`secure_file_priv`).
    SecureFilePriv,
}

/// Creates a finding from names.
pub(crate) type OfNames = fn(Vec<String>) -> Finding;

/// The description of a finding: its name, severity, sentence and remedy.
struct Description(&'static str, Severity, String, String);

impl Finding {
    /// Returns a name for scripts and logs, in kebab case.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.description().0
    }

    /// Returns its severity.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.description().1
    }

    /// Returns the finding as a sentence about the login.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.description().2
    }

    /// Returns the remedy. `LOGIN` stands for the login's name.
    #[must_use]
    pub fn remedy(&self) -> String {
        self.description().3
    }

    /// Whether SQL text must not run under the login.
    #[must_use]
    pub fn is_dangerous(&self) -> bool {
        self.severity() == Severity::Dangerous
    }

    fn description(&self) -> Description {
        self.of_postgres().or_else(|| self.of_mysql()).unwrap_or_else(|| self.of_both())
    }

    fn of_postgres(&self) -> Option<Description> {
        use Severity::{Dangerous, Note, Warning};
        let attribute = |name, severity, words: &str, option: &str| {
            Description(name, severity, words.to_owned(), format!("ALTER ROLE LOGIN {option}"))
        };
        Some(match self {
            Self::Superuser => attribute(
                "superuser",
                Dangerous,
                "the login is a superuser: it reads and writes everything, files and programs of the server included",
                "NOSUPERUSER, or better a login of its own for the tenant",
            ),
            Self::BypassRowSecurity => attribute(
                "bypass-row-security",
                Dangerous,
                "policies of rows do not hold for the login (BYPASSRLS)",
                "NOBYPASSRLS",
            ),
            Self::CreateRole => attribute(
                "create-role",
                Dangerous,
                "the login makes and changes roles, and so gives itself the rights of others (CREATEROLE)",
                "NOCREATEROLE",
            ),
            Self::Replication => attribute(
                "replication",
                Dangerous,
                "the login reads all changes of all databases (REPLICATION)",
                "NOREPLICATION",
            ),
            Self::CreateDatabase => {
                attribute("create-database", Warning, "the login makes databases (CREATEDB)", "NOCREATEDB")
            }
            Self::FileFunctions(names) => Description(
                "file-functions",
                Dangerous,
                format!("the login may call what reaches files of the server, or the server itself: {}", list(names)),
                "REVOKE EXECUTE ON FUNCTION … FROM LOGIN, and FROM PUBLIC".to_owned(),
            ),
            Self::OwnsDatabase(name) => Description(
                "owns-database",
                Warning,
                format!("the login owns the database {name:?}: it changes its settings, and who may use it"),
                format!("ALTER DATABASE {} OWNER TO another role", quoted(name)),
            ),
            Self::OwnsSharedTables(names) => Description(
                "owns-shared-tables",
                Warning,
                format!(
                    "the login owns tables in schemas that others use, so its triggers run as they: {}",
                    list(names)
                ),
                "let another role own them, and grant the login what it needs".to_owned(),
            ),
            Self::OtherTables(names) => Description(
                "other-tables",
                Warning,
                format!("the login reads or changes tables that are not its own: {}", list(names)),
                "REVOKE ALL ON … FROM LOGIN, and FROM PUBLIC, where that is not on purpose".to_owned(),
            ),
            Self::CreateInPublic => Description(
                "create-in-public",
                Warning,
                "the login makes functions and tables in the schema public, where others look for theirs".to_owned(),
                "REVOKE CREATE ON SCHEMA public FROM PUBLIC".to_owned(),
            ),
            Self::CreateInSchema(names) => Description(
                "create-in-schema",
                Warning,
                format!("the login makes functions and tables in schemas of others: {}", list(names)),
                "REVOKE CREATE ON SCHEMA … FROM LOGIN, and FROM PUBLIC".to_owned(),
            ),
            Self::CreateSchema(name) => Description(
                "create-schema",
                Warning,
                format!("the login makes schemas in the database {name:?}"),
                format!("REVOKE CREATE ON DATABASE {} FROM LOGIN", quoted(name)),
            ),
            Self::TemporaryTables(name) => Description(
                "temporary-tables",
                Warning,
                "the login makes temporary tables, which take disk space and can shadow others".to_owned(),
                format!("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC", quoted(name)),
            ),
            Self::UntrustedLanguage(names) => Description(
                "untrusted-language",
                Warning,
                format!("the login may call functions in languages without a sandbox: {}", list(names)),
                "REVOKE EXECUTE ON FUNCTION … FROM PUBLIC".to_owned(),
            ),
            Self::NetworkFunctions(names) => Description(
                "network-functions",
                Warning,
                format!("the login may use what connects to other servers: {}", list(names)),
                "REVOKE EXECUTE ON FUNCTION … or USAGE ON FOREIGN SERVER … FROM PUBLIC, or DROP EXTENSION".to_owned(),
            ),
            Self::ConnectsElsewhere(names) => Description(
                "connects-elsewhere",
                Note,
                format!("the login may connect to other databases, should its password be known: {}", list(names)),
                "REVOKE CONNECT ON DATABASE … FROM PUBLIC".to_owned(),
            ),
            _ => return None,
        })
    }

    fn of_mysql(&self) -> Option<Description> {
        use Severity::{Dangerous, Note, Warning};
        let global = |name, right: &str, words: &str| {
            Description(
                name,
                Dangerous,
                format!("the login has {right}: it {words}"),
                format!("REVOKE {right} ON *.* FROM LOGIN"),
            )
        };
        Some(match self {
            Self::Super => global("super", "SUPER", "changes the server's settings and ends sessions of others"),
            Self::File => global("file", "FILE", "reads and writes files of the server"),
            Self::Process => global("process", "PROCESS", "reads the statements of others, with what is in them"),
            Self::CreateUser => global("create-user", "CREATE USER", "makes and changes accounts, those of others too"),
            Self::Shutdown => global("shutdown", "SHUTDOWN", "stops the server"),
            Self::Reload => global("reload", "RELOAD", "flushes logs and locks all tables"),
            Self::GlobalPrivileges(names) => Description(
                "global-privileges",
                Dangerous,
                format!("the login has rights on all databases, the server's own included: {}", list(names)),
                "REVOKE … ON *.* FROM LOGIN, and grant them on its own database".to_owned(),
            ),
            Self::SystemDatabase => Description(
                "system-database",
                Dangerous,
                "the login has rights on the database mysql, where accounts and passwords are kept".to_owned(),
                "REVOKE ALL ON mysql.* FROM LOGIN, and connect to another database".to_owned(),
            ),
            Self::GrantOption => Description(
                "grant-option",
                Warning,
                "the login passes its rights on to others (GRANT OPTION)".to_owned(),
                "REVOKE GRANT OPTION ON … FROM LOGIN".to_owned(),
            ),
            Self::OtherDatabases(names) => Description(
                "other-databases",
                Warning,
                format!("the login reaches databases that are not the one it works in: {}", list(names)),
                "REVOKE ALL ON … FROM LOGIN; in a grant, write \\_ where the database's name has _".to_owned(),
            ),
            Self::LocalInfile => Description(
                "local-infile",
                Note,
                "the server may ask its clients for files (local_infile); this host sends none".to_owned(),
                "SET GLOBAL local_infile = OFF, and in the server's configuration".to_owned(),
            ),
            Self::SecureFilePriv => Description(
                "secure-file-priv",
                Note,
                "logins with FILE reach all files of the server (secure_file_priv is empty)".to_owned(),
                "set secure_file_priv to a directory in the server's configuration".to_owned(),
            ),
            _ => return None,
        })
    }

    fn of_both(&self) -> Description {
        use Severity::{Dangerous, Note, Warning};
        match self {
            Self::PrivilegedRole(names) => Description(
                "privileged-role",
                Dangerous,
                format!("SQL text takes the rights of roles that are privileged, or that cannot be looked into: {}", list(names)),
                "REVOKE … FROM LOGIN".to_owned(),
            ),
            Self::MemberOfRole(names) => Description(
                "member-of-role",
                Warning,
                format!("the login is a member of roles, and SQL text takes each of them: {}", list(names)),
                "REVOKE … FROM LOGIN".to_owned(),
            ),
            Self::NoConnectionLimit => Description(
                "no-connection-limit",
                Warning,
                "the login may take all connections of the server".to_owned(),
                "ALTER ROLE LOGIN CONNECTION LIMIT 10; on MySQL and MariaDB ALTER USER LOGIN WITH MAX_USER_CONNECTIONS 10"
                    .to_owned(),
            ),
            // Only `OwnPassword` is left: all others are described above.
            _ => Description(
                "own-password",
                Note,
                "the login changes its own password and settings, which no right keeps it from".to_owned(),
                "let no other tenant use it; where it locks itself out, set the password again".to_owned(),
            ),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())
    }
}

/// Lists the first names, escaped, as they come from the database's catalog.
fn list(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| name.escape_debug().to_string()).collect();
    let more = if names.len() > SHOWN { " and more" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// Returns a name quoted for a statement to copy.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn all() -> Vec<Finding> {
        use Finding::*;
        let names = || vec!["a".to_owned(), "b\u{1b}".to_owned()];
        let one = || "d\"x".to_owned();
        vec![
            Superuser,
            BypassRowSecurity,
            CreateRole,
            Replication,
            PrivilegedRole(names()),
            FileFunctions(names()),
            Super,
            File,
            Process,
            CreateUser,
            Shutdown,
            Reload,
            GlobalPrivileges(names()),
            SystemDatabase,
            CreateDatabase,
            MemberOfRole(names()),
            OwnsDatabase(one()),
            OwnsSharedTables(names()),
            OtherTables(names()),
            CreateInPublic,
            CreateInSchema(names()),
            CreateSchema(one()),
            TemporaryTables(one()),
            UntrustedLanguage(names()),
            NetworkFunctions(names()),
            GrantOption,
            OtherDatabases(names()),
            NoConnectionLimit,
            ConnectsElsewhere(names()),
            OwnPassword,
            LocalInfile,
            SecureFilePriv,
        ]
    }

    #[test]
    fn each_finding_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = all().iter().map(Finding::name).collect();
        assert_eq!(names.len(), all().len());
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')), "{names:?}");
    }

    #[test]
    fn the_worst_come_first() {
        let mut sorted = all();
        sorted.sort();
        assert_eq!(sorted, all());
        assert!(sorted.is_sorted_by_key(Finding::severity));
    }

    #[test]
    fn what_is_said_steers_no_terminal_and_can_be_copied() {
        for finding in all() {
            assert!(!finding.sentence().contains('\u{1b}') && !finding.remedy().is_empty(), "{finding:?}");
        }
        assert!(Finding::OwnsDatabase("d\"x".to_owned()).remedy().contains("\"d\"\"x\""));
        let many = Finding::MemberOfRole((0..=SHOWN).map(|n| n.to_string()).collect());
        assert!(many.sentence().ends_with("6, 7 and more"), "{many}");
    }
}
