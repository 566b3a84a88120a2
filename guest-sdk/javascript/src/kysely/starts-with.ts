import { type Expression, expressionBuilder, sql, type SqlBool } from "kysely";

/**
 * Whether a text begins with another one, whose `%` and `_` are plain characters:
 * `where((eb) => startsWith(eb.ref("name"), "50%"))`.
 */
export function startsWith(value: Expression<string | null>, beginning: string): Expression<SqlBool> {
  const pattern = `${beginning.replace(/[!%_]/g, "!$&")}%`;
  return expressionBuilder<any, never>()(value, "like", sql<string>`${pattern} escape '!'`) as Expression<SqlBool>;
}
