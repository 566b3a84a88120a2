//! Random and damaged files: the reader never panics, and each of its errors names a line of the file.

use arbtest::arbitrary::{Result, Unstructured};

use super::{EXAMPLE, told};

fn holds(bytes: &[u8]) {
    let Err(failure) = super::super::read("f.toml".to_owned(), "".into(), bytes) else { return };
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + usize::from(!bytes.ends_with(b"\n"));
    let place = failure.to_json()["error"]["place"].clone();
    let line = place["line"].as_u64().expect("a line");
    assert!(line >= 1 && line <= lines.max(1) as u64, "line {line} of {lines}");
    assert!(place["column"].as_u64().is_some_and(|column| column >= 1));
    let said = told(failure);
    assert!(said.contains("f.toml:"), "the line is not shown:\n{said}");
}

#[test]
fn bytes_at_random() {
    arbtest::arbtest(|u| {
        holds(u.bytes(u.len())?);
        Ok(())
    })
    .size_max(2_000)
    .budget_ms(1_000);
}

/// Tokens of the file's format, so that the reader gets beyond the first one.
const WORDS: [&str; 40] = [
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "\n",
    "'",
    "\"",
    "\"\"\"",
    "#",
    " ",
    "\\u00e9",
    "ä",
    "\u{202e}",
    "\r\n",
    "1",
    "-1",
    "true",
    "1e9",
    "1979-05-27",
    "databases",
    "limits",
    "plugins",
    "policies",
    "tenants",
    "tables",
    "url",
    "env",
    "claims",
    "read",
    "where",
    "columns",
    "database",
    "policy",
    "'x'",
    "\"env:A\"",
];

#[test]
fn words_at_random() {
    arbtest::arbtest(|u| {
        let mut text = String::new();
        for _ in 0..u.int_in_range(0..=80)? {
            text.push_str(u.choose(&WORDS)?);
        }
        holds(text.as_bytes());
        Ok(())
    })
    .budget_ms(2_000);
}

fn cut(u: &mut Unstructured<'_>, len: usize) -> Result<std::ops::Range<usize>> {
    let start = u.int_in_range(0..=len)?;
    Ok(start..u.int_in_range(start..=len.min(start + 40))?)
}

#[test]
fn the_example_with_mistakes() {
    arbtest::arbtest(|u| {
        // Without its comments, so that most mistakes change a key or a value.
        let lines: Vec<&str> = EXAMPLE.lines().filter(|line| !line.starts_with('#')).collect();
        let mut bytes = (lines.join("\n") + "\n").into_bytes();
        for _ in 0..u.int_in_range(1..=4)? {
            let at = cut(u, bytes.len())?;
            let new = if u.ratio(1, 4)? {
                let other = cut(u, bytes.len())?;
                bytes[other].to_vec()
            } else if u.ratio(1, 4)? {
                u.arbitrary::<[u8; 2]>()?.to_vec()
            } else {
                u.choose(&WORDS)?.as_bytes().to_vec()
            };
            bytes.splice(at, new);
        }
        holds(&bytes);
        Ok(())
    })
    .budget_ms(3_000);
}
