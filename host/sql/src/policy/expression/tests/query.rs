//! Queries in rules, and the tables that their columns belong to.

use super::*;
use crate::{
    Catalog, Dialect, Limits, compile,
    schema::{Column, DefaultValue, Models, Table, TypeKind},
    statement::{Root, Select, SourceTable, Statement},
};

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_query_is_a_select_of_tables() {
    all(&[
        (
            "exists (select 1 from members where user_id = :user and project = notes.project)",
            "(exists [Integer(1) from members where (And (Equal members.user_id :0) (Equal members.project notes.project))])",
        ),
        (
            "not exists (select 1 from members m where m.user_id = 1)",
            "(Not (exists [Integer(1) from members@m where (Equal m.user_id Integer(1))]))",
        ),
        ("project in (select id from projects)", "(Among project [projects.id from projects where ])"),
        (
            "project not in (select id from hidden.projects as p where p.a)",
            "(NotAmong project [p.id from hidden/projects@p where p.a])",
        ),
        (
            "exists (select m.a, 2 from members m join teams t on m.team = t.id inner join notes n on n.x = t.y where t.z)",
            "(exists [m.a Integer(2) from (join (join members@m teams@t on (Equal m.team t.id)) notes@n on (Equal n.x t.y)) \
             where t.z])",
        ),
    ]);
}

#[test]
fn columns_of_the_own_table_are_collected_and_those_of_queries_are_not() {
    let expression = parse("a = 1 and exists (select b from members where c = notes.d and members.e = 1)");
    assert_eq!(expression.columns, names(&["a", "d"]));
    assert_eq!(expression.tables, names(&["members"]));
    let nested = parse(
        "exists (select 1 from members m where m.a in (select b from audit.teams where c = m.d and e = notes.f))",
    );
    assert_eq!(nested.columns, names(&["f"]));
    assert_eq!(nested.tables, names(&["members", "teams"]));
}

#[test]
fn a_source_of_the_own_tables_name_hides_it() {
    let hidden = parse("exists (select 1 from notes where notes.a = b)");
    assert_eq!(hidden.columns, names(&[]));
    assert_eq!(hidden.tables, names(&["notes"]));
    let aliased = parse("exists (select 1 from members notes where notes.a = 1)");
    assert_eq!(aliased.columns, names(&[]));
    let seen = parse("exists (select 1 from notes n where n.a = notes.b)");
    assert_eq!(seen.columns, names(&["b"]));
    let inner = parse(
        "exists (select 1 from members m where exists (select 1 from notes where notes.a = m.a) and m.b = notes.c)",
    );
    assert_eq!(inner.columns, names(&["c"]));
}

fn column(name: &str, kind: TypeKind) -> Column {
    Column {
        name: name.into(),
        ty: kind.into(),
        nullable: true,
        default: DefaultValue::None,
        on_update: DefaultValue::None,
        computed: None,
        comment: None,
    }
}

fn table(name: &str) -> Table {
    Table {
        name: name.into(),
        schema: None,
        columns: vec![
            Column { nullable: false, ..column("id", TypeKind::Int64) },
            column("n", TypeKind::Int64),
            column("t", TypeKind::Text),
            column("b", TypeKind::Boolean),
            column("d", TypeKind::Date),
        ],
        primary_key_name: None,
        primary_key: vec!["id".into()],
        foreign_keys: vec![],
        uniques: vec![],
        indexes: vec![],
        checks: vec![],
        version_column: None,
        comment: None,
        is_view: false,
    }
}

/// Returns a select of the notes for which an expression is true.
fn filtered(expression: &Expression) -> Statement {
    let mut nodes = expression.nodes.clone();
    let source = SourceTable { table: "notes".into(), schema: None, alias: None };
    nodes.push(Node::Literal(1.into()));
    nodes.push(Node::Table(source));
    let position = |back: usize| u32::try_from(nodes.len() - back).unwrap();
    let select = Select {
        ctes: vec![],
        columns: vec![position(2)],
        distinct: false,
        source: Some(position(1)),
        filter: Some(expression.root),
        group_by: vec![],
        having: None,
        order_by: vec![],
        limit: None,
        offset: None,
        lock: None,
    };
    nodes.push(Node::Select(select));
    let root = Root::Select(u32::try_from(nodes.len() - 1).unwrap());
    Statement { nodes, root }
}

#[test]
fn what_parses_is_a_condition_for_every_database() {
    let texts = [
        "n = :a",
        "n is not distinct from -1 or t is distinct from 'x'",
        "b is true and b is not false and (n = 1) is not true",
        "n between 1 and 2.5 and n not in (1, 2) and t not like 'a!%' escape '!' or t ilike 'x'",
        "case n when 1 then b else n % 2 = 1 end",
        "cast(t as bigint) + 1 > -n and t || 'x' <> cast(n as text)",
        "length(trim(t)) < 10 and coalesce(n, 0) < 5 and nullif(t, '') is null and d < current_date",
        "year(d) = 2024 and position('x' in t) > 0 and add_days(d, 1) > cast('2024-01-01' as date)",
        "exists (select 1 from members where n = notes.n and t = :a)",
        "n in (select m.id from members m join teams t on m.n = t.id where t.b and m.d is null)",
        "not exists (select 1 from members m where m.n in (select n from teams where b and t = notes.t))",
    ];
    for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb] {
        let models = Models { tables: ["notes", "members", "teams"].map(table).into(), relationships: vec![] };
        let catalog = Catalog::declare(models, dialect, &Limits::default(), false).unwrap();
        for text in texts {
            let compiled = compile(&filtered(&parse(text)), &catalog, dialect, &Limits::default());
            compiled.unwrap_or_else(|error| panic!("{dialect:?}: {text}: {error}"));
        }
    }
}
