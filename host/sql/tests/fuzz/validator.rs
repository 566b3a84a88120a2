//! The validator: any arena compiles to text within the limits or to an error with its node, and within a time limit.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use arbtest::arbitrary::{Result, Unstructured};
use sqlservice_sql::{Cache, Dialect, Error, Limits, compile, statement::Statement};

use crate::{
    arena,
    build::{DIALECTS, catalog},
    dice::Dice,
    harness::{Shown, fuzz},
};

#[test]
fn validator() {
    fuzz(property);
}

pub fn property(bytes: &mut Unstructured<'_>) -> Result<()> {
    thread_local!(static CATALOGS: [sqlservice_sql::Catalog; 4] = DIALECTS.map(catalog));
    let limits = limits(&mut Dice::new(bytes));
    let statement = arena::statement(bytes);
    let _shown = (Shown(&statement), Shown(&limits));
    CATALOGS.with(|catalogs| {
        for (dialect, catalog) in DIALECTS.into_iter().zip(catalogs) {
            let answer = quickly(&limits, || compile(&statement, catalog, dialect, &limits));
            match &answer {
                Ok(compiled) => {
                    within(compiled, dialect, &limits);
                    kept(&statement, compiled);
                }
                Err(error) => explained(error, &statement),
            }
            // Compared as text, as NaN is not equal to itself.
            let again = compile(&statement, catalog, dialect, &limits);
            assert_eq!(format!("{again:?}"), format!("{answer:?}"), "the same input, {dialect:?}");
        }
    });
    Ok(())
}

/// Makes limits: mostly ample, sometimes tight, sometimes absurd. None allows a statement so large that it takes long.
fn limits(dice: &mut Dice<'_, '_>) -> Limits {
    let most = Limits::default().expanded_nodes(5_000);
    if !dice.one_in(4) {
        return most;
    }
    most.nodes(dice.of(&[most.nodes, 0, 20]))
        .expanded_nodes(dice.of(&[most.expanded_nodes, 0, 1, 50]))
        .depth(dice.of(&[most.depth, 0, 1, 5]))
        .statement_bytes(if dice.one_in(3) { most.statement_bytes } else { dice.below(600) })
        .parameters(dice.of(&[most.parameters, 0, 1, 3, usize::MAX]))
}

/// Compiles within a time in proportion to the limit of expanded nodes. One of three tries suffices, as other processes may run.
fn quickly<T>(limits: &Limits, compile: impl Fn() -> T) -> T {
    let allowed = Duration::from_millis(50) + Duration::from_micros(50) * limits.expanded_nodes as u32;
    let mut fastest = Duration::MAX;
    for _ in 0..3 {
        let start = Instant::now();
        let answer = compile();
        fastest = fastest.min(start.elapsed());
        if fastest <= allowed {
            return answer;
        }
    }
    panic!("it took {fastest:?}");
}

fn within(compiled: &sqlservice_sql::Compiled, dialect: Dialect, limits: &Limits) {
    let (sql, most) = (&compiled.sql, limits.statement_bytes);
    assert!(sql.len() <= most, "{} bytes of {most}: {sql}", sql.len());
    let most = limits.parameters.min(dialect.capabilities().max_parameters as usize);
    assert!(compiled.placeholders.len() <= most && compiled.parameters as usize <= most, "{most} parameters: {sql}");
}

/// Checks that an error names an existing node, and that its message is short, whatever names are in it.
fn explained(error: &Error, statement: &Statement) {
    let message = error.to_string();
    assert!(!message.is_empty() && message.len() < 4_096, "{message}");
    if let Error::Invalid { node: Some(node), .. } = error {
        assert!((*node as usize) < statement.nodes.len(), "{error:?}");
    }
}

/// Checks that the cache returns the compiled statement that was put there, or nothing.
fn kept(statement: &Statement, compiled: &sqlservice_sql::Compiled) {
    let (mut cache, compiled) = (Cache::default(), Arc::new(compiled.clone()));
    cache.put(statement.clone(), Arc::clone(&compiled));
    assert!(cache.get(statement).is_none_or(|found| Arc::ptr_eq(&found, &compiled)));
}
