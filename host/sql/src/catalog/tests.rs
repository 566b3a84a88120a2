//! Models that are valid and models that are refused.

use super::*;
use crate::schema::{Action, Check, ColumnType, DefaultValue, ForeignKey, Index, TypeKind};
use crate::{Scalar, Value};

const DIALECTS: [Dialect; 4] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb];

fn column(name: &str, ty: impl Into<ColumnType>) -> Column {
    Column::new(name, ty)
}

fn table(name: &str) -> Table {
    let id = Column { default: DefaultValue::GeneratedKey, ..column("id", TypeKind::Int64) };
    let text = Column { nullable: true, ..column("name", TypeKind::Text) };
    Table { primary_key: vec!["id".into()], ..Table::new(name, vec![id, text]) }
}

fn key(column: &str, table: &str, referred: &str) -> ForeignKey {
    ForeignKey {
        name: None,
        columns: vec![column.into()],
        table: table.into(),
        schema: None,
        referred: vec![referred.into()],
        on_delete: Action::NoAction,
        on_update: Action::NoAction,
    }
}

fn index(name: Option<&str>, columns: &[&str]) -> Index {
    Index { name: name.map(Into::into), columns: columns.iter().map(|c| (*c).into()).collect(), unique: false }
}

fn declare(tables: Vec<Table>, dialect: Dialect) -> Result<Catalog> {
    Catalog::declare(Models { tables, relationships: vec![] }, dialect, &Limits::default(), false)
}

/// Returns the error message of a model that every dialect refuses, and that is valid without this change.
fn refused(change: impl Fn(&mut Table)) -> String {
    let mut messages: Vec<String> = DIALECTS
        .into_iter()
        .map(|dialect| {
            let mut table = table("good");
            change(&mut table);
            declare(vec![table], dialect).expect_err("refused").to_string()
        })
        .collect();
    messages.dedup();
    messages.remove(0)
}

#[test]
fn t25_bad_names_are_refused_everywhere() {
    for bad in ["", "a\0b", "a\nb", "sqlite_master", "SQLite_x", "pg_class", "PG_x"] {
        refused(|table| table.name = bad.into());
        refused(|table| table.indexes = vec![index(Some(bad), &["id"])]);
        refused(|table| table.primary_key_name = Some(bad.into()));
    }
    refused(|table| table.name = "x".repeat(10_000));
    refused(|table| table.columns[1].name = "x".repeat(256));
    refused(|table| table.columns[1].name = "\u{1b}".into());
    let long = |name: String, dialect| {
        let mut table = table("good");
        table.name = name;
        declare(vec![table], dialect)
    };
    assert!(long("x".repeat(63), Dialect::Postgres).is_ok());
    assert!(long("x".repeat(64), Dialect::Postgres).is_err());
    assert!(long("x".repeat(64), Dialect::Mysql).is_ok());
    assert!(long("ends ".into(), Dialect::Mysql).is_err());
    assert!(long("ends ".into(), Dialect::Postgres).is_ok());
}

#[test]
fn f07_odd_names_are_names() {
    for odd in
        ["per%cent", "two words", "a.b", "quo\"te", "back`tick", "it's", "select", "MixedCase", "größe", "表", "; DROP"]
    {
        for dialect in DIALECTS {
            let mut table = table(odd);
            table.columns[1].name = odd.into();
            table.indexes = vec![index(None, &[odd])];
            declare(vec![table], dialect).expect("allowed");
        }
    }
}

#[test]
fn models_that_contradict_themselves_are_refused() {
    assert!(refused(|t| t.columns.clear()).contains("no columns"));
    assert!(refused(|t| t.columns[1].name = "id".into()).contains("two columns"));
    assert!(refused(|t| t.primary_key = vec!["gone".into()]).contains("\"gone\""));
    assert!(refused(|t| t.primary_key = vec!["id".into(), "id".into()]).contains("twice"));
    assert!(refused(|t| t.uniques = vec![index(None, &["gone"])]).contains("\"gone\""));
    assert!(refused(|t| t.indexes = vec![index(None, &[])]).contains("no columns"));
    assert!(refused(|t| t.foreign_keys = vec![key("gone", "good", "id")]).contains("\"gone\""));
    assert!(refused(|t| t.foreign_keys = vec![key("id", "nowhere", "id")]).contains("not declared"));
    assert!(refused(|t| t.foreign_keys = vec![key("id", "good", "gone")]).contains("does not have"));
    assert!(refused(|t| t.foreign_keys = vec![key("id", "good", "name")]).contains("neither"));
    assert!(
        refused(|t| {
            let mut key = key("id", "good", "id");
            key.referred.push("name".into());
            t.foreign_keys = vec![key];
        })
        .contains("1 columns and refers to 2")
    );
    assert!(refused(|t| t.columns[1].default = DefaultValue::GeneratedKey).contains("generated key"));
    assert!(refused(|t| t.columns[0].ty = TypeKind::Text.into()).contains("generated key"));
    assert!(refused(|t| t.columns[0].nullable = true).contains("nullable"));
    assert!(refused(|t| t.version_column = Some("name".into())).contains("no integer"));
    assert!(
        refused(|t| {
            let mut key = key("id", "good", "id");
            key.on_delete = Action::SetNull;
            t.foreign_keys = vec![key];
        })
        .contains("to null")
    );
    for dialect in DIALECTS {
        let error = declare(vec![table("same"), table("same")], dialect).expect_err("refused");
        assert!(error.to_string().contains("two models"));
    }
    let mut twice = table("t");
    twice.columns.push(column("NAME", TypeKind::Text));
    assert!(declare(vec![twice.clone()], Dialect::Sqlite).is_err());
    assert!(declare(vec![twice], Dialect::Postgres).is_ok());
}

