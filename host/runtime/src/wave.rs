//! Arguments and results as text: WAVE for people, JSON for scripts.

use wasmtime::component::{Type, Val, wasm_wave};

use crate::{
    error::{Error, Result},
    function::Function,
};

/// Parses arguments in WAVE. A string may be unquoted text, where the text is no WAVE string.
///
/// # Errors
/// [`Error::Arguments`] with the wrong argument, the position in it, and the expected type.
pub fn parse(function: &Function, arguments: &[impl AsRef<str>]) -> Result<Vec<Val>> {
    let types = function.types();
    if types.len() != arguments.len() {
        let (wanted, given) = (types.len(), arguments.len());
        let signature = function.signature();
        return Err(Error::Arguments(format!("{signature} takes {wanted} arguments, not {given}")));
    }
    types.iter().zip(arguments).map(|((name, ty), text)| argument(name, ty, text.as_ref())).collect()
}

fn argument(name: &str, ty: &Type, text: &str) -> Result<Val> {
    match wasm_wave::from_str::<Val>(ty, text) {
        Ok(value) => Ok(value),
        Err(_) if matches!(ty, Type::String) && !text.starts_with('"') => Ok(Val::String(text.to_owned())),
        Err(error) => {
            let at = error.span().start.min(text.len());
            let caret = " ".repeat(text.get(..at).map_or(0, |before| before.chars().count()));
            let wanted = wasm_wave::wasm::DisplayType(ty);
            Err(Error::Arguments(format!("argument {name:?} is no {wanted}: {error}\n  {text}\n  {caret}^")))
        }
    }
}

/// Writes a value in WAVE.
#[must_use]
pub fn to_string(value: &Val) -> String {
    // Values that WAVE cannot represent (handles, streams) are written in their debug format.
    wasm_wave::to_string(value).unwrap_or_else(|_| format!("{value:?}"))
}

/// A value as JSON: records are objects, variants are `{"case": payload}`, an option is its value or null, a result is
/// `{"ok": …}` or `{"error": …}`, flags are a list of names.
#[must_use]
pub fn to_json(value: &Val) -> serde_json::Value {
    use serde_json::{Value as Json, json};
    let payload = |value: &Option<Box<Val>>| value.as_deref().map_or(Json::Null, to_json);
    match value {
        Val::Bool(v) => json!(v),
        Val::S8(v) => json!(v),
        Val::U8(v) => json!(v),
        Val::S16(v) => json!(v),
        Val::U16(v) => json!(v),
        Val::S32(v) => json!(v),
        Val::U32(v) => json!(v),
        Val::S64(v) => json!(v),
        Val::U64(v) => json!(v),
        Val::Float32(v) => json!(v),
        Val::Float64(v) => json!(v),
        Val::Char(v) => json!(v),
        Val::String(v) | Val::Enum(v) => json!(v),
        Val::List(items) | Val::Tuple(items) => items.iter().map(to_json).collect(),
        Val::Record(fields) => Json::Object(fields.iter().map(|(k, v)| (k.clone(), to_json(v))).collect()),
        Val::Variant(case, None) => json!(case),
        Val::Variant(case, some) => json!({ case.clone(): payload(some) }),
        Val::Option(value) => payload(value),
        Val::Result(Ok(value)) => json!({ "ok": payload(value) }),
        Val::Result(Err(value)) => json!({ "error": payload(value) }),
        Val::Flags(names) => json!(names),
        other => json!(format!("{other:?}")),
    }
}
