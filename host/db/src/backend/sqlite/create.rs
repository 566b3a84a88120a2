//! Parses `CREATE TABLE` texts for what SQLite's pragmas do not return: constraint names, check constraints and computed columns.
//!
//! SQLite parsed the text before it stored it, so it is well-formed. Its content was chosen by the table's creator, though, so
//! nothing here indexes unchecked or recurses. Unknown clauses are skipped.

use sqlservice_sql::{
    Dialect,
    lexer::{Lexer, Token},
    schema::Check,
};

/// A unique or foreign key: its constraint name and its columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Key {
    pub name: Option<String>,
    pub columns: Vec<String>,
}

/// The constraints and computed columns of a `CREATE TABLE` text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Created {
    pub primary_key: Option<String>,
    pub uniques: Vec<Key>,
    /// In the order of the text.
    pub foreign_keys: Vec<Key>,
    pub checks: Vec<Check>,
    /// The computed columns, each with its expression.
    pub computed: Vec<(String, String)>,
}

/// Parses the text of a table. Returns nothing found for a virtual table or a view.
pub(super) fn read(sql: &str) -> Created {
    let tokens: Vec<_> = Lexer::new(sql, Dialect::Sqlite).meaningful().collect();
    let mut reader = Reader { sql, tokens: &tokens, at: 0, name: None, column: None, found: Created::default() };
    // SQLite stores `CREATE TABLE` without the words that stood between, as `TEMP`.
    if reader.tokens.get(1).is_some_and(|token| token.is_word("table")) && reader.enter() {
        reader.definitions();
    }
    reader.found
}

struct Reader<'a> {
    sql: &'a str,
    tokens: &'a [Token<'a>],
    at: usize,
    /// The name after `CONSTRAINT`, for the constraint that follows.
    name: Option<String>,
    /// The column that is being defined; none in a table constraint.
    column: Option<String>,
    found: Created,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<&Token<'a>> {
        let token = self.tokens.get(self.at);
        self.at += usize::from(token.is_some());
        token
    }

    /// Moves past the parenthesis that opens the definitions. Returns whether there is one.
    fn enter(&mut self) -> bool {
        while let Some(token) = self.next() {
            if token.is_sign("(") {
                return true;
            }
        }
        false
    }

    fn definitions(&mut self) {
        let mut first = true;
        while let Some(&token) = self.peek() {
            if token.is_sign(")") {
                return;
            }
            let starts = std::mem::take(&mut first);
            if starts && !is_constraint(&token) {
                self.column = Some(name(&token));
                self.at += 1;
            } else if token.is_sign(",") {
                self.at += 1;
                (first, self.name, self.column) = (true, None, None);
            } else {
                self.clause(token);
            }
        }
    }

    /// Parses one clause of a column definition or table constraint, or skips one token or one pair of parentheses.
    fn clause(&mut self, token: Token<'a>) {
        self.at += 1;
        if token.is_word("constraint") {
            self.name = self.next().map(name);
        } else if token.is_word("primary") {
            let name = self.name.take();
            self.found.primary_key = name;
            // The pragma returns its columns, in order.
        } else if token.is_word("unique") {
            let name = self.name.take();
            let columns = self.own_columns();
            self.found.uniques.push(Key { name, columns });
        } else if token.is_word("check") {
            let name = self.name.take();
            if let Some(expression) = self.parenthesised() {
                self.found.checks.push(Check { name, expression });
            }
        } else if token.is_word("references") {
            // A column's foreign key; `foreign` below parses a table's.
            let (name, columns) = (self.name.take(), self.column.iter().cloned().collect());
            self.found.foreign_keys.push(Key { name, columns });
            self.at += 1;
        } else if token.is_word("foreign") {
            self.foreign();
        } else if token.is_word("as") {
            if let (Some(column), Some(expression)) = (self.column.clone(), self.parenthesised()) {
                self.found.computed.push((column, expression));
            }
        } else if token.is_word("collate") {
            self.at += 1;
            self.name = None;
        } else if token.is_word("not") || token.is_word("default") {
            self.name = None;
        } else if token.is_sign("(") {
            self.at -= 1;
            self.parenthesised();
        }
    }

    /// Parses `FOREIGN KEY (columns) REFERENCES table`; the caller skips the rest.
    fn foreign(&mut self) {
        let name = self.name.take();
        self.at += 1;
        let columns = self.columns();
        self.found.foreign_keys.push(Key { name, columns });
        self.at += 2;
    }

    /// Parses the columns in parentheses; without them, returns the column that is being defined.
    fn own_columns(&mut self) -> Vec<String> {
        if self.peek().is_some_and(|token| token.is_sign("(")) {
            return self.columns();
        }
        self.column.iter().cloned().collect()
    }

    /// Parses the names in parentheses, each the first token of its item: a direction or a collation may follow.
    fn columns(&mut self) -> Vec<String> {
        let (mut names, mut depth, mut first) = (Vec::new(), 0_usize, true);
        while let Some(token) = self.next() {
            match token.text {
                "(" => depth += 1,
                ")" if depth <= 1 => break,
                ")" => depth -= 1,
                "," => first = depth == 1,
                _ if first && depth == 1 => {
                    first = false;
                    names.push(name(token));
                }
                _ => {}
            }
        }
        names
    }

    /// Returns the text between the next parenthesis and the one that closes it.
    fn parenthesised(&mut self) -> Option<String> {
        let from = self.peek().filter(|token| token.is_sign("("))?.end();
        let mut depth = 0_usize;
        while let Some(&token) = self.next() {
            match token.text {
                "(" => depth += 1,
                ")" if depth <= 1 => return self.sql.get(from..token.start).map(|text| text.trim().to_owned()),
                ")" => depth -= 1,
                _ => {}
            }
        }
        None
    }
}

