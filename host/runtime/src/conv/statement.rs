//! Statements, from a guest to the host only.

use sqlservice_sql::statement as ours;

use super::{all, take_cases, take_fields};
use crate::bindings::sqlservice::database::statements as wit;

take_cases!(wit::UnaryOp => ours::UnaryOp, { Not, Negate, IsNull, IsNotNull });
take_cases!(wit::BinaryOp => ours::BinaryOp, {
    Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, IsDistinct, IsNotDistinct, Add, Subtract, Multiply,
    Divide, Modulo, Concat, JsonGet, JsonGetText,
});
take_cases!(wit::ListOp => ours::ListOp, { And, Or, InList, NotInList, Between, Coalesce, RowValues });
take_cases!(wit::FrameUnit => ours::FrameUnit, { Rows, Range, Groups });
take_cases!(wit::JoinKind => ours::JoinKind, { Inner, Left, Right, Full, Cross });
take_cases!(wit::SetOp => ours::SetOp, { Union, UnionAll, Intersect, Except });

take_fields!(wit::Binary => ours::Binary, { op, left, right });
take_fields!(wit::Listed => ours::Listed, { op, items });
take_fields!(wit::Matching => ours::Matching, { value, pattern, ignore_case, negated; options escape });
take_fields!(wit::Membership => ours::Membership, { value, query, negated });
take_fields!(wit::Call => ours::Call, { function, arguments, distinct; options filter });
take_fields!(wit::When => ours::When, { condition, then });
take_fields!(wit::Case => ours::Case, { ; options otherwise; lists whens });
take_fields!(wit::Order => ours::Order, { expression, descending; options nulls_first });
take_fields!(wit::Frame => ours::Frame, { unit, start, end });
take_fields!(wit::Window => ours::Window, { call, partition_by; options frame; lists order_by });
take_fields!(wit::ColumnName => ours::ColumnName, { name; options table });
take_fields!(wit::Cast => ours::Cast, { value, ty });
take_fields!(wit::Labelled => ours::Labelled, { value, label });
take_fields!(wit::SourceTable => ours::SourceTable, { table; options schema, alias });
take_fields!(wit::SourceQuery => ours::SourceQuery, { query, alias, lateral });
take_fields!(wit::Join => ours::Join, { kind, left, right; options on });
take_fields!(wit::Cte => ours::Cte, { name, columns, query, recursive });
take_fields!(wit::Locking => ours::Locking, { for_share, no_wait, skip_locked, tables });
take_fields!(wit::Compound => ours::Compound, { op, parts; options limit, offset; lists ctes, order_by });
take_fields!(wit::Assignment => ours::Assignment, { column, value });
take_fields!(wit::Statement => ours::Statement, { root; lists nodes });

impl From<wit::FrameBound> for ours::FrameBound {
    fn from(bound: wit::FrameBound) -> Self {
        match bound {
            wit::FrameBound::Unbounded => Self::Unbounded,
            wit::FrameBound::Current => Self::Current,
            wit::FrameBound::Preceding(v) => Self::Preceding(v),
            wit::FrameBound::Following(v) => Self::Following(v),
        }
    }
}

impl From<wit::Select> for ours::Select {
    fn from(from: wit::Select) -> Self {
        Self {
            ctes: all(from.ctes),
            columns: from.columns,
            distinct: from.distinct,
            source: from.source,
            filter: from.where_,
            group_by: from.group_by,
            having: from.having,
            order_by: all(from.order_by),
            limit: from.limit,
            offset: from.offset,
            lock: from.lock.map(Into::into),
        }
    }
}

impl From<wit::Node> for ours::Node {
    fn from(node: wit::Node) -> Self {
        match node {
            wit::Node::Literal(v) => Self::Literal(v.into()),
            wit::Node::Parameter(v) => Self::Parameter(v),
            wit::Node::Column(v) => Self::Column(v.into()),
            wit::Node::Excluded(v) => Self::Excluded(v),
            wit::Node::Unary((op, operand)) => Self::Unary((op.into(), operand)),
            wit::Node::Binary(v) => Self::Binary(v.into()),
            wit::Node::Listed(v) => Self::Listed(v.into()),
            wit::Node::Matching(v) => Self::Matching(v.into()),
            wit::Node::Membership(v) => Self::Membership(v.into()),
            wit::Node::Call(v) => Self::Call(v.into()),
            wit::Node::Cast(v) => Self::Cast(v.into()),
            wit::Node::Case(v) => Self::Case(v.into()),
            wit::Node::Window(v) => Self::Window(v.into()),
            wit::Node::Label(v) => Self::Label(v.into()),
            wit::Node::Table(v) => Self::Table(v.into()),
            wit::Node::Subquery(v) => Self::Subquery(v.into()),
            wit::Node::Join(v) => Self::Join(v.into()),
            wit::Node::Select(v) => Self::Select(v.into()),
            wit::Node::Compound(v) => Self::Compound(v.into()),
            wit::Node::Exists(v) => Self::Exists(v),
            wit::Node::ScalarQuery(v) => Self::ScalarQuery(v),
        }
    }
}

impl From<wit::ConflictAction> for ours::ConflictAction {
    fn from(action: wit::ConflictAction) -> Self {
        match action {
            wit::ConflictAction::Nothing => Self::Nothing,
            wit::ConflictAction::Update(v) => Self::Update(all(v)),
        }
    }
}

impl From<wit::Conflict> for ours::Conflict {
    fn from(from: wit::Conflict) -> Self {
        Self { columns: from.columns, action: from.action.into(), filter: from.where_ }
    }
}

impl From<wit::InsertSource> for ours::InsertSource {
    fn from(source: wit::InsertSource) -> Self {
        match source {
            wit::InsertSource::Values(v) => Self::Values(v),
            wit::InsertSource::Query(v) => Self::Query(v),
            wit::InsertSource::Defaults => Self::Defaults,
        }
    }
}

take_fields!(wit::Insert => ours::Insert, { table, columns, source, returning; options schema, conflict });

impl From<wit::Update> for ours::Update {
    fn from(from: wit::Update) -> Self {
        Self {
            table: from.table,
            schema: from.schema,
            assignments: all(from.assignments),
            source: from.source,
            filter: from.where_,
            returning: from.returning,
        }
    }
}

impl From<wit::Delete> for ours::Delete {
    fn from(from: wit::Delete) -> Self {
        Self {
            table: from.table,
            schema: from.schema,
            source: from.source,
            filter: from.where_,
            returning: from.returning,
        }
    }
}

impl From<wit::Root> for ours::Root {
    fn from(root: wit::Root) -> Self {
        match root {
            wit::Root::Select(v) => Self::Select(v),
            wit::Root::Insert(v) => Self::Insert(v.into()),
            wit::Root::Update(v) => Self::Update(v.into()),
            wit::Root::Delete(v) => Self::Delete(v.into()),
        }
    }
}
