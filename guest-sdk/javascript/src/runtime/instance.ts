/**
 * When an instance begins. The modules of a plugin run once, when its component is built; each instance starts with the memory
 * that they left, so what differs between instances is made at the first call of an exported function.
 */

/** What is to be done when an instance begins. */
const waiting: (() => void)[] = [];
let begun = false;

/** Whether a function of the plugin was called: otherwise its component is being built. */
export function hasBegun(): boolean {
  return begun;
}

/** Does something when the instance begins. */
export function atBeginning(run: () => void): void {
  waiting.push(run);
}

/** Called before each exported function: the first call of an instance is its beginning. */
export function begin(): void {
  if (begun) return;
  begun = true;
  for (const run of waiting) run();
}
