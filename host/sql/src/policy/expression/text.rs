//! Parses the text of a rule with `sqlparser`. The other modules here convert its tree to nodes.

use std::thread;

use sqlparser::{
    ast::Expr,
    dialect::Dialect,
    parser::{Parser, ParserError},
    tokenizer::{Location, Token, Tokenizer},
};

use super::{
    location::{offset, wrong},
    parser::TOO_DEEP,
};
use crate::policy::PolicyError;

/// The most bytes of an expression's text.
const MOST_BYTES: usize = 4 << 10;
/// The parser's recursion limit. One level of nodes takes several of the parser's levels.
const LEVELS: usize = 50;
/// The stack of the parser's thread. In unoptimised builds a level takes up to 100 KiB, more than a caller's thread may have left.
const STACK: usize = 16 << 20;

/// A dialect of SQL without any database's extensions.
#[derive(Debug)]
struct Plain;

impl Dialect for Plain {
    fn is_identifier_start(&self, character: char) -> bool {
        character.is_alphabetic() || character == '_'
    }

    fn is_identifier_part(&self, character: char) -> bool {
        character.is_alphanumeric() || character == '_'
    }

    fn is_delimited_identifier_start(&self, character: char) -> bool {
        character == '"'
    }
}

/// Parses one expression and passes its tree to `read`. Both run on a thread of their own, for its larger stack.
pub(super) fn parse<T: Send>(
    text: &str,
    read: impl FnOnce(&Expr) -> Result<T, PolicyError> + Send,
) -> Result<T, PolicyError> {
    let parsed = thread::scope(|scope| {
        let whole = || read(&expression(text)?);
        thread::Builder::new().stack_size(STACK).spawn_scoped(scope, whole).map(|handle| handle.join())
    });
    match parsed {
        Ok(Ok(parsed)) => parsed,
        Ok(Err(_)) => Err(wrong(0, "the parser failed at it; write it in another way")),
        Err(error) => Err(wrong(0, format!("it cannot be parsed now: {error}"))),
    }
}

/// Parses one expression, and refuses any text after it.
fn expression(text: &str) -> Result<Expr, PolicyError> {
    if text.len() > MOST_BYTES {
        return Err(wrong(0, format!("an expression has at most {MOST_BYTES} bytes, not {}", text.len())));
    }
    let tokens = Tokenizer::new(&Plain, text)
        .tokenize_with_location()
        .map_err(|error| wrong(offset(text, error.location).unwrap_or(0), plain(&error.message)))?;
    let mut parser = Parser::new(&Plain).with_recursion_limit(LEVELS).with_tokens_with_locations(tokens);
    let expression = parser.parse_expr().map_err(|error| unread(text, error))?;
    let next = parser.peek_token_ref();
    if next.token == Token::EOF {
        return Ok(expression);
    }
    let at = offset(text, next.span.start).unwrap_or(text.len());
    Err(wrong(at, format!("the expression is over before {:?}; write one expression", next.token.to_string())))
}

/// Converts a parse error, with its location as a byte offset.
fn unread(text: &str, error: ParserError) -> PolicyError {
    let message = match error {
        ParserError::RecursionLimitExceeded => return wrong(0, TOO_DEEP),
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
    };
    let (message, location) = located(&message).unwrap_or((&message, Location::empty()));
    let at = offset(text, location).unwrap_or(if message.ends_with("found: EOF") { text.len() } else { 0 });
    wrong(at, plain(message))
}

/// Splits the location off the end of a parser's message.
fn located(message: &str) -> Option<(&str, Location)> {
    let (message, place) = message.rsplit_once(" at Line: ")?;
    let (line, column) = place.split_once(", Column: ")?;
    Some((message, Location { line: line.parse().ok()?, column: column.parse().ok()? }))
}

fn plain(message: &str) -> String {
    let message = message.replacen("Expected: ", "expected ", 1).replacen(", found: ", ", found ", 1);
    match message.strip_suffix("found EOF") {
        Some(before) => format!("{before}found the end"),
        None => message,
    }
}
