import clock from "wasi:clocks/monotonic-clock@0.3.0";

import { console } from "./console.ts";

/** The ids of pending timers. */
const active = new Set<number>();
let last = 0;

async function wait(milliseconds: number | undefined): Promise<void> {
  const given = Number(milliseconds);
  await clock.waitFor(BigInt(Math.round((given > 1 ? Math.min(given, 2 ** 31 - 1) : 1) * 1e6)));
}

/** Calls a timer's function. Its caller has returned, so an error is printed. */
function call(run: (...given: any[]) => void, given: unknown[]): void {
  try {
    run(...given);
  } catch (error) {
    console.error("an error in a timer:", error);
  }
}

/** Calls a function once after a delay in milliseconds. Timers fire only while the plugin's exported function runs. */
export function setTimeout(run: (...given: any[]) => void, milliseconds?: number, ...given: unknown[]): number {
  const timer = ++last;
  active.add(timer);
  void wait(milliseconds).then(() => {
    if (active.delete(timer)) call(run, given);
  });
  return timer;
}

/** Calls a function repeatedly at an interval in milliseconds, until the timer is cleared. */
export function setInterval(run: (...given: any[]) => void, milliseconds?: number, ...given: unknown[]): number {
  const timer = ++last;
  active.add(timer);
  void (async () => {
    for (;;) {
      await wait(milliseconds);
      if (!active.has(timer)) return;
      call(run, given);
    }
  })();
  return timer;
}

/** Cancels a timer. */
export function clearTimeout(timer: number | undefined): void {
  if (timer !== undefined) active.delete(timer);
}

/** Cancels a timer. */
export const clearInterval = clearTimeout;
