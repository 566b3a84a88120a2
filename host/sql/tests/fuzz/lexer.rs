//! Compares the lexer with sqlparser's: both cut the same texts at the same places.
//!
//! Texts on which sqlparser is known to differ are not compared; [`differs`] has the reasons. The compared texts are counted,
//! so that the check cannot become empty.

use std::sync::atomic::{AtomicU32, Ordering};

use arbtest::arbitrary::Unstructured;
use sqlparser::{
    dialect,
    tokenizer::{Location, Token as Theirs, Tokenizer, Whitespace},
};
use sqlservice_sql::{
    Dialect,
    lexer::{Kind, Lexer},
    raw,
};

use crate::{
    dice::Dice,
    harness::{Shown, fuzz},
};

const DIALECTS: [Dialect; 3] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql];

/// Fragments of SQL. Many of them begin or end a token only next to another fragment.
const FRAGMENTS: [&str; 76] = [
    "select",
    "from",
    "t",
    "_a1",
    "Größe",
    "表",
    "N",
    "e",
    "x",
    "b",
    "u",
    "begin",
    "q1",
    "'a'",
    "''",
    "'it''s'",
    "'é表'",
    "'a\\\\b'",
    "'\\'",
    "'\\''",
    "E'\\''",
    "e'a\\\\'",
    "x'00ff'",
    "X''",
    "b'01'",
    "N'a'",
    "\"a\"",
    "\"a\"\"b\"",
    "\"\\\"",
    "`a`",
    "`a``b`",
    "[a]",
    "[a b]",
    "$$a$$",
    "$$'$$",
    "$t$a$$b$t$",
    "$1",
    "?",
    ":a",
    "--",
    "-- x",
    "--x",
    "-- 'a",
    "\n",
    "\r",
    "\r\n",
    "/*",
    "*/",
    "/* x */",
    "/**/",
    "/*/",
    "/* ' */",
    "/* /* */ */",
    "/*+ x */",
    "#",
    "# x",
    "1",
    "12.5",
    ".5",
    "1e5",
    "1.e-3",
    "0x1f",
    "(",
    ")",
    ",",
    ".",
    ";",
    "=",
    "<>",
    "->>",
    "||",
    "*",
    "::",
    "+",
    "'",
    "\"",
];

#[test]
fn lexer() {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    static COMPARED: AtomicU32 = AtomicU32::new(0);
    fuzz(|bytes| {
        let dialect = Dice::new(bytes).of(&DIALECTS);
        let sql = text(bytes);
        let _shown = Shown(&(&sql, dialect));
        covers(&sql, dialect);
        TRIED.fetch_add(1, Ordering::Relaxed);
        if let Some(theirs) = theirs(&sql, dialect) {
            COMPARED.fetch_add(1, Ordering::Relaxed);
            assert_eq!(ours(&sql, dialect), theirs);
        }
        Ok(())
    });
    let (tried, compared) = (TRIED.load(Ordering::Relaxed), COMPARED.load(Ordering::Relaxed));
    eprintln!("{compared} of {tried} texts were compared");
    assert!(tried < 100 || compared * 2 > tried, "only {compared} of {tried} texts were compared");
}

/// Any characters are cut into tokens, unfinished tokens included.
#[test]
fn any_text_is_cut() {
    fuzz(|bytes| {
        let sql = Dice::new(bytes).text(200);
        for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb] {
            let _shown = Shown(&(&sql, dialect));
            covers(&sql, dialect);
            let _ = raw::check(&sql, dialect);
            let _ = raw::is_blank(&sql, dialect);
        }
        Ok(())
    });
}

/// Checks that tokens cover the text from the first byte to the last, and that only the last one may be unclosed.
fn covers(sql: &str, dialect: Dialect) {
    let mut at = 0;
    for token in Lexer::new(sql, dialect) {
        assert_eq!(token.start, at);
        assert_eq!(sql.get(at..token.end()), Some(token.text));
        assert!(!token.text.is_empty());
        assert!(token.is_closed || token.end() == sql.len());
        let _ = (token.content(), token.prefix());
        at = token.end();
    }
    assert_eq!(at, sql.len());
}

