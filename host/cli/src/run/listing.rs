//! Lists the callable functions, where the command line names none.

use std::fmt::Write as _;

use serde_json::json;
use sqlservice_host::Plugin;

use crate::{exit::Exit, failure::Result, inspect::describe, output};

/// Prints the functions with their signatures.
pub(super) fn print(plugin: &Plugin, title: &str, as_json: bool) -> Result<Exit> {
    let functions = plugin.functions();
    if as_json {
        output::json(&json!({ "functions": functions.iter().map(describe::function).collect::<Vec<_>>() }))?;
        return Ok(Exit::Success);
    }
    if functions.is_empty() {
        output::text(&format!("{title} exports no function that can be called."))?;
        return Ok(Exit::Success);
    }
    let mut text = output::heading(&format!("{title} exports")) + "\n";
    for line in describe::signatures(functions) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {line}");
    }
    let _ = write!(text, "\nCall one: sqlservice run {title} FUNCTION [ARGUMENTS…]");
    output::text(&text)?;
    Ok(Exit::Success)
}
