//! Evaluates rules' checks of values in the host, before it sends the values to the database.
//!
//! The logic is SQL's, of true, false and null, with a fourth result: unknown to the host. A missing column, an overflow and a
//! comparison of incomparable values are unknown. `is null` of an unknown value is unknown, too. Callers must treat every result but
//! true as a failed check.

mod compare;
mod pattern;
#[cfg(test)]
mod tests;
mod truth;

use std::cmp::Ordering;

use self::{
    compare::{integer, order},
    truth::Truth,
};
use super::expression::{Expression, Predicate};
use crate::{
    statement::{Binary, BinaryOp, Call, Case, ColumnName, ListOp, Listed, Matching, Node, NodeId, UnaryOp},
    value::{ScalarRef, ValueRef},
};

/// Returns the reason why the host cannot evaluate an expression; `None` where it can.
pub(crate) fn needs_database(expression: &Expression) -> Option<String> {
    expression.nodes.iter().find_map(|node| match node {
        Node::Literal(_)
        | Node::Parameter(_)
        | Node::Column(ColumnName { .. })
        | Node::Unary(_)
        | Node::Case(_)
        | Node::Listed(_) => None,
        Node::Binary(binary) => match binary.op {
            BinaryOp::Divide | BinaryOp::Modulo => Some("it divides".into()),
            BinaryOp::Concat => Some("it puts texts together".into()),
            BinaryOp::JsonGet | BinaryOp::JsonGetText => Some("it reads a document".into()),
            _ => None,
        },
        Node::Matching(matching) => match expression.nodes.get(matching.pattern as usize) {
            Some(Node::Literal(_) | Node::Parameter(_)) => None,
            _ => Some("it matches with a pattern that is no constant and no claim".into()),
        },
        Node::Call(call) => match call.function.as_str() {
            "coalesce" | "nullif" | "length" | "lower" | "upper" | "trim" => None,
            other => Some(format!("it calls {other}")),
        },
        Node::Cast(_) => Some("it has a cast".into()),
        _ => Some("it has a query".into()),
    })
}

/// Whether a condition holds for a row, whose values `column` returns by column name. `None` where the result is null or unknown to
/// the host.
pub(crate) fn holds<'v>(predicate: &'v Predicate, column: &dyn Fn(&str) -> Option<ValueRef<'v>>) -> Option<bool> {
    match (Row { nodes: &predicate.nodes, column }).truth(predicate.root) {
        Truth::True => Some(true),
        Truth::False => Some(false),
        Truth::Null | Truth::Unknown => None,
    }
}

/// A value that the host knows.
#[derive(Clone, Debug)]
enum KnownValue<'v> {
    /// A value of the row or of the rule, or a computed number or boolean.
    Given(ValueRef<'v>),
    /// A computed text.
    Text(String),
}

impl<'v> KnownValue<'v> {
    const NULL: Self = Self::Given(ValueRef::NULL);

    fn of(scalar: ScalarRef<'v>) -> Self {
        Self::Given(ValueRef::Scalar(scalar))
    }

    /// The scalar value; `None` for an array.
    fn scalar(&self) -> Option<ScalarRef<'_>> {
        match self {
            Self::Given(ValueRef::Scalar(scalar)) => Some(*scalar),
            Self::Given(ValueRef::Array(_)) => None,
            Self::Text(text) => Some(ScalarRef::Text(text)),
        }
    }

    fn is_null(&self) -> bool {
        matches!(self, Self::Given(ValueRef::Scalar(ScalarRef::Null)))
    }
}

/// A row for which an expression is evaluated. Its functions may recurse, since an expression has at most 32 levels.
struct Row<'v, 'c> {
    nodes: &'v [Node],
    column: &'c dyn Fn(&str) -> Option<ValueRef<'v>>,
}

