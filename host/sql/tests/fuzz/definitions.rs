//! Models: a guest's declaration is refused, or becomes definitions in which the guest's names and texts are quoted.

use std::{cell::Cell, collections::HashSet};

use arbtest::arbitrary::{Result, Unstructured};
use sqlservice_sql::{
    Catalog, Dialect, Limits, ddl,
    schema::{Models, Table},
};

use crate::{
    build::DIALECTS,
    dice::Dice,
    harness::{Shown, fuzz},
    models, names,
    token::{Token, tokens},
};

/// Every word that the host writes into definitions without native types.
const WORDS: &str = "ADD ALTER ALWAYS AS AUTO_INCREMENT BIGINT BLOB BOOLEAN BY BYTEA CASCADE CAST CHAR CHARSET CHECK COLLATE COLUMN \
    COMMENT CONSTRAINT CREATE CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DATE DATETIME DECIMAL DECIMAL_TEXT DEFAULT DELETE DOUBLE \
    DROP DURATION_TEXT ENGINE FALSE FLOAT FOREIGN GENERATED IDENTITY IN INDEX INT INTEGER INTERVAL IS InnoDB JSON JSONB JSON_TEXT KEY \
    LONGBLOB LONGTEXT NOT NULL NUMERIC ON PRECISION PRIMARY REAL REFERENCES RESTRICT SET SMALLINT TABLE TEXT TIME TIMESTAMP \
    TIMESTAMPTZ TRUE UNIQUE UNSIGNED UPDATE UUID VARBINARY VARCHAR date decode rtrim statement_timestamp strftime timezone utf8mb4 \
    utf8mb4_0900_bin utf8mb4_nopad_bin";

thread_local! {
    static WORD_SET: HashSet<&'static str> = WORDS.split(' ').filter(|word| !word.is_empty()).collect();
    static COUNTS: Cell<(u32, u32)> = Cell::default();
}

#[test]
fn definitions() {
    fuzz(property);
    let (tried, good) = COUNTS.get();
    eprintln!("{good} of {tried} models were declared");
    assert!(tried < 1_000 || good > tried / 20, "only {good} of {tried} models were declared");
}

pub fn property(bytes: &mut Unstructured<'_>) -> Result<()> {
    let mut dice = Dice::new(bytes);
    let models = models::models(&mut dice);
    let reflected = vec![models::table(&mut dice, names::name(&mut Dice::new(&mut Unstructured::new(&[]))))];
    let _shown = Shown(&models);
    for dialect in DIALECTS {
        let (tried, good) = COUNTS.get();
        COUNTS.set((tried + 1, good));
        for allowed in [true, false] {
            let declared = Catalog::declare(models.clone(), dialect, &Limits::default(), allowed);
            let Ok(mut catalog) = declared else {
                let error = declared.expect_err("it is one").to_string();
                assert!(!error.is_empty() && error.len() < 8_192, "{error}");
                continue;
            };
            let again = Catalog::declare(models.clone(), dialect, &Limits::default(), allowed);
            assert_eq!(again.as_ref(), Ok(&catalog), "the same input, {dialect:?}");
            catalog.tables().into_iter().for_each(|table| named(table, dialect));
            if !allowed {
                COUNTS.set((tried + 1, good + 1));
                defined(&models, &catalog, dialect);
            }
            catalog.add_reflected(&reflected);
            assert!(catalog.tables().len() <= models.tables.len() + 1);
            let _ = (ddl::create(&catalog.tables(), dialect), ddl::drop(&catalog.tables(), dialect));
        }
    }
    Ok(())
}

/// Checks that every index, key and check has a name that the database accepts unchanged.
fn named(table: &Table, dialect: Dialect) {
    let indexes = table.uniques.iter().chain(&table.indexes).map(|index| &index.name);
    let keys = table.foreign_keys.iter().map(|key| &key.name).chain(table.checks.iter().map(|check| &check.name));
    let keys = keys.chain((!table.primary_key.is_empty()).then_some(&table.primary_key_name));
    let mut names = HashSet::new();
    for name in indexes.chain(keys) {
        let name = name.as_ref().expect("a name");
        assert!(!name.is_empty() && name.len() <= dialect.capabilities().max_identifier, "{name:?}");
        assert!(!name.chars().any(char::is_control), "{name:?}");
        names.insert(name);
    }
}

/// Checks that definitions contain the guest's names and texts only in quotes.
fn defined(models: &Models, catalog: &Catalog, dialect: Dialect) {
    let tables = catalog.tables();
    let Ok(created) = ddl::create(&tables, dialect) else {
        return;
    };
    let dropped = ddl::drop(&tables, dialect).expect("everything has a name");
    let names = all_names(&tables);
    for statement in created.iter().chain(&dropped) {
        let sql = &statement.sql;
        assert!(statement.is_plain, "no SQL text was allowed: {sql}");
        // `tokens` has no token for a literal of bytes: without its prefix it is a text.
        let plain = sql.replace(" x'", " '").replace("(x'", "('");
        let tokens = tokens(&plain, dialect).unwrap_or_else(|problem| panic!("{problem} in {sql}"));
        for token in tokens {
            match token {
                Token::Word(word) => {
                    assert!(WORD_SET.with(|words| words.contains(word.as_str())), "{word} in {sql}");
                }
                Token::Name(name) => assert!(names.contains(name.as_str()), "the name {name:?} in {sql}"),
                Token::Placeholder(_) => panic!("a placeholder in {sql}"),
                Token::Text(_) | Token::Number(_) | Token::Sign(_) => {}
            }
        }
    }
    let comments = models.tables.iter().filter(|table| !table.is_view).filter_map(|table| table.comment.as_ref());
    if dialect.capabilities().comments {
        for comment in comments {
            let quoted =
                |sql: &String| tokens(sql, dialect).is_ok_and(|all| all.contains(&Token::Text(comment.clone())));
            assert!(
                created.iter().map(|statement| statement.sql.replace(" x'", " '")).any(|sql| quoted(&sql)),
                "no {comment:?}"
            );
        }
    }
}

fn all_names<'t>(tables: &[&'t Table]) -> HashSet<&'t str> {
    let mut names: HashSet<&str> = HashSet::new();
    for table in tables {
        names.extend([table.name.as_str()].into_iter().chain(table.schema.as_deref()));
        names.extend(table.columns.iter().map(|column| column.name.as_str()).chain(table.primary_key_name.as_deref()));
        let indexes = table.uniques.iter().chain(&table.indexes).filter_map(|index| index.name.as_deref());
        let keys = table.foreign_keys.iter();
        names.extend(indexes.chain(keys.flat_map(|key| [key.name.as_deref(), Some(&key.table)]).flatten()));
        names.extend(table.foreign_keys.iter().flat_map(|key| key.referred.iter().map(String::as_str)));
    }
    names
}
