//! Compares the result of a step with the expected one of its case.

use serde_json::{Map, Value};

/// Stands for any value.
const ANY: &str = "…";

/// The difference between an outcome and the values that a case expects; nothing if there is none. Keys that the case
/// does not name are not compared, but an error that it does not name is a difference.
pub fn difference(gives: &Value, outcome: &Value) -> Option<String> {
    if gives.get("error").is_none() && outcome.get("error").is_some() {
        return Some("it failed".to_owned());
    }
    differs(gives, outcome, "").err()
}

fn differs(gives: &Value, outcome: &Value, path: &str) -> Result<(), String> {
    match (gives, outcome) {
        (Value::String(any), _) if any == ANY => Ok(()),
        (Value::Object(gives), Value::Object(outcome)) => members(gives, outcome, path),
        (Value::Array(gives), Value::Array(outcome)) => items(gives, outcome, path),
        (Value::Number(a), Value::Number(b)) if a == b || a.as_f64() == b.as_f64() => Ok(()),
        _ if gives == outcome => Ok(()),
        _ => Err(format!("{path} is {outcome} and not {gives}")),
    }
}

fn members(gives: &Map<String, Value>, outcome: &Map<String, Value>, path: &str) -> Result<(), String> {
    for (key, value) in gives {
        let path = format!("{path}.{key}");
        let found = outcome.get(key).ok_or_else(|| format!("there is no {path}"))?;
        // A document must be equal as a whole.
        if key == "json" { whole(value, found, &path)? } else { differs(value, found, &path)? }
    }
    Ok(())
}

fn items(gives: &[Value], outcome: &[Value], path: &str) -> Result<(), String> {
    if gives.len() != outcome.len() {
        return Err(format!("{path} has {} items and not {}", outcome.len(), gives.len()));
    }
    gives.iter().zip(outcome).enumerate().try_for_each(|(at, (a, b))| differs(a, b, &format!("{path}[{at}]")))
}

fn whole(gives: &Value, found: &Value, path: &str) -> Result<(), String> {
    let same = match (gives, found) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| whole(a, b, path).is_ok()))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| whole(a, b, path).is_ok())
        }
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (a, b) => a == b,
    };
    if same { Ok(()) } else { Err(format!("{path} is {found} and not {gives}")) }
}
