//! Declared tables, and their form after a database has stored them.

use sqlservice_sql::{
    Dialect, Scalar,
    schema::{Action, Check, Column, ColumnType, DefaultValue, ForeignKey, Index, Table, TypeKind},
    types,
};

pub fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// A table whose primary key is its generated columns.
pub fn table(name: &str, columns: Vec<Column>) -> Table {
    let generated = columns.iter().filter(|column| column.default == DefaultValue::GeneratedKey);
    Table {
        name: name.to_owned(),
        schema: None,
        primary_key: generated.map(|column| column.name.clone()).collect(),
        columns,
        primary_key_name: None,
        foreign_keys: Vec::new(),
        uniques: Vec::new(),
        indexes: Vec::new(),
        checks: Vec::new(),
        version_column: None,
        comment: None,
        is_view: false,
    }
}

pub fn col(name: &str, ty: ColumnType) -> Column {
    let (default, on_update) = (DefaultValue::None, DefaultValue::None);
    Column { name: name.to_owned(), ty, nullable: false, default, on_update, computed: None, comment: None }
}

pub fn key(name: &str) -> Column {
    Column { default: DefaultValue::GeneratedKey, ..col(name, TypeKind::Int64.into()) }
}

pub trait Change {
    fn null(self) -> Self;
    fn comment(self, text: &str) -> Self;
    fn default(self, scalar: Scalar) -> Self;
}

impl Change for Column {
    fn null(self) -> Self {
        Self { nullable: true, ..self }
    }

    fn comment(self, text: &str) -> Self {
        Self { comment: Some(text.to_owned()), ..self }
    }

    fn default(self, scalar: Scalar) -> Self {
        Self { default: DefaultValue::Literal(scalar.into()), ..self }
    }
}

pub fn varchar(length: u32) -> ColumnType {
    ColumnType { length: Some(length), ..TypeKind::Varchar.into() }
}

pub fn foreign_key(name: &str, columns: &[&str], table: &str, referred: &[&str]) -> ForeignKey {
    ForeignKey {
        name: Some(name.to_owned()),
        columns: strings(columns),
        table: table.to_owned(),
        schema: None,
        referred: strings(referred),
        on_delete: Action::NoAction,
        on_update: Action::NoAction,
    }
}

pub fn index(name: &str, columns: &[&str], unique: bool) -> Index {
    Index { name: Some(name.to_owned()), columns: strings(columns), unique }
}

pub fn check(name: &str, expression: &str) -> Check {
    Check { name: Some(name.to_owned()), expression: expression.to_owned() }
}

pub fn find<'t>(tables: &'t [Table], name: &str) -> &'t Table {
    tables.iter().find(|table| table.name == name).unwrap_or_else(|| panic!("there is no {name}"))
}

/// The columns of a unique index or constraint: not every database distinguishes them.
pub fn unique<'t>(table: &'t Table, name: &str) -> &'t [String] {
    let mut all = table.uniques.iter().chain(table.indexes.iter().filter(|index| index.unique));
    &all.find(|index| index.name.as_deref() == Some(name)).expect("the unique index").columns
}

