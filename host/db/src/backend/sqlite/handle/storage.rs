//! How large a file may become.

use sqlservice_sql::{Dialect, Sql, SqlWriter};

use super::{Failure, Handle, value::Cell};

impl Handle {
    /// Lets the file grow to so many bytes, in whole pages; one that is larger already grows no more. Reads the file.
    pub(in super::super) fn limit_storage(&mut self, bytes: u64) -> Result<(), Failure> {
        // The size of a page is known once one was read.
        self.ask(&Sql::fixed("PRAGMA page_count"))?;
        let page = self.ask(&Sql::fixed("PRAGMA page_size"))?.max(512);
        // SQLite has pages of 32 bits.
        let pages = (bytes / page).clamp(1, u64::from(u32::MAX) - 2);
        let mut text = SqlWriter::new(Dialect::Sqlite);
        text.push("PRAGMA max_page_count = ").number(pages);
        self.ask(&text.finish()).map(drop)
    }

    /// The number that a statement returns.
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
