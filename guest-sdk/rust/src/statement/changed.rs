//! The table whose rows a statement changes.

use crate::{
    bindings::sqlservice::database::statements::{Conflict, ConflictAction, Insert, Root, Statement},
    mapping::Mapper,
};

/// The table whose rows a statement changes or deletes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChangedTable {
    schema: Option<String>,
    table: String,
}

impl ChangedTable {
    /// The table whose existing rows a statement updates or deletes; nothing for a select and for an insert that updates none.
    pub(crate) fn by(statement: &Statement) -> Option<Self> {
        let (schema, table) = match &statement.root {
            Root::Update(update) => (&update.schema, &update.table),
            Root::Delete(delete) => (&delete.schema, &delete.table),
            Root::Insert(Insert {
                schema,
                table,
                conflict: Some(Conflict { action: ConflictAction::Update(_), .. }),
                ..
            }) => (schema, table),
            Root::Insert(_) | Root::Select(_) => return None,
        };
        Some(Self { schema: schema.clone(), table: table.clone() })
    }

    pub(crate) fn of(mapper: &Mapper) -> Self {
        Self { schema: mapper.schema.map(str::to_owned), table: mapper.table.to_owned() }
    }

    /// Whether it is the table of a model.
    pub(crate) fn is(&self, mapper: &Mapper) -> bool {
        mapper.table == self.table && mapper.schema == self.schema.as_deref()
    }
}
