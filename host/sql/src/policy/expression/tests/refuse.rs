//! Refused expressions, with the offsets and messages of their errors.

use super::*;

/// Asserts that each text is refused at the place of its `^`, with an error that contains the given message.
#[track_caller]
fn refused(cases: &[(&str, &str)]) {
    for (marked, message) in cases {
        let text = marked.replacen('^', "", 1);
        let error = match Expression::parse(&text, "notes") {
            Err(error) => error,
            Ok(expression) => panic!("{text} is {}", shown(&expression)),
        };
        assert!(error.message.contains(message), "{text}: {}", error.message);
        assert_eq!(Some(error.offset), marked.find('^'), "{text}: {}", error.message);
        assert_eq!((error.table.as_str(), error.rule.as_str()), ("", ""));
    }
}

#[test]
fn what_cannot_be_read_is_refused_where_it_begins() {
    refused(&[
        ("^", "expected an expression, found the end"),
        ("a = ^", "expected an expression, found the end"),
        ("a = 1^)", "the expression is over before \")\""),
        ("a = 1^; drop table notes", "the expression is over before \";\""),
        ("a = 1 ^b", "the expression is over before \"b\""),
        ("a = ^'x", "Unterminated string literal"),
        ("a = 1\n and größe = 2 ^, b", "the expression is over before \",\""),
        ("(a = 1^", "expected ), found the end"),
        ("a in (^)", "expected an expression, found )"),
        ("a between 1 ^or 2", "expected AND, found or"),
    ]);
}

#[test]
fn constants_that_there_are_not_are_refused() {
    refused(&[
        ("a = ^9223372036854775808000", "integers have 64 bits"),
        ("a = -^9223372036854775809", "integers have 64 bits"),
        ("a = ^1e999", "out of range"),
        ("a = ^X'ab'", "write a text as '…'"),
        ("a = ^N'ab'", "write a text as '…'"),
        ("a < date ^'2024-01-01'", "write cast('…' as …)"),
        ("a < interval ^'1' day", "write add_days(…) or add_seconds(…)"),
        ("a = ^$1", "a claim is written as :name"),
        ("a = ^:1", "a claim is written as :name"),
        ("^a :b = 1", "write :name with a blank before it"),
    ]);
}

#[test]
fn columns_of_other_tables_are_refused() {
    refused(&[
        ("^members.a = 1", "there is no table \"members\" here"),
        ("^Notes.a = 1", "there is no table \"Notes\" here"),
        ("^public.notes.a = 1", "leave the schema away"),
        ("exists (select 1 from members m where ^members.a = 1)", "there is no table \"members\" here"),
        ("exists (select 1 from members m join teams t on ^a = 1)", "write the column's table before it"),
        ("exists (select 1 from a join b on ^c.x = b.x join c on c.y = 1)", "joined later than it is named"),
    ]);
}

#[test]
fn operators_that_can_be_read_in_two_ways_ask_for_parentheses() {
    refused(&[
        ("^a = b = c", "put parentheses around it"),
        ("^a < b < c", "put parentheses around it"),
        ("^a = b is null", "put parentheses around it"),
        ("^a = not b", "put parentheses around it"),
        ("^a = b in (c)", "put parentheses around it"),
        ("^a like b = c", "put parentheses around it"),
        ("^a || b + c", "put parentheses around one of them"),
        ("^a + b || c", "put parentheses around one of them"),
    ]);
}

#[test]
fn operators_that_there_are_not_are_refused_with_advice() {
    refused(&[
        ("^a & 1 = 1", "there is no operator &"),
        ("^a xor b", "there is no operator XOR"),
        ("^a ~ 'x'", "there is no operator ~"),
        ("^a -> 'x' = 1", "there is no operator ->"),
        ("^a := 1", "there is no operator :="),
        ("a = +^1", "there is no sign +"),
        ("^a::text = 'x'", "write cast(… as …)"),
        ("^a similar to 'x'", "there are no regular expressions"),
        ("^a rlike 'x'", "there are no regular expressions"),
        ("^a like any ('x')", "write one like after the other"),
        ("^a like 'x' escape '!!'", "one mark in quotes"),
        ("^a like 'x' escape 'e'", "one mark in quotes"),
        ("^a like 'x' escape :e", "one mark in quotes"),
        ("^a collate x = 'b'", "there are no collations"),
        ("(^a, b) = (1, 2)", "there are no rows of values"),
        ("(^a, b) in ((1, 2))", "there are no rows of values"),
        ("^a = any (select 1)", "write … in (…)"),
        ("^a at time zone 'UTC' = b", "there are no time zones"),
        ("^a[1] = 2", "there are no members of values"),
        ("a = 1 and extract(year from ^b) = 1", "there is no extract"),
        ("^case a + 1 when 2 then true end", "write case when … = … then …"),
        ("cast(^a as float) = 1", "there is no cast to FLOAT"),
        ("cast(^a as geometry) = 1", "there is no cast to geometry"),
        ("cast(^a as varchar) = 'x'", "there is no cast to VARCHAR"),
        ("try_cast(^a as text) = 'x'", "write cast(… as …)"),
    ]);
}

