//! Limits the size of a database file.

use sqlservice_sql::{Dialect, Sql, SqlWriter};

use super::{Failure, Handle, value::Cell};

impl Handle {
    /// Limits the file's size in bytes, rounded down to whole pages. A larger file grows no further. Reads the file.
    pub(in super::super) fn limit_storage(&mut self, bytes: u64) -> Result<(), Failure> {
        // SQLite returns the right page size only after it has read a page.
        self.ask(&Sql::fixed("PRAGMA page_count"))?;
        let page = self.ask(&Sql::fixed("PRAGMA page_size"))?.max(512);
        // SQLite's page numbers have 32 bits.
        let pages = (bytes / page).clamp(1, u64::from(u32::MAX) - 2);
        let mut text = SqlWriter::new(Dialect::Sqlite);
        text.push("PRAGMA max_page_count = ").number(pages);
        self.ask(&text.finish()).map(drop)
    }

    /// Runs a statement and returns its number; 0 for none.
    fn ask(&mut self, sql: &Sql) -> Result<u64, Failure> {
        self.open(sql)?;
        let has_row = self.step();
        let number = match (&has_row, self.cell(0)) {
            (Ok(true), Cell::Integer(number)) => u64::try_from(number).unwrap_or(0),
            _ => 0,
        };
        self.put_away();
        has_row.map(|_| number)
    }
}
