import clock from "wasi:clocks/monotonic-clock@0.3.0";

import { console } from "./console.ts";

/** Timers that are waited for, by their numbers. */
const active = new Set<number>();
let last = 0;

async function wait(milliseconds: number | undefined): Promise<void> {
  const given = Number(milliseconds);
  await clock.waitFor(BigInt(Math.round((given > 1 ? Math.min(given, 2 ** 31 - 1) : 1) * 1e6)));
}

/** Calls what a timer is for. Its caller is gone, so an error is printed. */
function call(run: (...given: any[]) => void, given: unknown[]): void {
  try {
    run(...given);
  } catch (error) {
    console.error("an error in a timer:", error);
  }
}

/** Calls a function once, after so many milliseconds. It is called only while the plugin's function runs. */
export function setTimeout(run: (...given: any[]) => void, milliseconds?: number, ...given: unknown[]): number {
  const timer = ++last;
  active.add(timer);
  void wait(milliseconds).then(() => {
    if (active.delete(timer)) call(run, given);
  });
  return timer;
}

/** Calls a function again and again, every so many milliseconds, until it is cleared. */
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

/** Forgets a timer. */
export function clearTimeout(timer: number | undefined): void {
  if (timer !== undefined) active.delete(timer);
}

/** Forgets a timer. */
export const clearInterval = clearTimeout;
