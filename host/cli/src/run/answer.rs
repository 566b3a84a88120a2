//! Prints the result of a function.

use serde_json::{Value as Json, json};
use sqlservice_host::{Val, wave};

use crate::{
    args::Run,
    exit::Exit,
    failure::{Failure, Result},
    output,
};

/// Prints a result in the requested format. An error result ends the command with [`Exit::Refused`].
pub(super) fn print(answer: Option<Val>, asked: &Run) -> Result<Exit> {
    if asked.wave {
        return whole(answer.as_ref());
    }
    let value = match answer {
        Some(Val::Result(Ok(value))) => value.map(|value| *value),
        Some(Val::Result(Err(value))) => return Err(refused(value.as_deref())),
        other => other,
    };
    if asked.json {
        output::json(&json!({ "ok": value.as_ref().map_or(Json::Null, wave::to_json) }))?;
    } else if let Some(value) = value {
        output::foreign(&plain(&value))?;
    }
    Ok(Exit::Success)
}

/// Prints the whole result in WAVE, also an error.
fn whole(answer: Option<&Val>) -> Result<Exit> {
    if let Some(answer) = answer {
        output::foreign(&wave::to_string(answer))?;
    }
    Ok(if matches!(answer, Some(Val::Result(Err(_)))) { Exit::Refused } else { Exit::Success })
}

/// Makes the failure of the function's own error.
fn refused(value: Option<&Val>) -> Failure {
    let message = value.map_or_else(|| "the function answered with an error".to_owned(), plain);
    Failure::new(Exit::Refused, message).value(value.map_or(Json::Null, wave::to_json))
}

/// Formats a string as it is, and everything else in WAVE.
fn plain(value: &Val) -> String {
    match value {
        Val::String(text) => text.clone(),
        other => wave::to_string(other),
    }
}

#[cfg(test)]
mod tests {
    use sqlservice_host::Val;

    use super::{plain, refused};
    use crate::exit::Exit;

    #[test]
    fn only_a_lone_text_is_bare() {
        let text = || Val::String("a \"b\"".to_owned());
        assert_eq!(plain(&text()), "a \"b\"");
        assert_eq!(plain(&Val::Option(Some(Box::new(text())))), r#"some("a \"b\"")"#);
    }

    #[test]
    fn an_error_result_keeps_its_value() {
        let failure = refused(Some(&Val::Tuple(vec![Val::S64(1), Val::Bool(true)])));
        assert_eq!((failure.exit(), failure.to_string().as_str()), (Exit::Refused, "(1, true)"));
        assert_eq!(failure.to_json()["error"]["value"], serde_json::json!([1, true]));
        assert!(refused(None).to_json()["error"]["value"].is_null());
    }
}
