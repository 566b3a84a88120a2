/**
 * The start of an instance. A plugin's modules run once, when its component is built. Each instance starts with the
 * memory that they left, so state that differs between instances is made at the first call of an exported function.
 */

/** Callbacks to run when the instance starts. */
const waiting: (() => void)[] = [];
let begun = false;

/** Whether an exported function was called. Before the first call, the component is being built. */
export function hasBegun(): boolean {
  return begun;
}

/** Registers a callback to run when the instance starts. */
export function atBeginning(run: () => void): void {
  waiting.push(run);
}

/** Called before each exported function: an instance's first call starts it. */
export function begin(): void {
  if (begun) return;
  begun = true;
  for (const run of waiting) run();
}
