/** Copies plain data deeply: objects, arrays, Dates, Maps, Sets, typed arrays, cycles. A function is an error. */
export function structuredClone<T>(value: T): T {
  return clone(value, new Map()) as T;
}

function clone(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value === "function" || typeof value === "symbol")
    throw new DOMException(`${String(value)} could not be cloned`, "DataCloneError");
  if (typeof value !== "object" || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  const remember = <C extends object>(copy: C): C => {
    seen.set(value, copy);
    return copy;
  };
  if (value instanceof Date) return remember(new Date(value.getTime()));
  if (value instanceof RegExp) return remember(new RegExp(value.source, value.flags));
  if (value instanceof ArrayBuffer) return remember(value.slice(0));
  if (ArrayBuffer.isView(value)) return remember((value as Uint8Array).slice());
  if (value instanceof Map) {
    const copy = remember(new Map<unknown, unknown>());
    for (const [key, one] of value) copy.set(clone(key, seen), clone(one, seen));
    return copy;
  }
  if (value instanceof Set) {
    const copy = remember(new Set<unknown>());
    for (const one of value) copy.add(clone(one, seen));
    return copy;
  }
  const copy = remember((Array.isArray(value) ? new Array(value.length) : {}) as Record<string, unknown>);
  for (const [key, one] of Object.entries(value)) copy[key] = clone(one, seen);
  if (value instanceof Error) Object.assign(copy, { name: value.name, message: value.message });
  return copy;
}
