//! The README's table of capabilities is the one by which the host refuses statements.

use std::{fmt::Write as _, fs};

use sqlservice_sql::{Capabilities, Dialect};
use sqlservice_tests::source;

const BEGIN: &str = "<!-- capabilities: begin -->\n";
const END: &str = "<!-- capabilities: end -->\n";

/// A capability's name in the contract, and whether a dialect has it.
type Row = (&'static str, fn(&Capabilities) -> bool);

/// One row for each capability, named as in the contract.
fn rows() -> Vec<Row> {
    vec![
        ("insert-returning", |c| c.insert_returning),
        ("update-returning", |c| c.update_returning),
        ("delete-returning", |c| c.delete_returning),
        ("full-join", |c| c.full_join),
        ("lateral", |c| c.lateral),
        ("row-locking", |c| c.row_locking),
        ("lock-options", |c| c.lock_options),
        ("conflict-target", |c| c.conflict_target),
        ("aggregate-filter", |c| c.aggregate_filter),
        ("frame-groups", |c| c.frame_groups),
        ("nulls-order", |c| c.nulls_order),
        ("arrays", |c| c.arrays),
        ("schemas", |c| c.schemas),
        ("comments", |c| c.comments),
        ("transactional-ddl", |c| c.transactional_ddl),
        ("isolation-levels", |c| c.isolation_levels),
        ("update-source", |c| c.update_source),
        ("delete-source", |c| c.delete_source),
        ("source-returning", |c| c.source_returning),
    ]
}

fn table() -> String {
    let dialects = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mariadb, Dialect::Mysql].map(Dialect::capabilities);
    let mut table =
        "| capability | SQLite | PostgreSQL | MariaDB | MySQL |\n| --- | :-: | :-: | :-: | :-: |\n".to_owned();
    for (name, can) in rows() {
        let cells = dialects.iter().map(|dialect| if can(dialect) { " yes |" } else { " |" });
        writeln!(table, "| {name} |{}", cells.collect::<String>()).expect("a string");
    }
    table
}

#[test]
fn the_readme_tells_what_each_database_can_do() {
    let readme = fs::read_to_string(source::root().join("README.md")).expect("a README");
    let begin = readme.find(BEGIN).expect("the table's begin") + BEGIN.len();
    let end = readme.find(END).expect("the table's end");
    assert!(readme[begin..end] == table(), "the README's table is not the host's, which is:\n{}", table());
}

#[test]
fn every_capability_of_the_contract_has_a_row() {
    let contract = fs::read_to_string(source::root().join("wit/databases.wit")).expect("the contract");
    let before = contract.split_once("capabilities: func()").expect("the function").0;
    let list = before.rsplit_once("release may add words.").expect("its words").1;
    // A line names one or several capabilities, then their meaning.
    let line = |line: &str| Some(line.trim().strip_prefix("/// - ")?.split_once(": ")?.0.to_owned());
    let words: Vec<String> = list.lines().filter_map(line).collect();
    let words: Vec<&str> = words.iter().flat_map(|line| line.split(", ")).map(|word| word.trim_matches('`')).collect();
    assert_eq!(rows().into_iter().map(|(name, _)| name).collect::<Vec<_>>(), words);
}

/// The capabilities that guests read are those that the host checks.
#[test]
fn guests_are_told_the_capabilities_by_which_the_host_refuses() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mariadb, Dialect::Mysql] {
        let can = dialect.capabilities();
        let has = rows().into_iter().filter(|(_, has)| has(&can)).map(|(name, _)| name);
        assert_eq!(can.names().collect::<Vec<_>>(), has.collect::<Vec<_>>(), "{dialect:?}");
    }
}