#[test]
fn functions_that_guests_may_not_call_are_refused_by_their_names() {
    refused(&[
        ("a = 1 and ^pg_sleep(10) is null", "there is no function \"pg_sleep\" with 1 arguments"),
        ("^sum(a) > 1", "no aggregates and no windows"),
        ("^count(*) > 1", "no aggregates and no windows"),
        ("^row_number() over () = 1", "no aggregates and no windows"),
        ("^lower(a, b) = 'x'", "there is no function \"lower\" with 2 arguments"),
        ("^pg_catalog.lower(a) = 'x'", "without its schema"),
        ("a < ^current_timestamp", "write now()"),
        ("^lower(distinct a) = 'x'", "a function takes expressions"),
        ("^lower(a) over () = 'x'", "a function takes expressions"),
        ("^lower(x => a) = 'x'", "a function takes expressions"),
        ("trim(both 'x' from ^a) = 'x'", "trim takes one text"),
        ("ceil(^a to day) = 1", "ceil and floor take one number"),
    ]);
}

#[test]
fn queries_are_plain_selects() {
    refused(&[
        ("a = (^select 1 from b)", "there are no queries that give a value"),
        ("exists (^select 1)", "write from"),
        ("exists (^select * from b)", "has no *"),
        ("exists (^select b.* from b)", "has no *"),
        ("exists (^select x as y from b)", "have no aliases"),
        ("exists (^select distinct x from b)", "has no distinct"),
        ("exists (^select x from b group by x)", "has no group by"),
        ("exists (^select 1 from b having true)", "has no having"),
        ("exists (^select 1 from b order by x)", "has no order by"),
        ("exists (^select 1 from b limit 1)", "has no limit"),
        ("exists (^select 1 from b for update)", "has no for"),
        ("exists (with b as (select 1 from c) ^select 1 from b)", "has no with"),
        ("^a in (select x from b union select x from c)", "has no union"),
        ("^a in (values (1))", "has no values"),
        ("^a in (select x, y from b)", "one column"),
        ("exists (^select 1 from b, c)", "not by commas"),
        ("exists (^select 1 from b left join c on b.x = c.x)", "there are no other joins"),
        ("exists (^select 1 from b join c using (x))", "there are no other joins"),
        ("exists (^select 1 from b cross join c)", "there are no other joins"),
        ("exists (^select 1 from b natural join c)", "there are no other joins"),
        ("exists (^select 1 from (select 1 from c) b)", "the sources of a query are tables"),
        ("exists (^select 1 from f(1))", "name or schema.name"),
        ("exists (^select 1 from a.b.c)", "name or schema.name"),
        ("exists (^select 1 from b as c (x))", "names no columns"),
        ("exists (^select 1 from b join b on b.x = b.x)", "give one an alias"),
        ("exists (^select 1 from b join B on b.x = B.x)", "give one an alias"),
        ("exists (^select 1 from Notes)", "differs by case alone"),
        ("exists (select ^sum(x) from b)", "no aggregates"),
    ]);
}

#[test]
fn size_and_depth_are_bounded() {
    let long = format!("a = '{}'", "x".repeat(4096));
    assert_eq!(
        Expression::parse(&long, "notes").unwrap_err().message,
        "an expression has at most 4096 bytes, not 4102"
    );
    let deep = [
        "(".repeat(4_000),
        "not ".repeat(1_000),
        "- ".repeat(2_000),
        "case ".repeat(800),
        "case when ".repeat(400),
        "lower(".repeat(600),
        "exists (select 1 from a where ".repeat(130),
        "exists (select 1 from (".repeat(170),
        "a in (".repeat(600),
        "cast(".repeat(800),
        format!("{}a", "a + ".repeat(1_000)),
        format!("{}a", "a || ".repeat(800)),
        format!("a = 1{}", "::text".repeat(600)),
        format!("{}true", "a and (".repeat(500)),
        format!("a{}", ".a".repeat(2_000)),
        format!("{}a", "a between ".repeat(400)),
    ];
    for text in deep {
        assert!(Expression::parse(&text, "notes").is_err(), "{text}");
    }
}
