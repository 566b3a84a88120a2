import type { AndNode, BinaryOperationNode, OperationNode, OperatorNode, RawNode, UnaryOperationNode } from "kysely";

import { MOST_DEPTH, tooDeep } from "../arena.ts";
import { type Token, tokenize } from "./token.ts";

/**
 * Returns the tokens of a node in SQL text. Nodes that Kysely would write without parentheses are split too, so that
 * operators around them bind as they would in the text.
 */
export function flatten(node: OperationNode, depth = 0): Token[] {
  if (depth > MOST_DEPTH) throw tooDeep();
  const inner = (one: OperationNode) => flatten(one, depth + 1);
  switch (node.kind) {
    case "RawNode": {
      const { sqlFragments, parameters } = node as RawNode;
      return sqlFragments.flatMap((text, i) => {
        const parameter = parameters[i];
        return parameter ? [...tokenize(text), ...inner(parameter)] : tokenize(text);
      });
    }
    case "AndNode":
    case "OrNode": {
      const { left, right } = node as AndNode;
      return [...inner(left), ...tokenize(node.kind === "AndNode" ? "and" : "or"), ...inner(right)];
    }
    case "BinaryOperationNode": {
      const { leftOperand, operator, rightOperand } = node as BinaryOperationNode;
      return [...inner(leftOperand), ...operatorTokens(operator), ...inner(rightOperand)];
    }
    case "UnaryOperationNode": {
      const { operator, operand } = node as UnaryOperationNode;
      return [...operatorTokens(operator), ...inner(operand)];
    }
    default:
      return [{ is: "node", text: node.kind, node }];
  }
}

function operatorTokens(node: OperationNode): Token[] {
  return node.kind === "OperatorNode" ? tokenize((node as OperatorNode).operator) : flatten(node);
}