#[test]
fn types_without_sense_are_refused() {
    let bad = [
        TypeKind::Varchar.into(),
        ColumnType { length: Some(0), ..TypeKind::Varchar.into() },
        ColumnType { length: Some(u32::MAX), ..TypeKind::Varchar.into() },
        TypeKind::Decimal.into(),
        ColumnType { precision: Some(0), ..TypeKind::Decimal.into() },
        ColumnType { precision: Some(5), scale: Some(6), ..TypeKind::Decimal.into() },
        ColumnType { precision: Some(u32::MAX), scale: Some(0), ..TypeKind::Decimal.into() },
        TypeKind::Enumeration.into(),
        ColumnType { labels: vec!["a".into(), "a".into()], ..TypeKind::Enumeration.into() },
        ColumnType { labels: vec!["a\0".into()], ..TypeKind::Enumeration.into() },
        TypeKind::Array.into(),
        ColumnType { element: Some(TypeKind::Array), ..TypeKind::Array.into() },
        TypeKind::Other.into(),
        ColumnType { length: Some(0), ..TypeKind::Bytes.into() },
    ];
    for ty in bad {
        refused(|table| table.columns[1].ty = ty.clone());
    }
    let array = ColumnType { element: Some(TypeKind::Int64), ..TypeKind::Array.into() };
    let mut with_array = table("t");
    with_array.columns[1].ty = array;
    assert!(declare(vec![with_array.clone()], Dialect::Postgres).is_ok());
    let error = declare(vec![with_array], Dialect::Sqlite).expect_err("refused");
    assert!(matches!(error, Error::Unsupported { capability: "arrays", .. }));
}

#[test]
fn t26_sql_text_in_models_is_denied_unless_allowed() {
    let changes: [fn(&mut Table); 5] = [
        |t| t.checks = vec![Check { name: None, expression: "1 = 1); DROP TABLE x".into() }],
        |t| t.columns[1].default = DefaultValue::Expression("now()".into()),
        |t| t.columns[1].on_update = DefaultValue::Expression("now()".into()),
        |t| t.columns[1].computed = Some("id + 1".into()),
        |t| t.columns[1].ty = ColumnType { native: Some("money".into()), ..TypeKind::Other.into() },
    ];
    for change in changes {
        for dialect in DIALECTS {
            let mut table = table("t");
            change(&mut table);
            let models = Models { tables: vec![table], relationships: vec![] };
            let error = Catalog::declare(models.clone(), dialect, &Limits::default(), false).expect_err("refused");
            assert!(matches!(error, Error::Denied(_)), "{error}");
            Catalog::declare(models, dialect, &Limits::default(), true).expect("allowed");
        }
    }
}

#[test]
fn defaults_fit_their_columns() {
    let literal = |scalar: Scalar| DefaultValue::Literal(Value::Scalar(scalar));
    refused(|t| t.columns[1].default = literal(Scalar::Integer(1)));
    refused(|t| t.columns[1].default = DefaultValue::Now);
    refused(|t| t.columns[1].default = literal(Scalar::Text("a\0".into())));
    refused(|t| t.columns[1].on_update = DefaultValue::GeneratedKey);
    refused(|t| {
        t.columns[1].ty = TypeKind::Float64.into();
        t.columns[1].default = literal(Scalar::Float(f64::NAN));
    });
    refused(|t| {
        t.columns[1].ty = TypeKind::Int16.into();
        t.columns[1].default = literal(Scalar::Integer(40_000));
    });
    refused(|t| {
        t.columns[1].ty = ColumnType { labels: vec!["a".into()], ..TypeKind::Enumeration.into() };
        t.columns[1].default = literal(Scalar::Text("b".into()));
    });
}

