//! The renderer: compiled text contains no value, no comment, and no name of a guest outside of quotes.

use std::{cell::Cell, collections::HashSet};

use arbtest::arbitrary::{Result, Unstructured};
use sqlservice_sql::{
    Catalog, Compiled, Dialect, Limits, compile, compiled::ValueSource, schema::TypeKind, statement::*,
};

use crate::{
    arena,
    build::{DIALECTS, catalog, nullable, table},
    grammar::Parsed,
    harness::{Shown, fuzz},
    names::{MARK, NUMBERS},
    token::{Token, tokens},
};

/// Every word that the host writes into statements.
const WORDS: &str = "ALL AND AS ASC AT BETWEEN BIGINT BINARY BLOB BOOLEAN BY BYTEA CASE CAST CHAR CHAR_LENGTH COALESCE COLLATE CONCAT \
    CONFLICT CONVERT COUNT CROSS CUME_DIST CURRENT CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DATE DATETIME DECIMAL DEFAULT DELETE \
    DENSE_RANK DESC DISTINCT DIV DO DOUBLE DUAL DUPLICATE ELSE END ESCAPE EXCEPT EXISTS FALSE FILTER FIRST FIRST_VALUE \
    FOLLOWING FOR FROM FULL GLOB GROUP GROUPS HAVING ILIKE IN INSERT INTEGER INTERSECT INTERVAL INTO IS JOIN JSON JSONB \
    JSON_EXTRACT JSON_QUOTE JSON_UNQUOTE KEY LAG LAST LAST_VALUE LATERAL LEAD LEFT LENGTH LIKE LIMIT LOCK LOCKED LOWER MAX MIN \
    MODE NOT NOTHING NOWAIT NTH_VALUE NTILE NULL NULLIF NULLS NUMERIC OF OFFSET ON OR ORDER OVER PARTITION PERCENT_RANK \
    PRECEDING PRECISION RANGE RANK REAL RECURSIVE REPLACE RETURNING RIGHT ROUND ROW ROWS ROW_NUMBER SELECT SET SHARE SIGNED SKIP \
    SMALLINT SUBSTR SUM TEXT THEN TIME TIMESTAMP TIMESTAMPTZ TRIM TRUE UNBOUNDED UNION UNSIGNED UPDATE UPPER USING UUID VALUES \
    VARCHAR WHEN WHERE WITH AVG ABS CEIL DATEDIFF DATE_ADD DAY EXTRACT FLOOR GREATEST HOUR JSON_LENGTH JSON_TYPE LEAST LOCATE \
    LTRIM MINUTE MONTH RTRIM SECOND SIGN YEAR COLLATE abs date datetime decimal \
    decimal_abs decimal_add decimal_avg decimal_ceil decimal_div decimal_float decimal_floor decimal_int decimal_mod decimal_mul \
    decimal_neg decimal_of decimal_round decimal_sign decimal_sub decimal_sum excluded float_mod instr json_array_length json_quote json_type \
    jsonb_array_length jsonb_typeof julianday max members min replace round rtrim sign statement_timestamp strftime strpos \
    substr timezone utf8mb4 utf8mb4_0900_bin utf8mb4_bin utf8mb4_nopad_bin";
/// Every text literal that the host writes into statements, except for those with a pattern's escape character.
const TEXTS: &[&str] = &[
    "",
    "|",
    "||",
    "[",
    "[[]",
    "*",
    "[*]",
    "?",
    "[?]",
    "%",
    "_",
    "\u{e000}",
    "\u{e001}",
    "\u{e002}",
    "$[",
    "]",
    "$.",
    "now",
    "UTC",
    "0",
    ".",
    "%H:%M:%f",
    "1 second",
    " days",
    " seconds",
    "null",
    "%Y-%m-%d %H:%M:%f",
];
/// The names of JSON's types in the databases and in the host.
const JSON_KINDS: &str = "ARRAY,BOOLEAN,DECIMAL,DOUBLE,INTEGER,NULL,OBJECT,STRING,UNSIGNED INTEGER,array,boolean,false,integer,\
    null,number,object,real,string,text,true";
