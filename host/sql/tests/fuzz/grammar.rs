//! Parses rendered text with sqlparser: it must be one statement, unless sqlparser's grammar lacks the dialect's syntax.
//! Text that does not parse is printed where `SQLSERVICE_FUZZ_GAPS` is set.

use sqlparser::{dialect, parser::Parser};
use sqlservice_sql::Dialect;

/// The number of texts that were tried, and of those that parsed as one statement.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parsed {
    tried: u32,
    good: u32,
}

impl Parsed {
    /// Parses and counts a text. Panics where it is several statements.
    pub fn try_one(&mut self, sql: &str, dialect: Dialect) {
        let dialect: &dyn dialect::Dialect = match dialect {
            Dialect::Sqlite => &dialect::SQLiteDialect {},
            Dialect::Postgres => &dialect::PostgreSqlDialect {},
            Dialect::Mysql | Dialect::Mariadb => &dialect::MySqlDialect {},
        };
        self.tried += 1;
        if let Ok(statements) = Parser::parse_sql(dialect, sql) {
            assert_eq!(statements.len(), 1, "{sql}");
            self.good += 1;
        } else if std::env::var_os("SQLSERVICE_FUZZ_GAPS").is_some() {
            let error = Parser::parse_sql(dialect, sql).expect_err("it was one");
            eprintln!("{error}\n  in {sql}");
        }
    }

    /// Panics where fewer than 80 of 100 texts parsed: either this check or the host is wrong then.
    pub fn report(self) {
        let share = self.good * 100 / self.tried.max(1);
        eprintln!("{share} of 100 texts are statements to the grammar, of {} that were tried", self.tried);
        assert!(self.tried < 100 || share >= 80, "{self:?}");
    }
}
