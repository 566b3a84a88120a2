//! Tokenises SQL like a database, but more strictly: text that the host never writes is an error. It shares no code with the
//! lexer of the crate, so that an error in the lexer cannot hide one in the renderer.

use sqlservice_sql::Dialect;

/// A token of an SQL text.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A word without quotes.
    Word(String),
    /// A quoted name, without its quotes.
    Name(String),
    /// A text constant, without its quotes.
    Text(String),
    /// A number.
    Number(String),
    /// A placeholder, with its number where it has one.
    Placeholder(Option<usize>),
    /// An operator or punctuation of one or more characters.
    Sign(&'static str),
}

/// Signs, longer ones before their prefixes. Those of comments are refused before this list is read.
const SIGNS: [&str; 25] = [
    "<=>", "->>", "->", "<>", "<=", ">=", "||", "(", ")", "[", "]", ",", ".", "=", "<", ">", "+", "-", "*", "/", "%",
    "--", "/*", "*/", "#",
];
/// Signs that begin or end a comment in some dialect.
const COMMENTS: [&str; 4] = ["--", "/*", "*/", "#"];

/// Returns the tokens of a text, or a description of its error.
pub fn tokens(sql: &str, dialect: Dialect) -> Result<Vec<Token>, String> {
    let mut cutter = Cutter { rest: sql, dialect };
    let mut tokens = Vec::new();
    let mut open = Vec::new();
    while let Some(token) = cutter.next()? {
        match &token {
            Token::Sign(sign @ ("(" | "[")) => open.push(*sign),
            Token::Sign(")") if open.pop() != Some("(") => return Err("parentheses do not match".into()),
            Token::Sign("]") if open.pop() != Some("[") => return Err("brackets do not match".into()),
            _ => {}
        }
        tokens.push(token);
    }
    if open.is_empty() { Ok(tokens) } else { Err("parentheses are not closed".into()) }
}

struct Cutter<'s> {
    rest: &'s str,
    dialect: Dialect,
}

impl Cutter<'_> {
    fn next(&mut self) -> Result<Option<Token>, String> {
        self.rest = self.rest.trim_start_matches([' ', '\n']);
        let Some(first) = self.rest.chars().next() else {
            return Ok(None);
        };
        let mysql = matches!(self.dialect, Dialect::Mysql | Dialect::Mariadb);
        let token = match first {
            '\'' => Token::Text(self.quoted('\'', mysql)?),
            'E' if self.rest.starts_with("E'") && self.dialect == Dialect::Postgres => {
                self.skip(1);
                Token::Text(self.quoted('\'', true)?)
            }
            '"' if !mysql => Token::Name(self.quoted('"', false)?),
            '`' if mysql => Token::Name(self.quoted('`', false)?),
            '?' if self.dialect != Dialect::Postgres => {
                self.skip(1);
                Token::Placeholder(None)
            }
            '$' if self.dialect == Dialect::Postgres => {
                self.skip(1);
                let digits = self.take(|c| c.is_ascii_digit());
                Token::Placeholder(Some(digits.parse().map_err(|_| format!("a dollar before {:?}", self.near()))?))
            }
            c if c.is_ascii_digit() => self.number()?,
            c if c.is_ascii_alphabetic() => Token::Word(self.take(|c| c.is_ascii_alphanumeric() || c == '_')),
            _ => self.sign()?,
        };
        // Most databases read two names, or a word and a number, differently where nothing separates them.
        let follows = self.rest.chars().next().is_some_and(|c| c.is_alphanumeric() || "_$\"`?".contains(c));
        if follows && !matches!(token, Token::Sign(_)) {
            return Err(format!("nothing between {token:?} and {:?}", self.near()));
        }
        Ok(Some(token))
    }

    /// Reads a quoted text and returns its content. A quote in it is doubled, or follows a backslash where that escapes.
    fn quoted(&mut self, quote: char, backslash: bool) -> Result<String, String> {
        let mut inside = String::new();
        let mut characters = self.rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = characters.next() {
            if c == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
                self.skip(at + c.len_utf8());
                return Ok(inside);
            }
            if c == '\\' && backslash {
                match characters.next() {
                    Some((_, next @ ('\\' | '\''))) => inside.push(next),
                    other => return Err(format!("a backslash before {other:?}")),
                }
            } else if c == '\0' {
                return Err("a NUL in quotes".into());
            } else {
                inside.push(c);
            }
        }
        Err(format!("a quote without an end at {:?}", self.near()))
    }

    fn number(&mut self) -> Result<Token, String> {
        let mut number = self.take(|c| c.is_ascii_digit() || c == '.');
        if number.ends_with('.') || number.matches('.').count() > 1 {
            return Err(format!("the number {number:?}"));
        }
        if self.rest.starts_with('e') {
            self.skip(1);
            number.push('e');
            if self.rest.starts_with('-') {
                self.skip(1);
                number.push('-');
            }
            number.push_str(&self.take(|c| c.is_ascii_digit()));
        }
        Ok(Token::Number(number))
    }

    fn sign(&mut self) -> Result<Token, String> {
        if let Some(comment) = COMMENTS.into_iter().find(|sign| self.rest.starts_with(sign)) {
            return Err(format!("a comment {comment:?} at {:?}", self.near()));
        }
        let found = SIGNS.into_iter().find(|sign| self.rest.starts_with(sign));
        let sign = found.ok_or_else(|| format!("{:?}", self.near()))?;
        self.skip(sign.len());
        Ok(Token::Sign(sign))
    }

    fn take(&mut self, takes: impl Fn(char) -> bool) -> String {
        let end = self.rest.find(|c| !takes(c)).unwrap_or(self.rest.len());
        let taken = self.rest[..end].to_owned();
        self.skip(end);
        taken
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    fn near(&self) -> String {
        self.rest.chars().take(24).collect()
    }
}

#[test]
fn what_the_host_never_writes_is_an_error() {
    let bad = [
        "a;b", "a--b", "a /* b", "'a", "\"a", "(a", "a]", "1a", "a\tb", "a\0", "é", "a @b", "a:b", "1.", "\"a\"b", "$x",
    ];
    for sql in bad {
        assert!(tokens(sql, Dialect::Postgres).is_err(), "{sql}");
    }
    let text = tokens("E'a\\\\''b' \"c\"\"d\" $12", Dialect::Postgres).expect("good");
    assert_eq!(text, [Token::Text("a\\'b".into()), Token::Name("c\"d".into()), Token::Placeholder(Some(12))]);
    let text = tokens("'\\\\' `a``b` ?", Dialect::Mysql).expect("good");
    assert_eq!(text, [Token::Text("\\".into()), Token::Name("a`b".into()), Token::Placeholder(None)]);
    assert!(tokens("'\\'", Dialect::Mysql).is_err() && tokens("'\\'", Dialect::Sqlite).is_ok());
}
