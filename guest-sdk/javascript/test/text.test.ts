import assert from "node:assert/strict";
import { test } from "node:test";
import { expressionBuilder, type OperationNode, RawNode, sql } from "kysely";

import { parse } from "../src/statement/text/parse.ts";
import { NotUnderstood } from "../src/statement/text/token.ts";

/** Formats a node with parentheses around each operation. */
function shape(node: any): string {
  switch (node.kind) {
    case "BinaryOperationNode":
      return `(${shape(node.leftOperand)} ${node.operator.operator} ${shape(node.rightOperand)})`;
    case "AndNode":
    case "OrNode":
      return `(${shape(node.left)} ${node.kind === "AndNode" ? "and" : "or"} ${shape(node.right)})`;
    case "UnaryOperationNode":
      return `(${node.operator.operator} ${shape(node.operand)})`;
    case "ParensNode":
      return shape(node.node);
    case "ColumnNode":
      return node.column.name;
    case "ReferenceNode":
      return `${node.table ? `${node.table.table.identifier.name}.` : ""}${shape(node.column)}`;
    case "ValueNode":
      return typeof node.value === "object" && node.value ? node.value.text : JSON.stringify(node.value);
    case "ValueListNode":
      return `[${node.values.map(shape).join(" ")}]`;
    case "AggregateFunctionNode":
      return `${node.func}(${node.aggregated.map(shape).join(" ")})`;
    default:
      return node.kind;
  }
}

const read = (node: { toOperationNode(): OperationNode }) => shape(parse(node.toOperationNode() as RawNode));
const text = (given: string) => read(sql.raw(given));
const eb = expressionBuilder<any, any>();

test("operators bind as they do in SQL", () => {
  assert.equal(text("a + b * -c - 1"), "((a + (b * (- c))) - 1)");
  assert.equal(text("not a = 1 and b or c"), "(((not (a = 1)) and b) or c)");
  assert.equal(text("a between 1 + 1 and 3 and b"), "((a between ((1 + 1) and 3)) and b)");
  assert.equal(text("a not in (1, 2) or b is not null"), "((a not in [1 2]) or (b is not null))");
  assert.equal(text("a not between 1 and 2"), "(not (a between (1 and 2)))");
  assert.equal(text("t.a like 'x''y' and \"B c\" ilike `d`"), '((t.a like "x\'y") and (B c ilike d))');
  assert.equal(text("coalesce(a, lower(b), 'none') || 'x'"), '(coalesce(a lower(b) "none") || "x")');
});

test("what stands in a text binds as its own text would", () => {
  assert.equal(read(sql`${eb("a", "+", 1)} * ${2}`), "(a + (1 * 2))");
  assert.equal(read(sql`(${eb("a", "+", 1)}) * ${2}`), "((a + 1) * 2)");
  assert.equal(read(sql`${sql`a or b`} and c`), "(a or (b and c))");
  assert.equal(read(sql`${sql.ref("t.a")} in (${sql.join([1, 2])})`), "(t.a in [1 2])");
  assert.equal(read(sql`${sql.id("t", "a")} = ${sql.lit("x")}`), '(t.a = "x")');
});

test("what databases read differently is not understood", () => {
  for (const given of [
    "a; drop table b",
    "a -- b",
    "a /* b */",
    "'a\\'",
    "a || b + c",
    "a || b * c",
    "a = b = c",
    "a ? b",
    "a.b.c",
    "a + ",
    "(a",
    "a b",
    "select 1",
    "a like b escape",
    "sum(a) over (order by b rows 1)",
    "interval '1 day'",
    "a collate b",
    "1e5",
    "$1",
    "",
  ]) {
    assert.throws(() => text(given), NotUnderstood, given);
  }
});
