//! The name of the table in which the host records the owners of tables.

/// The host's own table in a database, which records for whom it created which tables. No model may have this name.
pub const RECORDS: &str = "sqlservice_tables";

/// Whether a name is that of the host's own table, or equal to it on any database.
///
/// Some databases ignore case in names, and servers fold more than ASCII: a capital İ becomes an i.
#[must_use]
pub fn is_records(name: &str) -> bool {
    // Longer texts are guest-controlled and not folded at all.
    name.len() <= 4 * RECORDS.len() && name.chars().map(folded).eq(RECORDS.chars().map(folded))
}

/// Maps all letters that count as equal to one: lower case, then the upper case of that.
fn folded(letter: char) -> char {
    let small = letter.to_lowercase().next().unwrap_or(letter);
    small.to_uppercase().next().unwrap_or(small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t69_the_hosts_own_table_is_known_in_every_spelling() {
        for name in
            [RECORDS, "SQLSERVICE_TABLES", "SqlService_Tables", "sqlserv\u{130}ce_tables", "\u{17f}qlservice_tables"]
        {
            assert!(is_records(name), "{name}");
        }
        for name in ["sqlservice_table", "sqlservice_tables2", "sqlservice", "tables", "", "sqlservice tables"] {
            assert!(!is_records(name), "{name}");
        }
        assert!(!is_records(&RECORDS.repeat(1_000)));
    }
}
