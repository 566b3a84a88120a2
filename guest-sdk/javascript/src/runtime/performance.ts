import clock from "wasi:clocks/monotonic-clock@0.3.0";

import { atBeginning, hasBegun } from "./instance.ts";

/** The beginning of the instance, by the clock that only goes forward, in nanoseconds, and by the calendar, in milliseconds. */
const beginning = { monotonic: 0n, calendar: 0 };

atBeginning(() => {
  beginning.monotonic = clock.now();
  beginning.calendar = Date.now();
});

/** Measures time since the instance began. While a component is built, no time passes. */
export const performance = {
  now: (): number => (hasBegun() ? Number(clock.now() - beginning.monotonic) / 1e6 : 0),
  get timeOrigin(): number {
    return beginning.calendar;
  },
};
