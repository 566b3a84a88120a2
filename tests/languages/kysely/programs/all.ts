/** All programs. */

import { aggregates } from "./aggregate.ts";
import { deletes } from "./delete.ts";
import { expressions } from "./expression.ts";
import { inserts } from "./insert.ts";
import { joins } from "./join.ts";
import { json } from "./json.ts";
import { kysely } from "./kysely.ts";
import { mistakes } from "./mistake.ts";
import type { Program } from "./program.ts";
import { queries } from "./query.ts";
import { raw } from "./raw.ts";
import { recipes } from "./recipe.ts";
import { refusals } from "./refused.ts";
import { selects } from "./select.ts";
import { transactions } from "./transaction.ts";
import { updates } from "./update.ts";
import { conditions } from "./where.ts";

export const all: readonly Program[] = [
  ...selects,
  ...conditions,
  ...joins,
  ...queries,
  ...aggregates,
  ...expressions,
  ...json,
  ...inserts,
  ...updates,
  ...deletes,
  ...transactions,
  ...kysely,
  ...raw,
  ...recipes,
  ...mistakes,
  ...refusals,
];
