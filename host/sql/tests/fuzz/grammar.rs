//! The grammar that another project wrote down: what is rendered is one statement to it, where it knows the dialect's words.
//! What it does not know is printed where `SQLSERVICE_FUZZ_GAPS` is set.

use sqlparser::{dialect, parser::Parser};
use sqlservice_sql::Dialect;

/// How many texts were parsed, and how many of them were one statement.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parsed {
    tried: u32,
    good: u32,
}

impl Parsed {
    /// Parses a text.
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

    /// Fails where too few were good: this check, or the host, has gone wrong.
    pub fn report(self) {
        let share = self.good * 100 / self.tried.max(1);
        eprintln!("{share} of 100 texts are statements to the grammar, of {} that were tried", self.tried);
        assert!(self.tried < 100 || share >= 80, "{self:?}");
    }
}
