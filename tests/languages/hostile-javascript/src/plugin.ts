/** A guest that does whatever a guest should not. `tests/languages/hostile.json` says what has to come of each attack. */

import "./code.ts";
import "./endings.ts";
import "./forged.ts";
import "./handles.ts";
import "./injected.ts";
import "./leaving.ts";
import "./memory.ts";
import "./output.ts";
import "./processor.ts";
import "./reaching.ts";
import "./rights.ts";
import "./texts.ts";
import "./waiting.ts";

import { ATTACKS } from "./told.ts";

export { schema } from "./tables.ts";

/** The names of all attacks. */
export async function attacks(): Promise<string[]> {
  return [...ATTACKS.keys()];
}

/** Does an attack, and says what came of it: a line for each thing that was tried. */
export async function attack(what: string): Promise<string[]> {
  const run = ATTACKS.get(what);
  if (!run) throw new Error(`there is no attack '${what}'`);
  return run();
}
