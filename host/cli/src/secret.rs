//! Keeps the secrets of database URLs out of everything that is printed.

/// The replacement of a secret.
const HIDDEN: &str = "***";

/// Returns a URL without user, password and parameters: enough to identify the server or file.
pub(crate) fn location(url: &str) -> String {
    // A text that is no URL may be a secret as a whole.
    let Some((scheme, rest)) = url.split_once("://").or_else(|| url.split_once(':')) else { return HIDDEN.to_owned() };
    // Splits at the last @, as a password may contain another one.
    let rest = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let place = rest.split(['?', '#']).next().unwrap_or_default();
    if scheme == "sqlite" { format!("sqlite:{place}") } else { format!("{scheme}://{place}") }
}

/// Returns the user of a server's URL, as written.
pub(crate) fn user(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let (user, _) = rest.rsplit_once('@')?;
    user.split(':').next()
}

/// Removes the secrets of a URL from a foreign text, a driver's for example.
pub(crate) fn scrub(text: &str, url: &str) -> String {
    let mut clean = text.replace(url, &location(url));
    for secret in secrets(url) {
        clean = clean.replace(&secret, HIDDEN);
    }
    clean
}

/// Whether a text is a URL with a password.
pub(crate) fn is_in(text: &str) -> bool {
    !secrets(text).is_empty()
}

/// Returns the password, as written and decoded, and the parameters that may be one.
fn secrets(url: &str) -> Vec<String> {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let mut secrets = Vec::new();
    if let Some((_, password)) = rest.rsplit_once('@').and_then(|(user, _)| user.split_once(':')) {
        secrets.push(password.to_owned());
        secrets.push(decoded(password));
    }
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        if key.to_lowercase().contains("pass") {
            secrets.push(value.to_owned());
            secrets.push(decoded(value));
        }
    }
    secrets.retain(|secret| !secret.is_empty());
    secrets
}

/// Decodes percent escapes.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{location, scrub, user};

    #[test]
    fn a_location_has_no_user_and_no_parameters() {
        assert_eq!(location("postgres://u:p@ss/w@db.example:5432/app?password=x"), "postgres://db.example:5432/app");
        assert_eq!(location("mysql://127.0.0.1/app"), "mysql://127.0.0.1/app");
        assert_eq!(location("sqlite://a.db?mode=ro"), "sqlite:a.db");
        assert_eq!(location("sqlite::memory:"), "sqlite::memory:");
        assert_eq!(location("hunter2"), "***");
        assert_eq!(user("postgres://u:p@ss/w@db.example/app"), Some("u"));
        assert_eq!((user("mysql://h/app"), user("sqlite:a.db")), (None, None));
    }

    #[test]
    fn a_password_is_hidden_as_written_and_as_meant() {
        let url = "postgres://u:s%40crt@h/d?sslpassword=k3y";
        assert_eq!(scrub("u / s%40crt / s@crt / k3y", url), "u / *** / *** / ***");
        assert_eq!(scrub(&format!("no {url}"), url), "no postgres://h/d");
        assert_eq!(scrub("nothing", "sqlite:a.db"), "nothing");
    }
}
