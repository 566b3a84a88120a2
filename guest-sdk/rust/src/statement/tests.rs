//! Tests of statements in the form in which the guest sends them to the host.

use crate::{
    bindings::sqlservice::database::statements::{
        self, ConflictAction, InsertSource, ListOp, Node, Root, Select as Sent,
    },
    expression::Lowered,
    prelude::*,
    statement::{Change, Command, Query, Sendable},
    value::Scalar,
};

#[derive(Model, Clone, Debug, Default, PartialEq)]
struct User {
    #[model(primary_key, generated)]
    id: i64,
    name: String,
    email: Option<String>,
    age: i32,
}

#[derive(Model, Clone, Debug, Default, PartialEq)]
#[model(table = "devices", schema = "inventory")]
struct Device {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "user.id")]
    user_id: Option<i64>,
}

fn lowered(query: &impl Query) -> Lowered {
    let sent = query.lower(None).and_then(Sendable::statement).expect("it is well-formed");
    assert_well_formed(&sent);
    sent
}

fn changed(command: &impl Command) -> Lowered {
    let sent = command.lower().and_then(Sendable::statement).expect("it is well-formed");
    assert_well_formed(&sent);
    sent
}

#[test]
fn statements_of_one_shape_have_one_number_and_others_seldom() {
    let number = |query: &dyn Fn() -> Lowered| (query().fingerprint(), query().fingerprint());
    let id = || select::<User>().filter(User::ID.eq(7));
    let shapes: Vec<Box<dyn Fn() -> Lowered>> = vec![
        Box::new(|| lowered(&select::<User>().filter(User::ID.eq(1)))),
        Box::new(|| lowered(&select::<User>().filter(User::ID.ne(1)))),
        Box::new(|| lowered(&select::<User>().filter(User::ID.is_null()))),
        Box::new(|| lowered(&select::<User>().filter(User::ID.is_not_null()))),
        Box::new(|| lowered(&select::<User>().filter(User::ID.in_list([1, 2])))),
        Box::new(|| lowered(&select::<User>().filter(User::ID.in_list([1, 2, 3])))),
        Box::new(|| lowered(&select_columns(User::ID))),
        Box::new(|| lowered(&select_columns(Device::ID))),
        Box::new(|| changed(&delete::<User>())),
        Box::new(|| changed(&delete::<Device>())),
    ];
    let mut seen = std::collections::HashSet::new();
    for (at, shape) in shapes.iter().enumerate() {
        let (one, again) = number(shape);
        assert!(one.is_some() && one == again && seen.insert(one), "shape {at}");
    }
    // The same statement with other bind values has the same fingerprint.
    assert_eq!(lowered(&id()).fingerprint(), number(&*shapes[0]).0);
    // 0.0 and -0.0 are equal, but not the same statement.
    let zero = Node::Literal(Value::Scalar(Scalar::Float(0.0)));
    let statement = statements::Statement { nodes: vec![zero], root: Root::Select(0) };
    assert_eq!(Lowered { statement, open: 0, parameters: Vec::new() }.fingerprint(), None);
    let long = select_columns(User::ID).filter(User::ID.in_list(0..300));
    assert_eq!(lowered(&long).fingerprint(), None);
}

/// Asserts that every id is smaller than the position of the node that refers to it, and every parameter has a value.
fn assert_well_formed(sent: &Lowered) {
    for (at, node) in sent.statement.nodes.iter().enumerate() {
        for id in crate::expression::ids(node) {
            assert!((id as usize) < at, "node {at} names {id}: {node:?}");
        }
        if let Node::Parameter(parameter) = node {
            assert!((*parameter as usize) < sent.parameters.len());
        }
    }
}

fn root(sent: &Lowered) -> &Sent {
    match (&sent.statement.root, sent.statement.nodes.last()) {
        (Root::Select(id), Some(Node::Select(select))) if *id as usize == sent.statement.nodes.len() - 1 => select,
        other => panic!("no select: {other:?}"),
    }
}