/// Every number that the host writes into statements, except for those of types and frames.
const FIXED: &[&str] = &[
    "0",
    "1",
    "2",
    "4",
    "6",
    "7",
    "9",
    "9e15",
    "12",
    "15",
    "18",
    "19",
    "10",
    "20",
    "30",
    "36",
    "65",
    "64",
    "4294967295",
    "18446744073709551615",
];
/// One of this many compiled texts is parsed by sqlparser.
const PARSED: u32 = 16;

#[test]
fn renderer() {
    fuzz(property);
    PARSES.get().report();
    // Enough generated statements have to compile.
    let (tried, good) = COMPILED.get();
    eprintln!("{good} of {tried} statements were compiled");
    assert!(tried < 1_000 || good > tried / 20, "only {good} of {tried} statements were compiled");
}

thread_local! {
    static CATALOGS: [Catalog; 4] = DIALECTS.map(with_reflected);
    static WORD_SET: HashSet<&'static str> = WORDS.split(' ').collect();
    static PARSES: Cell<Parsed> = Cell::default();
    static COMPILED: Cell<(u32, u32)> = Cell::default();
}

/// Adds a table to the tests' models as a hostile database would report it: reflected names are not checked.
fn with_reflected(dialect: Dialect) -> Catalog {
    let mut catalog = catalog(dialect);
    catalog.add_reflected(&[table("refl\\ected\";--", vec![nullable("n\n4me` /*", TypeKind::Text)])]);
    catalog
}

pub fn property(bytes: &mut Unstructured<'_>) -> Result<()> {
    let statement = arena::statement(bytes);
    let _shown = Shown(&statement);
    let limits = Limits::default().expanded_nodes(5_000);
    for (at, dialect) in DIALECTS.into_iter().enumerate() {
        let answer = CATALOGS.with(|catalogs| compile(&statement, &catalogs[at], dialect, &limits));
        let (tried, good) = COMPILED.get();
        COMPILED.set((tried + 1, good + u32::from(answer.is_ok())));
        let Ok(compiled) = answer else {
            continue;
        };
        check(&statement, &compiled, dialect);
        if good.is_multiple_of(PARSED) && compiled.sql.len() < 4_096 {
            let mut parses = PARSES.get();
            parses.try_one(&compiled.sql, dialect);
            PARSES.set(parses);
        }
    }
    Ok(())
}

/// Checks the properties of any statement's text.
fn check(statement: &Statement, compiled: &Compiled, dialect: Dialect) {
    let sql = &compiled.sql;
    assert!(!sql.contains(MARK), "a value in {sql}");
    let tokens = tokens(sql, dialect).unwrap_or_else(|problem| panic!("{problem} in {sql}"));
    let said = Said::of(statement);
    let mut numbers = HashSet::new();
    let mut placeholders = 0;
    for token in &tokens {
        match token {
            Token::Word(word) => assert!(WORD_SET.with(|words| words.contains(word.as_str())), "{word} in {sql}"),
            Token::Name(name) => {
                assert!(said.names.contains(name.as_str()) || made(name), "the name {name:?} in {sql}")
            }
            Token::Text(text) => assert!(said.texts.contains(text), "the text {text:?} in {sql}"),
            Token::Number(number) => assert!(said.numbers.contains(number), "the number {number} in {sql}"),
            Token::Placeholder(number) => {
                placeholders += 1;
                numbers.extend(*number);
            }
            Token::Sign(_) => {}
        }
    }
    let count = compiled.placeholders.len();
    if dialect == Dialect::Postgres {
        assert_eq!(numbers, (1..=count).collect(), "placeholders of {sql}");
    } else {
        assert_eq!(placeholders, count, "placeholders of {sql}");
    }
    for placeholder in &compiled.placeholders {
        match &placeholder.source {
            ValueSource::Parameter(number) => assert!(*number < compiled.parameters, "{placeholder:?}"),
            ValueSource::Literal(value) => drop(value.clone()),
        }
    }
}

