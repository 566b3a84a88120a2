//! Compares the text of every case with `expected.txt`.
//!
//! `UPDATE_EXPECTED=1 cargo test -p sqlservice-sql` rewrites the file, which has to be reviewed before it is committed.

use std::fmt::Write;

use sqlservice_sql::{Compiled, Dialect, Error, Limits, compile, compiled::ValueSource};

use crate::{
    build::{DIALECTS, catalog},
    cases,
};

fn shown(compiled: Result<Compiled, Error>) -> String {
    let compiled = match compiled {
        Ok(compiled) => compiled,
        Err(Error::Unsupported { capability, .. }) => return format!("unsupported {capability}"),
        Err(error) => return format!("ERROR {error}"),
    };
    let placeholders = compiled.placeholders.iter().map(|placeholder| {
        let source = match &placeholder.source {
            ValueSource::Parameter(number) => format!("p{number}"),
            ValueSource::Literal(value) => format!("{value:?}").replace("Scalar(", "").replace("))", ")"),
        };
        format!("{source}:{}", placeholder.kind.map_or("?".into(), |kind| format!("{kind:?}")))
    });
    let outputs = compiled.outputs.iter().map(|output| {
        let kind = output.ty.as_ref().map_or("?".into(), |ty| format!("{:?}", ty.kind));
        let null = match output.nullable {
            None => " maybe null",
            Some(true) => " null",
            Some(false) => "",
        };
        format!("{}:{kind}{null}", output.name)
    });
    let placeholders: Vec<String> = placeholders.collect();
    let outputs: Vec<String> = outputs.collect();
    let mut text = compiled.sql.to_string();
    if !placeholders.is_empty() {
        let _ = write!(text, "\n    <- {}", placeholders.join(", "));
    }
    if !outputs.is_empty() {
        let _ = write!(text, "\n    -> {}", outputs.join(", "));
    }
    text
}

fn rendered() -> String {
    let limits = Limits::default();
    let mut text = String::new();
    for (name, statement) in cases::all() {
        let _ = writeln!(text, "## {name}");
        for dialect in DIALECTS {
            let compiled = shown(compile(&statement, &catalog(dialect), dialect, &limits));
            let _ = writeln!(text, "{}: {compiled}", format!("{dialect:?}").to_lowercase());
        }
        text.push('\n');
    }
    text
}

#[test]
fn every_case_becomes_what_is_expected() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/statement/expected.txt");
    let rendered = rendered();
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(path, &rendered).expect("written");
    }
    let expected = std::fs::read_to_string(path).expect("the expected texts");
    for (expected, rendered) in expected.split("## ").zip(rendered.split("## ")) {
        assert_eq!(expected, rendered);
    }
    assert_eq!(expected, rendered);
    assert!(!rendered.contains("ERROR"), "a case does not compile");
}

#[test]
fn names_of_cases_are_unique() {
    let mut names: Vec<&str> = cases::all().iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.windows(2).for_each(|pair| assert_ne!(pair[0], pair[1]));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(rendered(), rendered());
    let _ = Dialect::Sqlite;
}

#[test]
fn a_summary_names_the_operation_and_the_tables() {
    let summary = |wanted: &str| {
        let (_, statement) = cases::all().into_iter().find(|(name, _)| *name == wanted).expect("a case");
        let compiled = compile(&statement, &catalog(Dialect::Postgres), Dialect::Postgres, &Limits::default());
        compiled.expect("compiles").summary.to_string()
    };
    assert_eq!(summary("select_without_source"), "SELECT");
    assert_eq!(summary("d08_offset_without_limit"), "SELECT users");
    assert_eq!(summary("update_with_source"), "UPDATE users devices");
    assert_eq!(summary("delete_with_source"), "DELETE devices users");
}
