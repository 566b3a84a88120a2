//! Calls of functions, including those with syntax of their own in SQL.

use sqlparser::ast::{
    CeilFloorKind, DateTimeField, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident,
};

use super::parser::{ExpressionParser, Result};
use crate::{
    check::is_row_function,
    statement::{Call, Node, NodeId},
};

impl ExpressionParser<'_> {
    pub(super) fn function(&mut self, function: &Function) -> Result<NodeId> {
        let Function { name, uses_odbc_syntax, parameters, args, within_group, filter, null_treatment, over } =
            function;
        let name = match name.0.as_slice() {
            [part] => part.as_ident(),
            _ => None,
        };
        let name = name.ok_or_else(|| self.refuse("a function is written without its schema"))?;
        let arguments = match args {
            FunctionArguments::None => &[][..],
            FunctionArguments::List(FunctionArgumentList { args, .. }) => args,
            FunctionArguments::Subquery(_) => return Err(self.no_function(name, 1)),
        };
        if !is_row_function(&name.value.to_lowercase(), arguments.len()) {
            return Err(self.no_function(name, arguments.len()));
        }
        let plain_list = match args {
            FunctionArguments::List(FunctionArgumentList { duplicate_treatment, args: _, clauses }) => {
                duplicate_treatment.is_none() && clauses.is_empty()
            }
            _ => true,
        };
        let plain = !uses_odbc_syntax
            && matches!(parameters, FunctionArguments::None)
            && within_group.is_empty()
            && filter.is_none()
            && null_treatment.is_none()
            && over.is_none();
        let arguments: Option<Vec<&Expr>> = arguments.iter().map(argument).collect();
        match arguments {
            Some(arguments) if plain && plain_list => self.call(&name.value, arguments),
            _ => {
                Err(self
                    .refuse_at(name.span.start, "a function takes expressions, and nothing else inside or after it"))
            }
        }
    }

    fn no_function(&self, name: &Ident, arguments: usize) -> crate::policy::PolicyError {
        let advice = match name.value.to_lowercase().as_str() {
            "current_timestamp" | "localtimestamp" => "write now()",
            _ => "there are those of statements that take the values of one row, no aggregates and no windows",
        };
        let message = format!("there is no function {:?} with {arguments} arguments; {advice}", name.value);
        self.refuse_at(name.span.start, message)
    }

    fn call<'e>(&mut self, name: &str, arguments: impl IntoIterator<Item = &'e Expr>) -> Result<NodeId> {
        let (function, arguments) = (name.to_lowercase(), self.each(arguments)?);
        if !is_row_function(&function, arguments.len()) {
            return Err(self.refuse(format!("there is no function {function:?} with {} arguments", arguments.len())));
        }
        let call = Call { function, arguments: arguments.clone(), distinct: false, filter: None };
        self.push(Node::Call(call), &arguments)
    }

    /// Converts calls that have variants of their own in the library's tree, and refuses all expressions that have no node.
    pub(super) fn special_call(&mut self, expression: &Expr) -> Result<NodeId> {
        match expression {
            Expr::Ceil { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
                self.call("ceil", [&**expr])
            }
            Expr::Floor { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
                self.call("floor", [&**expr])
            }
            // `POSITION(part IN text)` names the part first; the function's first argument is the text.
            Expr::Position { expr, r#in } => self.call("position", [&**r#in, &**expr]),
            Expr::Substring { expr, substring_from: Some(from), substring_for, .. } => {
                self.call("substr", [expr, from].into_iter().chain(substring_for).map(|part| &**part))
            }
            Expr::Trim { expr, trim_where: None, trim_what: None, trim_characters: None } => {
                self.call("trim", [&**expr])
            }
            _ => Err(self.refuse(missing(expression))),
        }
    }
}

fn argument(argument: &FunctionArg) -> Option<&Expr> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => Some(expression),
        _ => None,
    }
}

/// The message for an expression that has no node, with an alternative.
fn missing(expression: &Expr) -> &'static str {
    match expression {
        Expr::Subquery(_) => "there are no queries that give a value; write exists (select …) or … in (select …)",
        Expr::Tuple(_) => "there are no rows of values; compare one value at a time",
        Expr::Collate { .. } => "there are no collations; write lower(…), or ilike",
        Expr::AnyOp { .. } | Expr::AllOp { .. } => "there are no any and all; write … in (…), or exists (select …)",
        Expr::InUnnest { .. } | Expr::Array(_) => "there are no arrays; write … in (…)",
        Expr::SimilarTo { .. } | Expr::RLike { .. } => "there are no regular expressions; write like",
        Expr::TypedString(_) => "there are no constants of a type; write cast('…' as …)",
        Expr::Interval(_) => "there are no intervals; write add_days(…) or add_seconds(…)",
        Expr::Extract { .. } => "there is no extract; write year(…), month(…), day(…), hour(…), minute(…) or second(…)",
        Expr::AtTimeZone { .. } => "there are no time zones; moments are those of UTC",
        Expr::Convert { .. } => "there is no convert; write cast(… as …)",
        Expr::JsonAccess { .. } | Expr::CompoundFieldAccess { .. } => {
            "there are no members of values; write :name with a blank before it for a claim"
        }
        Expr::Ceil { .. } | Expr::Floor { .. } => "ceil and floor take one number",
        Expr::Trim { .. } => "trim takes one text; write replace(…), ltrim(…) or rtrim(…)",
        Expr::Substring { .. } => "substr takes a text, where it starts and how many characters it has",
        _ => "there is no such expression; write comparisons of columns, claims and constants",
    }
}
