//! Which imports the host offers, to name all that are missing at once; linking itself names only the first.

/// Interfaces by package and the version line that is offered; a component may ask for any release of the line.
const OFFERED: &[(&str, &str, &[&str])] = &[
    (
        "sqlservice:database",
        "0.2",
        &["errors", "values", "rows", "schema", "statements", "sessions", "databases", "raw-sql"],
    ),
    ("wasi:io", "0.2", &["error", "poll", "streams"]),
    ("wasi:clocks", "0.2", &["monotonic-clock", "wall-clock"]),
    ("wasi:clocks", "0.3", &["types", "monotonic-clock", "system-clock"]),
    ("wasi:random", "0.2", &["random", "insecure", "insecure-seed"]),
    ("wasi:random", "0.3", &["random", "insecure", "insecure-seed"]),
    ("wasi:filesystem", "0.2", &["types", "preopens"]),
    ("wasi:filesystem", "0.3", &["types", "preopens"]),
    ("wasi:cli", "0.2", CLI),
    ("wasi:cli", "0.3", CLI),
    (
        "wasi:sockets",
        "0.2",
        &["tcp", "tcp-create-socket", "udp", "udp-create-socket", "instance-network", "network", "ip-name-lookup"],
    ),
    ("wasi:sockets", "0.3", &["types", "ip-name-lookup"]),
];

const CLI: &[&str] = &[
    "environment",
    "exit",
    "stdin",
    "stdout",
    "stderr",
    "types",
    "terminal-input",
    "terminal-output",
    "terminal-stdin",
    "terminal-stdout",
    "terminal-stderr",
];

/// Whether the host offers the interface of this name, as `package/interface@version`.
pub(crate) fn offers(import: &str) -> bool {
    let Some((path, version)) = import.split_once('@') else { return false };
    let Some((package, interface)) = path.split_once('/') else { return false };
    OFFERED.iter().any(|(offered, line, interfaces)| {
        *offered == package
            && version.strip_prefix(line).is_some_and(|rest| rest.starts_with('.'))
            && interfaces.contains(&interface)
    })
}

#[cfg(test)]
mod tests {
    use super::offers;

    #[test]
    fn a_release_of_an_offered_line_is_offered() {
        assert!(offers("wasi:io/streams@0.2.3"));
        assert!(offers("sqlservice:database/databases@0.2.0"));
        assert!(!offers("wasi:io/streams@0.20.0"));
        assert!(!offers("wasi:http/outgoing-handler@0.2.3"));
        assert!(!offers("a-function"));
    }
}