/// The tables of SQLAlchemy's reflection tests.
pub fn component_tables() -> Vec<Table> {
    let int = || ColumnType::from(TypeKind::Int64);
    let mut users = table(
        "users",
        vec![
            key("user_id"),
            col("test1", varchar(5)),
            col("test2", TypeKind::Float64.into()),
            col("parent_user_id", int()).null(),
        ],
    );
    users.foreign_keys.push(foreign_key("user_id_fk", &["parent_user_id"], "users", &["user_id"]));
    users.checks.push(check("zz_test2_gt_zero", "test2 > 0"));
    users.checks.push(check("users_test2_max", "test2 <= 1000"));
    users.indexes.push(index("users_t_idx", &["test1", "test2"], true));
    users.indexes.push(index("users_all_idx", &["user_id", "test2", "test1"], false));

    let mut dingalings = table(
        "dingalings",
        vec![
            key("dingaling_id"),
            col("address_id", int()).null(),
            col("id_user", int()).null(),
            col("data", varchar(30)).null(),
        ],
    );
    dingalings.foreign_keys.push(foreign_key(
        "zz_email_add_id_fg",
        &["address_id"],
        "email_addresses",
        &["address_id"],
    ));
    dingalings.foreign_keys.push(foreign_key("fk_dingalings_user", &["id_user"], "users", &["user_id"]));
    dingalings.checks.push(check("address_id_gt_zero", "address_id > 0 AND address_id < 1000"));
    dingalings.uniques.push(index("zz_dingalings_multiple", &["address_id", "dingaling_id"], true));

    let mut addresses = table(
        "email_addresses",
        vec![col("address_id", int()), col("remote_user_id", int()).null(), col("email_address", varchar(20)).null()],
    );
    addresses.primary_key = strings(&["address_id"]);
    addresses.primary_key_name = Some("email_ad_pk".to_owned());
    addresses.foreign_keys.push(foreign_key("fk_email_user", &["remote_user_id"], "users", &["user_id"]));
    addresses.indexes.push(index("ix_email_addresses_email_address", &["email_address"], false));

    let mut commented = table(
        "comment_test",
        vec![
            key("id").comment("id comment"),
            col("data", varchar(20)).null().comment("data % comment"),
            col("d2", varchar(20)).null().comment("Comment types type speedily ' \" \\ '' Fun!"),
            col("d3", varchar(42)).null().comment("Comment\nwith\rescapes"),
        ],
    );
    commented.comment = Some("the test % ' \" \\ table comment".to_owned());
    vec![dingalings, users, addresses, commented]
}

pub fn composite_tables() -> Vec<Table> {
    let mut one = table(
        "tb1",
        vec![col("id", TypeKind::Int64.into()), col("attr", TypeKind::Int64.into()), col("name", varchar(20))],
    );
    one.primary_key = strings(&["name", "id", "attr"]);
    one.primary_key_name = Some("pk_tb1".to_owned());
    let int = || col("x", TypeKind::Int64.into());
    let mut two = table(
        "tb2",
        vec![
            key("id"),
            Column { name: "pid".into(), ..int() },
            Column { name: "pattr".into(), ..int() },
            col("pname", varchar(20)),
        ],
    );
    two.foreign_keys.push(foreign_key(
        "fk_tb1_name_id_attr",
        &["pname", "pid", "pattr"],
        "tb1",
        &["name", "id", "attr"],
    ));
    vec![two, one]
}

/// Tables that refer to each other, one that refers to itself, and one that refers into the circle.
pub fn circular_tables() -> Vec<Table> {
    let refers = |name: &str, column: &str, to: &str| {
        let mut table = table(name, vec![key("id"), col(column, TypeKind::Int64.into()).null()]);
        table.foreign_keys.push(foreign_key(&format!("fk_{name}_{to}"), &[column], to, &["id"]));
        table
    };
    vec![
        refers("chicken", "egg_id", "egg"),
        refers("egg", "chicken_id", "chicken"),
        refers("node", "parent_id", "node"),
        refers("feather", "chicken_id", "chicken"),
    ]
}

