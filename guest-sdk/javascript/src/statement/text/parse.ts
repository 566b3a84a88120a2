import {
  AndNode,
  BinaryOperationNode,
  CaseNode,
  CastNode,
  ColumnNode,
  DataTypeNode,
  type IdentifierNode,
  type OperationNode,
  OperatorNode,
  OrNode,
  ParensNode,
  RawNode,
  ReferenceNode,
  TableNode,
  TupleNode,
  UnaryOperationNode,
  ValueListNode,
  ValueNode,
  WhenNode,
} from "kysely";

import { WrittenNumber } from "../../values/written-number.ts";
import { flatten } from "./flatten.ts";
import { call, isCall } from "./call.ts";
import { Reader } from "./reader.ts";
import { NotUnderstood } from "./token.ts";

const COMPARISONS = ["=", "<>", "!=", "<=>", "<=", ">=", "<", ">"];
/** Words that cannot be column names, because they belong to other syntax. */
const RESERVED = new Set(
  (
    "and as asc between by case cast collate desc distinct else end escape exists filter for from group having ilike in interval is " +
    "like limit not nulls offset on or order over partition select similar then union using when where with within"
  ).split(" "),
);

/** Parses SQL text to Kysely's own nodes. Throws {@link NotUnderstood} for text beyond this grammar of expressions. */
export function parse(node: RawNode): OperationNode {
  const reader = new Reader(flatten(node));
  const parsed = expression(reader);
  reader.end();
  return parsed;
}

/** Parses an expression, up to the first token that cannot belong to it. */
export function expression(reader: Reader): OperationNode {
  return reader.deeper(() => {
    let left = conjunction(reader);
    while (reader.takes("or")) left = OrNode.create(left, conjunction(reader));
    return left;
  });
}

function conjunction(reader: Reader): OperationNode {
  let left = negation(reader);
  while (reader.takes("and")) left = AndNode.create(left, negation(reader));
  return left;
}

function negation(reader: Reader): OperationNode {
  if (!reader.takes("not")) return predicate(reader);
  return UnaryOperationNode.create(
    OperatorNode.create("not"),
    reader.deeper(() => negation(reader)),
  );
}

function binary(left: OperationNode, operator: string, right: OperationNode): OperationNode {
  return BinaryOperationNode.create(left, OperatorNode.create(operator as "="), right);
}

function predicate(reader: Reader): OperationNode {
  const left = sum(reader);
  const comparison = COMPARISONS.find((one) => reader.takes(one));
  if (comparison !== undefined) return binary(left, comparison, sum(reader));
  if (reader.takes("is")) return is(reader, left);
  const not = reader.takes("not") ? "not " : "";
  if (reader.takes("in")) return binary(left, `${not}in`, list(reader));
  if (reader.takes("like")) return binary(left, `${not}like`, pattern(reader));
  if (reader.takes("ilike")) return binary(left, `${not}ilike`, pattern(reader));
  if (reader.takes("between")) return between(reader, left, not !== "");
  if (not !== "") throw reader.wrong();
  return left;
}

function is(reader: Reader, left: OperationNode): OperationNode {
  const not = reader.takes("not") ? " not" : "";
  if (reader.takes("distinct", "from")) return binary(left, `is${not} distinct from`, sum(reader));
  if (reader.sees("null") || reader.sees("true") || reader.sees("false"))
    return binary(left, `is${not}`, primary(reader));
  throw reader.wrong();
}

function between(reader: Reader, left: OperationNode, isNegated: boolean): OperationNode {
  const from = sum(reader);
  reader.expect("and");
  const made = binary(left, "between", AndNode.create(from, sum(reader)));
  return isNegated ? UnaryOperationNode.create(OperatorNode.create("not"), made) : made;
}

/** Parses the right side of `in`: a list or a query. */
function list(reader: Reader): OperationNode {
  const token = reader.peek();
  if (token?.is === "node") return isList(token.node) ? (reader.take(), token.node) : wrapped(reader);
  reader.expect("(");
  const items = [expression(reader)];
  while (reader.takes(",")) items.push(expression(reader));
  reader.expect(")");
  const [first] = items;
  return items.length === 1 && first?.kind === "SelectQueryNode" ? first : ValueListNode.create(items);
}

function isList({ kind }: OperationNode): boolean {
  return ["PrimitiveValueListNode", "ValueListNode", "SelectQueryNode"].includes(kind);
}

/** Returns the node inside Kysely's own parentheses. */
function wrapped(reader: Reader): OperationNode {
  const token = reader.take();
  if (token.is === "node" && token.node.kind === "ParensNode") return (token.node as ParensNode).node;
  throw new NotUnderstood("what follows in");
}

/** Parses a pattern and its escape character, in the form of the SDK's own template. */
function pattern(reader: Reader): OperationNode {
  const given = sum(reader);
  if (!reader.takes("escape")) return given;
  const { text } = reader.take();
  return RawNode.create(["", ` escape '${text}'`], [given]);
}

