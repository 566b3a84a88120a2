/** Globals that programs expect and the engine lacks. A bundle contains only those that it uses. */

export { AbortController, AbortSignal } from "./abort.ts";
export { console } from "./console.ts";
export { crypto } from "./crypto.ts";
export { performance } from "./performance.ts";
export { structuredClone } from "./structured-clone.ts";
export { TextDecoder, TextEncoder } from "./text.ts";
export { clearInterval, clearTimeout, setInterval, setTimeout } from "./timers.ts";
export { URL, URLSearchParams } from "./url.ts";
