//! Batches to insert: each row is inserted once, with a placeholder for each value, or an error is returned.

use std::{cell::OnceCell, sync::Arc};

use arbtest::arbitrary::{Result, Unstructured};
use sqlservice_sql::{Batch, BulkStatements, Catalog, Chunk, InsertMany, Layout, Limits};

use crate::{
    batches::column,
    build::{DIALECTS, catalog},
    dice::Dice,
    harness::{Shown, fuzz},
    token::{Token, tokens},
};

#[test]
fn inserts() {
    fuzz(property);
}

pub fn property(bytes: &mut Unstructured<'_>) -> Result<()> {
    thread_local!(static CATALOGS: OnceCell<[Arc<Catalog>; 4]> = const { OnceCell::new() });
    let mut dice = Dice::new(bytes);
    let all = ["name", "age", "active", "made", "price", "doc", "gone", "name"];
    let columns: Vec<String> = dice.many(0, 3, |dice| dice.of(&all).to_owned());
    let rows = dice.below(20);
    let data = dice.many(columns.len(), columns.len(), |dice| column(dice, rows));
    let batch = Arc::new(Batch { rows: rows as u32, columns: data });
    let target = InsertMany {
        schema: None,
        table: dice.of(&["users", "users", "users", "nowhere"]).to_owned(),
        columns,
        returning: dice.many(0, 1, |_| "id".to_owned()),
    };
    let limits = Limits::default()
        .statement_bytes(dice.of(&[4 << 20, 4 << 20, 100, 0]))
        .parameters(dice.of(&[65_535, 65_535, 7, 0]));
    let _shown = Shown(&(target.clone(), Arc::clone(&batch)));
    let catalogs =
        CATALOGS.with(|known| known.get_or_init(|| DIALECTS.map(|dialect| Arc::new(catalog(dialect)))).clone());
    for (dialect, catalog) in DIALECTS.into_iter().zip(catalogs) {
        let Ok(statements) = BulkStatements::new(target.clone(), Arc::clone(&batch), catalog, dialect, limits) else {
            continue;
        };
        let Ok(statements) = statements.collect::<sqlservice_sql::Result<Vec<Chunk>>>() else { continue };
        let inserted = statements.iter().flat_map(|chunk| chunk.rows.clone());
        assert!(inserted.eq(0..rows), "every row once, in order");
        for Chunk { compiled, layout, rows } in &statements {
            assert!(compiled.sql.len() <= limits.statement_bytes && compiled.placeholders.len() <= limits.parameters);
            let parts =
                tokens(&compiled.sql, dialect).unwrap_or_else(|problem| panic!("{problem} in {}", compiled.sql));
            let places = parts.iter().filter(|part| matches!(part, Token::Placeholder(_))).count();
            let each = if *layout == Layout::Rows { rows.len() } else { 1 };
            assert_eq!((places, compiled.placeholders.len()), (each * target.columns.len(), places));
            assert_eq!((compiled.parameters as usize, compiled.outputs.len()), (places, target.returning.len()));
        }
    }
    Ok(())
}
