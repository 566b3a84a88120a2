import host from "wasi:random/random@0.2.6";

import { hasBegun } from "./instance.ts";

/** The most bytes of one call, as on the web. */
const MOST = 65_536;

function randomBytes(count: number): Uint8Array {
  if (!hasBegun())
    throw new Error(
      "crypto gives nothing while a component is built: each instance would have the same: call it in a function",
    );
  return Uint8Array.from(host.getRandomBytes(BigInt(count)));
}

function getRandomValues<T extends ArrayBufferView>(array: T): T {
  const name = (array as unknown as { [Symbol.toStringTag]?: string })?.[Symbol.toStringTag] ?? "";
  if (!ArrayBuffer.isView(array) || !/^(Big)?(Ui|I)nt(8|16|32|64)(Clamped)?Array$/.test(name))
    throw new DOMException("an array of integers is expected", "TypeMismatchError");
  if (array.byteLength > MOST)
    throw new DOMException(`${array.byteLength} bytes are more than ${MOST}`, "QuotaExceededError");
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(randomBytes(array.byteLength));
  return array;
}

/** Returns a random UUID of version 4. */
function randomUUID(): string {
  const bytes = randomBytes(16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Cryptographically secure random numbers. `subtle` is not provided. */
export const crypto = { getRandomValues, randomUUID };
