//! Expressions of rules: any text is an expression or an error, and an expression's nodes have the form of a statement's.
//!
//! The host's operator writes rules, not a guest. Still, a rule must not crash the host or be read in two ways.

use arbtest::arbitrary::Unstructured;
use sqlservice_sql::{
    policy::Expression,
    statement::{JoinKind, Node, NodeId},
};

use crate::{
    dice::Dice,
    harness::{Shown, fuzz},
};

/// Rules as operators write them. The test cuts, mixes and changes them.
const RULES: [&str; 16] = [
    "tenant_id = :tenant",
    "tenant_id = :tenant and (owner_id = :user or public is true)",
    "exists (select 1 from members m where m.user_id = :user and m.project = notes.project)",
    "project in (select id from projects where tenant = :tenant)",
    "project not in (select m.id from members m join audit.teams t on m.team = t.id inner join c on c.a = t.b)",
    "length(text) < 9000 and trim(text) <> '' and coalesce(done, false) is not true",
    "not a between -1 and 2.5 or b not in (1, 2, null) and c is not distinct from 1e3",
    "name like 'x!%%' escape '!' or name not ilike :pattern",
    "case kind when 1 then a = b when 2 then c is null else d % 2 = 1 end",
    "case when a is unknown then b || 'x' = c else true end",
    "cast(a as decimal(9, 2)) > -b * (c + 1) / 2",
    "position('x' in substring(a from 2 for 3)) > 0 and ceil(b) = floor(c)",
    "\"odd \"\"name\" = 'it''s' and notes.\"größe\" <= 9223372036854775808",
    "made < now() and add_days(current_date, -7) < cast('2024-01-01' as date)",
    "(((a)) = ((:b)))",
    "not exists (select n.a, 2 from notes n where n.a in (select b from notes where notes.c = d))",
];

/// Tokens of rules, and tokens that rules do not have.
const TOKENS: [&str; 96] = [
    "a",
    "b",
    "notes",
    "notes.a",
    "m.a",
    "a.b.c",
    "\"q\"",
    ":c",
    ":d",
    ":",
    "$1",
    "?",
    "1",
    "-1",
    "1.5",
    "1e9",
    ".",
    "'x'",
    "''",
    "X'ab'",
    "null",
    "true",
    "false",
    "unknown",
    "=",
    "<>",
    "<",
    ">=",
    "==",
    "<=>",
    "+",
    "-",
    "*",
    "/",
    "%",
    "||",
    "&",
    "~",
    "!",
    "->",
    "::",
    "::text",
    "(",
    ")",
    "(",
    ")",
    ",",
    ";",
    "[",
    "]",
    "{",
    "}",
    "and",
    "or",
    "not",
    "is",
    "is not",
    "is null",
    "is true",
    "distinct from",
    "between",
    "in",
    "in (",
    "not in (",
    "like",
    "ilike",
    "escape '!'",
    "any",
    "all",
    "case",
    "case when",
    "when",
    "then",
    "else",
    "end",
    "cast(",
    "as",
    "as text)",
    "lower(",
    "coalesce(",
    "count(*)",
    "trim(",
    "position(",
    "extract(",
    "interval",
    "date",
    "exists (",
    "(select",
    "select 1",
    "from",
    "from m",
    "join m on",
    "where",
    "with",
    "union",
    "limit 1",
];

#[test]
fn policy() {
    fuzz(property);
}

pub fn property(bytes: &mut Unstructured<'_>) -> arbtest::arbitrary::Result<()> {
    let mut dice = Dice::new(bytes);
    let text = match dice.below(4) {
        0 | 1 => mutated(&mut dice),
        2 => dice.many(1, 60, |dice| dice.of(&TOKENS)).join(" "),
        _ => dice.text(120),
    };
    let _shown = Shown(&text);
    let parsed = Expression::parse(&text, "notes");
    assert_eq!(parsed, Expression::parse(&text, "notes"));
    match parsed {
        Ok(expression) => has_the_form_of_statements(&expression),
        Err(error) => {
            assert!(error.offset <= text.len(), "{error:?}");
            assert!(text.is_char_boundary(error.offset), "{error:?}");
            assert!(!error.message.is_empty() && error.table.is_empty() && error.rule.is_empty(), "{error:?}");
        }
    }
    Ok(())
}

