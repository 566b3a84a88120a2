//! Limits on a guest's input, checked before anything is rendered.

/// The limits of statements and schema. Each number is the greatest that is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Nodes of one statement.
    pub nodes: usize,
    /// Nodes of one statement, a shared node counted for each use.
    pub expanded_nodes: usize,
    /// Levels of nested nodes.
    pub depth: usize,
    /// Bytes of one statement's text.
    pub statement_bytes: usize,
    /// Parameters of one statement; the database's own limit applies where it is lower.
    pub parameters: usize,
    /// Rows and changes of one unit of work together; it may have four times as many key references.
    pub changed_rows: usize,
    /// Tables of one declaration.
    pub tables: usize,
    /// Columns of one table.
    pub columns: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            nodes: 200_000,
            expanded_nodes: 400_000,
            depth: 64,
            statement_bytes: 4 << 20,
            parameters: 65_535,
            changed_rows: 500_000,
            tables: 1_000,
            columns: 1_000,
        }
    }
}

crate::setters!(Limits {
    nodes: usize,
    expanded_nodes: usize,
    depth: usize,
    statement_bytes: usize,
    parameters: usize,
    changed_rows: usize,
    tables: usize,
    columns: usize,
});