impl<'v> Row<'v, '_> {
    /// The value of a node; `None` where it is unknown to the host.
    fn value(&self, id: NodeId) -> Option<KnownValue<'v>> {
        let node = self.nodes.get(id as usize)?;
        if let Some(truth) = self.condition(node) {
            return truth.value();
        }
        match node {
            Node::Literal(value) => Some(KnownValue::Given(value.borrow())),
            Node::Column(column) => (self.column)(&column.name).map(KnownValue::Given),
            Node::Unary((UnaryOp::Negate, operand)) => self.negate(*operand),
            Node::Binary(binary) => self.arithmetic(binary),
            Node::Listed(Listed { op: ListOp::Coalesce, items }) => self.coalesce(items),
            Node::Call(call) => self.call(call),
            Node::Case(case) => self.case(case),
            _ => None,
        }
    }

    fn truth(&self, id: NodeId) -> Truth {
        let Some(node) = self.nodes.get(id as usize) else { return Truth::Unknown };
        self.condition(node).unwrap_or_else(|| Truth::of(self.value(id).as_ref()))
    }

    /// Evaluates a node whose form makes it a condition; `None` for other nodes.
    fn condition(&self, node: &Node) -> Option<Truth> {
        Some(match node {
            Node::Unary((UnaryOp::Not, operand)) => self.truth(*operand).not(),
            Node::Unary((UnaryOp::IsNull, operand)) => self.is_null(*operand),
            Node::Unary((UnaryOp::IsNotNull, operand)) => self.is_null(*operand).not(),
            Node::Listed(Listed { op, items }) => match (op, items.as_slice()) {
                (ListOp::And, items) => Truth::all(items.iter().map(|item| self.truth(*item))),
                (ListOp::Or, items) => Truth::any(items.iter().map(|item| self.truth(*item))),
                (ListOp::InList, [value, items @ ..]) => self.is_among(*value, items),
                (ListOp::NotInList, [value, items @ ..]) => self.is_among(*value, items).not(),
                (ListOp::Between, [value, low, high]) => self.is_between(*value, *low, *high),
                _ => return None,
            },
            Node::Binary(Binary { op, left, right }) => {
                let test = comparison(*op)?;
                let (left, right) = (self.value(*left), self.value(*right));
                match op {
                    BinaryOp::IsDistinct => is_same(left.as_ref(), right.as_ref()).not(),
                    BinaryOp::IsNotDistinct => is_same(left.as_ref(), right.as_ref()),
                    _ => compare(left.as_ref(), right.as_ref(), test),
                }
            }
            Node::Matching(matching) => self.matches(matching),
            _ => return None,
        })
    }

    fn is_null(&self, operand: NodeId) -> Truth {
        self.value(operand).map_or(Truth::Unknown, |value| value.is_null().into())
    }

    fn is_among(&self, value: NodeId, items: &[NodeId]) -> Truth {
        let value = self.value(value);
        Truth::any(items.iter().map(|item| compare(value.as_ref(), self.value(*item).as_ref(), Ordering::is_eq)))
    }

    fn is_between(&self, value: NodeId, low: NodeId, high: NodeId) -> Truth {
        let value = self.value(value);
        let bounds = [(low, Ordering::is_ge as fn(Ordering) -> bool), (high, Ordering::is_le)];
        Truth::all(bounds.into_iter().map(|(bound, test)| compare(value.as_ref(), self.value(bound).as_ref(), test)))
    }

    fn matches(&self, matching: &Matching) -> Truth {
        let (Some(value), Some(pattern)) = (self.value(matching.value), self.value(matching.pattern)) else {
            return Truth::Unknown;
        };
        let matches = match (value.scalar(), pattern.scalar()) {
            (Some(ScalarRef::Null), Some(_)) | (Some(_), Some(ScalarRef::Null)) => return Truth::Null,
            (Some(ScalarRef::Text(text)), Some(ScalarRef::Text(pattern))) => {
                pattern::matches(text, pattern, matching.escape, matching.ignore_case)
            }
            _ => None,
        };
        let matches = matches.map_or(Truth::Unknown, Truth::from);
        if matching.negated { matches.not() } else { matches }
    }

    fn negate(&self, operand: NodeId) -> Option<KnownValue<'v>> {
        let value = self.value(operand)?;
        if value.is_null() {
            return Some(KnownValue::NULL);
        }
        let negated = integer(value.scalar()?)?.checked_neg()?;
        Some(KnownValue::of(ScalarRef::Integer(negated.try_into().ok()?)))
    }

    /// Integer arithmetic, whose result has to be within 64 bits.
    fn arithmetic(&self, Binary { op, left, right }: &Binary) -> Option<KnownValue<'v>> {
        let (left, right) = (self.value(*left)?, self.value(*right)?);
        if left.is_null() || right.is_null() {
            return Some(KnownValue::NULL);
        }
        let (left, right) = (integer(left.scalar()?)?, integer(right.scalar()?)?);
        let result = match op {
            BinaryOp::Add => left.checked_add(right),
            BinaryOp::Subtract => left.checked_sub(right),
            BinaryOp::Multiply => left.checked_mul(right),
            _ => None,
        };
        Some(KnownValue::of(ScalarRef::Integer(result?.try_into().ok()?)))
    }

    fn coalesce(&self, items: &[NodeId]) -> Option<KnownValue<'v>> {
        for item in items {
            let value = self.value(*item)?;
            if !value.is_null() {
                return Some(value);
            }
        }
        Some(KnownValue::NULL)
    }

    fn case(&self, case: &Case) -> Option<KnownValue<'v>> {
        for when in &case.whens {
            match self.truth(when.condition) {
                Truth::True => return self.value(when.then),
                Truth::False | Truth::Null => {}
                Truth::Unknown => return None,
            }
        }
        case.otherwise.map_or(Some(KnownValue::NULL), |otherwise| self.value(otherwise))
    }

    fn call(&self, call: &Call) -> Option<KnownValue<'v>> {
        match (call.function.as_str(), call.arguments.as_slice()) {
            ("coalesce", items) => self.coalesce(items),
            ("nullif", [value, other]) => {
                let value = self.value(*value)?;
                match compare(Some(&value), self.value(*other).as_ref(), Ordering::is_eq) {
                    Truth::True => Some(KnownValue::NULL),
                    Truth::False | Truth::Null => Some(value),
                    Truth::Unknown => None,
                }
            }
            (function, [argument]) => of_text(function, &self.value(*argument)?),
            _ => None,
        }
    }
}

