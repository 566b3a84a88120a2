import clock from "wasi:clocks/monotonic-clock@0.3.0";

import { atBeginning, hasBegun } from "./instance.ts";

/** The instance's start: of the monotonic clock, in nanoseconds, and of the calendar, in milliseconds. */
const beginning = { monotonic: 0n, calendar: 0 };

atBeginning(() => {
  beginning.monotonic = clock.now();
  beginning.calendar = Date.now();
});

/** Measures time since the instance started. While a component is built, the time is 0. */
export const performance = {
  now: (): number => (hasBegun() ? Number(clock.now() - beginning.monotonic) / 1e6 : 0),
  get timeOrigin(): number {
    return beginning.calendar;
  },
};
