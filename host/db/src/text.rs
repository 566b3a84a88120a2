//! What a guest's own SQL text may not say, as far as it is the same for every database.

use sqlservice_sql::Error;

use crate::Result;

/// Words that begin a statement which would change the transaction behind the host's back.
const TRANSACTION_WORDS: [&str; 11] =
    ["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "XA", "LOCK", "UNLOCK"];

/// Refuses statements that begin or end transactions: the host has to know which one is open.
pub(crate) fn refuse_transaction_control(sql: &str) -> Result<()> {
    let (first, rest) = split_word(skip_blank(sql));
    let (second, _) = split_word(skip_blank(rest));
    let second = second.to_ascii_uppercase();
    let refused = match first.to_ascii_uppercase().as_str() {
        "PREPARE" => second == "TRANSACTION",
        "SET" => second == "TRANSACTION" || second == "AUTOCOMMIT",
        first => TRANSACTION_WORDS.contains(&first),
    };
    if refused { Err(Error::Denied("transaction control in SQL text".into()).into()) } else { Ok(()) }
}

/// What follows blanks and comments.
fn skip_blank(mut sql: &str) -> &str {
    loop {
        sql = sql.trim_start_matches(|c: char| c.is_whitespace() || c == ';' || c == '(');
        let rest = if let Some(comment) = sql.strip_prefix("--") {
            comment.split_once('\n').map(|(_, rest)| rest)
        } else if let Some(comment) = sql.strip_prefix("/*") {
            comment.split_once("*/").map(|(_, rest)| rest)
        } else {
            return sql;
        };
        sql = rest.unwrap_or_default();
    }
}

/// The word at the start, and what follows.
fn split_word(sql: &str) -> (&str, &str) {
    let end = sql.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(sql.len());
    sql.split_at_checked(end).unwrap_or((sql, ""))
}

#[cfg(test)]
mod tests {
    use super::refuse_transaction_control;

    #[test]
    fn transaction_control_is_refused() {
        for sql in [
            "begin",
            " \n/* x */ -- y\n COMMIT;",
            "rollback to s1",
            "SAVEPOINT a",
            "release a",
            "start transaction",
            "end",
            "set transaction isolation level serializable",
            "prepare transaction 'x'",
            "SET autocommit=0",
            "xa start 'x'",
            ";commit",
        ] {
            assert!(refuse_transaction_control(sql).is_err(), "{sql}");
        }
    }

    #[test]
    fn other_text_passes() {
        for sql in ["select 1", "insert into begin values (1)", "prepare x as select 1", "set x = 1", "", "-- begin"] {
            assert!(refuse_transaction_control(sql).is_ok(), "{sql}");
        }
    }
}