/// Makes a text of fragments, mostly with blanks between them.
fn text(bytes: &mut Unstructured<'_>) -> String {
    let mut dice = Dice::new(bytes);
    let parts = dice.many(1, 12, |dice| {
        let fragment = dice.of(&FRAGMENTS);
        format!("{fragment}{}", if dice.one_in(6) { "" } else { " " })
    });
    parts.concat()
}

/// A kind of token that both lexers distinguish.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Comment,
    Word,
    Quoted,
    Number,
    Sign,
}

type Cut = (Part, usize, usize);

/// Returns our tokens. Adjacent signs are one token, as the lexers know different longer ones; parameters are signs, or signs and words.
fn ours(sql: &str, dialect: Dialect) -> Vec<Cut> {
    let mut cuts = Vec::new();
    for token in Lexer::new(sql, dialect) {
        let part = match token.kind {
            Kind::Blank => continue,
            Kind::Comment | Kind::Executable => Part::Comment,
            Kind::Word => Part::Word,
            Kind::Name | Kind::Text => Part::Quoted,
            Kind::Number => Part::Number,
            // sqlparser reads such a parameter as a sign and a name.
            Kind::Parameter if token.text.starts_with([':', '#']) => {
                push(&mut cuts, (Part::Sign, token.start, token.start + 1));
                push(&mut cuts, (Part::Word, token.start + 1, token.end()));
                continue;
            }
            Kind::Parameter | Kind::Sign => Part::Sign,
        };
        // Our tokens of line comments include the line end.
        let end = if part == Part::Comment {
            token.start + token.text.trim_end_matches(['\r', '\n']).len()
        } else {
            token.end()
        };
        push(&mut cuts, (part, token.start, end));
    }
    cuts
}

fn push(cuts: &mut Vec<Cut>, (part, start, end): Cut) {
    match cuts.last_mut() {
        Some((Part::Sign, _, before)) if part == Part::Sign && *before == start => *before = end,
        _ => cuts.push((part, start, end)),
    }
}

/// Returns sqlparser's tokens, or nothing where the text is an error to it or it is known to differ.
fn theirs(sql: &str, dialect: Dialect) -> Option<Vec<Cut>> {
    let theirs: &dyn dialect::Dialect = match dialect {
        Dialect::Sqlite => &dialect::SQLiteDialect {},
        Dialect::Postgres => &dialect::PostgreSqlDialect {},
        Dialect::Mysql | Dialect::Mariadb => &dialect::MySqlDialect {},
    };
    if differs(sql, dialect) {
        return None;
    }
    let tokens = Tokenizer::new(theirs, sql).with_unescape(false).tokenize_with_location().ok()?;
    let places = places(sql);
    let mut cuts = Vec::new();
    for token in tokens {
        let part = match &token.token {
            Theirs::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => Part::Comment,
            Theirs::Whitespace(_) => continue,
            Theirs::Word(word) if word.quote_style.is_none() => Part::Word,
            Theirs::Number(..) => Part::Number,
            Theirs::HexStringLiteral(_) if starts_with_digit(sql, place(&places, token.span.start)) => Part::Number,
            token if is_quoted(token) => Part::Quoted,
            _ => Part::Sign,
        };
        let (start, mut end) = (place(&places, token.span.start), place(&places, token.span.end));
        if part == Part::Comment {
            end = start + sql[start..end].trim_end_matches(['\r', '\n']).len();
        }
        push(&mut cuts, (part, start, end));
    }
    Some(cuts)
}

fn starts_with_digit(sql: &str, at: usize) -> bool {
    sql[at..].starts_with(|c: char| c.is_ascii_digit())
}