/// Whether a name is one of those that the host makes up itself.
fn made(name: &str) -> bool {
    let counted = |prefix: &str| {
        name.strip_prefix(prefix).is_some_and(|count| !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit()))
    };
    counted("column") || counted("part") || ["coalesce", "exists", "case", "inserted"].contains(&name)
}

/// The names, texts and numbers that a statement's text may contain.
struct Said<'s> {
    names: HashSet<&'s str>,
    texts: HashSet<String>,
    numbers: HashSet<String>,
}

impl<'s> Said<'s> {
    fn of(statement: &'s Statement) -> Self {
        let texts = TEXTS.iter().copied().chain(JSON_KINDS.split(',')).map(str::to_owned).collect();
        let numbers = FIXED.iter().map(|number| (*number).to_owned()).collect();
        let mut said = Self { names: HashSet::new(), texts, numbers };
        // Columns of the models that the host adds itself, such as `touched`, which every update sets.
        said.names.extend(["touched", "id", "name"]);
        statement.nodes.iter().for_each(|node| said.node(node));
        said.root(&statement.root);
        for number in NUMBERS {
            assert!(!said.numbers.contains(&number.unsigned_abs().to_string()), "the test's own numbers");
        }
        said
    }

    fn node(&mut self, node: &'s Node) {
        match node {
            Node::Column(column) => self.names(column.table.iter().chain([&column.name])),
            Node::Excluded(name) => self.names([name]),
            Node::Call(call) => self.names([&call.function]),
            Node::Cast(cast) => {
                let numbers = [cast.ty.length, cast.ty.precision, cast.ty.scale];
                self.numbers.extend(numbers.into_iter().flatten().map(|number| number.to_string()));
                self.numbers.insert(cast.ty.labels.iter().map(|l| l.chars().count()).max().unwrap_or(0).to_string());
                // A decimal without a scale gets the scale 0.
                self.numbers.insert("0".into());
            }
            Node::Window(window) => {
                for bound in window.frame.iter().flat_map(|frame| [&frame.start, &frame.end]) {
                    if let FrameBound::Preceding(count) | FrameBound::Following(count) = bound {
                        self.numbers.insert(count.to_string());
                    }
                }
            }
            Node::Matching(Matching { escape: Some(escape), .. }) => {
                let made = [String::new(), escape.to_string(), "%".into(), "_".into()];
                self.texts.extend(made.map(|after| format!("{escape}{after}")));
                self.texts.insert(format!("[{escape}]"));
            }
            Node::Label(label) => self.names([&label.label]),
            Node::Table(table) => self.names(table.schema.iter().chain(&table.alias).chain([&table.table])),
            Node::Subquery(subquery) => self.names([&subquery.alias]),
            Node::Select(Select { ctes, lock, .. }) => {
                self.ctes(ctes);
                self.names(lock.iter().flat_map(|lock| &lock.tables));
            }
            Node::Compound(compound) => self.ctes(&compound.ctes),
            _ => {}
        }
    }

    fn ctes(&mut self, ctes: &'s [Cte]) {
        ctes.iter().for_each(|cte| self.names(cte.columns.iter().chain([&cte.name])));
    }

    fn root(&mut self, root: &'s Root) {
        let assigned = |assignments: &'s [Assignment]| assignments.iter().map(|assignment| &assignment.column);
        match root {
            Root::Select(_) => {}
            Root::Insert(insert) => {
                self.names(insert.columns.iter().chain([&insert.table]).chain(&insert.schema));
                if let Some(conflict) = &insert.conflict {
                    self.names(&conflict.columns);
                    if let ConflictAction::Update(assignments) = &conflict.action {
                        self.names(assigned(assignments));
                    }
                }
            }
            Root::Update(update) => {
                self.names(assigned(&update.assignments).chain([&update.table]).chain(&update.schema));
            }
            Root::Delete(delete) => self.names([&delete.table].into_iter().chain(&delete.schema)),
        }
    }

    fn names(&mut self, names: impl IntoIterator<Item = &'s String>) {
        self.names.extend(names.into_iter().map(String::as_str));
    }
}