/// Makes a rule in which some words are removed, added, doubled or replaced.
fn mutated(dice: &mut Dice<'_, '_>) -> String {
    let mut words: Vec<&str> = dice.of(&RULES).split(' ').collect();
    if dice.one_in(3) {
        words.push(dice.of(&["and", "or", "=", "||"]));
        words.extend(dice.of(&RULES).split(' '));
    }
    for _ in 0..dice.below(3) {
        let at = dice.below(words.len());
        match dice.below(4) {
            0 => words[at] = dice.of(&TOKENS),
            1 => words.insert(at, dice.of(&TOKENS)),
            2 => words.insert(at, words[at]),
            _ => drop(words.remove(at)),
        }
        if words.is_empty() {
            words.push("a");
        }
    }
    let text = words.join(" ");
    let deep = dice.below(40);
    match dice.below(12) {
        1 => format!("{}{text}{}", "(".repeat(deep), ")".repeat(deep)),
        2 => format!("{}{text}", "not ".repeat(deep)),
        3 => format!("{}{text}{}", "a in (select b from m where ".repeat(deep), ")".repeat(deep)),
        4 => format!("{}{text}", "a - ".repeat(deep * 8)),
        _ => text,
    }
}

/// Checks that operands precede the nodes that name them, and that no path is longer than 32 nodes.
fn has_the_form_of_statements(expression: &Expression) {
    let nodes = expression.nodes();
    assert_eq!(expression.root() as usize + 1, nodes.len(), "the last node is the whole");
    let mut depths: Vec<usize> = Vec::with_capacity(nodes.len());
    let mut used = vec![false; nodes.len()];
    for (position, node) in nodes.iter().enumerate() {
        let mut depth = 0;
        for child in children(node) {
            let child = child as usize;
            assert!(child < position, "{position} names {child}");
            depth = depth.max(depths[child]);
            used[child] = true;
        }
        depths.push(depth + 1);
        assert!(depth < 32, "{} levels", depth + 1);
    }
    used.pop();
    assert!(used.iter().all(|used| *used), "every node belongs to the whole");
    let numbers = nodes.iter().filter_map(|node| match node {
        Node::Parameter(number) => Some(*number as usize),
        _ => None,
    });
    let most = numbers.max().map_or(0, |most| most + 1);
    assert_eq!(most, expression.claims().len());
    let distinct: std::collections::HashSet<_> = expression.claims().iter().collect();
    assert_eq!(distinct.len(), most);
}

/// Returns the operands of a node. Panics for kinds that rules do not have.
fn children(node: &Node) -> Vec<NodeId> {
    match node {
        Node::Literal(_) | Node::Parameter(_) | Node::Column(_) | Node::Table(_) => vec![],
        Node::Unary((_, operand)) | Node::Exists(operand) => vec![*operand],
        Node::Binary(binary) => vec![binary.left, binary.right],
        Node::Listed(listed) => listed.items.clone(),
        Node::Matching(matching) => vec![matching.value, matching.pattern],
        Node::Membership(membership) => vec![membership.value, membership.query],
        Node::Call(call) => call.arguments.clone(),
        Node::Cast(cast) => vec![cast.value],
        Node::Case(case) => {
            case.whens.iter().flat_map(|when| [when.condition, when.then]).chain(case.otherwise).collect()
        }
        Node::Join(join) => {
            assert_eq!(join.kind, JoinKind::Inner);
            [join.left, join.right].into_iter().chain(join.on).collect()
        }
        Node::Select(select) => select.columns.iter().copied().chain(select.source).chain(select.filter).collect(),
        other => panic!("no rule has {other:?}"),
    }
}
