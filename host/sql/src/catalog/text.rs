//! The checks of text that goes into a definition.

use crate::{Error, Result, error::Limited};

/// The most bytes of a comment or an expression.
const MAX_TEXT: usize = 16_384;

/// Checks SQL text from a guest that is allowed to send SQL text.
pub(super) fn expression(sql: &str) -> Result<()> {
    if sql.trim().is_empty() || sql.contains('\0') {
        return Err(Error::invalid("an expression is empty or has a NUL character"));
    }
    text("expression", Some(sql))
}

/// Checks text that goes into a definition.
pub(super) fn text(what: &str, text: Option<&str>) -> Result<()> {
    let text = text.unwrap_or_default();
    if text.len() > MAX_TEXT {
        return Err(Error::Limit { what: Limited::Bytes, allowed: MAX_TEXT as u64 });
    }
    if text.contains('\0') {
        return Err(Error::invalid(format!("a {what} has a NUL character")));
    }
    Ok(())
}