/// The identifier of a token: a word, or the content of its quotes. SQLite also accepts a string literal as an identifier.
fn name(token: &Token<'_>) -> String {
    token.content().into_owned()
}

/// Whether a definition that begins with this token is a table constraint, not a column.
fn is_constraint(token: &Token<'_>) -> bool {
    ["constraint", "primary", "unique", "check", "foreign"].iter().any(|keyword| token.is_word(keyword))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: Option<&str>, columns: &[&str]) -> Key {
        Key { name: name.map(str::to_owned), columns: columns.iter().map(|column| (*column).to_owned()).collect() }
    }

    fn check(name: Option<&str>, expression: &str) -> Check {
        Check { name: name.map(str::to_owned), expression: expression.to_owned() }
    }

    #[test]
    fn constraints_keep_their_names_and_texts() {
        let found = read(
            r#"CREATE TABLE "a.b (x" ( -- unique (nonsense)
                id INTEGER CONSTRAINT "pk ""1" PRIMARY KEY /* check (1) */,
                "check" DECIMAL(10, 2) NOT NULL DEFAULT (1 + (2)) CHECK ("check" > ')' AND ("check" <> 'it''s (')),
                [odd ] TEXT CONSTRAINT nn NOT NULL UNIQUE COLLATE unique REFERENCES p (id) ON DELETE SET NULL,
                both INT GENERATED ALWAYS AS ("check" * (2)) STORED,
                CONSTRAINT "%fk" FOREIGN KEY (id, "check") REFERENCES "q, (" (a, b) ON UPDATE CASCADE
                CONSTRAINT uu UNIQUE (id COLLATE nocase DESC, "check"),
                CHECK (id > 0)
            )"#,
        );
        assert_eq!(found.primary_key.as_deref(), Some("pk \"1"));
        assert_eq!(found.uniques, [key(None, &["odd "]), key(Some("uu"), &["id", "check"])]);
        assert_eq!(found.foreign_keys, [key(None, &["odd "]), key(Some("%fk"), &["id", "check"])]);
        assert_eq!(found.checks, [check(None, "\"check\" > ')' AND (\"check\" <> 'it''s (')"), check(None, "id > 0")]);
        assert_eq!(found.computed, [("both".to_owned(), "\"check\" * (2)".to_owned())]);
    }

    #[test]
    fn malformed_text_ends_without_a_panic() {
        let texts =
            ["", "(", "table (", "create table t (a check ((", "create table t (a 'é", "create table é(\u{e9} unique("];
        for text in
            texts.into_iter().chain(["create table t(a,foreign", "create table t(constraint", "create table [a"])
        {
            read(text);
        }
        assert_eq!(read("create virtual table t using fts5(a, unique)"), Created::default());
    }
}
