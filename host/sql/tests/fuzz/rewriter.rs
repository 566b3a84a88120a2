//! Statements under a policy: wherever a table is read or changed, its rule is written beside it. Errors name nothing that only the
//! policy has, and no text contains a claim.

use std::{cell::Cell, sync::Arc};

use arbtest::arbitrary::{Result, Unstructured};
use sqlservice_sql::{
    Catalog, Dialect, Limits, Policy, Value, compile,
    policy::{Allow, Claims, TablePolicy},
};

use crate::{
    arena,
    build::{DIALECTS, catalog, tables},
    harness::{Shown, fuzz},
    token::{Token, tokens},
};

/// A column and a table that only policies name.
const COLUMN: &str = "s3cret";
const TABLE: &str = "m3mbers";
/// The value of a claim.
const CLAIM: &str = "cl41m";

thread_local! {
    static CATALOGS: [[Catalog; 2]; 4] = DIALECTS.map(|dialect| [by_column, by_table].map(|rule| under(dialect, rule)));
    static COMPILED: Cell<(u32, u32)> = Cell::default();
}

#[test]
fn rewriter() {
    fuzz(property);
    let (tried, good) = COMPILED.get();
    eprintln!("{good} of {tried} statements were compiled under a policy");
    assert!(tried < 1_000 || good > tried / 50, "only {good} of {tried} statements were compiled");
}

/// Allows everything to rows whose own column has the tenant's claim.
fn by_column(columns: &[String]) -> TablePolicy {
    let mine = format!("{COLUMN} = :tenant");
    let columns = || columns.iter().cloned();
    let rule = TablePolicy::new().read(columns(), &mine).insert(columns()).set(COLUMN, ":tenant");
    let rule = rule.update(columns(), &mine).delete(&mine);
    let all = [Allow::Aggregate, Allow::Returning, Allow::Lock, Allow::Upsert];
    let rule = all.into_iter().fold(rule, TablePolicy::allow);
    if columns().any(|column| column == "email") { rule.mask("email", "owner = :tenant") } else { rule }
}

/// Allows reads where another table has a row for the tenant's claim.
fn by_table(columns: &[String]) -> TablePolicy {
    let known = format!("exists (select 1 from {TABLE} m where m.who = :tenant)");
    TablePolicy::new().read(columns.iter().cloned(), &known).allow(Allow::Aggregate)
}

fn under(dialect: Dialect, rule: fn(&[String]) -> TablePolicy) -> Catalog {
    let rules = tables().into_iter().map(|table| {
        let columns: Vec<String> = table.columns.into_iter().map(|column| column.name).collect();
        (table.name, rule(&columns))
    });
    let claims: Claims = [("tenant".to_owned(), Value::from(CLAIM))].into();
    let rules = Policy::new(rules).and_then(|policy| policy.bind(&claims)).expect("a policy");
    catalog(dialect).under(Arc::new(rules), dialect).expect("rules for all tables")
}

pub fn property(bytes: &mut Unstructured<'_>) -> Result<()> {
    let statement = arena::statement(bytes);
    let _shown = Shown(&statement);
    let limits = Limits::default().expanded_nodes(5_000);
    for (at, dialect) in DIALECTS.into_iter().enumerate() {
        for (rule, secret) in [COLUMN, TABLE].into_iter().enumerate() {
            let answer = CATALOGS.with(|catalogs| compile(&statement, &catalogs[at][rule], dialect, &limits));
            let (tried, good) = COMPILED.get();
            COMPILED.set((tried + 1, good + u32::from(answer.is_ok())));
            match answer {
                Ok(compiled) => check(&compiled.sql, dialect, secret),
                Err(error) => assert_hidden(&error.to_string()),
            }
        }
    }
    Ok(())
}

fn assert_hidden(message: &str) {
    assert!(![COLUMN, TABLE, CLAIM].iter().any(|secret| message.contains(secret)), "{message}");
}

/// Checks that each mention of a table has the table's rule in the same query or change.
fn check(sql: &str, dialect: Dialect, secret: &str) {
    assert!(!sql.contains(CLAIM), "a claim in {sql}");
    let tokens = tokens(sql, dialect).unwrap_or_else(|problem| panic!("{problem} in {sql}"));
    for at in 0..tokens.len() {
        if is_table(&tokens, at) {
            assert!(is_ruled(&tokens[at..], secret), "no rule beside {:?}, {at}: {sql}", tokens[at]);
        }
    }
}

fn is_word(token: Option<&Token>, words: &[&str]) -> bool {
    matches!(token, Some(Token::Word(word)) if words.contains(&word.as_str()))
}

/// Whether a name is that of a table in the database, not of a column or of the query that replaces the table.
fn is_table(tokens: &[Token], at: usize) -> bool {
    let Token::Name(name) = &tokens[at] else { return false };
    let follows = tokens.get(at + 1);
    tables().iter().any(|table| table.name == *name)
        && follows != Some(&Token::Sign("."))
        && is_word(
            at.checked_sub(1).and_then(|before| tokens.get(before)),
            &["FROM", "JOIN", "UPDATE", "INTO", "USING"],
        )
}

/// Whether the rest of a query or a change contains the secret name.
fn is_ruled(rest: &[Token], secret: &str) -> bool {
    let mut depth = 0_i32;
    for token in rest {
        match token {
            Token::Sign("(") => depth += 1,
            Token::Sign(")") => depth -= 1,
            Token::Name(name) if name == secret => return true,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    false
}
