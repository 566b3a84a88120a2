/** The globals that the SDK provides. A bundle contains only those that it uses. */

declare global {
  type AbortController = import("./runtime/abort.ts").AbortController;
  const AbortController: typeof import("./runtime/abort.ts").AbortController;
  type AbortSignal = import("./runtime/abort.ts").AbortSignal;
  const AbortSignal: typeof import("./runtime/abort.ts").AbortSignal;
  const console: typeof import("./runtime/console.ts").console;
  const structuredClone: typeof import("./runtime/structured-clone.ts").structuredClone;
  const TextDecoder: typeof import("./runtime/text.ts").TextDecoder;
  const TextEncoder: typeof import("./runtime/text.ts").TextEncoder;
  const setTimeout: typeof import("./runtime/timers.ts").setTimeout;
  const clearTimeout: typeof import("./runtime/timers.ts").clearTimeout;
  const setInterval: typeof import("./runtime/timers.ts").setInterval;
  const clearInterval: typeof import("./runtime/timers.ts").clearInterval;
  const URL: typeof import("./runtime/url.ts").URL;
  const URLSearchParams: typeof import("./runtime/url.ts").URLSearchParams;
  const performance: typeof import("./runtime/performance.ts").performance;
  const crypto: typeof import("./runtime/crypto.ts").crypto;
  function atob(text: string): string;
  function btoa(bytes: string): string;
  function queueMicrotask(run: () => void): void;
}

export {};
