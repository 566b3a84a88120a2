//! The rows that a query reads, and the tables that it may name.

use sqlservice_sql::{
    Error,
    policy::Allow,
    statement::{Compound, Cte, JoinKind, Node, Select, SetOp},
};

use super::{ids, ids_where, integer, is_denied, on_each, query, statement, text, usual};
use crate::build::{asc, compound, select};

#[tokio::test(flavor = "multi_thread")]
async fn t53_outer_joins_keep_rows_without_a_partner() {
    on_each(usual, async |shared| {
        let joined = query(|arena| {
            let (projects, docs) = (arena.from("projects as p"), arena.from("docs as d"));
            let (id, of) = (arena.col("p.id"), arena.col("d.project_id"));
            let on = arena.eq(id, of);
            let source = arena.join(JoinKind::Left, projects, docs, on);
            let doc = arena.col("d.id");
            Select { order_by: vec![asc(id)], ..select(&[id, doc], source) }
        });
        let none = sqlservice_sql::Value::NULL;
        assert_eq!(shared.rows(&joined).await, [[integer(1), integer(1)], [integer(4), none]]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_rows_are_hidden_wherever_a_table_is_read() {
    on_each(usual, async |shared| {
        let all = query(|arena| {
            let (source, id) = (arena.from("notes"), arena.col("id"));
            select(&[id], source)
        });
        assert_eq!(ids(&shared.rows(&all).await), [1, 2]);
        let counted = query(|arena| {
            let (inner, one) = (arena.from("docs as d"), arena.int(1));
            let (of, id) = (arena.col("d.project_id"), arena.col("p.id"));
            let filter = Some(arena.eq(of, id));
            let inner = arena.select(Select { filter, ..select(&[one], inner) });
            let exists = arena.add(Node::Exists(inner));
            let source = arena.from("projects as p");
            Select { filter: Some(exists), ..select(&[id], source) }
        });
        assert_eq!(ids(&shared.rows(&counted).await), [1], "doc 3 belongs to project 4 and is hidden");
        let united = query(|arena| {
            let parts: Vec<_> = ["docs", "projects"]
                .iter()
                .map(|table| {
                    let (source, id) = (arena.from(table), arena.col("id"));
                    arena.select(select(&[id], source))
                })
                .collect();
            let whole: Compound = compound(SetOp::Union, &parts);
            let whole = arena.add(Node::Compound(whole));
            let (source, id) = (arena.sub(whole, "u", false), arena.col("u.id"));
            select(&[id], source)
        });
        assert_eq!(ids(&shared.rows(&united).await), [1, 4]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_no_common_table_expression_stands_in_front_of_a_table_of_the_rules() {
    on_each(usual, async |shared| {
        // Only a rule names the last two, and some databases compare names case-insensitively.
        for name in ["notes", "Projects", "members", "MEMBERS"] {
            let shadowed = query(|arena| {
                let (source, id) = (arena.from("projects as p"), arena.col("p.id"));
                let (three, user) = (arena.int(3), "user_id");
                let three = arena.label(three, user);
                let id = arena.label(id, "project_id");
                let inner = arena.select(select(&[id, three], source));
                let cte = Cte { name: name.to_owned(), columns: vec![], query: inner, recursive: false };
                let (source, id) = (arena.from("docs as d"), arena.col("d.id"));
                Select { ctes: vec![cte], ..select(&[id], source) }
            });
            assert!(is_denied(&shared.refused(&shadowed)), "{name}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_no_table_without_rules_exists() {
    on_each(usual, async |shared| {
        for name in ["members", "sqlite_master", "pg_class", "nowhere"] {
            let error = shared.refused(&ids_where(name, |arena| arena.int(1)));
            assert_eq!(error, Error::NoSuchTable(name.to_owned()));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_a_constant_of_the_guest_is_none_of_the_policys() {
    on_each(usual, async |shared| {
        // The first constants of the statement and of the rule have the same position in their arenas, and the same type.
        for tenant in [8, 9, 7] {
            let constants = query(|arena| {
                let first = arena.int(tenant);
                let second = arena.int(4);
                let source = arena.from("notes");
                let (id, all) =
                    (arena.col("id"), arena.bin(first, sqlservice_sql::statement::BinaryOp::NotEqual, second));
                let label = arena.label(first, "tenant");
                Select { filter: Some(all), ..select(&[id, label], source) }
            });
            let rows = shared.rows(&constants).await;
            assert_eq!(rows, [[integer(1), integer(tenant)], [integer(2), integer(tenant)]]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_equal_expressions_stay_equal_where_a_rule_is_inside_of_them() {
    on_each(usual, async |shared| {
        let grouped = query(|arena| {
            let (inner, id) = (arena.from("projects as p"), arena.col("p.id"));
            let of = arena.col("n.project_id");
            let filter = Some(arena.eq(id, of));
            let title = arena.col("p.title");
            let inner = arena.select(Select { filter, ..select(&[title], inner) });
            let title = arena.add(Node::ScalarQuery(inner));
            let (source, label, count) = (arena.from("notes as n"), arena.label(title, "t"), arena.call("count", &[]));
            Select { group_by: vec![title], ..select(&[label, count], source) }
        });
        assert_eq!(shared.rows(&grouped).await, [[text("mine"), integer(2)]]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_aggregates_are_denied_unless_they_are_allowed() {
    let without = |policies: &mut std::collections::BTreeMap<String, sqlservice_sql::policy::TablePolicy>| {
        policies.get_mut("docs").expect("a table").allow.remove(&Allow::Aggregate);
    };
    on_each(without, async |shared| {
        let of = |table: &str| {
            query(|arena| {
                let (source, count) = (arena.from(table), arena.call("count", &[]));
                select(&[count], source)
            })
        };
        assert!(is_denied(&shared.refused(&of("docs"))));
        assert_eq!(shared.rows(&of("notes")).await, [[integer(2)]]);
        // Aggregates are denied anywhere in a statement.
        let inside = statement(|arena| {
            let (source, size) = (arena.from("docs as d"), arena.col("d.size"));
            let sum = arena.call("max", &[size]);
            let inner = arena.select(select(&[sum], source));
            let value = arena.add(Node::ScalarQuery(inner));
            let update = crate::build::update("notes", vec![crate::build::set("n", value)]);
            sqlservice_sql::statement::Root::Update(update)
        });
        assert!(is_denied(&shared.refused(&inside)));
    })
    .await;
}