/// Evaluates a function of one text.
fn of_text<'v>(function: &str, argument: &KnownValue<'_>) -> Option<KnownValue<'v>> {
    let count = |count: usize| Some(KnownValue::of(ScalarRef::Integer(i64::try_from(count).ok()?)));
    match (function, argument.scalar()?) {
        ("length" | "lower" | "upper" | "trim", ScalarRef::Null) => Some(KnownValue::NULL),
        ("length", ScalarRef::Text(text)) => count(text.chars().count()),
        ("length", ScalarRef::Bytes(bytes)) => count(bytes.len()),
        ("lower", ScalarRef::Text(text)) => Some(KnownValue::Text(text.to_lowercase())),
        ("upper", ScalarRef::Text(text)) => Some(KnownValue::Text(text.to_uppercase())),
        // SQL's `TRIM` removes spaces, and no other white space.
        ("trim", ScalarRef::Text(text)) => Some(KnownValue::Text(text.trim_matches(' ').to_owned())),
        _ => None,
    }
}

/// The test that a comparison operator applies to the order of two values; `None` for other operators.
fn comparison(op: BinaryOp) -> Option<fn(Ordering) -> bool> {
    Some(match op {
        BinaryOp::Equal | BinaryOp::IsNotDistinct => Ordering::is_eq,
        BinaryOp::NotEqual | BinaryOp::IsDistinct => Ordering::is_ne,
        BinaryOp::Less => Ordering::is_lt,
        BinaryOp::LessEqual => Ordering::is_le,
        BinaryOp::Greater => Ordering::is_gt,
        BinaryOp::GreaterEqual => Ordering::is_ge,
        _ => return None,
    })
}

/// A comparison; null where an operand is null.
fn compare(left: Option<&KnownValue<'_>>, right: Option<&KnownValue<'_>>, test: impl Fn(Ordering) -> bool) -> Truth {
    match (left, right) {
        (Some(left), Some(right)) if left.is_null() || right.is_null() => Truth::Null,
        (Some(left), Some(right)) => order_of(left, right).map_or(Truth::Unknown, |order| test(order).into()),
        _ => Truth::Unknown,
    }
}

/// Whether two values are equal, where null equals null.
fn is_same(left: Option<&KnownValue<'_>>, right: Option<&KnownValue<'_>>) -> Truth {
    match (left, right) {
        (Some(left), Some(right)) if left.is_null() || right.is_null() => (left.is_null() && right.is_null()).into(),
        _ => compare(left, right, Ordering::is_eq),
    }
}

fn order_of(left: &KnownValue<'_>, right: &KnownValue<'_>) -> Option<Ordering> {
    order(left.scalar()?, right.scalar()?)
}
