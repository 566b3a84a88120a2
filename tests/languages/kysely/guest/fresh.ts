/** What each instance of a component has of its own, though all begin with the memory that the build left. */

/** What the modules of a component take while it is built: there is no instance yet. */
const whileBuilt = Math.random();

/** Values by their names. */
export function fresh(): Readonly<Record<string, string | number>> {
  return {
    "Math.random while built": whileBuilt,
    "Math.random": Math.random(),
    "crypto.randomUUID": crypto.randomUUID(),
    "crypto.getRandomValues": crypto.getRandomValues(new Uint32Array(4)).join(),
    "performance.timeOrigin": performance.timeOrigin,
    "performance.now": performance.now(),
  };
}
