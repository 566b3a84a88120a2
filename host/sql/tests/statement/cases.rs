//! The cases of the statement language, each with a name and a statement. Their compiled text is in `expected.txt`.

mod decimal;
mod function;

use self::{decimal::decimals, function::functions};
use crate::build::*;
use sqlservice_sql::{Scalar, statement::*};

type Named = (&'static str, Statement);

fn case(name: &'static str, make: impl FnOnce(Arena) -> Statement) -> Named {
    (name, make(Arena::default()))
}

pub fn all() -> Vec<Named> {
    let mut cases = queries();
    cases.extend(operators());
    cases.extend(functions());
    cases.extend(decimals());
    cases.extend(changes());
    cases
}

fn queries() -> Vec<Named> {
    vec![
        case("d08_select_where_order_limit", |mut a| {
            let (users, id, name) = (a.from("users"), a.col("id"), a.col("users.name"));
            let (value, limit, offset) = (a.par(0), a.int(10), a.par(1));
            let filter = a.eq(name, value);
            a.query(Select {
                filter: Some(filter),
                order_by: vec![desc(id), asc(name)],
                limit: Some(limit),
                offset: Some(offset),
                ..select(&[id, name], users)
            })
        }),
        case("d08_offset_without_limit", |mut a| {
            let (users, id, offset) = (a.from("users"), a.col("id"), a.int(5));
            a.query(Select { offset: Some(offset), ..select(&[id], users) })
        }),
        case("select_without_source", |mut a| {
            let (one, text, parameter) = (a.int(1), a.text("a"), a.par(0));
            let column = a.label(one, "one");
            let filter = a.lit(Scalar::Boolean(true));
            a.query(Select { filter: Some(filter), ..select(&[column, text, parameter], None) })
        }),
        case("distinct_group_having", |mut a| {
            let (users, age) = (a.from("users"), a.col("age"));
            let count = a.call("count", &[]);
            let labelled = a.label(count, "how_many");
            let two = a.par(0);
            let having = a.bin(count, BinaryOp::Greater, two);
            let order = a.col("how_many");
            a.query(Select {
                distinct: true,
                group_by: vec![age],
                having: Some(having),
                order_by: vec![desc(order)],
                ..select(&[age, labelled], users)
            })
        }),
        case("joins_of_every_kind_with_aliases", |mut a| {
            let (users, boss, devices) = (a.from("users"), a.from("users as boss"), a.from("devices"));
            let (left, right) = (a.col("users.boss_id"), a.col("boss.id"));
            let on = a.eq(left, right);
            let joined = a.join(JoinKind::Left, users, boss, on);
            let (left, right) = (a.col("devices.user_id"), a.col("users.id"));
            let on = a.eq(left, right);
            let joined = a.join(JoinKind::Inner, joined, devices, on);
            let logs = a.from("logs");
            let joined = a.join(JoinKind::Cross, joined, logs, 0);
            let more = a.from("devices as more");
            let (left, right) = (a.col("more.id"), a.col("logs.id"));
            let on = a.eq(left, right);
            let joined = a.join(JoinKind::Right, joined, more, on);
            let (name, boss_name) = (a.col("users.name"), a.col("boss.name"));
            a.query(select(&[name, boss_name], joined))
        }),
        case("full_join", |mut a| {
            let (users, devices) = (a.from("users"), a.from("devices"));
            let (left, right) = (a.col("users.id"), a.col("user_id"));
            let on = a.eq(left, right);
            let joined = a.join(JoinKind::Full, users, devices, on);
            a.query(select(&[left, right], joined))
        }),
        case("subquery_as_source", |mut a| {
            let (users, age, id) = (a.from("users"), a.col("age"), a.col("id"));
            let count = a.call("count", &[id]);
            let inner = a.select(Select { group_by: vec![age], ..select(&[age, count], users) });
            let source = a.sub(inner, "ages", false);
            let (outer, count) = (a.col("ages.age"), a.col("ages.count"));
            let one = a.int(1);
            let filter = a.bin(count, BinaryOp::Greater, one);
            a.query(Select { filter: Some(filter), ..select(&[outer], source) })
        }),
        case("lateral_subquery", |mut a| {
            let (users, devices) = (a.from("users"), a.from("devices"));
            let (id, user_id, name) = (a.col("users.id"), a.col("user_id"), a.col("name"));
            let filter = a.eq(user_id, id);
            let one = a.int(1);
            let inner = a.select(Select { filter: Some(filter), limit: Some(one), ..select(&[name], devices) });
            let source = a.sub(inner, "first", true);
            let joined = a.join(JoinKind::Cross, users, source, 0);
            let first = a.col("first.name");
            a.query(select(&[id, first], joined))
        }),
        case("correlated_exists_scalar_and_membership", |mut a| {
            let (users, devices) = (a.from("users"), a.from("devices"));
            let (id, user_id, name) = (a.col("users.id"), a.col("user_id"), a.col("devices.name"));
            let filter = a.eq(user_id, id);
            let inner = a.select(Select { filter: Some(filter), ..select(&[user_id], devices) });
            let exists = a.add(Node::Exists(inner));
            let greatest = a.call("max", &[name]);
            let inner = a.select(Select { filter: Some(filter), ..select(&[greatest], devices) });
            let scalar = a.add(Node::ScalarQuery(inner));
            let inner = a.select(select(&[user_id], devices));
            let among = a.add(Node::Membership(Membership { value: id, query: inner, negated: true }));
            let filter = a.listed(ListOp::Or, &[exists, among]);
            a.query(Select { filter: Some(filter), ..select(&[id, scalar], users) })
        }),
        case("rows_among_a_query", |mut a| {
            let (users, devices) = (a.from("users"), a.from("devices"));
            let (id, user_id, name) = (a.col("users.id"), a.col("devices.user_id"), a.col("devices.name"));
            let inner = a.select(select(&[user_id, name], devices));
            let parameter = a.par(0);
            let row = a.listed(ListOp::RowValues, &[id, parameter]);
            let filter = a.add(Node::Membership(Membership { value: row, query: inner, negated: false }));
            a.query(Select { filter: Some(filter), ..select(&[id], users) })
        }),
        case("d01_recursive_cte", |mut a| {
            let (users, id, boss) = (a.from("users"), a.col("users.id"), a.col("users.boss_id"));
            let start = a.un(UnaryOp::IsNull, boss);
            let first = a.select(Select { filter: Some(start), ..select(&[id, boss], users) });
            let chain = a.from("chain");
            let above = a.col("chain.id");
            let on = a.eq(boss, above);
            let joined = a.join(JoinKind::Inner, users, chain, on);
            let next = a.select(select(&[id, boss], joined));
            let whole = a.add(Node::Compound(compound(SetOp::UnionAll, &[first, next])));
            let cte =
                Cte { name: "chain".into(), columns: vec!["id".into(), "above".into()], query: whole, recursive: true };
            let (id, above) = (a.col("id"), a.col("chain.above"));
            a.query(Select { ctes: vec![cte], order_by: vec![asc(id)], ..select(&[id, above], chain) })
        }),
        case("cte_hides_a_table_and_is_used_twice", |mut a| {
            let (users, id) = (a.from("users"), a.col("id"));
            let inner = a.select(select(&[id], users));
            let cte = Cte { name: "devices".into(), columns: vec![], query: inner, recursive: false };
            let (one, two) = (a.from("devices as one"), a.from("devices as two"));
            let (left, right) = (a.col("one.id"), a.col("two.id"));
            let on = a.eq(left, right);
            let joined = a.join(JoinKind::Inner, one, two, on);
            a.query(Select { ctes: vec![cte], ..select(&[left], joined) })
        }),
        case("d05_in_a_limited_query", |mut a| {
            let (users, id, two) = (a.from("users"), a.col("id"), a.int(2));
            let inner = a.select(Select { order_by: vec![asc(id)], limit: Some(two), ..select(&[id], users) });
            let filter = a.add(Node::Membership(Membership { value: id, query: inner, negated: false }));
            a.query(Select { filter: Some(filter), ..select(&[id], users) })
        }),
        case("d03_union_of_limited_selects", |mut a| {
            let (users, id, two) = (a.from("users"), a.col("id"), a.int(2));
            let limited = a.select(Select { order_by: vec![asc(id)], limit: Some(two), ..select(&[id], users) });
            let plain = a.select(select(&[id], users));
            let whole = compound(SetOp::Union, &[limited, plain]);
            let ten = a.par(0);
            let whole = a.add(Node::Compound(Compound { order_by: vec![desc(id)], limit: Some(ten), ..whole }));
            a.end(Root::Select(whole))
        }),
        case("compound_of_compounds", |mut a| {
            let (users, devices, id) = (a.from("users"), a.from("devices"), a.col("id"));
            let one = a.select(select(&[id], users));
            let two = a.select(select(&[id], devices));
            let both = a.add(Node::Compound(compound(SetOp::Intersect, &[one, two])));
            let whole = a.add(Node::Compound(compound(SetOp::Except, &[one, both])));
            a.end(Root::Select(whole))
        }),
        case("d04_windows", |mut a| {
            let (users, id, age, name) = (a.from("users"), a.col("id"), a.col("age"), a.col("name"));
            let greatest = a.call("max", &[age]);
            let frame =
                Frame { unit: FrameUnit::Rows, start: FrameBound::Preceding(5), end: FrameBound::Following(20) };
            let rolling = a.add(Node::Window(Window {
                call: greatest,
                partition_by: vec![name],
                order_by: vec![asc(id)],
                frame: Some(frame),
            }));
            let number = a.call("row_number", &[]);
            let number = a.add(Node::Window(Window {
                call: number,
                partition_by: vec![],
                order_by: vec![desc(id)],
                frame: None,
            }));
            let distance = a.int(2);
            let before = a.call("lag", &[age, distance]);
            let before = a.add(Node::Window(Window {
                call: before,
                partition_by: vec![],
                order_by: vec![asc(id)],
                frame: None,
            }));
            let sum = a.call("sum", &[age]);
            let sum = a.add(Node::Window(Window { call: sum, partition_by: vec![], order_by: vec![], frame: None }));
            a.query(select(&[rolling, number, before, sum], users))
        }),
        case("frame_of_groups", |mut a| {
            let (users, id, age) = (a.from("users"), a.col("id"), a.col("age"));
            let sum = a.call("sum", &[age]);
            let frame = Frame { unit: FrameUnit::Groups, start: FrameBound::Current, end: FrameBound::Unbounded };
            let window = Window { call: sum, partition_by: vec![], order_by: vec![asc(id)], frame: Some(frame) };
            let window = a.add(Node::Window(window));
            a.query(select(&[window], users))
        }),
        case("c16_lock_for_update", |mut a| {
            let (users, id) = (a.from("users"), a.col("id"));
            let lock = Locking { for_share: false, no_wait: true, skip_locked: false, tables: vec![] };
            a.query(Select { lock: Some(lock), ..select(&[id], users) })
        }),
        case("lock_for_share_of_a_table", |mut a| {
            let (users, id) = (a.from("users as u"), a.col("u.id"));
            let lock = Locking { for_share: true, no_wait: false, skip_locked: true, tables: vec!["u".into()] };
            a.query(Select { lock: Some(lock), ..select(&[id], users) })
        }),
        case("lock_for_share", |mut a| {
            let (users, id) = (a.from("users as u"), a.col("u.id"));
            let lock = Locking { for_share: true, no_wait: false, skip_locked: false, tables: vec![] };
            a.query(Select { lock: Some(lock), ..select(&[id], users) })
        }),
        case("nulls_first", |mut a| {
            let (users, email) = (a.from("users"), a.col("email"));
            let order = Order { expression: email, descending: true, nulls_first: Some(true) };
            a.query(Select { order_by: vec![order], ..select(&[email], users) })
        }),
        case("d14_odd_names", |mut a| {
            let (odd, percent, word) = (a.from("odd \"table`%"), a.col("per%cent"), a.col("select"));
            let label = a.label(percent, "a \"b` c");
            a.query(select(&[label, word], odd))
        }),
        case("group_by_a_value", |mut a| {
            let (users, age, five) = (a.from("users"), a.col("age"), a.int(5));
            let sum = a.bin(age, BinaryOp::Add, five);
            a.query(Select { group_by: vec![sum], ..select(&[sum], users) })
        }),
    ]
}

fn operators() -> Vec<Named> {
    let filter = |name: &'static str, make: fn(&mut Arena) -> NodeId| {
        case(name, |mut a| {
            let (users, id) = (a.from("users"), a.col("users.id"));
            let filter = make(&mut a);
            a.query(Select { filter: Some(filter), ..select(&[id], users) })
        })
    };
    let value = |name: &'static str, make: fn(&mut Arena) -> NodeId| {
        case(name, |mut a| {
            let users = a.from("users");
            let value = make(&mut a);
            a.query(select(&[value], users))
        })
    };
    vec![
        filter("comparisons_and_logic", |a| {
            let (age, price, name) = (a.col("age"), a.col("price"), a.col("name"));
            let (one, two, three) = (a.par(0), a.lit(Scalar::Decimal("1.5".into())), a.par(1));
            let less = a.bin(age, BinaryOp::Less, one);
            let more = a.bin(two, BinaryOp::LessEqual, price);
            let other = a.bin(name, BinaryOp::NotEqual, three);
            let or = a.listed(ListOp::Or, &[less, more]);
            let not = a.un(UnaryOp::Not, or);
            a.listed(ListOp::And, &[not, other])
        }),
        filter("empty_and", |a| a.listed(ListOp::And, &[])),
        filter("empty_or", |a| a.listed(ListOp::Or, &[])),
        filter("d05_in_list", |a| {
            let (age, one, two) = (a.col("age"), a.int(1), a.par(0));
            a.listed(ListOp::InList, &[age, one, two])
        }),
        filter("d05_in_empty", |a| {
            let age = a.col("age");
            a.listed(ListOp::InList, &[age])
        }),
        filter("d05_not_in_empty", |a| {
            let age = a.col("age");
            a.listed(ListOp::NotInList, &[age])
        }),
        filter("d05_tuples_in_list", |a| {
            let (age, name) = (a.col("age"), a.col("name"));
            let (one, two, three, four) = (a.int(1), a.text("a"), a.par(0), a.par(1));
            let key = a.listed(ListOp::RowValues, &[age, name]);
            let first = a.listed(ListOp::RowValues, &[one, two]);
            let second = a.listed(ListOp::RowValues, &[three, four]);
            a.listed(ListOp::NotInList, &[key, first, second])
        }),
        filter("rows_compared", |a| {
            let (age, name, one, two) = (a.col("age"), a.col("name"), a.par(0), a.par(1));
            let (left, right) = (a.listed(ListOp::RowValues, &[age, name]), a.listed(ListOp::RowValues, &[one, two]));
            a.bin(left, BinaryOp::GreaterEqual, right)
        }),
        filter("between", |a| {
            let (made, one, two) = (a.col("made"), a.par(0), a.par(1));
            a.listed(ListOp::Between, &[made, one, two])
        }),
        filter("decimals_between", |a| {
            let (price, one, two) = (a.col("price"), a.par(0), a.int(7));
            a.listed(ListOp::Between, &[price, one, two])
        }),
        filter("d07_is_distinct", |a| {
            let (email, one) = (a.col("email"), a.par(0));
            a.bin(email, BinaryOp::IsDistinct, one)
        }),
        filter("d07_is_not_distinct", |a| {
            let (email, one) = (a.col("email"), a.lit(Scalar::Null));
            a.bin(email, BinaryOp::IsNotDistinct, one)
        }),
        filter("d06_like_parameter", |a| {
            let (value, pattern) = (a.col("name"), a.par(0));
            let matching = Matching { value, pattern, escape: None, ignore_case: false, negated: false };
            a.add(Node::Matching(matching))
        }),
        filter("d06_like_literal_with_escape", |a| {
            let (value, pattern) = (a.col("name"), a.text("50/%_*"));
            let matching = Matching { value, pattern, escape: Some('/'), ignore_case: false, negated: true };
            a.add(Node::Matching(matching))
        }),
        filter("d06_like_parameter_with_escape", |a| {
            let (value, pattern) = (a.col("name"), a.par(0));
            let matching = Matching { value, pattern, escape: Some('\\'), ignore_case: false, negated: false };
            a.add(Node::Matching(matching))
        }),
        filter("d06_ilike_with_escape", |a| {
            let (value, pattern) = (a.col("name"), a.par(0));
            let matching = Matching { value, pattern, escape: Some('\''), ignore_case: true, negated: false };
            a.add(Node::Matching(matching))
        }),
        filter("d06_ilike", |a| {
            let (value, pattern) = (a.col("name"), a.par(0));
            let matching = Matching { value, pattern, escape: None, ignore_case: true, negated: true };
            a.add(Node::Matching(matching))
        }),
        value("integers_are_divided_to_integers", |a| {
            let (age, two) = (a.col("age"), a.int(2));
            a.bin(age, BinaryOp::Divide, two)
        }),
        value("decimals_are_divided_to_fractions", |a| {
            let (price, two) = (a.col("price"), a.int(2));
            a.bin(price, BinaryOp::Divide, two)
        }),
        value("floats_are_divided_to_fractions", |a| {
            let (ratio, two) = (a.col("ratio"), a.int(2));
            a.bin(ratio, BinaryOp::Divide, two)
        }),
        value("arithmetic", |a| {
            let (age, two, three) = (a.col("age"), a.int(2), a.par(0));
            let sum = a.bin(age, BinaryOp::Add, two);
            let product = a.bin(sum, BinaryOp::Multiply, three);
            let left = a.un(UnaryOp::Negate, product);
            let left = a.un(UnaryOp::Negate, left);
            let rest = a.bin(left, BinaryOp::Modulo, two);
            a.bin(rest, BinaryOp::Subtract, sum)
        }),
        value("concat_operator", |a| {
            let (name, dash, age) = (a.col("name"), a.text("-"), a.col("age"));
            let left = a.bin(name, BinaryOp::Concat, dash);
            a.bin(left, BinaryOp::Concat, age)
        }),
        value("json_member", |a| {
            let (doc, key) = (a.col("doc"), a.text("a\"b"));
            a.bin(doc, BinaryOp::JsonGet, key)
        }),
        value("json_item_as_text", |a| {
            let (doc, key, at) = (a.col("doc"), a.par(0), a.int(1));
            let list = a.bin(doc, BinaryOp::JsonGet, key);
            a.bin(list, BinaryOp::JsonGetText, at)
        }),
        value("case_with_values", |a| {
            let (age, ten, young, old) = (a.col("age"), a.int(10), a.text("young"), a.par(0));
            let condition = a.bin(age, BinaryOp::Less, ten);
            let whens = vec![When { condition, then: young }];
            a.add(Node::Case(Case { whens, otherwise: Some(old) }))
        }),
        value("coalesce_with_a_value", |a| {
            let (email, none) = (a.col("email"), a.text("none"));
            a.listed(ListOp::Coalesce, &[email, none])
        }),
        value("coalesce_of_one", |a| {
            let email = a.col("email");
            a.listed(ListOp::Coalesce, &[email])
        }),
    ]
}

