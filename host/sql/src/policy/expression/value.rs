//! Constants and claims.

use sqlparser::ast::Value as Written;

use super::parser::{ExpressionParser, Result};
use crate::{
    Decimal, Scalar, Value,
    statement::{Node, NodeId},
};

impl ExpressionParser<'_> {
    pub(super) fn constant(&mut self, value: &Written) -> Result<NodeId> {
        let value = match value {
            Written::Null => Value::NULL,
            Written::Boolean(truth) => (*truth).into(),
            Written::SingleQuotedString(text) => text.as_str().into(),
            Written::Number(digits, false) => self.number(digits, false)?.into(),
            Written::Placeholder(name) => return self.claim(name),
            _ => return Err(self.refuse("there is no such constant; write a text as '…', a number in digits")),
        };
        self.push(Node::Literal(value), &[])
    }

    /// Parses a number with its sign.
    pub(super) fn number(&self, digits: &str, negative: bool) -> Result<Scalar> {
        let signed = if negative { format!("-{digits}") } else { digits.to_owned() };
        let scalar = if digits.contains(['e', 'E']) {
            signed.parse().ok().filter(|value: &f64| value.is_finite()).map(Scalar::Float)
        } else if digits.contains('.') {
            Decimal::parse(&signed).ok().map(|decimal| Scalar::Decimal(decimal.to_string()))
        } else {
            let integer = signed.parse().ok().map(Scalar::Integer);
            integer.or_else(|| signed.parse().ok().map(Scalar::Unsigned))
        };
        scalar.ok_or_else(|| {
            self.refuse("the number is out of range: integers have 64 bits, and greater ones are decimals with a point")
        })
    }

    /// Adds a claim as a parameter, whose number is the position of its name. Repeated claims share one position.
    fn claim(&mut self, written: &str) -> Result<NodeId> {
        let name = written.strip_prefix(':').filter(|name| is_name(name));
        let name =
            name.ok_or_else(|| self.refuse("a claim is written as :name, of letters, digits and underscores"))?;
        let number = match self.claims.iter().position(|known| known == name) {
            Some(number) => number,
            None => {
                self.claims.push(name.to_owned());
                self.claims.len() - 1
            }
        };
        let number = u32::try_from(number).map_err(|_| self.refuse("it has too many claims"))?;
        self.push(Node::Parameter(number), &[])
    }
}

fn is_name(name: &str) -> bool {
    let word = |character: char| character.is_alphanumeric() || character == '_';
    name.chars().all(word) && name.starts_with(|character: char| !character.is_numeric())
}
