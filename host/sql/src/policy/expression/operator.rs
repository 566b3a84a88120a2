//! Operators, matches, ranges and choices.

use sqlparser::ast::{BinaryOperator, CaseWhen, CastKind, DataType, Expr, UnaryOperator, Value as Written};

use super::{
    kind,
    parser::{Class, ExpressionParser, Result, bare},
};
use crate::statement::{Binary, BinaryOp, Case, Cast, ListOp, Listed, Matching, Node, NodeId, UnaryOp, When};

/// The operator of a node, and its class, for an operator of the library.
fn known(operator: &BinaryOperator) -> Option<(BinaryOp, Class)> {
    Some(match operator {
        BinaryOperator::Eq => (BinaryOp::Equal, Class::Comparison),
        BinaryOperator::NotEq => (BinaryOp::NotEqual, Class::Comparison),
        BinaryOperator::Lt => (BinaryOp::Less, Class::Comparison),
        BinaryOperator::LtEq => (BinaryOp::LessEqual, Class::Comparison),
        BinaryOperator::Gt => (BinaryOp::Greater, Class::Comparison),
        BinaryOperator::GtEq => (BinaryOp::GreaterEqual, Class::Comparison),
        BinaryOperator::Plus => (BinaryOp::Add, Class::Arithmetic),
        BinaryOperator::Minus => (BinaryOp::Subtract, Class::Arithmetic),
        BinaryOperator::Multiply => (BinaryOp::Multiply, Class::Arithmetic),
        BinaryOperator::Divide => (BinaryOp::Divide, Class::Arithmetic),
        BinaryOperator::Modulo => (BinaryOp::Modulo, Class::Arithmetic),
        BinaryOperator::StringConcat => (BinaryOp::Concat, Class::Concat),
        _ => return None,
    })
}

/// The class of an operand's operator. An operand in parentheses has none.
fn class(operand: &Expr) -> Option<Class> {
    match operand {
        Expr::BinaryOp { op, .. } => known(op).map(|(_, class)| class),
        Expr::UnaryOp { op: UnaryOperator::Not, .. }
        | Expr::Exists { negated: true, .. }
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsUnknown(_)
        | Expr::IsNotUnknown(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::Between { .. }
        | Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. } => Some(Class::Comparison),
        _ => None,
    }
}