/// Renders a node as one line, for comparisons.
fn show(sent: &Lowered, id: u32) -> String {
    let of = |id: &u32| show(sent, *id);
    match &sent.statement.nodes[id as usize] {
        Node::Column(it) => it.table.iter().map(|table| format!("{table}.")).collect::<String>() + &it.name,
        Node::Parameter(at) => match &sent.parameters[*at as usize] {
            Value::Scalar(Scalar::Integer(value)) => format!("{value}"),
            Value::Scalar(Scalar::Text(value)) => format!("{value:?}"),
            other => format!("{other:?}"),
        },
        Node::Binary(it) => format!("({} {:?} {})", of(&it.left), it.op, of(&it.right)),
        Node::Unary((op, it)) => format!("{op:?}({})", of(it)),
        Node::Listed(it) => format!("{:?}[{}]", it.op, it.items.iter().map(of).collect::<Vec<_>>().join(", ")),
        Node::Matching(it) => {
            format!("({} ~ {} i={} n={})", of(&it.value), of(&it.pattern), it.ignore_case, it.negated)
        }
        Node::Membership(it) => format!("({} in query n={})", of(&it.value), it.negated),
        Node::Call(it) => {
            let arguments = it.arguments.iter().map(of).collect::<Vec<_>>().join(", ");
            let distinct = if it.distinct { "distinct " } else { "" };
            let filter = it.filter.iter().map(|id| format!(" where {}", of(id))).collect::<String>();
            format!("{}({distinct}{arguments}){filter}", it.function)
        }
        Node::Table(it) => match (&it.schema, &it.alias) {
            (None, None) => it.table.clone(),
            (schema, alias) => format!("{schema:?}.{} as {alias:?}", it.table),
        },
        Node::Join(it) => format!("({} {:?} {} on {:?})", of(&it.left), it.kind, of(&it.right), it.on.as_ref().map(of)),
        Node::Excluded(name) => format!("excluded.{name}"),
        Node::Cast(it) => format!("{} as {:?}", of(&it.value), it.ty.kind),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_select_of_a_model_has_its_columns_and_its_table() {
    let sent = lowered(&select::<User>().filter(User::NAME.eq("ed")).order_by((User::ID.desc(), User::AGE)).limit(10));
    let select = root(&sent);
    let columns: Vec<String> = select.columns.iter().map(|id| show(&sent, *id)).collect();
    assert_eq!(columns, ["user.id", "user.name", "user.email", "user.age"]);
    assert_eq!(select.source.map(|id| show(&sent, id)).as_deref(), Some("user"));
    assert_eq!(select.where_.map(|id| show(&sent, id)).as_deref(), Some("(user.name BinaryOp::Equal \"ed\")"));
    assert_eq!(select.limit.map(|id| show(&sent, id)).as_deref(), Some("10"));
    let order: Vec<_> = select.order_by.iter().map(|key| (show(&sent, key.expression), key.descending)).collect();
    assert_eq!(order, [("user.id".to_owned(), true), ("user.age".to_owned(), false)]);
}

#[test]
fn first_and_one_ask_for_few_rows_unless_the_query_asks_for_fewer() {
    for (limit, at_most, expected) in [(None, 2, "2"), (Some(10), 2, "2"), (Some(1), 2, "1"), (Some(0), 1, "0")] {
        let query = limit.map_or_else(select::<User>, |limit| select::<User>().limit(limit));
        let sent = query.lower(Some(at_most)).and_then(Sendable::statement).expect("it is well-formed");
        assert_eq!(root(&sent).limit.map(|id| show(&sent, id)).as_deref(), Some(expected));
    }
}

#[test]
fn statements_of_one_shape_are_the_same_statement() {
    let by_name = |name: &str| lowered(&select::<User>().filter(User::NAME.eq(name)));
    assert_eq!(by_name("ed").statement, by_name("jo").statement);
    assert_ne!(by_name("ed").parameters, by_name("jo").parameters);
}

#[test]
fn sharing_does_not_explode() {
    let mut sum = User::AGE + 1;
    for _ in 0..200 {
        sum = sum.clone() + sum;
    }
    let sent = lowered(&select_columns(sum));
    // One node for the column, the number, the table and the select, and 201 for the sums: not 2^200 nodes.
    assert_eq!(sent.statement.nodes.len(), 205);
    assert_eq!(sent.parameters.len(), 1);
}

#[test]
fn an_expression_of_any_depth_is_written_and_freed() {
    let mut deep = User::AGE + 1;
    for _ in 0..200_000 {
        deep = deep + 1;
    }
    assert_eq!(lowered(&select_columns(deep)).parameters.len(), 200_001);
}

#[test]
fn conditions_in_a_loop_make_one_list() {
    let mut any = User::AGE.eq(0);
    for age in 1..1000 {
        any = any.or(User::AGE.eq(age));
    }
    let sent = lowered(&select::<User>().filter(any));
    let lists = sent.statement.nodes.iter().filter_map(|node| match node {
        Node::Listed(list) => Some((list.op, list.items.len())),
        _ => None,
    });
    let lists: Vec<_> = lists.collect();
    assert_eq!(lists, [(ListOp::Or, 1000)]);
}

#[test]
fn and_of_a_shared_condition_leaves_it_as_it_was() {
    let shared = User::AGE.gt(1).and(User::AGE.lt(9));
    let longer = shared.clone().and(User::NAME.eq("ed"));
    let sent = lowered(&select::<User>().filter(shared));
    assert_eq!(
        root(&sent).where_.map(|id| show(&sent, id)).as_deref(),
        Some("ListOp::And[(user.age BinaryOp::Greater 1), (user.age BinaryOp::Less 9)]")
    );
    let sent = lowered(&select::<User>().filter(longer));
    let text = root(&sent).where_.map(|id| show(&sent, id)).unwrap_or_default();
    assert!(text.ends_with("(user.name BinaryOp::Equal \"ed\")]"), "{text}");
}

#[test]
fn operands_are_values_columns_and_expressions() {
    let names = vec!["a".to_owned(), "b".to_owned()];
    let cases: [(Expr<bool>, &str); 12] = [
        (User::EMAIL.eq("x"), "(user.email BinaryOp::Equal \"x\")"),
        (User::EMAIL.eq(User::NAME), "(user.email BinaryOp::Equal user.name)"),
        (User::NAME.in_list(&names), "ListOp::InList[user.name, \"a\", \"b\"]"),
        (User::ID.in_list([1, 2]), "ListOp::InList[user.id, 1, 2]"),
        (User::ID.not_in_list(Vec::<i64>::new()), "ListOp::NotInList[user.id]"),
        (User::AGE.between(1, User::AGE + 1), "ListOp::Between[user.age, 1, (user.age BinaryOp::Add 1)]"),
        (User::NAME.starts_with("50%_\\"), "(user.name ~ \"50\\\\%\\\\_\\\\\\\\%\" i=false n=false)"),
        (User::NAME.ilike("E%"), "(user.name ~ \"E%\" i=true n=false)"),
        (!User::EMAIL.is_null(), "UnaryOp::Not(UnaryOp::IsNull(user.email))"),
        (Device::USER_ID.eq(User::ID), "(devices.user_id BinaryOp::Equal user.id)"),
        (
            count(User::ID).filter(User::AGE.gt(1)).gt(2),
            "(count(user.id) where (user.age BinaryOp::Greater 1) BinaryOp::Greater 2)",
        ),
        (count_distinct(User::NAME).eq(literal(1_i64)), "(count(distinct user.name) BinaryOp::Equal 1)"),
    ];
    for (condition, expected) in cases {
        let sent = lowered(&select::<User>().filter(condition));
        assert_eq!(root(&sent).where_.map(|id| show(&sent, id)).as_deref(), Some(expected));
    }
}

#[test]
fn joins_take_aliases_and_schemas() {
    let other = alias::<User>("other");
    let query = select_columns((User::NAME, entity::<Device>().optional(), User::NAME.of(other)))
        .left_join::<Device>(Device::USER_ID.eq(User::ID))
        .join_alias(other, other.column(User::ID).gt(User::ID));
    let sent = lowered(&query);
    let source = root(&sent).source.map(|id| show(&sent, id)).unwrap_or_default();
    assert_eq!(
        source,
        "((user JoinKind::Left Some(\"inventory\").devices as None on Some(\"(devices.user_id BinaryOp::Equal \
         user.id)\")) JoinKind::Inner None.user as Some(\"other\") on Some(\"(other.id BinaryOp::Greater user.id)\"))"
    );
    assert_eq!(root(&sent).columns.last().map(|id| show(&sent, *id)).as_deref(), Some("other.name"));
}

#[test]
fn a_compound_orders_by_its_outputs() {
    let young = select_columns(User::NAME).filter(User::AGE.lt(20));
    let old = select_columns(User::NAME).filter(User::AGE.gt(60));
    let sent = lowered(&young.clone().union(old.clone()).union(young.except(old)).order_by(User::NAME.desc()).limit(3));
    let Some(Node::Compound(compound)) = sent.statement.nodes.last() else { panic!("no compound") };
    assert_eq!((compound.parts.len(), compound.op), (3, statements::SetOp::Union));
    assert_eq!(show(&sent, compound.order_by[0].expression), "name");
}

#[test]
fn queries_stand_inside_others() {
    let owners = select_columns(Device::USER_ID);
    let counted = select_columns(count_all()).from::<Device>().filter(Device::USER_ID.eq(User::ID));
    let query = select_columns((User::NAME, scalar(&counted).label("devices")))
        .filter(User::ID.in_query(&owners).or(exists(&counted)))
        .with("owners", &owners)
        .join_table("owners", column::<i64>("owners", "user_id").eq(User::ID));
    let sent = lowered(&query);
    assert_eq!(root(&sent).ctes[0].name, "owners");
    let selects = sent.statement.nodes.iter().filter(|node| matches!(node, Node::Select(_))).count();
    assert_eq!(selects, 5, "each use of a query is a query");
}

#[test]
fn an_insert_leaves_a_generated_key_of_0_to_the_database() {
    let new = User { name: "ed".to_owned(), ..User::default() };
    let old = User { id: 7, ..new.clone() };
    let columns = |rows: &[User]| match changed(&insert::<User>().values(rows)).statement.root {
        Root::Insert(insert) => insert.columns,
        other => panic!("{other:?}"),
    };
    assert_eq!(columns(&[new.clone(), new.clone()]), ["name", "email", "age"]);
    assert_eq!(columns(std::slice::from_ref(&old)), ["id", "name", "email", "age"]);
    assert!(matches!(Command::lower(&insert::<User>().values(&[new.clone(), old])), Err(Error::Invalid(_))));
    assert!(matches!(Command::lower(&insert::<User>().set(User::AGE, 1).values(&[new])), Err(Error::Invalid(_))));
}

#[test]
fn an_upsert_names_its_key_and_what_changes() {
    let new = User { id: 1, name: "ed".to_owned(), ..User::default() };
    let upsert = insert::<User>()
        .values(&[new])
        .on_conflict_of(User::NAME)
        .do_set(|row| row.set(User::AGE, excluded(User::AGE) + User::AGE).filter(User::AGE.lt(9)));
    let sent = upsert.lower_returning(&[]).expect("it is well-formed");
    let Root::Insert(insert) = &sent.statement.root else { panic!("no insert") };
    let conflict = insert.conflict.as_ref().expect("there is one");
    let ConflictAction::Update(set) = &conflict.action else { panic!("no update") };
    assert_eq!(conflict.columns, ["name"]);
    assert_eq!(show(&sent, set[0].value), "(excluded.age BinaryOp::Add user.age)");
    assert_eq!(conflict.where_.map(|id| show(&sent, id)).as_deref(), Some("(user.age BinaryOp::Less 9)"));
    let InsertSource::Values(rows) = &insert.source else { panic!("no values") };
    assert_eq!(rows[0].len(), 4);
}

#[test]
fn an_update_sets_expressions_and_returns_columns() {
    let change = update::<User>().set(User::AGE, User::AGE + 1).set(User::EMAIL, None::<String>).filter(User::ID.eq(3));
    assert_eq!(changed(&change).parameters.len(), 3);
    let sent = lowered(&change.returning((User::ID, User::AGE)));
    let Root::Update(update) = &sent.statement.root else { panic!("no update") };
    let returned: Vec<String> = update.returning.iter().map(|id| show(&sent, *id)).collect();
    assert_eq!(returned, ["user.id", "user.age"]);
    assert!(matches!(Command::lower(&crate::statement::update::<User>()), Err(Error::Invalid(_))));
}

#[test]
fn a_delete_says_its_schema() {
    let sent = changed(&delete::<Device>().filter(Device::USER_ID.is_null()));
    let Root::Delete(delete) = &sent.statement.root else { panic!("no delete") };
    assert_eq!((delete.table.as_str(), delete.schema.as_deref()), ("devices", Some("inventory")));
}

#[test]
fn a_choice_has_its_branches_in_order() {
    let size = when::<String>(User::AGE.lt(18), "young").when(User::AGE.gt(60), "old").otherwise("grown");
    let sent = lowered(&select_columns((size, User::AGE.cast::<String>())));
    let case = sent.statement.nodes.iter().find_map(|node| match node {
        Node::Case(case) => Some(case),
        _ => None,
    });
    let case = case.expect("there is one");
    let branches: Vec<String> = case.whens.iter().map(|when| show(&sent, when.then)).collect();
    // Bind values that no column is compared with are cast to their type.
    assert_eq!(branches, ["\"young\" as TypeKind::Text", "\"old\" as TypeKind::Text"]);
    assert_eq!(case.otherwise.map(|id| show(&sent, id)).as_deref(), Some("\"grown\" as TypeKind::Text"));
}

#[test]
fn parameters_come_first_and_values_after_them() {
    let named = User::NAME.eq("ed").and(User::AGE.gt(parameter::<i32>(1))).and(User::ID.eq(parameter::<i64>(0)));
    let sent =
        select::<User>().filter(named).limit(3).lower(None).and_then(Sendable::statement).expect("it is well-formed");
    let positions = sent.statement.nodes.iter().filter_map(|node| match node {
        Node::Parameter(position) => Some(*position),
        _ => None,
    });
    assert_eq!(positions.collect::<Vec<_>>(), [2, 1, 0, 3]);
    assert_eq!((sent.open, sent.parameters.len()), (2, 2));
}

#[test]
fn columns_of_several_types_are_one_list() {
    let columns = vec![User::NAME.type_coerce::<Option<Json>>(), User::AGE.type_coerce::<Option<Json>>()];
    let query: crate::statement::Select<Vec<Value>> = select_columns(columns);
    // The source is the first column's table, and `type_coerce` sends no cast.
    assert_eq!(lowered(&query).statement, lowered(&select_columns((User::NAME, User::AGE))).statement);
}

#[test]
fn a_cross_join_pairs_with_every_source() {
    let (other, names) = (alias::<User>("other"), select_columns(User::NAME));
    let query = select_columns(User::ID).with("common", &names);
    let query = query.cross_join_alias(other).cross_join_table("common").cross_join_query(&names, "names");
    let nodes = lowered(&query).statement.nodes;
    let is_cross = |node: &&Node| matches!(node, Node::Join(join) if join.kind == statements::JoinKind::Cross && join.on.is_none());
    assert_eq!(nodes.iter().filter(is_cross).count(), 3);
}