fn is_quoted(token: &Theirs) -> bool {
    matches!(
        token,
        Theirs::Word(_)
            | Theirs::SingleQuotedString(_)
            | Theirs::DoubleQuotedString(_)
            | Theirs::DollarQuotedString(_)
            | Theirs::SingleQuotedByteStringLiteral(_)
            | Theirs::DoubleQuotedByteStringLiteral(_)
            | Theirs::NationalStringLiteral(_)
            | Theirs::EscapedStringLiteral(_)
            | Theirs::UnicodeStringLiteral(_)
            | Theirs::HexStringLiteral(_)
    )
}

/// Returns the byte offset of each character, line by line, to convert sqlparser's locations.
fn places(sql: &str) -> Vec<Vec<usize>> {
    let mut lines = vec![Vec::new()];
    for (at, character) in sql.char_indices() {
        lines.last_mut().expect("a line").push(at);
        if character == '\n' {
            lines.push(Vec::new());
        }
    }
    lines.last_mut().expect("a line").push(sql.len());
    lines
}

fn place(places: &[Vec<usize>], location: Location) -> usize {
    let line = &places[usize::try_from(location.line).expect("a line") - 1];
    line[usize::try_from(location.column).expect("a column") - 1]
}

/// Whether sqlparser is known to cut a text differently from the database.
fn differs(sql: &str, dialect: Dialect) -> bool {
    let tokens: Vec<_> = Lexer::new(sql, dialect).collect();
    let before = |at: usize| at.checked_sub(1).and_then(|at| tokens.get(at));
    let after = |at: usize| tokens.get(at + 1).map_or("", |token| token.text);
    tokens.iter().enumerate().any(|(at, token)| match token.kind {
        // Two minus signs at the end begin a comment on MySQL, where nothing follows them.
        Kind::Comment if dialect == Dialect::Mysql && token.text == "--" => true,
        // No operator has `--` or `/*` in it: a comment begins. sqlparser reads on.
        Kind::Comment => before(at).is_some_and(|token| token.kind == Kind::Sign),
        // Characters directly after a number are an error or a part of it, but another token to sqlparser.
        Kind::Number => is_junk(token.text, after(at)),
        Kind::Word if token.text.starts_with(|c: char| c.is_ascii_digit()) => true,
        // SQLite has no `N'…'`, but names with a dollar sign. `b"…"` is no text anywhere.
        Kind::Word => {
            let is_sqlite = dialect == Dialect::Sqlite;
            (is_sqlite && token.is_word("N") && after(at).starts_with('\''))
                || (is_sqlite && token.text.contains('$'))
                || (token.is_word("b") && after(at).starts_with('"'))
        }
        // SQLite's `:name` and `#name` are more than a sign and a name: names begin with digits and go on after `::` and `(`.
        Kind::Parameter if dialect == Dialect::Sqlite => {
            let name = &token.text[1..];
            name.contains(['$', '(', ':'])
                || name.starts_with(|c: char| c.is_ascii_digit())
                || after(at).starts_with('\'')
        }
        // Only sqlparser has parameters with numbers on MySQL, and with letters on PostgreSQL.
        Kind::Parameter => after(at).starts_with(|c: char| c.is_alphanumeric() || ".'_".contains(c)),
        // A text after a line end can continue `E'…'`, which sqlparser does not implement.
        Kind::Text if token.prefix().is_empty() && token.text.contains('\\') => {
            dialect == Dialect::Postgres && tokens.iter().any(|token| token.prefix().eq_ignore_ascii_case("e"))
        }
        // Hexadecimal and binary texts have no escapes: neither a backslash nor a doubled quote.
        Kind::Text => {
            let is_coded = ["x", "b"].iter().any(|prefix| token.prefix().eq_ignore_ascii_case(prefix));
            is_coded && (token.text.contains('\\') || after(at).starts_with('\''))
        }
        _ => false,
    })
}

/// Whether a number's token contains letters, or characters follow it that may be a part of the number.
fn is_junk(number: &str, next: &str) -> bool {
    let is_hex = number.strip_prefix("0x").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_hexdigit()));
    let is_plain = number.parse::<f64>().is_ok();
    !(is_hex || is_plain) || next.starts_with(|c: char| c.is_alphanumeric() || ".'_$".contains(c))
}