impl ExpressionParser<'_> {
    /// Converts an operand. Databases disagree on the precedence of chained comparisons, and of `||` beside arithmetic.
    pub(super) fn operand(&mut self, around: Class, operand: &Expr) -> Result<NodeId> {
        match class(operand) {
            Some(Class::Comparison) => {
                Err(self.refuse("a comparison or a not is an operand here; put parentheses around it"))
            }
            Some(inner) if around != Class::Comparison && inner != around => {
                Err(self.refuse("|| stands beside arithmetic; put parentheses around one of them"))
            }
            _ => self.expression(operand),
        }
    }

    pub(super) fn operator(&mut self, op: BinaryOp, class: Class, left: &Expr, right: &Expr) -> Result<NodeId> {
        let (left, right) = (self.operand(class, left)?, self.operand(class, right)?);
        self.push(Node::Binary(Binary { op, left, right }), &[left, right])
    }

    pub(super) fn binary(
        &mut self,
        whole: &Expr,
        left: &Expr,
        operator: &BinaryOperator,
        right: &Expr,
    ) -> Result<NodeId> {
        match (operator, known(operator)) {
            (BinaryOperator::And, _) => self.chain(ListOp::And, whole),
            (BinaryOperator::Or, _) => self.chain(ListOp::Or, whole),
            (_, Some((op, class))) => self.operator(op, class, left, right),
            _ => Err(self.refuse(format!(
                "there is no operator {operator}; there are comparisons, like, and, or, not, + - * / % and ||"
            ))),
        }
    }

    /// Converts a chain of `and` or of `or` into one node, however long it is.
    fn chain(&mut self, op: ListOp, whole: &Expr) -> Result<NodeId> {
        let wanted = if op == ListOp::And { BinaryOperator::And } else { BinaryOperator::Or };
        let (mut rest, mut parts) = (whole, Vec::new());
        while let Expr::BinaryOp { left, op, right } = rest {
            if *op != wanted {
                break;
            }
            parts.push(&**right);
            rest = left;
        }
        parts.push(rest);
        let items = self.each(parts.into_iter().rev())?;
        self.list(op, items)
    }

    fn list(&mut self, op: ListOp, items: Vec<NodeId>) -> Result<NodeId> {
        self.push(Node::Listed(Listed { op, items: items.clone() }), &items)
    }

    pub(super) fn unary(&mut self, operator: UnaryOperator, operand: &Expr) -> Result<NodeId> {
        match (operator, bare(operand)) {
            (UnaryOperator::Not, _) => {
                let operand = self.expression(operand)?;
                self.push(Node::Unary((UnaryOp::Not, operand)), &[operand])
            }
            (UnaryOperator::Minus, Expr::Value(value)) => match &value.value {
                Written::Number(digits, false) => {
                    let number = self.number(digits, true)?;
                    self.push(Node::Literal(number.into()), &[])
                }
                _ => self.negate(operand),
            },
            (UnaryOperator::Minus, _) => self.negate(operand),
            (UnaryOperator::Plus, _) => Err(self.refuse("there is no sign +; leave it away")),
            _ => Err(self.refuse(format!("there is no operator {operator}; there are not and -"))),
        }
    }

    fn negate(&mut self, operand: &Expr) -> Result<NodeId> {
        let operand = self.operand(Class::Arithmetic, operand)?;
        self.push(Node::Unary((UnaryOp::Negate, operand)), &[operand])
    }

    pub(super) fn is_null(&mut self, op: UnaryOp, operand: &Expr) -> Result<NodeId> {
        let operand = self.operand(Class::Comparison, operand)?;
        self.push(Node::Unary((op, operand)), &[operand])
    }

    /// Converts `is [not] true` and `is [not] false` into a `case`, in which a null condition takes the `else` branch.
    pub(super) fn truth(&mut self, operand: &Expr, of: bool, is: bool) -> Result<NodeId> {
        let mut condition = self.operand(Class::Comparison, operand)?;
        if !of {
            condition = self.push(Node::Unary((UnaryOp::Not, condition)), &[condition])?;
        }
        let then = self.push(Node::Literal(is.into()), &[])?;
        let otherwise = self.push(Node::Literal((!is).into()), &[])?;
        let case = Case { whens: vec![When { condition, then }], otherwise: Some(otherwise) };
        self.push(Node::Case(case), &[condition, then, otherwise])
    }

    /// Converts `between`, `in` a list, and pattern matches.
    pub(super) fn range(&mut self, expression: &Expr) -> Result<NodeId> {
        match expression {
            Expr::Between { expr, negated, low, high } => {
                let mut items = Vec::with_capacity(3);
                for part in [expr, low, high] {
                    items.push(self.operand(Class::Comparison, part)?);
                }
                let between = self.list(ListOp::Between, items)?;
                self.negated(*negated, between)
            }
            Expr::InList { expr, list, negated } => {
                let mut items = vec![self.operand(Class::Comparison, expr)?];
                items.extend(self.each(list)?);
                self.list(if *negated { ListOp::NotInList } else { ListOp::InList }, items)
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char } => {
                self.matching(expr, pattern, escape_char.as_deref(), false, *negated)
            }
            Expr::ILike { negated, any: false, expr, pattern, escape_char } => {
                self.matching(expr, pattern, escape_char.as_deref(), true, *negated)
            }
            _ => Err(self.refuse("there is no like any; write one like after the other, with or between them")),
        }
    }

    /// Adds a `not` around a node where `negated`.
    pub(super) fn negated(&mut self, negated: bool, id: NodeId) -> Result<NodeId> {
        if negated { self.push(Node::Unary((UnaryOp::Not, id)), &[id]) } else { Ok(id) }
    }

    fn matching(
        &mut self,
        value: &Expr,
        pattern: &Expr,
        escape: Option<&Expr>,
        ignore_case: bool,
        negated: bool,
    ) -> Result<NodeId> {
        let value = self.operand(Class::Comparison, value)?;
        let pattern = self.operand(Class::Comparison, pattern)?;
        let escape = escape.map(|escape| self.escape(escape)).transpose()?;
        self.push(Node::Matching(Matching { value, pattern, escape, ignore_case, negated }), &[value, pattern])
    }

    fn escape(&self, escape: &Expr) -> Result<char> {
        let mark = match escape {
            Expr::Value(value) => match &value.value {
                Written::SingleQuotedString(text) => single(text),
                _ => None,
            },
            _ => None,
        };
        // `validate` has the same requirement for statements.
        let is_mark = |mark: &char| !matches!(mark, '%' | '_') && !mark.is_alphanumeric() && !mark.is_control();
        mark.filter(is_mark).ok_or_else(|| {
            self.refuse("the escape of a pattern is one mark in quotes, no letter, digit, % or _, as in escape '!'")
        })
    }

    /// Converts `case` and `cast`.
    pub(super) fn choice(&mut self, expression: &Expr) -> Result<NodeId> {
        match expression {
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            Expr::Cast { kind: CastKind::Cast, expr, data_type, format: None } => self.cast(expr, data_type),
            _ => Err(self.refuse("there is no such conversion; write cast(… as …)")),
        }
    }

    fn case(&mut self, operand: Option<&Expr>, branches: &[CaseWhen], otherwise: Option<&Expr>) -> Result<NodeId> {
        let operand = operand.map(|operand| self.compared(operand)).transpose()?;
        let (mut whens, mut operands) = (Vec::with_capacity(branches.len()), Vec::new());
        for branch in branches {
            let condition = match operand {
                None => self.expression(&branch.condition)?,
                Some(left) => {
                    let right = self.expression(&branch.condition)?;
                    self.push(Node::Binary(Binary { op: BinaryOp::Equal, left, right }), &[left, right])?
                }
            };
            let then = self.expression(&branch.result)?;
            operands.extend([condition, then]);
            whens.push(When { condition, then });
        }
        let otherwise = otherwise.map(|otherwise| self.expression(otherwise)).transpose()?;
        operands.extend(otherwise);
        self.push(Node::Case(Case { whens, otherwise }), &operands)
    }

    /// Converts the operand of a `case`. Each branch refers to it, so a large one would multiply the expanded size with every level.
    fn compared(&mut self, operand: &Expr) -> Result<NodeId> {
        match bare(operand) {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Value(_) => self.expression(operand),
            _ => Err(self.refuse("a case compares a column, a claim or a constant; write case when … = … then …")),
        }
    }

    fn cast(&mut self, value: &Expr, data_type: &DataType) -> Result<NodeId> {
        let ty = kind::of(data_type)
            .ok_or_else(|| self.refuse(format!("there is no cast to {data_type}; the types are {}", kind::NAMES)))?;
        let value = self.expression(value)?;
        self.push(Node::Cast(Cast { value, ty }), &[value])
    }
}

/// The only character of a text; `None` where the text is of another length.
fn single(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}
