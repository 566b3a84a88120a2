//! Descriptions of functions, as text and as JSON.

use serde_json::{Value as Json, json};
use sqlservice_host::Function;

/// Returns signatures in WIT syntax, those of an interface indented below its name.
pub(crate) fn signatures(functions: &[Function]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = None;
    for function in functions {
        if function.interface() != current {
            current = function.interface();
            lines.extend(current.map(|interface| format!("interface {interface}")));
        }
        let indent = if current.is_some() { "  " } else { "" };
        lines.push(format!("{indent}{}", function.signature()));
    }
    lines
}

/// A function as JSON.
pub(crate) fn function(function: &Function) -> Json {
    let parameters = function.params().into_iter().map(|(name, ty)| json!({ "name": name, "type": ty }));
    json!({
        "name": function.name(),
        "interface": function.interface(),
        "async": function.is_async(),
        "signature": function.signature(),
        "parameters": parameters.collect::<Vec<_>>(),
    })
}
