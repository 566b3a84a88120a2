//! Expressions that parse, with their nodes, and expressions that do not, with the offsets of their errors.

mod bind;
mod query;
mod refuse;

use super::*;
use crate::{
    Scalar,
    statement::{Binary, BinaryOp, ListOp, Listed, UnaryOp},
};

fn parse(text: &str) -> Expression {
    Expression::parse(text, "notes").unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

/// Formats the nodes as one text, with each operator and its operands in brackets.
fn shown(expression: &Expression) -> String {
    show(&expression.nodes, expression.root)
}

fn show(nodes: &[Node], id: NodeId) -> String {
    let list = |ids: &[NodeId]| ids.iter().map(|id| show(nodes, *id)).collect::<Vec<_>>().join(" ");
    match &nodes[id as usize] {
        Node::Literal(Value::Scalar(scalar)) => format!("{scalar:?}"),
        Node::Parameter(number) => format!(":{number}"),
        Node::Column(column) => match &column.table {
            Some(table) => format!("{table}.{}", column.name),
            None => column.name.clone(),
        },
        Node::Unary((op, operand)) => format!("({op:?} {})", list(&[*operand])),
        Node::Binary(Binary { op, left, right }) => format!("({op:?} {})", list(&[*left, *right])),
        Node::Listed(Listed { op, items }) => format!("({op:?} {})", list(items)),
        Node::Matching(matching) => format!(
            "({}Like{} {}{})",
            if matching.negated { "Not" } else { "" },
            if matching.ignore_case { "AnyCase" } else { "" },
            list(&[matching.value, matching.pattern]),
            matching.escape.map(|mark| format!(" {mark}")).unwrap_or_default()
        ),
        Node::Call(call) => format!("{}({})", call.function, list(&call.arguments)),
        Node::Cast(cast) => format!("({} as {:?})", show(nodes, cast.value), cast.ty.kind),
        Node::Case(case) => {
            let whens = case.whens.iter().map(|when| list(&[when.condition, when.then])).collect::<Vec<_>>();
            format!("(case {} else {})", whens.join(" | "), list(&case.otherwise.into_iter().collect::<Vec<_>>()))
        }
        Node::Membership(is) => {
            format!("({}{})", if is.negated { "NotAmong " } else { "Among " }, list(&[is.value, is.query]))
        }
        Node::Exists(query) => format!("(exists {})", show(nodes, *query)),
        Node::Table(table) => {
            let schema = table.schema.as_ref().map(|schema| format!("{schema}/")).unwrap_or_default();
            let alias = table.alias.as_ref().map(|alias| format!("@{alias}")).unwrap_or_default();
            format!("{schema}{}{alias}", table.table)
        }
        Node::Join(join) => format!("(join {} on {})", list(&[join.left, join.right]), list(&[join.on.unwrap()])),
        Node::Select(select) => format!(
            "[{} from {} where {}]",
            list(&select.columns),
            show(nodes, select.source.unwrap()),
            list(&select.filter.into_iter().collect::<Vec<_>>())
        ),
        other => panic!("no rule has {other:?}"),
    }
}

#[track_caller]
fn all(cases: &[(&str, &str)]) {
    for (text, nodes) in cases {
        assert_eq!(shown(&parse(text)), *nodes, "{text}");
    }
}

#[test]
fn a_comparison_with_a_claim_is_three_nodes() {
    let expression = parse("tenant_id = :tenant");
    let column = Node::Column(crate::statement::ColumnName { table: None, name: "tenant_id".into() });
    let equal = Node::Binary(Binary { op: BinaryOp::Equal, left: 0, right: 1 });
    assert_eq!(expression.nodes, [column, Node::Parameter(0), equal]);
    assert_eq!(expression.root, 2);
    assert_eq!(expression.claims, ["tenant"]);
    assert_eq!(expression.columns, BTreeSet::from(["tenant_id".to_owned()]));
    assert_eq!(expression.tables, BTreeSet::new());
}

#[test]
fn constants_have_the_kinds_that_they_are_written_as() {
    all(&[
        ("1", "Integer(1)"),
        ("-1", "Integer(-1)"),
        ("- ( 1 )", "Integer(-1)"),
        ("-9223372036854775808", "Integer(-9223372036854775808)"),
        ("9223372036854775808", "Unsigned(9223372036854775808)"),
        ("1.5", "Decimal(\"1.5\")"),
        ("-1.50", "Decimal(\"-1.50\")"),
        (".5", "Decimal(\"0.5\")"),
        ("1.", "Decimal(\"1\")"),
        ("18446744073709551616.0", "Decimal(\"18446744073709551616.0\")"),
        ("1e3", "Float(1000.0)"),
        ("-1.5E-1", "Float(-0.15)"),
        ("'it''s'", "Text(\"it's\")"),
        ("'a\\'", "Text(\"a\\\\\")"),
        ("true", "Boolean(true)"),
        ("FALSE", "Boolean(false)"),
        ("null", "Null"),
    ]);
}

#[test]
fn names_are_taken_to_the_letter() {
    all(&[
        ("Owner_ID", "Owner_ID"),
        ("\"Owner \"\"x\"\"\"", "Owner \"x\""),
        ("notes.text", "text"),
        ("\"notes\".\"text\"", "text"),
        ("größe", "größe"),
        ("date = :date", "(Equal date :0)"),
    ]);
    assert_eq!(parse("notes.a = b").columns, BTreeSet::from(["a".to_owned(), "b".to_owned()]));
}

#[test]
fn a_claim_has_one_number_wherever_it_is_named() {
    let expression = parse("a = :b or c in (:d, :b) or :d is null");
    assert_eq!(expression.claims, ["b", "d"]);
    assert_eq!(shown(&expression), "(Or (Equal a :0) (InList c :1 :0) (IsNull :1))");
}

#[test]
fn operators_bind_as_in_sql() {
    all(&[
        (
            "a = 1 or b = 2 and not c = 3",
            "(Or (Equal a Integer(1)) (And (Equal b Integer(2)) (Not (Equal c Integer(3)))))",
        ),
        ("a and b and c", "(And a b c)"),
        ("a and (b and c)", "(And a (And b c))"),
        ("(a or b) and c", "(And (Or a b) c)"),
        ("not a is null", "(Not (IsNull a))"),
        ("not a in (1)", "(Not (InList a Integer(1)))"),
        ("a + b * c - d", "(Subtract (Add a (Multiply b c)) d)"),
        ("a - b - c", "(Subtract (Subtract a b) c)"),
        ("-a * b", "(Multiply (Negate a) b)"),
        ("a % 2 = 1", "(Equal (Modulo a Integer(2)) Integer(1))"),
        ("a / b > c", "(Greater (Divide a b) c)"),
        ("a || b || 'c' <> d", "(NotEqual (Concat (Concat a b) Text(\"c\")) d)"),
        ("a is distinct from b and c", "(And (IsDistinct a b) c)"),
        ("a is not distinct from b + 1 or c", "(Or (IsNotDistinct a (Add b Integer(1))) c)"),
        ("a between 1 and 2 and b", "(And (Between a Integer(1) Integer(2)) b)"),
        ("a between 1 + 1 and 2 or b", "(Or (Between a (Add Integer(1) Integer(1)) Integer(2)) b)"),
        ("a like 'x%' and b", "(And (Like a Text(\"x%\")) b)"),
        ("a in (1, 2) and b", "(And (InList a Integer(1) Integer(2)) b)"),
        ("(a = b) = c", "(Equal (Equal a b) c)"),
        ("a = b -- a note\n and c", "(And (Equal a b) c)"),
    ]);
}

#[test]
fn every_comparison_has_its_node() {
    all(&[
        ("a = b", "(Equal a b)"),
        ("a <> b", "(NotEqual a b)"),
        ("a != b", "(NotEqual a b)"),
        ("a < b", "(Less a b)"),
        ("a <= b", "(LessEqual a b)"),
        ("a > b", "(Greater a b)"),
        ("a >= b", "(GreaterEqual a b)"),
        ("a is null", "(IsNull a)"),
        ("a is not null", "(IsNotNull a)"),
        ("a is unknown", "(IsNull a)"),
        ("a not between b and c", "(Not (Between a b c))"),
        ("a not in (b, c)", "(NotInList a b c)"),
        ("a not like b", "(NotLike a b)"),
        ("a ilike b", "(LikeAnyCase a b)"),
        ("a not ilike b escape '!'", "(NotLikeAnyCase a b !)"),
        ("a like 'x!%' escape '!'", "(Like a Text(\"x!%\") !)"),
    ]);
}

#[test]
fn tests_of_truth_are_choices_that_are_never_null() {
    all(&[
        ("a is true", "(case a Boolean(true) else Boolean(false))"),
        ("a is not true", "(case a Boolean(false) else Boolean(true))"),
        ("a is false", "(case (Not a) Boolean(true) else Boolean(false))"),
        ("a is not false", "(case (Not a) Boolean(false) else Boolean(true))"),
    ]);
}

#[test]
fn a_case_with_an_operand_compares_it() {
    all(&[
        ("case when a then b else c end", "(case a b else c)"),
        ("case when a then b when c then d end", "(case a b | c d else )"),
        ("case a when 1 then b when :x then c end", "(case (Equal a Integer(1)) b | (Equal a :0) c else )"),
    ]);
    let shared = parse("case a when 1 then 2 when 3 then 4 end");
    assert_eq!(shared.nodes.iter().filter(|node| matches!(node, Node::Column(_))).count(), 1);
}

#[test]
fn casts_are_to_types_of_every_database() {
    use crate::schema::TypeKind as Kind;
    let kinds = [
        ("boolean", Kind::Boolean),
        ("smallint", Kind::Int16),
        ("integer", Kind::Int32),
        ("int", Kind::Int32),
        ("bigint", Kind::Int64),
        ("bigint unsigned", Kind::Uint64),
        ("real", Kind::Float32),
        ("double precision", Kind::Float64),
        ("decimal", Kind::Decimal),
        ("text", Kind::Text),
        ("bytea", Kind::Bytes),
        ("blob", Kind::Bytes),
        ("uuid", Kind::Uuid),
        ("json", Kind::Json),
        ("date", Kind::Date),
        ("time", Kind::Time),
        ("timestamp", Kind::Timestamp),
        ("timestamp without time zone", Kind::Timestamp),
        ("timestamptz", Kind::TimestampTz),
        ("timestamp with time zone", Kind::TimestampTz),
    ];
    for (name, kind) in kinds {
        assert_eq!(shown(&parse(&format!("cast(a as {name})"))), format!("(a as {kind:?})"));
    }
    let sizes = |text: &str| match parse(text).nodes.last() {
        Some(Node::Cast(cast)) => (cast.ty.length, cast.ty.precision, cast.ty.scale),
        other => panic!("{other:?}"),
    };
    assert_eq!(sizes("cast(a as varchar(9))"), (Some(9), None, None));
    assert_eq!(sizes("cast(a as decimal(9))"), (None, Some(9), None));
    assert_eq!(sizes("cast(a as numeric(9, 2))"), (None, Some(9), Some(2)));
}

#[test]
fn functions_are_called_by_their_names_in_lower_case() {
    all(&[
        ("LENGTH(text) < 9000", "(Less length(text) Integer(9000))"),
        ("coalesce(a, b, 1)", "coalesce(a b Integer(1))"),
        ("left(a, 2)", "left(a Integer(2))"),
        ("replace(a, 'x', 'y')", "replace(a Text(\"x\") Text(\"y\"))"),
        ("ceil(a) + floor(b)", "(Add ceil(a) floor(b))"),
        ("position('x' in a)", "position(a Text(\"x\"))"),
        ("position(a, 'x')", "position(a Text(\"x\"))"),
        ("substr(a, 1, 2)", "substr(a Integer(1) Integer(2))"),
        ("substring(a from 2)", "substr(a Integer(2))"),
        ("trim(a)", "trim(a)"),
        ("year(a) = 2024", "(Equal year(a) Integer(2024))"),
        ("a < now()", "(Less a now())"),
        ("a < current_date", "(Less a current_date())"),
        ("add_days(current_date, -7) < a", "(Less add_days(current_date() Integer(-7)) a)"),
    ]);
}

#[test]
fn chains_of_and_and_or_are_as_long_as_the_text() {
    let text = vec!["a = 1"; 400].join(" and ");
    let expression = parse(&text);
    let Some(Node::Listed(Listed { op: ListOp::And, items })) = expression.nodes.last() else { panic!("a list") };
    assert_eq!(items.len(), 400);
}

#[test]
fn the_last_level_that_there_is_room_for_is_read() {
    let nots = |count: usize| format!("{}a", "not ".repeat(count));
    assert_eq!(parse(&nots(31)).nodes.len(), 32);
    assert!(Expression::parse(&nots(32), "notes").is_err());
    let Node::Unary((UnaryOp::Not, _)) = parse(&nots(31)).nodes[31] else { panic!("not") };
    // Parentheses do not count as levels.
    assert_eq!(shown(&parse(&format!("{}a{}", "(".repeat(40), ")".repeat(40)))), "a");
}