/// A table with a column of every type that the database has, with and without a default.
pub fn typed_table(dialect: Dialect) -> Table {
    let decimal = ColumnType { precision: Some(10), scale: Some(3), ..TypeKind::Decimal.into() };
    let bytes = ColumnType { length: Some(20), ..TypeKind::Bytes.into() };
    let text = |content: &str| Scalar::Text(content.to_owned());
    let mut columns = vec![
        key("id"),
        col("yes", TypeKind::Boolean.into()).default(Scalar::Boolean(true)),
        col("no", TypeKind::Boolean.into()).default(Scalar::Boolean(false)),
        col("small", TypeKind::Int16.into()).default(Scalar::Integer(-3)),
        col("middle", TypeKind::Int32.into()).default(Scalar::Integer(10)),
        col("large", TypeKind::Int64.into()).default(Scalar::Integer(i64::MAX)),
        col("single", TypeKind::Float32.into()).default(Scalar::Float(1.5)),
        col("double", TypeKind::Float64.into()).default(Scalar::Float(-0.25)),
        col("exact", decimal).default(Scalar::Decimal("12.500".into())),
        col("short", varchar(30)).default(text("it's \"q\" \\ (%)")),
        col("digits", varchar(5)).default(text("10")),
        col("empty", varchar(5)).default(text("")),
        col("word", varchar(20)).default(text("now()")),
        col("endless", TypeKind::Text.into()).default(text("two\nlines")),
        col("raw", bytes),
        col("uid", TypeKind::Uuid.into()).default(Scalar::Uuid(1, 2)),
        col("doc", TypeKind::Json.into()),
        col("day", TypeKind::Date.into()).default(Scalar::Date(19_782)),
        col("clock", TypeKind::Time.into()).default(Scalar::Time(3_723_500_000)),
        col("moment", TypeKind::Timestamp.into()).default(Scalar::Timestamp(1_700_000_000_250_000)),
        col("zoned", TypeKind::TimestampTz.into()).default(Scalar::TimestampTz(1_700_000_000_000_000)),
        col("nothing", TypeKind::Timestamp.into()).null(),
        col("span", TypeKind::Interval.into()).null(),
    ];
    for (name, kind) in
        [("now_day", TypeKind::Date), ("now", TypeKind::Timestamp), ("now_zoned", TypeKind::TimestampTz)]
    {
        columns.push(Column { default: DefaultValue::Now, ..col(name, kind.into()) });
    }
    if dialect.capabilities().arrays {
        columns.push(col("many", ColumnType { element: Some(TypeKind::Int64), ..TypeKind::Array.into() }).null());
    }
    table("typed", columns)
}

/// An expression's text without the parts that databases add: whitespace, quotes, parentheses, casts.
pub fn squeezed(text: &str) -> String {
    let plain = text.to_lowercase().replace("::double precision", "").replace("::bigint", "");
    plain.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '`' | '(' | ')')).collect()
}

/// Removes the documented differences between a declared and a reflected table; apply it to both.
pub fn normalised(table: &Table, dialect: Dialect) -> Table {
    let mut table = table.clone();
    let mysql = matches!(dialect, Dialect::Mysql | Dialect::Mariadb);
    if mysql {
        table.primary_key_name = None;
        let (unique, plain) = std::mem::take(&mut table.indexes).into_iter().partition(|index| index.unique);
        let unique: Vec<Index> = unique;
        table.uniques.extend(unique);
        table.indexes = plain;
    }
    for key in &mut table.foreign_keys {
        for action in [&mut key.on_delete, &mut key.on_update] {
            if dialect == Dialect::Mariadb && *action == Action::Restrict {
                *action = Action::NoAction;
            }
        }
    }
    for check in &mut table.checks {
        check.expression = squeezed(&check.expression);
    }
    if !dialect.capabilities().comments {
        table.comment = None;
    }
    for column in &mut table.columns {
        // Replaces the type by the one that this database reads from its name.
        let name = column.ty.native.clone().unwrap_or_else(|| types::type_name(&column.ty, dialect));
        let generated = column.default == DefaultValue::GeneratedKey;
        let json = column.ty.kind == TypeKind::Json;
        column.ty = types::parse_type(if generated && dialect == Dialect::Sqlite { "INTEGER" } else { &name }, dialect);
        if json {
            column.ty.kind = TypeKind::Json;
        }
        column.ty.native = None;
        if !dialect.capabilities().comments {
            column.comment = None;
        }
    }
    table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
    table.uniques.sort_by(|a, b| a.name.cmp(&b.name));
    table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
    table.checks.sort_by(|a, b| a.name.cmp(&b.name));
    table
}

/// Removes the names that the database generated from a reflected table.
pub fn forgotten(mut table: Table, declared: &Table) -> Table {
    if declared.primary_key_name.is_none() {
        table.primary_key_name = None;
    }
    table
}
