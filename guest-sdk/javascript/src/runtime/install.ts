/** Replaces the engine's built-ins in place, so that every module of a plugin gets the replacements by any name. */

import { performance } from "./performance.ts";
import { random } from "./random.ts";

const replace = (target: object, name: string, value: unknown): void =>
  void Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });

replace(Math, "random", random);
replace(globalThis, "performance", performance);
