/** What replaces parts of the engine, for whichever module of a plugin uses them and by whichever name. */

import { performance } from "./performance.ts";
import { random } from "./random.ts";

const replace = (target: object, name: string, value: unknown): void =>
  void Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });

replace(Math, "random", random);
replace(globalThis, "performance", performance);