fn changes() -> Vec<Named> {
    let upsert = |a: &mut Arena, columns: &[&str], conflict: &[&str], action: ConflictAction| {
        let values = columns.iter().enumerate().map(|(i, _)| a.par(i as u32)).collect();
        Insert {
            conflict: Some(Conflict { columns: conflict.iter().map(|c| (*c).into()).collect(), action, filter: None }),
            ..insert("users", columns, InsertSource::Values(vec![values]))
        }
    };
    vec![
        case("insert_rows", |mut a| {
            let (one, two, three, four) = (a.par(0), a.int(1), a.lit(Scalar::Null), a.int(2));
            let rows = InsertSource::Values(vec![vec![one, two], vec![three, four]]);
            a.end(Root::Insert(insert("users", &["email", "age"], rows)))
        }),
        case("insert_defaults", |a| a.end(Root::Insert(insert("logs", &[], InsertSource::Defaults)))),
        case("d09_insert_returning", |mut a| {
            let (one, id, text) = (a.par(0), a.col("id"), a.col("logs.text"));
            let upper = a.call("upper", &[text]);
            let rows = InsertSource::Values(vec![vec![one]]);
            let statement = Insert { returning: vec![id, upper], ..insert("logs", &["text"], rows) };
            a.end(Root::Insert(statement))
        }),
        case("d10_insert_from_query", |mut a| {
            let (users, name, value) = (a.from("users"), a.col("name"), a.int(7));
            let query = a.select(select(&[value, name], users));
            a.end(Root::Insert(insert("devices", &["user_id", "name"], InsertSource::Query(query))))
        }),
        case("insert_from_query_with_cte", |mut a| {
            let (users, name) = (a.from("users"), a.col("name"));
            let inner = a.select(select(&[name], users));
            let cte = Cte { name: "names".into(), columns: vec![], query: inner, recursive: false };
            let names = a.from("names");
            let query = a.select(Select { ctes: vec![cte], ..select(&[name], names) });
            a.end(Root::Insert(insert("logs", &["text"], InsertSource::Query(query))))
        }),
        case("d13_upsert_update", |mut a| {
            let (new, old) = (a.add(Node::Excluded("age".into())), a.col("age"));
            let sum = a.bin(new, BinaryOp::Add, old);
            let action = ConflictAction::Update(vec![set("age", sum)]);
            let statement = upsert(&mut a, &["name", "age", "active"], &["name"], action);
            a.end(Root::Insert(statement))
        }),
        case("d13_upsert_nothing", |mut a| {
            let statement = upsert(&mut a, &["name", "age", "active"], &["name"], ConflictAction::Nothing);
            a.end(Root::Insert(statement))
        }),
        case("upsert_by_primary_key_with_another_key", |mut a| {
            let statement = upsert(&mut a, &["id", "name", "age", "active"], &[], ConflictAction::Nothing);
            a.end(Root::Insert(statement))
        }),
        case("upsert_with_condition", |mut a| {
            let (new, old) = (a.add(Node::Excluded("age".into())), a.col("users.age"));
            let filter = a.bin(new, BinaryOp::Greater, old);
            let action = ConflictAction::Update(vec![set("age", new)]);
            let mut statement = upsert(&mut a, &["name", "age", "active"], &["name"], action);
            if let Some(conflict) = &mut statement.conflict {
                conflict.filter = Some(filter);
            }
            a.end(Root::Insert(statement))
        }),
        case("upsert_from_query", |mut a| {
            let (users, name, id) = (a.from("users"), a.col("name"), a.col("id"));
            let query = a.select(select(&[id, name], users));
            let conflict = Conflict { columns: vec!["id".into()], action: ConflictAction::Nothing, filter: None };
            let statement = insert("logs", &["id", "text"], InsertSource::Query(query));
            a.end(Root::Insert(Insert { conflict: Some(conflict), ..statement }))
        }),
        case("d12_update", |mut a| {
            let (value, id, key) = (a.par(0), a.col("id"), a.par(1));
            let filter = a.eq(id, key);
            let statement = Update { filter: Some(filter), ..update("users", vec![set("name", value)]) };
            a.end(Root::Update(statement))
        }),
        case("update_touches_what_the_model_says", |mut a| {
            let value = a.text("x");
            a.end(Root::Update(update("logs", vec![set("text", value)])))
        }),
        case("update_swaps", |mut a| {
            let (age, boss) = (a.col("age"), a.col("boss_id"));
            a.end(Root::Update(update("users", vec![set("age", boss), set("boss_id", age)])))
        }),
        case("update_reads_before_it_writes", |mut a| {
            let (age, one) = (a.col("age"), a.int(1));
            let more = a.bin(age, BinaryOp::Add, one);
            a.end(Root::Update(update("users", vec![set("age", more), set("boss_id", age)])))
        }),
        case("d11_update_returning", |mut a| {
            let (value, id, name) = (a.par(0), a.col("id"), a.col("name"));
            let statement = Update { returning: vec![id, name], ..update("users", vec![set("name", value)]) };
            a.end(Root::Update(statement))
        }),
        case("update_with_source", |mut a| {
            let (devices, owner, id, name) =
                (a.from("devices"), a.col("devices.user_id"), a.col("users.id"), a.col("devices.name"));
            let filter = a.eq(owner, id);
            let statement =
                Update { source: Some(devices), filter: Some(filter), ..update("users", vec![set("name", name)]) };
            a.end(Root::Update(statement))
        }),
        case("update_returns_of_source", |mut a| {
            let (devices, owner, id, name) =
                (a.from("devices"), a.col("devices.user_id"), a.col("users.id"), a.col("devices.name"));
            let (filter, returning) = (a.eq(owner, id), vec![id, name]);
            let update = update("users", vec![set("name", name)]);
            a.end(Root::Update(Update { source: Some(devices), filter: Some(filter), returning, ..update }))
        }),
        case("d11_delete_returning", |mut a| {
            let (id, key) = (a.col("id"), a.par(0));
            let filter = a.listed(ListOp::InList, &[id, key]);
            a.end(Root::Delete(Delete { filter: Some(filter), returning: vec![id], ..delete("users") }))
        }),
        case("delete_all", |a| a.end(Root::Delete(delete("devices")))),
        case("delete_with_source", |mut a| {
            let (users, owner, id) = (a.from("users"), a.col("devices.user_id"), a.col("users.id"));
            let filter = a.eq(owner, id);
            a.end(Root::Delete(Delete { source: Some(users), filter: Some(filter), ..delete("devices") }))
        }),
        case("delete_returns_of_source", |mut a| {
            let (users, owner, id) = (a.from("users"), a.col("devices.user_id"), a.col("users.id"));
            let (filter, returning) = (a.eq(owner, id), vec![a.col("devices.id"), a.col("users.name")]);
            a.end(Root::Delete(Delete { source: Some(users), filter: Some(filter), returning, ..delete("devices") }))
        }),
    ]
}