/** Parses sums and concatenations. Databases disagree on their precedence, so a mixture needs parentheses. */
function sum(reader: Reader): OperationNode {
  let left = product(reader);
  let before: string | undefined;
  for (;;) {
    const operator = ["+", "-", "||"].find((one) => reader.takes(one));
    if (operator === undefined) return left;
    const right = product(reader);
    const isMixed = before !== undefined && (before === "||") !== (operator === "||");
    if (isMixed || (operator === "||" && (isProduct(left) || isProduct(right)))) {
      throw new NotUnderstood("`||` beside another operator: set parentheses");
    }
    before = operator;
    left = binary(left, operator, right);
  }
}

function isProduct(node: OperationNode): boolean {
  const { operator } = node as { operator?: OperationNode };
  return operator?.kind === "OperatorNode" && ["*", "/", "%"].includes((operator as OperatorNode).operator);
}

function product(reader: Reader): OperationNode {
  let left = unary(reader);
  for (;;) {
    const operator = ["*", "/", "%"].find((one) => reader.takes(one));
    if (operator === undefined) return left;
    left = binary(left, operator, unary(reader));
  }
}

function unary(reader: Reader): OperationNode {
  if (reader.takes("+")) return reader.deeper(() => unary(reader));
  if (!reader.takes("-")) return postfix(reader);
  const number = reader.peek();
  if (number?.is === "number" && (reader.take(), true)) return ValueNode.create(new WrittenNumber(`-${number.text}`));
  return UnaryOperationNode.create(
    OperatorNode.create("-"),
    reader.deeper(() => unary(reader)),
  );
}

function postfix(reader: Reader): OperationNode {
  let value = primary(reader);
  while (reader.takes("::")) value = CastNode.create(value, typeName(reader));
  return value;
}

function primary(reader: Reader): OperationNode {
  if (isCall(reader)) return call(reader);
  const token = reader.take();
  switch (token.is) {
    case "node":
      return nodeValue(reader, token.node);
    case "number":
      return ValueNode.create(new WrittenNumber(token.text));
    case "text":
      return ValueNode.create(token.text);
    case "name":
      return reference(reader, token.text);
    case "symbol":
      return parenthesized(reader, token.text);
    default:
      return word(reader, token.text, token.written);
  }
}

function nodeValue(reader: Reader, node: OperationNode): OperationNode {
  if (node.kind === "IdentifierNode") return reference(reader, (node as IdentifierNode).name);
  if (node.kind === "TableNode") throw new NotUnderstood("a table");
  return node;
}

function parenthesized(reader: Reader, symbol: string): OperationNode {
  if (symbol !== "(") throw new NotUnderstood(`\`${symbol}\``);
  const items = [expression(reader)];
  while (reader.takes(",")) items.push(expression(reader));
  reader.expect(")");
  const [first] = items;
  if (items.length > 1) return TupleNode.create(items);
  return first?.kind === "SelectQueryNode" ? first : ParensNode.create(first as OperationNode);
}

function word(reader: Reader, text: string, written: string): OperationNode {
  switch (text) {
    case "true":
    case "false":
      return ValueNode.create(text === "true");
    case "null":
      return ValueNode.create(null);
    case "case":
      return choice(reader);
    case "exists":
      return UnaryOperationNode.create(OperatorNode.create("exists"), primary(reader));
    case "cast":
      return cast(reader);
    default:
      if (RESERVED.has(text)) throw new NotUnderstood(`\`${text}\``);
      return reference(reader, written);
  }
}

/** Parses a column, with its table if it is qualified. */
function reference(reader: Reader, name: string): OperationNode {
  if (!reader.takes(".")) return ColumnNode.create(name);
  const column = reader.take();
  const named =
    column.is === "node" && column.node.kind === "IdentifierNode" ? (column.node as IdentifierNode).name : undefined;
  const written = column.is === "word" ? column.written : column.is === "name" ? column.text : named;
  if (written === undefined || reader.sees(".")) throw new NotUnderstood(`what follows \`${name}.\``);
  return ReferenceNode.create(ColumnNode.create(written), TableNode.create(name));
}

function choice(reader: Reader): OperationNode {
  let made = CaseNode.create(reader.sees("when") ? undefined : expression(reader));
  do {
    reader.expect("when");
    const condition = expression(reader);
    reader.expect("then");
    made = CaseNode.cloneWithWhen(made, WhenNode.cloneWithResult(WhenNode.create(condition), expression(reader)));
  } while (!reader.sees("else") && !reader.sees("end"));
  if (reader.takes("else")) made = CaseNode.cloneWith(made, { else: expression(reader) });
  reader.expect("end");
  return made;
}

function cast(reader: Reader): OperationNode {
  reader.expect("(");
  const value = expression(reader);
  reader.expect("as");
  const type = typeName(reader);
  reader.expect(")");
  return CastNode.create(value, type);
}

/** Parses a type name of one word or two, with its sizes. */
function typeName(reader: Reader): OperationNode {
  const first = reader.take();
  if (first.is === "node" && first.node.kind === "DataTypeNode") return first.node as DataTypeNode;
  if (first.is !== "word") throw new NotUnderstood(`\`${first.text}\``);
  const name = first.text === "double" && reader.takes("precision") ? "double precision" : first.text;
  if (!reader.takes("(")) return RawNode.createWithSql(name);
  const sizes = [reader.take().text];
  while (reader.takes(",")) sizes.push(reader.take().text);
  reader.expect(")");
  return RawNode.createWithSql(`${name}(${sizes.join(", ")})`);
}
