import { database as open } from "@sqlservice/guest";

import { schema } from "./models.ts";

/** The database of all cases. */
export const database = open(schema);
