/**
 * `Math.random` with a sequence for each instance: the engine's own would continue from the state that the build left.
 */

import host from "wasi:random/random@0.2.6";

import { atBeginning } from "./instance.ts";

/** The state of a 128-bit xorshift generator. While a component is built, every build draws the same numbers. */
const state = Uint32Array.of(0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef);

/** Returns an integer from 0 to 2^32 - 1. */
function next(): number {
  const [first, , , last] = state as unknown as [number, number, number, number];
  const mixed = first ^ (first << 11);
  state.copyWithin(0, 1);
  state[3] = last ^ (last >>> 19) ^ mixed ^ (mixed >>> 8);
  return state[3] as number;
}

/** Returns a number from 0 to less than 1, with 53 random bits. Not for secrets: use `crypto` for those. */
export function random(): number {
  return ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}

/** Seeds the generator. A state of only zeros would never change, so one bit is set. */
function seed(): void {
  const bytes = host.getRandomBytes(16n);
  state.set(new Uint32Array(Uint8Array.from(bytes).buffer));
  state[0] = (state[0] as number) | 1;
}

atBeginning(seed);