#[test]
fn t25_made_names_fit_and_never_collide() {
    for dialect in DIALECTS {
        let most = dialect.capabilities().max_identifier;
        let long = "x".repeat(most - 2);
        let mut first = table(&long);
        first.indexes = vec![index(None, &["id"]), index(None, &["name"]), index(None, &["id", "name"])];
        // Joining the parts alone would name both `ix_a_b_c`.
        let mut second = table("a_b");
        second.columns.push(column("c", TypeKind::Int32));
        second.indexes = vec![index(None, &["c"]), index(None, &["c"])];
        let mut third = table("a");
        third.columns.push(column("b_c", TypeKind::Int32));
        third.indexes = vec![index(None, &["b_c"])];
        let catalog = declare(vec![first, second, third], dialect).expect("allowed");
        let tables = catalog.tables();
        let names: Vec<&String> = tables
            .iter()
            .flat_map(|t| t.indexes.iter().filter_map(|i| i.name.as_ref()).chain(&t.primary_key_name))
            .collect();
        assert_eq!(names.len(), 9);
        assert_eq!(names.iter().collect::<std::collections::HashSet<_>>().len(), 9, "{names:?}");
        assert!(names.iter().all(|name| name.len() <= most), "{names:?}");
        assert!(names.iter().any(|name| *name == "ix_a_b_c"));
    }
}

#[test]
fn chosen_names_that_collide_are_refused() {
    for dialect in DIALECTS {
        let mut table = table("t");
        table.indexes = vec![index(Some("same"), &["id"]), index(Some("same"), &["name"])];
        assert!(declare(vec![table], dialect).is_err());
    }
}

#[test]
fn t19_numbers_of_tables_and_columns_have_limits() {
    let limits = Limits { tables: 2, columns: 3, ..Limits::default() };
    let declare = |tables| Catalog::declare(Models { tables, relationships: vec![] }, Dialect::Sqlite, &limits, false);
    assert!(declare(vec![table("a"), table("b")]).is_ok());
    assert!(declare(vec![table("a"), table("b"), table("c")]).is_err());
    let mut wide = table("a");
    wide.columns.extend(["x", "y"].map(|name| column(name, TypeKind::Text)));
    assert!(declare(vec![wide]).is_err());
}

#[test]
fn schemas_are_for_databases_that_have_them() {
    let mut other = table("t");
    other.schema = Some("other".into());
    assert!(declare(vec![other.clone(), table("t")], Dialect::Postgres).is_ok());
    let error = declare(vec![other.clone()], Dialect::Mysql).expect_err("refused");
    assert!(matches!(error, Error::Unsupported { capability: "schemas", .. }));
    for own in ["pg_catalog", "information_schema"] {
        other.schema = Some(own.into());
        assert!(declare(vec![other.clone()], Dialect::Postgres).is_err(), "{own}");
    }
}

#[test]
fn relationships_name_what_exists() {
    let mut child = table("child");
    child.columns.push(Column { nullable: true, ..column("parent_id", TypeKind::Int64) });
    child.foreign_keys = vec![key("parent_id", "parent", "id")];
    let relationship = Relationship {
        name: "children".into(),
        owner: "parent".into(),
        target: "child".into(),
        foreign_key: None,
        through: None,
        collection: true,
        cascade: vec![],
        passive_deletes: false,
        post_update: false,
        order_by: vec!["id".into()],
    };
    let check = |relationships: Vec<Relationship>| {
        let models = Models { tables: vec![table("parent"), child.clone(), table("alone")], relationships };
        Catalog::declare(models, Dialect::Sqlite, &Limits::default(), false)
    };
    assert_eq!(check(vec![relationship.clone()]).expect("allowed").relationships().len(), 1);
    let changes: [fn(&mut Relationship); 6] = [
        |r| r.name = String::new(),
        |r| r.owner = "nobody".into(),
        |r| r.target = "alone".into(),
        |r| r.through = Some("alone".into()),
        |r| r.order_by = vec!["gone".into()],
        |r| r.foreign_key = Some(vec!["gone".into()]),
    ];
    for change in changes {
        let mut wrong = relationship.clone();
        change(&mut wrong);
        assert!(check(vec![wrong.clone()]).is_err(), "{wrong:?}");
    }
    assert!(check(vec![relationship.clone(), relationship]).is_err());
}

#[test]
fn reflected_tables_join_and_do_not_replace() {
    let mut catalog = declare(vec![table("mine")], Dialect::Sqlite).expect("allowed");
    let mut reflected = table("mine");
    reflected.columns.truncate(1);
    catalog.add_reflected(&[reflected, table("other")]);
    assert_eq!(catalog.table(None, "mine").map(|t| t.columns.len()), Some(2));
    assert_eq!(catalog.tables().len(), 2);
    assert_eq!(catalog.declared(&[]).expect("all").len(), 1);
    assert_eq!(catalog.declared(&["other".into()]), Err(Error::NoSuchTable("other".into())));
    assert!(catalog.table(Some("x"), "mine").is_none());
}
